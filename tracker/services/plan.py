"""Planning a round: the roster is read, requests are spread, and both are written down as facts."""

import dataclasses
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlmodel import Session, col, delete

from tracker.adapters.calendars import calendar_files, load_calendar
from tracker.adapters.files import find_file, sha256_of
from tracker.adapters.instruments import load_instrument
from tracker.adapters.roster import read_roster, read_round, roster_files
from tracker.adapters.rules import load_rules
from tracker.domain.planning import spread_requests
from tracker.domain.rounds import (
    PinMisplaced,
    PinOutsideWindow,
    PlanningError,
    QuestionMissing,
    Roster,
    RoundPlan,
    TooFewApplicants,
    WindowPast,
    WindowTooSmall,
)
from tracker.domain.terms import (
    ChannelKind,
    Event,
    EventKind,
    PlannedRequest,
    RequestKind,
    RequestState,
    RoundState,
)
from tracker.errors import UserError
from tracker.i18n import _
from tracker.services.enrolment import write_roster
from tracker.services.letters import read_template
from tracker.services.rounds import plan_fields, round_state
from tracker.settings import Workspace
from tracker.store.database import writing
from tracker.store.desk_tables import StandingRow
from tracker.store.events import canonical_json, last_seq, record
from tracker.store.queries import requests_in_state
from tracker.store.tables import RequestRow, RequestStateRow, RoundFileRow, RoundRow


@dataclass(frozen=True, slots=True)
class PlanReport:
    """`requests` wait for approval; `withdrawn` are references that an earlier plan had drafted."""

    round: str
    requests: list[PlannedRequest]
    without_channel: list[PlannedRequest]
    withdrawn: list[str]
    seed: int


def plan_round(workspace: Workspace, round_file: Path, actor: str, now: datetime) -> PlanReport:
    """Plan the round of `round_file`; for a round that exists, plan what nobody has approved yet.

    What was approved before is not moved; what was only drafted gives way to what the files say now.
    All or nothing is written.
    """
    plan, roster = read_round(round_file), read_roster(round_file)
    files = _files_used(workspace, plan, round_file)
    with writing(workspace.engine) as session:
        plan = _write_round(session, plan, files, now)
        standing = requests_in_state(session, *RequestState, round_name=plan.name)
        approved = [(row, state) for row, state in standing if state.state != RequestState.PLANNED]
        drafted = [row for row, state in standing if state.state == RequestState.PLANNED]
        before = [_as_planned(row) for row in drafted]
        requests = _spread(workspace, plan, roster, approved, before, now)
        _take_back(session, drafted)
        write_roster(session, workspace, plan.name, roster, [row for row, _state in approved])
        withdrawn = sorted({each.reference for each in before} - {each.reference for each in requests})
        _write_requests(session, plan, requests, before, withdrawn, actor, now)
    without = [request for request in requests if request.channel is None]
    return PlanReport(plan.name, requests, without, withdrawn, plan.seed or 0)


def _spread(
    workspace: Workspace,
    plan: RoundPlan,
    roster: Roster,
    approved: Sequence[tuple[RequestRow, RequestStateRow]],
    drafted: Sequence[PlannedRequest],
    now: datetime,
) -> list[PlannedRequest]:
    calendar = load_calendar(plan.calendar, workspace=workspace.root, guess=True)
    try:
        return spread_requests(
            plan,
            roster.units,
            roster.channels,
            roster.applicants,
            roster.questions,
            calendar,
            seed=plan.seed or 0,
            already=[_as_planned(row) for row, _state in approved],
            drafted={(request.unit_id, request.kind): request.reference for request in drafted},
            # what never went out may be planned anew, under a new reference
            not_sent=[row.reference for row, state in approved if state.state == RequestState.NOT_SENT],
            not_before=now,
            pins=roster.pins,
        )
    except PlanningError as fault:
        raise UserError(_planning_sentence(plan, fault)) from None


def _as_planned(row: RequestRow) -> PlannedRequest:
    return PlannedRequest(
        row.reference,
        RequestKind(row.kind),
        row.unit_id,
        row.applicant,
        ChannelKind(row.channel) if row.channel else None,
        row.address,
        row.question_id,
        row.planned_at,
        row.expires_at,
    )


def _write_round(session: Session, plan: RoundPlan, files: Mapping[str, str], now: datetime) -> RoundPlan:
    """Write the round down, as long as nothing of it is approved; returns the plan with its seed."""
    row = session.get(RoundRow, plan.name)
    state = round_state(session, plan.name) if row else RoundState.DRAFT
    if state in (RoundState.CLOSED, RoundState.FINAL):
        raise UserError(_("{round}: closed; plan a new round under another name.").format(round=plan.name))
    if row is None:
        row = RoundRow(name=plan.name, plan="", seed=plan.seed or secrets.randbelow(2**31), created_at=now)
        session.add(row)
    if state is RoundState.DRAFT:
        row.seed = plan.seed or row.seed
        row.plan = canonical_json(plan_fields(dataclasses.replace(plan, seed=row.seed)))
        session.exec(delete(RoundFileRow).where(col(RoundFileRow.round) == plan.name))
    session.flush()
    for path, sha256 in files.items():
        session.merge(RoundFileRow(round=plan.name, path=path, sha256=sha256))
    return dataclasses.replace(plan, seed=row.seed)


