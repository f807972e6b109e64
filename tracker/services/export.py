"""A round leaves the house: a Data Package for the scoring pipeline, a workbook for evaluators.

The same state and `as_of` give the same bytes: nothing of the clock, the zone or the language is in them.
"""

import csv
import hashlib
import io
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from tracker.adapters.workbook import Cell, Sheet, workbook_bytes
from tracker.domain.measure import Law
from tracker.domain.terms import SHANGHAI, EventKind, Mode, RequestKind, local_date
from tracker.errors import UserError
from tracker.i18n import _
from tracker.services.export_rows import REHEARSAL_NOTICE, tables_of
from tracker.services.export_snapshot import read_snapshot
from tracker.services.export_tables import Column, Row, Table
from tracker.services.measuring import laws_of
from tracker.services.rounds import plan_of, round_events, round_state
from tracker.settings import Workspace
from tracker.store.database import reading
from tracker.store.tables import RoundFileRow

PACKAGE = "mystery-shopper-round"
SCHEMA_VERSION = "2.0.0"  # of the tables: raised when a column changes
MANIFEST, WORKBOOK = "datapackage.json", "results.xlsx"
_PROFILES = "https://datapackage.org/profiles/2.0"
_RUNS_IN_EXCEL = ("=", "+", "-", "@", "\t", "\r")
_WORKBOOK_ORDER = ("申请", "各种读法", "来件", "单位")


@dataclass(frozen=True, slots=True)
class ExportReport:
    """`counts`: rows by table."""

    target: Path
    counts: dict[str, int]


def export_round(
    workspace: Workspace, round_name: str, target: Path, now: datetime, as_of: date | None = None
) -> ExportReport:
    """Write the folder `target` as of a day in Shanghai (default: today); an earlier export is replaced.

    Raises `UserError` for a pilot round, and where `target` holds anything but an earlier export.
    """
    day = as_of or local_date(now)
    with reading(workspace.engine) as session:
        modes = _modes(session, round_name)
        laws = laws_of(session, workspace, round_name)
        moment = _moment(session, round_name, day, now)
        snapshot = read_snapshot(session, workspace, round_name, moment, day)
        manifest = _manifest(session, round_name, modes, laws, day)
    tables = tables_of(snapshot, Mode.REHEARSAL in modes)
    files = {f"{table.name}.csv": _csv_bytes(table, rows) for table, rows in tables}
    files[WORKBOOK] = workbook_bytes(manifest["title"], _sheets(tables))
    manifest["resources"] = [_resource(table, files[f"{table.name}.csv"]) for table, _rows in tables]
    manifest["workbook"] = {"path": WORKBOOK, **_fingerprint(files[WORKBOOK])}
    files[MANIFEST] = (json.dumps(manifest, ensure_ascii=False, indent=2) + "\n").encode()
    _write_folder(target.absolute(), files)
    return ExportReport(target, {table.name: len(rows) for table, rows in tables})


# --- what is exported -----------------------------------------------------------------------------------


def _modes(session: Session, round_name: str) -> list[str]:
    """The modes a round was approved in; raises `UserError` for no such round and for a pilot."""
    round_state(session, round_name)
    approvals = [e for e in round_events(session, round_name) if e.kind is EventKind.ROUND_APPROVED]
    modes = sorted({str(approval.payload["mode"]) for approval in approvals})
    if Mode.PILOT in modes:
        raise UserError(
            _(
                "{round}: a pilot round is left out of results, so it is not exported: use `tracker status`."
            ).format(round=round_name)
        )
    return modes


def _moment(session: Session, round_name: str, as_of: date, now: datetime) -> datetime:
    """Up to when mailboxes count as watched or not, so that it does not matter when one exports.

    For a day that is over: its end; for a closed round: its closing, after which nobody need watch.
    """
    end = datetime.combine(as_of + timedelta(days=1), time(), SHANGHAI)
    events = round_events(session, round_name)
    return min([now, end, *(event.happened_at for event in events if event.kind is EventKind.ROUND_CLOSED)])


