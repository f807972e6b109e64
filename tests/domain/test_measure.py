"""Measuring: a case per verdict and reason, and what may and may not be held against a unit."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tracker.adapters.calendars import load_calendar
from tracker.domain.calendar import CalendarGap
from tracker.domain.clocks import ClockName
from tracker.domain.lifecycle import History, replay
from tracker.domain.measure import (
    Circumstances,
    Law,
    Measurement,
    measure_request,
    open_readings,
)
from tracker.domain.readings import Choices, Plea, ReplyTime, Summary
from tracker.domain.remarks import RemarkCode
from tracker.domain.rules import RuleBook, Rules
from tracker.domain.terms import (
    ChannelKind,
    Event,
    EventKind,
    MessageKind,
    Outcome,
    ReceiptBasis,
    RequestKind,
    RequestState,
    Verdict,
)

CN = load_calendar("cn")
GUESSED = load_calendar("cn", guess=True)
DISCLOSURE = Rules(
    "disclosure",
    RequestKind.DISCLOSURE,
    reply_days=20,
    extension_days=20,
    correction_notice_days=7,
    third_party_days=15,
)


def law(rules: Rules = DISCLOSURE, **preferences: Any) -> Law:
    return Law(RuleBook(rules.name, rules.kind, (rules,)), CN, Choices(**preferences))


E, M, C = EventKind, MessageKind, ChannelKind

# Sent on Thursday 2020-09-17: due on 2020-10-21, extended by twenty days on 2020-11-18.
SENT_AT, DUE = "2020-09-17T10:00:00+08:00", "2020-10-21"


def at(text: str) -> datetime:
    """As the store keeps it; a bare date is ten o'clock in Shanghai."""
    moment = datetime.fromisoformat(text if "T" in text else f"{text}T10:00:00+08:00")
    return moment.astimezone(UTC)


def event(kind: EventKind, moment: str, /, **payload: Any) -> Event:
    return Event(kind, at(moment), at(moment), "test", request="R1", payload=payload)


def numbered(events: Sequence[Event]) -> list[Event]:
    return [replace(event, seq=n) for n, event in enumerate(events, 1)]


def sent(moment: str = SENT_AT, **payload: Any) -> list[Event]:
    planned = [event(kind, "2020-09-01") for kind in (E.PLANNED, E.APPROVED)]
    return [*planned, event(E.DISPATCHED, moment, **payload)]


def read(kind: MessageKind, moment: str, /, **payload: Any) -> Event:
    return replace(
        event(E.READ, moment, kind=kind, **payload), source_sha256=f"{kind}-{moment}", actor="lexicon:1"
    )


ACK = read(M.ACKNOWLEDGEMENT, "2020-09-18")


def history(*events: Event, submitted: str = SENT_AT, **payload: Any) -> History:
    return replay("R1", numbered([*sent(submitted, **payload), *events]))


def measure(
    *events: Event, channel: ChannelKind = C.EMAIL, as_of: str = "2020-12-01", **circumstances: Any
) -> Measurement:
    return measured(history(*events), channel, as_of, **circumstances)


def measured(
    told: History,
    channel: ChannelKind | None = C.EMAIL,
    as_of: str = "2020-12-01",
    by: Law | None = None,
    **circumstances: Any,
) -> Measurement:
    return measure_request(
        told, channel, by or law(), Circumstances(date.fromisoformat(as_of), **circumstances)
    )


def date_of_receipt(told: History, channel: ChannelKind) -> tuple[date | None, ReceiptBasis | None]:
    result = measured(told, channel)
    return result.received_on, result.receipt_basis


def said(result: Measurement) -> tuple[str, str]:
    return result.verdict.value, result.reason


def due_on(result: Measurement) -> str:
    assert result.due_on is not None
    return result.due_on.isoformat()


# --- answered -----------------------------------------------------------------------------------------


def test_a_reply_by_the_due_date_is_in_time_and_every_clock_is_named() -> None:
    reply = read(M.REPLY, "2020-10-13", outcome="already_public")
    result = measure(read(M.AUTO_REPLY, "2020-09-17T10:01:00+08:00"), ACK, reply)
    assert said(result) == ("in_time", "replied_by_due_date")
    assert result.outcome is Outcome.ALREADY_PUBLIC
    assert (result.response_days, result.response_calendar_days) == (14, 26)
    assert (result.received_on, result.receipt_basis) == (date(2020, 9, 17), ReceiptBasis.SUBMISSION)
    stops = {name.value: str(clock.stopped_on) for name, clock in result.clocks.items()}
    assert stops == {
        "first_contact": "2020-09-18",  # not the automatic reply before it
        "acknowledgement": "2020-09-18",
        "first_decision": "2020-10-13",
        "final_decision": "2020-10-13",
    }
    assert due_on(result) == DUE
    assert not result.is_provisional


