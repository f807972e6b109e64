"""Appending facts, deriving states from them, and sealing them against later changes."""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, func
from sqlalchemy.dialects.sqlite import insert
from sqlmodel import Session, col, select

from tracker.domain.coding import stages_of
from tracker.domain.lifecycle import History, replay
from tracker.domain.measure import open_readings
from tracker.domain.rounds import Coding
from tracker.domain.terms import Event, EventKind, MessageKind
from tracker.store.desk_tables import CodingRow
from tracker.store.tables import (
    EventRow,
    HeldMessageRow,
    RawMessageRow,
    RequestRow,
    RequestStateRow,
    RoundRow,
    SealRow,
)

_FIRST_HEAD = "0" * 64


def canonical_json(value: Any) -> str:
    """One text for one value, so that hashes and dedupe keys agree."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def record(session: Session, events: Iterable[Event]) -> int:
    """Append events and bring the derived rows up to date, in the caller's transaction.

    An event whose `dedupe_key` is known already is the same fact and is passed over. Raises
    `IllegalEvent` where the lifecycle does not allow one. Returns how many were new.
    """
    fresh = [event for event in events if _insert(session, event)]
    for reference in dict.fromkeys(e.request for e in fresh if e.request):
        derive_request(session, reference)
    for event in fresh:
        if event.kind in (EventKind.HELD, EventKind.ASSIGNED):
            _derive_held(session, event.source_sha256 or "")
    return len(fresh)


def events_of_request(session: Session, reference: str) -> list[Event]:
    rows = session.exec(select(EventRow).where(EventRow.request == reference).order_by(col(EventRow.seq)))
    return [to_event(row) for row in rows]


def events_by_request(
    session: Session, round_name: str, only: Collection[str] | None = None
) -> dict[str, list[Event]]:
    """All events of a round's requests (or `only` of some), in one read."""
    found: dict[str, list[Event]] = {}
    if only is None:
        query = select(EventRow).where(EventRow.round == round_name, col(EventRow.request).is_not(None))
    else:  # by the index on requests alone: that on rounds would read the whole round
        query = select(EventRow).where(col(EventRow.request).in_(only))
    for row in session.exec(query.order_by(col(EventRow.seq))):
        found.setdefault(row.request or "", []).append(to_event(row))
    return found


def events_of_kind(session: Session, *kinds: EventKind) -> list[Event]:
    query = select(EventRow).where(col(EventRow.kind).in_(kinds)).order_by(col(EventRow.seq))
    return [to_event(row) for row in session.exec(query)]


def history_of(session: Session, reference: str) -> History:
    return replay(reference, events_of_request(session, reference))


def to_event(row: EventRow) -> Event:
    return Event(
        kind=EventKind(row.kind),
        happened_at=row.happened_at,
        known_at=row.known_at,
        actor=row.actor,
        round=row.round,
        request=row.request,
        source_sha256=row.source_sha256,
        payload=json.loads(row.payload),
        dedupe_key=row.dedupe_key,
        seq=row.seq or 0,
    )


_TABLE: Table = EventRow.__table__  # type: ignore[attr-defined]
_INSERT = insert(_TABLE).on_conflict_do_nothing(index_elements=["dedupe_key"])


def _insert(session: Session, event: Event) -> bool:
    if not event.dedupe_key:
        raise ValueError(f"event {event.kind} has no dedupe_key")
    values: dict[str, Any] = {
        "uid": hashlib.sha256(event.dedupe_key.encode()).hexdigest()[:32],
        "round": event.round,
        "request": event.request,
        "kind": event.kind.value,
        "happened_at": event.happened_at,
        "known_at": event.known_at,
        "actor": event.actor,
        "source_sha256": event.source_sha256,
        "payload": canonical_json({"v": 1, **event.payload}),
        "dedupe_key": event.dedupe_key,
    }
    return bool(session.execute(_INSERT, values).rowcount)  # type: ignore[attr-defined]


# --- derived rows -------------------------------------------------------------------------------


def derive_request(session: Session, reference: str) -> None:
    """Write the state row of one request, and where the coding of its messages stands, from its events."""
    events = events_of_request(session, reference)
    session.merge(state_row(reference, events))
    for row in coding_rows(session, reference, events):
        session.merge(row)


def state_row(reference: str, events: Sequence[Event]) -> RequestStateRow:
    history = replay(reference, events)
    reply = history.first(MessageKind.REPLY)
    return RequestStateRow(
        reference=reference,
        state=history.state or "",
        submitted_at=history.submitted_at,
        replied_at=reply.at if reply else None,
        outcome=reply.outcome if reply else None,
        open_readings=len(open_readings(history.readings)),
        last_seq=max(event.seq for event in events),
    )


