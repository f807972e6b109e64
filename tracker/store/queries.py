"""Reads for services and pages. Nothing here writes."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar

from sqlalchemy import func
from sqlmodel import Session, col, select

from tracker.domain.lifecycle import SENT_STATES
from tracker.domain.sent import Answer, SentRequest
from tracker.domain.terms import ChannelKind, EventKind, MessageKind, Mode, Outcome, RequestKind, RequestState
from tracker.domain.topics import topic_of
from tracker.store.tables import (
    ApplicantRow,
    ChannelRow,
    EventRow,
    LookupRow,
    MailboxMarkRow,
    OutboxRow,
    QuestionRow,
    RawMessageRow,
    RequestRow,
    RequestStateRow,
    RoundRow,
    UnitRow,
)

_T = TypeVar("_T")
# Requests by form whose page is looked at.
LOOKED_AFTER = (
    RequestState.SENT,
    RequestState.ACKNOWLEDGED,
    RequestState.AWAITING_US,
    RequestState.EXTENDED,
    RequestState.UNSETTLED,
)
# Requests a message may answer: everything that went out or may have.
_ANSWERABLE = sorted({*SENT_STATES, RequestState.UNSETTLED, RequestState.CHANNEL_FAILED})


def until_next_event(read: Callable[[Session, str], _T]) -> Callable[[Session, str], _T]:
    """Remember what a read over rows derived from events alone gave for a round, as long as no event is newer.

    Exact: the newest event and the rows are seen in one snapshot.
    """
    known: dict[tuple[str, str], tuple[int, _T]] = {}

    @wraps(read)
    def remembered(session: Session, round_name: str) -> _T:
        newest = session.exec(select(func.max(EventRow.seq))).one() or 0
        key = (str(session.get_bind().engine.url), round_name)
        if key not in known or known[key][0] != newest:
            known[key] = (newest, read(session, round_name))
        return known[key][1]

    return remembered


def round_names(session: Session) -> list[str]:
    return list(session.exec(select(RoundRow.name).order_by(col(RoundRow.created_at))))


def requests_in_state(
    session: Session, *states: RequestState, round_name: str | None = None
) -> list[tuple[RequestRow, RequestStateRow]]:
    query = select(RequestRow, RequestStateRow).where(
        RequestRow.reference == RequestStateRow.reference, col(RequestStateRow.state).in_(states)
    )
    if round_name:
        query = query.where(RequestRow.round == round_name)
    return list(session.exec(query.order_by(col(RequestRow.planned_at), col(RequestRow.reference))))


def due_requests(
    session: Session, channel: ChannelKind, now: datetime, rounds: Sequence[str]
) -> list[RequestRow]:
    """Approved requests of a channel whose planned time has come, oldest first."""
    query = select(RequestRow).where(
        RequestRow.reference == RequestStateRow.reference,
        RequestStateRow.state == RequestState.APPROVED,
        RequestRow.channel == channel,
        RequestRow.planned_at <= now,
        col(RequestRow.round).in_(rounds),
    )
    return list(session.exec(query.order_by(col(RequestRow.planned_at), col(RequestRow.reference))))


def approved_in(session: Session, mode: Mode) -> frozenset[str]:
    """References of what was approved while the workspace was in a mode and has not gone out since."""
    query = select(EventRow.request).where(
        EventRow.request == RequestStateRow.reference,
        RequestStateRow.state == RequestState.APPROVED,
        EventRow.kind == EventKind.APPROVED,
        col(EventRow.payload).contains(f'"mode":"{mode}"'),
    )
    return frozenset(reference for reference in session.exec(query) if reference)


def next_planned_at(session: Session) -> datetime | None:
    """When the next approved request of any channel is to go out."""
    return session.exec(
        select(func.min(RequestRow.planned_at)).where(
            RequestRow.reference == RequestStateRow.reference,
            RequestStateRow.state == RequestState.APPROVED,
            col(RequestRow.channel).is_not(None),
        )
    ).one()


def next_look_at(session: Session, after: datetime) -> datetime | None:
    """When the next page of a waiting request is to be looked at."""
    return session.exec(
        select(func.min(LookupRow.next_at)).where(
            LookupRow.request == RequestStateRow.reference,
            col(RequestStateRow.state).in_(LOOKED_AFTER),
            LookupRow.next_at > after,
        )
    ).one()


def approved_recipients(session: Session) -> frozenset[str]:
    """Every address that an approved plan holds: the mailer refuses all others."""
    query = select(RequestRow.address).where(
        RequestRow.reference == EventRow.request,
        EventRow.kind == EventKind.APPROVED,
        RequestRow.channel == ChannelKind.EMAIL,
    )
    return frozenset(address.lower() for address in session.exec(query.distinct()))


def sent_requests(session: Session, mailbox: str) -> list[SentRequest]:
    """What matching needs to know of every request this mailbox may receive an answer to."""
    query = (
        select(RequestRow, RequestStateRow, UnitRow, QuestionRow)
        .join(RequestStateRow, col(RequestStateRow.reference) == col(RequestRow.reference))
        .join(
            UnitRow,
            (col(UnitRow.round) == col(RequestRow.round)) & (col(UnitRow.unit_id) == col(RequestRow.unit_id)),
        )
        .join(
            QuestionRow,
            (col(QuestionRow.round) == col(RequestRow.round))
            & (col(QuestionRow.question_id) == col(RequestRow.question_id)),
        )
        .join(ApplicantRow, col(ApplicantRow.code) == col(RequestRow.applicant))
        .where(ApplicantRow.mailbox == mailbox, col(RequestStateRow.state).in_(_ANSWERABLE))
    )
    found = list(session.exec(query))
    letters = _message_ids(session, [request.reference for request, *_ in found])
    answers = _answers_to(session, [request.reference for request, *_ in found])
    addresses = _unit_addresses(session, {(unit.round, unit.unit_id) for _, _, unit, _ in found})
    return [
        SentRequest(
            reference=request.reference,
            mailbox=mailbox,
            unit_id=request.unit_id,
            unit_name=unit.name,
            unit_addresses=addresses.get((unit.round, unit.unit_id), frozenset()),
            title=question.title,
            text=question.text,
            message_ids=letters.get(request.reference, frozenset()),
            sent_at=state.submitted_at or request.planned_at,
            kind=RequestKind(request.kind),
            answers=answers.get(request.reference, ()),
        )
        for request, state, unit, question in found
    ]


def topic_asked(session: Session, request: RequestRow) -> str:
    question = session.get_one(QuestionRow, (request.round, request.question_id))
    return topic_of(question.title, question.text)


def _message_ids(session: Session, references: Sequence[str]) -> dict[str, frozenset[str]]:
    query = select(OutboxRow.request, OutboxRow.message_id).where(col(OutboxRow.request).in_(references))
    return {reference: frozenset({message_id}) for reference, message_id in session.exec(query)}


def _answers_to(session: Session, references: Sequence[str]) -> dict[str, tuple[Answer, ...]]:
    """What earlier answers to these requests tell of later ones, as people corrected them."""
    # the kind is looked at here: SQLite would walk through all readings of the round for it
    query = select(EventRow.request, EventRow.source_sha256, EventRow.kind, EventRow.payload)
    events = session.exec(query.where(col(EventRow.request).in_(references)).order_by(col(EventRow.seq)))
    read: dict[tuple[str, str], Answer] = {}
    said: dict[tuple[str, str], Mapping[str, Any]] = {}  # by people, which no later reading overrides
    for reference, sha256, kind, payload in events:
        if kind == EventKind.READ:
            read[reference or "", sha256 or ""] = answer_in(json.loads(payload))
        elif kind == EventKind.REVIEWED:
            said[reference or "", sha256 or ""] = json.loads(payload)
    found: dict[str, tuple[Answer, ...]] = {}
    for key, answer in read.items():
        corrected = _as_corrected(answer, said.get(key))
        if corrected is not None:
            found[key[0]] = (*found.get(key[0], ()), corrected)
    return found


def _as_corrected(answer: Answer, said: Mapping[str, Any] | None) -> Answer | None:
    """What it teaches after a person has read it; None where it was no answer to this request."""
    if said is None:
        return answer
    is_unrelated = said["kind"] == MessageKind.UNRELATED
    return None if is_unrelated else answer._replace(outcome=_outcome_in(said))


def answer_in(reading: Mapping[str, Any]) -> Answer:
    """What the payload of a reading tells of later answers; older readings name no writer."""
    numbers = {reading.get("document_number", ""), reading.get("receipt_no", "")} - {""}
    return Answer(
        frozenset(numbers),
        reading.get("writer", ""),
        reading.get("message_id", ""),
        _outcome_in(reading),
        datetime.fromisoformat(reading["arrived_at"]),
    )


def _outcome_in(reading: Mapping[str, Any]) -> Outcome | None:
    return Outcome(reading["outcome"]) if reading["outcome"] else None


def _unit_addresses(session: Session, units: set[tuple[str, str]]) -> dict[tuple[str, str], frozenset[str]]:
    query = select(ChannelRow.round, ChannelRow.unit_id, ChannelRow.address).where(
        ChannelRow.channel == ChannelKind.EMAIL,
        col(ChannelRow.round).in_({round_name for round_name, _ in units}),
        col(ChannelRow.unit_id).in_({unit_id for _, unit_id in units}),
    )
    found: dict[tuple[str, str], set[str]] = {}
    for round_name, unit_id, address in session.exec(query):
        found.setdefault((round_name, unit_id), set()).add(address.lower())
    return {unit: frozenset(addresses) for unit, addresses in found.items() if unit in units}


def missing_uids(session: Session) -> dict[str, dict[str, list[int]]]:
    """By mailbox and folder, the letters that a server has and did not hand over."""
    found: dict[str, dict[str, list[int]]] = {}
    for row in session.exec(select(MailboxMarkRow).where(MailboxMarkRow.missing != "[]")):
        found.setdefault(row.mailbox, {})[row.folder] = json.loads(row.missing)
    return found


def requests_of_message(session: Session, sha256: str) -> list[str]:
    """References of the requests that a message counts as an answer to."""
    query = select(EventRow.request).where(
        EventRow.source_sha256 == sha256, col(EventRow.kind).in_([EventKind.READ, EventKind.REVIEWED])
    )
    return sorted({reference for reference in session.exec(query) if reference})


def arrivals_of(session: Session, sha256: str) -> list[RawMessageRow]:
    return list(session.exec(select(RawMessageRow).where(RawMessageRow.sha256 == sha256)))


def not_taken_in(session: Session) -> list[RawMessageRow]:
    """Arrivals that were kept but not understood yet: a crash came in between."""
    query = select(RawMessageRow).where(col(RawMessageRow.taken_in_at).is_(None))
    return list(session.exec(query.order_by(col(RawMessageRow.id))))
