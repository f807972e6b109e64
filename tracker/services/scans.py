"""Scans: read by OCR beside the intake, never in its way; what no machine can read is a person's task."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from tracker.adapters.documents import has_ocr, read_scan
from tracker.clock import Clock
from tracker.domain.message import Attachment
from tracker.domain.terms import Event, EventKind
from tracker.letters.parse import parse
from tracker.services.pages import files_of
from tracker.settings import Workspace
from tracker.store.database import reading, writing
from tracker.store.events import record, to_event
from tracker.store.evidence import EvidenceStore
from tracker.store.queries import arrivals_of
from tracker.store.tables import HAS_SCANS, EventRow

_ENGINE = "ocr:rapidocr"
_READINGS = (EventKind.READ, EventKind.HELD, EventKind.REVIEWED, EventKind.ASSIGNED)


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan attached to a message; both by their SHA-256. `since`: when the message was taken in."""

    message: str
    attachment: str
    since: datetime


def scans_waiting(session: Session) -> list[Scan]:
    """Scans of taken-in messages that no OCR has looked at yet."""
    looked_at = {e.payload["attachment"] for e in _scan_events(session)}
    return [scan for scan in _scans(session) if scan.attachment not in looked_at]


def illegible_scans(session: Session) -> list[Scan]:
    """Scans for a person: OCR found no text in them, or there is no OCR."""
    looks = {e.payload["attachment"]: e.payload["text"] for e in _scan_events(session)}
    return [
        scan
        for scan in _scans(session)
        if not looks.get(scan.attachment) and (scan.attachment in looks or not has_ocr())
    ]


def messages_to_read_again(session: Session) -> list[str]:
    """Messages whose standing reading was made before one of their scans was read."""
    with_text = {e.payload["attachment"] for e in _scan_events(session) if e.payload["text"]}
    if not with_text:  # as at nearly every tick
        return []
    return list(dict.fromkeys(scan.message for scan in _scans(session) if scan.attachment in with_text))


def read_scans(workspace: Workspace, clock: Clock, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Read every waiting scan, seconds a page. Returns how many were looked at; 0 without the extra `ocr`."""
    if not has_ocr():
        return 0
    with reading(workspace.engine) as session:
        waiting = scans_waiting(session)
    done = 0
    for scan in waiting:
        if is_stopping():
            break
        _read_one(workspace, scan, clock())
        done += 1
    return done


def scanned_text(session: Session, evidence: EvidenceStore, attachment: str) -> str | None:
    """The text that OCR found in an attachment, None if it has not been read or has none."""
    row = session.exec(select(EventRow).where(EventRow.dedupe_key == _key(attachment))).first()
    sha256 = to_event(row).payload["text"] if row else ""
    return evidence.read(sha256).decode() if sha256 else None


def _read_one(workspace: Workspace, scan: Scan, now: datetime) -> None:
    text = read_scan(_attachment(workspace, scan))
    with writing(workspace.engine) as session:
        kept = workspace.evidence.keep(session, text.encode(), "text/plain", now) if text else ""
        event = Event(
            kind=EventKind.SCAN_READ,
            happened_at=now,
            known_at=now,
            actor=_ENGINE,
            source_sha256=scan.message,
            payload={"attachment": scan.attachment, "text": kept},
            dedupe_key=_key(scan.attachment),
        )
        record(session, [event])


def _attachment(workspace: Workspace, scan: Scan) -> Attachment:
    """Of a page, whose files are evidence themselves, or out of a mail."""
    raw = workspace.evidence.read(scan.message)
    with reading(workspace.engine) as session:
        (arrival, *_others) = arrivals_of(session, scan.message)
    found = files_of(workspace, json.loads(raw)) if arrival.source == "page" else parse(raw).attachments
    return next(one for one in found if one.sha256 == scan.attachment)


def _key(attachment: str) -> str:
    return f"scan:{attachment}"


def _scan_events(session: Session) -> list[Event]:
    query = select(EventRow).where(EventRow.kind == EventKind.SCAN_READ)
    return [to_event(row) for row in session.exec(query)]


def _scans(session: Session) -> Iterator[Scan]:
    """Those that the newest reading of each message had to leave unread."""
    messages = select(EventRow.source_sha256).where(HAS_SCANS)
    query = select(EventRow).where(col(EventRow.source_sha256).in_(messages)).order_by(col(EventRow.seq))
    latest: dict[str, Event] = {}
    for event in map(to_event, session.exec(query)):
        if event.kind not in _READINGS:
            continue
        standing = latest.get(event.source_sha256 or "")
        if standing is None or standing.kind is not EventKind.REVIEWED:  # a person has read it
            latest[event.source_sha256 or ""] = event
    for message, event in latest.items():
        names: Sequence[str] = event.payload.get("scans", ())
        yield from (Scan(message, attachment, event.known_at) for attachment in names)
