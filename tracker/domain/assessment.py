"""From the facts of one case to every admissible reading of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from tracker.domain.calendar import WorkingCalendar, add_working_days
from tracker.domain.deadlines import (
    Correction,
    Course,
    Deadline,
    Extension,
    Pause,
    count_period,
    merge_pauses,
    response_days,
)
from tracker.domain.facts import UNIT_SPOKE, Fact, FactKind, Facts
from tracker.domain.readings import Assessment, Choices, LegalReading, Plea, ReplyTime, summarise
from tracker.domain.rules import RuleBook, Rules
from tracker.domain.terms import ReceiptBasis, Verdict


def assess(facts: Facts, book: RuleBook, calendar: WorkingCalendar, as_of: date) -> Assessment:
    """Read one case in every admissible way, as it stood on `as_of`.

    Raises `RulesGap` or `CalendarGap` where a date of receipt, or a day counted, lies outside the rules
    or the calendar.
    """
    readings = [
        _marked(reading, {"receipt": bases[0] if len(bases) == 1 else None})
        for received_on, bases in _receipts(facts, book).items()
        for reading in _Case(facts, book.at(received_on), calendar, as_of, received_on, bases).readings()
    ]
    provisional = any(calendar.is_provisional(reading.touched_on) for reading in readings)
    return Assessment(tuple(readings), summarise([reading.verdict for reading in readings]), provisional)


def _receipts(facts: Facts, book: RuleBook) -> dict[date, tuple[ReceiptBasis, ...]]:
    """The dates of receipt that can be pleaded, with all that each rests on."""
    signed = facts.of(FactKind.SIGNED)
    known = {
        ReceiptBasis.SUBMISSION: facts.submitted_on,
        ReceiptBasis.SIGNATURE: signed[0].on if signed else None,
        ReceiptBasis.CONFIRMATION: facts.confirmed_on,
    }
    found: dict[date, tuple[ReceiptBasis, ...]] = {}
    for basis, day in known.items():
        if day and basis in book.at(day).receipt[facts.channel]:
            found[day] = (*found.get(day, ()), basis)
    return found


class _Case:
    """One case by one date of receipt: what remains to choose are corrections, pauses and the stamp."""

    def __init__(
        self,
        facts: Facts,
        rules: Rules,
        calendar: WorkingCalendar,
        as_of: date,
        received_on: date,
        bases: tuple[ReceiptBasis, ...],
    ) -> None:
        self._facts, self._rules, self._calendar = facts, rules, calendar
        self._as_of, self._received_on, self._bases = as_of, received_on, bases
        notices = facts.of(FactKind.CORRECTION_NOTICE)
        self._undisputed = tuple(
            notice for n, notice in enumerate(notices) if n == 0 and self._is_undisputed(notice)
        )
        replies = facts.of(FactKind.REPLY)
        self._reply = replies[0] if replies else None

    def readings(self) -> tuple[LegalReading, ...]:
        has_dispute = len(self._undisputed) < len(self._facts.of(FactKind.CORRECTION_NOTICE))
        pleas = (Plea.COUNTED, Plea.DISPUTED)
        corrections = pleas if has_dispute else (Plea.COUNTED,)
        pauses = pleas if self._facts.of(FactKind.THIRD_PARTY_NOTICE) else (Plea.COUNTED,)
        return _by(
            "correction",
            {
                correction: _by("pause", {pause: self._by_reply_time(correction, pause) for pause in pauses})
                for correction in corrections
            },
        )

    def _by_reply_time(self, correction: Plea, pause: Plea) -> tuple[LegalReading, ...]:
        if self._reply is None:
            return (self._read(correction, pause, None),)
        days = {ReplyTime.STAMP: self._reply.stamp_on or self._reply.on, ReplyTime.ARRIVAL: self._reply.on}
        return _by("reply_time", {name: (self._read(correction, pause, day),) for name, day in days.items()})

    def _read(self, correction: Plea, pause: Plea, replied_on: date | None) -> LegalReading:
        course = self._course(correction, pause, replied_on)
        deadline = count_period(course, self._rules, self._calendar)
        verdict, decided_on = self._verdict(course, deadline, replied_on)
        took = response_days(deadline, course, replied_on, self._calendar) if replied_on else None
        days = (self._received_on, deadline.due_on, replied_on, decided_on)
        return LegalReading(
            received_on=self._received_on,
            due_on=deadline.due_on,
            replied_on=replied_on,
            response_days=took,
            verdict=verdict,
            choices=Choices(),
            bases=self._bases,
            touched_on=max(day for day in days if day),
            course=course,
            deadline=deadline,
            rules=self._rules,
        )

    # --- what moves the clock ----------------------------------------------------------------------------

    def _is_undisputed(self, notice: Fact) -> bool:
        within = self._rules.correction_notice_days
        return (
            within > 0
            and not notice.is_disputed
            and notice.on <= add_working_days(self._received_on, within, self._calendar)
        )

    def _course(self, correction: Plea, pause: Plea, replied_on: date | None) -> Course:
        """What happened until the answer: later notices can no longer move anything."""
        facts, end = self._facts, replied_on or date.max
        notices = facts.of(FactKind.CORRECTION_NOTICE) if correction is Plea.COUNTED else self._undisputed
        corrected = [fact.on for fact in facts.of(FactKind.CORRECTED) if fact.on <= end]
        return Course(
            self._received_on,
            tuple(
                Correction(fact.on, _first_from(fact.on, corrected), fact.days)
                for fact in notices
                if fact.on <= end
            ),
            tuple(
                Extension(fact.on, fact.days)
                for fact in facts.of(FactKind.EXTENSION_NOTICE)
                if fact.on <= end
            ),
            self._pauses(end) if pause is Plea.COUNTED else (),
        )

    def _pauses(self, end: date) -> tuple[Pause, ...]:
        """A pause that nobody ended lasts until the answer, at most as long as the third party has."""
        if not self._rules.third_party_days:
            return ()
        ends = [fact.on for fact in self._facts.of(FactKind.THIRD_PARTY_END)]
        return merge_pauses(
            Pause(fact.on, min(end, _first_from(fact.on, ends) or self._longest_pause(fact.on)))
            for fact in self._facts.of(FactKind.THIRD_PARTY_NOTICE)
        )

    def _longest_pause(self, noticed_on: date) -> date:
        return add_working_days(noticed_on, self._rules.third_party_days, self._calendar)

    # --- the verdict -------------------------------------------------------------------------------------

    def _verdict(
        self, course: Course, deadline: Deadline, replied_on: date | None
    ) -> tuple[Verdict, date | None]:
        """The verdict, and the day on which it would turn where that is not the due date."""
        if self._rules.excludes_transfers and self._facts.of(FactKind.TRANSFER_NOTICE):
            return Verdict.NOT_ASSESSABLE, None
        if replied_on:
            # a clock that stood still until the answer cannot have run out
            in_time = deadline.due_on is None or replied_on <= deadline.due_on
            return (Verdict.IN_TIME if in_time else Verdict.LATE), None
        if deadline.due_on is None:
            return self._awaited(course)
        if self._is_fee_awaited(deadline.due_on):
            return Verdict.AWAITING_US, None
        return (Verdict.PENDING if self._as_of <= deadline.due_on else Verdict.OVERDUE), None

    def _awaited(self, course: Course) -> tuple[Verdict, date | None]:
        """Abandoned once the days given have passed (Art. 30); awaited for ever where none were given."""
        open_notices = (each for each in course.corrections if each.corrected_on is None)
        notice = next(open_notices)
        if not notice.days_given:
            return Verdict.AWAITING_US, None
        last_day = add_working_days(notice.noticed_on, notice.days_given, self._calendar)
        return (Verdict.AWAITING_US if self._as_of <= last_day else Verdict.ABANDONED), last_day

    def _is_fee_awaited(self, due_on: date) -> bool:
        """A fee notice moves no due date, but while it is the last word the unit waits for us."""
        words = UNIT_SPOKE | {FactKind.FEE_SETTLED}
        spoken = [fact for fact in self._facts.told if fact.kind in words]
        return bool(spoken) and spoken[-1].kind is FactKind.FEE_NOTICE and spoken[-1].on <= due_on


def _first_from(day: date, days: Sequence[date]) -> date | None:
    return next((found for found in days if found >= day), None)


def _by(name: str, branches: Mapping[Any, tuple[LegalReading, ...]]) -> tuple[LegalReading, ...]:
    """The readings of each branch, marked with the choice; unmarked and once where all are alike."""
    first, *others = branches.values()
    if all(_answers(other) == _answers(first) for other in others):
        return first
    return tuple(
        _marked(reading, {name: choice}) for choice, readings in branches.items() for reading in readings
    )


def _marked(reading: LegalReading, choice: Mapping[str, Any]) -> LegalReading:
    return replace(reading, choices=replace(reading.choices, **choice))


def _answers(readings: tuple[LegalReading, ...]) -> list[tuple[LegalReading, Choices]]:
    return [(reading, reading.choices) for reading in readings]
