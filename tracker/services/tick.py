"""One tick: do everything that is due. The daemon and the rehearsal call the very same function."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, select

from tracker.clock import Clock
from tracker.services.canary import send_canaries
from tracker.services.dispatch import send_due
from tracker.services.intake import take_in
from tracker.services.reread import reread_scanned
from tracker.services.watch import Look, keep_look
from tracker.settings import Workspace
from tracker.store.database import reading, writing
from tracker.store.events import seal_events
from tracker.store.tables import SealRow

SEAL_EVERY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class TickReport:
    sent: int
    taken_in: int


def tick(
    workspace: Workspace,
    now: datetime,
    clock: Clock,
    found: Iterable[Look] = (),
    is_stopping: Callable[[], bool] = lambda: False,
) -> TickReport:
    """Keep what the watchers `found`, understand it, seal what is old enough, send what is due.

    Sending comes last, so that no fault of it keeps mail from being taken in; it ends after the
    letter in hand once `is_stopping` says so.
    """
    for look in found:
        keep_look(workspace, look)
    taken_in = take_in(workspace, now) + reread_scanned(workspace, now)
    _seal_if_due(workspace, now)
    sent = send_due(workspace, now, clock, is_stopping)
    send_canaries(workspace, now, clock, is_stopping)
    return TickReport(sent, taken_in)


def _seal_if_due(workspace: Workspace, now: datetime) -> None:
    with reading(workspace.engine) as session:
        last = session.exec(select(SealRow.sealed_at).order_by(col(SealRow.n).desc())).first()
    if last is None or now - last >= SEAL_EVERY:
        with writing(workspace.engine) as session:
            seal_events(session, now)
