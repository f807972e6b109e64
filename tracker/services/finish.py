"""A closed round becomes final once nothing in it is open, held, unsettled or provisional; then its results stand."""

from datetime import date, datetime

from sqlalchemy import func
from sqlmodel import select

from tracker.domain.measure import Measurement
from tracker.domain.terms import Verdict, local_date
from tracker.i18n import _
from tracker.services.measuring import measure_round, standpoint
from tracker.services.review import review_tasks
from tracker.services.rounds import finish_round
from tracker.settings import Workspace
from tracker.store.database import reading
from tracker.store.tables import HeldMessageRow


def finish(workspace: Workspace, round_name: str, actor: str, now: datetime) -> None:
    """Make a round final; raises `UserError` naming everything that is still open."""
    finish_round(workspace, round_name, actor, now, unfinished(workspace, round_name, now))


def unfinished(workspace: Workspace, round_name: str, now: datetime) -> list[str]:
    with reading(workspace.engine) as session:
        rows = [row.measurement for row in measure_round(session, workspace, round_name, standpoint(now))]
        held = session.exec(select(func.count()).select_from(HeldMessageRow)).one()
        reviews = len(review_tasks(session))
    counts = {
        _("{count} requests still run"): sum(_is_running(row, local_date(now)) for row in rows),
        _("{count} due dates are provisional"): sum(row.is_provisional for row in rows),
        _("{count} letters are unsettled"): sum(row.reason == "send_unsettled" for row in rows),
        _("{count} messages are in the holding pen"): held,
        _("{count} readings wait for a person"): reviews,
    }
    return [sentence.format(count=count) for sentence, count in counts.items() if count]


def _is_running(row: Measurement, today: date) -> bool:
    """Whether time alone still changes the verdict; what waits for us without a last day may wait for ever."""
    if row.verdict is Verdict.AWAITING_US:
        return row.reading is not None and row.reading.touched_on >= today
    return row.verdict in (Verdict.PENDING, Verdict.OVERDUE)
