"""The one door in: `take_in` turns kept raw bytes - mail, or a contact a person logged - into events."""

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlmodel import Session

from tracker.adapters.documents import read_text
from tracker.adapters.imap import FetchedMessage
from tracker.adapters.lexicons import load_lexicon
from tracker.domain.classify import Lexicon, classify
from tracker.domain.matching import Match, match_message
from tracker.domain.message import Message
from tracker.domain.notices import days_named
from tracker.domain.terms import (
    Classification,
    Event,
    EventKind,
    MessageKind,
    RequestKind,
    RequestState,
)
from tracker.letters.parse import parse
from tracker.settings import Workspace
from tracker.store.database import reading, writing
from tracker.store.events import record
from tracker.store.evidence import keep_message
from tracker.store.queries import not_taken_in, sent_requests
from tracker.store.tables import RawMessageRow, RequestRow, RequestStateRow

_log = logging.getLogger(__name__)
MAIL, CONTACT = "mail", "contact"
# A server stamp this much earlier than the arrival is believed; an older one is a forged or broken clock.
_LONGEST_TRANSIT = timedelta(days=2)


def keep_fetched(
    session: Session, workspace: Workspace, fetched: Sequence[FetchedMessage], now: datetime
) -> None:
    """Keep fetched mail, bytes and stamps, before anything is parsed."""
    for message in fetched:
        sha256 = workspace.evidence.keep(session, message.raw, "message/rfc822", now)
        keep_message(
            session,
            RawMessageRow(
                sha256=sha256,
                source=MAIL,
                mailbox=message.mailbox,
                folder=message.folder,
                uidvalidity=message.uidvalidity,
                uid=message.uid,
                internal_date=message.internal_date,
                arrived_at=message.internal_date,
                arrival_basis="internal_date",
                kept_at=now,
            ),
        )


def take_in_all(workspace: Workspace, now: datetime) -> int:
    """Take in everything that is kept and not understood yet; also what a crash left behind.

    A message that cannot be understood stays kept, is tried again, and shows in `tracker status`.
    """
    with reading(workspace.engine) as session:
        arrivals = not_taken_in(session)
    taken_in = 0
    for arrival in arrivals:
        try:
            take_in(workspace, arrival, now)
            taken_in += 1
        except Exception:  # one message must never keep the others, or the sending, from going on
            _log.exception("message_not_understood", extra={"sha256": arrival.sha256})
    return taken_in


def take_in(workspace: Workspace, arrival: RawMessageRow, now: datetime) -> None:
    """Understand one arrival and record it: an event per request it surely answers, or the holding pen."""
    events = understand(workspace, arrival, now)
    with writing(workspace.engine) as session:
        record_arrival(session, arrival, events, now)


def understand(workspace: Workspace, arrival: RawMessageRow, now: datetime) -> list[Event]:
    """The events that a kept message or logged contact amounts to; writes nothing."""
    raw = workspace.evidence.read(arrival.sha256)
    if arrival.source == CONTACT:
        return _contact_events(json.loads(raw), arrival, now)
    return _mail_events(workspace, arrival, read_message(raw), now)


def record_arrival(session: Session, arrival: RawMessageRow, events: Sequence[Event], now: datetime) -> None:
    """Record what an arrival amounts to, and that it was taken in, in the caller's transaction."""
    record(session, events)
    row = session.get_one(RawMessageRow, arrival.id)
    row.taken_in_at = now
    session.add(row)


def read_message(raw: bytes) -> Message:
    """A parsed message with the text of its attachments."""
    message = parse(raw)
    texts = tuple(replace(a, text=read_text(a)) for a in message.attachments)
    return replace(message, attachments=texts)


def replied_at(message: Message, arrived_at: datetime) -> tuple[datetime, str]:
    """When an electronic reply counts as given, and on which stamp that rests.

    Of our own server's stamp (the topmost `Received`) and the arrival in the mailbox the earlier
    one: the reading in the unit's favour. The `Date:` header alone proves nothing.
    """
    for stamp in message.received[:1]:
        if arrived_at - _LONGEST_TRANSIT <= stamp < arrived_at:
            return stamp, "received_stamp"
    return arrived_at, "arrival"


# --- mail ---------------------------------------------------------------------------------------------


