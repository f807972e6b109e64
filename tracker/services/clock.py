"""The calculator for lawyers: facts of a case as JSON in, every reading of the law out; no workspace."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from zoneinfo import ZoneInfo

from tracker.adapters.calendars import load_calendar
from tracker.adapters.rules import load_rules
from tracker.domain.assessment import assess
from tracker.domain.calendar import CalendarGap
from tracker.domain.facts import Fact, FactFault, FactKind, check_facts, collect
from tracker.domain.measure import Law
from tracker.domain.rules import RuleBook, RulesGap
from tracker.domain.terms import ChannelKind, Outcome, RequestKind
from tracker.errors import UserError
from tracker.i18n import _
from tracker.services.measuring import gap_sentence
from tracker.services.statement import Statement, preferred
from tracker.words import fact_word

_CASE = ("id", "kind", "channel", "facts", "as_of", "rules", "calendar")
_FACT = ("kind", "at", "days", "days_given", "stamp_at", "outcome", "disputed")
_Choice = TypeVar("_Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where rules and calendars are looked up, and as known on which day."""

    workspace: Path | None = None
    known_on: date | None = None
    laws: dict[tuple[str, str], Law] = field(default_factory=dict)

    def law(self, rules: str, calendar: str | None) -> Law:
        key = (rules, calendar or "")
        if key not in self.laws:
            book = load_rules(rules, self.workspace)
            self.laws[key] = Law(
                book,
                load_calendar(
                    calendar or book.calendar, workspace=self.workspace, guess=True, known_on=self.known_on
                ),
            )
        return self.laws[key]


def state_case(case: Any, place: str, shelf: Shelf, today: date) -> Statement:
    """Read one case; `place` names it in errors ("case.json", "case.json[3]").

    Raises `UserError` for what is no case, for facts that contradict each other, and for days outside
    the rules or the calendar.
    """
    reader = _Reader(place)
    if not isinstance(case, dict):
        reader.refuse(_('a case is needed, such as {"kind": …, "channel": …, "facts": […], "as_of": …}'))
    reader.refuse_unknown(case, _CASE)
    kind = reader.choice("kind", case.get("kind"), RequestKind)
    channel = reader.choice("channel", case.get("channel"), ChannelKind)
    law = shelf.law(case.get("rules") or f"cn-{kind}", case.get("calendar"))
    zone = ZoneInfo(law.book.zone)
    told = case.get("facts")
    if not isinstance(told, list):
        reader.refuse(_("facts: a list is needed"))
    as_of = reader.moment("as_of", case["as_of"], zone)[0] if "as_of" in case else today
    facts = [_Reader(f"{place}: facts[{n}]").fact(entry, zone) for n, entry in enumerate(told)]
    collected = collect(facts, channel, as_of)
    try:
        check_facts(collect(facts, channel, date.max))
        assessment = assess(collected, law.book, law.calendar, as_of)
    except FactFault as fault:
        reader.refuse(_fault_sentence(fault, law.book))
    except (CalendarGap, RulesGap) as gap:
        reader.refuse(gap_sentence(gap).rstrip("."))
    return Statement(collected, assessment, preferred(collected, assessment, law), law, as_of)


def answer(case: Any, place: str = "case", shelf: Shelf | None = None) -> dict[str, Any]:
    """The answer to one case that names its day, as plain values."""
    return state_case(case, place, shelf or Shelf(), date.max).json(every=False)


def _fault_sentence(fault: FactFault, book: RuleBook) -> str:
    fact = _("{fact} on {day}").format(fact=fact_word(fault.fact.kind), day=fault.fact.on)
    law = book.versions[-1].source("correction" if "correct" in fault.why else "receipt")
    reason = {
        "before_submission": _("it lies before the submission: correct one of the dates"),
        "signed_without_post": _(
            "only a posted application is signed for: correct the channel, or say confirmed"
        ),
        "corrected_without_notice": _("no correction notice came before it: add the notice, or remove it"),
        "end_without_notice": _("no third-party notice came before it: add the notice, or remove it"),
        "settled_without_notice": _("no fee notice came before it: add the notice, or remove it"),
    }[fault.why]
    return f"{fact}: {reason}" + (f" ({law})" if law else "")


class _Reader:
    """Reads plain values strictly; every refusal says where."""

    def __init__(self, place: str) -> None:
        self._place = place

    def refuse(self, remedy: str) -> NoReturn:
        raise UserError(f"{self._place}: {remedy}.")

    def refuse_unknown(self, entries: Mapping[str, Any], known: tuple[str, ...]) -> None:
        for name in entries:
            if name not in known:
                self.refuse(
                    _("unknown entry {entry}: remove it, or correct it to one of {known}").format(
                        entry=name, known=", ".join(known)
                    )
                )

    def choice(self, name: str, value: Any, allowed: type[_Choice]) -> _Choice:
        if value not in list(allowed):
            self.refuse(
                _("{entry} = {value}: one of {names} is needed").format(
                    entry=name, value=value, names=", ".join(allowed)
                )
            )
        return allowed(value)

    def fact(self, entry: Any, zone: ZoneInfo) -> Fact:
        if not isinstance(entry, dict):
            self.refuse(_('a fact is needed, such as {"kind": "submitted", "at": "2026-11-24"}'))
        self.refuse_unknown(entry, _FACT)
        on, wall_time = self.moment("at", entry.get("at"), zone)
        stamp = entry.get("stamp_at")
        outcome = entry.get("outcome")
        return Fact(
            kind=self.choice("kind", entry.get("kind"), FactKind),
            on=on,
            time=wall_time,
            days=self.days(entry),
            stamp_on=self.moment("stamp_at", stamp, zone)[0] if stamp else None,
            outcome=self.choice("outcome", outcome, Outcome) if outcome else None,
            is_disputed=entry.get("disputed") is True,
        )

    def days(self, entry: Mapping[str, Any]) -> int | None:
        value = entry.get("days", entry.get("days_given"))
        if value is not None and (type(value) is not int or value < 0):
            self.refuse(
                _("days = {value}: a whole number of at least {least} is needed").format(value=value, least=0)
            )
        return value

    def moment(self, name: str, value: Any, zone: ZoneInfo) -> tuple[date, time]:
        """A date, or a moment with its offset, as wall time where the law counts."""
        try:
            if len(value) == len("2026-11-24"):
                return date.fromisoformat(value), time.min
            moment = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            self.refuse(
                _("{entry} = {value}: not a date; write 2026-11-24 or 2026-11-24T09:30:00+08:00").format(
                    entry=name, value=value
                )
            )
        if moment.tzinfo is None:
            self.refuse(
                _("{entry} = {value}: a time needs its offset, as in 2026-11-24T09:30:00+08:00").format(
                    entry=name, value=value
                )
            )
        local = moment.astimezone(zone)
        return local.date(), local.time()
