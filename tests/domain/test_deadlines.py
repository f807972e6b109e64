"""The legal clock: law cases, the ledger a unit could dispute, and what may move a due date.

Whatever is counted here is counted twice: looked up, and walked day by day; both must agree.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.adapters.calendars import load_calendar
from tracker.domain.calendar import CalendarGap, DayReason, WorkingCalendar, add_working_days
from tracker.domain.deadlines import (
    Correction,
    Course,
    Deadline,
    Extension,
    LedgerLine,
    LineReason,
    Pause,
    count_period,
    keep_ledger,
    merge_pauses,
    response_days,
)
from tracker.domain.rules import Rules
from tracker.domain.terms import RequestKind

CN = load_calendar("cn")
GUESSED = load_calendar("cn", guess=True)


def rules(reply_days: int, extension_days: int = 0) -> Rules:
    return Rules("test", RequestKind.DISCLOSURE, reply_days, extension_days)


DISCLOSURE = rules(20, 20)
CONSULTATION = rules(5)


def on(text: str) -> date:
    return date.fromisoformat(text)


@dataclass(frozen=True)
class Counted:
    """The due date as it was looked up, and the ledger as it was walked."""

    deadline: Deadline
    ledger: tuple[LedgerLine, ...]

    @property
    def due_on(self) -> date:
        assert self.deadline.due_on is not None
        return self.deadline.due_on

    @property
    def counted_from(self) -> date:
        return self.deadline.counted_from

    @property
    def working_days(self) -> int:
        return self.deadline.working_days

    @property
    def is_provisional(self) -> bool:
        return any(line.is_guess for line in self.ledger)


def count(
    received: str | date,
    law: Rules = DISCLOSURE,
    calendar: WorkingCalendar = CN,
    *,
    corrections: tuple[Correction, ...] = (),
    extensions: tuple[tuple[str, int | None], ...] = (),
    pauses: tuple[tuple[str, str], ...] = (),
) -> Counted:
    course = Course(
        on(received) if isinstance(received, str) else received,
        corrections,
        tuple(Extension(on(day), days) for day, days in extensions),
        merge_pauses(Pause(on(first), on(last)) for first, last in pauses),
    )
    return counted(course, law, calendar)


def counted(course: Course, law: Rules = DISCLOSURE, calendar: WorkingCalendar = CN) -> Counted:
    deadline = count_period(course, law, calendar)
    ledger = keep_ledger(course, law, calendar).lines
    if deadline.due_on is not None:
        last = ledger[-1]
        assert last.is_counted
        assert (last.day, last.count) == (deadline.due_on, deadline.working_days)
    return Counted(deadline, ledger)


def due(received: str, law: Rules = DISCLOSURE, **moved: tuple[tuple[str, int | str | None], ...]) -> str:
    return count(received, law, **moved).due_on.isoformat()  # type: ignore[arg-type]


def corrected(noticed: str, answered: str | None) -> Correction:
    return Correction(on(noticed), on(answered) if answered else None)


def line_of(clock: Counted, day: str) -> LedgerLine:
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
    clock = count(received, rules(days))
    assert clock.due_on == on(expected)
    assert clock.deadline.received_on == clock.counted_from == on(received)
    assert clock.working_days == days
    assert not clock.is_provisional


def test_a_period_that_runs_past_the_last_notice_is_refused() -> None:
    with pytest.raises(CalendarGap, match="2026-12-29"):
        count_period(Course(on("2026-12-01")), DISCLOSURE, CN)
    with pytest.raises(CalendarGap, match="2026-12-29"):
        keep_ledger(Course(on("2026-12-01")), DISCLOSURE, CN)


def test_with_the_guess_a_period_past_the_last_notice_is_provisional_from_the_first_guessed_day() -> None:
    clock = count("2026-12-01", calendar=GUESSED)
    assert clock.due_on == on("2026-12-29")
    assert clock.is_provisional
    assert [line.day for line in clock.ledger if line.is_guess] == [on("2026-12-29")]


def test_a_period_that_ends_on_the_last_arranged_day_is_not_provisional() -> None:
    clock = count("2026-11-30", calendar=GUESSED)
    assert clock.due_on == on("2026-12-28")
    assert not clock.is_provisional


def test_a_due_date_moved_over_the_last_notice_becomes_provisional() -> None:
    extended = count("2026-11-20", calendar=GUESSED, extensions=(("2026-12-18", 20),))
    assert extended.is_provisional
    clock = count("2026-11-20", calendar=GUESSED, pauses=(("2026-12-01", "2027-01-10"),))
    assert clock.is_provisional
    assert line_of(clock, "2026-12-30").is_guess


def test_a_moment_is_no_date_of_receipt() -> None:
    moment = Course(datetime.fromisoformat("2020-09-17T23:00:00+08:00"))
    with pytest.raises(TypeError):
        count_period(moment, CONSULTATION, CN)
    with pytest.raises(TypeError):
        keep_ledger(moment, CONSULTATION, CN)


# --- the ledger ---------------------------------------------------------------------------------------


def test_the_ledger_names_every_day_once_and_why_it_counts_or_not() -> None:
    clock = count("2020-09-27", CONSULTATION)
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
    clock = count("2020-09-17")
    assert "国庆节" in line_of(clock, "2020-10-02").name
    assert line_of(clock, "2020-09-27").reason is LineReason.MAKEUP_DAY
    assert "调休上班" in line_of(clock, "2020-09-27").name
    assert line_of(clock, "2020-09-19").reason is LineReason.WEEKEND
    assert line_of(clock, "2020-09-19").name == line_of(clock, "2020-09-18").name == ""


def test_the_day_of_receipt_is_not_counted_even_on_a_makeup_day() -> None:
    first = count("2020-09-27", CONSULTATION).ledger[0]
    assert first == LedgerLine(on("2020-09-27"), LineReason.RECEIPT, 0, False)


def test_every_reason_of_the_calendar_is_a_reason_of_the_ledger() -> None:
    assert {reason.value for reason in DayReason} <= {reason.value for reason in LineReason}


def test_a_guessed_day_is_marked_whatever_happens_on_it() -> None:
    noticed, answered = on("2026-12-30"), on("2027-01-05")
    course = Course(
        on("2026-12-29"), (Correction(noticed, answered),), pauses=(Pause(answered, on("2027-01-08")),)
    )
    lines = {line.day: line for line in keep_ledger(course, DISCLOSURE, GUESSED).lines}
    told = [lines[on(day)] for day in ("2026-12-29", "2026-12-31", "2027-01-05", "2027-01-07")]
    assert [line.reason for line in told] == [
        LineReason.RECEIPT,
        LineReason.WAITING,
        LineReason.RESTART,
        LineReason.PAUSED,
    ]
    assert all(line.is_guess for line in lines.values())


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
    assert due(RECEIVED, extensions=((noticed, 20),)) == expected


@pytest.mark.parametrize(
    ("named", "total"), [(5, 25), (20, 40), (21, 40), (60, 40)], ids=["5", "20", "21-capped", "60-capped"]
)
def test_an_extension_grants_what_it_names_but_never_more_than_the_rules_allow(
    named: int, total: int
) -> None:
    clock = count(RECEIVED, extensions=(("2020-10-12", named),))
    assert clock.working_days == total
    assert clock.due_on == add_working_days(on(RECEIVED), total, CN)


def test_an_extension_that_names_no_days_grants_what_the_rules_allow() -> None:
    assert count(RECEIVED, extensions=(("2020-10-12", None),)).working_days == 40


def test_only_the_first_extension_counts() -> None:
    assert due(RECEIVED, extensions=(("2020-10-12", 5), ("2020-10-26", 20))) == "2020-10-28"
    assert due(RECEIVED, extensions=(("2020-10-12", 5), ("2020-10-12", 20))) == "2020-10-28"


def test_an_extension_that_came_too_late_does_not_spoil_nor_help_an_earlier_one() -> None:
    assert due(RECEIVED, extensions=(("2020-09-16", 20), ("2020-10-12", 5))) == "2020-10-28"


def test_rules_without_an_extension_grant_none() -> None:
    assert due(RECEIVED, CONSULTATION, extensions=(("2020-09-21", 20),)) == due(RECEIVED, CONSULTATION)


# --- corrections --------------------------------------------------------------------------------------


def test_a_corrected_application_starts_the_period_from_zero() -> None:
    # working days after 2020-09-17: 18, 21, 22, 23, 24 (the notice), 25, 27 (a working Sunday)
    clock = count(RECEIVED, corrections=(corrected("2020-09-24", "2020-09-27"),))
    assert line_of(clock, "2020-09-24").count == 5
    assert line_of(clock, "2020-09-25") == LedgerLine(on("2020-09-25"), LineReason.WAITING, 5, False)
    assert line_of(clock, "2020-09-27") == LedgerLine(on("2020-09-27"), LineReason.RESTART, 0, False)
    assert line_of(clock, "2020-09-28").count == 1
    assert clock.counted_from == on("2020-09-27")
    assert clock.deadline.received_on == on(RECEIVED)
    assert clock.due_on == add_working_days(on("2020-09-27"), 20, CN) == on("2020-10-30")
    assert clock.working_days == 20


@pytest.mark.parametrize(
    ("noticed", "answered", "expected"),
    [
        pytest.param(RECEIVED, RECEIVED, DUE, id="noticed-and-corrected-on-the-day-of-receipt"),
        pytest.param("2020-09-01", "2020-09-10", DUE, id="all-before-receipt"),
        pytest.param("2020-09-01", RECEIVED, DUE, id="noticed-before-corrected-on-the-day-of-receipt"),
        pytest.param("2020-09-01", "2020-09-27", "2020-10-30", id="noticed-before-corrected-after"),
        pytest.param("2020-09-24", "2020-09-24", "2020-10-28", id="corrected-on-the-day-of-the-notice"),
        pytest.param(DUE, DUE, EXTENDED, id="on-the-due-date"),
        pytest.param(DUE, "2020-10-26", "2020-11-23", id="noticed-on-the-due-date-corrected-later"),
        pytest.param("2020-10-22", "2020-10-26", DUE, id="noticed-a-day-after-the-period"),
    ],
)
def test_a_restart_counts_only_if_its_notice_came_inside_the_running_period(
    noticed: str, answered: str, expected: str
) -> None:
    assert count(RECEIVED, corrections=(corrected(noticed, answered),)).due_on == on(expected)


def test_while_the_unit_waits_for_us_there_is_no_due_date() -> None:
    course = Course(on(RECEIVED), (corrected("2020-09-24", None),))
    deadline = count_period(course, DISCLOSURE, CN)
    assert (deadline.due_on, deadline.waiting_since) == (None, on("2020-09-24"))
    ledger = keep_ledger(course, DISCLOSURE, CN, until=on("2020-10-12"))
    assert (ledger.lines[-1].day, ledger.lines[-1].reason) == (on("2020-10-12"), LineReason.WAITING)
    assert ledger.overrun == ()
    assert keep_ledger(course, DISCLOSURE, CN).lines[-1].day == on("2020-09-24")
    # answered without the correction: only the days to the notice were the unit's
    assert response_days(deadline, course, on("2020-11-10"), CN) == ledger.lines[-1].count == 5


def test_a_notice_from_before_receipt_that_nobody_answered_stops_the_clock_at_once() -> None:
    deadline = count_period(Course(on(RECEIVED), (corrected("2020-09-01", None),)), DISCLOSURE, CN)
    assert (deadline.due_on, deadline.waiting_since) == (None, on(RECEIVED))


def test_a_second_restart_counts_from_the_second() -> None:
    twice = (corrected("2020-09-18", "2020-09-21"), corrected("2020-09-30", "2020-10-12"))
    assert count(RECEIVED, corrections=twice).counted_from == on("2020-10-12")


def test_one_correction_can_answer_two_notices() -> None:
    both = (corrected("2020-09-18", "2020-09-27"), corrected("2020-09-24", "2020-09-27"))
    assert count(RECEIVED, corrections=both).due_on == on("2020-10-30")


def test_after_a_restart_the_period_can_be_extended_again() -> None:
    clock = count(
        RECEIVED,
        corrections=(corrected("2020-09-24", "2020-09-27"),),
        extensions=(("2020-10-30", 20),),
    )
    assert clock.due_on == add_working_days(on("2020-09-27"), 40, CN)


def test_an_extension_of_the_old_period_neither_survives_the_restart_nor_uses_up_that_of_the_new_one() -> (
    None
):
    correction = (corrected("2020-09-24", "2020-09-27"),)
    old = count(RECEIVED, corrections=correction, extensions=(("2020-09-23", 20),))
    assert (old.working_days, old.due_on) == (20, on("2020-10-30"))
    both = count(RECEIVED, corrections=correction, extensions=(("2020-09-23", 20), ("2020-10-30", 10)))
    assert both.working_days == 30


def test_a_correction_notice_in_the_extended_part_of_the_period_still_counts() -> None:
    clock = count(RECEIVED, corrections=(corrected("2020-11-09", "2020-11-16"),), extensions=((DUE, 20),))
    assert clock.counted_from == on("2020-11-16")


# --- pauses -------------------------------------------------------------------------------------------


def test_a_third_party_pause_over_national_day_2020_excludes_only_the_days_after_the_notice() -> None:
    clock = count(RECEIVED, pauses=(("2020-09-28", "2020-10-12"),))
    assert line_of(clock, "2020-09-28").is_counted  # the day of the notice itself
    between = [line for line in clock.ledger if on("2020-09-29") <= line.day <= on("2020-10-12")]
    assert {line.reason for line in between} == {LineReason.PAUSED}
    assert {line.count for line in between} == {8}
    assert line_of(clock, "2020-10-13").count == 9
    # five working days were excluded: 29 and 30 September, 9, 10 (make-up) and 12 October
    assert clock.due_on == add_working_days(on(DUE), 5, CN) == on("2020-10-28")
    assert clock.working_days == 20


def test_overlapping_pauses_exclude_a_day_once() -> None:
    one, two = ("2020-10-12", "2020-10-16"), ("2020-10-13", "2020-10-15")
    assert due(RECEIVED, pauses=(one,)) == due(RECEIVED, pauses=(one, two)) == "2020-10-27"


def test_pauses_that_touch_or_overlap_become_one_and_empty_ones_none() -> None:
    def pause(first: str, last: str) -> Pause:
        return Pause(on(first), on(last))

    given_ = [
        pause("2020-10-20", "2020-10-21"),
        pause("2020-10-12", "2020-10-14"),
        pause("2020-10-14", "2020-10-16"),
        pause("2020-10-13", "2020-10-15"),
        pause("2020-10-01", "2020-10-01"),
        pause("2020-11-02", "2020-11-01"),
    ]
    assert merge_pauses(given_) == (pause("2020-10-12", "2020-10-16"), pause("2020-10-20", "2020-10-21"))


@pytest.mark.parametrize(
    "pause",
    [
        pytest.param(("2020-09-30", "2020-10-08"), id="over-days-off-only"),
        pytest.param((DUE, "2020-12-01"), id="from-the-due-date"),
        pytest.param(("2020-09-01", RECEIVED), id="until-the-day-of-receipt"),
    ],
)
def test_a_pause_outside_the_working_days_of_the_period_moves_nothing(pause: tuple[str, str]) -> None:
    assert due(RECEIVED, pauses=(pause,)) == DUE


def test_a_pause_from_before_receipt_excludes_the_days_after_receipt() -> None:
    assert due(RECEIVED, pauses=(("2020-09-01", "2020-09-18"),)) == "2020-10-22"


def test_a_pause_from_the_due_date_counts_once_the_period_is_extended() -> None:
    paused = ((DUE, "2020-10-23"),)
    assert due(RECEIVED, extensions=((DUE, 20),), pauses=paused) == "2020-11-20"


def test_an_extension_noticed_during_a_pause_counts() -> None:
    clock = count(RECEIVED, pauses=(("2020-10-12", "2020-11-12"),), extensions=(("2020-11-10", 5),))
    assert clock.working_days == 25


def test_a_correction_received_during_a_pause_starts_anew_and_the_pause_goes_on() -> None:
    clock = count(
        RECEIVED,
        pauses=(("2020-09-21", "2020-09-30"),),
        corrections=(corrected("2020-09-22", "2020-09-23"),),
    )
    assert line_of(clock, "2020-09-23").reason is LineReason.RESTART
    assert line_of(clock, "2020-09-24").reason is LineReason.PAUSED
    assert clock.due_on == add_working_days(on("2020-09-30"), 20, CN)


# --- past the due date --------------------------------------------------------------------------------


def test_the_days_to_a_late_answer_stand_below_the_due_date_and_go_on_counting() -> None:
    course = Course(on(RECEIVED))
    ledger = keep_ledger(course, DISCLOSURE, CN, until=on("2020-10-26"))
    assert ledger.lines[-1].day == on(DUE)
    told = [(f"{line.day:%m-%d}", line.count, line.is_counted) for line in ledger.overrun]
    assert told == [
        ("10-22", 21, True),
        ("10-23", 22, True),
        ("10-24", 22, False),
        ("10-25", 22, False),
        ("10-26", 23, True),
    ]
    deadline = count_period(course, DISCLOSURE, CN)
    assert response_days(deadline, course, on("2020-10-26"), CN) == 23


def test_an_answer_on_or_before_the_day_of_receipt_took_no_day() -> None:
    course = Course(on(RECEIVED))
    deadline = count_period(course, DISCLOSURE, CN)
    assert response_days(deadline, course, on(RECEIVED), CN) == 0
    assert response_days(deadline, course, on("2020-09-01"), CN) == 0
    assert response_days(deadline, course, on("2020-09-18"), CN) == 1


# --- algebra ------------------------------------------------------------------------------------------

receipts = st.dates(date(2007, 1, 1), date(2024, 12, 31))
periods = st.integers(1, 40)


@st.composite
def spans(draw: st.DrawFn, received_on: date) -> Pause:
    start = received_on + timedelta(draw(st.integers(-10, 90)))
    return Pause(start, start + timedelta(draw(st.integers(0, 40))))


@st.composite
def courses(draw: st.DrawFn, is_settled: bool = True) -> Course:
    """As `domain.assessment` makes them: in the order of time, each notice with the first answer after it."""
    received_on = draw(receipts)
    days = st.integers(-10, 120).map(lambda n: received_on + timedelta(n))
    answers = sorted(draw(st.lists(days, max_size=3)))
    corrections = []
    for noticed_on in sorted(draw(st.lists(days, max_size=3))):
        answered_on = next((day for day in answers if day >= noticed_on), None)
        if answered_on or not is_settled:
            corrections.append(Correction(noticed_on, answered_on))
    extensions = draw(st.lists(st.tuples(days, st.none() | st.integers(0, 40)), max_size=3))
    return Course(
        received_on,
        tuple(corrections),
        tuple(Extension(day, named) for day, named in sorted(extensions, key=lambda each: each[0])),
        merge_pauses(draw(st.lists(spans(received_on), max_size=3))),
    )


@given(receipts, periods)
def test_the_due_date_is_the_nth_working_day_when_nothing_moved_it(received_on: date, days: int) -> None:
    assert count(received_on, rules(days)).due_on == add_working_days(received_on, days, CN)


@given(receipts, st.integers(0, 60), periods)
def test_a_later_receipt_is_never_due_earlier(received_on: date, later: int, days: int) -> None:
    first = count(received_on, rules(days)).due_on
    assert first <= count(received_on + timedelta(later), rules(days)).due_on


@given(receipts, st.integers(-10, 90), st.integers(0, 40))
def test_an_extension_never_shortens_and_never_gives_more_than_allowed(
    received_on: date, after: int, days: int
) -> None:
    clock = counted(Course(received_on, extensions=(Extension(received_on + timedelta(after), days),)))
    assert count(received_on).due_on <= clock.due_on <= add_working_days(received_on, 40, CN)


@given(courses(), st.data())
def test_a_pause_never_shortens_whatever_else_moved_the_clock(course: Course, data: st.DataObject) -> None:
    pause = data.draw(spans(course.received_on))
    paused = replace(course, pauses=merge_pauses([*course.pauses, pause]))
    assert counted(course).due_on <= counted(paused).due_on


@given(courses())
def test_the_ledger_is_gapless_and_ends_on_the_due_date_with_the_whole_period(course: Course) -> None:
    clock = counted(course)
    ledger = clock.ledger
    assert [line.day for line in ledger] == [course.received_on + timedelta(n) for n in range(len(ledger))]
    assert not any(line.is_counted for line in ledger if not CN.is_working_day(line.day))
    assert sum(line.is_counted and line.day > clock.counted_from for line in ledger) == clock.working_days
    assert clock.counted_from in {course.received_on, *(each.corrected_on for each in course.corrections)}


@given(courses(is_settled=False), st.integers(0, 150))
def test_looking_up_and_walking_agree_on_the_due_date_and_on_every_answer(course: Course, after: int) -> None:
    answered_on = course.received_on + timedelta(after)
    deadline = count_period(course, DISCLOSURE, CN)
    ledger = keep_ledger(course, DISCLOSURE, CN, until=answered_on)
    lines = [*ledger.lines, *ledger.overrun]
    if deadline.due_on is None:
        assert ledger.overrun == ()
        assert all(line.reason is LineReason.WAITING for line in lines if line.day > deadline.waiting_since)
    else:
        assert (ledger.lines[-1].day, ledger.lines[-1].count) == (deadline.due_on, deadline.working_days)
        assert ledger.lines[-1].is_counted
    if answered_on >= deadline.counted_from:
        (line,) = (line for line in lines if line.day == answered_on)
        assert response_days(deadline, course, answered_on, CN) == line.count
    else:
        assert response_days(deadline, course, answered_on, CN) == 0
