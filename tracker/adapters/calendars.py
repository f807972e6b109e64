"""Working calendars: gazetted tables from data/calendars/, other countries from `holidays`.

A table holds one block a year. A later notice is a file of its own, in the folder named like the
table: it arranges the next year, or amends one that was arranged already.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeGuard

from tracker.adapters.country_holidays import PACKAGE, foreign_calendar, guessed_days, package_version
from tracker.adapters.files import find_file, find_files, read_toml, sha256_of
from tracker.domain.calendar import Notice, WorkingCalendar
from tracker.errors import UserError
from tracker.i18n import _

GUESSED_YEARS = 3
_SETTINGS = ("country", "first", "last")
_NOTICE_ENTRIES = ("number", "title", "issued_on", "year", "days_off", "makeup_days", "ordinary_days")


def load_calendar(
    name: str = "cn",
    *,
    workspace: Path | None = None,
    guess: bool = False,
    known_on: date | None = None,
) -> WorkingCalendar:
    """The calendar in data/calendars/NAME.toml with its later notices, or "holidays:GB-ENG".

    With `guess` it goes on for three years past the last notice, and those days are provisional.
    With `known_on` it is the calendar as it was known at the end of that day: later notices and
    amendments are left out, and the guess is made without hindsight.
    A country of `holidays` is covered from 2005 (or the year after its weekend last changed) to 2035,
    where the package's tables of lunar days end; where make-up working days are announced yearly,
    only to the last year that has one, less the days its successor can still move. It has no guess.
    """
    if name.startswith(PACKAGE):
        return foreign_calendar(name)
    paths = calendar_files(name, workspace)
    return _gazetted_calendar(name, paths, tuple(map(sha256_of, paths)), guess, known_on)


def calendar_files(name: str, workspace: Path | None) -> tuple[Path, ...]:
    """The table and the files of its later notices, in the order of their names."""
    if name.startswith(PACKAGE):
        return ()
    table = find_file(f"data/calendars/{name}.toml", workspace)
    return (table, *find_files(f"data/calendars/{name}", "*.toml", workspace))


def with_notice(name: str, workspace: Path | None, file: Path) -> WorkingCalendar:
    """The calendar as it would be with one more notice; raises `UserError` where that does not fit."""
    paths = (*calendar_files(name, workspace), file)
    return _gazetted_calendar(name, paths, tuple(map(sha256_of, paths)), False, None)


@functools.lru_cache
def _gazetted_calendar(
    name: str, paths: tuple[Path, ...], sha256s: tuple[str, ...], guess: bool, known_on: date | None
) -> WorkingCalendar:
    table = _read_table(paths[0])
    arrangements = _in_order(table.arrangements, [read_notice(path) for path in paths[1:]])
    calendar = _assemble(name, table, arrangements, known_on)
    version = sha256s[0] if len(paths) == 1 else hashlib.sha256("".join(sha256s).encode()).hexdigest()
    calendar = replace(calendar, version=f"{version}@{known_on}" if known_on else version)
    if not guess:
        return calendar
    later = [each for each in arrangements if not _is_known(each, known_on)]
    return _with_guess(
        calendar, paths[0], {day for each in later for day in each.days_off} if later else None
    )


# --- what a notice arranges -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What one notice says about a year: a whole year, or changes to one that was arranged before."""

    path: Path
    year: int
    notice: Notice
    days_off: Mapping[date, str]
    makeup_days: Mapping[date, str]
    ordinary_days: tuple[date, ...] = ()  # neither off nor make-up any more

    @property
    def known_from(self) -> date:
        """Where the date of a notice was not read, the last day before the year it arranges."""
        return self.notice.issued_on or date(self.year - 1, 12, 31)


@dataclass(frozen=True, slots=True)
class _Table:
    country: str
    first: date
    last: date
    arrangements: tuple[Arrangement, ...]


def read_notice(path: Path) -> Arrangement:
    """A notice in a file of its own; raises `UserError` naming the file and the entry."""
    entries = read_toml(path)
    for key in entries:
        if key not in _NOTICE_ENTRIES:
            raise UserError(
                _("{path}: unknown entry {entry}: remove it, or correct it to one of {known}.").format(
                    path=path, entry=key, known=", ".join(_NOTICE_ENTRIES)
                )
            )
    if type(entries.get("year")) is not int or not _is_date(entries.get("issued_on")):
        raise UserError(
            _(
                "{path}: year and issued_on are needed, as in year = 2027, issued_on = 2026-11-10: add them."
            ).format(path=path)
        )
    return _arrangement(path, entries["year"], str(entries["year"]), entries)


def _arrangement(path: Path, year: int, place: str, entries: Mapping[str, Any]) -> Arrangement:
    days_off = _days(path, year, place, entries, "days_off")
    makeup_days = _days(path, year, place, entries, "makeup_days")
    ordinary_days = tuple(
        _day(path, f"{place}.ordinary_days", year, str(day)) for day in entries.get("ordinary_days", ())
    )
    days = frozenset((*days_off, *makeup_days, *ordinary_days))
    return Arrangement(path, year, _notice(path, place, entries, days), days_off, makeup_days, ordinary_days)


def _read_table(path: Path) -> _Table:
    entries = read_toml(path)
    country, first, last = _settings(path, entries)
    blocks = {key: block for key, block in entries.items() if key not in _SETTINGS}
    _refuse_wrong_years(path, blocks, first, last)
    arrangements: list[Arrangement] = []
    for key, block in blocks.items():
        arrangements.append(_arrangement(path, int(key), key, block))
        arrangements += (
            _arrangement(path, int(key), f"{key}.amendments", {"days_off": {}, "makeup_days": {}} | amendment)
            for amendment in block.get("amendments", ())
        )
    return _Table(country, first, last, tuple(arrangements))


