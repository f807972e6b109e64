"""Measuring: the events of one request and a calendar -> one row, with a verdict and its reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dateutil.relativedelta import relativedelta

from tracker.domain.assessment import assess
from tracker.domain.calendar import WorkingCalendar
from tracker.domain.case import facts_of
from tracker.domain.clocks import ClockName, NamedClock, named_clocks
from tracker.domain.facts import Facts
from tracker.domain.lifecycle import SENT_STATES, History, Reading
from tracker.domain.readings import AS_USUAL, Assessment, Choices, LegalReading, Summary
from tracker.domain.remarks import Remark, remarks_on
from tracker.domain.rules import RuleBook
from tracker.domain.terms import (
    ChannelKind,
    MessageKind,
    Outcome,
    ReceiptBasis,
    RequestState,
    Verdict,
    local_date,
)

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
class Law:
    """What one kind of request is measured by: the rules, the calendar and the round's preferences."""

    book: RuleBook
    calendar: WorkingCalendar
    preferences: Choices = AS_USUAL

    def receipt_order(self, channel: ChannelKind) -> tuple[ReceiptBasis, ...]:
        """Which date of receipt decides, the round's own choice first."""
        usual = self.book.versions[-1].receipt[channel]
        first = [basis for basis in usual if basis is self.preferences.receipt]
        return tuple(dict.fromkeys([*first, *usual]))


_HELD_AGAINST = frozenset({Verdict.LATE, Verdict.OVERDUE, Verdict.NO_REPLY})


@dataclass(frozen=True, slots=True)
class Measurement:
    """One request, measured by the round's default reading; `assessment` holds the other readings.

    Days are working days under the calendar, unless named calendar days.
    """

    state: RequestState | None
    submitted_at: datetime | None
    facts: Facts | None
    assessment: Assessment | None
    reading: LegalReading | None
    receipt_basis: ReceiptBasis | None
    clocks: Mapping[ClockName, NamedClock]
    remarks: Sequence[Remark]
    reply: Reading | None
    verdict: Verdict
    reason: str  # a code that says why this verdict and no other
    summary: Summary
    is_vetoed: bool = False  # unanswered for more months than the rules bear (国办秘函〔2019〕19号)

    @property
    def received_on(self) -> date | None:
        return self.reading.received_on if self.reading else None

    @property
    def due_on(self) -> date | None:
        return self.reading.due_on if self.reading else None

    @property
    def replied_on(self) -> date | None:
        return self.reading.replied_on if self.reading else None

    @property
    def response_days(self) -> int | None:
        return self.reading.response_days if self.reading else None

    @property
    def response_calendar_days(self) -> int | None:
        decision = self.clocks.get(ClockName.FIRST_DECISION)
        return decision.calendar_days if decision else None

    @property
    def outcome(self) -> Outcome | None:
        return self.reply.outcome if self.reply else None

    @property
    def is_disputable(self) -> bool:
        """Whether the unit could object: a fault that another reading denies or that rests on a guessed
        day, or no verdict at all because it could not be told."""
        is_doubtful = self.summary is Summary.UNDER_SOME or self.is_provisional
        return (self.verdict in _HELD_AGAINST and is_doubtful) or self.verdict is Verdict.NOT_ASSESSABLE

    @property
    def is_provisional(self) -> bool:
        return bool(self.assessment and self.assessment.is_provisional)


def measure_request(
    history: History, channel: ChannelKind | None, law: Law, circumstances: Circumstances
) -> Measurement:
    """Measure one request as of a date. Raises `CalendarGap` where the calendar has no guess either."""
    facts = assessment = reading = None
    if channel and history.state in SENT_STATES:
        facts = facts_of(history, channel, circumstances.as_of)
        assessment = assess(facts, law.book, law.calendar, circumstances.as_of)
        reading = assessment.preferred(law.receipt_order(channel), law.preferences)
    verdict, reason = _verdict(history, channel, reading, circumstances)
    return Measurement(
        state=RequestState.ABANDONED if verdict is Verdict.ABANDONED else history.state,
        submitted_at=history.submitted_at,
        facts=facts,
        assessment=assessment,
        reading=reading,
        receipt_basis=_basis(reading, channel),
        clocks=named_clocks(facts, reading, law.calendar) if facts and reading else {},
        remarks=remarks_on(facts, reading, law.calendar) if facts and reading else (),
        reply=history.first(MessageKind.REPLY) if reading and reading.replied_on else None,
        verdict=verdict,
        reason=reason,
        summary=assessment.summary if assessment and verdict is not Verdict.NOT_ASSESSABLE else Summary.OPEN,
        is_vetoed=verdict in _SILENT and _is_vetoed(reading, circumstances.as_of),
    )


