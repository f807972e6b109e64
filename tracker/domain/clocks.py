"""The named clocks of one case: there is no single "response time"."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tracker.domain.calendar import WorkingCalendar, count_working_days
from tracker.domain.deadlines import response_days
from tracker.domain.facts import CONFIRMING, UNIT_SPOKE, Fact, FactKind, Facts
from tracker.domain.readings import LegalReading, ReplyTime


class ClockName(StrEnum):
    FIRST_CONTACT = "first_contact"  # anything the unit itself said
    ACKNOWLEDGEMENT = "acknowledgement"
    FIRST_DECISION = "first_decision"
    FINAL_DECISION = "final_decision"


class ClockStart(StrEnum):
    """What a clock starts with. The time to an acknowledgement cannot start with it."""

    SUBMISSION = "submission"
    RECEIPT = "receipt"
    CORRECTED = "corrected"  # the corrected application, from which the period counts anew


@dataclass(frozen=True, slots=True)
class NamedClock:
    """From `started_on`, not counted, to `stopped_on`. Excluded days are no working days here."""

    name: ClockName
    started_on: date
    start: ClockStart
    stopped_on: date
    working_days: int
    calendar_days: int


def named_clocks(
    facts: Facts, reading: LegalReading, calendar: WorkingCalendar
) -> dict[ClockName, NamedClock]:
    """The clocks that have stopped, under one reading; one that still runs is absent."""
    spoken = [fact for fact in facts.told if fact.kind in UNIT_SPOKE]
    confirmed = [fact for fact in spoken if fact.kind in CONFIRMING]
    replies = facts.of(FactKind.REPLY)
    stops = {
        ClockName.FIRST_CONTACT: spoken[:1],
        ClockName.ACKNOWLEDGEMENT: confirmed[:1],
        ClockName.FIRST_DECISION: replies[:1],
        ClockName.FINAL_DECISION: replies[-1:],
    }
    return {
        name: _clock(name, facts, stop, reading, calendar) for name, found in stops.items() for stop in found
    }


def _clock(
    name: ClockName, facts: Facts, stop: Fact, reading: LegalReading, calendar: WorkingCalendar
) -> NamedClock:
    stopped_on = _dated(stop, reading)
    if name in (ClockName.FIRST_CONTACT, ClockName.ACKNOWLEDGEMENT):
        submitted_on = facts.submitted_on
        started_on = submitted_on or reading.received_on
        start = ClockStart.SUBMISSION if submitted_on else ClockStart.RECEIPT
        took = count_working_days(started_on, max(started_on, stopped_on), calendar)
    else:
        started_on = reading.deadline.counted_from
        is_anew = started_on != reading.received_on
        start = ClockStart.CORRECTED if is_anew else ClockStart.RECEIPT
        took = response_days(reading.deadline, reading.course, stopped_on, calendar)
    return NamedClock(name, started_on, start, stopped_on, took, max((stopped_on - started_on).days, 0))


def _dated(fact: Fact, reading: LegalReading) -> date:
    """The day of a fact: every reply is dated as this reading dates the first."""
    by_arrival = reading.choices.reply_time is ReplyTime.ARRIVAL
    return fact.on if by_arrival else fact.stamp_on or fact.on
