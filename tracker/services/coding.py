"""What reviewers decide at the desk: votes, adjudications, reopenings. Nothing is edited, all is appended."""

import json
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, select

from tracker.adapters.instruments import load_instrument
from tracker.domain.agreement import cohens_kappa, krippendorffs_alpha
from tracker.domain.coding import Codings, Stage, stages_of
from tracker.domain.instrument import (
    KIND,
    OUTCOME,
    AnswerFault,
    Instrument,
    QuestionType,
    check_answers,
)
from tracker.domain.terms import Event, EventKind, MessageKind, Outcome, RequestKind
from tracker.errors import UserError
from tracker.i18n import _
from tracker.services.queue import Subject
from tracker.services.review import find_message, reviewed_event
from tracker.services.rounds import changeable_request
from tracker.settings import Workspace
from tracker.store.database import reading, writing
from tracker.store.desk_tables import CodingRow, LeaseRow
from tracker.store.events import coding_of, events_of_request, record
from tracker.store.queries import until_next_event
from tracker.store.tables import RequestRow


def instrument_of(session: Session, workspace: Workspace, round_name: str) -> Instrument:
    return load_instrument(coding_of(session, round_name).instrument, workspace.root)


def code(
    workspace: Workspace, subject: Subject, answers: Mapping[str, str], actor: str, now: datetime
) -> Stage:
    """Record one coder's answers, and what they settle: with one coder, or once two agree, the reading.

    Raises `AnswerFault` for an answer that the instrument does not allow, `UserError` where this person
    has coded the message already or nobody is asked any more.
    """
    with reading(workspace.engine) as session:
        request = changeable_request(session, subject.request)
        instrument = instrument_of(session, workspace, request.round)
    checked = check_answers(instrument, RequestKind(request.kind), answers)
    vote = _event(EventKind.CODED, request, subject, actor, now, _payload(instrument, checked))
    reviewed = _reviewed(workspace, request, subject, checked, actor, now)
    with writing(workspace.engine) as session:
        stage, codings = _standing(session, request, subject)
        if actor in codings.coders:
            raise UserError(_("You have coded this message already."))
        if stage not in (Stage.OPEN, Stage.UNASKED):
            raise UserError(_("This message needs no further coder."))
        others = [(seen.answers.get(KIND), seen.answers.get(OUTCOME)) for seen in codings.votes]
        is_enough = len(others) + 1 >= coding_of(session, request.round).coders
        agrees = all(other == (checked[KIND], checked.get(OUTCOME)) for other in others)
        record(session, [vote, reviewed] if is_enough and agrees else [vote])
        _end_lease(session, subject, actor)
        return _standing(session, request, subject)[0]


def adjudicate(
    workspace: Workspace, subject: Subject, answers: Mapping[str, str], actor: str, now: datetime, reason: str
) -> None:
    """Record what holds where two coders differ; never by one of the two."""
    if not reason.strip():
        raise UserError(_("Say why: an adjudication needs its reason."))
    with reading(workspace.engine) as session:
        request = changeable_request(session, subject.request)
        instrument = instrument_of(session, workspace, request.round)
    checked = check_answers(instrument, RequestKind(request.kind), answers)
    payload = _payload(instrument, checked) | {"reason": reason.strip()}
    decided = _event(EventKind.ADJUDICATED, request, subject, actor, now, payload)
    reviewed = _reviewed(workspace, request, subject, checked, actor, now)
    with writing(workspace.engine) as session:
        stage, codings = _standing(session, request, subject)
        if stage is not Stage.DISPUTED:
            raise UserError(_("The coders of this message do not differ, or somebody has decided already."))
        if actor in codings.coders:
            raise UserError(_("You are one of the two coders: somebody else has to decide."))
        record(session, [decided, reviewed])
        _end_lease(session, subject, actor)


def reopen(workspace: Workspace, subject: Subject, actor: str, now: datetime, reason: str) -> None:
    """The votes so far no longer count, and stay on record."""
    if not reason.strip():
        raise UserError(_("Say why: reopening needs its reason."))
    with reading(workspace.engine) as session:
        request = changeable_request(session, subject.request)
    event = _event(EventKind.REOPENED, request, subject, actor, now, {"reason": reason.strip()})
    with writing(workspace.engine) as session:
        if _standing(session, request, subject)[0] not in (Stage.DONE, Stage.DISPUTED, Stage.UNASKED):
            raise UserError(_("This message is open already."))
        record(session, [event])


