"""The tables. Facts are only ever inserted; `outbox`, `canary`, `mailbox_*`, `last_tick`, `ask`, `lookup`,
`fuse` and `*_state` rows are working state.

Every datetime column is SQLModel's own: it refuses naive values and gives back UTC.
"""

from datetime import date, datetime

from sqlalchemy import Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Column, Field, SQLModel


class WorkspaceRow(SQLModel, table=True):
    """Which workspace this is, and where it lives: a copy has the same id at another place."""

    __tablename__ = "workspace"
    id: int = Field(default=1, primary_key=True)
    instance_id: str
    place: str  # fingerprint of machine, path and file
    created_at: datetime


class RoundRow(SQLModel, table=True):
    __tablename__ = "round"
    name: str = Field(primary_key=True)
    plan: str  # canonical JSON of the RoundPlan
    seed: int
    created_at: datetime


class RoundFileRow(SQLModel, table=True):
    """The SHA-256 of every file a round was planned with."""

    __tablename__ = "round_file"
    round: str = Field(primary_key=True, foreign_key="round.name")
    path: str = Field(primary_key=True)
    sha256: str = Field(primary_key=True)


class UnitRow(SQLModel, table=True):
    __tablename__ = "unit"
    round: str = Field(primary_key=True, foreign_key="round.name")
    unit_id: str = Field(primary_key=True)
    unit_code: str
    name: str
    group: str
    predecessors: str  # separated by ;
    joined_on: date | None
    left_on: date | None


class ChannelRow(SQLModel, table=True):
    __tablename__ = "channel"
    __table_args__ = (Index("channel_unit", "round", "unit_id"),)
    id: int | None = Field(default=None, primary_key=True)
    round: str = Field(foreign_key="round.name", index=True)
    unit_id: str
    kind: str
    channel: str
    announced: bool
    address: str
    platform: str
    priority: int
    parameters: str = ""  # of the platform's recipe: name=value, separated by ;


class ApplicantRow(SQLModel, table=True):
    """`sealed` holds the identity fields, encrypted; only the mailbox stands in the open."""

    __tablename__ = "applicant"
    code: str = Field(primary_key=True)
    mailbox: str = Field(unique=True)
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class QuestionRow(SQLModel, table=True):
    __tablename__ = "question"
    round: str = Field(primary_key=True, foreign_key="round.name")
    question_id: str = Field(primary_key=True)
    kind: str
    title: str
    text: str


class RequestRow(SQLModel, table=True):
    __tablename__ = "request"
    reference: str = Field(primary_key=True)
    round: str = Field(foreign_key="round.name", index=True)
    kind: str
    unit_id: str
    applicant: str = Field(foreign_key="applicant.code", index=True)
    channel: str | None
    address: str
    question_id: str
    planned_at: datetime
    expires_at: datetime


# A reading that had to leave scans unread. As SQLite's planner knows the index by: word for word.
HAS_SCANS = text("""instr(payload, '"scans":["') > 0""")


class EventRow(SQLModel, table=True):
    __tablename__ = "event"
    __table_args__ = (Index("event_scans", "source_sha256", sqlite_where=HAS_SCANS),)
    seq: int | None = Field(default=None, primary_key=True)
    uid: str = Field(unique=True)
    round: str | None = Field(default=None, index=True)
    request: str | None = Field(default=None, index=True)
    kind: str = Field(index=True)
    happened_at: datetime
    known_at: datetime
    actor: str
    source_sha256: str | None = Field(default=None, index=True)
    payload: str  # canonical JSON
    dedupe_key: str = Field(unique=True)


class SealRow(SQLModel, table=True):
    """`head` = SHA-256 over the previous head and the events first_seq..last_seq."""

    __tablename__ = "seal"
    n: int = Field(primary_key=True)
    first_seq: int
    last_seq: int
    head: str
    sealed_at: datetime


class EvidenceRow(SQLModel, table=True):
    __tablename__ = "evidence"
    sha256: str = Field(primary_key=True)
    size: int
    media_type: str
    kept_at: datetime


class RawMessageRow(SQLModel, table=True):
    """One arrival of raw bytes. `taken_in_at` is empty until it was understood and recorded."""

    __tablename__ = "raw_message"
    __table_args__ = (
        UniqueConstraint("mailbox", "folder", "uidvalidity", "uid"),
        UniqueConstraint("sha256", "mailbox"),
    )
    id: int | None = Field(default=None, primary_key=True)
    sha256: str = Field(foreign_key="evidence.sha256", index=True)
    source: str  # mail, contact, page
    mailbox: str
    folder: str | None = None
    uidvalidity: int | None = None
    uid: int | None = None
    internal_date: datetime | None = None
    date_header: str = ""  # as it stands in the letter, unfolded; letters kept before 0002 have none
    received: str = "[]"  # every Received line, topmost first, unfolded: a JSON list
    arrived_at: datetime  # what the law counts by: see services.intake.replied_at
    arrival_basis: str
    kept_at: datetime
    taken_in_at: datetime | None = Field(default=None, index=True)


class ReceiptRow(SQLModel, table=True):
    """Receipt number, query code, password of one submission: opaque, encrypted."""

    __tablename__ = "receipt"
    id: int | None = Field(default=None, primary_key=True)
    request: str = Field(foreign_key="request.reference", index=True)
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    noted_at: datetime