def _mail_events(
    workspace: Workspace, arrival: RawMessageRow, message: Message, now: datetime
) -> list[Event]:
    with reading(workspace.engine) as session:
        sent = sent_requests(session, arrival.mailbox)
        match = match_message(message, arrival.mailbox, arrival.arrived_at, sent)
        requests = [session.get_one(RequestRow, reference) for reference in match.references]
        states = {r.reference: session.get_one(RequestStateRow, r.reference) for r in requests}
    lexicon = load_lexicon(workspace=workspace.root)
    if not requests:
        return [_held(arrival, message, match, lexicon, now)]
    events = []
    for request in requests:
        seconds = _seconds_since(states[request.reference].submitted_at, arrival.arrived_at)
        result = classify(message, RequestKind(request.kind), lexicon, seconds)
        if states[request.reference].state == RequestState.UNSETTLED and _proves_sending(result):
            events.append(_settled(request, arrival, now))
        events.append(reading_event(request, arrival, message, result, match, lexicon, now))
    return events


def reading_event(
    request: RequestRow,
    arrival: RawMessageRow,
    message: Message,
    result: Classification,
    match: Match,
    lexicon: Lexicon,
    now: datetime,
) -> Event:
    """The machine's reading of a message as an answer to `request`."""
    happened_at, basis = replied_at(message, arrival.arrived_at)
    return Event(
        kind=EventKind.READ,
        happened_at=happened_at,
        known_at=now,
        actor=f"lexicon:{lexicon.sha256[:12]}",
        round=request.round,
        request=request.reference,
        source_sha256=arrival.sha256,
        payload={
            **_result(result),
            "days": days_named(message, result.kind),
            "arrived_at": arrival.arrived_at.isoformat(),
            "time_basis": basis,
            "match": [clue.kind for clue in match.clues if clue.reference == request.reference],
        },
        dedupe_key=f"read:{request.reference}:{arrival.sha256}:{lexicon.sha256}",
    )


def _held(arrival: RawMessageRow, message: Message, match: Match, lexicon: Lexicon, now: datetime) -> Event:
    result = classify(message, None, lexicon, None)
    return Event(
        kind=EventKind.HELD,
        happened_at=arrival.arrived_at,
        known_at=now,
        actor=f"lexicon:{lexicon.sha256[:12]}",
        source_sha256=arrival.sha256,
        payload={
            **_result(result),
            "candidates": list(match.candidates),
            "clues": [[clue.kind, clue.reference] for clue in match.clues],
        },
        dedupe_key=f"held:{arrival.mailbox}:{arrival.sha256}",
    )


def _result(result: Classification) -> dict[str, object]:
    return {
        "kind": result.kind,
        "outcome": result.outcome,
        "confidence": round(result.confidence, 3),
        "evidence": list(result.evidence),
        "document_number": result.document_number,
    }


def _settled(request: RequestRow, arrival: RawMessageRow, now: datetime) -> Event:
    return Event(
        kind=EventKind.SETTLED_SENT,
        happened_at=arrival.arrived_at,
        known_at=now,
        actor="rule:answer-proves-sending",
        round=request.round,
        request=request.reference,
        source_sha256=arrival.sha256,
        dedupe_key=f"settled:{request.reference}",
    )


def _proves_sending(result: Classification) -> bool:
    return result.kind not in (MessageKind.UNKNOWN, MessageKind.UNRELATED)


def _seconds_since(submitted_at: datetime | None, arrived_at: datetime) -> float | None:
    return (arrived_at - submitted_at).total_seconds() if submitted_at else None


# --- contacts -----------------------------------------------------------------------------------------


def _contact_events(contact: dict[str, object], arrival: RawMessageRow, now: datetime) -> list[Event]:
    """Events of a contact that a person logged: see services.contacts for its form."""
    kind = EventKind(str(contact["event"]))
    payload = dict(contact["payload"])  # type: ignore[call-overload]
    return [
        Event(
            kind=kind,
            happened_at=arrival.arrived_at,
            known_at=now,
            actor=str(contact["actor"]),
            round=str(contact["round"]),
            request=str(contact["request"]),
            source_sha256=arrival.sha256,
            payload=payload,
            dedupe_key=f"{kind}:{contact['request']}:{arrival.sha256}",
        )
    ]
