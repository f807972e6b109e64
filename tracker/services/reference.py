"""What pages show of the tables that a round rests on, and of the events; nothing here can be changed."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from tracker.adapters.files import find_files
from tracker.domain.terms import Event
from tracker.settings import Workspace
from tracker.store.events import to_event
from tracker.store.tables import AccountRow, ApplicantRow, ChannelRow, EventRow, UnitRow

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
    rows = _ROWS[name](session, workspace, round_name)
    headers = _HEADERS[name]
    return TablePage(headers, rows[start : start + most], len(rows))


def _units(session: Session, _workspace: Workspace, round_name: str) -> list[Cells]:
    query = select(UnitRow).where(UnitRow.round == round_name).order_by(UnitRow.unit_id)
    return [(row.unit_id, row.unit_code, row.name, row.group) for row in session.exec(query)]


def _channels(session: Session, _workspace: Workspace, round_name: str) -> list[Cells]:
    query = select(ChannelRow).where(ChannelRow.round == round_name).order_by(col(ChannelRow.id))
    return [
        (row.unit_id, row.kind, row.channel, row.address, row.platform, row.priority)
        for row in session.exec(query)
    ]


def _applicants(session: Session, _workspace: Workspace, _round: str) -> list[Cells]:
    query = select(ApplicantRow).order_by(ApplicantRow.code)
    return [(row.code, "○○@" + row.mailbox.rpartition("@")[2]) for row in session.exec(query)]


def _recipes(_session: Session, workspace: Workspace, _round: str) -> list[Cells]:
    found = find_files("data/recipes", "*/recipe.json", workspace.root)
    return [(path.parent.name, path.stat().st_size) for path in found]


def _templates(_session: Session, workspace: Workspace, _round: str) -> list[Cells]:
    found = find_files("templates", "*.j2", workspace.root)
    return [(path.name, path.read_text(encoding="utf-8")) for path in found]


def _accounts(session: Session, _workspace: Workspace, _round: str) -> list[Cells]:
    query = select(AccountRow).order_by(AccountRow.name)
    return [(row.name, row.role, row.created_at, row.closed_at or "") for row in session.exec(query)]


_HEADERS = {
    "units": ("unit_id", "unit_code", "name", "group"),
    "channels": ("unit_id", "kind", "channel", "address", "platform", "priority"),
    "applicants": ("applicant", "mailbox"),
    "recipes": ("platform", "bytes"),
    "templates": ("file", "text"),
    "accounts": ("account", "role", "created_at", "closed_at"),
}
_ROWS = {
    "units": _units,
    "channels": _channels,
    "applicants": _applicants,
    "recipes": _recipes,
    "templates": _templates,
    "accounts": _accounts,
}