class OutboxRow(SQLModel, table=True):
    """One letter or form, final bytes in the evidence store. `status` is the lock: see services.sending."""

    __tablename__ = "outbox"
    __table_args__ = (UniqueConstraint("request", "step"), Index("outbox_due", "status", "not_before"))
    id: int | None = Field(default=None, primary_key=True)
    request: str = Field(foreign_key="request.reference")
    step: str
    instance_id: str
    mailbox: str
    recipient: str  # a mail address, or the web address of a form
    host: str = Field(default="", index=True)  # whose caps count: a mail domain, or a platform
    message_id: str = Field(unique=True)  # of a form, a name of ours that is never sent
    raw_sha256: str = Field(foreign_key="evidence.sha256")
    status: str  # queued, sending, sent, refused, unsettled, not_sent, with_person
    not_before: datetime
    attempts: int = 0
    claimed_at: datetime | None = None
    answer: str = ""  # the server's last line, kept for "we never got it"
    failures: int = 0  # in a row, before anything was sent


class AskRow(SQLModel, table=True):
    """What a person has to read for a form that waits in the daemon: a captcha, a code on the telephone."""

    __tablename__ = "ask"
    id: int | None = Field(default=None, primary_key=True)
    request: str = Field(foreign_key="request.reference", index=True)
    name: str  # of the recipe's variable
    prompt: str
    picture: bytes = Field(default=b"", sa_column=Column(LargeBinary, nullable=False))
    asked_at: datetime
    expires_at: datetime
    answer: str | None = None
    answered_at: datetime | None = None
    answered_by: str = ""
    ended_at: datetime | None = None  # used, too late, or lost with the daemon


class LookupRow(SQLModel, table=True):
    """When the page of a submitted request is looked at next, and what stood there last."""

    __tablename__ = "lookup"
    request: str = Field(primary_key=True, foreign_key="request.reference")
    next_at: datetime = Field(index=True)
    last_ok_at: datetime | None = None
    text_sha256: str = ""  # of what was read last, white space apart
    failures: int = 0  # in a row
    fault: str = ""
    due_on: date | None = None  # as counted when the request's newest event was `counted_seq`
    counted_seq: int = 0
    found: str = ""  # entries with our title on the site's list, where the send is unsettled: JSON


class FuseRow(SQLModel, table=True):
    """A platform whose recipe fails again and again is left alone until a person has looked."""

    __tablename__ = "fuse"
    platform: str = Field(primary_key=True)
    failures: int = 0  # in a row
    fault: str = ""
    blown_at: datetime | None = None


class LoginRow(SQLModel, table=True):
    """An applicant's own account on a platform, encrypted."""

    __tablename__ = "login"
    applicant: str = Field(primary_key=True, foreign_key="applicant.code")
    platform: str = Field(primary_key=True)
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    noted_at: datetime


class MailboxMarkRow(SQLModel, table=True):
    __tablename__ = "mailbox_mark"
    mailbox: str = Field(primary_key=True)
    folder: str = Field(primary_key=True)
    uidvalidity: int
    last_uid: int
    missing: str = "[]"  # UIDs up to last_uid that the server has and did not hand over: a JSON list


class MailboxHealthRow(SQLModel, table=True):
    __tablename__ = "mailbox_health"
    mailbox: str = Field(primary_key=True)
    watched_since: datetime
    last_ok_at: datetime | None
    failures: int = 0
    fault: str = ""


class MailboxProofRow(SQLModel, table=True):
    """The daily proof: the last successful EXAMINE of a folder on a day in Shanghai."""

    __tablename__ = "mailbox_proof"
    mailbox: str = Field(primary_key=True)
    folder: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    uidvalidity: int
    uidnext: int
    examined_at: datetime


class VanishedMessageRow(SQLModel, table=True):
    """A message that was in the folder and was gone, or withheld, before it could be kept."""

    __tablename__ = "vanished_message"
    mailbox: str = Field(primary_key=True)
    folder: str = Field(primary_key=True)
    uidvalidity: int = Field(primary_key=True)
    uid: int = Field(primary_key=True)
    noticed_at: datetime


class CanaryRow(SQLModel, table=True):
    """One letter a week from a mailbox to itself. `status` is the lock: see services.canary."""

    __tablename__ = "canary"
    __table_args__ = (UniqueConstraint("mailbox", "week"),)
    id: int | None = Field(default=None, primary_key=True)
    mailbox: str
    week: str  # 2026-W48
    message_id: str = Field(unique=True)
    raw_sha256: str = Field(foreign_key="evidence.sha256")
    status: str  # queued, sending, sent, refused, unsettled
    not_before: datetime
    claimed_at: datetime | None = None
    answer: str = ""  # the server's last line
    seen_at: datetime | None = None
    seen_in: str | None = None  # the folder it came to


class LastTickRow(SQLModel, table=True):
    """When the last tick ended: a daemon that hangs or died is noticed by it."""

    __tablename__ = "last_tick"
    id: int = Field(default=1, primary_key=True)
    ended_at: datetime


class RequestStateRow(SQLModel, table=True):
    """Derived from events by `domain.lifecycle.replay`; `tracker rebuild` makes it anew."""

    __tablename__ = "request_state"
    reference: str = Field(primary_key=True)
    state: str = Field(index=True)
    submitted_at: datetime | None
    replied_at: datetime | None
    outcome: str | None
    open_readings: int
    last_seq: int


class HeldMessageRow(SQLModel, table=True):
    """Derived: the holding pen. A message leaves it when a person assigned it."""

    __tablename__ = "held_message"
    sha256: str = Field(primary_key=True)
    seq: int
    mailbox: str
    arrived_at: datetime
    candidates: str  # references, best first, separated by ;
