"""Which unit is to be asked what, through which channel, before anybody knows by whom and when."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from tracker.domain.bookings import shared_host
from tracker.domain.rounds import QuestionMissing, RoundPlan
from tracker.domain.terms import Channel, PlannedRequest, Question, RequestKind, Unit

_LETTERS = {RequestKind.DISCLOSURE: "D", RequestKind.CONSULTATION: "C"}


@dataclass(frozen=True, slots=True)
class Draft:
    """A request before it has an applicant and a time."""

    reference: str
    kind: RequestKind
    unit: Unit
    channel: Channel | None
    host: str
    question_id: str


def best_channel(channels: Iterable[Channel], unit_id: str, kind: RequestKind) -> Channel | None:
    """The announced channel with the lowest `priority`: a channel binds the unit once announced."""
    usable = [
        channel
        for channel in channels
        if channel.announced and channel.unit_id == unit_id and channel.kind is kind
    ]
    return min(usable, key=lambda channel: (channel.priority, channel.channel, channel.address), default=None)


def drafts_of(
    plan: RoundPlan,
    units: Iterable[Unit],
    channels: Sequence[Channel],
    questions: Sequence[Question],
    seed: int,
    already: Sequence[PlannedRequest],
    standing: Sequence[PlannedRequest],
    drafted: Mapping[tuple[str, RequestKind], str],
) -> list[Draft]:
    """A draft for each kind and unit without a `standing` request.

    One that was `drafted` before keeps its reference; others are numbered after all that were used.
    """
    done = {(request.unit_id, request.kind) for request in standing}
    drafts = []
    for kind in plan.kinds:
        prefix = f"{plan.name}-{_LETTERS[kind]}"
        number = _last_number([*(request.reference for request in already), *drafted.values()], prefix)
        for unit in sorted(units, key=lambda unit: unit.unit_id):
            if (unit.unit_id, kind) not in done:
                reference = drafted.get((unit.unit_id, kind))
                if reference is None:
                    number += 1
                    reference = f"{prefix}{number:04d}"
                question = _question_for(unit, kind, questions, seed)
                channel = best_channel(channels, unit.unit_id, kind)
                host = shared_host(channel) if channel else ""
                drafts.append(Draft(reference, kind, unit, channel, host, question.question_id))
    return drafts


def is_active(unit: Unit, day: date) -> bool:
    """From the day it joined until the day before it left."""
    return (unit.joined_on is None or unit.joined_on <= day) and (unit.left_on is None or day < unit.left_on)


def _last_number(references: Iterable[str], prefix: str) -> int:
    numbers = (reference.removeprefix(prefix) for reference in references)
    return max((int(number) for number in numbers if number.isdecimal()), default=0)


def _question_for(unit: Unit, kind: RequestKind, questions: Iterable[Question], seed: int) -> Question:
    """One of the unit's own questions, else of its group's, else of those for everyone."""
    of_kind = [question for question in questions if question.kind is kind]
    own = [question for question in of_kind if question.unit_id == unit.unit_id]
    group = [question for question in of_kind if not question.unit_id and question.group == unit.group]
    general = [question for question in of_kind if not question.unit_id and not question.group]
    for suitable in (own, group, general):
        if suitable:
            return min(
                suitable, key=lambda question: draw(seed, "question", unit.unit_id, question.question_id)
            )
    raise QuestionMissing(unit, kind)


def draw(seed: int, *subject: str) -> float:
    """A number from 0 up to 1 that is the same under every version of Python, unlike `random`."""
    digest = hashlib.sha256("\0".join((str(seed), *subject)).encode()).digest()
    return int.from_bytes(digest[:6]) / 2**48
