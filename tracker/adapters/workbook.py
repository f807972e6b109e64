"""An xlsx workbook for people: every text stays text, and the same sheets give the same bytes."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO

from xlsxwriter import Workbook  # type: ignore[import-untyped]
from xlsxwriter.format import Format  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from tracker.domain.terms import SHANGHAI

Cell = str | int | float | bool | date | datetime | None

# A fixed day: the workbook would otherwise name the moment it was made.
_CREATED = datetime(2000, 1, 1)  # noqa: DTZ001 - xlsx properties know no zone
_NARROWEST, _WIDEST = 8, 48  # characters
_HEADER = {"bold": True, "bg_color": "#DDEBF7", "bottom": 1, "valign": "vcenter"}
# "@" makes a cell text even after someone edits it: no formula, no number in powers of ten
_NUMBER_FORMATS = {str: "@", date: "yyyy-mm-dd", datetime: "yyyy-mm-dd hh:mm:ss"}


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str
    headers: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def workbook_bytes(title: str, sheets: Sequence[Sheet]) -> bytes:
    """A workbook whose sheets have a frozen header with a filter; `title` stands above printed pages.

    Moments are shown in Asia/Shanghai.
    """
    target = BytesIO()
    book = Workbook(target, {"in_memory": True})  # in memory its zip members bear a fixed date
    book.set_properties({"title": title, "created": _CREATED})
    header = book.add_format(_HEADER)
    formats = {kind: book.add_format({"num_format": code}) for kind, code in _NUMBER_FORMATS.items()}
    for sheet in sheets:
        page = book.add_worksheet(sheet.name)
        page.set_header("&C" + title.replace("&", "&&"))
        _fill(page, sheet, header, formats)
    book.close()
    return target.getvalue()


def _fill(page: Worksheet, sheet: Sheet, header: Format, formats: dict[type, Format]) -> None:
    for column, title in enumerate(sheet.headers):
        page.write_string(0, column, title, header)
        page.set_column(column, column, _width(title, [row[column] for row in sheet.rows]))
    for place, row in enumerate(sheet.rows, 1):
        for column, cell in enumerate(row):
            _write(page, place, column, cell, formats)
    page.freeze_panes(1, 1)
    page.autofilter(0, 0, max(len(sheet.rows), 1), len(sheet.headers) - 1)


def _write(page: Worksheet, row: int, column: int, cell: Cell, formats: dict[type, Format]) -> None:
    if isinstance(cell, str):
        page.write_string(row, column, cell, formats[str])
    elif isinstance(cell, datetime):
        page.write_datetime(row, column, cell.astimezone(SHANGHAI).replace(tzinfo=None), formats[datetime])
    elif isinstance(cell, date):
        page.write_datetime(row, column, cell, formats[date])
    elif isinstance(cell, bool):
        page.write_boolean(row, column, cell)
    elif cell is not None:
        page.write_number(row, column, cell)


def _width(title: str, cells: Sequence[Cell]) -> int:
    widest = max((_columns(cell) for cell in cells), default=0)
    return max(_NARROWEST, min(_WIDEST, max(_columns(title) + 3, widest + 1)))  # 3: the filter's button


def _columns(cell: Cell) -> int:
    if isinstance(cell, datetime):
        return 19
    text = "" if cell is None else str(cell)
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
