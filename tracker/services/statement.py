"""How one case was counted, as rows for machines and as sentences that one can send to a unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tracker.domain.calendar import WorkingCalendar
from tracker.domain.clocks import named_clocks
from tracker.domain.deadlines import Ledger, LedgerLine, LineReason
from tracker.domain.facts import Facts
from tracker.domain.measure import Law
from tracker.domain.readings import CHOICES, Assessment, LegalReading
from tracker.domain.remarks import remarks_on
from tracker.domain.rules import Rules
from tracker.i18n import _
from tracker.words import (
    basis_word,
    choices_words,
    clock_word,
    fact_word,
    line_word,
    remark_word,
    start_word,
    summary_word,
    verdict_word,
)

_ENTRY = {
    LineReason.RECEIPT: "counting",
    LineReason.RESTART: "correction",
    LineReason.WAITING: "correction",
    LineReason.PAUSED: "third_party",
}


def article_of(line: LedgerLine, rules: Rules, calendar: WorkingCalendar) -> str:
    """The source of law, or the holiday notice, for what a line says; "" for ordinary days."""
    if line.reason in _ENTRY:
        return rules.source(_ENTRY[line.reason])
    notice = calendar.notice_of(line.day)
    return notice.number if notice else ""


def ledger_json(lines: Sequence[LedgerLine], rules: Rules, calendar: WorkingCalendar) -> list[dict[str, Any]]:
    return [
        {
            "day": line.day,
            "reason": line.reason,
            "count": line.count,
            "counted": line.is_counted,
            "name": line.name,
            "article": article_of(line, rules, calendar),
            "provisional": line.is_guess,
        }
        for line in lines
    ]


def ledger_lines(
    ledger: Ledger, rules: Rules, calendar: WorkingCalendar, facts: Facts | None = None
) -> list[str]:
    """The ledger as text, a line a day; what lies past the due date stands below a rule."""
    told = _facts_by_day(facts)
    shown = [_line(line, rules, calendar, told) for line in ledger.lines]
    if ledger.overrun:
        shown.append(_("--- the due date is past ---"))
        shown += [_line(line, rules, calendar, told) for line in ledger.overrun]
    return shown


def _facts_by_day(facts: Facts | None) -> dict[date, list[str]]:
    found: dict[date, list[str]] = {}
    for fact in facts.told if facts else ():
        found.setdefault(fact.stamp_on or fact.on, []).append(fact_word(fact.kind))
    return found


def _line(line: LedgerLine, rules: Rules, calendar: WorkingCalendar, told: dict[date, list[str]]) -> str:
    weekday = _("Mon Tue Wed Thu Fri Sat Sun").split()[line.day.weekday()]
    number = f"{line.count:>3}" if line.is_counted else "  -"
    parts = [line_word(line.reason)]
    if line.name:
        parts.append(f"({line.name})")
    if article := article_of(line, rules, calendar):
        parts.append(f"[{article}]")
    if line.is_guess:
        parts.append(_("[guess]"))
    if line.day in told:
        parts.append("<- " + ", ".join(told[line.day]))
    return f"{line.day} {weekday} {number}  {'  '.join(parts)}"


@dataclass(frozen=True, slots=True)
class Statement:
    """One case read under one law, as of a day. `reading` is the one that results are shown by."""

    facts: Facts
    assessment: Assessment
    reading: LegalReading | None
    law: Law
    as_of: date

    def json(self, every: bool) -> dict[str, Any]:
        """As `tracker clock` prints it; with `every`, each reading has its own ledger."""
        shown: dict[str, Any] = {
            "readings": [self._reading_json(reading, every) for reading in self.assessment.readings],
            "summary": self.assessment.summary,
            "provisional": self.assessment.is_provisional,
            "rules": {"name": self.law.book.name, "version": self.law.book.version},
            "calendar": {"name": self.law.calendar.name, "version": self.law.calendar.version},
        }
        if self.reading is None:
            return shown | {"clocks": [], "remarks": [], "ledger": [], "overrun": []}
        return shown | {
            "clocks": self._clocks_json(self.reading),
            "remarks": self._remarks_json(self.reading),
            **self._ledger_json(self.reading),
        }

    def _reading_json(self, reading: LegalReading, every: bool) -> dict[str, Any]:
        answer = {
            **{name: getattr(reading.choices, name) for name in CHOICES},
            "received_on": reading.received_on,
            "due_on": reading.due_on,
            "replied_on": reading.replied_on,
            "response_days": reading.response_days,
            "verdict": reading.verdict,
        }
        shown = {name: value for name, value in answer.items() if value is not None}
        return shown | (self._ledger_json(reading) if every else {})

    def _ledger_json(self, reading: LegalReading) -> dict[str, Any]:
        ledger, calendar = reading.ledger(self.law.calendar, self.as_of), self.law.calendar
        return {
            "ledger": ledger_json(ledger.lines, reading.rules, calendar),
            "overrun": ledger_json(ledger.overrun, reading.rules, calendar),
        }

    def _clocks_json(self, reading: LegalReading) -> list[dict[str, Any]]:
        return [
            {
                "clock": clock.name,
                "started_on": clock.started_on,
                "start": clock.start,
                "basis": reading.bases[0],
                "stopped_on": clock.stopped_on,
                "working_days": clock.working_days,
                "calendar_days": clock.calendar_days,
            }
            for clock in named_clocks(self.facts, reading, self.law.calendar).values()
        ]

    def _remarks_json(self, reading: LegalReading) -> list[dict[str, Any]]:
        return [
            {"remark": remark.code, "on": remark.on}
            for remark in remarks_on(self.facts, reading, self.law.calendar)
        ]

    # --- as text -----------------------------------------------------------------------------------------

    def lines(self, every: bool) -> list[str]:
        """The readings, the clocks, the remarks, the law and the ledger; with `every`, all ledgers."""
        reading = self.reading
        if reading is None:
            return [_("No date of receipt is known, so nothing can be counted.")]
        shown = [_("Summary: {summary}").format(summary=summary_word(self.assessment.summary))]
        if self.assessment.is_provisional:
            shown.append(_("PROVISIONAL: no holiday notice covers all of these days yet."))
        shown += self._reading_lines()
        shown += self._clock_lines(reading)
        shown += [
            _("Note, {day}: {remark}").format(day=remark.on, remark=remark_word(remark.code))
            for remark in remarks_on(self.facts, reading, self.law.calendar)
        ]
        shown += self._law_lines(reading)
        for each in self.assessment.readings if every else (reading,):
            ledger = each.ledger(self.law.calendar, self.as_of)
            title = " / ".join(choices_words(each.choices))
            shown += ["", title] if title else [""]
            shown += ledger_lines(ledger, each.rules, self.law.calendar, self.facts)
        return shown

    def _reading_lines(self) -> list[str]:
        shown = []
        for n, reading in enumerate(self.assessment.readings, 1):
            assumed = " / ".join(choices_words(reading.choices)) or _("the only reading")
            mark = "*" if reading is self.reading and len(self.assessment.readings) > 1 else " "
            shown.append(f"{mark}{n}. {assumed}")
            shown.append(f"     {_sentence(reading)}")
        if len(self.assessment.readings) > 1:
            shown.append(_("* the reading by which results are shown"))
        return shown

    def _clock_lines(self, reading: LegalReading) -> list[str]:
        return [
            _(
                "{clock}: {stopped}, {working} working days ({calendar} calendar days) after {start} on {started}"
            ).format(
                clock=clock_word(clock.name),
                stopped=clock.stopped_on,
                working=clock.working_days,
                calendar=clock.calendar_days,
                start=start_word(clock.start),
                started=clock.started_on,
            )
            for clock in named_clocks(self.facts, reading, self.law.calendar).values()
        ]

    def _law_lines(self, reading: LegalReading) -> list[str]:
        rules = reading.rules
        shown = [
            _("Date of receipt rests on: {basis}").format(basis=", ".join(map(basis_word, reading.bases)))
            + f" [{rules.source('receipt')}]",
            _("Under: {source}").format(source=rules.source("reply")),
            _("Rules {rules} {rules_version}, calendar {calendar} {calendar_version}").format(
                rules=rules.name,
                rules_version=rules.version[:12],
                calendar=self.law.calendar.name,
                calendar_version=short_version(self.law.calendar.version),
            ),
        ]
        if rules.unchecked:
            shown.append(
                _("No lawyer has confirmed these entries of the rules yet: {entries}").format(
                    entries=", ".join(rules.unchecked)
                )
            )
        return shown


def _sentence(reading: LegalReading) -> str:
    parts = [_("received on {day}").format(day=reading.received_on)]
    if reading.due_on:
        parts.append(
            _("{days} working days, due on {day}").format(
                days=reading.deadline.working_days, day=reading.due_on
            )
        )
    if reading.replied_on:
        parts.append(
            _("answered on {day} after {days} working days").format(
                day=reading.replied_on, days=reading.response_days
            )
        )
    return _("{facts}: {verdict}").format(facts=_("; ").join(parts), verdict=verdict_word(reading.verdict))


def short_version(version: str) -> str:
    """A version whose SHA-256 is cut to twelve digits."""
    return version[:12] + version[64:] if len(version) >= 64 else version


def preferred(facts: Facts, assessment: Assessment, law: Law) -> LegalReading | None:
    """The reading that results are shown by, under the preferences of `law`."""
    return assessment.preferred(law.receipt_order(facts.channel), law.preferences)
