"""The `holidays` package: names of days, guesses for unpublished years, other countries, a second opinion.

It is right about the past, but answers unpublished years without make-up working days and without a
word. So a gazetted table decides where there is one.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING

from tracker.domain.calendar import WorkingCalendar
from tracker.errors import UserError
from tracker.i18n import _

if TYPE_CHECKING:
    from holidays import HolidayBase

PACKAGE = "holidays:"
FOREIGN_YEARS = range(2005, 2036)
_SWAPPED = "休息日"  # how the package calls a weekday given off for a make-up day
_ONE_DAY = timedelta(days=1)


def package_version() -> str:
    return f"holidays-{version('holidays')}"


@functools.lru_cache
def foreign_calendar(name: str) -> WorkingCalendar:
    """The calendar of another country, as "holidays:GB-ENG" or of several parts, as "holidays:GB-ENG+GB-SCT".

    It has no notices and no guess.
    """
    country = name.removeprefix(PACKAGE)
    source = _source(country, FOREIGN_YEARS, name)
    off = dict(source.items())
    return WorkingCalendar(
        days_off=off,
        makeup_days={day: "" for day in source.weekend_workdays if day not in off},
        first=date(_first_year_of_this_weekend(source), 1, 1),
        last=_last_known_day(source),
        name=name,
        version=package_version(),
        country=country,
        weekend=frozenset(source.weekend),
    )


def guessed_days(
    country: str, begin: date, end: date, place: str, unknown: Collection[date] | None = None
) -> tuple[dict[date, str], dict[date, str]]:
    """Days off and make-up days from `begin` to `end` as the package gives them.

    With `unknown` the guess is made without hindsight, for a day in the past on which the years were
    not arranged yet: statutory days and weekends only, without swaps and without the days in `unknown`.
    """
    source = _source(country, range(begin.year, end.year + 1), place)
    off = {day: name for day, name in source.items() if begin <= day <= end}
    if unknown is not None:
        return {d: n for d, n in off.items() if not n.startswith(_SWAPPED) and d not in unknown}, {}
    worked = {day: "" for day in source.weekend_workdays if begin <= day <= end and day not in off}
    return off, worked


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
    """The package's days of "CN" or "GB-ENG"; of "GB-ENG+GB-SCT" those off in any of its parts."""
    parts = [_part(part, years, place) for part in country.split("+")]
    return functools.reduce(operator.add, parts)


def _part(country: str, years: range, place: str) -> HolidayBase:
    """Public holidays only: half days are for part of the people."""
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
        Difference(day, calendar.name, calendar.is_working_day(day), package_version())
        for day in _gazetted_days(calendar)
        if calendar.is_working_day(day) != source.is_working_day(day)
    ]


def _gazetted_days(calendar: WorkingCalendar) -> Iterator[date]:
    end = calendar.guessed_from or calendar.last + _ONE_DAY
    day = calendar.first
    while day < end:
        yield day
        day += _ONE_DAY
