"""People's tasks. None is stored: each follows from the state of a request or message, and its id says which."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from sqlmodel import Session, col, select

from tracker.domain.calendar import count_working_days
from tracker.domain.terms import ChannelKind, RequestState, Verdict, local_date
from tracker.errors import UserError
from tracker.i18n import _
from tracker.letters.compose import compose_fields
from tracker.services.asks import open_asks
from tracker.services.letters import letter_of
from tracker.services.measuring import MeasuredRequest, measure_round, standpoint
from tracker.services.platforms import machine_recipe_of
from tracker.services.review import review_tasks
from tracker.services.scans import illegible_scans
from tracker.services.submissions import WITH_PERSON
from tracker.settings import Workspace
from tracker.store.queries import requests_in_state, round_names
from tracker.store.tables import (
    FuseRow,
    HeldMessageRow,
    LookupRow,
    OutboxRow,
    RequestRow,
    StandingRow,
    UnitRow,
)

_LOOK_EVERY_DAYS = 5  # working days


class TaskKind(StrEnum):
    SUBMIT = "submit"  # hand a request in by web form, post, fax, phone or at the counter
    SETTLE = "settle"  # say whether a letter went out
    ANSWER_UNIT = "answer"  # the unit asked for a correction, a fee or papers
    SIGNATURE = "signature"  # look up when the unit signed for a posted letter
    SECOND_CHANNEL = "call"  # silence by e-mail alone proves nothing: ask by phone whether it arrived
    REVIEW = "review"  # confirm or correct the machine's reading
    ASSIGN = "held"  # say whose answer a held message is
    SCAN = "scan"  # read a scan that no machine could read
    ASK = "ask"  # read a captcha or a code for a form that waits
    LOOK_UP = "look"  # look at the page of a request that no machine looks after
    RECIPE = "recipe"  # a platform's recipe failed again and again: mend it, then release its fuse


def task_word(kind: TaskKind) -> str:
    return {
        TaskKind.SUBMIT: _("hand in"),
        TaskKind.SETTLE: _("settle: was it sent?"),
        TaskKind.ANSWER_UNIT: _("answer the unit"),
        TaskKind.SIGNATURE: _("look up when it was signed for"),
        TaskKind.SECOND_CHANNEL: _("ask by phone whether it arrived"),
        TaskKind.REVIEW: _("confirm the reading"),
        TaskKind.ASSIGN: _("say whose answer it is"),
        TaskKind.SCAN: _("read the scan"),
        TaskKind.ASK: _("read what the form asks"),
        TaskKind.LOOK_UP: _("look at the unit's page"),
        TaskKind.RECIPE: _("mend the recipe"),
    }[kind]


@dataclass(frozen=True, slots=True)
class Task:
    kind: TaskKind
    subject: str  # a reference, or reference/sha256, or sha256
    since: datetime
    unit: str = ""
    detail: dict[str, object] = field(default_factory=dict)

    @property
    def task_id(self) -> str:
        subject = re.sub(r"\b([0-9a-f]{12})[0-9a-f]{52}$", r"\1", self.subject)
        return f"{self.kind}:{subject}"


def open_tasks(session: Session, workspace: Workspace, now: datetime) -> list[Task]:
    """Everything that waits for a person, oldest first."""
    found: list[Task] = []
    for source in (_unsettled, _awaiting_us, _reviews, _held, _scans, _asks, _blown_fuses):
        found += source(session, now)
    found += _submissions(session, workspace, now)
    looks = {row.request: row for row in session.exec(select(LookupRow))}
    for name in round_names(session):
        measured = measure_round(session, workspace, name, standpoint(now))
        found += _from_measurements(measured, looks)
        found += _looks(measured, looks, now)
    return sorted(found, key=lambda task: (task.since, task.task_id))


def standing_tasks(session: Session, workspace: Workspace, now: datetime) -> list[Task]:
    """As `open_tasks`, by the requests as they were measured last: quick enough for a page.

    Messages to be coded or assigned are left out: the queue and the holding pen have them.
    """
    found: list[Task] = []
    for source in (_unsettled, _awaiting_us, _scans, _asks, _blown_fuses):
        found += source(session, now)
    found += _submissions(session, workspace, now)
    looks = {row.request: row for row in session.exec(select(LookupRow))}
    found += _from_standings(session, looks)
    for name in round_names(session):
        waiting = _pages_to_look_at(session, name, looks)
        found += _looks(measure_round(session, workspace, name, standpoint(now), only=waiting), looks, now)
    return sorted(found, key=lambda task: (task.since, task.task_id))


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
    return [
        Task(
            TaskKind.SUBMIT,
            request.reference,
            request.planned_at,
            _unit_name(session, request),
            {"channel": request.channel, "address": request.address},
        )
        for request, _state in requests_in_state(session, RequestState.APPROVED)
        if request.channel not in (None, ChannelKind.EMAIL)
        and request.planned_at <= now < request.expires_at
        and (request.reference in with_person or machine_recipe_of(session, workspace, request) is None)
    ]


def _in_state(kind: TaskKind, state: RequestState) -> Callable[[Session, datetime], list[Task]]:
    def tasks(session: Session, now: datetime) -> list[Task]:
        return [
            Task(kind, request.reference, row.submitted_at or now, _unit_name(session, request))
            for request, row in requests_in_state(session, state)
        ]

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
        found.append(Task(TaskKind.SETTLE, request.reference, since, _unit_name(session, request), detail))
    return found


_awaiting_us = _in_state(TaskKind.ANSWER_UNIT, RequestState.AWAITING_US)


def _reviews(session: Session, _now: datetime) -> list[Task]:
    return [
        Task(
            TaskKind.REVIEW,
            f"{task.request}/{task.message}",
            task.arrived_at,
            _unit_name(session, session.get_one(RequestRow, task.request)),
            {"reading": task.outcome or task.kind, "confidence": task.confidence},
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
    return [
        Task(TaskKind.SCAN, f"{scan.message[:12]}/{scan.attachment}", scan.since)
        for scan in illegible_scans(session)
    ]


def _asks(session: Session, now: datetime) -> list[Task]:
    return [
        Task(
            TaskKind.ASK,
            row.request,
            row.asked_at,
            _unit_name(session, session.get_one(RequestRow, row.request)),
            {"prompt": row.prompt, "has_picture": bool(row.picture), "until": row.expires_at.isoformat()},
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
            row.request.planned_at,
            row.unit.name,
        )
        for row in rows
        if row.measurement.reason in _TASK_OF_REASON
        and not _is_left_to_machine(row.measurement.due_on, looks.get(row.request.reference))
    ]


def _from_standings(session: Session, looks: Mapping[str, LookupRow]) -> list[Task]:
    query = select(StandingRow, RequestRow.planned_at).where(
        col(StandingRow.reason).in_(_TASK_OF_REASON), RequestRow.reference == StandingRow.reference
    )
    return [
        Task(_TASK_OF_REASON[row.reason], row.reference, planned_at, row.unit_name)
        for row, planned_at in session.exec(query)
        if not _is_left_to_machine(row.due_on, looks.get(row.reference))
    ]


def _pages_to_look_at(session: Session, round_name: str, looks: Mapping[str, LookupRow]) -> list[str]:
    """Requests by form whose time limit runs and that no machine looks after."""
    query = select(StandingRow.reference).where(
        StandingRow.round == round_name,
        StandingRow.verdict == Verdict.PENDING,
        StandingRow.channel == ChannelKind.WEB_FORM,
        col(StandingRow.submitted_at).is_not(None),
    )
    return [reference for reference in session.exec(query) if reference not in looks]


def _is_left_to_machine(due_on: date | None, look: LookupRow | None) -> bool:
    """Whether a machine will look by itself: it is well, and has not looked in vain since the due date."""
    if look is None or look.failures or due_on is None:
        return False
    return look.last_ok_at is None or local_date(look.last_ok_at) <= due_on


def _looks(rows: list[MeasuredRequest], looks: Mapping[str, LookupRow], now: datetime) -> list[Task]:
    """While the time limit runs, a page that no machine looks after is looked at every few working days."""
    today, found = local_date(now), []
    for row in rows:
        submitted_at = row.history.submitted_at
        if (
            row.request.channel != ChannelKind.WEB_FORM
            or row.request.reference in looks
            or row.measurement.verdict is not Verdict.PENDING
            or submitted_at is None
        ):
            continue
        last = local_date(max((submitted_at, *row.history.looked_up_at)))
        if count_working_days(last, today, row.law.calendar) >= _LOOK_EVERY_DAYS:
            found.append(Task(TaskKind.LOOK_UP, row.request.reference, row.request.planned_at, row.unit.name))
    return found


def _unit_name(session: Session, request: RequestRow) -> str:
    return session.get_one(UnitRow, (request.round, request.unit_id)).name