@pytest.mark.parametrize(
    ("arrived", "verdict", "days"),
    [
        pytest.param("2020-10-21T15:59:30+00:00", "in_time", 20, id="23:59:30-in-shanghai"),
        pytest.param("2020-10-21T15:59:59.999999+00:00", "in_time", 20, id="the-last-microsecond"),
        pytest.param("2020-10-21T16:00:00+00:00", "late", 21, id="midnight"),
        pytest.param("2020-10-21T16:00:10+00:00", "late", 21, id="00:00:10-the-next-day"),
        pytest.param("2020-10-21T23:59:00-05:00", "late", 21, id="still-the-due-date-in-new-york"),
    ],
)
def test_the_day_ends_at_midnight_in_shanghai(arrived: str, verdict: str, days: int) -> None:
    result = measure(read(M.REPLY, arrived, outcome="disclosed"))
    assert (result.verdict.value, result.response_days) == (verdict, days)


def test_a_request_sent_after_midnight_in_shanghai_is_received_that_day() -> None:
    told = history(submitted="2020-09-16T16:00:10+00:00")
    assert date_of_receipt(told, C.EMAIL) == (date(2020, 9, 17), ReceiptBasis.SUBMISSION)


def test_a_reply_after_the_due_date_is_late() -> None:
    result = measure(ACK, read(M.REPLY, "2020-10-22", outcome="disclosed"))
    assert said(result) == ("late", "replied_after_due_date")
    assert result.response_days == 21


def test_a_reply_on_the_day_of_receipt_took_no_working_day() -> None:
    result = measure(read(M.REPLY, "2020-09-17T16:00:00+08:00", outcome="disclosed"))
    assert (result.verdict, result.response_days, result.response_calendar_days) == (Verdict.IN_TIME, 0, 0)


def test_a_reply_after_a_bounce_is_measured() -> None:
    result = measure(
        read(M.BOUNCE, "2020-09-17T10:00:05+08:00"), read(M.REPLY, "2020-10-13", outcome="disclosed")
    )
    assert said(result) == ("in_time", "replied_by_due_date")


def test_only_the_first_reply_counts() -> None:
    result = measure(
        read(M.REPLY, "2020-12-01", outcome="refused"), read(M.REPLY, "2020-10-21", outcome="disclosed")
    )
    assert (result.verdict, result.outcome) == (Verdict.IN_TIME, Outcome.DISCLOSED)


# --- silence ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("closed", [False, True])
def test_on_the_due_date_itself_nothing_is_overdue(closed: bool) -> None:
    assert said(measure(ACK, as_of=DUE, is_round_closed=closed)) == ("pending", "not_due_yet")


def test_the_day_after_the_due_date_a_waiting_request_is_overdue() -> None:
    result = measure(ACK, as_of="2020-10-22")
    assert said(result) == ("overdue", "past_due_and_waiting")
    assert (result.reply, result.outcome, result.response_days) == (None, None, None)
    assert result.response_calendar_days is None


def test_at_the_close_of_the_round_silence_is_no_reply() -> None:
    assert said(measure(ACK, is_round_closed=True)) == ("no_reply", "no_reply_at_close")


@pytest.mark.parametrize(
    ("as_of", "verdict"), [("2020-10-22", "overdue"), ("2020-10-26", "overdue"), ("2020-10-27", "no_reply")]
)
def test_letters_in_the_post_have_their_days_of_grace(as_of: str, verdict: str) -> None:
    result = measure(ACK, as_of=as_of, is_round_closed=True, grace_days=5)
    assert result.verdict.value == verdict


@pytest.mark.parametrize("kind", [M.AUTO_REPLY, M.READ_RECEIPT, M.ACKNOWLEDGEMENT, M.TRANSFER_NOTICE])
def test_any_sign_of_receipt_makes_silence_by_email_the_units_own(kind: MessageKind) -> None:
    assert measure(read(kind, "2020-09-18")).verdict is Verdict.OVERDUE


