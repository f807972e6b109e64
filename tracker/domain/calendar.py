"""The working calendar: which days count, and why.

A working day is a weekday that is not a day off, or a make-up working day (调休上班), as the
yearly holiday notices say. Every answer is under one version of the calendar.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import accumulate
from types import MappingProxyType

SATURDAY_AND_SUNDAY = frozenset({5, 6})  # as date.weekday() counts


class DayReason(StrEnum):
    WORKING_DAY = "working_day"
    MAKEUP_DAY = "makeup_day"
    WEEKEND = "weekend"
    DAY_OFF = "day_off"


@dataclass(frozen=True, slots=True)
class Notice:
    """A holiday notice. `issued_on` is the date it bears, None where its text was not seen.

    `days`: those it gives off or to work, or makes ordinary again.
    """

    number: str
    title: str
    issued_on: date | None = None
    is_verified: bool = True
    days: frozenset[date] = field(default=frozenset(), repr=False)


class CalendarGap(Exception):
    """A day that no holiday notice covers was asked for or counted over."""

    def __init__(self, day: date, first: date, last: date) -> None:
        super().__init__(
            f"{day} is outside the calendar, which covers {first} to {last}: "
            "add the holiday notice of that year, or count with the marked guess"
        )
        self.day = day
        self.first = first
        self.last = last


@dataclass(frozen=True, slots=True, eq=False)
class WorkingCalendar:
    """Answers for the days `first` to `last`; days from `guessed_from` on are a marked guess.

    Every method raises `CalendarGap` outside `first` to `last`, and TypeError for a datetime,
    which is a date to Python but has no calendar date before its zone is known.
    """

    days_off: Mapping[date, str]
    makeup_days: Mapping[date, str]
    first: date
    last: date
    guessed_from: date | None = None
    name: str = ""
    version: str = ""
    country: str = ""  # ISO 3166 code
    weekend: frozenset[int] = SATURDAY_AND_SUNDAY
    notices: Mapping[int, tuple[Notice, ...]] = field(default_factory=dict)
    _origin: int = field(init=False, repr=False)
    _counts: list[int] = field(init=False, repr=False)  # working days before the day of that index
    _working: list[date] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _check_days(self)
        put = object.__setattr__  # the only way into a frozen dataclass
        for name in ("days_off", "makeup_days", "notices"):
            put(self, name, MappingProxyType(dict(getattr(self, name))))
        origin = self.first.toordinal()
        days = [date.fromordinal(n) for n in range(origin, self.last.toordinal() + 1)]
        flags = [self._works(day) for day in days]
        put(self, "_origin", origin)
        put(self, "_counts", list(accumulate(flags, initial=0)))
        put(self, "_working", [day for day, works in zip(days, flags, strict=True) if works])

    def _works(self, day: date) -> bool:
        return day in self.makeup_days or not (day in self.days_off or day.weekday() in self.weekend)

    def _index(self, day: date) -> int:
        if type(day) is not date:
            _check_date(day)
        index = day.toordinal() - self._origin
        if not 0 <= index < len(self._counts) - 1:
            raise CalendarGap(day, self.first, self.last)
        return index

    def is_working_day(self, day: date) -> bool:
        index = self._index(day)
        return self._counts[index] < self._counts[index + 1]

    def is_provisional(self, day: date) -> bool:
        """Whether the answer for `day` is a guess that a notice can still change."""
        self._index(day)
        return self.guessed_from is not None and day >= self.guessed_from

    def reason(self, day: date) -> DayReason:
        self._index(day)
        if day in self.makeup_days:
            return DayReason.MAKEUP_DAY
        if day in self.days_off:
            return DayReason.DAY_OFF
        return DayReason.WEEKEND if day.weekday() in self.weekend else DayReason.WORKING_DAY

    def name_of(self, day: date) -> str:
        """The name of a day off or make-up working day; "" for weekends and ordinary days."""
        self._index(day)
        return self.makeup_days.get(day) or self.days_off.get(day, "")

    def notice_of(self, day: date) -> Notice | None:
        """The notice that says why `day` is off or worked; None for ordinary days and guesses."""
        self._index(day)
        for year in (day.year, day.year + 1):  # the last days of a year stand in the next year's notice
            for notice in reversed(self.notices.get(year, ())):
                if day in notice.days:
                    return notice
        return None


def add_working_days(start: date, n: int, calendar: WorkingCalendar) -> date:
    """The `n`-th working day after `start`, which is not counted (民诉法 Art. 85).

    `n` must be 1 or more: a period of no days ends on no working day, so 0 is a ValueError.
    Raises `CalendarGap`, with the first day not covered, where the count runs past `last`.
    """
    if n < 1:
        raise ValueError(f"{n} working days after {start}: a period has at least one day")
    before = calendar._counts[calendar._index(start) + 1]
    if before + n > len(calendar._working):
        raise CalendarGap(calendar.last + timedelta(days=1), calendar.first, calendar.last)
    return calendar._working[before + n - 1]


def count_working_days(start: date, end: date, calendar: WorkingCalendar) -> int:
    """Working days after `start`, which is not counted, up to and including `end`."""
    first, last = calendar._index(start), calendar._index(end)
    if last < first:
        raise ValueError(f"{end} is before {start}: days are counted forwards")
    return calendar._counts[last + 1] - calendar._counts[first + 1]


def _check_date(day: object) -> None:
    if isinstance(day, datetime) or not isinstance(day, date):
        raise TypeError(f"{day!r} is not a calendar date: convert it with terms.local_date")


def _check_days(calendar: WorkingCalendar) -> None:
    for day in (calendar.first, calendar.last, *calendar.days_off, *calendar.makeup_days):
        _check_date(day)
    if calendar.last < calendar.first:
        raise ValueError(f"the calendar ends on {calendar.last}, before it begins on {calendar.first}")
    if both := calendar.days_off.keys() & calendar.makeup_days.keys():
        raise ValueError(f"{min(both)} is both a day off and a make-up working day")
    if weekdays := [day for day in calendar.makeup_days if day.weekday() not in calendar.weekend]:
        raise ValueError(f"{min(weekdays)} is a make-up working day, but no weekend day")
