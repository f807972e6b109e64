"""A person decides: the reading of a message, or whose answer a held message is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from tracker.adapters.lexicons import load_lexicon
from tracker.domain.classify import classify
from tracker.domain.match import Match
from tracker.domain.measure import open_readings
from tracker.domain.message import Message
from tracker.domain.notices import NO_TERMS, NoticeTerms, days_named
from tracker.domain.terms import Event, EventKind, MessageKind, Outcome, RequestKind
from tracker.errors import UserError
from tracker.i18n import _
from tracker.services.answers import assigned_event, reading_event
from tracker.services.contacts import check_outcome
from tracker.services.intake import counted_at, kept_message
from tracker.services.rounds import changeable_request, find_request, in_final_rounds, plan_of
from tracker.settings import Workspace
from tracker.store.database import reading, writing
from tracker.store.events import history_of, record
from tracker.store.queries import arrivals_of, topic_asked, until_next_event
from tracker.store.tables import EvidenceRow, HeldMessageRow, RawMessageRow, RequestRow, RequestStateRow


@dataclass(frozen=True, slots=True)
class ReviewTask:
    """A message whose machine reading a person has to confirm or correct."""

    request: str
    message: str
    kind: MessageKind
    outcome: Outcome | None
    confidence: float
    arrived_at: datetime


def review_tasks(session: Session) -> list[ReviewTask]:
    rows = session.exec(
        select(RequestStateRow.reference)
        .where(RequestStateRow.open_readings > 0)
        .where(col(RequestStateRow.reference).not_in(in_final_rounds(session)))
        .order_by(col(RequestStateRow.reference))
    )
    return [task for reference in rows for task in _open_of(session, reference)]


@until_next_event
def count_open_readings(session: Session, round_name: str) -> int:
    """How many `review_tasks` there are of a round."""
    query = select(func.coalesce(func.sum(RequestStateRow.open_readings), 0))
    return session.exec(
        query.where(RequestStateRow.reference == RequestRow.reference, RequestRow.round == round_name)
    ).one()


def _open_of(session: Session, reference: str) -> list[ReviewTask]:
    readings = open_readings(history_of(session, reference).readings)
    return [ReviewTask(reference, r.message, r.kind, r.outcome, r.confidence, r.at) for r in readings]


def find_message(session: Session, prefix: str) -> RawMessageRow:
    """The first arrival of the message whose SHA-256 begins with `prefix` (eight characters are enough)."""
    shas = list(session.exec(select(EvidenceRow.sha256).where(col(EvidenceRow.sha256).startswith(prefix))))
    messages = [arrivals for sha in shas if (arrivals := arrivals_of(session, sha))]
    if not messages:
        raise UserError(
            _(
                "{prefix}: no message begins with it. See `tracker review list` and `tracker task list`."
            ).format(prefix=prefix)
        )
    if len(messages) > 1:
        raise UserError(
            _("{prefix}: {count} messages begin with it; give more of the SHA-256.").format(
                prefix=prefix, count=len(messages)
            )
        )
    return messages[0][0]


def message_of(workspace: Workspace, arrival: RawMessageRow) -> Message:
    with reading(workspace.engine) as session:
        return kept_message(workspace, session, arrival)


def confirm(
    workspace: Workspace,
    reference: str,
    prefix: str,
    kind: MessageKind,
    outcome: Outcome | None,
    actor: str,
    now: datetime,
    *,
    reason: str = "",
    terms: NoticeTerms = NO_TERMS,
) -> None:
    """Record a person's reading of a message as an answer to a request; it wins over every machine's."""
    with reading(workspace.engine) as session:
        request = changeable_request(session, reference)
        arrival = find_message(session, prefix)
        known = {r.message for r in history_of(session, reference).readings}
    if arrival.sha256 not in known:
        raise UserError(
            _("{message} is not a message of {reference}: use `tracker review assign` first.").format(
                message=prefix, reference=reference
            )
        )
    check_outcome(RequestKind(request.kind), kind, outcome)
    event = reviewed_event(workspace, request, arrival, actor, now, kind, outcome, reason=reason, terms=terms)
    with writing(workspace.engine) as session:
        record(session, [event])


def reviewed_event(
    workspace: Workspace,
    request: RequestRow,
    arrival: RawMessageRow,
    actor: str,
    now: datetime,
    kind: MessageKind,
    outcome: Outcome | None,
    *,
    reason: str = "",
    terms: NoticeTerms = NO_TERMS,
) -> Event:
    """A person's reading of a message, as it counts under the law."""
    with reading(workspace.engine) as session:
        message = kept_message(workspace, session, arrival)
        happened_at, basis = counted_at(workspace, session, arrival, message)
    payload = {
        "kind": kind,
        "outcome": outcome,
        "time_basis": basis,
        "reason": reason,
        "arrived_at": arrival.arrived_at.isoformat(),
        "days": days_named(message, kind),
        **terms.payload(),
    }
    return Event(
        kind=EventKind.REVIEWED,
        happened_at=happened_at,
        known_at=now,
        actor=actor,
        round=request.round,
        request=request.reference,
        source_sha256=arrival.sha256,
        payload=payload,
        dedupe_key=f"reviewed:{request.reference}:{arrival.sha256}:{now.isoformat()}:{kind}:{outcome}",
    )


def assign(
    workspace: Workspace, prefix: str, references: Sequence[str], actor: str, now: datetime, reason: str = ""
) -> None:
    """Take a held message out of the pen: it answers these requests, or (none given) no request of ours.

    For each request the machine's reading follows; where it is in doubt, a review task follows too.
    """
    with reading(workspace.engine) as session:
        arrival = find_message(session, prefix)
        if session.get(HeldMessageRow, arrival.sha256) is None:
            raise UserError(_("{message} is not in the holding pen.").format(message=prefix))
        requests = [find_request(session, reference) for reference in references]
        limits = {request.round: plan_of(session, request.round).review_below for request in requests}
        topics = {request.reference: topic_asked(session, request) for request in requests}
    message, lexicon = message_of(workspace, arrival), load_lexicon(workspace=workspace.root)
    assigned = assigned_event(arrival, references, actor, now, reason)
    readings = [
        reading_event(
            request,
            arrival,
            message,
            classify(message, RequestKind(request.kind), lexicon, None, topics[request.reference]),
            Match(),
            lexicon,
            now,
            review_below=limits[request.round],
        )
        for request in requests
    ]
    with writing(workspace.engine) as session:
        record(session, [assigned, *readings])
