"""Files people edit: found in the workspace first, read strictly, refused with line and remedy."""

import csv
import hashlib
import io
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracker.domain.calendar import WorkingCalendar
from tracker.errors import UserError
from tracker.i18n import _

_PACKAGE = Path(__file__).resolve().parents[1]
_MOST_FAULTS_SHOWN = 10


def find_file(name: str, workspace: Path | None = None) -> Path:
    """The file called `name` ("data/calendars/cn.toml"): the workspace's own, else the shipped one."""
    places = _places_of(name, workspace)
    for place in places:
        if place.is_file():
            return place
    raise UserError(
        _("{name}: no such file; looked at {places}. Put one there, or correct the name.").format(
            name=name, places=", ".join(map(str, places))
        )
    )


def has_file(name: str, workspace: Path | None = None) -> bool:
    return any(place.is_file() for place in _places_of(name, workspace))


def _places_of(name: str, workspace: Path | None) -> list[Path]:
    return [place / name for place in (workspace, *_shipped_places()) if place is not None]


def find_files(folder: str, pattern: str, workspace: Path | None = None) -> list[Path]:
    """The files below `folder` by name, shipped or the workspace's own; of one name the workspace's counts."""
    found: dict[str, Path] = {}
    for place in (*_shipped_places(), workspace):
        if place is not None:
            below = place / folder
            found |= {path.relative_to(below).as_posix(): path for path in below.glob(pattern)}
    return [found[name] for name in sorted(found)]


def _shipped_places() -> list[Path]:
    """A wheel carries the files inside the package; a checkout has them beside it."""
    shipped = _PACKAGE / "_shipped"
    return [shipped] if shipped.is_dir() else [_PACKAGE.parent]


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# --- TOML ------------------------------------------------------------------------------------------


def read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(read_utf8(path, str(path)))
    except tomllib.TOMLDecodeError as fault:
        line = re.search(r"line (\d+)", str(fault))
        reason = re.sub(r" \(at .*\)$", "", str(fault))
        raise UserError(
            _("{path}:{line}: not valid TOML ({reason}): correct this line or the one before it.").format(
                path=path, line=line[1] if line else _last_line(path), reason=reason
            )
        ) from None


def _last_line(path: Path) -> int:
    return len(path.read_bytes().splitlines())


# --- CSV -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One row: the line of the file it starts on, and its cells, stripped, by column."""

    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


class Faults:
    """All faults of one file, so that one pass corrects them."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._found: list[tuple[int, str]] = []

    def add(self, line: int, sentence: str) -> None:
        self._found.append((line, f"{self.file}:{line}: {sentence}"))

    def refuse(self) -> None:
        """Raise `UserError` with a line per fault, the first ten in full, if there are any."""
        if not self._found:
            return
        shown = [sentence for _line, sentence in sorted(self._found)]
        if len(shown) > _MOST_FAULTS_SHOWN:
            rest = _("(and {count} more)").format(count=len(shown) - _MOST_FAULTS_SHOWN)
            shown = [*shown[:_MOST_FAULTS_SHOWN], rest]
        raise UserError("\n".join(shown))


def read_csv(path: Path, required: Collection[str], optional: Collection[str] = ()) -> list[CsvRow]:
    """The rows that are not blank. Raises `UserError` with one line per fault of the file."""
    records = _records_of(path)
    header = [name.strip() for name in records[0][1]] if records else []
    while header and not header[-1]:  # Excel keeps the commas of columns that were emptied
        header.pop()
    _check_header(path.name, header, required, optional)
    rows, faults = [], Faults(path.name)
    for line, cells in records[1:]:
        if any(cell.strip() for cell in cells[len(header) :]):
            faults.add(line, _too_many_cells(len(cells), len(header)))
        elif any(cell.strip() for cell in cells):
            rows.append(CsvRow(line, {name: cell.strip() for name, cell in zip(header, cells, strict=False)}))
    faults.refuse()
    return rows


def _too_many_cells(found: int, expected: int) -> str:
    return _("{found} cells in {expected} columns: put quotes round a cell that holds a comma.").format(
        found=found, expected=expected
    )


def _records_of(path: Path) -> list[tuple[int, list[str]]]:
    """Each record with the line it starts on: a quoted cell may run over several lines."""
    reader = csv.reader(io.StringIO(read_utf8(path, path.name), newline=""), strict=True)
    records, start = [], 1
    try:
        for cells in reader:
            records.append((start, cells))
            start = reader.line_num + 1
    except csv.Error as fault:
        raise UserError(
            _("{file}:{line}: not valid CSV ({reason}): check the quotes of this row.").format(
                file=path.name, line=start, reason=fault
            )
        ) from None
    return records


def _check_header(
    file: str, header: Sequence[str], required: Collection[str], optional: Collection[str]
) -> None:
    faults, allowed = Faults(file), [*required, *optional]
    for mark, called in ((";", _("semicolons")), ("\t", _("tabs")), ("；", _("semicolons"))):
        if len(header) == 1 and mark in header[0]:
            faults.add(
                1, _("the columns are separated by {marks}: separate them by commas.").format(marks=called)
            )
            faults.refuse()
    for name in required:
        if name not in header:
            faults.add(1, _("the column {column} is missing: add it to the first row.").format(column=name))
    for name in dict.fromkeys(header):
        if header.count(name) > 1:
            faults.add(1, _("the column {column} stands there twice: remove one.").format(column=name))
        if name not in allowed:
            sentence = _('unknown column "{column}": rename it to one of {allowed}, or remove it.')
            faults.add(1, sentence.format(column=name, allowed=", ".join(allowed)))
    faults.refuse()


# --- bytes -----------------------------------------------------------------------------------------


def read_utf8(path: Path, shown: str) -> str:
    """The text of a file, called `shown` where it is refused: unreadable, or not UTF-8."""
    try:
        raw = path.read_bytes()
    except OSError as fault:
        raise UserError(
            _("{file}: cannot be read ({reason}): create it, or correct the path.").format(
                file=path, reason=fault.strerror
            )
        ) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = raw[: fault.start].count(b"\n") + 1
        raise UserError(_encoding_fault(raw).format(file=shown, line=line)) from None


def _encoding_fault(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _("{file}:{line}: not UTF-8 (looks like UTF-16): save as UTF-8 (CSV UTF-8 in Excel).")
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return _("{file}:{line}: not UTF-8: save as UTF-8 (CSV UTF-8 in Excel).")
    return _("{file}:{line}: not UTF-8 (looks like GBK): save as UTF-8 (CSV UTF-8 in Excel).")


def load_calendar(name: str = "cn", *, workspace: Path | None = None, guess: bool = False) -> WorkingCalendar:
    """The working calendar called `name`: see `tracker.adapters.calendars`, which reads with this module."""
    from tracker.adapters import calendars

    return calendars.load_calendar(name, workspace=workspace, guess=guess)
