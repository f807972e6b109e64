"""Codes as words on the terminal. JSON, exports and logs keep the codes."""

from tracker.domain.calendar import DayReason
from tracker.domain.clocks import ClockName, ClockStart
from tracker.domain.deadlines import LineReason
from tracker.domain.facts import FactKind
from tracker.domain.readings import CHOICES, Choices, Plea, ReplyTime, Summary
from tracker.domain.remarks import RemarkCode
from tracker.domain.terms import (
    NO_USABLE_CHANNEL,
    ChannelKind,
    Event,
    EventKind,
    MessageKind,
    Outcome,
    ReceiptBasis,
    RequestKind,
    RequestState,
    RoundState,
    Verdict,
)
from tracker.i18n import _


def verdict_word(verdict: Verdict) -> str:
    return {
        Verdict.IN_TIME: _("in time"),
        Verdict.LATE: _("late"),
        Verdict.OVERDUE: _("overdue, still waiting"),
        Verdict.NO_REPLY: _("no reply"),
        Verdict.PENDING: _("not due yet"),
        Verdict.AWAITING_US: _("waiting for us"),
        Verdict.ABANDONED: _("abandoned"),
        Verdict.CHANNEL_FAILED: _("channel failed"),
        Verdict.NOT_ASSESSABLE: _("could not be assessed"),
        Verdict.NOT_SENT: _("not sent"),
    }[verdict]


def reason_word(reason: str) -> str:
    """The word for a reason code of `domain.measure`."""
    return {
        "send_unsettled": _("nobody knows yet whether it was sent"),
        "never_sent": _("it was never sent"),
        "channel_failed": _("the channel did not work"),
        "not_corrected": _("it was not corrected within the time given"),
        "unit_waits_for_us": _("the unit asked us for something"),
        "not_sent_yet": _("not sent yet"),
        "receipt_unknown": _("the date of receipt is not known"),
        "replied_by_due_date": _("replied by the due date"),
        "replied_after_due_date": _("replied after the due date"),
        "handed_on": _("handed on to another office, which the rules leave out"),
        "not_due_yet": _("the due date has not passed"),
        "held_message_could_be_the_answer": _("an unmatched message could be the answer"),
        "unread_message_could_be_the_answer": _("a message that could not be read could be the answer"),
        "mailbox_was_not_watched": _("the mailbox was not watched all the time"),
        "email_silence_without_sign_of_receipt": _("no sign that the unit ever received the e-mail"),
        "page_not_looked_at_since_due": _("nobody has looked at the unit's page since the due date"),
        "no_reply_at_close": _("no reply when the round was closed"),
        "past_due_and_waiting": _("the due date has passed without a reply"),
    }[reason]


def basis_word(basis: ReceiptBasis) -> str:
    return {
        ReceiptBasis.SUBMISSION: _("successful submission"),
        ReceiptBasis.CONFIRMATION: _("confirmation by the unit"),
        ReceiptBasis.SIGNATURE: _("signature for the letter"),
        ReceiptBasis.HANDED_IN: _("handed in at the counter"),
    }[basis]


def state_word(state: RequestState | None) -> str:
    return {
        None: "",
        RequestState.PLANNED: _("planned"),
        RequestState.APPROVED: _("approved"),
        RequestState.CLAIMED: _("being sent"),
        RequestState.UNSETTLED: _("unsettled"),
        RequestState.NOT_SENT: _("not sent"),
        RequestState.SENT: _("sent"),
        RequestState.ACKNOWLEDGED: _("acknowledged"),
        RequestState.AWAITING_US: _("waiting for us"),
        RequestState.EXTENDED: _("extended"),
        RequestState.REPLIED: _("replied"),
        RequestState.ABANDONED: _("abandoned"),
        RequestState.CHANNEL_FAILED: _("channel failed"),
    }[state]


def round_state_word(state: RoundState) -> str:
    return {
        RoundState.DRAFT: _("draft"),
        RoundState.APPROVED: _("approved"),
        RoundState.RUNNING: _("running"),
        RoundState.CLOSED: _("closed"),
        RoundState.FINAL: _("final"),
    }[state]


def kind_word(kind: RequestKind) -> str:
    return {
        RequestKind.DISCLOSURE: _("disclosure"),
        RequestKind.CONSULTATION: _("consultation"),
    }[kind]


def channel_word(channel: ChannelKind) -> str:
    return {
        ChannelKind.EMAIL: _("e-mail"),
        ChannelKind.WEB_FORM: _("web form"),
        ChannelKind.POST: _("post"),
        ChannelKind.FAX: _("fax"),
        ChannelKind.PHONE: _("phone"),
        ChannelKind.IN_PERSON: _("in person"),
    }[channel]


def label_word(label: str) -> str:
    """The word for a label: the outcome of a reply, else the kind of the message."""
    return (_message_words() | _outcome_words())[label]


