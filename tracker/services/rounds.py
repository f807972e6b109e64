"""A round's own states: draft -> approved -> running -> closed -> final; and the hold on all sending."""

import json
from dataclasses import asdict
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from tracker.domain.readings import choices_of
from tracker.domain.rounds import Caps, RoundPlan
from tracker.domain.terms import (
    NO_USABLE_CHANNEL,
    SHANGHAI,
    Event,
    EventKind,
    Mode,
    RequestKind,
    RequestState,
    RoundState,
)
from tracker.errors import UserError
from tracker.i18n import _
from tracker.settings import Workspace, register_workspace
from tracker.store.database import reading, writing
from tracker.store.events import coding_in, events_of_kind, record
from tracker.store.queries import missing_uids, requests_in_state, round_names
from tracker.store.tables import ApplicantRow, RequestRow, RoundRow

_STATE_AFTER = {
    EventKind.ROUND_PLANNED: RoundState.DRAFT,
    EventKind.ROUND_APPROVED: RoundState.APPROVED,
    EventKind.ROUND_STARTED: RoundState.RUNNING,
    EventKind.ROUND_CLOSED: RoundState.CLOSED,
    EventKind.ROUND_FINAL: RoundState.FINAL,
}
_ORDER = list(RoundState)
_DATES: dict[str, Any] = {
    **dict.fromkeys(("starts_on", "ends_on", "closes_on"), date.fromisoformat),
    **dict.fromkeys(("sends_from", "sends_until"), time.fromisoformat),
}


def plan_of(session: Session, round_name: str) -> RoundPlan:
    """The `RoundPlan` a round was stored with."""
    return _plan_in(session.get_one(RoundRow, round_name).plan)


@lru_cache(maxsize=32)
def _plan_in(text: str) -> RoundPlan:
    fields = json.loads(text)
    by_kind = {
        name: {RequestKind(kind): value for kind, value in fields[name].items()}
        for name in ("rules", "templates")
    }
    dates = {name: parse(fields[name]) for name, parse in _DATES.items()}
    kinds = tuple(map(RequestKind, fields["kinds"]))
    readings = choices_of(fields.get("readings", {}))  # a round planned before there were any has none
    own: dict[str, Any] = {"kinds": kinds, "caps": Caps(**fields["caps"]), "readings": readings}
    own["coding"] = coding_in(text)
    return RoundPlan(**{**fields, **by_kind, **dates, **own})


def plan_fields(plan: RoundPlan) -> dict[str, Any]:
    fields = asdict(plan)
    return fields | {name: fields[name].isoformat() for name in _DATES}


def round_events(session: Session, name: str) -> list[Event]:
    return [event for event in events_of_kind(session, *_STATE_AFTER) if event.round == name]


def round_state(session: Session, name: str) -> RoundState:
    """The furthest state reached: a supplement planned in a running round leaves it running."""
    reached = [_STATE_AFTER[event.kind] for event in round_events(session, name)]
    if not reached:
        raise UserError(_("{round}: no such round. `tracker status` lists them.").format(round=name))
    return max(reached, key=_ORDER.index)


def rounds_in(session: Session, *states: RoundState) -> list[str]:
    """The names of the rounds that are in one of these states."""
    return [name for name in round_names(session) if round_state(session, name) in states]


def in_final_rounds(session: Session) -> SelectOfScalar[str]:
    """The references of which nothing is decided any more, so that nobody is asked about them either."""
    return select(RequestRow.reference).where(col(RequestRow.round).in_(rounds_in(session, RoundState.FINAL)))


def closing_of(session: Session, name: str) -> datetime | None:
    """When the round was closed; None while it is open."""
    closings = [e.happened_at for e in round_events(session, name) if e.kind is EventKind.ROUND_CLOSED]
    return closings[0] if closings else None


def final_event(session: Session, name: str) -> Event | None:
    """What made the round final, with what its results rest on; None as long as it is not."""
    return next((e for e in round_events(session, name) if e.kind is EventKind.ROUND_FINAL), None)


def only_round(workspace: Workspace, name: str | None) -> str:
    """The named round, or the only one there is."""
    with reading(workspace.engine) as session:
        names = round_names(session)
    if name is None and len(names) == 1:
        return names[0]
    if name in names:
        return str(name)
    if not names:
        raise UserError(_("There is no round yet. Plan one: `tracker plan round.toml`."))
    if name is not None:
        raise UserError(
            _("{round}: no such round. There are: {names}").format(round=name, names=", ".join(names))
        )
    raise UserError(_("Which round? Name one with --round: {names}").format(names=", ".join(names)))