def coding_rows(session: Session, reference: str, events: Sequence[Event]) -> list[CodingRow]:
    """One row for each message that the events of a request read as an answer to it."""
    if not any(event.kind in (EventKind.READ, EventKind.REVIEWED) for event in events):
        return []
    request = session.get_one(RequestRow, reference)
    coding = coding_of(session, request.round)
    return [
        CodingRow(
            request=reference,
            message=message,
            round=request.round,
            unit_id=request.unit_id,
            arrived_at=reading.arrived_at or reading.at,
            stage=stage,
            coders=";".join(codings.coders),
            answers=canonical_json([dict(vote.answers) for vote in codings.votes]) if codings.votes else "",
        )
        for message, (stage, codings, reading) in stages_of(events, coding).items()
    ]


def all_coding_rows(session: Session) -> Iterator[CodingRow]:
    for round_name in session.exec(select(RoundRow.name)):
        for reference, events in events_by_request(session, round_name).items():
            yield from coding_rows(session, reference, events)


def coding_of(session: Session, round_name: str) -> Coding:
    """How a round codes; one planned before there was any coding has a single coder."""
    return Coding(**json.loads(session.get_one(RoundRow, round_name).plan).get("coding", {}))


def held_row(session: Session, event: Event) -> HeldMessageRow:
    # the same bytes may have arrived in two mailboxes: one entry in the pen stands for both
    arrivals = select(RawMessageRow).where(RawMessageRow.sha256 == event.source_sha256)
    arrival = session.exec(arrivals.order_by(col(RawMessageRow.id))).first()
    assert arrival is not None
    return HeldMessageRow(
        sha256=arrival.sha256,
        seq=event.seq,
        mailbox=arrival.mailbox,
        arrived_at=arrival.arrived_at,
        candidates=";".join(event.payload["candidates"]),
    )


def latest_holding(events: Iterable[Event]) -> dict[str, Event]:
    """The messages that are in the holding pen after these events, by sha256."""
    pen: dict[str, Event] = {}
    for event in events:
        if event.kind is EventKind.HELD:
            pen[event.source_sha256 or ""] = event
        elif event.kind is EventKind.ASSIGNED:
            pen.pop(event.source_sha256 or "", None)
    return pen


def _derive_held(session: Session, sha256: str) -> None:
    query = select(EventRow).where(
        EventRow.source_sha256 == sha256,
        col(EventRow.kind).in_([EventKind.HELD, EventKind.ASSIGNED]),
    )
    pen = latest_holding(map(to_event, session.exec(query.order_by(col(EventRow.seq)))))
    if sha256 in pen:
        session.merge(held_row(session, pen[sha256]))
    elif standing := session.get(HeldMessageRow, sha256):
        session.delete(standing)


# --- seals --------------------------------------------------------------------------------------


def seal_events(session: Session, now: datetime) -> SealRow | None:
    """Hash the unsealed events onto the previous seal; None when there is nothing new."""
    last = session.exec(select(SealRow).order_by(col(SealRow.n).desc())).first()
    rows = _rows_between(session, (last.last_seq if last else 0) + 1, None)
    if not rows:
        return None
    seal = SealRow(
        n=(last.n if last else 0) + 1,
        first_seq=rows[0].seq or 0,
        last_seq=rows[-1].seq or 0,
        head=_head(last.head if last else _FIRST_HEAD, rows),
        sealed_at=now,
    )
    session.add(seal)
    return seal


def broken_seals(session: Session) -> list[int]:
    """Numbers of the seals that no longer fit the events they were set on."""
    broken, head = [], _FIRST_HEAD
    for seal in session.exec(select(SealRow).order_by(col(SealRow.n))):
        head = _head(head, _rows_between(session, seal.first_seq, seal.last_seq))
        if head != seal.head:
            broken.append(seal.n)
        head = seal.head
    return broken


def last_seq(session: Session) -> int:
    return session.exec(select(func.max(EventRow.seq))).one() or 0


def _rows_between(session: Session, first: int, last: int | None) -> list[EventRow]:
    query = select(EventRow).where(col(EventRow.seq) >= first)
    if last is not None:
        query = query.where(col(EventRow.seq) <= last)
    return list(session.exec(query.order_by(col(EventRow.seq))))


def _head(previous: str, rows: Sequence[EventRow]) -> str:
    digest = hashlib.sha256(previous.encode())
    for row in rows:
        fields = row.model_dump(mode="python")
        fields["happened_at"] = row.happened_at.isoformat()
        fields["known_at"] = row.known_at.isoformat()
        digest.update(canonical_json(fields).encode() + b"\n")
    return digest.hexdigest()
