"""XLS and XLSX: each sheet's name, then its rows, cells joined by tabs."""

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice

_MAX_SHEETS = 20
_MAX_ROWS = 2_000  # a sheet


def read_sheets(raw: bytes) -> str:
    from python_calamine import CalamineWorkbook  # most mails carry no table

    book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
    parts = []
    for name in book.sheet_names[:_MAX_SHEETS]:
        rows = list(_lines(book.get_sheet_by_name(name).iter_rows()))
        parts += [name, *rows] if rows else []
    return "\n".join(parts)


def _lines(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    for row in islice(rows, _MAX_ROWS):
        line = "\t".join(_cell(value) for value in row).rstrip()
        if line:
            yield line


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes")
    return value.isoformat() if isinstance(value, date) else str(value).replace("\n", " ")
