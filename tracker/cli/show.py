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
from rich.console import Console
from rich.table import Table

from tracker.clock import Clock
from tracker.domain.terms import SHANGHAI
from tracker.errors import UserError
from tracker.i18n import _

JsonOption = Annotated[bool, typer.Option("--json", help=_("Machine-readable output."))]
RoundOption = Annotated[str | None, typer.Option("--round", help=_("Which round, if there are several."))]


@dataclass
class Settled:
    """What the root command learned and every command needs."""

    clock: Clock
    workspace: Path | None

    @property
    def now(self) -> datetime:
        return self.clock()


def person() -> str:
    """Who acts, for the record: TRACKER_ACTOR, else the login name."""
    return "person:" + (os.environ.get("TRACKER_ACTOR") or getuser())


def print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1, default=_plain) + "\n")


def print_line(text: str) -> None:
    sys.stdout.write(text + "\n")


def say(text: str) -> None:
    """A word to the person at the terminal, not part of the result."""
    sys.stderr.write(text + "\n")


def print_table(headers: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
    table = Table(*headers, title=title or None, title_justify="left")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    Console().print(table)


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
