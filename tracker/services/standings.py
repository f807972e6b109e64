"""How each request stands, measured beforehand: a page must not measure a whole round.

A row is out of date when its request has newer events, when a day has passed that can change it, or
when its circumstances - gaps of the mailbox, held messages, the round's end - are others.
"""

from collections.abc import Collection, Iterator
from datetime import date, datetime

from sqlalchemy import Table, func, insert
from sqlmodel import Session, col, select

from tracker.domain.lifecycle import History
from tracker.domain.terms import Verdict, local_date
from tracker.services.measuring import MeasuredRequest, Surroundings, measure_round, standpoint
from tracker.settings import Workspace
from tracker.store.database import reading, writing
from tracker.store.desk_tables import StandingRow
from tracker.store.queries import round_names
from tracker.store.tables import EventRow, RequestRow, RequestStateRow

_BATCH = 200
_MOST_NEWER = 5_000  # events that a page looks through
_TABLE: Table = StandingRow.__table__  # type: ignore[attr-defined]
_PUT = insert(_TABLE).prefix_with("OR REPLACE")
# Time alone changes nothing about these any more.
_SETTLED = frozenset({Verdict.IN_TIME, Verdict.LATE, Verdict.CHANNEL_FAILED, Verdict.NO_REPLY})
_NEVER = date.max


def looked_on(history: History) -> date | None:
    """When somebody looked at the unit's page last; before that, when the request went out. In Shanghai."""
    moments = [at for at in (history.submitted_at, *history.looked_up_at) if at]
    return local_date(max(moments)) if moments else None


def refresh_standings(workspace: Workspace, now: datetime) -> None:
    """Measure anew whatever is out of date."""
    with reading(workspace.engine) as session:
        stale = [
            (name, reference)
            for name in round_names(session)
            for reference in _out_of_date(session, workspace, name, now)
        ]
    for name in dict.fromkeys(name for name, _reference in stale):
        references = [reference for each, reference in stale if each == name]
        for start in range(0, len(references), _BATCH):
            _measure(workspace, name, references[start : start + _BATCH], now)


def refresh_newer(workspace: Workspace, now: datetime, most: int = 50) -> int:
    """Measure what has had events since any request was measured last; quick enough for every page.

    Returns how many are left for `refresh_standings`.
    """
    with reading(workspace.engine) as session:
        mark = session.exec(select(func.max(StandingRow.counted_seq))).one() or 0
        # in the order of the table: SQLite would otherwise walk through all requests to find the distinct ones
        query = select(EventRow.round, EventRow.request).where(col(EventRow.seq) > mark)
        query = query.where(col(EventRow.request).is_not(None)).order_by(col(EventRow.seq))
        found = list(session.exec(query.limit(_MOST_NEWER)))
    newer = list(dict.fromkeys(found))
    if len(newer) > most or len(found) == _MOST_NEWER:
        return len(newer)
    for name in {name for name, _reference in newer}:
        _measure(workspace, name or "", [each or "" for one, each in newer if one == name], now)
    return 0


def _out_of_date(session: Session, workspace: Workspace, round_name: str, now: datetime) -> Iterator[str]:
    surroundings = Surroundings(session, workspace, round_name, standpoint(now))
    query = (
        select(  # type: ignore[call-overload]
            RequestRow.reference,
            RequestRow.applicant,
            RequestRow.channel,
            RequestStateRow.last_seq,
            StandingRow.counted_seq,
            StandingRow.counted_on,
            StandingRow.circumstances,
        )
        .join(RequestStateRow, col(RequestStateRow.reference) == col(RequestRow.reference))
        .outerjoin(StandingRow, col(StandingRow.reference) == col(RequestRow.reference))
        .where(RequestRow.round == round_name)
    )
    today = local_date(now)
    for reference, applicant, channel, last_seq, seq, counted_on, circumstances in session.exec(query):
        is_fresh = seq == last_seq and counted_on is not None and counted_on >= today
        if not is_fresh or circumstances != surroundings.fingerprint(reference, applicant, channel):
            yield reference


def _measure(workspace: Workspace, round_name: str, references: Collection[str], now: datetime) -> None:
    with reading(workspace.engine) as session:
        at = standpoint(now)
        surroundings = Surroundings(session, workspace, round_name, at)
        states = select(RequestStateRow).where(col(RequestStateRow.reference).in_(references))
        seqs = {row.reference: row.last_seq for row in session.exec(states)}
        measured = measure_round(session, workspace, round_name, at, only=references)
        rows = [_standing(one, seqs[one.request.reference], at.as_of, surroundings) for one in measured]
    with writing(workspace.engine) as session:
        session.execute(_PUT, [row.model_dump() for row in rows])


def _standing(one: MeasuredRequest, seq: int, today: date, surroundings: Surroundings) -> StandingRow:
    request, unit, measured = one.request, one.unit, one.measurement
    return StandingRow(
        reference=request.reference,
        round=request.round,
        unit_id=unit.unit_id,
        unit_name=unit.name,
        group=unit.group,
        kind=request.kind,
        channel=request.channel,
        applicant=request.applicant,
        state=measured.state or "",
        verdict=measured.verdict,
        reason=measured.reason,
        is_disputable=measured.is_disputable,
        submitted_at=measured.submitted_at,
        received_on=measured.received_on,
        due_on=measured.due_on,
        replied_on=measured.replied_on,
        response_days=measured.response_days,
        outcome=measured.outcome,
        is_provisional=measured.is_provisional,
        looked_on=looked_on(one.history),
        counted_seq=seq,
        counted_on=_NEVER if measured.verdict in _SETTLED else today,
        circumstances=surroundings.fingerprint(request.reference, request.applicant, request.channel),
    )
