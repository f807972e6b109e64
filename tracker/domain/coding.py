"""Where the coding of one message stands: whose votes count, whether they agree, what was adjudicated."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tracker.domain.lifecycle import Reading, replay
from tracker.domain.measure import open_readings
from tracker.domain.rounds import Coding
from tracker.domain.terms import Event, EventKind, MessageKind


class Stage(StrEnum):
    UNASKED = "unasked"  # the machine's sure reading of a notice is enough
    OPEN = "open"  # waits for a coder
    DISPUTED = "disputed"  # the coders differ: somebody else decides
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's answers. `ratings` are those that nobody has to agree with, `note` is free text."""

    actor: str
    answers: Mapping[str, str]
    ratings: Mapping[str, str]
    note: str
    reason: str
    seq: int


@dataclass(frozen=True, slots=True)
class Codings:
    """What counts about one message since it was last reopened."""

    votes: tuple[Vote, ...] = ()
    adjudication: Vote | None = None
    is_reopened: bool = False

    @property
    def coders(self) -> tuple[str, ...]:
        return tuple(vote.actor for vote in self.votes)

    @property
    def differing(self) -> tuple[str, ...]:
        """The questions on which the votes differ; an answer that is absent is one too."""
        names = dict.fromkeys(name for vote in self.votes for name in vote.answers)
        return tuple(name for name in names if len({vote.answers.get(name) for vote in self.votes}) > 1)


def codings_of(events: Iterable[Event], message: str) -> Codings:
    """The votes about `message`; a vote of the same person replaces the earlier one."""
    votes: dict[str, Vote] = {}
    adjudication, is_reopened = None, False
    for event in sorted(events, key=lambda event: event.seq):
        if event.source_sha256 != message:
            continue
        if event.kind is EventKind.CODED:
            votes[event.actor] = _vote(event)
        elif event.kind is EventKind.ADJUDICATED:
            adjudication = _vote(event)
        elif event.kind is EventKind.REOPENED:
            votes, adjudication, is_reopened = {}, None, True
    return Codings(tuple(votes.values()), adjudication, is_reopened)


def stage_of(codings: Codings, reading: Reading, is_in_doubt: bool, coding: Coding) -> Stage:
    """In a blind round everything is coded: that a message is asked about says nothing about it."""
    if codings.adjudication:
        return Stage.DONE
    if len(codings.votes) >= coding.coders:
        return Stage.DISPUTED if codings.differing else Stage.DONE
    is_asked = coding.is_blind or coding.coders > 1 or is_in_doubt or codings.is_reopened
    is_asked = is_asked or bool(codings.votes) or reading.kind is MessageKind.REPLY
    return Stage.OPEN if is_asked else Stage.UNASKED


def stages_of(events: Sequence[Event], coding: Coding) -> dict[str, tuple[Stage, Codings, Reading]]:
    """The stage of each message that a request's events read as an answer to it."""
    readings = replay("", events).readings
    doubtful = {reading.message for reading in open_readings(readings)}
    found = {}
    for reading in readings:
        codings = codings_of(events, reading.message)
        stage = stage_of(codings, reading, reading.message in doubtful, coding)
        found[reading.message] = (stage, codings, reading)
    return found


def as_seen_blind(events: Sequence[Event], actor: str, coding: Coding) -> list[Event]:
    """The events of a request that a coder may know: of a message that still waits for votes and has
    not got the own one, no reading at all, and meanwhile nothing that follows from one: a correction, a
    rating, that the unit's page is looked at no more. Where nobody is asked any more, nothing can be biased."""
    stages = stages_of(events, coding)
    secret = {
        message
        for message, (stage, codings, _reading) in stages.items()
        if stage is Stage.OPEN and actor not in codings.coders
    }
    return [
        event
        for event in events
        if not (event.kind in _READINGS and event.source_sha256 in secret)
        and not (event.kind in _FOLLOWING and secret)
    ]


_READINGS = (
    EventKind.READ,
    EventKind.REVIEWED,
    EventKind.CODED,
    EventKind.ADJUDICATED,
    EventKind.REOPENED,
)
_FOLLOWING = (EventKind.CORRECTED, EventKind.LOOKED_UP, EventKind.RATING_CLAIMED, EventKind.RATED)


def _vote(event: Event) -> Vote:
    payload = event.payload
    return Vote(
        event.actor,
        payload["answers"],
        payload.get("ratings", {}),
        payload.get("note", ""),
        payload.get("reason", ""),
        event.seq,
    )
