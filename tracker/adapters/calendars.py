"""Working calendars: gazetted tables from data/calendars/*.toml, others from `holidays`.

`holidays` is right about the past but answers unpublished years without make-up working days and
without a word. So the gazetted table decides, and the package names the days, makes the marked
guess past the last notice, checks the table, and serves other countries.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from tracker.adapters.files import find_file, read_toml, sha256_of
from tracker.domain.calendar import Notice, WorkingCalendar
from tracker.errors import UserError
from tracker.i18n import _

if TYPE_CHECKING:
    from holidays import HolidayBase

GUESSED_YEARS = 3
FOREIGN_YEARS = range(2005, 2036)
_PACKAGE = "holidays:"
_ONE_DAY = timedelta(days=1)
_SETTINGS = ("country", "first", "last")


def load_calendar(name: str = "cn", *, workspace: Path | None = None, guess: bool = False) -> WorkingCalendar:
    """The calendar in data/calendars/NAME.toml, or of another country as "holidays:GB-ENG".

    With `guess` it goes on for three years past the last notice, and those days are provisional.
    A country of `holidays` is covered from 2005 (or the year after its weekend last changed) to 2035,
    where the package's tables of lunar days end; where make-up working days are announced yearly,
    only to the last year that has one, less the days its successor can still move. It has no guess.
    """
    if name.startswith(_PACKAGE):
        return _foreign_calendar(name)
    path = find_file(f"data/calendars/{name}.toml", workspace)
    return _gazetted_calendar(name, path, sha256_of(path), guess)


@functools.lru_cache
def _gazetted_calendar(name: str, path: Path, sha256: str, guess: bool) -> WorkingCalendar:
    entries = read_toml(path)
    country, first, last = _settings(path, entries)
    blocks = {key: block for key, block in entries.items() if key not in _SETTINGS}
    _refuse_wrong_years(path, blocks, first, last)
    try:
        calendar = WorkingCalendar(
            days_off=_days(path, blocks, "days_off"),
            makeup_days=_days(path, blocks, "makeup_days"),
            first=first,
            last=last,
            name=name,
            version=sha256,
            country=country,
            notices={int(year): _notices(path, year, block) for year, block in blocks.items()},
        )
    except ValueError as fault:
        raise UserError(_("{path}: {fault}: correct the entry.").format(path=path, fault=fault)) from None
    return _with_guess(calendar, path) if guess else calendar


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


def _days(path: Path, blocks: Mapping[str, Any], table: str) -> dict[date, str]:
    return {
        _day(path, f"{year}.{table}", int(year), key): str(label)
        for year, block in blocks.items()
        for key, label in _table(path, year, block, table).items()
    }


def _table(path: Path, year: str, block: Mapping[str, Any], table: str) -> Mapping[str, Any]:
    days = block.get(table)
    if isinstance(days, dict):
        return days
    raise UserError(
        _(
            "{path}: year {year} has no table [{year}.{table}]: add it, empty if there are no such days."
        ).format(path=path, year=year, table=table)
    )


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


def _notices(path: Path, year: str, block: Mapping[str, Any]) -> tuple[Notice, ...]:
    try:
        return tuple(
            Notice(row["number"], row["title"], row.get("issued_on"), not row.get("unverified", False))
            for row in block["notices"]
        )
    except (KeyError, TypeError):
        raise UserError(
            _("{path}: year {year}: each of its notices needs a number and a title: add them.").format(
                path=path, year=year
            )
        ) from None


def _with_guess(calendar: WorkingCalendar, path: Path) -> WorkingCalendar:
    begin = calendar.last + _ONE_DAY
    end = date(calendar.last.year + GUESSED_YEARS, 12, 31)
    source = _source(calendar.country, range(begin.year, end.year + 1), str(path))
    off = {day: name for day, name in source.items() if begin <= day <= end}
    worked = {day: "" for day in source.weekend_workdays if begin <= day <= end and day not in off}
    return replace(
        calendar,
        days_off={**calendar.days_off, **off},
        makeup_days={**calendar.makeup_days, **worked},
        last=end,
        guessed_from=begin,
        version=f"{calendar.version}+{_package_version()}",
    )


@functools.lru_cache
def _foreign_calendar(name: str) -> WorkingCalendar:
    country = name.removeprefix(_PACKAGE)
    source = _source(country, FOREIGN_YEARS, name)
    off = dict(source.items())
    return WorkingCalendar(
        days_off=off,
        makeup_days={day: "" for day in source.weekend_workdays if day not in off},
        first=date(_first_year_of_this_weekend(source), 1, 1),
        last=_last_known_day(source),
        name=name,
        version=_package_version(),
        country=country,
        weekend=frozenset(source.weekend),
    )


def _first_year_of_this_weekend(source: HolidayBase) -> int:
    """Some countries moved their weekend; one calendar has one."""
    day = date(FOREIGN_YEARS[-1], 12, 31)
    while day.year in FOREIGN_YEARS and source.is_weekend(day) == (day.weekday() in source.weekend):
        day -= _ONE_DAY
    return day.year + 1


def _last_known_day(source: HolidayBase) -> date:
    announced = [day.year for day in source.weekend_workdays]
    return date(max(announced), 12, 28) if announced else date(FOREIGN_YEARS[-1], 12, 31)


def _source(country: str, years: range, place: str) -> HolidayBase:
    """The package's days of "CN" or "GB-ENG": public ones only, half days are for part of the people."""
    from holidays import country_holidays  # slow to import: about as long as all of the rest

    code, _dash, subdivision = country.partition("-")
    language = "zh_CN" if code == "CN" else None
    try:
        return country_holidays(code, subdivision or None, years=years, language=language)
    except NotImplementedError as fault:
        raise UserError(
            _(
                '{place}: the holidays package does not know "{country}" ({fault}): use codes such as GB-ENG.'
            ).format(place=place, country=country, fault=fault)
        ) from None


def _package_version() -> str:
    return f"holidays-{version('holidays')}"


@dataclass(frozen=True, slots=True)
class Difference:
    """A day on which a calendar and the `holidays` package disagree."""

    day: date
    calendar: str
    is_working_day: bool  # in our calendar; the package says the opposite
    package: str

    def __str__(self) -> str:
        sentence = (
            _("{day}: a working day in {calendar}, a day off in {package}")
            if self.is_working_day
            else _("{day}: a day off in {calendar}, a working day in {package}")
        )
        return sentence.format(day=self.day, calendar=self.calendar, package=self.package)


def compare_with_holidays(calendar: WorkingCalendar) -> list[Difference]:
    """Each covered day on which the package disagrees; guessed days are the package's own."""
    source = _source(calendar.country, range(calendar.first.year, calendar.last.year + 1), calendar.name)
    return [
        Difference(day, calendar.name, calendar.is_working_day(day), _package_version())
        for day in _gazetted_days(calendar)
        if calendar.is_working_day(day) != source.is_working_day(day)
    ]


def _gazetted_days(calendar: WorkingCalendar) -> Iterator[date]:
    end = calendar.guessed_from or calendar.last + _ONE_DAY
    day = calendar.first
    while day < end:
        yield day
        day += _ONE_DAY