@pytest.mark.parametrize("events", [[], [read(M.DELAY, "2020-09-18")], [read(M.UNRELATED, "2020-09-18")]])
@pytest.mark.parametrize("closed", [False, True])
def test_silence_by_email_alone_is_not_assessable(events: list[Event], closed: bool) -> None:
    result = measure(*events, is_round_closed=closed)
    assert said(result) == ("not_assessable", "email_silence_without_sign_of_receipt")


@pytest.mark.parametrize("channel", [C.FAX, C.PHONE, C.IN_PERSON])
def test_on_other_channels_silence_needs_no_second_sign(channel: ChannelKind) -> None:
    assert measure(channel=channel).verdict is Verdict.OVERDUE


@pytest.mark.parametrize(
    ("looked_on", "verdict"),
    [("2020-10-15", "not_assessable"), ("2020-10-21", "not_assessable"), ("2020-10-22", "overdue")],
    ids=["before the due date", "on the due date", "after the due date"],
)
def test_a_page_nobody_has_seen_since_the_due_date_may_hold_the_answer(looked_on: str, verdict: str) -> None:
    result = measure(event(E.LOOKED_UP, looked_on), channel=C.WEB_FORM)
    assert due_on(result) == "2020-10-21"
    assert result.verdict.value == verdict


def test_a_held_message_that_could_be_the_answer_forbids_calling_silence() -> None:
    result = measure(ACK, has_held_candidate=True, is_round_closed=True)
    assert said(result) == ("not_assessable", "held_message_could_be_the_answer")


def test_a_message_that_nobody_could_read_forbids_calling_silence() -> None:
    result = measure(ACK, read(M.UNKNOWN, "2020-10-12"), is_round_closed=True)
    assert said(result) == ("not_assessable", "unread_message_could_be_the_answer")


def test_doubts_do_not_matter_before_the_due_date_nor_against_a_reply() -> None:
    doubts: dict[str, Any] = {"has_held_candidate": True, "gaps": ((at("2020-09-20"), at("2020-09-21")),)}
    assert measure(as_of=DUE, **doubts).verdict is Verdict.PENDING
    assert measure(read(M.REPLY, DUE, outcome="disclosed"), **doubts).verdict is Verdict.IN_TIME


@pytest.mark.parametrize(
    ("gap", "expected"),
    [
        pytest.param(("2020-09-10", "2020-09-16"), "overdue", id="before-submission"),
        pytest.param(("2020-09-10", SENT_AT), "overdue", id="until-submission"),
        pytest.param(("2020-09-17", "2020-09-18"), "not_assessable", id="from-submission-on"),
        pytest.param(("2020-10-01", "2020-10-02"), "not_assessable", id="inside"),
        pytest.param(("2020-11-01", "2020-11-02"), "not_assessable", id="after-the-due-date"),
    ],
)
def test_only_a_gap_after_submission_can_hide_an_answer(gap: tuple[str, str], expected: str) -> None:
    result = measure(ACK, gaps=((at(gap[0]), at(gap[1])),))
    assert result.verdict.value == expected
    if expected == "not_assessable":
        assert result.reason == "mailbox_was_not_watched"


# --- not measured by silence or reply -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("closed", "expected"), [(False, ("pending", "not_sent_yet")), (True, ("not_sent", "never_sent"))]
)
@pytest.mark.parametrize(
    "kinds", [(), (E.PLANNED,), (E.PLANNED, E.APPROVED), (E.PLANNED, E.APPROVED, E.CLAIMED)]
)
def test_what_has_not_gone_out_is_pending_until_the_round_closes(
    kinds: tuple[EventKind, ...], closed: bool, expected: tuple[str, str]
) -> None:
    told = replay("R1", numbered([event(kind, "2020-09-01") for kind in kinds]))
    result = measured(told, is_round_closed=closed)
    assert said(result) == expected
    assert (result.received_on, result.receipt_basis, result.due_on) == (None, None, None)
    assert result.summary is Summary.OPEN
    assert not result.is_provisional


SENDING_ENDS = [
    pytest.param((E.SEND_EXPIRED,), "not_sent", "never_sent", id="expired"),
    pytest.param((E.SEND_REFUSED,), "channel_failed", "channel_failed", id="refused"),
    pytest.param((E.CLAIMED, E.SEND_UNSETTLED), "not_assessable", "send_unsettled", id="unsettled"),
    pytest.param((E.CLAIMED, E.SEND_UNSETTLED, E.SETTLED_NOT_SENT), "not_sent", "never_sent", id="settled"),
]


