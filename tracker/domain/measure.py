"""Measuring: the events of one request and a calendar -> one row, with a verdict and its reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dateutil.relativedelta import relativedelta

from tracker.domain.calendar import WorkingCalendar, count_working_days
from tracker.domain.deadlines import Deadline, LineReason, Movements, Pause, Rules, deadline, pauses_until
from tracker.domain.lifecycle import SENT_STATES, History, Reading
from tracker.domain.terms import (
    ChannelKind,
    MessageKind,
    Outcome,
    ReceiptBasis,
    RequestState,
    Verdict,
    local_date,
)

# An acknowledgement by a person or with a number confirms receipt (law.md §1, our setting).
_CONFIRMING = (MessageKind.ACKNOWLEDGEMENT,)
# Any of these shows that the unit's side has the letter, so that its silence is its own.
_SIGNS_OF_RECEIPT = frozenset(MessageKind) - {
    MessageKind.BOUNCE,
    MessageKind.DELAY,
    MessageKind.UNRELATED,
    MessageKind.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What lies outside one request's events and decides whether silence may be called silence."""

    as_of: date
    is_round_closed: bool = False
    grace_days: int = 0  # calendar days after the due date for letters in the post
    gaps: tuple[tuple[datetime, datetime], ...] = ()  # of the applicant's mailbox
    has_held_candidate: bool = False


@dataclass(frozen=True, slots=True)
class Measurement:
    """One request, measured. Days are working days under the calendar, unless named calendar days."""

    state: RequestState | None
    submitted_at: datetime | None
    received_on: date | None
    receipt_basis: ReceiptBasis | None
    deadline: Deadline | None
    first_contact: Reading | None
    acknowledgement: Reading | None
    reply: Reading | None
    response_days: int | None
    response_calendar_days: int | None
    verdict: Verdict
    reason: str  # a code that says why this verdict and no other
    is_vetoed: bool = False  # unanswered for more months than the rules bear (国办秘函〔2019〕19号)

    @property
    def outcome(self) -> Outcome | None:
        return self.reply.outcome if self.reply else None

    @property
    def is_provisional(self) -> bool:
        return bool(self.deadline and self.deadline.is_provisional)


def measure_request(
    history: History,
    channel: ChannelKind | None,
    rules: Rules,
    calendar: WorkingCalendar,
    circumstances: Circumstances,
) -> Measurement:
    """Measure one request as of a date. Raises `CalendarGap` where `calendar` has no guess either."""
    received_on, basis = date_of_receipt(history, channel)
    reply = history.first(MessageKind.REPLY) if history.state is RequestState.REPLIED else None
    clock = None
    if received_on and history.state in SENT_STATES:
        clock = deadline(received_on, rules, calendar, _movements(history, reply, rules, circumstances.as_of))
    verdict, reason = _verdict(history, channel, clock, reply, circumstances)
    replied_on = local_date(reply.at) if reply else None
    return Measurement(
        state=history.state,
        submitted_at=history.submitted_at,
        received_on=received_on,
        receipt_basis=basis,
        deadline=clock,
        first_contact=history.first(*_SIGNS_OF_RECEIPT - {MessageKind.AUTO_REPLY, MessageKind.READ_RECEIPT}),
        acknowledgement=history.first(*_CONFIRMING),
        reply=reply,
        response_days=_days(clock, replied_on, calendar),
        response_calendar_days=_calendar_days(clock, replied_on),
        verdict=verdict,
        reason=reason,
        is_vetoed=verdict in _SILENT and _is_vetoed(received_on, rules, circumstances.as_of),
    )


def date_of_receipt(history: History, channel: ChannelKind | None) -> tuple[date | None, ReceiptBasis | None]:
    """The date of receipt under Art. 31 and the fact it rests on, by the default reading.

    E-mail and web form: the day of successful submission (Guiding Case 26; e-mail by analogy).
    Post: the day signed for, else the day the unit confirmed, else unknown - never the day we posted.
    """
    if history.submitted_at is None:
        return None, None
    if history.receipt_on:
        return history.receipt_on, history.receipt_basis or ReceiptBasis.SIGNATURE
    if channel is ChannelKind.POST:
        confirmed = history.first(*_CONFIRMING)
        return (local_date(confirmed.at), ReceiptBasis.CONFIRMATION) if confirmed else (None, None)
    basis = ReceiptBasis.HANDED_IN if channel is ChannelKind.IN_PERSON else ReceiptBasis.SUBMISSION
    return local_date(history.submitted_at), basis


def _movements(history: History, reply: Reading | None, rules: Rules, as_of: date) -> Movements:
    third_party = [local_date(r.at) for r in history.all_of(MessageKind.THIRD_PARTY_NOTICE)]
    return Movements(
        restarted_on=tuple(local_date(at) for at in history.corrected_at),
        extensions=tuple(
            (local_date(r.at), rules.extension_days if r.extension_days is None else r.extension_days)
            for r in history.all_of(MessageKind.EXTENSION_NOTICE)
        ),
        pauses=(
            *pauses_until(third_party, local_date(reply.at) if reply else as_of),
            *_waits_for_us(history, reply),
        ),
    )


