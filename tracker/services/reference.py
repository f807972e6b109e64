"""What pages show of the tables that a round rests on, and of the events; nothing here can be changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from tracker.adapters.files import find_files
from tracker.domain.terms import Event
from tracker.settings import Workspace
from tracker.store.desk_tables import AccountRow
from tracker.store.events import to_event
from tracker.store.tables import ApplicantRow, ChannelRow, EventRow, UnitRow

TABLES = ("units", "channels", "applicants", "recipes", "templates", "accounts")
Cells = Sequence[object]


@dataclass(frozen=True, slots=True)
class TablePage:
    headers: Sequence[str]
    rows: Sequence[Cells]
    count: int


def history_page(session: Session, *, actor: str, start: int, most: int) -> tuple[list[Event], int]:
    """Events, newest first, of everybody or of one actor; and how many there are."""
    wanted = [EventRow.actor == actor] if actor else []
    count = session.exec(select(func.count()).select_from(EventRow).where(*wanted)).one()
    rows = session.exec(
        select(EventRow).where(*wanted).order_by(col(EventRow.seq).desc()).offset(start).limit(most)
    )
    return [to_event(row) for row in rows], count


def table_page(
    session: Session, workspace: Workspace, name: str, round_name: str, *, start: int, most: int
) -> TablePage:
    """A page of one of `TABLES`. Applicants appear by code, with only the domain of their mailbox."""
    headers = COLUMNS_OF[name]
    if name in _ROUND_TABLES:
        table, key = _ROUND_TABLES[name]
        rows = select(*(getattr(table, header) for header in headers)).where(table.round == round_name)
        shown = session.exec(rows.order_by(getattr(table, key)).offset(start).limit(most))
        count = session.exec(select(func.count()).select_from(table).where(table.round == round_name))
        return TablePage(headers, list(shown), count.one())
    cells = _ROWS[name](session, workspace)
    return TablePage(headers, cells[start : start + most], len(cells))


def _applicants(session: Session, _workspace: Workspace) -> list[Cells]:
    query = select(ApplicantRow).order_by(ApplicantRow.code)
    return [(row.code, "○○@" + row.mailbox.rpartition("@")[2]) for row in session.exec(query)]


def _recipes(_session: Session, workspace: Workspace) -> list[Cells]:
    found = find_files("data/recipes", "*/recipe.json", workspace.root)
    return [(path.parent.name, path.stat().st_size) for path in found]


def _templates(_session: Session, workspace: Workspace) -> list[Cells]:
    found = find_files("templates", "*.j2", workspace.root)
    return [(path.name, path.read_text(encoding="utf-8")) for path in found]


def _accounts(session: Session, _workspace: Workspace) -> list[Cells]:
    query = select(AccountRow).order_by(AccountRow.name)
    return [(row.name, row.role, row.created_at, row.closed_at or "") for row in session.exec(query)]


COLUMNS_OF = {
    "units": ("unit_id", "unit_code", "name", "group"),
    "channels": ("unit_id", "kind", "channel", "address", "platform", "priority"),
    "applicants": ("applicant", "mailbox"),
    "recipes": ("platform", "bytes"),
    "templates": ("file", "text"),
    "accounts": ("account", "role", "created_at", "closed_at"),
}
# The tables that grow with a round, and what their pages are sorted by.
_ROUND_TABLES: Mapping[str, tuple[type[UnitRow | ChannelRow], str]] = {
    "units": (UnitRow, "unit_id"),
    "channels": (ChannelRow, "id"),
}
_ROWS = {
    "applicants": _applicants,
    "recipes": _recipes,
    "templates": _templates,
    "accounts": _accounts,
}
