"""The desk as JSON under /api, for scripts and dashboards: what its pages show, by the same services and roles.

Whoever calls is logged in as at the desk (the cookie `desk`); a POST brings the visit's form token, which
GET /api/me tells, in the header X-Form-Token. Moments are ISO 8601 in UTC, days are those of Shanghai.
"""

from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request
from fastapi import Path as InPath
from fastapi.responses import JSONResponse
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from tracker.domain.coding import Codings, Stage
from tracker.domain.instrument import AnswerFault
from tracker.domain.lifecycle import Reading
from tracker.domain.terms import RequestKind, Verdict
from tracker.errors import UserError
from tracker.i18n import _
from tracker.services.accounts import Role, Visit
from tracker.services.case import CodedLetter, case_of, is_blind_for
from tracker.services.coding import answer_sentence
from tracker.services.pen import held_messages
from tracker.services.queue import Subject, claim_next, counts_of, queue_page
from tracker.services.rounds import plan_of
from tracker.services.standings import refresh_newer
from tracker.services.tasks import with_units
from tracker.store.database import reading
from tracker.store.desk_tables import StandingRow
from tracker.store.queries import round_names
from tracker.web.answers import (
    MEASURED,
    Claimed,
    Fault,
    GivenAnswers,
    GivenVote,
    Held,
    Letter,
    Me,
    OneRequest,
    OpenTask,
    Pen,
    Queue,
    Read,
    Recorded,
    Round,
    Standing,
    Standings,
    Tasks,
    Told,
    Waiting,
)
from tracker.web.desk import AT_WORK, EVERYBODY, Desk, is_from_here, speak_as_asked, visit_here
from tracker.web.pages.coding import coded_letter, record_vote
from tracker.web.pages.rounds import PER_PAGE, View, narrowed_by, requests_shown
from tracker.web.pages.tasks import visible_tasks

router = APIRouter()


# --- who calls --------------------------------------------------------------------------------------------


def _caller(roles: frozenset[Role]) -> Callable[[Request], object]:
    """Refuses with 401 who is not logged in, with 403 whose role may not, or a POST without its token."""

    async def caller(request: Request) -> Visit:
        desk: Desk = request.app.state.desk
        speak_as_asked(desk, request)
        visit = await run_in_threadpool(visit_here, desk, request)
        if visit is None:
            raise HTTPException(401, "log in at /login first")
        is_told = request.headers.get("x-form-token") == visit.form_token and is_from_here(request)
        if visit.role not in roles or (request.method == "POST" and not is_told):
            raise HTTPException(403, "this role may not, or X-Form-Token is missing")
        return visit

    return caller


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


HereDesk = Annotated[Desk, Depends(_desk)]
Anybody = Annotated[Visit, Depends(_caller(EVERYBODY))]
AtWork = Annotated[Visit, Depends(_caller(AT_WORK))]
PageNumber = Annotated[int, Query(ge=1, le=1_000_000)]
Name = Annotated[str, InPath(max_length=200)]
Waits = Literal[Stage.OPEN, Stage.DISPUTED]


# --- routes -----------------------------------------------------------------------------------------------

_FAULTS: dict[int | str, dict[str, object]] = {status: {"model": Fault} for status in (401, 403, 404, 409)}


@router.get("/me", responses=_FAULTS)
def me(visit: Anybody) -> Me:
    return Me(account=visit.account, role=visit.role, form_token=visit.form_token)


@router.get("/rounds", responses=_FAULTS, dependencies=[Depends(_caller(EVERYBODY))])
def rounds(desk: HereDesk) -> list[Round]:
    with reading(desk.workspace.engine) as session:
        return [
            Round(name=name, title=plan_of(session, name).title, stages=counts_of(session, name))
            for name in round_names(session)
        ]


def _check_round(session: Session, name: str) -> None:
    if name not in round_names(session):
        raise UserError(_("{name}: no such round.").format(name=name))


@router.get("/rounds/{name}/requests", responses=_FAULTS)
def requests(
    desk: HereDesk,
    visit: Anybody,
    name: Name,
    kind: RequestKind | None = None,
    group: str = "",
    verdict: Verdict | None = None,
    unit: str = "",
    q: str = "",
    view: View = View.ALL,
    page: PageNumber = 1,
) -> Standings:
    """By reference, those of `view` "due" by due date; fifty a page."""
    now = desk.clock()
    refresh_newer(desk.workspace, now)
    wanted = narrowed_by(
        kind=kind or "", group=group, verdict=verdict or "", unit_id=unit, words=q, view=view, now=now
    )
    with reading(desk.workspace.engine) as session:
        _check_round(session, name)
        found = requests_shown(session, name, visit.role, wanted, page)
    return Standings(count=found.count, requests=[_standing(row, found.is_blind) for row in found.rows])


def _standing(row: StandingRow, is_blind: bool) -> Standing:
    told = {"reference", "unit_id", "kind", "channel"} | (set() if is_blind else set(MEASURED))
    return Standing(unit=row.unit_name, **row.model_dump(include=told))