@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize(("kinds", "verdict", "reason"), SENDING_ENDS)
def test_a_sending_that_failed_says_how_before_and_after_the_close(
    kinds: tuple[EventKind, ...], verdict: str, reason: str, closed: bool
) -> None:
    events = [event(kind, "2020-09-17") for kind in (E.PLANNED, E.APPROVED, *kinds)]
    result = measured(replay("R1", numbered(events)), is_round_closed=closed)
    assert said(result) == (verdict, reason)
    assert result.due_on is None


def test_a_bounce_is_a_finding_about_the_channel_and_never_silence() -> None:
    result = measure(read(M.BOUNCE, "2020-09-17T10:00:05+08:00"), is_round_closed=True)
    assert said(result) == ("channel_failed", "channel_failed")


@pytest.mark.parametrize("kind", [M.CORRECTION_NOTICE, M.FEE_NOTICE])
def test_a_unit_that_waits_for_us_is_never_overdue(kind: MessageKind) -> None:
    result = measure(read(kind, "2020-09-24"), is_round_closed=True)
    assert said(result) == ("awaiting_us", "unit_waits_for_us")


def test_an_application_we_never_corrected_is_abandoned() -> None:
    # ten working days after 2020-09-24: 25, 27 (working Sunday), 28, 29, 30, then 9, 10, 12, 13, 14 October
    notice = read(M.CORRECTION_NOTICE, "2020-09-24", days=10)
    assert said(measure(notice, as_of="2020-10-14")) == ("awaiting_us", "unit_waits_for_us")
    result = measure(notice, as_of="2020-10-15")
    assert said(result) == ("abandoned", "not_corrected")
    assert result.state is RequestState.ABANDONED


def test_every_verdict_has_a_case_here() -> None:
    cases = {
        *(measure(read(M.REPLY, day, outcome="disclosed")).verdict for day in (DUE, "2020-10-22")),
        *(measure(ACK, as_of=day).verdict for day in (DUE, "2020-10-22")),
        *(measure(*events, is_round_closed=True).verdict for events in ([], [ACK])),
        *(measure(read(kind, "2020-09-18")).verdict for kind in (M.BOUNCE, M.FEE_NOTICE)),
        measured(History("R1"), is_round_closed=True).verdict,
        measure(read(M.CORRECTION_NOTICE, "2020-09-24", days=1)).verdict,
    }
    assert cases == set(Verdict)


# --- the date of receipt ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("closed", "expected"),
    [(False, ("pending", "receipt_unknown")), (True, ("not_assessable", "receipt_unknown"))],
)
@pytest.mark.parametrize("events", [[], [read(M.REPLY, "2021-03-01", outcome="disclosed")]])
def test_a_posted_request_that_nobody_signed_for_has_no_date_of_receipt(
    events: list[Event], closed: bool, expected: tuple[str, str]
) -> None:
    result = measure(*events, channel=C.POST, is_round_closed=closed)
    assert said(result) == expected
    assert (result.received_on, result.response_days, result.response_calendar_days) == (None, None, None)


def test_a_posted_request_is_received_when_the_unit_first_confirms_it() -> None:
    again = read(M.ACKNOWLEDGEMENT, "2020-09-25")
    reply = read(M.REPLY, "2020-10-26", outcome="disclosed")
    result = measure(read(M.ACKNOWLEDGEMENT, "2020-09-21"), again, reply, channel=C.POST)
    assert (result.received_on, result.receipt_basis) == (date(2020, 9, 21), ReceiptBasis.CONFIRMATION)
    assert due_on(result) == "2020-10-23"  # two working days after a request sent and received on the 17th
    assert (result.verdict, result.response_days) == (Verdict.LATE, 21)


def test_an_automatic_reply_confirms_no_letter() -> None:
    result = measure(read(M.AUTO_REPLY, "2020-09-21"), channel=C.POST)
    assert result.received_on is None


@pytest.mark.parametrize("channel", list(ChannelKind))
def test_a_day_of_receipt_that_a_person_noted_beats_the_day_we_sent_on_every_channel(
    channel: ChannelKind,
) -> None:
    basis = {C.POST: ReceiptBasis.SIGNATURE, C.IN_PERSON: ReceiptBasis.HANDED_IN}
    told = history(ACK, receipt_on="2020-09-22")
    assert date_of_receipt(told, channel) == (date(2020, 9, 22), basis.get(channel, ReceiptBasis.SUBMISSION))


