"""The tables of the desk: what pages are made from, who is at work, and who may come in.

`coding` and `standing` are derived from events; the others are working state.
"""

from datetime import date, datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

HAS_VOTES = text("coders > ''")  # as SQLite's planner knows the index by: word for word


class CodingRow(SQLModel, table=True):
    """Derived: where the coding of one message of one request stands; see `domain.coding.stage_of`."""

    __tablename__ = "coding"
    __table_args__ = (
        # all that a page of the queue is chosen by
        Index("coding_queue", "round", "stage", "arrived_at", "request", "message", "coders"),
        Index("coding_arrived", "round", "arrived_at"),
        Index("coding_stage", "round", "stage"),
        Index("coding_votes", "round", "stage", "coders", sqlite_where=HAS_VOTES),
        Index("coding_answers", "round", "answers"),
    )
    request: str = Field(primary_key=True)
    message: str = Field(primary_key=True)
    round: str
    unit_id: str
    arrived_at: datetime
    stage: str
    coders: str = ""  # who voted since it was last reopened, separated by ;
    answers: str = ""  # theirs to the questions that have to agree: a JSON list in the order of their votes


class LeaseRow(SQLModel, table=True):
    """Who is at work on a message, so that nobody else begins it; working state."""

    __tablename__ = "lease"
    request: str = Field(primary_key=True, foreign_key="request.reference")
    message: str = Field(primary_key=True)
    actor: str = Field(primary_key=True)
    claimed_at: datetime
    expires_at: datetime = Field(index=True)


_NARROWED_BY = (
    "kind", "group", "verdict", "unit_id", "unit_name", "due_on",
)  # fmt: skip
_COUNTED_BY = ("group", "kind", "verdict", "is_provisional", "response_days")


class StandingRow(SQLModel, table=True):
    """Derived: each request as it was last measured, so that a page need not measure a whole round."""

    __tablename__ = "standing"
    __table_args__ = (
        # all that a list is narrowed by, in its order, and all that an overview counts: neither reads a row
        Index("standing_list", "round", "reference", *_NARROWED_BY),
        Index("standing_counts", "round", *_COUNTED_BY),
        Index("standing_verdict", "round", "verdict", "due_on"),
        Index("standing_due", "round", "due_on"),
        Index("standing_disputable", "round", "is_disputable", "reference"),
        Index("standing_seq", "counted_seq"),
        Index("standing_reason", "reason"),
        Index("standing_unit", "round", "unit_id"),
        Index("standing_day", "round", "counted_on"),
    )
    reference: str = Field(primary_key=True)
    round: str
    unit_id: str
    unit_name: str
    group: str
    kind: str
    channel: str | None
    applicant: str
    state: str
    verdict: str
    reason: str
    is_disputable: bool
    submitted_at: datetime | None
    received_on: date | None
    due_on: date | None
    replied_on: date | None
    response_days: int | None
    outcome: str | None
    is_provisional: bool
    looked_on: date | None  # when the unit's page was looked at last; before that, when the request went out
    counted_seq: int  # of the request's newest event then
    counted_on: date  # as of which day; far ahead where no day can change anything
    circumstances: str  # fingerprint of what lies outside the request's own events


class AccountRow(SQLModel, table=True):
    """Somebody who may use the desk."""

    __tablename__ = "account"
    name: str = Field(primary_key=True)
    role: str
    password: str  # argon2id; empty where only the identity provider knows who it is
    subject: str | None = Field(
        default=None, index=True, unique=True
    )  # issuer and subject at the identity provider
    created_at: datetime
    closed_at: datetime | None = None


class VisitRow(SQLModel, table=True):
    """A session at the desk; the cookie's token is known by its SHA-256 only."""

    __tablename__ = "visit"
    token_sha256: str = Field(primary_key=True)
    account: str = Field(foreign_key="account.name", index=True)
    form_token: str
    begun_at: datetime
    seen_at: datetime
    ended_at: datetime | None = None


class FailedLoginRow(SQLModel, table=True):
    __tablename__ = "failed_login"
    id: int | None = Field(default=None, primary_key=True)
    name: str
    address: str
    at: datetime = Field(index=True)
