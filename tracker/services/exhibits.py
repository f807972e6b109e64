"""The evidence of one request as files that other programs open: letters, pages, pictures, web archives."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session, col, select

from tracker.domain.terms import Event
from tracker.errors import UserError
from tracker.i18n import _
from tracker.services.rounds import find_request
from tracker.settings import Workspace
from tracker.store.database import reading
from tracker.store.events import events_of_request
from tracker.store.tables import EvidenceRow, RawMessageRow

_SUFFIXES = {
    "message/rfc822": "eml",
    "application/json": "json",
    "application/warc": "warc.gz",
    "image/png": "png",
    "multipart/related": "mhtml",
    "text/plain": "txt",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One file of evidence: its hash, what it is, and which event rests on it."""

    sha256: str
    name: str
    event: str


def write_evidence(workspace: Workspace, reference: str, folder: Path) -> list[Path]:
    """Write everything that the events of a request rest on into a new folder, named by order, event and hash.

    A hash in a file's name is that of its bytes: anybody can check it without us.
    """
    if folder.exists() and any(folder.iterdir()):
        raise UserError(_("{folder}: is not empty; name a new folder.").format(folder=folder))
    with reading(workspace.engine) as session:
        find_request(session, reference)
        events = events_of_request(session, reference)
        found = list(dict.fromkeys(evidence_of(session, workspace, events)))
        suffixes = _suffixes(session, [one.sha256 for one in found])
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for number, one in enumerate(found, 1):
        name = f"{number:02}-{one.event}-{one.name}-{one.sha256[:16]}.{suffixes.get(one.sha256, 'bin')}"
        written.append(folder / name)
        written[-1].write_bytes(workspace.evidence.read(one.sha256))
    return written


def evidence_of(session: Session, workspace: Workspace, events: Iterable[Event]) -> Iterator[Shown]:
    """Every file that events rest on, in their order."""
    for event in events:
        if event.source_sha256:
            yield Shown(event.source_sha256, "source", event.kind)
            yield from _within(session, workspace, event.source_sha256, event.kind)
        for exhibit in event.payload.get("exhibits", ()):
            yield Shown(exhibit["sha256"], exhibit["name"], event.kind)


def _within(session: Session, workspace: Workspace, sha256: str, event: str) -> Iterator[Shown]:
    """What a snapshot of a page, or a contact that a person logged, points to."""
    query = select(RawMessageRow.source).where(RawMessageRow.sha256 == sha256)
    if session.exec(query).first() not in ("page", "contact"):
        return
    kept = json.loads(workspace.evidence.read(sha256))
    for one in (*kept.get("attachments", ()), *kept.get("exhibits", ())):
        yield Shown(one["sha256"], "file" if one in kept.get("attachments", ()) else one["name"], event)
    if kept.get("proof"):
        yield Shown(kept["proof"], "proof", event)


def _suffixes(session: Session, hashes: list[str]) -> dict[str, str]:
    query = select(EvidenceRow).where(col(EvidenceRow.sha256).in_(hashes))
    return {row.sha256: _SUFFIXES.get(row.media_type, "bin") for row in session.exec(query)}