@pytest.mark.parametrize(
    ("channel", "basis"),
    [
        (C.EMAIL, ReceiptBasis.SUBMISSION),
        (C.WEB_FORM, ReceiptBasis.SUBMISSION),
        (C.FAX, ReceiptBasis.SUBMISSION),
        (C.PHONE, ReceiptBasis.SUBMISSION),
        (C.IN_PERSON, ReceiptBasis.HANDED_IN),
    ],
)
def test_elsewhere_the_day_of_submission_is_the_date_of_receipt(
    channel: ChannelKind, basis: ReceiptBasis
) -> None:
    assert date_of_receipt(history(ACK), channel) == (date(2020, 9, 17), basis)


def test_working_days_are_counted_from_receipt_and_not_from_sending() -> None:
    told = history(
        read(M.REPLY, "2020-10-12", outcome="disclosed"), receipt_on="2020-09-28", receipt_basis="signature"
    )
    result = measured(told, C.POST)
    assert (result.response_days, result.response_calendar_days) == (5, 14)
    assert result.submitted_at == at(SENT_AT)


# --- what moved the clock -----------------------------------------------------------------------------


def test_an_extension_noticed_on_the_due_date_moves_it_and_one_a_day_later_does_not() -> None:
    reply = read(M.REPLY, "2020-11-18", outcome="disclosed")
    inside = measure(read(M.EXTENSION_NOTICE, "2020-10-21T15:59:59+00:00"), reply)
    assert (inside.verdict, due_on(inside)) == (Verdict.IN_TIME, "2020-11-18")
    outside = measure(read(M.EXTENSION_NOTICE, "2020-10-21T16:00:00+00:00"), reply)
    assert (outside.verdict, due_on(outside)) == (Verdict.LATE, DUE)


@pytest.mark.parametrize(
    ("named", "days"), [({}, 40), ({"extension_days": 5}, 25), ({"extension_days": 30}, 40)]
)
def test_an_extension_that_names_no_days_grants_what_the_rules_allow(
    named: dict[str, int], days: int
) -> None:
    result = measure(read(M.EXTENSION_NOTICE, "2020-10-12", **named))
    assert result.reading is not None
    assert result.reading.deadline.working_days == days


def test_only_the_first_extension_notice_counts_whichever_was_read_first() -> None:
    result = measure(
        read(M.EXTENSION_NOTICE, "2020-10-26", extension_days=20),
        read(M.EXTENSION_NOTICE, "2020-10-12", extension_days=5),
    )
    assert due_on(result) == "2020-10-28"


def test_an_extension_that_a_person_read_as_something_else_moves_nothing() -> None:
    machine = read(M.EXTENSION_NOTICE, "2020-10-12")
    person = replace(machine, kind=E.REVIEWED, payload={"kind": "acknowledgement"}, actor="reviewer")
    assert due_on(measure(machine, person)) == DUE


def test_paused_days_are_left_out_of_the_due_date_and_of_the_response_time() -> None:
    reply = read(M.REPLY, "2020-10-26", outcome="disclosed")
    result = measure(read(M.THIRD_PARTY_NOTICE, "2020-10-12"), reply)
    # 13 working days to the notice on 12 October; the ten up to the reply are excluded
    assert (result.response_days, result.response_calendar_days) == (13, 39)
    assert (result.verdict, due_on(result)) == (Verdict.IN_TIME, "2020-11-04")


def test_a_third_party_notice_after_the_due_date_moves_no_date_but_its_days_are_not_the_units() -> None:
    result = measure(
        read(M.THIRD_PARTY_NOTICE, "2020-10-22"), read(M.REPLY, "2020-10-26", outcome="disclosed")
    )
    assert (result.verdict, due_on(result), result.response_days) == (Verdict.LATE, DUE, 21)


def test_an_open_third_party_pause_lasts_as_long_as_a_third_party_has_to_answer() -> None:
    # fifteen working days after 12 October end on 2 November; seven of the twenty were still to come
    notice = read(M.THIRD_PARTY_NOTICE, "2020-10-12")
    result = measure(notice, as_of="2020-11-11")
    assert (said(result), due_on(result)) == (("pending", "not_due_yet"), "2020-11-11")
    assert measure(notice, as_of="2020-11-12").verdict is Verdict.OVERDUE


