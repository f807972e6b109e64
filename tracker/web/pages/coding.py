"""The queue, and the page on which one message is coded."""

from collections.abc import Mapping, Sequence

from starlette.responses import Response

from tracker.domain.coding import Stage
from tracker.domain.instrument import CODE_KEYS, kinds_offered, outcomes_offered
from tracker.domain.terms import RequestKind
from tracker.errors import UserError
from tracker.i18n import _
from tracker.services.accounts import Role, Visit
from tracker.services.case import CodedLetter, case_of, is_blind_for
from tracker.services.coding import adjudicate, code, instrument_of, reopen
from tracker.services.queue import Subject, at_work_on, claim, claim_next, counts_of, queue_page, release
from tracker.services.rounds import find_request
from tracker.store.database import reading
from tracker.web.desk import AT_WORK, EVERYBODY, LEAD_ONLY, Call, Desk, Entry, go_to

PER_PAGE = 50


def queue(call: Call) -> Response:
    name, stage, page = call.round_name(), _stage(call.query("stage")), call.page_number()
    with reading(call.workspace.engine) as session:
        found = queue_page(
            session,
            name,
            stage,
            call.visit.actor,
            call.desk.clock(),
            start=(page - 1) * PER_PAGE,
            most=PER_PAGE,
        )
        stages = counts_of(session, name)
        is_blind = is_blind_for(session, name, call.visit.role)
    return call.show(
        "queue.html",
        name=name,
        stage=stage,
        found=found,
        page=page,
        pages=-(-found.count // PER_PAGE),
        stages=stages,
        is_blind=is_blind,
        subject=Subject,
    )


def _stage(name: str) -> Stage:
    return Stage(name) if name in (Stage.OPEN, Stage.DISPUTED) else Stage.OPEN


def next_one(call: Call) -> Response:
    name, stage = call.round_name(), _stage(call.text("stage"))
    subject = claim_next(call.workspace, name, stage, call.visit.actor, call.desk.clock())
    if subject is None:
        return go_to(f"/queue?stage={stage}", "empty")
    return go_to(_path(subject))


def message(call: Call) -> Response:
    subject = _subject(call)
    with reading(call.workspace.engine) as session:
        case = case_of(session, call.workspace, subject.request, call.visit, call.desk.clock())
        instrument = instrument_of(session, call.workspace, case.request.round)
        is_blind_round = is_blind_for(session, case.request.round, Role.REVIEWER)
    request_kind = RequestKind(case.request.kind)
    coded = coded_letter(case.letters, subject)
    others = at_work_on(call.workspace, subject, call.visit.actor, call.desk.clock())
    return call.show(
        "message.html",
        case=case,
        coded=coded,
        subject=subject,
        instrument=instrument,
        kinds=list(zip(CODE_KEYS, kinds_offered(), strict=False)),
        outcomes=list(zip(CODE_KEYS, outcomes_offered(request_kind), strict=False)),
        keys=CODE_KEYS,
        others=[] if case.is_blind else others,
        may_code=_may_code(call, coded, is_blind_round),
        may_adjudicate=_may_adjudicate(call, coded),
        request_kind=request_kind,
    )


def _may_code(call: Call, coded: CodedLetter, is_blind_round: bool) -> bool:
    """In a blind round the lead, who sees every reading, codes nothing."""
    is_in_the_know = call.visit.role is Role.LEAD and is_blind_round
    is_asked = coded.stage in (Stage.OPEN, Stage.UNASKED) and not coded.has_voted
    return call.visit.role in AT_WORK and is_asked and not is_in_the_know


def _may_adjudicate(call: Call, coded: CodedLetter) -> bool:
    return call.visit.role in AT_WORK and coded.stage is Stage.DISPUTED and not coded.has_voted


def coded_letter(letters: Sequence[CodedLetter], subject: Subject) -> CodedLetter:
    for coded in letters:
        if coded.letter.sha256 == subject.message:
            return coded
    raise UserError(
        _("{message} is not a message of {reference}.").format(
            message=subject.message[:12], reference=subject.request
        )
    )


def post_code(call: Call) -> Response:
    subject = _subject(call)
    record_vote(call.desk, call.visit, subject, _answers(call))
    return next_one(call) if call.text("then") == "next" else go_to(_path(subject), "coded")


def record_vote(desk: Desk, visit: Visit, subject: Subject, answers: Mapping[str, str]) -> Stage:
    """As `services.coding.code`, refused to who sees every reading of a blind round."""
    with reading(desk.workspace.engine) as session:
        is_blind_round = is_blind_for(session, find_request(session, subject.request).round, Role.REVIEWER)
    if visit.role is Role.LEAD and is_blind_round:
        raise UserError(_("In a blind round the lead sees every reading, and so codes nothing."))
    return code(desk.workspace, subject, answers, visit.actor, desk.clock())


def post_adjudicate(call: Call) -> Response:
    subject = _subject(call)
    adjudicate(
        call.workspace, subject, _answers(call), call.visit.actor, call.desk.clock(), call.text("reason")
    )
    return go_to(_path(subject), "adjudicated")


def post_reopen(call: Call) -> Response:
    subject = _subject(call)
    reopen(call.workspace, subject, call.visit.actor, call.desk.clock(), call.text("reason"))
    return go_to(_path(subject), "reopened")


def post_claim(call: Call) -> Response:
    subject = _subject(call)
    claim(call.workspace, subject, call.visit.actor, call.desk.clock())
    return go_to(_path(subject))


def post_release(call: Call) -> Response:
    release(call.workspace, _subject(call), call.visit.actor)
    return go_to("/queue")


def _answers(call: Call) -> dict[str, str]:
    return {
        name.removeprefix("answer."): value
        for name, value in call.form.items()
        if name.startswith("answer.") and isinstance(value, str)
    }


def _subject(call: Call) -> Subject:
    return Subject(call.path("reference"), call.path("message"))


def _path(subject: Subject) -> str:
    return f"/requests/{subject.request}/messages/{subject.message}"


_MESSAGE = "/requests/{reference}/messages/{message}"
ENTRIES = (
    Entry("GET", "/queue", queue, EVERYBODY),
    Entry("POST", "/queue/next", next_one, AT_WORK),
    Entry("GET", _MESSAGE, message, EVERYBODY),
    Entry("POST", f"{_MESSAGE}/code", post_code, AT_WORK),
    Entry("POST", f"{_MESSAGE}/adjudicate", post_adjudicate, AT_WORK),
    Entry("POST", f"{_MESSAGE}/reopen", post_reopen, LEAD_ONLY),
    Entry("POST", f"{_MESSAGE}/claim", post_claim, AT_WORK),
    Entry("POST", f"{_MESSAGE}/release", post_release, AT_WORK),
)