def _basis(reading: LegalReading | None, channel: ChannelKind | None) -> ReceiptBasis | None:
    """The fact the date of receipt rests on; at the counter, handing in is receipt (Art. 31)."""
    if reading is None:
        return None
    basis = reading.bases[0]
    is_handed_in = channel is ChannelKind.IN_PERSON and basis is ReceiptBasis.SUBMISSION
    return ReceiptBasis.HANDED_IN if is_handed_in else basis


_SILENT = frozenset({Verdict.OVERDUE, Verdict.NO_REPLY})


def _is_vetoed(reading: LegalReading | None, as_of: date) -> bool:
    """Months end on the same day of the month, or on its last day: three after 30 November is 28 February."""
    if reading is None or not reading.rules.veto_months:
        return False
    return as_of > reading.received_on + relativedelta(months=reading.rules.veto_months)


_PLAIN: dict[RequestState | None, tuple[Verdict, str]] = {
    RequestState.UNSETTLED: (Verdict.NOT_ASSESSABLE, "send_unsettled"),
    RequestState.NOT_SENT: (Verdict.NOT_SENT, "never_sent"),
    RequestState.CHANNEL_FAILED: (Verdict.CHANNEL_FAILED, "channel_failed"),
}
_READ: dict[Verdict, tuple[Verdict, str]] = {
    Verdict.IN_TIME: (Verdict.IN_TIME, "replied_by_due_date"),
    Verdict.LATE: (Verdict.LATE, "replied_after_due_date"),
    Verdict.PENDING: (Verdict.PENDING, "not_due_yet"),
    Verdict.AWAITING_US: (Verdict.AWAITING_US, "unit_waits_for_us"),
    Verdict.ABANDONED: (Verdict.ABANDONED, "not_corrected"),
    Verdict.NOT_ASSESSABLE: (Verdict.NOT_ASSESSABLE, "handed_on"),
}


def _verdict(
    history: History,
    channel: ChannelKind | None,
    reading: LegalReading | None,
    circumstances: Circumstances,
) -> tuple[Verdict, str]:
    if history.state in _PLAIN:
        return _PLAIN[history.state]
    closed = circumstances.is_round_closed
    if history.state not in SENT_STATES:
        return (Verdict.NOT_SENT, "never_sent") if closed else (Verdict.PENDING, "not_sent_yet")
    if reading is None:
        return (Verdict.NOT_ASSESSABLE if closed else Verdict.PENDING), "receipt_unknown"
    return _READ.get(reading.verdict) or _verdict_of_silence(history, channel, reading, circumstances)


def _verdict_of_silence(
    history: History, channel: ChannelKind | None, reading: LegalReading, circumstances: Circumstances
) -> tuple[Verdict, str]:
    doubt = _doubt(history, channel, reading.due_on, circumstances)
    if doubt:
        return Verdict.NOT_ASSESSABLE, doubt
    last_day = (reading.due_on or date.max) + timedelta(days=circumstances.grace_days)
    if circumstances.is_round_closed and circumstances.as_of > last_day:
        return Verdict.NO_REPLY, "no_reply_at_close"
    return Verdict.OVERDUE, "past_due_and_waiting"


def _doubt(
    history: History, channel: ChannelKind | None, due_on: date | None, circumstances: Circumstances
) -> str:
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
    if channel is ChannelKind.WEB_FORM and not _was_looked_at_after(history, due_on):
        return "page_not_looked_at_since_due"  # the answer may stand there since
    return ""


def _was_looked_at_after(history: History, due_on: date | None) -> bool:
    return any(due_on is None or local_date(at) > due_on for at in history.looked_up_at)


def open_readings(readings: Sequence[Reading]) -> list[Reading]:
    """What a person has to look at: machine readings that are unknown or below the round's threshold,
    and a person's own that a machine surely read otherwise afterwards."""
    return [
        reading
        for reading in readings
        if reading.is_contested
        or (
            not reading.is_by_person
            and (reading.kind is MessageKind.UNKNOWN or reading.confidence < reading.review_below)
        )
    ]