def _manifest(
    session: Session, round_name: str, modes: list[str], laws: Mapping[RequestKind, Law], as_of: date
) -> dict[str, Any]:
    plan = plan_of(session, round_name)
    title = f"{plan.title} ({plan.name})"
    calendar = next(iter(laws.values())).calendar
    query = select(RoundFileRow).where(RoundFileRow.round == plan.name)
    files = session.exec(query.order_by(col(RoundFileRow.path), col(RoundFileRow.sha256)))
    return {
        "$schema": f"{_PROFILES}/datapackage.json",
        "name": PACKAGE,
        "title": f"{REHEARSAL_NOTICE} · {title}" if Mode.REHEARSAL in modes else title,
        "version": SCHEMA_VERSION,
        "as_of": as_of.isoformat(),
        "round": {
            "name": plan.name,
            "title": plan.title,
            "state": round_state(session, plan.name),
            "modes": modes,
        },
        "calendar": {"name": calendar.name, "version": calendar.version},
        "rules": [
            {
                "kind": kind,
                "name": law.book.name,
                "version": law.book.version,
                "source": law.book.versions[-1].source("reply"),
            }
            for kind, law in sorted(laws.items())
        ],
        "files": [{"path": row.path, "sha256": row.sha256} for row in files],
    }


# --- in which form --------------------------------------------------------------------------------------


def _resource(table: Table, content: bytes) -> dict[str, Any]:
    return {
        "name": table.name,
        "type": "table",
        "title": table.sheet or table.name,
        "path": f"{table.name}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        **_fingerprint(content),
        "schema": {
            "$schema": f"{_PROFILES}/tableschema.json",
            "fields": [_field(column) for column in table.columns],
            "missingValues": [""],
            "primaryKey": list(table.primary_key),
            "foreignKeys": [
                {"fields": [own], "reference": {"resource": other, "fields": [field]}}
                for own, other, field in table.foreign_keys
            ],
        },
    }


def _field(column: Column) -> dict[str, Any]:
    constraints: dict[str, Any] = {}
    if column.required:
        constraints["required"] = True
    if column.unique:
        constraints["unique"] = True
    if column.allowed:
        constraints["enum"] = [str(code) for code in column.allowed]
    field = {"name": column.name, "title": column.title, "type": column.form}
    return {**field, "constraints": constraints} if constraints else field


def _fingerprint(content: bytes) -> dict[str, Any]:
    return {"bytes": len(content), "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}


def _csv_bytes(table: Table, rows: Sequence[Row]) -> bytes:
    """With a byte order mark: without one Excel in China reads GBK."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(column.name for column in table.columns)
    for row in rows:
        writer.writerow(_csv_cell(row.get(column.name)) for column in table.columns)
    return text.getvalue().encode("utf-8-sig")


def _csv_cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(_RUNS_IN_EXCEL) else cell
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, datetime):
        return cell.astimezone(SHANGHAI).isoformat(timespec="seconds")
    return "" if cell is None else str(cell)


def _sheets(tables: Sequence[tuple[Table, Sequence[Row]]]) -> list[Sheet]:
    by_sheet = {table.sheet: (table.columns, rows) for table, rows in tables}
    return [
        Sheet(
            name,
            [column.title for column in by_sheet[name][0]],
            [[row.get(column.name) for column in by_sheet[name][0]] for row in by_sheet[name][1]],
        )
        for name in _WORKBOOK_ORDER
    ]


# --- where to -------------------------------------------------------------------------------------------


def _write_folder(target: Path, files: Mapping[str, bytes]) -> None:
    """Write everything beside the target, then rename: nobody ever sees half of it."""
    _refuse_foreign(target, files)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as place:
        fresh, old = Path(place, "fresh"), Path(place, "old")
        fresh.mkdir()
        for name, content in files.items():
            (fresh / name).write_bytes(content)
        if not target.exists():
            fresh.rename(target)
            return
        target.rename(old)
        try:
            fresh.rename(target)
        except OSError:
            old.rename(target)
            raise


def _refuse_foreign(target: Path, files: Mapping[str, bytes]) -> None:
    """Only an earlier export and nothing else is replaced: whatever a person put beside it would be lost."""
    if not target.exists():
        return
    found = sorted(path.name for path in target.iterdir()) if target.is_dir() else []
    if not _is_export(target / MANIFEST):
        raise UserError(
            _("{target}: exists and is not an earlier export. Name another folder.").format(target=target)
        )
    if others := [name for name in found if name not in files]:
        raise UserError(
            _("{target}: also holds {names}, which would be lost. Move it, or name another folder.").format(
                target=target, names=", ".join(others)
            )
        )


def _is_export(manifest: Path) -> bool:
    try:
        return bool(json.loads(manifest.read_bytes())["name"] == PACKAGE)
    except (OSError, ValueError, KeyError, TypeError):
        return False
