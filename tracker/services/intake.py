"""The one door in: `take_in` turns kept raw bytes - mail, pages, contacts that people logged - into events."""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Table, bindparam, update
from sqlmodel import Session, select

from tracker.adapters.documents import is_scan, read_text
from tracker.adapters.imap import FetchedMessage
from tracker.domain.message import Attachment, Message
from tracker.domain.terms import Event, EventKind
from tracker.letters.parse import parse
from tracker.services.answers import Asked, answers_of, asked_of, replied_at
from tracker.services.pages import appeared_at, files_of, page_events, page_message
from tracker.services.raw_headers import date_header, received_headers
from tracker.services.scans import scanned_text
from tracker.settings import Workspace
from tracker.store.database import reading, writing
from tracker.store.events import record
from tracker.store.evidence import keep_messages
from tracker.store.queries import not_taken_in
from tracker.store.tables import RawMessageRow, RoundRow

_log = logging.getLogger(__name__)
MAIL, CONTACT, PAGE = "mail", "contact", "page"
_ARRIVALS: Table = RawMessageRow.__table__  # type: ignore[attr-defined]
_TAKEN_IN = (
    update(_ARRIVALS).where(_ARRIVALS.c.id == bindparam("arrival")).values(taken_in_at=bindparam("at"))
)
_BATCH = 50  # arrivals in one transaction
_SMALLEST_SCAN = 5_000  # bytes: a smaller picture is an emblem or a button


def keep_fetched(
    session: Session, workspace: Workspace, fetched: Sequence[FetchedMessage], now: datetime
) -> None:
    """Keep fetched mail, bytes and stamps, before anything is parsed."""
    raws = [message.raw for message in fetched]
    kept = workspace.evidence.keep_many(session, raws, "message/rfc822", now)
    rows = [
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
        )
        for message, sha256 in zip(fetched, kept, strict=True)
    ]
    keep_messages(session, rows)


def take_in(workspace: Workspace, now: datetime) -> int:
    """Take in everything that is kept and not understood yet; also what a crash left behind.

    A message that cannot be understood stays kept, is tried again, and shows in `tracker status`.
    """
    with reading(workspace.engine) as session:
        arrivals = not_taken_in(session)
    if not arrivals:
        return 0
    asked = asked_of(workspace)
    batches = [arrivals[start : start + _BATCH] for start in range(0, len(arrivals), _BATCH)]
    return sum(_take_in_batch(workspace, batch, asked, now) for batch in batches)


def _take_in_batch(
    workspace: Workspace, arrivals: Sequence[RawMessageRow], asked: Asked, now: datetime
) -> int:
    """One transaction for many, since committing is dear; one for each where one of them fails."""
    understood = []
    with reading(workspace.engine) as session:
        rounds = session.exec(select(RoundRow)).all()  # held, or the session reads them for each answer
        for arrival in arrivals:
            try:
                events = understand(workspace, session, arrival, asked, now)
            except Exception:  # one message must never keep the others, or the sending, from going on
                _log.exception("message_not_understood", extra={"sha256": arrival.sha256})
                continue
            asked.learn(events)
            understood.append((arrival, events))
        del rounds
    if not understood:
        return 0
    return _record_together(workspace, understood, now) or sum(
        _record_together(workspace, [pair], now) for pair in understood
    )


def _record_together(
    workspace: Workspace, understood: Sequence[tuple[RawMessageRow, Sequence[Event]]], now: datetime
) -> int:
    try:
        with writing(workspace.engine) as session:
            record_arrivals(session, understood, now)
    except Exception:
        _log.exception("arrivals_not_recorded", extra={"messages": len(understood)})
        return 0
    return len(understood)


def understand(
    workspace: Workspace, session: Session, arrival: RawMessageRow, asked: Asked, now: datetime
) -> list[Event]:
    """The events that a kept message or logged contact amounts to; writes nothing."""
    if arrival.source == CONTACT:
        return _contact_events(json.loads(workspace.evidence.read(arrival.sha256)), arrival, now)
    message = kept_message(workspace, session, arrival)
    if arrival.source == PAGE:
        snapshot = json.loads(workspace.evidence.read(arrival.sha256))
        return page_events(session, arrival, snapshot, message, asked, now)
    return answers_of(session, arrival, message, asked, now)


def kept_message(workspace: Workspace, session: Session, arrival: RawMessageRow) -> Message:
    """A kept mail or page as a message, with the text of its files as far as it was read."""
    raw = workspace.evidence.read(arrival.sha256)

    def scanned(sha256: str) -> str | None:
        return scanned_text(session, workspace.evidence, sha256)

    if arrival.source == PAGE:
        snapshot = json.loads(raw)
        files = tuple(_with_text(file, scanned) for file in files_of(workspace, snapshot))
        return page_message(arrival.sha256, snapshot, files)
    return read_message(raw, scanned)


def counted_at(
    workspace: Workspace, session: Session, arrival: RawMessageRow, message: Message
) -> tuple[datetime, str]:
    """When a kept mail or page counts as given, and on what that rests."""
    if arrival.source == PAGE:
        return appeared_at(session, json.loads(workspace.evidence.read(arrival.sha256)))
    return replied_at(message, arrival.arrived_at)


def record_arrivals(
    session: Session, understood: Sequence[tuple[RawMessageRow, Sequence[Event]]], now: datetime
) -> None:
    """Record what arrivals amount to, and that they were taken in, in the caller's transaction."""
    record(session, (event for _arrival, events in understood for event in events))
    session.execute(_TAKEN_IN, [{"arrival": arrival.id, "at": now} for arrival, _events in understood])


def read_message(raw: bytes, scanned: Callable[[str], str | None] = lambda _sha256: None) -> Message:
    """A parsed message with the text of its attachments; that of scans as far as they were `scanned`."""
    message = parse(raw)
    return replace(message, attachments=tuple(_with_text(a, scanned) for a in message.attachments))


def _with_text(attachment: Attachment, scanned: Callable[[str], str | None]) -> Attachment:
    text = read_text(attachment)
    if text is None and len(attachment.raw) >= _SMALLEST_SCAN and is_scan(attachment):
        return replace(attachment, text=scanned(attachment.sha256), is_scan=True)
    return replace(attachment, text=text)


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
