"""Measuring a round: one row per request, from its events, for pages, tasks, explanations and exports."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from tracker.adapters.calendars import load_calendar
from tracker.adapters.rules import load_rules
from tracker.domain.calendar import WorkingCalendar
from tracker.domain.deadlines import Rules
from tracker.domain.lifecycle import History, replay
from tracker.domain.measure import Circumstances, Measurement, measure_request
from tracker.domain.terms import ChannelKind, RequestKind, local_date
from tracker.services.rounds import closing_of, plan_of
from tracker.services.watch import gaps_of
from tracker.settings import Workspace
from tracker.store.events import events_by_request
from tracker.store.tables import ApplicantRow, HeldMessageRow, RequestRow, UnitRow


@dataclass(frozen=True, slots=True)
class MeasuredRequest:
    request: RequestRow
    unit: UnitRow
    history: History
    measurement: Measurement
    rules: Rules


@dataclass(frozen=True, slots=True)
class Yardstick:
    """The calendar (with the marked guess past the last notice) and the rules of one round."""

    calendar: WorkingCalendar
    rules: Mapping[RequestKind, Rules]


def yardstick_of(session: Session, workspace: Workspace, round_name: str) -> Yardstick:
    plan = plan_of(session, round_name)
    return Yardstick(
        load_calendar(plan.calendar, workspace=workspace.root, guess=True),
        {kind: load_rules(name, workspace.root) for kind, name in plan.rules.items()},
    )


def measure_round(
    session: Session, workspace: Workspace, round_name: str, now: datetime, as_of: date | None = None
) -> list[MeasuredRequest]:
    """Measure every request of a round, whatever its state, as of a day in Shanghai (default: today)."""
    yardstick = yardstick_of(session, workspace, round_name)
    events = events_by_request(session, round_name)
    surroundings = _Surroundings(session, workspace, round_name, now, as_of or local_date(now))
    query = select(RequestRow, UnitRow).where(
        RequestRow.round == round_name,
        UnitRow.round == RequestRow.round,
        UnitRow.unit_id == RequestRow.unit_id,
    )
    measured = []
    for request, unit in session.exec(query.order_by(col(RequestRow.reference))):
        history = replay(request.reference, events.get(request.reference, ()))
        rules = yardstick.rules[RequestKind(request.kind)]
        channel = ChannelKind(request.channel) if request.channel else None
        row = measure_request(history, channel, rules, yardstick.calendar, surroundings.of(request))
        measured.append(MeasuredRequest(request, unit, history, row, rules))
    return measured


class _Surroundings:
    """The circumstances of each request: gaps of its mailbox, held messages, the state of the round."""

    def __init__(
        self, session: Session, workspace: Workspace, round_name: str, now: datetime, as_of: date
    ) -> None:
        self._as_of, self._grace_days = as_of, plan_of(session, round_name).grace_days
        closed_at = closing_of(session, round_name)
        self._is_closed = closed_at is not None
        # nobody has to watch a closed round any more
        self._gaps = gaps_of(session, workspace, min(now, closed_at or now))
        self._mailboxes = {row.code: row.mailbox for row in session.exec(select(ApplicantRow))}
        held = session.exec(select(HeldMessageRow)).all()
        self._candidates = {reference for row in held for reference in row.candidates.split(";")}
        self._unplaced = {row.mailbox for row in held if not row.candidates}

    def of(self, request: RequestRow) -> Circumstances:
        mailbox = self._mailboxes[request.applicant]
        return Circumstances(
            as_of=self._as_of,
            is_round_closed=self._is_closed,
            grace_days=self._grace_days if request.channel == ChannelKind.POST else 0,
            gaps=self._gaps.get(request.applicant, ()),
            has_held_candidate=request.reference in self._candidates or mailbox in self._unplaced,
        )
