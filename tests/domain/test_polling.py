"""The page of a request is looked at once a day, and late on the due date."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.polling import look_again, next_look
from tracker.domain.terms import SHANGHAI

MORNING = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)  # half past eight in Shanghai
DUE = date(2026, 3, 30)
MOMENTS = st.integers(0, 365 * 24 * 60).map(lambda minutes: MORNING + timedelta(minutes=minutes))


def looks(reference: str, begin: datetime, due_on: date | None, count: int) -> list[datetime]:
    found = [begin]
    for _ in range(count):
        found.append(next_look(reference, found[-1], due_on))
    return [moment.astimezone(SHANGHAI) for moment in found[1:]]


@given(MOMENTS, st.text(min_size=1, max_size=8))
def test_there_is_one_look_every_day_between_eight_and_eight(begin: datetime, reference: str) -> None:
    found = looks(reference, begin, None, 10)
    assert [b.date() - a.date() for a, b in pairwise(found)] == [timedelta(days=1)] * 9
    assert all(time(8) <= moment.time() < time(20) for moment in found)


@given(st.text(min_size=1, max_size=8))
def test_on_the_due_date_there_is_a_second_look_shortly_before_midnight(reference: str) -> None:
    begin = datetime.combine(DUE, time(0), SHANGHAI)
    by_day, late, next_day = looks(reference, begin, DUE, 3)
    assert (by_day.date(), late.date(), next_day.date()) == (DUE, DUE, DUE + timedelta(days=1))
    assert time(23, 25) <= late.time() < time(23, 55)


def test_the_hours_of_many_requests_lie_evenly_over_the_day() -> None:
    begin = datetime(2026, 3, 1, 16, tzinfo=UTC)  # midnight in Shanghai
    hours = [looks(f"R-{number}", begin, None, 1)[0].hour for number in range(1200)]
    assert all(60 <= hours.count(hour) <= 145 for hour in range(8, 20))


def test_a_look_does_not_come_at_the_same_minute_every_day() -> None:
    assert len({moment.time() for moment in looks("R-1", MORNING, None, 20)}) == 20


@pytest.mark.parametrize(
    ("failures", "longest"), [(1, timedelta(minutes=10)), (2, timedelta(minutes=30)), (9, timedelta(hours=6))]
)
def test_after_a_failure_it_is_tried_soon_and_never_later_than_the_next_look(
    failures: int, longest: timedelta
) -> None:
    for number in range(50):
        again = look_again(f"R-{number}", MORNING, None, failures)
        assert MORNING < again <= min(MORNING + longest, next_look(f"R-{number}", MORNING, None))
