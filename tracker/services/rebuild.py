"""State is derived: replay all events into side tables, compare, and swap them in."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import MetaData, Table, text
from sqlmodel import Session, SQLModel, col, select

from tracker.domain.terms import EventKind
from tracker.settings import Workspace
from tracker.store.database import writing
from tracker.store.desk_tables import CodingRow
from tracker.store.events import (
    all_coding_rows,
    events_of_kind,
    held_rows,
    latest_holding,
    state_row,
    to_event,
)
from tracker.store.tables import EventRow, HeldMessageRow, RequestStateRow


@dataclass(frozen=True, slots=True)
class RebuildReport:
    """How many rows were derived, and how many differed from what stood there."""

    requests: int
    held: int
    changed: int


def rebuild(workspace: Workspace) -> RebuildReport:
    """Derive every state anew from the events alone, in one transaction; nothing is parsed."""
    with writing(workspace.engine) as session:
        states = _states(session)
        pen = latest_holding(events_of_kind(session, EventKind.HELD, EventKind.ASSIGNED))
        held = held_rows(session, pen)
        changed = _swap(session, RequestStateRow, states) + _swap(session, HeldMessageRow, held)
        changed += _swap(session, CodingRow, list(all_coding_rows(session)))
    return RebuildReport(len(states), len(held), changed)


def _states(session: Session) -> list[RequestStateRow]:
    events: dict[str, list[EventRow]] = {}
    for row in session.exec(
        select(EventRow).where(col(EventRow.request).is_not(None)).order_by(col(EventRow.seq))
    ):
        events.setdefault(row.request or "", []).append(row)
    return [state_row(reference, [to_event(row) for row in rows]) for reference, rows in events.items()]


def _swap(session: Session, row_type: type[SQLModel], rows: Sequence[SQLModel]) -> int:
    """Fill a side table, count the rows that differ from the standing one, and put it in its place."""
    table: Table = row_type.__table__  # type: ignore[attr-defined]
    side = f"{table.name}_rebuilt"
    connection = session.connection()
    copy = table.to_metadata(MetaData(), name=side)
    copy.indexes.clear()  # they would take the names of the standing table's
    copy.create(connection)
    if rows:
        connection.execute(copy.insert(), [row.model_dump() for row in rows])
    differing = (
        f"SELECT COUNT(*) FROM (SELECT * FROM (SELECT * FROM {side} EXCEPT SELECT * FROM {table.name}) "
        f"UNION ALL SELECT * FROM (SELECT * FROM {table.name} EXCEPT SELECT * FROM {side}))"
    )
    changed = connection.execute(text(differing)).scalar_one()
    connection.execute(text(f"DELETE FROM {table.name}"))
    connection.execute(text(f"INSERT INTO {table.name} SELECT * FROM {side}"))
    connection.execute(text(f"DROP TABLE {side}"))
    return int(changed)
