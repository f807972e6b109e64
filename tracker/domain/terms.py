"""The nouns of the tracker. Every other module uses these words and no others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def local_date(moment: datetime) -> date:
    """The calendar date of an aware datetime in Asia/Shanghai, the only zone the law counts in."""
    if moment.tzinfo is None:
        raise ValueError(f"naive datetime {moment.isoformat()}: every moment needs its zone")
    return moment.astimezone(SHANGHAI).date()


class RequestKind(StrEnum):
    DISCLOSURE = "disclosure"  # 政府信息公开申请
    CONSULTATION = "consultation"  # 政务咨询


class ChannelKind(StrEnum):
    EMAIL = "email"
    WEB_FORM = "web_form"
    POST = "post"
    FAX = "fax"
    PHONE = "phone"
    IN_PERSON = "in_person"


class Mode(StrEnum):
    REHEARSAL = "rehearsal"
    PILOT = "pilot"
    LIVE = "live"


class RoundState(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    RUNNING = "running"
    CLOSED = "closed"
    FINAL = "final"


class MessageKind(StrEnum):
    """What an incoming message is; the meanings stand in data/reply-kinds.toml."""

    AUTO_REPLY = "auto_reply"
    ACKNOWLEDGEMENT = "acknowledgement"
    CORRECTION_NOTICE = "correction_notice"
    EXTENSION_NOTICE = "extension_notice"
    THIRD_PARTY_NOTICE = "third_party_notice"
    FEE_NOTICE = "fee_notice"
    REPLY = "reply"
    BOUNCE = "bounce"
    DELAY = "delay"
    UNRELATED = "unrelated"
    READ_RECEIPT = "read_receipt"
    TRANSFER_NOTICE = "transfer_notice"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What a reply decides; the articles stand in data/reply-kinds.toml."""

    DISCLOSED = "disclosed"
    ALREADY_PUBLIC = "already_public"
    PARTLY_DISCLOSED = "partly_disclosed"
    REFUSED = "refused"
    NOT_HELD = "not_held"
    NEEDS_CREATION = "needs_creation"
    STILL_UNCLEAR = "still_unclear"
    NOT_RESPONSIBLE = "not_responsible"
    DUPLICATE = "duplicate"
    OTHER_REGIME = "other_regime"
    NOT_A_REQUEST = "not_a_request"
    PUBLICATION = "publication"
    EXCESSIVE = "excessive"
    REISSUE = "reissue"
    ABANDONED = "abandoned"
    FEE_UNPAID = "fee_unpaid"
    ANSWER = "answer"
    DEFLECTION = "deflection"
    REFERRED = "referred"
    NOT_TO_THE_POINT = "not_to_the_point"


CONSULTATION_OUTCOMES = frozenset(
    {Outcome.ANSWER, Outcome.DEFLECTION, Outcome.REFERRED, Outcome.NOT_TO_THE_POINT}
)


def outcomes_of(kind: RequestKind) -> frozenset[Outcome]:
    """The outcomes a reply to a request of this kind can have."""
    if kind is RequestKind.CONSULTATION:
        return CONSULTATION_OUTCOMES
    return frozenset(Outcome) - CONSULTATION_OUTCOMES


NO_USABLE_CHANNEL = "no_usable_channel"  # why a unit was never written to: a finding of the plan


class EventKind(StrEnum):
    """What can happen. The payload of each kind is described in README's design notes."""

    # one request
    PLANNED = "planned"
    APPROVED = "approved"
    CLAIMED = "claimed"
    DISPATCHED = "dispatched"
    SEND_DEFERRED = "send_deferred"
    SEND_REFUSED = "send_refused"
    SEND_UNSETTLED = "send_unsettled"
    SEND_EXPIRED = "send_expired"
    SETTLED_SENT = "settled_sent"
    SETTLED_NOT_SENT = "settled_not_sent"
    READ = "read"
    REVIEWED = "reviewed"
    CORRECTED = "corrected"
    SIGNED_FOR = "signed_for"
    LOOKED_UP = "looked_up"  # the unit's page was looked at, and nothing new stood there
    # reviewers at the desk
    CODED = "coded"  # one coder's answers about one message
    ADJUDICATED = "adjudicated"  # what holds where coders differed
    REOPENED = "reopened"  # the votes so far no longer count
    IDENTITY_SEEN = "identity_seen"  # somebody looked at what names an applicant
    # one message that is nobody's yet
    HELD = "held"
    ASSIGNED = "assigned"
    SCAN_READ = "scan_read"
    # a round or the whole workspace
    ROUND_PLANNED = "round_planned"
    ROUND_APPROVED = "round_approved"
    ROUND_STARTED = "round_started"
    ROUND_CLOSED = "round_closed"
    ROUND_FINAL = "round_final"
    HOLD_SET = "hold_set"
    HOLD_RELEASED = "hold_released"
    WATCH_GAP = "watch_gap"
    WORKSPACE_ADOPTED = "workspace_adopted"
    CALENDAR_CHANGED = "calendar_changed"
    # a unit's own pages
    PAGE_AUDITED = "page_audited"  # what a guide or a consultation page announces, read by machine
    AUDIT_CONFIRMED = "audit_confirmed"  # a person's word on one channel or on the rating
    RATING_CLAIMED = "rating_claimed"  # right before we rate an answer, once
    RATED = "rated"


