"""What in one case deserves a person's eye: notices that were late, repeated or too long."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tracker.domain.calendar import WorkingCalendar, add_working_days, count_working_days
from tracker.domain.facts import FactKind, Facts
from tracker.domain.readings import LegalReading


class RemarkCode(StrEnum):
    CORRECTION_NOTICE_LATE = "correction_notice_late"  # after the days the rules give for it
    CORRECTION_NOTICE_AGAIN = "correction_notice_again"  # only one is allowed
    CORRECTION_NOTICE_PRETEXT = "correction_notice_pretext"  # as a person found
    EXTENSION_LATE = "extension_late"  # not inside the running period: not counted
    EXTENSION_AGAIN = "extension_again"  # only the first counts
    EXTENSION_TOO_LONG = "extension_too_long"  # names more than the rules allow: cut
    THIRD_PARTY_TOO_LONG = "third_party_too_long"  # more days excluded than the third party has
    FEE_NOTICE = "fee_notice"
    HANDED_ON = "handed_on"
    REPLIES_CONTRADICT = "replies_contradict"


@dataclass(frozen=True, slots=True)
class Remark:
    code: RemarkCode
    on: date


def remarks_on(facts: Facts, reading: LegalReading, calendar: WorkingCalendar) -> list[Remark]:
    """The remarks under one reading, in the order of time."""
    found = [
        *_on_corrections(facts, reading, calendar),
        *_on_extensions(facts, reading),
        *_on_pauses(reading, calendar),
        *(Remark(RemarkCode.FEE_NOTICE, fact.on) for fact in facts.of(FactKind.FEE_NOTICE)),
        *(Remark(RemarkCode.HANDED_ON, fact.on) for fact in facts.of(FactKind.TRANSFER_NOTICE)),
    ]
    replies = facts.of(FactKind.REPLY)
    if len({reply.outcome for reply in replies}) > 1:
        found.append(Remark(RemarkCode.REPLIES_CONTRADICT, replies[-1].on))
    return sorted(found, key=lambda remark: remark.on)


def _on_corrections(facts: Facts, reading: LegalReading, calendar: WorkingCalendar) -> list[Remark]:
    within = reading.rules.correction_notice_days
    last_day = add_working_days(reading.received_on, within, calendar) if within else date.min
    found = []
    for n, notice in enumerate(facts.of(FactKind.CORRECTION_NOTICE)):
        if notice.is_disputed:
            found.append(Remark(RemarkCode.CORRECTION_NOTICE_PRETEXT, notice.on))
        if n > 0:
            found.append(Remark(RemarkCode.CORRECTION_NOTICE_AGAIN, notice.on))
        elif notice.on > last_day:
            found.append(Remark(RemarkCode.CORRECTION_NOTICE_LATE, notice.on))
    return found


def _on_extensions(facts: Facts, reading: LegalReading) -> list[Remark]:
    most = reading.rules.extension_days
    found = []
    for n, notice in enumerate(facts.of(FactKind.EXTENSION_NOTICE)):
        if n > 0:
            found.append(Remark(RemarkCode.EXTENSION_AGAIN, notice.on))
        elif not most or (reading.due_on and notice.on > reading.due_on):
            found.append(Remark(RemarkCode.EXTENSION_LATE, notice.on))
        elif notice.days and notice.days > most:
            found.append(Remark(RemarkCode.EXTENSION_TOO_LONG, notice.on))
    return found


def _on_pauses(reading: LegalReading, calendar: WorkingCalendar) -> list[Remark]:
    most = reading.rules.third_party_days
    return [
        Remark(RemarkCode.THIRD_PARTY_TOO_LONG, pause.noticed_on)
        for pause in reading.course.pauses
        if count_working_days(pause.noticed_on, pause.ended_on, calendar) > most
    ]
