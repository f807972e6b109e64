"""The reviewers' queue: which messages wait for a coder, and who is at work on which."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, delete, select

from tracker.domain.coding import Stage
from tracker.settings import Workspace
from tracker.store.database import reading, writing
from tracker.store.desk_tables import HAS_VOTES, CodingRow, LeaseRow
from tracker.store.events import coding_of
from tracker.store.queries import until_next_event
from tracker.store.tables import UnitRow

LEASE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Subject:
    """One message of one request, which a reviewer codes."""

    request: str
    message: str


@dataclass(frozen=True, slots=True)
class QueuePage:
    """A page of the queue, oldest arrival first; `count` is that of all its pages."""

    rows: Sequence[tuple[CodingRow, UnitRow]]
    count: int
    held_by: dict[Subject, str]  # whose lease runs


def queue_page(
    session: Session, round_name: str, stage: Stage, actor: str, now: datetime, *, start: int, most: int
) -> QueuePage:
    """Open ones without the own vote; of disputed ones those that are not one's own."""
    wanted = _wanted(round_name, stage, actor)
    count = _count(session, round_name, stage, actor)
    order = (col(CodingRow.arrived_at), col(CodingRow.request), col(CodingRow.message))
    keys = select(CodingRow.request, CodingRow.message).where(*wanted)
    shown = keys.order_by(*order).offset(start).limit(most).subquery()  # by the index alone
    query = (
        select(CodingRow, UnitRow)
        .join(shown, (shown.c.request == CodingRow.request) & (shown.c.message == CodingRow.message))
        .join(
            UnitRow,
            (col(UnitRow.round) == col(CodingRow.round)) & (col(UnitRow.unit_id) == col(CodingRow.unit_id)),
        )
        .order_by(*order)
    )
    return QueuePage(list(session.exec(query)), count, _leases(session, now))


def claim_next(
    workspace: Workspace, round_name: str, stage: Stage, actor: str, now: datetime
) -> Subject | None:
    """Lease the oldest message that wants one more coder, atomically; None where there is none.

    What one has leased already comes first: who reloads the page goes on with the same message.
    """
    with writing(workspace.engine) as session:
        session.exec(delete(LeaseRow).where(col(LeaseRow.expires_at) <= now))
        coders = coding_of(session, round_name).coders if stage is Stage.OPEN else 1
        own = _own_lease(session, round_name, stage, actor)
        subject = own or _first_free(session, _wanted(round_name, stage, actor), coders)
        if subject:
            _lease(session, subject, actor, now)
        return subject


def claim(workspace: Workspace, subject: Subject, actor: str, now: datetime) -> None:
    """Lease one message that was chosen by hand; whoever holds it keeps it as well."""
    with writing(workspace.engine) as session:
        _lease(session, subject, actor, now)


def release(workspace: Workspace, subject: Subject, actor: str) -> None:
    with writing(workspace.engine) as session:
        if row := session.get(LeaseRow, (subject.request, subject.message, actor)):
            session.delete(row)


def at_work_on(workspace: Workspace, subject: Subject, but: str, now: datetime) -> list[str]:
    """Who else holds a lease on a message."""
    with reading(workspace.engine) as session:
        query = select(LeaseRow.actor).where(
            LeaseRow.request == subject.request,
            LeaseRow.message == subject.message,
            LeaseRow.actor != but,
            LeaseRow.expires_at > now,
        )
        return sorted(session.exec(query))


@until_next_event
def counts_of(session: Session, round_name: str) -> dict[Stage, int]:
    query = (
        select(CodingRow.stage, func.count()).where(CodingRow.round == round_name).group_by(CodingRow.stage)
    )
    found = dict(session.exec(query).all())
    return {stage: found.get(stage, 0) for stage in Stage}


def _count(session: Session, round_name: str, stage: Stage, actor: str) -> int:
    """All of the stage but those with the own vote; both are counted in the index alone."""
    whole = select(func.count()).where(CodingRow.round == round_name, CodingRow.stage == stage)
    own = whole.where(HAS_VOTES, _is_own(actor))
    return session.exec(whole).one() - session.exec(own).one()


def _is_own(actor: str) -> ColumnElement[bool]:
    return func.instr(";" + col(CodingRow.coders) + ";", f";{actor};") > 0


def _wanted(round_name: str, stage: Stage, actor: str) -> list[ColumnElement[bool]]:
    return [col(CodingRow.round) == round_name, col(CodingRow.stage) == stage, ~_is_own(actor)]


def _own_lease(session: Session, round_name: str, stage: Stage, actor: str) -> Subject | None:
    """A person has few leases: each is looked up, where a join might walk through the queue."""
    leases = select(LeaseRow).where(LeaseRow.actor == actor).order_by(col(LeaseRow.claimed_at))
    for lease in session.exec(leases):
        row = session.get(CodingRow, (lease.request, lease.message))
        if row and (row.round, row.stage) == (round_name, stage) and actor not in row.coders.split(";"):
            return Subject(lease.request, lease.message)
    return None


def _first_free(session: Session, wanted: Sequence[ColumnElement[bool]], coders: int) -> Subject | None:
    """Votes and running leases together must leave room for one more coder."""
    leases = (
        select(func.count())
        .where(LeaseRow.request == CodingRow.request, LeaseRow.message == CodingRow.message)
        .scalar_subquery()
    )
    names = col(CodingRow.coders)
    votes = func.length(names) - func.length(func.replace(names, ";", "")) + (names != "")
    query = select(CodingRow.request, CodingRow.message).where(
        *wanted, leases + (votes if coders > 1 else 0) < coders
    )
    order = (col(CodingRow.arrived_at), col(CodingRow.request), col(CodingRow.message))
    found = session.exec(query.order_by(*order).limit(1)).first()
    return Subject(*found) if found else None


def _lease(session: Session, subject: Subject, actor: str, now: datetime) -> None:
    row = LeaseRow(
        request=subject.request,
        message=subject.message,
        actor=actor,
        claimed_at=now,
        expires_at=now + LEASE,
    )
    session.merge(row)


def _leases(session: Session, now: datetime) -> dict[Subject, str]:
    rows = session.exec(select(LeaseRow).where(LeaseRow.expires_at > now))
    return {Subject(row.request, row.message): row.actor for row in rows}
