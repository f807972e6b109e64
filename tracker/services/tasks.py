"""People's tasks. None is stored: each follows from the state of a request or message, and its id says which."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import func
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from tracker.domain.calendar import count_working_days
from tracker.domain.terms import ChannelKind, RequestState, RoundState, Verdict, local_date
from tracker.errors import UserError
from tracker.i18n import _
from tracker.letters.compose import compose_fields
from tracker.services.asks import open_asks
from tracker.services.letters import letter_of
from tracker.services.measuring import MeasuredRequest, laws_of, measure_round, standpoint
from tracker.services.platforms import machine_recipe_of
from tracker.services.review import count_open_readings, review_tasks
from tracker.services.rounds import in_final_rounds, rounds_in
from tracker.services.scans import illegible_scans
from tracker.services.standings import looked_on
from tracker.services.submissions import WITH_PERSON
from tracker.services.task_kinds import Task, TaskKind
from tracker.settings import Workspace
from tracker.store.desk_tables import StandingRow
from tracker.store.queries import requests_in_state, requests_of_message
from tracker.store.tables import (
    FuseRow,
    HeldMessageRow,
    LookupRow,
    OutboxRow,
    RequestRow,
    RequestStateRow,
    UnitRow,
)

_LOOK_EVERY_DAYS = 5  # working days
_NOT_FINAL = tuple(state for state in RoundState if state is not RoundState.FINAL)
_AT_ONCE = 500  # references that one query asks for


def open_tasks(session: Session, workspace: Workspace, now: datetime) -> list[Task]:
    """Everything that waits for a person, oldest first."""
    found: list[Task] = []
    for source in (_unsettled, _awaiting_us, _reviews, _held, _scans, _asks, _blown_fuses):
        found += source(session, now)
    found += _submissions(session, workspace, now)
    looks = {row.request: row for row in session.exec(select(LookupRow))}
    for name in rounds_in(session, *_NOT_FINAL):
        measured = measure_round(session, workspace, name, standpoint(now))
        found += _from_measurements(measured, looks)
        found += _looks(measured, looks, now)
    return with_units(session, sorted(found, key=_age))


def standing_tasks(session: Session, workspace: Workspace, now: datetime) -> list[Task]:
    """As `open_tasks`, by the requests as they were measured last: quick enough for a page.

    Messages to be coded or assigned are left out: the queue and the holding pen have them. Units are not
    named: see `with_units`.
    """
    found = [*_awaiting_us(session, now), *_standing_but_awaiting_us(session, workspace, now)]
    return sorted(found, key=_age)


def count_standing_tasks(session: Session, workspace: Workspace, now: datetime) -> int:
    """How many `standing_tasks` there are; the most frequent kind by far is counted where it lies."""
    query = select(func.count()).where(
        RequestStateRow.state == RequestState.AWAITING_US,
        col(RequestStateRow.reference).not_in(in_final_rounds(session)),
    )
    return session.exec(query).one() + len(_standing_but_awaiting_us(session, workspace, now))


def count_open_tasks(session: Session, workspace: Workspace, now: datetime) -> int:
    """How many `open_tasks` there are, by the requests as they were measured last.

    What is only to be coded is none of them: the machine's sure reading stands until then.
    """
    held = session.exec(select(func.count()).select_from(HeldMessageRow)).one()
    return count_standing_tasks(session, workspace, now) + held + count_doubtful(session)


def count_doubtful(session: Session) -> int:
    """How many readings a person has to confirm, in the rounds that are not final."""
    return sum(count_open_readings(session, name) for name in rounds_in(session, *_NOT_FINAL))


def _standing_but_awaiting_us(session: Session, workspace: Workspace, now: datetime) -> list[Task]:
    found: list[Task] = []
    for source in (_unsettled, _scans, _asks, _blown_fuses):
        found += source(session, now)
    found += _submissions(session, workspace, now)
    looks = {row.request: row for row in session.exec(select(LookupRow))}
    found += _from_standings(session, looks, now)
    for name in rounds_in(session, *_NOT_FINAL):
        found += _standing_looks(session, workspace, name, now)
    return found


def with_units(session: Session, tasks: Sequence[Task]) -> list[Task]:
    """The same tasks with the names of the units they concern."""
    names: dict[str, str] = {}
    references = [task.subject.partition("/")[0] for task in tasks]
    for start in range(0, len(references), _AT_ONCE):
        query = select(RequestRow.reference, UnitRow.name).where(
            col(RequestRow.reference).in_(references[start : start + _AT_ONCE]),
            UnitRow.round == RequestRow.round,
            UnitRow.unit_id == RequestRow.unit_id,
        )
        names.update(session.exec(query).all())
    return [
        replace(task, unit=names.get(reference, ""))
        for task, reference in zip(tasks, references, strict=True)
    ]


def _age(task: Task) -> tuple[datetime, TaskKind, str]:
    return task.since, task.kind, task.subject


def find_task(session: Session, workspace: Workspace, task_id: str, now: datetime) -> Task:
    return named_task(open_tasks(session, workspace, now), task_id)


def named_task(tasks: list[Task], task_id: str) -> Task:
    """The open task of this id; raises `UserError` where there is none."""
    for task in tasks:
        if task.task_id == task_id:
            return task
    raise UserError(_("{task}: no such open task. `tracker task list` shows them.").format(task=task_id))


def submission_fields(session: Session, workspace: Workspace, reference: str) -> dict[str, str]:
    """What to paste, field by field: label -> text. Holds the applicant's identity: for the screen only."""
    letter = letter_of(session, workspace, session.get_one(RequestRow, reference))
    return compose_fields(letter)


