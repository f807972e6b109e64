"""Planning a round: the roster is read, requests are spread, and both are written down as facts."""

import dataclasses
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlmodel import Session, select

from tracker.adapters.calendars import calendar_files, load_calendar
from tracker.adapters.files import find_file, sha256_of
from tracker.adapters.instruments import load_instrument
from tracker.adapters.roster import read_roster, read_round, roster_files
from tracker.adapters.rules import load_rules
from tracker.domain.planning import spread_requests
from tracker.domain.rounds import (
    Applicant,
    PinMisplaced,
    PlanningError,
    QuestionMissing,
    Roster,
    RoundPlan,
    TooFewApplicants,
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
from tracker.services.letters import read_template
from tracker.services.rounds import plan_fields, round_state
from tracker.services.sealing import sealing_vault
from tracker.settings import Workspace
from tracker.store.database import writing
from tracker.store.events import canonical_json, record
from tracker.store.queries import requests_in_state
from tracker.store.secrets import Vault
from tracker.store.tables import (
    ApplicantRow,
    ChannelRow,
    QuestionRow,
    RequestRow,
    RoundFileRow,
    RoundRow,
    UnitRow,
)


@dataclass(frozen=True, slots=True)
class PlanReport:
    round: str
    requests: list[PlannedRequest]
    without_channel: list[PlannedRequest]
    seed: int


def plan_round(workspace: Workspace, round_file: Path, actor: str, now: datetime) -> PlanReport:
    """Plan the round of `round_file`; for a round that exists, plan what it does not hold yet.

    Nothing planned or approved before is moved. All or nothing is written.
    """
    plan, roster = read_round(round_file), read_roster(round_file)
    files = _files_used(workspace, plan, round_file)
    with writing(workspace.engine) as session:
        standing = session.get(RoundRow, plan.name)
        if standing:
            _refuse_if_over(session, plan.name)
        seed = standing.seed if standing else plan.seed or secrets.randbelow(2**31)
        plan = dataclasses.replace(plan, seed=seed)
        requests = _spread(workspace, session, plan, roster, now)
        _write_round(session, plan, files, now)
        _write_roster(session, workspace, plan.name, roster)
        _write_requests(session, plan, requests, actor, now)
    without = [request for request in requests if request.channel is None]
    return PlanReport(plan.name, requests, without, seed)


def _spread(
    workspace: Workspace, session: Session, plan: RoundPlan, roster: Roster, now: datetime
) -> list[PlannedRequest]:
    calendar = load_calendar(plan.calendar, workspace=workspace.root, guess=True)
    standing = requests_in_state(session, *RequestState, round_name=plan.name)
    try:
        return spread_requests(
            plan,
            roster.units,
            roster.channels,
            roster.applicants,
            roster.questions,
            calendar,
            seed=plan.seed or 0,
            already=[_as_planned(row) for row, _state in standing],
            # what never went out may be planned anew, under a new reference
            not_sent=[row.reference for row, state in standing if state.state == RequestState.NOT_SENT],
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


def _refuse_if_over(session: Session, name: str) -> None:
    if round_state(session, name) in (RoundState.CLOSED, RoundState.FINAL):
        raise UserError(_("{round}: closed; plan a new round under another name.").format(round=name))


def _write_round(session: Session, plan: RoundPlan, files: Mapping[str, str], now: datetime) -> None:
    if session.get(RoundRow, plan.name) is None:
        session.add(
            RoundRow(
                name=plan.name, plan=canonical_json(plan_fields(plan)), seed=plan.seed or 0, created_at=now
            )
        )
        session.flush()
    for path, sha256 in files.items():
        session.merge(RoundFileRow(round=plan.name, path=path, sha256=sha256))


def _write_roster(session: Session, workspace: Workspace, name: str, roster: Roster) -> None:
    for unit in roster.units:
        if session.get(UnitRow, (name, unit.unit_id)) is None:
            fields = dataclasses.asdict(unit) | {"predecessors": ";".join(unit.predecessors)}
            session.add(UnitRow(round=name, **fields))
    known = {
        (row.unit_id, row.kind, row.channel, row.address)
        for row in session.exec(select(ChannelRow).where(ChannelRow.round == name))
    }
    for channel in roster.channels:
        if (channel.unit_id, channel.kind, channel.channel, channel.address) not in known:
            session.add(ChannelRow(round=name, **dataclasses.asdict(channel)))
    for question in roster.questions:
        session.merge(
            QuestionRow(
                round=name,
                question_id=question.question_id,
                kind=question.kind,
                title=question.title,
                text=question.text,
            )
        )
    vault = sealing_vault(session, workspace)
    for applicant in roster.applicants:
        _write_applicant(session, vault, applicant)
    session.flush()


def _write_applicant(session: Session, vault: Vault, applicant: Applicant) -> None:
    if session.get(ApplicantRow, applicant.code):
        return
    mailbox = applicant.mailbox.lower()
    other = session.exec(select(ApplicantRow.code).where(ApplicantRow.mailbox == mailbox)).first()
    if other:
        raise UserError(
            _("applicants.csv: the mailbox of {code} is that of {other} already: use one code.").format(
                code=applicant.code, other=other
            )
        )
    fields = dataclasses.asdict(applicant)
    identity = {name: fields[name] for name in ("name", "id_number", "phone", "address", "postcode")}
    session.add(ApplicantRow(code=applicant.code, mailbox=mailbox, sealed=vault.seal(identity)))


def _write_requests(
    session: Session, plan: RoundPlan, requests: Sequence[PlannedRequest], actor: str, now: datetime
) -> None:
    for request in requests:
        session.add(RequestRow(round=plan.name, **dataclasses.asdict(request)))
    session.flush()
    planned = Event(
        EventKind.ROUND_PLANNED,
        now,
        now,
        actor,
        round=plan.name,
        payload={"requests": len(requests), "seed": plan.seed},
        dedupe_key=f"round_planned:{plan.name}:{now.isoformat()}",
    )
    record(session, [planned, *(_planned(plan, request, actor, now) for request in requests)])


def _planned(plan: RoundPlan, request: PlannedRequest, actor: str, now: datetime) -> Event:
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
        dedupe_key=f"planned:{request.reference}",
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
    return str(fault)
