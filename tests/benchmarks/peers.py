"""Who else can count working days, each asked the same questions as our calendar.

We count the days after `start` up to and including `end`. Each peer draws its bounds elsewhere; what it
needs instead is prepared before the clock runs, so that a peer pays for nothing but its count.
"""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from random import Random
from typing import Any

import chinese_calendar
import holidays

from tracker.adapters.calendars import load_calendar
from tracker.domain.calendar import WorkingCalendar, add_working_days, count_working_days

Question = tuple[Any, ...]

CALENDAR = load_calendar("cn")
PERIOD = 20  # working days, as in Art. 33
FIRST = date(2008, 1, 1)
_ONE_DAY = timedelta(1)
_LAST_START = CALENDAR.last - timedelta(60)  # the period that begins then still ends inside the calendar
_ALL_DAYS = "1111111"  # make-up working days are weekend days: weekends have to stand among the days off

OURS = "ours"
LOOK_UPS = "two list look-ups"


@dataclass(frozen=True, slots=True)
class Peer:
    """`ask` answers one question; None where the package is not installed."""

    name: str
    ask: Callable[..., Any] | None
    prepare: Callable[..., Question]
    read: Callable[[Any], Any] = lambda answer: answer

    def questions(self, asked: Sequence[Question]) -> list[Question]:
        return [self.prepare(*question) for question in asked]

    def answers(self, asked: Sequence[Question]) -> list[Any]:
        assert self.ask
        return [self.read(self.ask(*question)) for question in self.questions(asked)]


def random_pairs(count: int, longest: int | None, seed: int = 26) -> list[Question]:
    """Pairs (start, end) at most `longest` days apart, or as far apart as the calendar goes."""
    dice, pairs = Random(seed), []
    for _ in range(count):
        start = FIRST + timedelta(dice.randint(0, (_LAST_START - FIRST).days))
        room = (CALENDAR.last - start).days
        pairs.append((start, start + timedelta(dice.randint(1, min(longest or room, room)))))
    return pairs


def counters() -> list[Peer]:
    """Working days between two dates; ours first, and last the least that any count can cost."""
    package = _holidays_of_china()
    numpy, pandas = _optional("numpy"), _optional("pandas")
    week = _week(numpy) if numpy else None
    offset = _offset(pandas, week, 1) if pandas else None
    counts = CALENDAR._counts
    return [
        Peer(OURS, count_working_days, lambda start, end: (start, end, CALENDAR)),
        Peer("holidays", package.get_working_days_count, lambda start, end: (start + _ONE_DAY, end)),
        Peer(
            "chinesecalendar", chinese_calendar.get_workdays, lambda start, end: (start + _ONE_DAY, end), len
        ),
        Peer(
            "numpy busday_count",
            partial(numpy.busday_count, busdaycal=week) if numpy else None,
            # numpy counts its first day and not its last one
            lambda start, end: (numpy.datetime64(start + _ONE_DAY), numpy.datetime64(end + _ONE_DAY)),
            int,
        ),
        Peer(
            "pandas CustomBusinessDay",
            partial(pandas.date_range, freq=offset) if pandas else None,
            lambda start, end: (pandas.Timestamp(start + _ONE_DAY), pandas.Timestamp(end)),
            len,
        ),
        Peer(
            LOOK_UPS,
            lambda first, last: counts[last] - counts[first],
            lambda start, end: (_after(start), _after(end)),
        ),
    ]


def finders() -> list[Peer]:
    """The due date of a period of `PERIOD` working days; ours first, the look-ups last."""
    package = _holidays_of_china()
    numpy, pandas = _optional("numpy"), _optional("pandas")
    week = _week(numpy) if numpy else None
    offset = _offset(pandas, week, PERIOD) if pandas else None
    counts, working = CALENDAR._counts, CALENDAR._working
    return [
        Peer(OURS, add_working_days, lambda start, _: (start, PERIOD, CALENDAR)),
        Peer("holidays", package.get_nth_working_day, lambda start, _: (start, PERIOD)),
        Peer(
            "chinesecalendar",
            chinese_calendar.find_workday,
            # from a day off its day 0 is the next working day, which is our day 1
            lambda start, _: (PERIOD - (not CALENDAR.is_working_day(start)), start),
        ),
        Peer(
            "numpy busday_offset",
            # from a day off the count begins at the last working day before it
            partial(numpy.busday_offset, roll="backward", busdaycal=week) if numpy else None,
            lambda start, _: (numpy.datetime64(start), PERIOD),
            lambda answer: answer.item(),
        ),
        Peer(
            "pandas CustomBusinessDay",
            (lambda start: start + offset) if pandas else None,
            lambda start, _: (pandas.Timestamp(start),),
            lambda answer: answer.date(),
        ),
        Peer(
            LOOK_UPS,
            lambda first: working[counts[first] + PERIOD - 1],
            lambda start, _: (_after(start),),
        ),
    ]


def array_count(pairs: Sequence[Question]) -> Callable[[], Any] | None:
    """All pairs in one call of numpy, the one thing it is made for."""
    numpy = _optional("numpy")
    if not numpy:
        return None
    starts, ends = (numpy.array([pair[n] for pair in pairs], "datetime64[D]") + 1 for n in (0, 1))
    return partial(numpy.busday_count, starts, ends, busdaycal=_week(numpy))


def _after(day: date) -> int:
    return CALENDAR._index(day) + 1


def _holidays_of_china() -> Any:
    return holidays.country_holidays("CN", years=range(FIRST.year, CALENDAR.last.year + 1))


def _optional(name: str) -> Any:
    """numpy and pandas come with the extra `bench` alone; nothing else here needs them."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        return None


def _week(numpy: Any) -> Any:
    return numpy.busdaycalendar(_ALL_DAYS, _non_working_days(CALENDAR))


def _offset(pandas: Any, week: Any, n: int) -> Any:
    return pandas.offsets.CustomBusinessDay(n, calendar=week)


def _non_working_days(calendar: WorkingCalendar) -> list[date]:
    days = (calendar.first + timedelta(n) for n in range((calendar.last - calendar.first).days + 1))
    return [day for day in days if not calendar.is_working_day(day)]