@router.get("/rounds/{name}/queue", responses=_FAULTS)
def queue(
    desk: HereDesk, visit: Anybody, name: Name, stage: Waits = Stage.OPEN, page: PageNumber = 1
) -> Queue:
    """What waits for a coder or, `stage` "disputed", for somebody who decides; fifty a page."""
    start, now = (page - 1) * PER_PAGE, desk.clock()
    with reading(desk.workspace.engine) as session:
        _check_round(session, name)
        found = queue_page(session, name, stage, visit.actor, now, start=start, most=PER_PAGE)
        is_blind = is_blind_for(session, name, visit.role)
    messages = []
    for row, unit in found.rows:
        holder = found.held_by.get(Subject(row.request, row.message))
        shown = None if is_blind and holder != visit.actor else holder
        messages.append(
            Waiting(
                request=row.request,
                message=row.message,
                unit=unit.name,
                arrived_at=row.arrived_at,
                held_by=shown,
            )
        )
    return Queue(count=found.count, messages=messages)


@router.post(
    "/rounds/{name}/queue/next",
    response_model=Claimed,
    responses={**_FAULTS, 204: {"description": "the queue is empty"}},
)
def claim(desk: HereDesk, visit: AtWork, name: Name, stage: Waits = Stage.OPEN) -> Claimed | Response:
    with reading(desk.workspace.engine) as session:
        _check_round(session, name)
    subject = claim_next(desk.workspace, name, stage, visit.actor, desk.clock())
    if subject is None:
        return Response(status_code=204)
    return Claimed(request=subject.request, message=subject.message)


@router.get("/requests/{reference}", responses=_FAULTS)
def one_request(desk: HereDesk, visit: Anybody, reference: Name) -> OneRequest:
    with reading(desk.workspace.engine) as session:
        case = case_of(session, desk.workspace, reference, visit, desk.clock())
    request, measured = case.request, case.measured.measurement
    standing = Standing(
        reference=request.reference,
        unit_id=request.unit_id,
        unit=case.unit.name,
        kind=RequestKind(request.kind),
        channel=request.channel,
    )
    if not case.is_blind:
        standing = standing.model_copy(update={name: getattr(measured, name) for name in MEASURED})
    return OneRequest(
        standing=standing,
        events=[
            Told(kind=one.kind, happened_at=one.happened_at, known_at=one.known_at, message=one.source_sha256)
            for one in case.events
        ],
        letters=[_letter(one) for one in case.letters],
        statement=list(case.statement),
    )


@router.get("/requests/{reference}/messages/{message}", responses=_FAULTS)
def one_message(desk: HereDesk, visit: Anybody, reference: Name, message: Name) -> Letter:
    with reading(desk.workspace.engine) as session:
        case = case_of(session, desk.workspace, reference, visit, desk.clock())
    return _letter(coded_letter(case.letters, Subject(reference, message)))


def _letter(one: CodedLetter) -> Letter:
    letter = one.letter
    return Letter(
        sha256=letter.sha256,
        source=letter.source,
        arrived_at=letter.arrived_at,
        sender=letter.sender,
        subject=letter.subject,
        text=letter.text,
        quoted=letter.quoted,
        stage=one.stage,
        has_voted=one.has_voted,
        reading=_read(one.reading) if one.reading else None,
        votes=_votes(one.codings) if one.codings else None,
    )


def _read(one: Reading) -> Read:
    return Read(
        kind=one.kind,
        outcome=one.outcome,
        is_by_person=one.is_by_person,
        confidence=one.confidence,
        evidence=list(one.evidence),
    )


def _votes(codings: Codings) -> list[GivenVote]:
    return [
        GivenVote(actor=one.actor, answers=dict(one.answers), ratings=dict(one.ratings), note=one.note)
        for one in codings.votes
    ]


@router.post("/requests/{reference}/messages/{message}/code", responses=_FAULTS)
def code(desk: HereDesk, visit: AtWork, reference: Name, message: Name, given: GivenAnswers) -> Recorded:
    return Recorded(stage=record_vote(desk, visit, Subject(reference, message), given.answers))


@router.get("/pen", responses=_FAULTS, dependencies=[Depends(_caller(EVERYBODY))])
def pen(desk: HereDesk, page: PageNumber = 1) -> Pen:
    with reading(desk.workspace.engine) as session:
        rows, count = held_messages(session, start=(page - 1) * PER_PAGE, most=PER_PAGE)
    messages = [
        Held(
            message=row.sha256,
            arrived_at=row.arrived_at,
            candidates=row.candidates.split(";") if row.candidates else [],
        )
        for row in rows
    ]
    return Pen(count=count, messages=messages)


@router.get("/tasks", responses=_FAULTS)
def tasks(desk: HereDesk, visit: Anybody, page: PageNumber = 1) -> Tasks:
    found = visible_tasks(desk, visit)
    with reading(desk.workspace.engine) as session:
        shown = with_units(session, found[(page - 1) * PER_PAGE : page * PER_PAGE])
    return Tasks(
        count=len(found),
        tasks=[OpenTask(task=one.task_id, kind=one.kind, unit=one.unit, since=one.since) for one in shown],
    )


# --- the application --------------------------------------------------------------------------------------


def make_api(desk: Desk) -> FastAPI:
    """FastAPI's own pages about it are left out: they load scripts from elsewhere. /api/openapi.json describes it."""
    api = FastAPI(title="tracker", version=version("mystery-shopper-tracker"), docs_url=None, redoc_url=None)
    api.state.desk = desk
    api.include_router(router)
    api.add_exception_handler(UserError, _as_json)
    api.add_exception_handler(AnswerFault, _as_json)
    return api


def _as_json(request: Request, fault: Exception) -> Response:
    if isinstance(fault, AnswerFault):
        return JSONResponse({"detail": answer_sentence(fault)}, 409)
    return JSONResponse({"detail": str(fault)}, 409 if request.method == "POST" else 404)