def find_request(session: Session, reference: str) -> RequestRow:
    """The request called `reference`; raises `UserError` where there is none."""
    row = session.get(RequestRow, reference)
    if row is None:
        raise UserError(
            _("{reference}: no such request. `tracker status --all` lists them.").format(reference=reference)
        )
    return row


def changeable_request(session: Session, reference: str) -> RequestRow:
    """The request called `reference`, for a person to decide about; raises `UserError` in a final round."""
    row = find_request(session, reference)
    if final_event(session, row.round):
        raise UserError(
            _(
                "{reference}: its round {round} is final: its results stand, and nothing more is decided or "
                "recorded in it. Letters are still taken in and kept."
            ).format(reference=reference, round=row.round)
        )
    return row


def approve_round(workspace: Workspace, name: str, actor: str, now: datetime, authorisation: str = "") -> int:
    """Approve everything planned and not approved yet; returns how many requests that were.

    A unit without a usable channel gets its finding here: there is nothing to send.
    Raises `UserError` in live mode without an authorisation number, or if nothing is waiting.
    """
    mode = workspace.settings.mode
    with writing(workspace.engine) as session:
        if round_state(session, name) in (RoundState.CLOSED, RoundState.FINAL):
            raise UserError(_("{round}: closed, nothing more can be approved.").format(round=name))
        waiting = [
            request for request, _state in requests_in_state(session, RequestState.PLANNED, round_name=name)
        ]
        if not waiting:
            raise UserError(_("{round}: nothing is waiting for approval.").format(round=name))
        authorisation = authorisation or plan_of(session, name).authorisation
        if mode is Mode.LIVE and not authorisation:
            raise UserError(_("A live round needs the number of its authorisation: --authorisation NUMBER."))
        if mode is Mode.LIVE:
            _refuse_without_account(session, workspace, waiting)
        record(session, [_approval(name, waiting, mode, authorisation, actor, now)])
        for request in waiting:
            record(session, _request_approval(request, mode, actor, now))
    return len(waiting)


def _refuse_without_account(session: Session, workspace: Workspace, waiting: list[RequestRow]) -> None:
    """Answers come to the applicant's mailbox, whatever way a request goes out."""
    codes = {request.applicant for request in waiting}
    known = session.exec(select(ApplicantRow).where(col(ApplicantRow.code).in_(codes)))
    missing = sorted(row.mailbox for row in known if row.mailbox not in workspace.accounts)
    if missing:
        raise UserError(
            _(
                "A live round needs an [[account]] in tracker.toml for each mailbox; missing: {mailboxes}"
            ).format(mailboxes=", ".join(missing))
        )


def _approval(
    name: str, waiting: list[RequestRow], mode: Mode, authorisation: str, actor: str, now: datetime
) -> Event:
    return _round_event(
        EventKind.ROUND_APPROVED,
        name,
        actor,
        now,
        {"requests": len(waiting), "mode": mode, "authorisation": authorisation},
        suffix=waiting[0].reference,
    )


def _request_approval(request: RequestRow, mode: Mode, actor: str, now: datetime) -> list[Event]:
    def event(kind: EventKind, payload: dict[str, object]) -> Event:
        return Event(
            kind=kind,
            happened_at=now,
            known_at=now,
            actor=actor,
            round=request.round,
            request=request.reference,
            payload=payload,
            dedupe_key=f"{kind}:{request.reference}",
        )

    events = [event(EventKind.APPROVED, {"mode": mode})]
    if request.channel is None:
        events.append(event(EventKind.SEND_REFUSED, {"reason": NO_USABLE_CHANNEL}))
    return events


def start_round(session: Session, name: str, now: datetime) -> None:
    """The first request that goes out starts the round."""
    record(session, [_round_event(EventKind.ROUND_STARTED, name, "rule:first-request", now, {})])


