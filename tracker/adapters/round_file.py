"""round.toml -> RoundPlan, and which roster files stand beside it."""

import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, NoReturn

from tracker.adapters.files import read_toml
from tracker.domain.readings import CHOICES, Choices, choices_of
from tracker.domain.rounds import Caps, Coding, RoundPlan
from tracker.domain.terms import RequestKind
from tracker.errors import UserError
from tracker.i18n import _

ROSTER_FILES = {
    "units": "units.csv",
    "channels": "channels.csv",
    "applicants": "applicants.csv",
    "questions": "questions.csv",
    "schedule": "",
}
_DEFAULTS: dict[str, Any] = {each.name: each.default for each in fields(RoundPlan)}
_FREE_OF_FEES = 10  # requests per applicant, unit and month: 国办函〔2020〕109号
_MOST_CODERS = 2
_SLUG = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*")


def read_round(path: Path) -> RoundPlan:
    """The plan in round.toml. Raises `UserError` naming the entry that is missing, wrong or unknown."""
    table = _Table(path, read_toml(path))
    caps, rules, templates = table.table("caps"), table.table("rules"), table.table("templates")
    roster, readings, coding = table.table("roster"), table.table("readings"), table.table("coding")
    kinds = _kinds(table)
    plan = RoundPlan(
        name=_name(table),
        title=table.text("title"),
        kinds=kinds,
        starts_on=table.day("starts_on"),
        ends_on=table.day("ends_on"),
        closes_on=table.day("closes_on"),
        rules={kind: rules.text(kind, f"cn-{kind}") for kind in kinds},
        templates={kind: templates.text(kind, f"{kind}.txt.j2") for kind in kinds},
        seed=table.number("seed", 0, least=0) if "seed" in table.entries else None,
        calendar=table.text("calendar", "cn"),
        readings=_readings(readings),
        authorisation=table.text("authorisation", ""),
        caps=_caps(caps),
        spacing_minutes=table.number("spacing_minutes", _DEFAULTS["spacing_minutes"]),
        sends_from=table.hour("sends_from", _DEFAULTS["sends_from"]),
        sends_until=table.hour("sends_until", _DEFAULTS["sends_until"]),
        grace_days=table.number("grace_days", _DEFAULTS["grace_days"], least=0),
        expires_after_days=table.number("expires_after_days", _DEFAULTS["expires_after_days"]),
        review_below=table.share("review_below", _DEFAULTS["review_below"]),
        coding=_coding(coding),
    )
    for name in ROSTER_FILES:
        roster.text(name, "")
    for each in (table, caps, rules, templates, roster, readings, coding):
        each.refuse_unknown(allowed=list(RequestKind) if each in (rules, templates) else [])
    _check_order(table, plan)
    return plan


def roster_paths(round_file: Path) -> dict[str, Path]:
    """The files of [roster], relative to round.toml; `schedule` only where there is one."""
    names = ROSTER_FILES | read_toml(round_file).get("roster", {})
    return {key: round_file.parent / name for key, name in names.items() if name}


