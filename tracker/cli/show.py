"""How commands show things: data on stdout, talk on stderr, JSON where a machine reads."""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from getpass import getuser
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tracker.clock import Clock
from tracker.domain.terms import SHANGHAI
from tracker.errors import UserError
from tracker.i18n import _

JsonOption = Annotated[bool, typer.Option("--json", help=_("Machine-readable output."))]
RoundOption = Annotated[str | None, typer.Option("--round", help=_("Which round, if there are several."))]


_BOX_WIDTH = 3  # a table's line and blanks, per column
_NARROWEST_TEXT = 12
_INDENT = "    "


@dataclass
class Settled:
    """What the root command learned and every command needs; `language` is the one asked for, if any."""

    clock: Clock
    language: str | None = None
    workspace: Path | None = None

    @property
    def now(self) -> datetime:
        return self.clock()


def person() -> str:
    """Who acts, for the record: TRACKER_ACTOR, else the login name."""
    try:
        return "person:" + (os.environ.get("TRACKER_ACTOR") or getuser())
    except (KeyError, OSError, ImportError):  # a container's user may have no name
        raise UserError(_("Nobody knows who you are: set TRACKER_ACTOR to your name.")) from None


def print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1, default=_plain) + "\n")


def print_json_line(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=_plain) + "\n")


def print_line(text: str) -> None:
    sys.stdout.write(text + "\n")


def say(text: str) -> None:
    """A word to the person at the terminal, not part of the result."""
    sys.stderr.write(text + "\n")


def print_table(headers: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
    """A table where it fits the terminal, else some lines for each row; no name or date is ever cut."""
    shown = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if not shown:
        return
    console = Console(file=sys.stdout, highlight=False)
    if not sys.stdout.isatty() and "COLUMNS" not in os.environ:
        console.width = 10_000  # a file or another program reads whole lines
    columns = list(zip(headers, *shown, strict=True))
    if sum(_least_width(column) + _BOX_WIDTH for column in columns) < console.width:
        table = Table(title=title or None, title_justify="left")
        for column in columns:
            table.add_column(Text(column[0]), min_width=_least_width(column), overflow="fold")
        for row in shown:
            table.add_row(*(Text(cell) for cell in row))  # Text: a cell may hold [brackets]
        console.print(table)
    else:
        _print_lines(console, columns, title)


def _least_width(column: Sequence[str]) -> int:
    """Text may run over several lines; codes, dates and names may not."""
    is_text = any(" " in cell for cell in column[1:])
    return min(_width(column), _NARROWEST_TEXT) if is_text else _width(column)


def _width(column: Sequence[str]) -> int:
    return max(map(cell_len, column))


def _print_lines(console: Console, columns: Sequence[Sequence[str]], title: str) -> None:
    """Each row over as few lines as its cells need, in columns; the headers stand above in the same way."""
    lines: list[list[Sequence[str]]] = [[]]
    for column in columns:
        taken = sum(_width(other) + 2 for other in lines[-1])
        if lines[-1] and len(_INDENT) + taken + _width(column) > console.width:
            lines.append([])
        lines[-1].append(column)
    if title:
        console.print(Text(title))
    for row in range(len(columns[0])):
        for place, line in enumerate(lines):
            cells = "  ".join(set_cell_size(column[row], _width(column)) for column in line)
            if cells.strip():
                text = (_INDENT if place else "") + cells.rstrip()
                console.print(Text(text, style="" if row else "bold"), soft_wrap=True)


def local(moment: datetime | None) -> str:
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M") if moment else ""


def parse_moment(text: str | None, default: datetime) -> datetime:
    """`2020-09-08T09:30` (or with a blank) is Shanghai time unless it carries an offset; a date is its noon."""
    if text is None:
        return default
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(_("{text}: not a date and time; write 2026-11-24T09:30.").format(text=text)) from None
    if len(text) == len("2026-11-24"):
        moment = moment.replace(hour=12)
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)


def parse_pair(text: str, *, from_right: bool = False) -> tuple[str, str]:
    """`name=value`; with `from_right` the last equals sign parts them."""
    left, equals, right = text.rpartition("=") if from_right else text.partition("=")
    if not equals or not left or not right:
        raise UserError(_("{text}: write it with an equals sign between its two halves.").format(text=text))
    return left, right


def parse_date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError(_("{text}: not a date; write 2026-11-24.").format(text=text)) from None


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"cannot show {value!r} as JSON")
