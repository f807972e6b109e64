"""Random cases of the legal clock, one after the other: seeded, so that every run reads the same ones."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from random import Random

from tracker.domain.facts import Fact, FactKind
from tracker.domain.terms import ChannelKind, Outcome, RequestKind

SEED = 20190515
_FIRST = date(2008, 5, 1)  # the oldest rules of disclosure
_DAYS = (date(2026, 6, 30) - _FIRST).days
_CHANNELS = {
    ChannelKind.EMAIL: 40,
    ChannelKind.WEB_FORM: 25,
    ChannelKind.POST: 20,
    ChannelKind.FAX: 5,
    ChannelKind.PHONE: 5,
    ChannelKind.IN_PERSON: 5,
}
_AT_ONCE = frozenset({ChannelKind.WEB_FORM, ChannelKind.PHONE, ChannelKind.IN_PERSON})
_OUTCOMES = tuple(Outcome)


@dataclass(frozen=True, slots=True)
class Case:
    kind: RequestKind
    channel: ChannelKind
    as_of: date
    facts: tuple[Fact, ...]


def random_cases(count: int, seed: int = SEED) -> Iterator[Case]:
    """`count` cases, made only as they are taken: a million of them need no memory."""
    dice = Random(seed)
    for _ in range(count):
        yield _case(dice)


@dataclass(slots=True)
class _Story:
    """What happened so far; `day` is today."""

    dice: Random
    day: date
    facts: list[Fact] = field(default_factory=list)

    def happens(self, percent: int) -> bool:
        return self.dice.random() * 100 < percent

    def wait(self, least: int, most: int) -> None:
        self.day += timedelta(self.dice.randint(least, most))

    def tell(
        self,
        kind: FactKind,
        days: int | None = None,
        *,
        stamp_on: date | None = None,
        outcome: Outcome | None = None,
        is_disputed: bool = False,
    ) -> None:
        wall_time = time(self.dice.randint(8, 17), self.dice.randint(0, 59))
        self.facts.append(Fact(kind, self.day, wall_time, days, stamp_on, outcome, is_disputed))


def _case(dice: Random) -> Case:
    kind = RequestKind.DISCLOSURE if dice.random() < 0.8 else RequestKind.CONSULTATION
    channel = dice.choices(tuple(_CHANNELS), tuple(_CHANNELS.values()))[0]
    begin = _FIRST + timedelta(dice.randrange(_DAYS))
    story = _Story(dice, begin)
    _send(story, channel)
    if kind is RequestKind.DISCLOSURE:
        _delay(story)
    if story.happens(5):
        story.wait(0, 10)
        story.tell(FactKind.TRANSFER_NOTICE)
    if story.happens(75):  # the rest is silence
        _reply(story, channel, slowest=40 if kind is RequestKind.DISCLOSURE else 12)
    # most are looked at when all is over, some in the middle
    as_of = begin + timedelta(dice.randint(5, 60) if story.happens(25) else dice.randint(120, 240))
    return Case(kind, channel, as_of, tuple(story.facts))


def _send(story: _Story, channel: ChannelKind) -> None:
    story.tell(FactKind.SUBMITTED)
    if channel is ChannelKind.POST:
        story.wait(1, 5)
        if story.happens(90):
            story.tell(FactKind.SIGNED)
    elif channel in _AT_ONCE or story.happens(90):
        story.tell(FactKind.ACCEPTED)
    if channel is ChannelKind.EMAIL and story.happens(30):
        story.tell(FactKind.AUTO_REPLY)
    if story.happens(45):
        story.wait(0, 4)
        story.tell(FactKind.CONFIRMED if story.happens(50) else FactKind.ACKNOWLEDGEMENT)


def _delay(story: _Story) -> None:
    """What a unit can say before it answers; most say nothing of it."""
    if story.happens(15):
        _correct(story)
        if story.happens(15):
            _correct(story)
    if story.happens(12):
        _consult_third_party(story)
        if story.happens(10):
            _consult_third_party(story)
    if story.happens(15):
        _extend(story)
    if story.happens(5):
        story.wait(1, 10)
        story.tell(FactKind.FEE_NOTICE)
        if story.happens(60):
            story.wait(1, 8)
            story.tell(FactKind.FEE_SETTLED)


def _correct(story: _Story) -> None:
    story.wait(1, 14)  # more than seven working days is too late to be undisputed
    given = story.dice.choice((None, 10, 15))
    story.tell(FactKind.CORRECTION_NOTICE, given, is_disputed=story.happens(30))
    if story.happens(75):
        story.wait(1, 12)
        story.tell(FactKind.CORRECTED)


def _consult_third_party(story: _Story) -> None:
    story.wait(1, 10)
    story.tell(FactKind.THIRD_PARTY_NOTICE)
    if story.happens(70):
        story.wait(3, 25)
        story.tell(FactKind.THIRD_PARTY_END)


def _extend(story: _Story) -> None:
    for _ in range(2 if story.happens(5) else 1):
        story.wait(5, 30)  # now and then past the due date, where it extends nothing
        story.tell(FactKind.EXTENSION_NOTICE, story.dice.choice((None, 10, 15, 20)))


def _reply(story: _Story, channel: ChannelKind, slowest: int) -> None:
    story.wait(1, slowest)
    stamp_on = None
    if channel is ChannelKind.EMAIL:
        stamp_on = story.day
        if story.happens(10):  # sent before midnight, arrived after it
            story.wait(1, 1)
    story.tell(FactKind.REPLY, stamp_on=stamp_on, outcome=story.dice.choice(_OUTCOMES))
