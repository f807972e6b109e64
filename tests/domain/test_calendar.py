"""The calendar against law cases, two packages and its own algebra."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import chinese_calendar
import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.adapters.calendars import load_calendar
from tracker.domain.calendar import (
    CalendarGap,
    DayReason,
    Notice,
    WorkingCalendar,
    add_working_days,
    count_working_days,
)

CN = load_calendar("cn")
GUESSED = load_calendar("cn", guess=True)
ALL_DAYS = [date(2007, 1, 1) + timedelta(n) for n in range((date(2026, 12, 28) - date(2007, 1, 1)).days + 1)]

# Receipt, working days, due date: shared facts of the law notes, counted on the printed calendar.
VECTORS = [
    pytest.param("2011-06-01", 15, "2011-06-23", id="guiding-case-26"),
    pytest.param("2020-01-17", 5, "2020-01-23", id="working-sunday-before-spring-festival"),
    pytest.param("2020-01-17", 20, "2020-02-21", id="spring-festival-2020-extended"),
    pytest.param("2020-09-27", 5, "2020-10-10", id="receipt-on-working-sunday"),
    pytest.param("2025-09-27", 20, "2025-10-30", id="receipt-on-saturday-before-national-day"),
    pytest.param("2026-02-13", 20, "2026-03-19", id="receipt-on-friday-before-working-saturday"),
    pytest.param("2026-02-14", 20, "2026-03-20", id="receipt-on-working-saturday"),
    pytest.param("2026-11-20", 20, "2026-12-18", id="receipt-on-friday"),
    pytest.param("2026-11-21", 20, "2026-12-18", id="receipt-on-saturday"),
    pytest.param("2026-11-22", 20, "2026-12-18", id="receipt-on-sunday"),
]


def day(text: str) -> date:
    return date.fromisoformat(text)


def tiny(**changes: object) -> WorkingCalendar:
    """Monday 2026-06-01 to Sunday 2026-06-14; Wednesday the 3rd off, Saturday the 6th worked."""
    settings: dict[str, object] = {
        "days_off": {date(2026, 6, 3): "festival"},
        "makeup_days": {date(2026, 6, 6): "for the festival"},
        "first": date(2026, 6, 1),
        "last": date(2026, 6, 14),
    }
    return WorkingCalendar(**{**settings, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(("received", "n", "due"), VECTORS)
def test_the_nth_working_day_after_receipt_is_the_one_the_law_says(received: str, n: int, due: str) -> None:
    assert add_working_days(day(received), n, CN) == day(due)
    assert count_working_days(day(received), day(due), CN) == n


def test_a_count_past_the_last_notice_is_refused_and_provisional_with_the_guess() -> None:
    with pytest.raises(CalendarGap) as gap:
        add_working_days(date(2026, 12, 1), 20, CN)
    assert (gap.value.day, gap.value.first, gap.value.last) == (
        date(2026, 12, 29),
        date(2007, 1, 1),
        date(2026, 12, 28),
    )
    assert "2026-12-29" in str(gap.value)
    due_on = add_working_days(date(2026, 12, 1), 20, GUESSED)
    assert due_on == date(2026, 12, 29)
    assert GUESSED.is_provisional(due_on)
    assert not GUESSED.is_provisional(date(2026, 12, 28))


def test_the_last_working_day_before_the_gap_can_still_be_reached() -> None:
    assert add_working_days(date(2026, 12, 1), 19, CN) == date(2026, 12, 28)


def test_every_day_from_2007_agrees_with_holidays() -> None:
    package = holidays.China(years=range(2007, 2027), language="zh_CN")
    assert [d for d in ALL_DAYS if CN.is_working_day(d) != package.is_working_day(d)] == []
    assert {d: CN.name_of(d) for d in ALL_DAYS if CN.reason(d) is DayReason.DAY_OFF} == {
        d: name for d, name in package.items() if d in set(ALL_DAYS)
    }


def test_every_day_from_2007_agrees_with_chinesecalendar() -> None:
    assert [d for d in ALL_DAYS if CN.is_working_day(d) != chinese_calendar.is_workday(d)] == []


def test_guessed_last_days_of_2026_agree_with_both_packages_today() -> None:
    package = holidays.China(years=2026, language="zh_CN")
    for d in (date(2026, 12, 29), date(2026, 12, 30), date(2026, 12, 31)):
        assert GUESSED.is_working_day(d) == package.is_working_day(d) == chinese_calendar.is_workday(d)


@pytest.mark.parametrize(
    ("text", "reason", "name"),
    [
        ("2026-02-13", DayReason.WORKING_DAY, ""),
        ("2026-02-14", DayReason.MAKEUP_DAY, "调休上班（2026-02-20 休息）"),
        ("2026-02-15", DayReason.WEEKEND, ""),
        ("2026-02-17", DayReason.DAY_OFF, "春节"),
        ("2020-01-31", DayReason.DAY_OFF, "春节延长假期"),
    ],
)
def test_each_day_has_its_reason_and_name(text: str, reason: DayReason, name: str) -> None:
    assert (CN.reason(day(text)), CN.name_of(day(text))) == (reason, name)


def test_a_strict_calendar_guesses_nothing() -> None:
    assert not CN.is_provisional(CN.last)
    assert CN.guessed_from is None


@pytest.mark.parametrize("ask", ["is_working_day", "is_provisional", "reason", "name_of"])
@pytest.mark.parametrize("outside", [date(2006, 12, 31), date(2026, 12, 29)])
def test_a_day_outside_the_notices_is_a_gap_whatever_is_asked(ask: str, outside: date) -> None:
    with pytest.raises(CalendarGap, match=r"covers 2007-01-01 to 2026-12-28") as gap:
        getattr(CN, ask)(outside)
    assert gap.value.day == outside


def test_counting_to_or_from_an_uncovered_day_is_a_gap() -> None:
    with pytest.raises(CalendarGap):
        count_working_days(date(2026, 12, 1), date(2026, 12, 29), CN)
    with pytest.raises(CalendarGap):
        count_working_days(date(2006, 12, 31), date(2007, 1, 5), CN)
    with pytest.raises(CalendarGap):
        add_working_days(date(2026, 12, 29), 1, CN)


@pytest.mark.parametrize("wrong", [datetime(2026, 6, 1), datetime(2026, 6, 1, tzinfo=UTC), "2026-06-01"])  # noqa: DTZ001
def test_a_datetime_or_text_is_no_calendar_date(wrong: object) -> None:
    for ask in (CN.is_working_day, CN.is_provisional, CN.reason, CN.name_of):
        with pytest.raises(TypeError, match="not a calendar date"):
            ask(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        add_working_days(wrong, 1, CN)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        count_working_days(date(2026, 6, 1), wrong, CN)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        tiny(days_off={wrong: "festival"})


def test_a_subclass_of_date_counts_as_a_date() -> None:
    class StampedDate(date):
        pass

    assert CN.is_working_day(StampedDate(2026, 2, 14))


@pytest.mark.parametrize("n", [0, -1])
def test_a_period_has_at_least_one_day(n: int) -> None:
    with pytest.raises(ValueError, match="at least one day"):
        add_working_days(date(2026, 6, 1), n, CN)


def test_an_end_before_the_start_is_refused() -> None:
    with pytest.raises(ValueError, match="2026-06-01 is before 2026-06-02"):
        count_working_days(date(2026, 6, 2), date(2026, 6, 1), CN)


def test_a_tiny_calendar_counts_as_on_paper() -> None:
    calendar = tiny()
    assert [n for n in range(1, 15) if calendar.is_working_day(date(2026, 6, n))] == [
        1,
        2,
        4,
        5,
        6,
        8,
        9,
        10,
        11,
        12,
    ]
    assert add_working_days(date(2026, 6, 2), 3, calendar) == date(2026, 6, 6)
    assert count_working_days(date(2026, 6, 1), date(2026, 6, 14), calendar) == 9
    with pytest.raises(CalendarGap, match="2026-06-15"):
        add_working_days(date(2026, 6, 12), 1, calendar)


def test_the_weekend_can_lie_elsewhere() -> None:
    calendar = tiny(weekend=frozenset({4, 5}), makeup_days={})
    assert calendar.reason(date(2026, 6, 5)) is DayReason.WEEKEND
    assert calendar.is_working_day(date(2026, 6, 7))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"last": date(2026, 5, 31)}, "ends on 2026-05-31, before it begins"),
        ({"days_off": {date(2026, 6, 6): "x"}}, "2026-06-06 is both"),
        ({"makeup_days": {date(2026, 6, 4): "x"}}, "2026-06-04 is a make-up working day, but no weekend day"),
    ],
)
def test_a_contradictory_calendar_is_refused(changes: dict[str, object], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        tiny(**changes)


def test_a_calendar_cannot_be_changed_afterwards() -> None:
    mine = {date(2026, 6, 3): "festival"}
    calendar = tiny(days_off=mine, notices={2026: (Notice("1", "t"),)})
    mine.clear()
    assert calendar.name_of(date(2026, 6, 3)) == "festival"
    for part in (calendar.days_off, calendar.makeup_days, calendar.notices):
        with pytest.raises(TypeError):
            part[2026] = ""  # type: ignore[index]


covered = st.dates(date(2007, 1, 1), date(2026, 12, 28))
early = st.dates(date(2007, 1, 1), date(2025, 12, 31))
periods = st.integers(1, 200)


@given(early, periods)
def test_counting_back_what_was_added_gives_the_period(start: date, n: int) -> None:
    end = add_working_days(start, n, CN)
    assert count_working_days(start, end, CN) == n
    assert CN.is_working_day(end)
    assert count_working_days(start, end - timedelta(1), CN) == n - 1


@given(early, early, periods)
def test_a_later_receipt_is_never_due_earlier(a: date, b: date, n: int) -> None:
    a, b = sorted((a, b))
    assert add_working_days(a, n, CN) <= add_working_days(b, n, CN)


@given(early, periods)
def test_a_longer_period_is_due_later(start: date, n: int) -> None:
    assert add_working_days(start, n, CN) < add_working_days(start, n + 1, CN)


@given(covered, covered, covered)
def test_counts_of_adjoining_stretches_add_up(a: date, b: date, c: date) -> None:
    a, b, c = sorted((a, b, c))
    both = count_working_days(a, b, CN) + count_working_days(b, c, CN)
    assert both == count_working_days(a, c, CN)


@given(early, st.integers(0, 400))
def test_a_count_is_the_number_of_working_days_one_by_one(start: date, span: int) -> None:
    end = min(start + timedelta(span), CN.last)
    days = (end - start).days
    one_by_one = sum(CN.is_working_day(start + timedelta(n)) for n in range(1, days + 1))
    assert count_working_days(start, end, CN) == one_by_one


# --- which notice says so ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "number"),
    [
        pytest.param("2020-01-24", "国办发明电〔2019〕16号", id="the-years-own-notice"),
        pytest.param("2020-02-01", "国办发明电〔2020〕1号", id="the-amendment-has-the-last-word"),
        pytest.param("2020-09-27", "国办发明电〔2019〕16号", id="make-up-day"),
        pytest.param("2018-12-29", "国办发明电〔2018〕15号", id="the-next-years-notice"),
        pytest.param("2020-01-22", None, id="ordinary-day"),
        pytest.param("2020-01-11", None, id="weekend"),
        pytest.param("2027-01-01", None, id="guess"),
    ],
)
def test_a_day_names_the_notice_that_arranged_it(day: str, number: str | None) -> None:
    notice = GUESSED.notice_of(date.fromisoformat(day))
    assert (notice.number if notice else None) == number


def test_no_notice_is_named_outside_the_calendar() -> None:
    with pytest.raises(CalendarGap):
        CN.notice_of(date(2006, 12, 31))


def test_a_calendar_can_cover_a_single_day_but_not_less() -> None:
    day = date(2026, 11, 24)
    assert WorkingCalendar({}, {}, day, day).is_working_day(day)
    with pytest.raises(ValueError, match="ends on 2026-11-23, before it begins on 2026-11-24"):
        WorkingCalendar({}, {}, day, date(2026, 11, 23))


@pytest.mark.parametrize("place", range(4))
def test_a_moment_is_no_day_of_a_calendar(place: int) -> None:
    day, moment = date(2026, 11, 24), datetime(2026, 11, 24, tzinfo=UTC)
    days: list[Any] = [{}, {}, day, day]
    days[place] = {moment: ""} if place < 2 else moment
    with pytest.raises(TypeError, match="is not a calendar date"):
        WorkingCalendar(*days)


def test_of_several_wrong_days_the_first_is_named() -> None:
    first, second = date(2026, 11, 21), date(2026, 11, 22)
    both = {second: "", first: ""}
    with pytest.raises(ValueError, match="2026-11-21 is both a day off and a make-up working day"):
        WorkingCalendar(both, both, first, second)
    weekdays = {date(2026, 11, 25): "", date(2026, 11, 24): ""}
    with pytest.raises(ValueError, match="2026-11-24 is a make-up working day, but no weekend day"):
        WorkingCalendar({}, weekdays, first, date(2026, 11, 30))