def _in_order(shipped: Sequence[Arrangement], added: Iterable[Arrangement]) -> list[Arrangement]:
    """Each year's own notice first, then its amendments as they were issued."""
    return sorted([*shipped, *added], key=lambda each: (each.year, each.known_from))


def _assemble(
    name: str, table: _Table, arrangements: Sequence[Arrangement], known_on: date | None
) -> WorkingCalendar:
    known = [each for each in arrangements if _is_known(each, known_on)]
    last = _last_day(table, known)
    days_off: dict[date, str] = {}
    makeup_days: dict[date, str] = {}
    notices: dict[int, tuple[Notice, ...]] = {}
    for each in known:
        for day in (*each.ordinary_days, *each.days_off, *each.makeup_days):
            days_off.pop(day, None)
            makeup_days.pop(day, None)
        days_off |= each.days_off
        makeup_days |= each.makeup_days
        notices[each.year] = (*notices.get(each.year, ()), each.notice)
    try:
        return WorkingCalendar(
            days_off=days_off,
            makeup_days=makeup_days,
            first=table.first,
            last=last,
            name=name,
            country=table.country,
            notices=notices,
        )
    except ValueError as fault:
        path = known[-1].path
        raise UserError(_("{path}: {fault}: correct the entry.").format(path=path, fault=fault)) from None


def _is_known(arrangement: Arrangement, known_on: date | None) -> bool:
    return known_on is None or arrangement.known_from <= known_on


def _last_day(table: _Table, known: Sequence[Arrangement]) -> date:
    """The next year's notice can still change the days from 29 December on."""
    years = {each.year for each in known}
    if not years:
        raise UserError(
            _("No holiday notice was known on that day; the first one arranges {year}.").format(
                year=table.first.year
            )
        )
    last_year = max(years)
    for year in range(table.first.year, last_year):
        if year not in years:
            path = next(each.path for each in known if each.year > year)
            raise UserError(
                _("{path}: the notice of {year} comes first: add that year's notice.").format(
                    path=path, year=year
                )
            )
    return table.last if last_year == table.last.year else date(last_year, 12, 28)


# --- the guess ------------------------------------------------------------------------------------------


def _with_guess(calendar: WorkingCalendar, path: Path, unknown: set[date] | None) -> WorkingCalendar:
    begin = calendar.last + timedelta(days=1)
    end = date(calendar.last.year + GUESSED_YEARS, 12, 31)
    off, worked = guessed_days(calendar.country, begin, end, str(path), unknown)
    return replace(
        calendar,
        days_off={**calendar.days_off, **off},
        makeup_days={**calendar.makeup_days, **worked},
        last=end,
        guessed_from=begin,
        version=f"{calendar.version}+{package_version()}",
    )


# --- reading strictly -----------------------------------------------------------------------------------


def _settings(path: Path, entries: Mapping[str, Any]) -> tuple[str, date, date]:
    country, first, last = (entries.get(key) for key in _SETTINGS)
    if isinstance(country, str) and _is_date(first) and _is_date(last):
        return country, first, last
    raise UserError(
        _(
            '{path}: country, first and last must stand above the first year, as in country = "CN", '
            "first = 2007-01-01: add them."
        ).format(path=path)
    )


def _is_date(value: object) -> TypeGuard[date]:
    return isinstance(value, date) and not isinstance(value, datetime)


def _refuse_wrong_years(path: Path, blocks: Mapping[str, Any], first: date, last: date) -> None:
    years = {str(year) for year in range(first.year, last.year + 1)}
    for year in sorted(years - blocks.keys()):
        raise UserError(
            _(
                "{path}: no block [{year}] although {first} to {last} is covered: add that year's notice"
            ).format(path=path, year=year, first=first, last=last)
        )
    for key in sorted(key for key in blocks if key not in years or not isinstance(blocks[key], dict)):
        raise UserError(
            _(
                "{path}: {key} is neither a setting nor a covered year: remove it, or correct first and last."
            ).format(path=path, key=key)
        )


def _days(path: Path, year: int, place: str, entries: Mapping[str, Any], table: str) -> dict[date, str]:
    days = entries.get(table)
    if not isinstance(days, dict):
        raise UserError(
            _(
                "{path}: year {year} has no table [{year}.{table}]: add it, empty if there are no such days."
            ).format(path=path, year=place, table=table)
        )
    return {_day(path, f"{place}.{table}", year, key): str(label) for key, label in days.items()}


def _day(path: Path, place: str, year: int, key: str) -> date:
    """A day of a yearly notice; it can lie in the last days of the year before."""
    try:
        day = date.fromisoformat(key)
    except ValueError:
        day = date.min
    if day.year == year or (day.year, day.month) == (year - 1, 12):
        return day
    raise UserError(
        _("{path}: [{place}] {key} is not a day of {year}: write it as {year}-MM-DD.").format(
            path=path, place=place, key=key, year=year
        )
    )


def _notice(path: Path, place: str, entries: Mapping[str, Any], days: frozenset[date]) -> Notice:
    try:
        return Notice(
            entries["number"],
            entries["title"],
            entries.get("issued_on"),
            not entries.get("unverified", False),
            days,
        )
    except (KeyError, TypeError):
        raise UserError(
            _("{path}: year {year}: each of its notices needs a number and a title: add them.").format(
                path=path, year=place
            )
        ) from None