def _submissions(session: Session, workspace: Workspace, now: datetime) -> list[Task]:
    with_person = set(session.exec(select(OutboxRow.request).where(OutboxRow.status == WITH_PERSON)))
    query = (
        select(RequestRow)
        .join(RequestStateRow, col(RequestStateRow.reference) == col(RequestRow.reference))
        .where(
            RequestStateRow.state == RequestState.APPROVED,
            col(RequestRow.channel).is_not(None),
            RequestRow.channel != ChannelKind.EMAIL,
            RequestRow.planned_at <= now,
            RequestRow.expires_at > now,
            col(RequestRow.round).not_in(rounds_in(session, RoundState.CLOSED, RoundState.FINAL)),
        )
    )
    return [
        Task(
            TaskKind.SUBMIT,
            request.reference,
            request.planned_at,
            detail={"channel": request.channel, "address": request.address},
        )
        for request in session.exec(query)
        if request.reference in with_person or machine_recipe_of(session, workspace, request) is None
    ]


def _in_state(kind: TaskKind, state: RequestState) -> Callable[[Session, datetime], list[Task]]:
    def tasks(session: Session, now: datetime) -> list[Task]:
        query = select(RequestStateRow.reference, RequestStateRow.submitted_at)
        is_open = col(RequestStateRow.reference).not_in(in_final_rounds(session))
        found = session.exec(query.where(RequestStateRow.state == state, is_open))
        return [Task(kind, reference, at or now) for reference, at in found]

    return tasks


def _unsettled(session: Session, now: datetime) -> list[Task]:
    """Where a site has a list or a status page, what stood there with our title is told as well."""
    found = []
    for request, row in requests_in_state(session, RequestState.UNSETTLED):
        detail: dict[str, object] = {}
        if look := session.get(LookupRow, request.reference):
            seen_at = look.last_ok_at.isoformat() if look.last_ok_at else ""
            detail = {
                "address": request.address,
                "looked_at": seen_at,
                "found": json.loads(look.found or "[]"),
            }
        since = row.submitted_at or now
        found.append(Task(TaskKind.SETTLE, request.reference, since, detail=detail))
    return found


_awaiting_us = _in_state(TaskKind.ANSWER_UNIT, RequestState.AWAITING_US)


def _reviews(session: Session, _now: datetime) -> list[Task]:
    return [
        Task(
            TaskKind.REVIEW,
            f"{task.request}/{task.message}",
            task.arrived_at,
            detail={"reading": task.outcome or task.kind, "confidence": task.confidence},
        )
        for task in review_tasks(session)
    ]


def _held(session: Session, _now: datetime) -> list[Task]:
    rows = session.exec(select(HeldMessageRow).order_by(col(HeldMessageRow.seq)))
    return [
        Task(
            TaskKind.ASSIGN,
            row.sha256,
            row.arrived_at,
            detail={"candidates": row.candidates.split(";") if row.candidates else []},
        )
        for row in rows
    ]


