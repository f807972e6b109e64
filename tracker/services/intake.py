"""The one door in: `take_in` turns kept raw bytes - mail, or a contact a person logged - into events."""

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from tracker.adapters.documents import read_text
from tracker.adapters.imap import FetchedMessage
from tracker.domain.message import Message
from tracker.domain.terms import Event, EventKind
from tracker.letters.parse import parse
from tracker.services.answers import Asked, answers_of
from tracker.services.raw_headers import date_header, received_headers
from tracker.settings import Workspace
from tracker.store.database import reading, writing
from tracker.store.events import record
from tracker.store.evidence import keep_message
from tracker.store.queries import not_taken_in
from tracker.store.tables import RawMessageRow

_log = logging.getLogger(__name__)
MAIL, CONTACT = "mail", "contact"
_BATCH = 50  # arrivals in one transaction


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
                date_header=date_header(message.raw),
                received=received_headers(message.raw),
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
    asked = Asked(workspace)
    batches = [arrivals[start : start + _BATCH] for start in range(0, len(arrivals), _BATCH)]
    return sum(_take_in_batch(workspace, batch, asked, now) for batch in batches)


def _take_in_batch(
    workspace: Workspace, arrivals: Sequence[RawMessageRow], asked: Asked, now: datetime
) -> int:
    """One transaction for many, since committing is dear; one for each where one of them fails."""
    understood = []
    for arrival in arrivals:
        try:
            events = understand(workspace, arrival, asked, now)
        except Exception:  # one message must never keep the others, or the sending, from going on
            _log.exception("message_not_understood", extra={"sha256": arrival.sha256})
            continue
        asked.learn(events)
        understood.append((arrival, events))
    return _record_together(workspace, understood, now) or sum(
        _record_together(workspace, [pair], now) for pair in understood
    )


def _record_together(
    workspace: Workspace, understood: Sequence[tuple[RawMessageRow, Sequence[Event]]], now: datetime
) -> int:
    try:
        with writing(workspace.engine) as session:
            for arrival, events in understood:
                record_arrival(session, arrival, events, now)
    except Exception:
        _log.exception("arrivals_not_recorded", extra={"messages": len(understood)})
        return 0
    return len(understood)


def take_in(workspace: Workspace, arrival: RawMessageRow, now: datetime) -> None:
    """Understand one arrival and record it: an event per request it surely answers, or the holding pen."""
    events = understand(workspace, arrival, Asked(workspace), now)
    with writing(workspace.engine) as session:
        record_arrival(session, arrival, events, now)


def understand(workspace: Workspace, arrival: RawMessageRow, asked: Asked, now: datetime) -> list[Event]:
    """The events that a kept message or logged contact amounts to; writes nothing."""
    raw = workspace.evidence.read(arrival.sha256)
    if arrival.source == CONTACT:
        return _contact_events(json.loads(raw), arrival, now)
    return answers_of(workspace, arrival, read_message(raw), asked, now)


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