def test_a_third_party_pause_ends_on_the_day_the_unit_states() -> None:
    notice = read(M.THIRD_PARTY_NOTICE, "2020-10-12", ended_on="2020-10-16")
    assert due_on(measure(notice)) == "2020-10-27"


def test_a_corrected_application_is_counted_anew_from_its_receipt() -> None:
    notice, ours = read(M.CORRECTION_NOTICE, "2020-09-24"), event(E.CORRECTED, "2020-09-27")
    result = measure(notice, ours, read(M.REPLY, "2020-10-30", outcome="disclosed"))
    assert (result.verdict, due_on(result)) == (Verdict.IN_TIME, "2020-10-30")
    assert (result.response_days, result.response_calendar_days) == (20, 33)
    waiting = measure(notice, ours, as_of="2020-11-02")
    assert said(waiting) == ("overdue", "past_due_and_waiting")


def test_a_correction_of_ours_after_the_old_due_date_still_starts_the_period_anew() -> None:
    # the notice gave us time until after the old due date: our delay is no delay of the unit
    notice, ours = read(M.CORRECTION_NOTICE, "2020-09-24"), event(E.CORRECTED, "2020-10-26")
    result = measure(notice, ours, as_of="2020-11-10")
    assert said(result) == ("pending", "not_due_yet")
    assert due_on(result) == "2020-11-23"
    assert measure(notice, ours, as_of="2020-11-24").verdict is Verdict.OVERDUE


def test_each_correction_notice_waits_for_the_correction_that_followed_it() -> None:
    result = measure(
        read(M.CORRECTION_NOTICE, "2020-09-21"),
        event(E.CORRECTED, "2020-09-22"),
        read(M.CORRECTION_NOTICE, "2020-09-24"),
        event(E.CORRECTED, "2020-11-02"),
    )
    assert result.reading is not None
    assert result.reading.deadline.counted_from == date(2020, 11, 2)
    assert [remark.code for remark in result.remarks] == [RemarkCode.CORRECTION_NOTICE_AGAIN]


def test_a_unit_that_replies_without_our_correction_is_not_late_for_the_time_it_waited() -> None:
    reply = read(M.REPLY, "2020-11-10", outcome="abandoned")
    result = measure(read(M.CORRECTION_NOTICE, "2020-09-24"), reply)
    assert (result.verdict, result.outcome) == (Verdict.IN_TIME, Outcome.ABANDONED)
    assert result.response_days == 5


def test_a_correction_notice_after_the_due_date_excuses_nothing() -> None:
    result = measure(
        read(M.CORRECTION_NOTICE, "2020-10-22"), read(M.REPLY, "2020-11-10", outcome="disclosed")
    )
    assert (result.verdict, due_on(result)) == (Verdict.LATE, DUE)


def test_a_correction_notice_after_the_reply_pauses_nothing() -> None:
    result = measure(
        read(M.REPLY, "2020-10-22", outcome="disclosed"), read(M.CORRECTION_NOTICE, "2020-10-23")
    )
    assert (result.verdict, due_on(result)) == (Verdict.LATE, DUE)


def test_a_reply_that_crossed_our_correction_took_the_days_to_the_notice() -> None:
    notice = read(M.CORRECTION_NOTICE, "2020-09-22")
    result = measure(
        notice, read(M.REPLY, "2020-09-24", outcome="disclosed"), event(E.CORRECTED, "2020-09-25")
    )
    # our correction came after the answer and moved nothing: 18, 21 and 22 September were the unit's
    assert (result.verdict, result.response_days, result.response_calendar_days) == (Verdict.IN_TIME, 3, 7)


def test_a_measurement_is_provisional_where_the_calendar_is_a_guess() -> None:
    told = replay("R1", numbered(sent("2026-12-01T10:00:00+08:00")))
    circumstances = Circumstances(date(2026, 12, 10))
    result = measure_request(told, C.EMAIL, replace(law(), calendar=GUESSED), circumstances)
    assert (due_on(result), result.is_provisional) == ("2026-12-29", True)
    with pytest.raises(CalendarGap):
        measure_request(told, C.EMAIL, law(), circumstances)