def _scans(session: Session, _now: datetime) -> list[Task]:
    over = set(session.exec(in_final_rounds(session)))
    return [
        Task(TaskKind.SCAN, f"{scan.message[:12]}/{scan.attachment}", scan.since)
        for scan in illegible_scans(session)
        if not over or set(requests_of_message(session, scan.message)) - over
    ]


def _asks(session: Session, now: datetime) -> list[Task]:
    return [
        Task(
            TaskKind.ASK,
            row.request,
            row.asked_at,
            detail={
                "prompt": row.prompt,
                "has_picture": bool(row.picture),
                "until": row.expires_at.isoformat(),
            },
        )
        for row in open_asks(session, now)
    ]


def _blown_fuses(session: Session, now: datetime) -> list[Task]:
    rows = session.exec(select(FuseRow).where(col(FuseRow.blown_at).is_not(None)))
    return [
        Task(TaskKind.RECIPE, row.platform, row.blown_at or now, detail={"fault": row.fault}) for row in rows
    ]


_TASK_OF_REASON = {
    "email_silence_without_sign_of_receipt": TaskKind.SECOND_CHANNEL,
    "receipt_unknown": TaskKind.SIGNATURE,
    "page_not_looked_at_since_due": TaskKind.LOOK_UP,
}


def _from_measurements(rows: list[MeasuredRequest], looks: Mapping[str, LookupRow]) -> list[Task]:
    return [
        Task(
            _TASK_OF_REASON[row.measurement.reason],
            row.request.reference,
            row.measurement.submitted_at or row.request.planned_at,
        )
        for row in rows
        if row.measurement.reason in _TASK_OF_REASON
        and not _is_left_to_machine(row.measurement.due_on, looks.get(row.request.reference))
    ]


def _from_standings(session: Session, looks: Mapping[str, LookupRow], now: datetime) -> list[Task]:
    what = (StandingRow.reason, StandingRow.reference, StandingRow.submitted_at, StandingRow.due_on)
    query = sa_select(*map(col, what)).where(
        col(StandingRow.reason).in_(_TASK_OF_REASON),
        col(StandingRow.round).in_(rounds_in(session, *_NOT_FINAL)),
    )
    return [
        Task(_TASK_OF_REASON[reason], reference, at or now)
        for reason, reference, at, due_on in session.execute(query)
        if not _is_left_to_machine(due_on, looks.get(reference))
    ]


def _standing_looks(session: Session, workspace: Workspace, round_name: str, now: datetime) -> list[Task]:
    """As `_looks`; how many working days ago a page was looked at is counted once for each day."""
    calendar = next(iter(laws_of(session, workspace, round_name).values())).calendar
    waiting = (
        col(StandingRow.round) == round_name,
        col(StandingRow.verdict) == Verdict.PENDING,
        col(StandingRow.channel) == ChannelKind.WEB_FORM,
        col(StandingRow.reference).not_in(select(LookupRow.request)),
    )
    days = session.execute(sa_select(col(StandingRow.looked_on)).where(*waiting).distinct()).scalars()
    today = local_date(now)
    old = [day for day in days if day and count_working_days(day, today, calendar) >= _LOOK_EVERY_DAYS]
    query = select(StandingRow.reference, StandingRow.submitted_at)
    found = session.exec(query.where(*waiting, col(StandingRow.looked_on).in_(old)))
    return [Task(TaskKind.LOOK_UP, reference, at or now) for reference, at in found]


def _is_left_to_machine(due_on: date | None, look: LookupRow | None) -> bool:
    """Whether a machine will look by itself: it is well, and has not looked in vain since the due date."""
    if look is None or look.failures or due_on is None:
        return False
    return look.last_ok_at is None or local_date(look.last_ok_at) <= due_on


def _looks(rows: list[MeasuredRequest], looks: Mapping[str, LookupRow], now: datetime) -> list[Task]:
    """While the time limit runs, a page that no machine looks after is looked at every few working days."""
    today, found = local_date(now), []
    for row in rows:
        last = looked_on(row.history)
        if (
            row.request.channel != ChannelKind.WEB_FORM
            or row.request.reference in looks
            or row.measurement.verdict is not Verdict.PENDING
            or last is None
        ):
            continue
        if count_working_days(last, today, row.law.calendar) >= _LOOK_EVERY_DAYS:
            found.append(Task(TaskKind.LOOK_UP, row.request.reference, row.measurement.submitted_at or now))
    return found
