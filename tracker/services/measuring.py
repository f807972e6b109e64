"""Measuring a round: one row per request, from its events, for pages, tasks, explanations and exports."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from sqlmodel import Session, col, select

from tracker.adapters.calendars import load_calendar
from tracker.adapters.rules import load_rules
from tracker.domain.calendar import CalendarGap
from tracker.domain.lifecycle import History, replay
from tracker.domain.measure import Circumstances, Law, Measurement, measure_request
from tracker.domain.rules import RulesGap
from tracker.domain.terms import SHANGHAI, ChannelKind, Event, EventKind, RequestKind, local_date
from tracker.errors import UserError
from tracker.i18n import _
from tracker.services.rounds import closing_of, final_event, plan_of
from tracker.services.watch import gaps_of
from tracker.settings import Workspace
from tracker.store.events import (
    events_by_request,
    events_of_kind,
    held_rows,
    latest_holding,
)
from tracker.store.queries import missing_uids
from tracker.store.tables import ApplicantRow, HeldMessageRow, RequestRow, UnitRow


@dataclass(frozen=True, slots=True)
class MeasuredRequest:
    request: RequestRow
    unit: UnitRow
    history: History
    measurement: Measurement
    law: Law


def laws_of(
    session: Session, workspace: Workspace, round_name: str, known_on: date | None = None
) -> dict[RequestKind, Law]:
    """What each kind of request is measured by: the calendar has the marked guess past the last notice."""
    plan, final = plan_of(session, round_name), final_event(session, round_name)
    if final:
        known_on = min(known_on or date.max, local_date(final.happened_at))
    calendar = load_calendar(plan.calendar, workspace=workspace.root, guess=True, known_on=known_on)
    return {
        kind: Law(load_rules(name, workspace.root), calendar, plan.readings)
        for kind, name in plan.rules.items()
    }


@dataclass(frozen=True, slots=True)
class Standpoint:
    """From when a round is looked at. `known_on`: only what was known at the end of that day counts,
    and of events only those that were known at the moment `known_until`."""

    now: datetime
    as_of: date
    known_on: date | None = None
    known_until: datetime | None = None

    def knows(self, event: Event) -> bool:
        return self.known_until is None or event.known_at <= self.known_until


def standpoint(now: datetime, *, as_of: date | None = None, known_on: date | None = None) -> Standpoint:
    """As of a day (default: today) with all that is known now, or as things were known on a day."""
    if known_on is None:
        return Standpoint(now, as_of or local_date(now))
    until = min(now, datetime.combine(known_on, time.max, SHANGHAI))
    return Standpoint(until, known_on, known_on, until)


def fixed_if_final(session: Session, round_name: str, at: Standpoint) -> Standpoint:
    """A final round is measured as it stood when it was made final: what time, letters and notices bring
    later changes no verdict."""
    final = final_event(session, round_name)
    if final is None:
        return at
    ended_on = local_date(final.happened_at)
    return replace(
        at,
        as_of=min(at.as_of, ended_on),
        known_on=min(at.known_on or ended_on, ended_on),
        known_until=min(at.known_until or final.known_at, final.known_at),
    )


def measure_round(
    session: Session,
    workspace: Workspace,
    round_name: str,
    at: Standpoint,
    only: Collection[str] | None = None,
) -> list[MeasuredRequest]:
    """Measure every request of a round, whatever its state, or `only` those of some references."""
    at = fixed_if_final(session, round_name, at)
    laws = laws_of(session, workspace, round_name, at.known_on)
    events = events_by_request(session, round_name, only)
    surroundings = Surroundings(session, workspace, round_name, at)
    query = select(RequestRow, UnitRow).where(
        RequestRow.round == round_name,
        UnitRow.round == RequestRow.round,
        UnitRow.unit_id == RequestRow.unit_id,
    )
    if only is not None:
        query = query.where(col(RequestRow.reference).in_(only))
    measured = []
    for request, unit in session.exec(query.order_by(col(RequestRow.reference))):
        known = [event for event in events.get(request.reference, ()) if at.knows(event)]
        history = replay(request.reference, known)
        law = laws[RequestKind(request.kind)]
        channel = ChannelKind(request.channel) if request.channel else None
        row = _measured(
            history, channel, law, surroundings.of(request.reference, request.applicant, request.channel)
        )
        measured.append(MeasuredRequest(request, unit, history, row, law))
    return measured


def _measured(
    history: History, channel: ChannelKind | None, law: Law, circumstances: Circumstances
) -> Measurement:
    try:
        return measure_request(history, channel, law, circumstances)
    except (CalendarGap, RulesGap) as gap:
        raise UserError(f"{history.request}: {gap_sentence(gap)}") from None


def gap_sentence(gap: CalendarGap | RulesGap) -> str:
    """What lies outside the calendar or the rules, and what to do about it."""
    if isinstance(gap, RulesGap):
        return _(
            "received on {day}, but the rules {name} hold {span}: correct the date, "
            "or add a [[version]] to data/rules/{name}.toml."
        ).format(day=gap.day, name=gap.name, span=_span(gap))
    return _("{day} is outside the calendar, which covers {first} to {last}.").format(
        day=gap.day, first=gap.first, last=gap.last
    )


def _span(gap: RulesGap) -> str:
    if gap.last == date.max:
        return _("from {first} on").format(first=gap.first)
    return _("from {first} to {last}").format(first=gap.first, last=gap.last)


def _held(session: Session, at: Standpoint) -> list[tuple[str, str]]:
    """The holding pen now, or as it was: the mailbox of each message, and its candidates separated by ;"""
    if at.known_until is None:
        return list(session.exec(select(HeldMessageRow.mailbox, HeldMessageRow.candidates)))
    events = events_of_kind(session, EventKind.HELD, EventKind.ASSIGNED)
    pen = latest_holding(event for event in events if at.knows(event))
    return [(row.mailbox, row.candidates) for row in held_rows(session, pen)]


class Surroundings:
    """The circumstances of each request: gaps of its mailbox, held messages, the state of the round."""

    def __init__(self, session: Session, workspace: Workspace, round_name: str, at: Standpoint) -> None:
        at, final = fixed_if_final(session, round_name, at), final_event(session, round_name)
        self._as_of, self._grace_days = at.as_of, plan_of(session, round_name).grace_days
        closed_at = closing_of(session, round_name)
        self._is_closed = closed_at is not None and closed_at <= at.now
        # nobody has to watch a closed round any more
        self._gaps = gaps_of(session, workspace, min(at.now, closed_at or at.now))
        self._law = [
            (law.book.version, law.calendar.version)
            for law in laws_of(session, workspace, round_name, at.known_on).values()
        ]
        self._fingerprints: dict[tuple[object, ...], str] = {}
        self._mailboxes = dict(session.exec(select(ApplicantRow.code, ApplicantRow.mailbox)).all())
        held = _held(session, at)
        self._candidates = {each for _mailbox, candidates in held for each in candidates.split(";")}
        self._unplaced = {mailbox for mailbox, candidates in held if not candidates}
        # a letter that cannot be fetched may be anybody's answer, as one that cannot be placed
        self._unplaced |= set(final.payload.get("unfetched", ()) if final else missing_uids(session))

    def of(self, reference: str, applicant: str, channel: str | None) -> Circumstances:
        mailbox = self._mailboxes[applicant]
        return Circumstances(
            as_of=self._as_of,
            is_round_closed=self._is_closed,
            grace_days=self._grace_days if channel == ChannelKind.POST else 0,
            gaps=self._gaps.get(applicant, ()),
            has_held_candidate=reference in self._candidates or mailbox in self._unplaced,
        )

    def fingerprint(self, reference: str, applicant: str, channel: str | None) -> str:
        """A short text that differs where the circumstances or the law do; an open gap grows by the day."""
        seen = self.of(reference, applicant, channel)
        gaps = [(begin, local_date(end)) for begin, end in seen.gaps]
        told = (seen.is_round_closed, seen.grace_days, seen.has_held_candidate, applicant)
        if told not in self._fingerprints:
            text = f"{told} {gaps} {self._law}"
            self._fingerprints[told] = hashlib.sha256(text.encode()).hexdigest()[:16]
        return self._fingerprints[told]