def _standing(session: Session, request: RequestRow, subject: Subject) -> tuple[Stage, Codings]:
    events = events_of_request(session, request.reference)
    stages = stages_of(events, coding_of(session, request.round))
    if subject.message not in stages:
        raise UserError(
            _("{message} is not a message of {reference}.").format(
                message=subject.message[:12], reference=request.reference
            )
        )
    stage, codings, _reading = stages[subject.message]
    return stage, codings


def _payload(instrument: Instrument, checked: Mapping[str, str]) -> dict[str, object]:
    """Codes that have to agree apart from those that need not, and from what was written freely."""
    remarks = [q.question_id for q in instrument.questions if q.type is QuestionType.REMARK]
    ratings = {q.question_id for q in instrument.questions if not q.is_compared} - set(remarks)
    return {
        "instrument": instrument.name,
        "version": instrument.version,
        "answers": {name: text for name, text in checked.items() if name not in {*ratings, *remarks}},
        "ratings": {name: text for name, text in checked.items() if name in ratings},
        "note": "\n".join(checked[name] for name in remarks if name in checked),
    }


def _event(
    kind: EventKind,
    request: RequestRow,
    subject: Subject,
    actor: str,
    now: datetime,
    payload: Mapping[str, object],
) -> Event:
    return Event(
        kind=kind,
        happened_at=now,
        known_at=now,
        actor=actor,
        round=request.round,
        request=request.reference,
        source_sha256=subject.message,
        payload=payload,
        dedupe_key=f"{kind}:{request.reference}:{subject.message}:{actor}:{now.isoformat()}",
    )


def _reviewed(
    workspace: Workspace,
    request: RequestRow,
    subject: Subject,
    checked: Mapping[str, str],
    actor: str,
    now: datetime,
) -> Event:
    with reading(workspace.engine) as session:
        arrival = find_message(session, subject.message)
    outcome = Outcome(checked[OUTCOME]) if OUTCOME in checked else None
    return reviewed_event(workspace, request, arrival, actor, now, MessageKind(checked[KIND]), outcome)


def _end_lease(session: Session, subject: Subject, actor: str) -> None:
    if row := session.get(LeaseRow, (subject.request, subject.message, actor)):
        session.delete(row)


# --- how far coders agree -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of one question: how many messages two coded, how many agree, kappa of those pairs, alpha of all."""

    question_id: str
    pairs: int
    agreeing: int
    kappa: float | None
    alpha: float | None


def agreement_of(session: Session, workspace: Workspace, round_name: str) -> list[Agreement]:
    """Per question that has to agree, over the votes that count; a question that did not apply is missing."""
    instrument = instrument_of(session, workspace, round_name)
    return [_agreement(name, _votes(session, round_name)) for name in instrument.compared]


_Votes = Sequence[tuple[Sequence[Mapping[str, str]], int]]


@until_next_event
def _votes(session: Session, round_name: str) -> _Votes:
    """The answers of each coder of a message, and of how many messages they are the same."""
    query = (
        select(CodingRow.answers, func.count())
        .where(CodingRow.round == round_name, CodingRow.answers > "")
        .group_by(CodingRow.answers)
    )
    return [(json.loads(answers), count) for answers, count in session.exec(query)]


def _agreement(question_id: str, voted: _Votes) -> Agreement:
    cases: Counter[tuple[Hashable, ...]] = Counter()
    for votes, count in voted:
        cases[tuple(answers[question_id] for answers in votes if question_id in answers)] += count
    pairs = {(codes[0], codes[1]): count for codes, count in cases.items() if len(codes) == 2}
    return Agreement(
        question_id=question_id,
        pairs=sum(pairs.values()),
        agreeing=sum(count for (first, second), count in pairs.items() if first == second),
        kappa=cohens_kappa(pairs),
        alpha=krippendorffs_alpha(cases),
    )


def answer_sentence(fault: AnswerFault) -> str:
    """What is wrong with an answer."""
    if fault.why == "missing":
        return _("{question}: an answer is missing.").format(question=fault.question_id)
    return _("{question}: this code is none of those offered.").format(question=fault.question_id)