def test_a_person_looks_at_what_the_machine_could_not_tell_or_was_unsure_of() -> None:
    sure = read(M.REPLY, "2020-10-12", outcome="disclosed", confidence=0.9)
    unsure = read(M.REPLY, "2020-10-13", outcome="disclosed", confidence=0.5)
    unknown = read(M.UNKNOWN, "2020-10-14", confidence=0.99)
    seen = replace(read(M.UNKNOWN, "2020-10-15", confidence=0.1), kind=E.REVIEWED)
    told = history(sure, unsure, unknown, seen)
    assert [r.at for r in open_readings(told.readings)] == [at("2020-10-13"), at("2020-10-14")]
    lenient = [replace(reading, review_below=0.5) for reading in told.readings]
    assert [r.at for r in open_readings(lenient)] == [at("2020-10-14")]


# --- readings -----------------------------------------------------------------------------------------

LATE_BY_SUBMISSION = (read(M.ACKNOWLEDGEMENT, "2020-09-21"), read(M.REPLY, "2020-10-23", outcome="disclosed"))


def test_the_default_reading_is_shown_and_the_others_are_kept() -> None:
    result = measure(*LATE_BY_SUBMISSION)
    assert (result.verdict, result.summary) == (Verdict.LATE, Summary.UNDER_SOME)
    assert result.assessment is not None
    told = [(r.choices.receipt, r.verdict) for r in result.assessment.readings]
    assert told == [
        (ReceiptBasis.SUBMISSION, Verdict.LATE),
        (ReceiptBasis.CONFIRMATION, Verdict.IN_TIME),
    ]


def test_the_round_sets_which_date_of_receipt_is_shown() -> None:
    result = measured(history(*LATE_BY_SUBMISSION), by=law(receipt=ReceiptBasis.CONFIRMATION))
    assert (result.verdict, result.receipt_basis) == (Verdict.IN_TIME, ReceiptBasis.CONFIRMATION)
    unconfirmed = measured(history(LATE_BY_SUBMISSION[1]), by=law(receipt=ReceiptBasis.CONFIRMATION))
    assert (unconfirmed.verdict, unconfirmed.receipt_basis) == (Verdict.LATE, ReceiptBasis.SUBMISSION)


def test_a_reply_sent_before_midnight_and_arrived_after_it_has_two_readings() -> None:
    reply = read(
        M.REPLY, "2020-10-21T23:58:00+08:00", outcome="disclosed", arrived_at="2020-10-22T00:04:00+08:00"
    )
    shown = measure(reply)
    assert (shown.verdict, shown.replied_on, shown.summary) == (
        Verdict.IN_TIME,
        date(2020, 10, 21),
        Summary.UNDER_SOME,
    )
    other = measured(history(reply), by=law(reply_time=ReplyTime.ARRIVAL))
    assert (other.verdict, other.replied_on) == (Verdict.LATE, date(2020, 10, 22))
    assert other.clocks[ClockName.FIRST_DECISION].stopped_on == date(2020, 10, 22)


def test_a_unit_could_object_to_a_fault_that_another_reading_denies_or_that_rests_on_a_guess() -> None:
    late, in_time = (
        read(M.REPLY, "2020-10-30", outcome="disclosed"),
        read(M.REPLY, "2020-10-13", outcome="disclosed"),
    )
    assert not measure(late).is_disputable
    assert not measure(in_time).is_disputable
    assert measure(*LATE_BY_SUBMISSION).is_disputable
    by_confirmation = measured(history(*LATE_BY_SUBMISSION), by=law(receipt=ReceiptBasis.CONFIRMATION))
    assert (by_confirmation.verdict, by_confirmation.is_disputable) == (Verdict.IN_TIME, False)
    assert measure(ACK, has_held_candidate=True, is_round_closed=True).is_disputable
    told = history(read(M.ACKNOWLEDGEMENT, "2026-12-02"), submitted="2026-12-01T10:00:00+08:00")
    overdue = measured(told, as_of="2027-01-05", by=replace(law(), calendar=GUESSED))
    assert (overdue.verdict, overdue.is_provisional, overdue.is_disputable) == (Verdict.OVERDUE, True, True)


def test_a_person_who_reads_a_message_does_not_lose_its_arrival() -> None:
    machine = read(M.UNKNOWN, "2020-10-21T23:58:00+08:00", arrived_at="2020-10-22T00:04:00+08:00")
    person = replace(machine, kind=E.REVIEWED, payload={"kind": "reply", "outcome": "disclosed"})
    assert measure(machine, person).summary is Summary.UNDER_SOME


