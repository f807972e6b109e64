"""Reading again: what a newer lexicon, or the text of a scan, makes of mail that was read before."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from tracker.domain.lifecycle import Reading
from tracker.domain.terms import Event, EventKind
from tracker.services.answers import Asked, assigned_event
from tracker.services.intake import MAIL, PAGE, understand
from tracker.services.scans import messages_to_read_again
from tracker.settings import Workspace
from tracker.store.database import reading, writing
from tracker.store.events import history_of, record
from tracker.store.queries import requests_of_message
from tracker.store.tables import HeldMessageRow, RawMessageRow

_BATCH = 50
_READABLE = (MAIL, PAGE)


@dataclass(frozen=True, slots=True)
class Change:
    """One message as an answer to one request ("": held): its label then and now, and a person's word."""

    message: str
    request: str
    before: str
    after: str
    is_by_person: bool

    def fields(self) -> dict[str, Any]:
        return {
            "message": self.message,
            "request": self.request,
            "before": self.before,
            "after": self.after,
            "read_by": "person" if self.is_by_person else "machine",
        }


def reread(workspace: Workspace, now: datetime, *, apply: bool) -> list[Change]:
    """Read all mail again with the present lexicon and tell what would change; `apply` appends it.

    What a person decided stands: a new reading that contradicts it only opens a review task. A message
    that now seems to answer other requests than it was matched to is told, and never moved.
    """
    with reading(workspace.engine) as session:
        query = select(RawMessageRow).where(
            col(RawMessageRow.source).in_(_READABLE), col(RawMessageRow.taken_in_at).is_not(None)
        )
        arrivals = list(session.exec(query.order_by(col(RawMessageRow.id))))
    return _read_again(workspace, arrivals, now, apply=apply)


def reread_scanned(workspace: Workspace, now: datetime) -> int:
    """Take in the text of scans that were read since their message was."""
    with reading(workspace.engine) as session:
        messages = messages_to_read_again(session)
        query = select(RawMessageRow).where(
            col(RawMessageRow.sha256).in_(messages), col(RawMessageRow.source).in_(_READABLE)
        )
        arrivals = list(session.exec(query)) if messages else []
    _read_again(workspace, arrivals, now, apply=True)
    return len(arrivals)


def _read_again(
    workspace: Workspace, arrivals: list[RawMessageRow], now: datetime, *, apply: bool
) -> list[Change]:
    asked = Asked(workspace)
    changes: list[Change] = []
    for start in range(0, len(arrivals), _BATCH):
        batch = arrivals[start : start + _BATCH]
        with reading(workspace.engine) as session:
            found = [
                (
                    arrival,
                    understand(workspace, session, arrival, asked, now),
                    _standing(session, arrival.sha256),
                )
                for arrival in batch
            ]
        for arrival, events, standing in found:
            changes += _changes(arrival, events, standing)
            if apply:
                with writing(workspace.engine) as session:
                    record(session, _appendable(arrival, events, standing, now))
    return changes


@dataclass(frozen=True, slots=True)
class _Standing:
    """How a message stands now: the counted reading for each request it is an answer to, or in the pen."""

    readings: dict[str, Reading]
    is_held: bool


def _standing(session: Session, sha256: str) -> _Standing:
    readings = {
        reference: next(r for r in history_of(session, reference).readings if r.message == sha256)
        for reference in requests_of_message(session, sha256)
    }
    return _Standing(readings, session.get(HeldMessageRow, sha256) is not None)


def _changes(arrival: RawMessageRow, events: Iterable[Event], standing: _Standing) -> Iterator[Change]:
    new = {event.request or "": event for event in events if event.kind in (EventKind.READ, EventKind.HELD)}
    old = {reference: str(read.outcome or read.kind) for reference, read in standing.readings.items()}
    if standing.is_held:
        old[""] = "held"
    for reference in sorted(old.keys() | new.keys()):
        before = old.get(reference, "")
        after = _label(new[reference]) if reference in new else ""
        if not reference:
            before, after = ("held" if "" in old else ""), ("held" if "" in new else "")
        if before != after:
            person = reference in standing.readings and standing.readings[reference].is_by_person
            yield Change(arrival.sha256, reference, before, after, person)


def _label(event: Event) -> str:
    return str(event.payload["outcome"] or event.payload["kind"])


def _appendable(
    arrival: RawMessageRow, events: list[Event], standing: _Standing, now: datetime
) -> Iterator[Event]:
    """New readings of the same requests; and, of a message nobody had placed, of those it now surely answers."""
    read = [event for event in events if event.request]
    if standing.readings:
        yield from (event for event in read if event.request in standing.readings)
    elif standing.is_held and read:
        references = [event.request or "" for event in read if event.kind is EventKind.READ]
        yield assigned_event(arrival, references, read[-1].actor, now, "reread")
        yield from read
    elif standing.is_held:
        yield from events
