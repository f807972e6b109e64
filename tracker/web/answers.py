"""What the JSON API is asked and answers. Moments are ISO 8601 in UTC, days are those of Shanghai."""

from datetime import date, datetime

from pydantic import BaseModel

from tracker.domain.coding import Stage
from tracker.domain.terms import RequestKind, Verdict
from tracker.services.accounts import Role


class Me(BaseModel):
    account: str
    role: Role
    form_token: str


class Round(BaseModel):
    """`stages`: messages by where their coding stands."""

    name: str
    title: str
    stages: dict[Stage, int]


class Standing(BaseModel):
    """One request as it was measured last. In a blind round a reviewer is told nothing below `channel`."""

    reference: str
    unit_id: str
    unit: str
    kind: RequestKind
    channel: str | None
    verdict: Verdict | None = None
    reason: str | None = None
    due_on: date | None = None
    is_provisional: bool | None = None
    replied_on: date | None = None
    response_days: int | None = None
    outcome: str | None = None


MEASURED = ("verdict", "reason", "due_on", "is_provisional", "replied_on", "response_days", "outcome")


class Standings(BaseModel):
    count: int
    requests: list[Standing]


class Waiting(BaseModel):
    """`held_by`: whose lease runs; of others nothing is told in a blind round."""

    request: str
    message: str
    unit: str
    arrived_at: datetime
    held_by: str | None


class Queue(BaseModel):
    count: int
    messages: list[Waiting]


class Claimed(BaseModel):
    request: str
    message: str


class Read(BaseModel):
    kind: str
    outcome: str | None
    is_by_person: bool
    confidence: float
    evidence: list[str]


class GivenVote(BaseModel):
    actor: str
    answers: dict[str, str]
    ratings: dict[str, str]
    note: str


class Letter(BaseModel):
    """A message of a request. `reading` and `votes` are null as long as they are secret from who asks."""

    sha256: str
    source: str
    arrived_at: datetime
    sender: str
    subject: str
    text: str
    quoted: str
    stage: Stage
    has_voted: bool
    reading: Read | None
    votes: list[GivenVote] | None


class Told(BaseModel):
    kind: str
    happened_at: datetime
    known_at: datetime
    message: str | None


class OneRequest(BaseModel):
    """`events`: the time line as far as who asks may know it; `statement`: how the days were counted."""

    standing: Standing
    events: list[Told]
    letters: list[Letter]
    statement: list[str]


class Held(BaseModel):
    message: str
    arrived_at: datetime
    candidates: list[str]


class Pen(BaseModel):
    count: int
    messages: list[Held]


class OpenTask(BaseModel):
    task: str
    kind: str
    unit: str
    since: datetime


class Tasks(BaseModel):
    count: int
    tasks: list[OpenTask]


class GivenAnswers(BaseModel):
    answers: dict[str, str]


class Recorded(BaseModel):
    stage: Stage


class Fault(BaseModel):
    detail: str
