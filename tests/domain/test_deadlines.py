"""The legal clock: law cases, the ledger a unit could dispute, and what may move a due date."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.adapters.calendars import load_calendar
from tracker.domain.calendar import CalendarGap, DayReason, add_working_days
from tracker.domain.deadlines import (
    NO_MOVEMENTS,
    Deadline,
    LedgerLine,
    LineReason,
    Movements,
    Pause,
    Rules,
    deadline,
    pauses_until,
)
from tracker.domain.terms import RequestKind

CN = load_calendar("cn")
GUESSED = load_calendar("cn", guess=True)


def rules(reply_days: int, extension_days: int = 0) -> Rules:
    return Rules("test", RequestKind.DISCLOSURE, reply_days, extension_days, "Art. 33")


DISCLOSURE = rules(20, 20)
CONSULTATION = rules(5)


def on(text: str) -> date:
    return date.fromisoformat(text)


def due(received: str, movements: Movements = NO_MOVEMENTS, law: Rules = DISCLOSURE) -> str:
    return deadline(on(received), law, CN, movements).due_on.isoformat()


def line_of(clock: Deadline, day: str) -> LedgerLine:
    (line,) = (line for line in clock.ledger if line.day == on(day))
    return line


# --- law cases ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("received", "days", "expected"),
    [
        pytest.param("2011-06-01", 15, "2011-06-23", id="guiding-case-26"),
        pytest.param("2020-01-17", 5, "2020-01-23", id="consultation-before-spring-festival"),
        pytest.param("2020-01-17", 20, "2020-02-21", id="spring-festival-extended-in-2020"),
        pytest.param("2020-09-27", 5, "2020-10-10", id="receipt-on-a-working-sunday"),
        pytest.param("2025-09-27", 20, "2025-10-30", id="receipt-on-the-saturday-before-national-day"),
        pytest.param("2026-02-13", 20, "2026-03-19", id="friday-before-a-working-saturday"),
        pytest.param("2026-02-14", 20, "2026-03-20", id="working-saturday-itself"),
        pytest.param("2026-11-20", 20, "2026-12-18", id="friday"),
        pytest.param("2026-11-21", 20, "2026-12-18", id="saturday"),
        pytest.param("2026-11-22", 20, "2026-12-18", id="sunday"),
    ],
)
def test_a_reply_is_due_on_the_day_the_law_cases_say(received: str, days: int, expected: str) -> None:
    clock = deadline(on(received), rules(days), CN)
    assert clock.due_on == on(expected)
    assert clock.received_on == clock.counted_from == on(received)
    assert clock.working_days == days
    assert not clock.is_provisional


def test_a_period_that_runs_past_the_last_notice_is_refused() -> None:
    with pytest.raises(CalendarGap, match="2026-12-29"):
        deadline(on("2026-12-01"), DISCLOSURE, CN)


def test_with_the_guess_a_period_past_the_last_notice_is_provisional_from_the_first_guessed_day() -> None:
    clock = deadline(on("2026-12-01"), DISCLOSURE, GUESSED)
    assert clock.due_on == on("2026-12-29")
    assert clock.is_provisional
    assert [line.day for line in clock.ledger if line.is_guess] == [on("2026-12-29")]


def test_a_period_that_ends_on_the_last_arranged_day_is_not_provisional() -> None:
    clock = deadline(on("2026-11-30"), DISCLOSURE, GUESSED)
    assert clock.due_on == on("2026-12-28")
    assert not clock.is_provisional


def test_a_due_date_moved_over_the_last_notice_becomes_provisional() -> None:
    extended = deadline(
        on("2026-11-20"), DISCLOSURE, GUESSED, Movements(extensions=((on("2026-12-18"), 20),))
    )
    assert extended.is_provisional
    paused = Movements(pauses=(Pause(on("2026-12-01"), on("2027-01-10")),))
    clock = deadline(on("2026-11-20"), DISCLOSURE, GUESSED, paused)
    assert clock.is_provisional
    assert line_of(clock, "2026-12-30").is_guess


def test_a_moment_is_no_date_of_receipt() -> None:
    with pytest.raises(TypeError):
        deadline(datetime.fromisoformat("2020-09-17T23:00:00+08:00"), CONSULTATION, CN)


# --- the ledger ---------------------------------------------------------------------------------------


def test_the_ledger_names_every_day_once_and_why_it_counts_or_not() -> None:
    clock = deadline(on("2020-09-27"), CONSULTATION, CN)
    told = [(f"{line.day:%m-%d}", line.reason.value, line.count, line.is_counted) for line in clock.ledger]
    assert told == [
        ("09-27", "receipt", 0, False),
        ("09-28", "working_day", 1, True),
        ("09-29", "working_day", 2, True),
        ("09-30", "working_day", 3, True),
        ("10-01", "day_off", 3, False),
        ("10-02", "day_off", 3, False),
        ("10-03", "day_off", 3, False),
        ("10-04", "weekend", 3, False),
        ("10-05", "day_off", 3, False),
        ("10-06", "day_off", 3, False),
        ("10-07", "day_off", 3, False),
        ("10-08", "day_off", 3, False),
        ("10-09", "working_day", 4, True),
        ("10-10", "makeup_day", 5, True),
    ]
    assert clock.due_on == clock.ledger[-1].day == on("2020-10-10")


def test_holidays_and_makeup_days_bear_their_names_and_ordinary_days_none() -> None:
    clock = deadline(on("2020-09-17"), DISCLOSURE, CN)
    assert "国庆节" in line_of(clock, "2020-10-02").name
    assert line_of(clock, "2020-09-27").reason is LineReason.MAKEUP_DAY
    assert "调休上班" in line_of(clock, "2020-09-27").name
    assert line_of(clock, "2020-09-19").reason is LineReason.WEEKEND
    assert line_of(clock, "2020-09-19").name == line_of(clock, "2020-09-18").name == ""


def test_the_day_of_receipt_is_not_counted_even_on_a_makeup_day() -> None:
    first = deadline(on("2020-09-27"), CONSULTATION, CN).ledger[0]
    assert first == LedgerLine(on("2020-09-27"), LineReason.RECEIPT, 0, False)


def test_every_reason_of_the_calendar_is_a_reason_of_the_ledger() -> None:
    assert {reason.value for reason in DayReason} <= {reason.value for reason in LineReason}


# --- extensions ---------------------------------------------------------------------------------------

# Received on Thursday 2020-09-17: due 2020-10-21; twenty more working days end on 2020-11-18.
RECEIVED, DUE, EXTENDED = "2020-09-17", "2020-10-21", "2020-11-18"


@pytest.mark.parametrize(
    ("noticed", "expected"),
    [
        pytest.param("2020-09-16", DUE, id="before-receipt"),
        pytest.param(RECEIVED, EXTENDED, id="on-the-day-of-receipt"),
        pytest.param("2020-09-18", EXTENDED, id="on-the-first-day"),
        pytest.param("2020-10-04", EXTENDED, id="on-a-day-off-inside-the-period"),
        pytest.param("2020-10-20", EXTENDED, id="a-day-before-the-due-date"),
        pytest.param(DUE, EXTENDED, id="on-the-due-date"),
        pytest.param("2020-10-22", DUE, id="a-day-too-late"),
        pytest.param("2021-01-04", DUE, id="long-after"),
    ],
)
def test_an_extension_counts_only_if_its_notice_came_inside_the_period(noticed: str, expected: str) -> None:
    assert due(RECEIVED, Movements(extensions=((on(noticed), 20),))) == expected


@pytest.mark.parametrize(
    ("named", "total"), [(5, 25), (20, 40), (21, 40), (60, 40)], ids=["5", "20", "21-capped", "60-capped"]
)
def test_an_extension_grants_what_it_names_but_never_more_than_the_rules_allow(
    named: int, total: int
) -> None:
    clock = deadline(on(RECEIVED), DISCLOSURE, CN, Movements(extensions=((on("2020-10-12"), named),)))
    assert clock.working_days == total
    assert clock.due_on == add_working_days(on(RECEIVED), total, CN)


def test_only_the_first_extension_counts() -> None:
    both = Movements(extensions=((on("2020-10-12"), 5), (on("2020-10-26"), 20)))
    assert due(RECEIVED, both) == "2020-10-28"
    same_day = Movements(extensions=((on("2020-10-12"), 5), (on("2020-10-12"), 20)))
    assert due(RECEIVED, same_day) == "2020-10-28"


def test_the_first_extension_is_the_earliest_in_whatever_order_they_were_noted() -> None:
    backwards = Movements(extensions=((on("2020-10-26"), 20), (on("2020-10-12"), 5)))
    assert due(RECEIVED, backwards) == "2020-10-28"


def test_rules_without_an_extension_grant_none() -> None:
    movements = Movements(extensions=((on("2020-09-21"), 20),))
    assert due(RECEIVED, movements, CONSULTATION) == due(RECEIVED, law=CONSULTATION)


# --- corrections --------------------------------------------------------------------------------------


def test_a_correction_on_the_seventh_working_day_starts_the_period_from_zero() -> None:
    # seventh working day after 2020-09-17: 18, 21, 22, 23, 24, 25, 27 (working Sunday)
    clock = deadline(on(RECEIVED), DISCLOSURE, CN, Movements(restarted_on=(on("2020-09-27"),)))
    assert line_of(clock, "2020-09-25").count == 6
    assert line_of(clock, "2020-09-27") == LedgerLine(on("2020-09-27"), LineReason.RESTART, 0, False)
    assert line_of(clock, "2020-09-28").count == 1
    assert clock.counted_from == on("2020-09-27")
    assert clock.received_on == on(RECEIVED)
    assert clock.due_on == add_working_days(on("2020-09-27"), 20, CN) == on("2020-10-30")
    assert clock.working_days == 20


@pytest.mark.parametrize(
    ("corrected", "expected"),
    [
        pytest.param(RECEIVED, DUE, id="on-the-day-of-receipt"),
        pytest.param(DUE, "2020-11-18", id="on-the-due-date"),
        pytest.param("2020-10-22", DUE, id="a-day-after-the-period"),
    ],
)
def test_a_restart_counts_only_inside_the_running_period(corrected: str, expected: str) -> None:
    assert due(RECEIVED, Movements(restarted_on=(on(corrected),))) == expected


def test_a_second_restart_counts_from_the_second() -> None:
    twice = Movements(restarted_on=(on("2020-09-21"), on("2020-10-12")))
    assert deadline(on(RECEIVED), DISCLOSURE, CN, twice).counted_from == on("2020-10-12")


def test_after_a_restart_the_period_can_be_extended_again() -> None:
    movements = Movements(restarted_on=(on("2020-09-27"),), extensions=((on("2020-10-30"), 20),))
    assert due(RECEIVED, movements) == add_working_days(on("2020-09-27"), 40, CN).isoformat()


def test_an_extension_of_the_old_period_does_not_survive_the_restart() -> None:
    movements = Movements(restarted_on=(on("2020-09-27"),), extensions=((on("2020-09-24"), 20),))
    clock = deadline(on(RECEIVED), DISCLOSURE, CN, movements)
    assert (clock.working_days, clock.due_on) == (20, on("2020-10-30"))


def test_an_extension_of_the_old_period_does_not_use_up_that_of_the_new_one() -> None:
    movements = Movements(
        restarted_on=(on("2020-09-27"),), extensions=((on("2020-09-24"), 20), (on("2020-10-30"), 10))
    )
    assert deadline(on(RECEIVED), DISCLOSURE, CN, movements).working_days == 30


# --- pauses -------------------------------------------------------------------------------------------


def test_a_third_party_pause_over_national_day_2020_excludes_only_the_days_after_the_notice() -> None:
    pause = Pause(on("2020-09-28"), on("2020-10-12"))
    clock = deadline(on(RECEIVED), DISCLOSURE, CN, Movements(pauses=(pause,)))
    assert line_of(clock, "2020-09-28").is_counted  # the day of the notice itself
    between = [line for line in clock.ledger if on("2020-09-29") <= line.day <= on("2020-10-12")]
    assert {line.reason for line in between} == {LineReason.PAUSED}
    assert {line.count for line in between} == {8}
    assert line_of(clock, "2020-10-13").count == 9
    # five working days were excluded: 29 and 30 September, 9, 10 (make-up) and 12 October
    assert clock.due_on == add_working_days(on(DUE), 5, CN) == on("2020-10-28")
    assert clock.working_days == 20


def test_overlapping_pauses_exclude_a_day_once() -> None:
    one = Movements(pauses=(Pause(on("2020-10-12"), on("2020-10-16")),))
    two = Movements(pauses=(*one.pauses, Pause(on("2020-10-13"), on("2020-10-15"))))
    assert due(RECEIVED, one) == due(RECEIVED, two) == "2020-10-27"


def test_a_pause_over_days_off_only_or_after_the_due_date_moves_nothing() -> None:
    holidays = Movements(pauses=(Pause(on("2020-09-30"), on("2020-10-08")),))
    afterwards = Movements(pauses=(Pause(on(DUE), on("2020-12-01")),))
    assert due(RECEIVED, holidays) == due(RECEIVED, afterwards) == DUE


def test_an_extension_noticed_during_a_pause_counts() -> None:
    movements = Movements(
        pauses=(Pause(on("2020-10-12"), on("2020-11-12")),), extensions=((on("2020-11-10"), 5),)
    )
    clock = deadline(on(RECEIVED), DISCLOSURE, CN, movements)
    assert clock.working_days == 25


def test_a_correction_received_during_a_pause_starts_anew_and_the_pause_goes_on() -> None:
    movements = Movements(
        pauses=(Pause(on("2020-09-21"), on("2020-09-30")),), restarted_on=(on("2020-09-23"),)
    )
    clock = deadline(on(RECEIVED), DISCLOSURE, CN, movements)
    assert line_of(clock, "2020-09-23").reason is LineReason.RESTART
    assert line_of(clock, "2020-09-24").reason is LineReason.PAUSED
    assert clock.due_on == add_working_days(on("2020-09-30"), 20, CN)


def test_pauses_that_nobody_ended_run_to_the_given_day_and_never_backwards() -> None:
    notices = (on("2020-10-12"), on("2020-10-20"), on("2020-10-21"))
    assert pauses_until(notices, on("2020-10-20")) == (Pause(on("2020-10-12"), on("2020-10-20")),)


# --- algebra ------------------------------------------------------------------------------------------

receipts = st.dates(date(2007, 1, 1), date(2024, 12, 31))
periods = st.integers(1, 40)


@st.composite
def spans(draw: st.DrawFn, received_on: date) -> Pause:
    start = received_on + timedelta(draw(st.integers(-10, 90)))
    return Pause(start, start + timedelta(draw(st.integers(0, 40))))


@st.composite
def cases(draw: st.DrawFn) -> tuple[date, Movements]:
    received_on = draw(receipts)
    days = st.integers(-10, 120).map(lambda n: received_on + timedelta(n))
    movements = Movements(
        restarted_on=tuple(draw(st.lists(days, max_size=2))),
        extensions=tuple(draw(st.lists(st.tuples(days, st.integers(0, 40)), max_size=2))),
        pauses=tuple(draw(st.lists(spans(received_on), max_size=2))),
    )
    return received_on, movements


@given(receipts, periods)
def test_the_due_date_is_the_nth_working_day_when_nothing_moved_it(received_on: date, days: int) -> None:
    assert deadline(received_on, rules(days), CN).due_on == add_working_days(received_on, days, CN)


@given(receipts, st.integers(0, 60), periods)
def test_a_later_receipt_is_never_due_earlier(received_on: date, later: int, days: int) -> None:
    first = deadline(received_on, rules(days), CN).due_on
    assert first <= deadline(received_on + timedelta(later), rules(days), CN).due_on


@given(receipts, st.integers(-10, 90), st.integers(0, 40))
def test_an_extension_never_shortens_and_never_gives_more_than_allowed(
    received_on: date, after: int, days: int
) -> None:
    movements = Movements(extensions=((received_on + timedelta(after), days),))
    clock = deadline(received_on, DISCLOSURE, CN, movements)
    assert deadline(received_on, DISCLOSURE, CN).due_on <= clock.due_on
    assert clock.due_on <= add_working_days(received_on, 40, CN)


@given(cases(), st.data())
def test_a_pause_never_shortens_whatever_else_moved_the_clock(
    case: tuple[date, Movements], data: st.DataObject
) -> None:
    received_on, moved = case
    pause = data.draw(spans(received_on))
    paused = Movements(moved.restarted_on, moved.extensions, (*moved.pauses, pause))
    before = deadline(received_on, DISCLOSURE, CN, moved).due_on
    assert before <= deadline(received_on, DISCLOSURE, CN, paused).due_on


@given(cases())
def test_the_ledger_is_gapless_and_ends_on_the_due_date_with_the_whole_period(
    case: tuple[date, Movements],
) -> None:
    received_on, movements = case
    clock = deadline(received_on, DISCLOSURE, CN, movements)
    ledger = clock.ledger
    assert [line.day for line in ledger] == [received_on + timedelta(n) for n in range(len(ledger))]
    assert ledger[-1].is_counted
    assert (ledger[-1].day, ledger[-1].count) == (clock.due_on, clock.working_days)
    assert not any(line.is_counted for line in ledger if not CN.is_working_day(line.day))
    assert sum(line.is_counted and line.day > clock.counted_from for line in ledger) == clock.working_days
    assert clock.counted_from in {received_on, *movements.restarted_on}
