"""Every reading of one case that a unit or an applicant could plead, and the verdict under each.

A reading is a set of choices: which date of receipt, whether a disputed correction notice restarts the
period, whether third-party time is excluded, and whether the stamp or the arrival dates the reply. A
missing fact makes its reading absent; a choice that makes no difference is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from tracker.domain.calendar import WorkingCalendar
from tracker.domain.deadlines import (
    Course,
    Deadline,
    Ledger,
    keep_ledger,
)
from tracker.domain.rules import Rules
from tracker.domain.terms import ReceiptBasis, Verdict


class Plea(StrEnum):
    """Whether something disputed is taken to move the clock."""

    COUNTED = "counted"
    DISPUTED = "disputed"


class ReplyTime(StrEnum):
    STAMP = "stamp"  # of the first server after the sender's own
    ARRIVAL = "arrival"  # in the mailbox


class Summary(StrEnum):
    IN_TIME_UNDER_EVERY = "in_time_under_every"
    UNDER_SOME = "under_some"
    UNDER_NONE = "under_none"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Choices:
    """What a reading assumes; None where the choice makes no difference."""

    receipt: ReceiptBasis | None = None
    correction: Plea | None = None
    pause: Plea | None = None
    reply_time: ReplyTime | None = None


AS_USUAL = Choices()
# What can be chosen, by the name of the choice.
CHOICES: Mapping[str, type[StrEnum]] = MappingProxyType(
    {"receipt": ReceiptBasis, "correction": Plea, "pause": Plea, "reply_time": ReplyTime}
)


def choices_of(entries: Mapping[str, str | None]) -> Choices:
    """The choices named in `entries`; what is not named is as usual. Raises ValueError for a wrong word."""
    chosen: dict[str, Any] = {name: CHOICES[name](value) for name, value in entries.items() if value}
    return Choices(**chosen)


@dataclass(frozen=True, slots=True)
class LegalReading:
    """One answer of the law. Days are working days from the last restart, less excluded ones.

    Two readings are equal when they answer alike, whatever they assume. `touched_on` is the last day
    that the answer depends on.
    """

    received_on: date
    due_on: date | None
    replied_on: date | None
    response_days: int | None
    verdict: Verdict
    choices: Choices = field(compare=False)
    bases: tuple[ReceiptBasis, ...] = field(compare=False)  # of the date of receipt, one or several
    touched_on: date = field(compare=False)
    course: Course = field(compare=False)
    deadline: Deadline = field(compare=False)
    rules: Rules = field(compare=False)

    def fits(self, correction: Plea, pause: Plea, reply_time: ReplyTime) -> bool:
        """Whether this is the reading under these choices; those that make no difference fit always."""
        pairs = (
            (self.choices.correction, correction),
            (self.choices.pause, pause),
            (self.choices.reply_time, reply_time),
        )
        return all(choice in (None, wish) for choice, wish in pairs)

    def ledger(self, calendar: WorkingCalendar, as_of: date) -> Ledger:
        """Every day of this reading, to the due date or the answer, whichever is later."""
        return keep_ledger(self.course, self.rules, calendar, self.replied_on or as_of)


@dataclass(frozen=True, slots=True)
class Assessment:
    """All readings of one case. `is_provisional`: one of them rests on a day that was guessed."""

    readings: tuple[LegalReading, ...]
    summary: Summary
    is_provisional: bool

    def preferred(
        self, receipt: Sequence[ReceiptBasis], preferences: Choices = AS_USUAL
    ) -> LegalReading | None:
        """The reading by the first of these dates of receipt that there is, the rest as preferred.

        What is not wished for is counted, and the stamp dates the reply. None where no date of receipt is known.
        """
        wanted = (
            preferences.correction or Plea.COUNTED,
            preferences.pause or Plea.COUNTED,
            preferences.reply_time or ReplyTime.STAMP,
        )
        fitting = [reading for reading in self.readings if reading.fits(*wanted)]
        return min(fitting, key=lambda reading: min(map(receipt.index, reading.bases)), default=None)


_UNDECIDED = frozenset({Verdict.PENDING, Verdict.AWAITING_US, Verdict.ABANDONED, Verdict.NOT_ASSESSABLE})


def summarise(verdicts: Sequence[Verdict]) -> Summary:
    """In time under every reading, only under some, or under none; open while any is undecided."""
    if not verdicts or _UNDECIDED.intersection(verdicts):
        return Summary.OPEN
    in_time = verdicts.count(Verdict.IN_TIME)
    if in_time == len(verdicts):
        return Summary.IN_TIME_UNDER_EVERY
    return Summary.UNDER_SOME if in_time else Summary.UNDER_NONE
