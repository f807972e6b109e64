"""The facts of one case, as the legal clock takes them in: what happened on which day, in any order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

from tracker.domain.terms import ChannelKind, Outcome


class FactKind(StrEnum):
    """What can be told to the clock. Of one moment, they count in this order."""

    SUBMITTED = "submitted"  # handed in, posted or sent by us
    ACCEPTED = "accepted"  # by the mail server, the site or the counter
    SIGNED = "signed"  # the unit signed for a posted letter
    AUTO_REPLY = "auto_reply"  # moves nothing, confirms nothing
    CONFIRMED = "confirmed"  # the unit confirmed receipt, by slip or telephone
    ACKNOWLEDGEMENT = "acknowledgement"  # by a person or with a number: confirms receipt as well
    TRANSFER_NOTICE = "transfer_notice"  # handed on (转办)
    CORRECTION_NOTICE = "correction_notice"
    CORRECTED = "corrected"
    EXTENSION_NOTICE = "extension_notice"
    THIRD_PARTY_NOTICE = "third_party_notice"
    THIRD_PARTY_END = "third_party_end"
    FEE_NOTICE = "fee_notice"
    FEE_SETTLED = "fee_settled"  # we paid, or objected
    REPLY = "reply"


_RANK = {kind: rank for rank, kind in enumerate(FactKind)}
_OURS = frozenset(
    {FactKind.SUBMITTED, FactKind.ACCEPTED, FactKind.SIGNED, FactKind.CORRECTED, FactKind.FEE_SETTLED}
)
# What the unit itself said; a machine's automatic answer is not the unit's word.
UNIT_SPOKE = frozenset(FactKind) - _OURS - {FactKind.AUTO_REPLY}
CONFIRMING = (FactKind.CONFIRMED, FactKind.ACKNOWLEDGEMENT)


@dataclass(frozen=True, slots=True)
class Fact:
    """`on` and `time` are wall time where the law counts; midnight where only the day is known.

    `days`: working days that a correction notice gives or an extension notice names, None for none.
    `stamp_on`: the day of the sending stamp of a reply, where `on` is the day it arrived.
    """

    kind: FactKind
    on: date
    time: time = time.min
    days: int | None = None
    stamp_on: date | None = None
    outcome: Outcome | None = None
    is_disputed: bool = False  # a correction notice that a person found to be a pretext


def _order(fact: Fact) -> tuple[date, time, int, int, date, str, bool]:
    """A reply stands where it was sent; of one moment, the longer extension and the undisputed notice first."""
    return (
        fact.stamp_on or fact.on,
        fact.time,
        _RANK[fact.kind],
        -1000 if fact.days is None else -fact.days,
        fact.on,
        fact.outcome or "",
        fact.is_disputed,
    )


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of one case by kind, each in the order of time, whatever order they were told in."""

    channel: ChannelKind
    told: tuple[Fact, ...]
    by_kind: Mapping[FactKind, tuple[Fact, ...]]

    def of(self, kind: FactKind) -> tuple[Fact, ...]:
        return self.by_kind.get(kind, ())

    @property
    def submitted_on(self) -> date | None:
        """The day the server, site or counter accepted it, else the day we handed it in."""
        found = self.of(FactKind.ACCEPTED) or self.of(FactKind.SUBMITTED)
        return found[0].on if found else None

    @property
    def confirmed_on(self) -> date | None:
        """The first confirmation that is not older than the application itself."""
        begin = self.submitted_on or date.min
        days = [fact.on for kind in CONFIRMING for fact in self.of(kind) if fact.on >= begin]
        return min(days) if days else None


def collect(facts: Iterable[Fact], channel: ChannelKind, as_of: date) -> Facts:
    """The facts as they stood on `as_of`: what happened later is not known yet."""
    told = tuple(sorted((fact for fact in facts if fact.on <= as_of), key=_order))
    by_kind: dict[FactKind, list[Fact]] = {}
    for fact in told:
        by_kind.setdefault(fact.kind, []).append(fact)
    return Facts(channel, told, {kind: tuple(found) for kind, found in by_kind.items()})


class FactFault(Exception):
    """A fact that cannot be true beside the others; `why` is a code for the sentence about it."""

    def __init__(self, fact: Fact, why: str) -> None:
        super().__init__(f"{fact.kind} on {fact.on}: {why}")
        self.fact, self.why = fact, why


_NEEDS_BEFORE = {
    FactKind.CORRECTED: (FactKind.CORRECTION_NOTICE, "corrected_without_notice"),
    FactKind.THIRD_PARTY_END: (FactKind.THIRD_PARTY_NOTICE, "end_without_notice"),
    FactKind.FEE_SETTLED: (FactKind.FEE_NOTICE, "settled_without_notice"),
}


def check_facts(facts: Facts) -> None:
    """Raise `FactFault` for the first fact that the others do not allow.

    For facts that someone typed in; what the tracker recorded itself was checked on the way in.
    """
    submitted = facts.of(FactKind.SUBMITTED)
    for fact in facts.told:
        if submitted and fact.on < submitted[0].on:
            raise FactFault(fact, "before_submission")
        if fact.kind is FactKind.SIGNED and facts.channel is not ChannelKind.POST:
            raise FactFault(fact, "signed_without_post")
        needed, why = _NEEDS_BEFORE.get(fact.kind, (None, ""))
        if needed and not any(other.on <= fact.on for other in facts.of(needed)):
            raise FactFault(fact, why)