def _message_words() -> dict[str, str]:
    return {
        MessageKind.AUTO_REPLY: _("automatic reply"),
        MessageKind.ACKNOWLEDGEMENT: _("acknowledgement"),
        MessageKind.CORRECTION_NOTICE: _("correction notice"),
        MessageKind.EXTENSION_NOTICE: _("extension notice"),
        MessageKind.THIRD_PARTY_NOTICE: _("third-party notice"),
        MessageKind.FEE_NOTICE: _("fee notice"),
        MessageKind.REPLY: _("reply"),
        MessageKind.BOUNCE: _("bounce"),
        MessageKind.DELAY: _("delivery delayed"),
        MessageKind.UNRELATED: _("unrelated"),
        MessageKind.READ_RECEIPT: _("read receipt"),
        MessageKind.TRANSFER_NOTICE: _("transfer notice"),
        MessageKind.UNKNOWN: _("could not be told"),
    }


def _outcome_words() -> dict[str, str]:
    return {
        Outcome.DISCLOSED: _("disclosed"),
        Outcome.ALREADY_PUBLIC: _("already public"),
        Outcome.PARTLY_DISCLOSED: _("partly disclosed"),
        Outcome.REFUSED: _("refused"),
        Outcome.NOT_HELD: _("not held"),
        Outcome.NEEDS_CREATION: _("would have to be created"),
        Outcome.STILL_UNCLEAR: _("still unclear after correction"),
        Outcome.NOT_RESPONSIBLE: _("unit not responsible"),
        Outcome.DUPLICATE: _("duplicate request"),
        Outcome.OTHER_REGIME: _("under another regime"),
        Outcome.NOT_A_REQUEST: _("not a disclosure request"),
        Outcome.PUBLICATION: _("published for sale"),
        Outcome.EXCESSIVE: _("excessive requests"),
        Outcome.REISSUE: _("information held already"),
        Outcome.ABANDONED: _("taken as abandoned"),
        Outcome.FEE_UNPAID: _("fee not paid"),
        Outcome.ANSWER: _("answered"),
        Outcome.DEFLECTION: _("turned away"),
        Outcome.REFERRED: _("referred to the right office"),
        Outcome.NOT_TO_THE_POINT: _("not to the point"),
    }


def event_said(event: Event) -> str:
    """An event in words; that a unit has no channel is a finding of the plan, and no sending."""
    if event.payload.get("reason") == NO_USABLE_CHANNEL:
        return _("no usable channel on the roster")
    return event_word(event.kind)


def event_word(kind: EventKind) -> str:
    return {
        EventKind.PLANNED: _("planned"),
        EventKind.APPROVED: _("approved"),
        EventKind.CLAIMED: _("sending begun"),
        EventKind.DISPATCHED: _("sent"),
        EventKind.SEND_DEFERRED: _("sending put off"),
        EventKind.SEND_REFUSED: _("sending refused"),
        EventKind.SEND_UNSETTLED: _("sending unsettled"),
        EventKind.SEND_EXPIRED: _("too late to send"),
        EventKind.SETTLED_SENT: _("settled: it was sent"),
        EventKind.SETTLED_NOT_SENT: _("settled: it was not sent"),
        EventKind.READ: _("read by machine"),
        EventKind.REVIEWED: _("read by a person"),
        EventKind.CORRECTED: _("we corrected the request"),
        EventKind.SIGNED_FOR: _("the unit signed for it"),
        EventKind.LOOKED_UP: _("the unit's page looked at: nothing new"),
        EventKind.CODED: _("coded by a reviewer"),
        EventKind.ADJUDICATED: _("adjudicated"),
        EventKind.REOPENED: _("reopened"),
        EventKind.IDENTITY_SEEN: _("what names the applicant was looked at"),
        EventKind.HELD: _("message held"),
        EventKind.ASSIGNED: _("message assigned"),
        EventKind.ROUND_PLANNED: _("round planned"),
        EventKind.ROUND_APPROVED: _("round approved"),
        EventKind.ROUND_STARTED: _("round started"),
        EventKind.ROUND_CLOSED: _("round closed"),
        EventKind.ROUND_FINAL: _("round made final"),
        EventKind.HOLD_SET: _("sending stopped"),
        EventKind.HOLD_RELEASED: _("sending released"),
        EventKind.WATCH_GAP: _("mailbox not watched"),
        EventKind.CALENDAR_CHANGED: _("calendar changed"),
        EventKind.WORKSPACE_ADOPTED: _("workspace adopted"),
        EventKind.PAGE_AUDITED: _("page read for its channels"),
        EventKind.AUDIT_CONFIRMED: _("a channel confirmed by a person"),
        EventKind.RATING_CLAIMED: _("rating begun"),
        EventKind.RATED: _("answer rated"),
        EventKind.SCAN_READ: _("a scan read by machine"),
    }[kind]


