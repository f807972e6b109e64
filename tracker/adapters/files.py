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

from tracker.errors import UserError
from tracker.i18n import _

_PACKAGE = Path(__file__).resolve().parents[1]
_MOST_FAULTS_SHOWN = 10


def find_file(name: str, workspace: Path | None = None) -> Path:
    """The file called `name` ("data/calendars/cn.toml"): the workspace's own, else the shipped one."""
    places = [place / name for place in (workspace, *_shipped_places()) if place is not None]
    for place in places:
        if place.is_file():
            return place
    raise UserError(
        _("{name}: no such file; looked at {places}. Put one there, or correct the name.").format(
            name=name, places=", ".join(map(str, places))
        )
    )


def _shipped_places() -> list[Path]:
    """A wheel carries the files inside the package; a checkout has them beside it."""
    shipped = _PACKAGE / "_shipped"
    return [shipped] if shipped.is_dir() else [_PACKAGE.parent]


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# --- TOML ------------------------------------------------------------------------------------------


def read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_read_utf8(path, str(path)))
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


def read_csv(path: Path, required: Collection[str], optional: Collection[str] = ()) -> list[CsvRow]:
    """The rows that are not blank. Raises `UserError` with one line per fault of the file."""
    lines = _lines_of(path)
    header = [name.strip() for name in lines[0][1]] if lines else []
    while header and not header[-1]:
        header.pop()
    refuse(_header_faults(path.name, header, required, optional))
    rows, faults = [], []
    for line, cells in lines[1:]:
        if any(cell.strip() for cell in cells[len(header) :]):
            faults.append(
                _("{file}:{line}: {found} cells, but there are {expected} columns: put quotes round a cell with commas.")
                .format(file=path.name, line=line, found=len(cells), expected=len(header))
            )
        elif any(cell.strip() for cell in cells):
            rows.append(CsvRow(line, {name: cell.strip() for name, cell in zip(header, cells, strict=False)}))
    refuse(faults)
    return rows


def refuse(faults: Sequence[str]) -> None:
    """Raise all faults of a file at once (the first ten in full), so that one pass corrects them."""
    if not faults:
        return
    shown = list(faults[:_MOST_FAULTS_SHOWN])
    if len(faults) > len(shown):
        shown.append(_("(and {count} more)").format(count=len(faults) - len(shown)))
    raise UserError("\n".join(shown))


def _lines_of(path: Path) -> list[tuple[int, list[str]]]:
    """Each record with the line it starts on: a quoted cell may run over several lines."""
    reader = csv.reader(io.StringIO(_read_utf8(path, path.name), newline=""), strict=True)
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


def _header_faults(
    file: str, header: Sequence[str], required: Collection[str], optional: Collection[str]
) -> list[str]:
    allowed = [*required, *optional]
    faults = [
        _("{file}:1: the column {column} is missing: add it to the first row.").format(file=file, column=name)
        for name in required
        if name not in header
    ]
    faults += [
        _("{file}:1: the column {column} stands there twice: remove one.").format(file=file, column=name)
        for name in sorted({name for name in header if header.count(name) > 1})
    ]
    faults += [
        _('{file}:1: unknown column "{column}": rename it to one of {allowed}, or remove it.').format(
            file=file, column=name, allowed=", ".join(allowed)
        )
        for name in dict.fromkeys(header)
        if name not in allowed
    ]
    return faults


# --- bytes -----------------------------------------------------------------------------------------


def _read_utf8(path: Path, shown: str) -> str:
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
