"""Appending facts, deriving states from them, and sealing them against later changes."""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any

from sqlalchemy import Table, func, inspect
from sqlalchemy.dialects.sqlite import insert
from sqlmodel import Session, SQLModel, col, select
from sqlmodel.sql.expression import SelectOfScalar

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
_PER_QUERY = 500
_OF_THE_PEN = (EventKind.HELD, EventKind.ASSIGNED)


def canonical_json(value: Any) -> str:
    """One text for one value, so that hashes and dedupe keys agree."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def record(session: Session, events: Iterable[Event]) -> int:
    """Append events and bring the derived rows up to date, in the caller's transaction.

    An event whose `dedupe_key` is known already is the same fact and is passed over. Raises
    `IllegalEvent` where the lifecycle does not allow one. Returns how many were new.
    """
    fresh = _insert_new(session, list(events))
    for references in _slices(dict.fromkeys(e.request for e in fresh if e.request)):
        derive_requests(session, references)
    for messages in _slices(dict.fromkeys(e.source_sha256 or "" for e in fresh if e.kind in _OF_THE_PEN)):
        _derive_held(session, messages)
    return len(fresh)


def _slices(names: Iterable[str]) -> Iterator[list[str]]:
    """As many at once as one query may name."""
    left = iter(names)
    while found := list(islice(left, _PER_QUERY)):
        yield found


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


def _insert_new(session: Session, events: Sequence[Event]) -> list[Event]:
    """Insert all, and return those that were not known, each fact once."""
    if not events:
        return []
    before = last_seq(session)
    session.execute(_INSERT, [_values(event) for event in events])
    new = set(session.exec(select(EventRow.dedupe_key).where(col(EventRow.seq) > before)))
    first = {event.dedupe_key: event for event in reversed(events) if event.dedupe_key in new}
    return list(reversed(first.values()))


def _values(event: Event) -> dict[str, Any]:
    if not event.dedupe_key:
        raise ValueError(f"event {event.kind} has no dedupe_key")
    return {
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


# --- derived rows -------------------------------------------------------------------------------


def derive_requests(session: Session, references: Sequence[str]) -> None:
    """Write the state rows of requests, and where the coding of their messages stands, from their events."""
    query = select(EventRow).where(col(EventRow.request).in_(references)).order_by(col(EventRow.seq))
    events: dict[str, list[Event]] = {reference: [] for reference in references}
    for row in session.exec(query):
        events[row.request or ""].append(to_event(row))
    rows = [state_row(reference, found) for reference, found in events.items()]
    _merge(session, rows, select(RequestStateRow).where(col(RequestStateRow.reference).in_(references)))
    codings = list(_coding_rows(session, events))
    _merge(session, codings, select(CodingRow).where(col(CodingRow.request).in_(references)))


def _merge(session: Session, rows: Sequence[SQLModel], standing: SelectOfScalar[Any]) -> None:
    """Put derived rows in the place of those that stand there, which are read all at once beforehand."""
    if not rows:
        return
    key_of = inspect(type(rows[0])).primary_key_from_instance
    known = {tuple(key_of(row)): row for row in session.exec(standing)}
    with session.no_autoflush:
        for row in rows:
            if tuple(key_of(row)) in known:
                session.merge(row)
            else:
                session.add(row)  # merging would look for it


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


def _has_messages(events: Iterable[Event]) -> bool:
    return any(event.kind in (EventKind.READ, EventKind.REVIEWED) for event in events)


def _coding_rows(session: Session, events_of: Mapping[str, Sequence[Event]]) -> Iterator[CodingRow]:
    """One row for each message that the events of a request read as an answer to it."""
    codings: dict[str, Coding] = {}
    columns = select(RequestRow.reference, RequestRow.round, RequestRow.unit_id)
    for references in _slices([each for each, events in events_of.items() if _has_messages(events)]):
        found = session.exec(columns.where(col(RequestRow.reference).in_(references)))
        for reference, round_name, unit_id in found.all():
            coding = codings.get(round_name) or coding_of(session, round_name)
            codings[round_name] = coding
            yield from _codings_of(reference, round_name, unit_id, events_of[reference], coding)


def _codings_of(
    reference: str, round_name: str, unit_id: str, events: Sequence[Event], coding: Coding
) -> Iterator[CodingRow]:
    for message, (stage, codings, reading) in stages_of(events, coding).items():
        yield CodingRow(
            request=reference,
            message=message,
            round=round_name,
            unit_id=unit_id,
            arrived_at=reading.arrived_at or reading.at,
            stage=stage,
            coders=";".join(codings.coders),
            answers=canonical_json([dict(vote.answers) for vote in codings.votes]) if codings.votes else "",
        )


def all_coding_rows(session: Session) -> Iterator[CodingRow]:
    for round_name in session.exec(select(RoundRow.name)):
        yield from _coding_rows(session, events_by_request(session, round_name))


def coding_of(session: Session, round_name: str) -> Coding:
    """How a round codes; one planned before there was any coding has a single coder."""
    return coding_in(session.get_one(RoundRow, round_name).plan)


@lru_cache(maxsize=32)
def coding_in(plan: str) -> Coding:
    return Coding(**json.loads(plan).get("coding", {}))


def held_rows(session: Session, pen: Mapping[str, Event]) -> list[HeldMessageRow]:
    """The rows of the messages in the pen (sha256 -> the event that holds it).

    The same bytes may have arrived in two mailboxes: one entry stands for both, with the first arrival.
    """
    columns = select(RawMessageRow.sha256, RawMessageRow.mailbox, RawMessageRow.arrived_at)
    first: dict[str, tuple[str, datetime]] = {}
    for messages in _slices(pen):
        query = columns.where(col(RawMessageRow.sha256).in_(messages)).order_by(col(RawMessageRow.id).desc())
        first |= {sha256: (mailbox, arrived_at) for sha256, mailbox, arrived_at in session.exec(query)}
    return [
        HeldMessageRow(
            sha256=sha256,
            seq=event.seq,
            mailbox=first[sha256][0],
            arrived_at=first[sha256][1],
            candidates=";".join(event.payload["candidates"]),
        )
        for sha256, event in pen.items()
    ]


def latest_holding(events: Iterable[Event]) -> dict[str, Event]:
    """The messages that are in the holding pen after these events, by sha256."""
    pen: dict[str, Event] = {}
    for event in events:
        if event.kind is EventKind.HELD:
            pen[event.source_sha256 or ""] = event
        elif event.kind is EventKind.ASSIGNED:
            pen.pop(event.source_sha256 or "", None)
    return pen


def _derive_held(session: Session, messages: Sequence[str]) -> None:
    events = select(EventRow).where(
        col(EventRow.source_sha256).in_(messages), col(EventRow.kind).in_(_OF_THE_PEN)
    )
    pen = latest_holding(map(to_event, session.exec(events.order_by(col(EventRow.seq)))))
    standing = select(HeldMessageRow).where(col(HeldMessageRow.sha256).in_(messages))
    for row in session.exec(standing).all():
        if row.sha256 not in pen:
            session.delete(row)
    _merge(session, held_rows(session, pen), standing)


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