# --- the legal clock ------------------------------------------------------------------------------------


def summary_word(summary: Summary) -> str:
    return {
        Summary.IN_TIME_UNDER_EVERY: _("in time under every reading"),
        Summary.UNDER_SOME: _("in time only under some readings"),
        Summary.UNDER_NONE: _("in time under no reading"),
        Summary.OPEN: _("open"),
    }[summary]


def choices_words(choices: Choices) -> list[str]:
    """What a reading assumes; empty where there is only one way to read the case."""
    words = {
        ("receipt", ReceiptBasis.SUBMISSION): _("received when submitted"),
        ("receipt", ReceiptBasis.CONFIRMATION): _("received when the unit confirmed it"),
        ("receipt", ReceiptBasis.SIGNATURE): _("received when signed for"),
        ("correction", Plea.COUNTED): _("the disputed correction notice counts"),
        ("correction", Plea.DISPUTED): _("the disputed correction notice does not count"),
        ("pause", Plea.COUNTED): _("third-party time is excluded"),
        ("pause", Plea.DISPUTED): _("third-party time is not excluded"),
        ("reply_time", ReplyTime.STAMP): _("answered when sent"),
        ("reply_time", ReplyTime.ARRIVAL): _("answered when it arrived"),
    }
    chosen = [(name, getattr(choices, name)) for name in CHOICES]
    return [words[name, choice] for name, choice in chosen if choice is not None]


def line_word(reason: LineReason) -> str:
    return {
        LineReason.RECEIPT: _("day of receipt, not counted"),
        LineReason.RESTART: _("corrected application received, counted anew"),
        LineReason.WAITING: _("waiting for the correction, not counted"),
        LineReason.PAUSED: _("third-party opinion, excluded"),
        LineReason.WORKING_DAY: _("working day"),
        LineReason.MAKEUP_DAY: _("make-up working day"),
        LineReason.WEEKEND: _("weekend"),
        LineReason.DAY_OFF: _("day off"),
    }[reason]


def day_word(reason: DayReason) -> str:
    return line_word(LineReason(reason))


def fact_word(kind: FactKind) -> str:
    return {
        FactKind.SUBMITTED: _("submitted"),
        FactKind.ACCEPTED: _("accepted by the server, site or counter"),
        FactKind.SIGNED: _("signed for"),
        FactKind.AUTO_REPLY: _("automatic reply"),
        FactKind.CONFIRMED: _("confirmed by the unit"),
        FactKind.ACKNOWLEDGEMENT: _("acknowledgement"),
        FactKind.TRANSFER_NOTICE: _("transfer notice"),
        FactKind.CORRECTION_NOTICE: _("correction notice"),
        FactKind.CORRECTED: _("we corrected the request"),
        FactKind.EXTENSION_NOTICE: _("extension notice"),
        FactKind.THIRD_PARTY_NOTICE: _("third-party notice"),
        FactKind.THIRD_PARTY_END: _("third party heard"),
        FactKind.FEE_NOTICE: _("fee notice"),
        FactKind.FEE_SETTLED: _("fee paid or objected to"),
        FactKind.REPLY: _("reply"),
    }[kind]


def clock_word(name: ClockName) -> str:
    return {
        ClockName.FIRST_CONTACT: _("first contact"),
        ClockName.ACKNOWLEDGEMENT: _("acknowledgement"),
        ClockName.FIRST_DECISION: _("first decision"),
        ClockName.FINAL_DECISION: _("final decision"),
    }[name]


def start_word(start: ClockStart) -> str:
    return {
        ClockStart.SUBMISSION: _("submission"),
        ClockStart.RECEIPT: _("receipt"),
        ClockStart.CORRECTED: _("receipt of the corrected application"),
    }[start]


def remark_word(code: RemarkCode) -> str:
    return {
        RemarkCode.CORRECTION_NOTICE_LATE: _("correction notice later than the rules allow"),
        RemarkCode.CORRECTION_NOTICE_AGAIN: _("a second correction notice: only one is allowed"),
        RemarkCode.CORRECTION_NOTICE_PRETEXT: _("correction notice found to be a pretext"),
        RemarkCode.EXTENSION_LATE: _("extension notice outside the running period: not counted"),
        RemarkCode.EXTENSION_AGAIN: _("a second extension notice: only the first counts"),
        RemarkCode.EXTENSION_TOO_LONG: _("extension longer than the rules allow: cut"),
        RemarkCode.THIRD_PARTY_TOO_LONG: _("more days excluded than a third party has to answer"),
        RemarkCode.FEE_NOTICE: _("fee notice: a finding for a person"),
        RemarkCode.HANDED_ON: _("handed on to another office"),
        RemarkCode.REPLIES_CONTRADICT: _("replies that contradict each other"),
    }[code]
