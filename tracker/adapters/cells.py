"""Cells of a table people filled in, and the faults of its rows."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from enum import StrEnum
from typing import TypeVar

from tracker.adapters.files import CsvRow, Faults
from tracker.i18n import _

_MAIL_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}"
)
_YES, _NO = ("yes", "是", "1"), ("no", "否", "0")

Word = TypeVar("Word", bound=StrEnum)
Record = TypeVar("Record")


class BadCell(Exception):
    """What is wrong with a row and what to do about it."""


def build_records(
    faults: Faults, rows: Iterable[CsvRow], build: Callable[[CsvRow], Record]
) -> list[tuple[int, Record]]:
    """What `build` makes of each row, with its line; the others are noted as faults."""
    built = []
    for row in rows:
        try:
            built.append((row.line, build(row)))
        except BadCell as fault:
            faults.add(row.line, str(fault))
    return built


def accepted(faults: Faults, records: Sequence[tuple[int, Record]]) -> list[Record]:
    faults.refuse()
    return [record for _line, record in records]


def add_repeats(
    faults: Faults, column: str, keys: Iterable[tuple[int, str]], *, is_secret: bool = False
) -> None:
    first: dict[str, int] = {}
    for line, key in keys:
        if key not in first:
            first[key] = line
            continue
        shown = column if is_secret else f'{column} "{key}"'
        sentence = _("{key} stands in line {first} already: give each its own, or remove one row.")
        faults.add(line, sentence.format(key=shown, first=first[key]))


def filled(row: CsvRow, column: str) -> str:
    if not row[column]:
        raise BadCell(_("the cell {column} is empty: fill it in.").format(column=column))
    return row[column]


def word_of(row: CsvRow, column: str, words: type[Word]) -> Word:
    try:
        return words(row[column])
    except ValueError:
        raise BadCell(
            _('unknown {column} "{word}": write one of {words}.').format(
                column=column, word=row[column], words=", ".join(words)
            )
        ) from None


def is_mail_address(word: str) -> bool:
    return _MAIL_ADDRESS.fullmatch(word) is not None


def is_yes(row: CsvRow, column: str) -> bool:
    word = row[column].lower()
    if word not in (*_YES, *_NO):
        raise BadCell(_('{column} is "{word}": write yes or no.').format(column=column, word=row[column]))
    return word in _YES


def priority_of(row: CsvRow) -> int:
    word = row["priority"] or "1"
    if not (word.isascii() and word.isdecimal() and int(word)):
        raise BadCell(_('priority is "{word}": write 1 for the first choice, then 2, 3, …').format(word=word))
    return int(word)


def date_of(row: CsvRow, column: str) -> date | None:
    """2020-09-01, or 2020/9/1 as Excel rewrites it."""
    if not row[column]:
        return None
    numbers = re.fullmatch(r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})", row[column])
    try:
        if numbers:
            return date(int(numbers[1]), int(numbers[3]), int(numbers[4]))
    except ValueError:
        pass
    raise BadCell(
        _('{column} is "{word}", which is no date: write it as 2026-09-01.').format(
            column=column, word=row[column]
        )
    )