def close_round(
    workspace: Workspace, name: str, actor: str, now: datetime, *, leaves_unsent: bool = False
) -> None:
    """No more sending; what is silent now has not replied.

    Refused while approved requests could still go out, unless `leaves_unsent`: a closed round never opens again.
    """
    with writing(workspace.engine) as session:
        state = round_state(session, name)
        if state not in (RoundState.APPROVED, RoundState.RUNNING):
            raise UserError(_("{round}: is {state}, cannot be closed.").format(round=name, state=state))
        if not leaves_unsent:
            _refuse_if_unsent(session, name, now)
        record(session, [_round_event(EventKind.ROUND_CLOSED, name, actor, now, {})])


def _refuse_if_unsent(session: Session, name: str, now: datetime) -> None:
    approved = requests_in_state(session, RequestState.APPROVED, round_name=name)
    unsent = [request for request, _state in approved if request.expires_at > now]
    if unsent:
        raise UserError(
            _(
                "{round}: {count} approved requests are not sent yet, the first is planned for {at}. Wait until "
                "all are sent, or close the round without them: `tracker close --not-sent`; they never are then."
            ).format(
                round=name,
                count=len(unsent),
                at=f"{unsent[0].planned_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
            )
        )


def finish_round(workspace: Workspace, name: str, actor: str, now: datetime, unfinished: list[str]) -> None:
    """Make a closed round final. `unfinished` says what is still open or provisional: then refused.

    The event names the mailboxes with letters that could not be fetched: silence there is no unit's own,
    and has to stay so whatever becomes of these letters.
    """
    with writing(workspace.engine) as session:
        state = round_state(session, name)
        if state is not RoundState.CLOSED:
            raise UserError(
                _("{round}: is {state}; only a closed round becomes final.").format(round=name, state=state)
            )
        if unfinished:
            raise UserError(
                _("{round}: cannot become final: {reasons}").format(round=name, reasons="; ".join(unfinished))
            )
        payload: dict[str, object] = {"unfetched": sorted(missing_uids(session))}
        record(session, [_round_event(EventKind.ROUND_FINAL, name, actor, now, payload)])


def _round_event(
    kind: EventKind, name: str, actor: str, now: datetime, payload: dict[str, object], suffix: str = ""
) -> Event:
    key = f"{kind}:{name}:{suffix}" if suffix else f"{kind}:{name}"
    return Event(kind, now, now, actor, round=name, payload=payload, dedupe_key=key)


def sending_rounds(session: Session, mode: Mode) -> list[str]:
    """Rounds that may send: approved in this very mode, not closed; live only with authorisation."""
    allowed = []
    for name in round_names(session):
        approvals = [e.payload for e in round_events(session, name) if e.kind is EventKind.ROUND_APPROVED]
        fits = any(
            approval["mode"] == mode and (mode is not Mode.LIVE or approval["authorisation"])
            for approval in approvals
        )
        if fits and round_state(session, name) in (RoundState.APPROVED, RoundState.RUNNING):
            allowed.append(name)
    return allowed


# --- hold -----------------------------------------------------------------------------------------------


def hold(workspace: Workspace, reason: str, actor: str, now: datetime) -> None:
    """Stop all sending until it is released; an event, so that it survives every restart."""
    with writing(workspace.engine) as session:
        if not is_held(session):
            record(session, [_hold_event(EventKind.HOLD_SET, {"reason": reason}, actor, now)])


def release(workspace: Workspace, actor: str, now: datetime) -> None:
    with writing(workspace.engine) as session:
        if not is_held(session):
            raise UserError(_("Nothing is on hold."))
        record(session, [_hold_event(EventKind.HOLD_RELEASED, {}, actor, now)])


def adopt(workspace: Workspace, actor: str, now: datetime) -> None:
    """Make this copy the workspace that sends. Letters the other one had queued are never sent here."""
    instance_id = register_workspace(workspace, now)
    event = _hold_event(EventKind.WORKSPACE_ADOPTED, {"instance": instance_id}, actor, now)
    with writing(workspace.engine) as session:
        record(session, [event])


def is_held(session: Session) -> bool:
    events = events_of_kind(session, EventKind.HOLD_SET, EventKind.HOLD_RELEASED)
    return bool(events) and events[-1].kind is EventKind.HOLD_SET


def _hold_event(kind: EventKind, payload: dict[str, object], actor: str, now: datetime) -> Event:
    return Event(kind, now, now, actor, payload=payload, dedupe_key=f"{kind}:{now.isoformat()}")
