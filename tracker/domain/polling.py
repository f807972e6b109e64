"""When a submitted request's page is looked at: once a day, and late on the due date."""

import hashlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from tracker.domain.terms import SHANGHAI

_DAY_BEGINS, _DAY_MINUTES = time(8), 12 * 60
_LATE_BEGINS, _LATE_MINUTES = time(23, 25), 30  # what appears on the due date must still be seen on it
_BACK_OFF = (timedelta(minutes=10), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6))


def next_look(reference: str, after: datetime, due_on: date | None) -> datetime:
    """The first look after a moment: at an hour of the day that is the request's own, and late when due.

    The hours of many requests lie evenly over the day, so that no site is asked for all of them at once.
    """
    return next(moment for moment in _looks(reference, after, due_on) if moment > after)


def look_again(reference: str, after: datetime, due_on: date | None, failures: int) -> datetime:
    """The next try after `failures` in a row: soon, but no later than the next look that is due anyway."""
    soon = after + _BACK_OFF[min(failures, len(_BACK_OFF)) - 1]
    return min(soon, next_look(reference, after, due_on))


def _looks(reference: str, after: datetime, due_on: date | None) -> Iterator[datetime]:
    day = after.astimezone(SHANGHAI).date()
    for number in range(3):
        on = day + timedelta(days=number)
        yield _moment(on, _DAY_BEGINS, _spread(reference, f"day {on}", _DAY_MINUTES))
        if on == due_on:
            yield _moment(on, _LATE_BEGINS, _spread(reference, "late", _LATE_MINUTES))


def _moment(day: date, begin: time, minutes: float) -> datetime:
    return datetime.combine(day, begin, SHANGHAI) + timedelta(minutes=minutes)


def _spread(reference: str, what: str, below: int) -> float:
    """A number that looks like chance and is the same in every run."""
    digest = hashlib.sha256(f"{reference}|{what}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 * below