def _take_back(session: Session, drafted: Sequence[RequestRow]) -> None:
    """Nothing rests on a request that nobody approved; that it was planned stays on record as an event."""
    for row in drafted:
        if standing := session.get(StandingRow, row.reference):
            session.delete(standing)
        session.delete(row)
    session.flush()


def _write_requests(
    session: Session,
    plan: RoundPlan,
    requests: Sequence[PlannedRequest],
    before: Sequence[PlannedRequest],
    withdrawn: Sequence[str],
    actor: str,
    now: datetime,
) -> None:
    """`before` were drafted by an earlier plan: those that are the same now are no news."""
    for request in requests:
        session.add(RequestRow(round=plan.name, **dataclasses.asdict(request)))
    session.flush()
    newest = last_seq(session)
    planned = Event(
        EventKind.ROUND_PLANNED,
        now,
        now,
        actor,
        round=plan.name,
        payload={"requests": len(requests), "seed": plan.seed, "withdrawn": list(withdrawn)},
        dedupe_key=f"round_planned:{plan.name}:{newest}",
    )
    known = set(before)
    news = [request for request in requests if request not in known]
    record(session, [planned, *(_planned(plan, request, newest, actor, now) for request in news)])


def _planned(plan: RoundPlan, request: PlannedRequest, newest: int, actor: str, now: datetime) -> Event:
    """`newest` is the event before it: the same request may be planned several times."""
    return Event(
        EventKind.PLANNED,
        now,
        now,
        actor,
        round=plan.name,
        request=request.reference,
        payload={
            "unit": request.unit_id,
            "applicant": request.applicant,
            "kind": request.kind,
            "channel": request.channel,
            "question": request.question_id,
            "planned_at": request.planned_at.isoformat(),
        },
        dedupe_key=f"planned:{request.reference}:{newest}",
    )


def _files_used(workspace: Workspace, plan: RoundPlan, round_file: Path) -> dict[str, str]:
    """SHA-256 of the roster, the calendar, the rules, the templates and the instrument of this round."""
    paths = list(roster_files(round_file))
    paths += [find_file(f"data/rules/{name}.toml", workspace.root) for name in plan.rules.values()]
    paths += [find_file(f"templates/{name}", workspace.root) for name in plan.templates.values()]
    for name in plan.rules.values():
        load_rules(name, workspace.root)
    for name in plan.templates.values():
        read_template(workspace, name)
    load_instrument(plan.coding.instrument, workspace.root)
    paths.append(find_file(f"data/instruments/{plan.coding.instrument}.toml", workspace.root))
    load_calendar(plan.calendar, workspace=workspace.root)
    paths += calendar_files(plan.calendar, workspace.root)
    return {path.name: sha256_of(path) for path in paths}


def _planning_sentence(plan: RoundPlan, fault: PlanningError) -> str:
    return _("{round}: cannot be planned: {reason}").format(round=plan.name, reason=_planning_reason(fault))


def _planning_reason(fault: PlanningError) -> str:
    match fault:
        case WindowTooSmall():
            return _(
                "only {fits} of {needed} requests fit between starts_on and ends_on: lengthen the window, "
                "raise the caps or add applicants."
            ).format(fits=fault.fits, needed=fault.needed)
        case QuestionMissing():
            return _('questions.csv has no {kind} question for the unit "{unit}": add one.').format(
                kind=fault.kind, unit=fault.unit.unit_code
            )
        case TooFewApplicants():
            return _("{found} applicants, but each unit is asked by {needed}: add applicants.").format(
                found=fault.found, needed=fault.needed
            )
        case PinMisplaced():
            return _(
                'the schedule pins {kind} for "{unit}" to "{applicant}", which this round does not have: '
                "correct the row."
            ).format(kind=fault.kind, unit=fault.unit_id, applicant=fault.applicant)
        case PinOutsideWindow():
            return _(
                'the schedule pins {kind} for "{unit}" to {day}, which is no working day from starts_on to '
                "ends_on: correct the row."
            ).format(kind=fault.kind, unit=fault.unit_id, day=fault.day)
        case WindowPast():
            return _(
                "its window is past, it ended on {day}: enter later days for starts_on and ends_on in round.toml."
            ).format(day=fault.ends_on)
    return str(fault)