class RequestState(StrEnum):
    PLANNED = "planned"
    APPROVED = "approved"
    CLAIMED = "claimed"
    UNSETTLED = "unsettled"
    NOT_SENT = "not_sent"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    AWAITING_US = "awaiting_us"
    EXTENDED = "extended"
    REPLIED = "replied"
    ABANDONED = "abandoned"
    CHANNEL_FAILED = "channel_failed"


class ReceiptBasis(StrEnum):
    """Which fact the date of receipt rests on (Art. 31; Guiding Case 26)."""

    SUBMISSION = "submission"
    CONFIRMATION = "confirmation"
    SIGNATURE = "signature"
    HANDED_IN = "handed_in"


class Verdict(StrEnum):
    IN_TIME = "in_time"
    LATE = "late"
    OVERDUE = "overdue"
    NO_REPLY = "no_reply"
    PENDING = "pending"
    AWAITING_US = "awaiting_us"
    ABANDONED = "abandoned"
    CHANNEL_FAILED = "channel_failed"
    NOT_ASSESSABLE = "not_assessable"
    NOT_SENT = "not_sent"


@dataclass(frozen=True, slots=True)
class Event:
    """A fact, never edited. `happened_at` is in the world and counted by; `known_at` is ours."""

    kind: EventKind
    happened_at: datetime
    known_at: datetime
    actor: str
    round: str | None = None
    request: str | None = None
    source_sha256: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    dedupe_key: str = ""
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Unit:
    """A row of units.csv: an assessed unit (受评单位). `unit_id` is stable over rounds."""

    unit_id: str
    unit_code: str
    name: str
    group: str = ""
    predecessors: tuple[str, ...] = ()
    joined_on: date | None = None
    left_on: date | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """A row of channels.csv: one way to reach a unit with one kind of request."""

    unit_id: str
    kind: RequestKind
    channel: ChannelKind
    announced: bool
    address: str
    platform: str = ""
    priority: int = 1
    parameters: str = ""  # of the platform's recipe: "sysid=12;department=市教育局"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: a row of questions.csv. An empty `unit_id` fits every unit of `group`."""

    question_id: str
    kind: RequestKind
    title: str
    text: str
    unit_id: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """One request of the plan. `channel` None: the unit has no usable channel, a finding."""

    reference: str
    kind: RequestKind
    unit_id: str
    applicant: str
    channel: ChannelKind | None
    address: str
    question_id: str
    planned_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """Final bytes of one letter to one recipient; nothing is added to them afterwards."""

    request: str
    step: str
    sender: str
    recipient: str
    message_id: str
    raw: bytes


class SendResult(StrEnum):
    ACCEPTED = "accepted"  # 250 after the final dot
    DEFERRED = "deferred"  # surely not sent, may be tried again
    REFUSED = "refused"  # surely not sent, a permanent answer
    UNSETTLED = "unsettled"  # nobody knows; never tried again by a machine


@dataclass(frozen=True, slots=True)
class SendReceipt:
    """What became of one `OutboundMessage`. `at` is when the answer (or its absence) was known."""

    request: str
    step: str
    result: SendResult
    at: datetime
    code: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Classification:
    """A reading of a message: `evidence` names the phrases and headers that fired."""

    kind: MessageKind
    outcome: Outcome | None = None
    confidence: float = 1.0
    evidence: tuple[str, ...] = ()
    document_number: str = ""

    @property
    def label(self) -> str:
        """The one word tests and exports use: the outcome of a reply, else the kind."""
        return self.outcome or self.kind