def _waits_for_us(history: History, reply: Reading | None) -> list[Pause]:
    """From each correction notice to our correction, or to a reply without one.

    Else the old period would end while the unit waited for us: late by our own delay.
    """
    ends = sorted([*history.corrected_at, *([reply.at] if reply else [])])
    notices = history.all_of(MessageKind.CORRECTION_NOTICE)
    answered = [(notice.at, next((at for at in ends if at > notice.at), None)) for notice in notices]
    return [Pause(local_date(noticed), local_date(at)) for noticed, at in answered if at]


_SILENT = frozenset({Verdict.OVERDUE, Verdict.NO_REPLY})


def _is_vetoed(received_on: date | None, rules: Rules, as_of: date) -> bool:
    """Months end on the same day of the month, or on its last day: three after 30 November is 28 February."""
    if received_on is None or not rules.veto_months:
        return False
    return as_of > received_on + relativedelta(months=rules.veto_months)


_PLAIN: dict[RequestState | None, tuple[Verdict, str]] = {
    RequestState.UNSETTLED: (Verdict.NOT_ASSESSABLE, "send_unsettled"),
    RequestState.NOT_SENT: (Verdict.NOT_SENT, "never_sent"),
    RequestState.CHANNEL_FAILED: (Verdict.CHANNEL_FAILED, "channel_failed"),
    RequestState.ABANDONED: (Verdict.ABANDONED, "not_corrected"),
    RequestState.AWAITING_US: (Verdict.AWAITING_US, "unit_waits_for_us"),
}


def _verdict(
    history: History,
    channel: ChannelKind | None,
    clock: Deadline | None,
    reply: Reading | None,
    circumstances: Circumstances,
) -> tuple[Verdict, str]:
    if history.state in _PLAIN:
        return _PLAIN[history.state]
    if history.state not in SENT_STATES:
        closed = circumstances.is_round_closed
        return (Verdict.NOT_SENT, "never_sent") if closed else (Verdict.PENDING, "not_sent_yet")
    if clock is None:
        closed = circumstances.is_round_closed
        return (Verdict.NOT_ASSESSABLE if closed else Verdict.PENDING), "receipt_unknown"
    if reply:
        in_time = local_date(reply.at) <= clock.due_on
        return (
            (Verdict.IN_TIME, "replied_by_due_date") if in_time else (Verdict.LATE, "replied_after_due_date")
        )
    return _verdict_of_silence(history, channel, clock, circumstances)


def _verdict_of_silence(
    history: History, channel: ChannelKind | None, clock: Deadline, circumstances: Circumstances
) -> tuple[Verdict, str]:
    if circumstances.as_of <= clock.due_on:
        return Verdict.PENDING, "not_due_yet"
    doubt = _doubt(history, channel, circumstances)
    if doubt:
        return Verdict.NOT_ASSESSABLE, doubt
    last_day = clock.due_on + timedelta(days=circumstances.grace_days)
    if circumstances.is_round_closed and circumstances.as_of > last_day:
        return Verdict.NO_REPLY, "no_reply_at_close"
    return Verdict.OVERDUE, "past_due_and_waiting"


def _doubt(history: History, channel: ChannelKind | None, circumstances: Circumstances) -> str:
    """Why silence may not be held against the unit: the fault could lie with us or on the way."""
    if circumstances.has_held_candidate:
        return "held_message_could_be_the_answer"
    if any(reading.kind is MessageKind.UNKNOWN for reading in history.readings):
        return "unread_message_could_be_the_answer"
    submitted = history.submitted_at
    if submitted and any(end > submitted for _, end in circumstances.gaps):
        return "mailbox_was_not_watched"
    is_confirmed = any(reading.kind in _SIGNS_OF_RECEIPT for reading in history.readings)
    if channel is ChannelKind.EMAIL and not is_confirmed:
        # a spam filter looks the same; a second channel has to be tried first
        return "email_silence_without_sign_of_receipt"
    return ""


def _days(clock: Deadline | None, replied_on: date | None, calendar: WorkingCalendar) -> int | None:
    if clock is None or replied_on is None:
        return None
    last = max(replied_on, clock.counted_from)
    paused = sum(
        line.reason is LineReason.PAUSED and calendar.is_working_day(line.day)
        for line in clock.ledger
        if clock.counted_from < line.day <= last
    )
    return count_working_days(clock.counted_from, last, calendar) - paused


def _calendar_days(clock: Deadline | None, replied_on: date | None) -> int | None:
    if clock is None or replied_on is None:
        return None
    return max((replied_on - clock.counted_from).days, 0)


def open_readings(readings: Sequence[Reading], threshold: float) -> list[Reading]:
    """Machine readings that a person has to look at: unknown, or below the round's threshold."""
    return [
        reading
        for reading in readings
        if not reading.is_by_person
        and (reading.kind is MessageKind.UNKNOWN or reading.confidence < threshold)
    ]