class _Table:
    """A table of round.toml; remembers which of its entries were asked for."""

    def __init__(self, path: Path, entries: Mapping[str, Any], prefix: str = "") -> None:
        self.path, self.entries, self.prefix = path, entries, prefix
        self._known: set[str] = set()

    def table(self, name: str) -> "_Table":
        entries = self.get(name, {})
        if not isinstance(entries, dict):
            self.refuse(name, _("a table is needed: write [{name}]").format(name=name))
        return _Table(self.path, entries, f"{name}.")

    def text(self, name: str, default: str | None = None) -> str:
        value = self.get(name, default)
        if not isinstance(value, str):
            self.refuse(name, _("a text in quotes is needed"))
        return value

    def number(self, name: str, default: int, least: int = 1) -> int:
        value = self.get(name, default)
        if type(value) is not int or value < least:
            self.refuse(name, _("a whole number of at least {least} is needed").format(least=least))
        return value

    def share(self, name: str, default: float) -> float:
        value = self.get(name, default)
        if type(value) not in (int, float) or not 0 <= value <= 1:
            self.refuse(name, _("a number from 0 to 1 is needed, such as 0.8"))
        return float(value)

    def day(self, name: str) -> date:
        value = self.get(name, None)
        if not isinstance(value, date) or isinstance(value, datetime):
            self.refuse(name, _("a date is needed, such as 2026-09-07 without quotes"))
        return value

    def hour(self, name: str, default: time) -> time:
        value = self.get(name, default)
        try:
            return value if isinstance(value, time) else time.fromisoformat(value)
        except (TypeError, ValueError):
            self.refuse(name, _('a time of day is needed, such as "09:00"'))

    def refuse(self, name: str, remedy: str) -> NoReturn:
        value = self.entries.get(name, _DEFAULTS.get(name))
        raise UserError(
            _("{path}: {entry} = {value}: {remedy}.").format(
                path=self.path, entry=self.prefix + name, value=value, remedy=remedy
            )
        )

    def refuse_unknown(self, allowed: list[RequestKind]) -> None:
        for name in self.entries:
            if name not in self._known and name not in allowed:
                raise UserError(
                    _("{path}: unknown entry {entry}: remove it, or correct it to one of {known}.").format(
                        path=self.path, entry=self.prefix + name, known=", ".join(sorted(self._known))
                    )
                )

    def get(self, name: str, default: Any) -> Any:
        self._known.add(name)
        if name in self.entries:
            return self.entries[name]
        if default is None:
            raise UserError(
                _("{path}: {entry} is missing: add it.").format(path=self.path, entry=self.prefix + name)
            )
        return default


def _name(table: _Table) -> str:
    name = table.text("name")
    if not _SLUG.fullmatch(name):
        table.refuse("name", _("only letters, digits and single hyphens, such as city-2026"))
    return name


def _kinds(table: _Table) -> tuple[RequestKind, ...]:
    named = table.get("kinds", list(RequestKind))
    if not isinstance(named, list) or not named or not set(map(str, named)) <= set(RequestKind):
        table.refuse("kinds", _("a list of {kinds} is needed").format(kinds=", ".join(RequestKind)))
    return tuple(kind for kind in RequestKind if kind in named)


def _caps(table: _Table) -> Caps:
    default = Caps()
    caps = Caps(**{each.name: table.number(each.name, getattr(default, each.name)) for each in fields(Caps)})
    if caps.per_unit_per_month > _FREE_OF_FEES:
        table.refuse(
            "per_unit_per_month",
            _("at most {most}, above that a unit may ask fees").format(most=_FREE_OF_FEES),
        )
    return caps


def _readings(table: _Table) -> Choices:
    """By which reading results are shown; what is not said is read in the unit's favour."""
    chosen = {name: table.text(name, "") for name in CHOICES}
    for name, value in chosen.items():
        if value and value not in list(CHOICES[name]):
            table.refuse(name, _("one of {names} is needed").format(names=", ".join(CHOICES[name])))
    return choices_of(chosen)


def _coding(table: _Table) -> Coding:
    """Two coders code blind unless the round says otherwise: whom the other's code is shown repeats it."""
    coders = table.number("coders", 1)
    if coders > _MOST_CODERS:
        table.refuse("coders", _("1 or {most} is needed").format(most=_MOST_CODERS))
    is_blind = table.get("blind", coders > 1)
    if not isinstance(is_blind, bool):
        table.refuse("blind", _("true or false is needed"))
    return Coding(table.text("instrument", "evaluation"), coders, is_blind)


def _check_order(table: _Table, plan: RoundPlan) -> None:
    if plan.ends_on < plan.starts_on:
        table.refuse("ends_on", _("it must not be before starts_on"))
    if plan.closes_on < plan.ends_on:
        table.refuse("closes_on", _("it must not be before ends_on"))
    if plan.sends_until <= plan.sends_from:
        table.refuse("sends_until", _("it must be later than sends_from"))