def test_a_pretext_found_by_a_person_makes_the_restart_disputed() -> None:
    notice, ours = read(M.CORRECTION_NOTICE, "2020-09-24", disputed=True), event(E.CORRECTED, "2020-09-27")
    reply = read(M.REPLY, "2020-10-30", outcome="disclosed")
    result = measure(notice, ours, reply)
    assert (result.verdict, result.summary) == (Verdict.IN_TIME, Summary.UNDER_SOME)
    assert [remark.code for remark in result.remarks] == [RemarkCode.CORRECTION_NOTICE_PRETEXT]
    strict = measured(history(notice, ours, reply), by=law(correction=Plea.DISPUTED))
    assert (strict.verdict, due_on(strict)) == (Verdict.LATE, DUE)


def test_where_silence_may_not_be_called_silence_no_reading_decides() -> None:
    assert measure().summary is Summary.OPEN
    assert measure(ACK).summary is Summary.UNDER_NONE


def test_what_happened_after_the_day_it_is_measured_for_is_not_known_yet() -> None:
    result = measure(ACK, read(M.REPLY, "2020-10-13", outcome="disclosed"), as_of="2020-10-12")
    assert (result.verdict, result.reply, result.replied_on) == (Verdict.PENDING, None, None)


def test_a_fee_that_we_paid_is_no_longer_awaited() -> None:
    notice, ours = read(M.FEE_NOTICE, "2020-09-24"), event(E.CORRECTED, "2020-09-27")
    assert measure(notice, ours).verdict is Verdict.OVERDUE
    answered = measure(notice, ours, read(M.REPLY, "2020-10-13", outcome="disclosed"))
    assert (answered.verdict, due_on(answered)) == (Verdict.IN_TIME, DUE)  # and it moved no date


def test_the_first_decision_counts_and_the_final_one_has_its_own_clock() -> None:
    result = measure(
        read(M.REPLY, "2020-10-13", outcome="refused"), read(M.REPLY, "2020-11-16", outcome="disclosed")
    )
    assert (result.outcome, result.response_days) == (Outcome.REFUSED, 14)
    final = result.clocks[ClockName.FINAL_DECISION]
    assert (final.working_days, final.calendar_days) == (38, 60)
    assert [remark.code for remark in result.remarks] == [RemarkCode.REPLIES_CONTRADICT]


def test_rules_can_leave_out_questions_that_were_handed_on() -> None:
    told = history(read(M.TRANSFER_NOTICE, "2020-09-18"))
    assert measured(told).verdict is Verdict.OVERDUE
    result = measured(told, by=law(replace(DISCLOSURE, excludes_transfers=True)))
    assert said(result) == ("not_assessable", "handed_on")
    kept = measured(history(ACK), by=law(replace(DISCLOSURE, excludes_transfers=True)))
    assert kept.verdict is Verdict.OVERDUE


# --- the website veto -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("as_of", "vetoed"),
    [("2021-02-28", False), ("2021-03-01", True)],
    ids=["on the last day of the third month", "a day later"],
)
def test_a_consultation_unanswered_for_more_than_three_months_is_vetoed(as_of: str, vetoed: bool) -> None:
    """Sent on 30 November 2020: three months end on 28 February, which has no 30th (国办秘函〔2019〕19号)."""
    consultation = Rules("cn-consultation", RequestKind.CONSULTATION, reply_days=5, veto_months=3)
    result = measure_request(
        history(read(M.ACKNOWLEDGEMENT, "2020-12-01"), submitted="2020-11-30"),
        ChannelKind.EMAIL,
        law(consultation),
        Circumstances(date.fromisoformat(as_of)),
    )
    assert (result.verdict, result.is_vetoed) == (Verdict.OVERDUE, vetoed)
    assert result.state is RequestState.ACKNOWLEDGED


def test_the_veto_is_for_silence_and_outlives_the_close_of_the_round() -> None:
    by = law(Rules("cn-consultation", RequestKind.CONSULTATION, reply_days=5, veto_months=3))
    silent = measured(history(ACK), by=by, as_of="2021-03-01", is_round_closed=True)
    assert (silent.verdict, silent.is_vetoed) == (Verdict.NO_REPLY, True)
    answered = measured(
        history(ACK, read(M.REPLY, "2021-02-26", outcome="answer")), by=by, as_of="2021-03-01"
    )
    assert (answered.verdict, answered.is_vetoed) == (Verdict.LATE, False)
