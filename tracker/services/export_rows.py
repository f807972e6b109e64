"""The rows of an export, from the state of one round. Applicants appear by code only."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracker.adapters.workbook import Cell
from tracker.domain.lifecycle import Reading
from tracker.domain.terms import Event, EventKind, MessageKind, Verdict, local_date
from tracker.services.export_tables import (
    EVENTS,
    MESSAGES,
    NOTICE,
    REQUESTS,
    UNITS,
    ReadBy,
    Source,
    Table,
)
from tracker.services.intake import CONTACT
from tracker.services.measuring import MeasuredRequest
from tracker.store.events import canonical_json
from tracker.store.tables import RawMessageRow, UnitRow

Row = dict[str, Cell]
REHEARSAL_NOTICE = "演练 / REHEARSAL"
_WITHHELD = "(withheld)"
_ADDRESS = re.compile(r"[^\s@;,<>\"']+@[^\s@;,<>\"']+")
_CODE = re.compile(r"[a-z0-9_.:-]*")
_PROSE = ("reason", "note")  # where people write: it could name or quote anyone
_SHA256 = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")


@dataclass(frozen=True, slots=True)
class RoundSnapshot:
    """Everything the tables are made of, read in one transaction."""

    round: str
    is_rehearsal: bool
    measured: Sequence[MeasuredRequest]
    units: Sequence[UnitRow]
    events: Sequence[Event]  # of the round, and those of no round; by seq
    arrivals: Mapping[str, Sequence[RawMessageRow]]  # by sha256
    applicants: Mapping[str, str]  # mailbox -> code
    calendar_version: str

    def arrival(self, sha256: str, applicant: str = "") -> RawMessageRow:
        """The arrival in the applicant's mailbox, if there is one: a letter can reach several."""
        found = self.arrivals[sha256]
        own = [arrival for arrival in found if self.applicants.get(arrival.mailbox) == applicant]
        return (own or found)[0]

    def without_addresses(self, text: str) -> str:
        return _ADDRESS.sub(lambda found: self.applicants.get(found[0].lower(), _WITHHELD), text)


def tables_of(snapshot: RoundSnapshot) -> list[tuple[Table, list[Row]]]:
    """The rows of every table, in an order that depends on the state alone."""
    readings = _ReadingEvents(snapshot.events)
    messages = _message_rows(snapshot, readings)
    notice: Row = {NOTICE.name: REHEARSAL_NOTICE if snapshot.is_rehearsal else None}
    tables = [
        (UNITS, _unit_rows(snapshot)),
        (REQUESTS, [_request_row(snapshot, measured, readings) for measured in snapshot.measured]),
        (MESSAGES, messages),
        (EVENTS, _event_rows(snapshot, {row["sha256"] for row in messages})),
    ]
    return [(table, [row | notice for row in rows]) for table, rows in tables]


class _ReadingEvents:
    """The events behind each reading, by (request, message)."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._machine: dict[tuple[str | None, str | None], Event] = {}
        self._person: dict[tuple[str | None, str | None], Event] = {}
        self._assigned: set[tuple[str, str | None]] = set()
        for event in events:
            if event.kind is EventKind.READ:
                self._machine[event.request, event.source_sha256] = event
            elif event.kind is EventKind.REVIEWED:
                self._person[event.request, event.source_sha256] = event
            elif event.kind is EventKind.ASSIGNED:
                self._assigned |= {(name, event.source_sha256) for name in event.payload["requests"]}

    def counted(self, request: str, message: str) -> Event:
        """A person's reading beats any machine's, as in `domain.lifecycle`."""
        return self._person.get((request, message)) or self._machine[request, message]

    def document_number(self, request: str, reading: Reading) -> str:
        """A person who confirms a reply does not copy its number: the machine's stands."""
        by_machine = self._machine.get((request, reading.message))
        return reading.document_number or (
            by_machine.payload.get("document_number", "") if by_machine else ""
        )

    def match(self, request: str, message: str) -> list[str]:
        if (request, message) in self._assigned:
            return ["assigned"]
        by_machine = self._machine.get((request, message))
        return list(by_machine.payload.get("match", ())) if by_machine else []


# --- requests and units ---------------------------------------------------------------------------------


def _request_row(snapshot: RoundSnapshot, measured: MeasuredRequest, readings: _ReadingEvents) -> Row:
    request, unit, measurement = measured.request, measured.unit, measured.measurement
    clock = measurement.deadline
    return {
        "reference": request.reference,
        "round": request.round,
        "unit_id": unit.unit_id,
        "unit_code": unit.unit_code,
        "unit_name": unit.name,
        "group": unit.group,
        "kind": request.kind,
        "channel": request.channel,
        "applicant": request.applicant,
        "state": measurement.state,
        "planned_at": request.planned_at,
        "submitted_at": measurement.submitted_at,
        "received_on": measurement.received_on,
        "receipt_basis": measurement.receipt_basis,
        "due_on": clock.due_on if clock else None,
        "provisional": measurement.is_provisional,
        "first_contact_on": _day_of(measurement.first_contact),
        "acknowledged_on": _day_of(measurement.acknowledgement),
        **_reply_cells(snapshot, measured, readings),
        "response_days": measurement.response_days,
        "response_calendar_days": measurement.response_calendar_days,
        "verdict": measurement.verdict,
        "reason": measurement.reason,
        "rules": measured.rules.name,
        "rules_version": _short(measured.rules.version),
        "calendar_version": _short(snapshot.calendar_version),
    }


def _reply_cells(snapshot: RoundSnapshot, measured: MeasuredRequest, readings: _ReadingEvents) -> Row:
    reply, request = measured.measurement.reply, measured.request
    if reply is None:
        return {}
    arrival = snapshot.arrival(reply.message, request.applicant)
    number = readings.document_number(request.reference, reply)
    return {
        "replied_on": local_date(reply.at),
        "reply_time_basis": _time_basis(readings.counted(request.reference, reply.message), arrival),
        "outcome": reply.outcome,
        "document_number": snapshot.without_addresses(number),
        "read_by": _read_by(reply),
    }


def _unit_rows(snapshot: RoundSnapshot) -> list[Row]:
    verdicts: dict[str, Counter[str]] = {unit.unit_id: Counter() for unit in snapshot.units}
    for measured in snapshot.measured:
        verdicts[measured.unit.unit_id][measured.measurement.verdict] += 1
    return [
        {
            "unit_id": unit.unit_id,
            "unit_code": unit.unit_code,
            "name": unit.name,
            "group": unit.group,
            "predecessors": unit.predecessors,
            "joined_on": unit.joined_on,
            "left_on": unit.left_on,
            "requests": verdicts[unit.unit_id].total(),
            **{verdict: verdicts[unit.unit_id][verdict] for verdict in Verdict},
        }
        for unit in snapshot.units
    ]


# --- messages -------------------------------------------------------------------------------------------


def _message_rows(snapshot: RoundSnapshot, readings: _ReadingEvents) -> list[Row]:
    """One row per message and request; those that answer none stand once, without a request."""
    rows = [
        _reading_row(snapshot, measured.request.reference, measured.request.applicant, reading, readings)
        for measured in snapshot.measured
        for reading in measured.history.readings
    ]
    rows += _pen_rows(snapshot)
    answering = {row["sha256"] for row in rows if row["request"]}
    unique = {
        (row["sha256"], row["request"]): row
        for row in rows
        if row["request"] or row["sha256"] not in answering
    }
    return sorted(unique.values(), key=lambda row: (*map(str, (row["arrived_at"], *_identity(row))),))


def _identity(row: Row) -> tuple[Cell, Cell]:
    return row["sha256"], row["request"]


def _reading_row(
    snapshot: RoundSnapshot, reference: str, applicant: str, reading: Reading, readings: _ReadingEvents
) -> Row:
    event = readings.counted(reference, reading.message)
    is_unrelated = reading.kind is MessageKind.UNRELATED
    return {
        **_arrival_cells(snapshot, event, applicant),
        "request": None if is_unrelated else reference,
        "medium": event.payload.get("medium"),
        "kind": reading.kind,
        "outcome": reading.outcome,
        "label": reading.outcome or reading.kind,
        "read_by": _read_by(reading),
        "confidence": None if reading.is_by_person else reading.confidence,
        "evidence": snapshot.without_addresses(";".join(reading.evidence)),
        "document_number": snapshot.without_addresses(readings.document_number(reference, reading)),
        "match": ";".join(readings.match(reference, reading.message)),
    }


def _pen_rows(snapshot: RoundSnapshot) -> list[Row]:
    """Held messages that are or could be this round's, and those a person found to be nobody's."""
    held: dict[str, Event] = {}
    assigned: dict[str, Event] = {}
    for event in snapshot.events:
        sha256 = event.source_sha256 or ""
        if event.kind is EventKind.HELD:
            held[sha256] = event
            assigned.pop(sha256, None)
        elif event.kind is EventKind.ASSIGNED:
            assigned[sha256] = event
    rows = []
    for sha256, event in held.items():
        decision = assigned.get(sha256)
        if _concerns(snapshot, event) and not (decision and decision.payload["requests"]):
            rows.append(_unrelated_row(snapshot, event) if decision else _held_row(snapshot, event))
    return rows


def _concerns(snapshot: RoundSnapshot, held: Event) -> bool:
    """A message without candidates could be an answer to any round its mailbox takes part in."""
    requests = [measured.request for measured in snapshot.measured]
    if held.payload["candidates"]:
        return not {request.reference for request in requests}.isdisjoint(held.payload["candidates"])
    arrival = snapshot.arrival(held.source_sha256 or "")
    return snapshot.applicants.get(arrival.mailbox) in {request.applicant for request in requests}


def _held_row(snapshot: RoundSnapshot, held: Event) -> Row:
    payload = held.payload
    return {
        **_arrival_cells(snapshot, held),
        "request": None,
        "candidates": ";".join(payload["candidates"]),
        "kind": payload["kind"],
        "outcome": payload["outcome"],
        "label": payload["outcome"] or payload["kind"],
        "read_by": ReadBy.MACHINE,
        "confidence": payload["confidence"],
        "evidence": snapshot.without_addresses(";".join(payload["evidence"])),
        "document_number": snapshot.without_addresses(payload["document_number"]),
        "match": ";".join(dict.fromkeys(kind for kind, _reference in payload["clues"])),
    }


def _unrelated_row(snapshot: RoundSnapshot, held: Event) -> Row:
    return {
        **_arrival_cells(snapshot, held),
        "request": None,
        "kind": MessageKind.UNRELATED,
        "label": MessageKind.UNRELATED,
        "read_by": ReadBy.PERSON,
    }


def _arrival_cells(snapshot: RoundSnapshot, event: Event, applicant: str = "") -> Row:
    arrival = snapshot.arrival(event.source_sha256 or "", applicant)
    return {
        "sha256": arrival.sha256,
        "source": Source.CONTACT if arrival.source == CONTACT else Source.MAIL,
        "applicant": snapshot.applicants.get(arrival.mailbox),
        "arrived_at": arrival.arrived_at,
        "counted_at": event.happened_at,
        "time_basis": _time_basis(event, arrival),
    }


def _time_basis(event: Event, arrival: RawMessageRow) -> str:
    """The stamp the counted time rests on: the server's, or else whatever fixed the arrival."""
    basis = str(event.payload.get("time_basis", "arrival"))
    return arrival.arrival_basis if basis == "arrival" else basis


# --- events ---------------------------------------------------------------------------------------------


def _event_rows(snapshot: RoundSnapshot, messages: set[Cell]) -> list[Row]:
    """Events of the round, of its messages before they were anyone's, and of the whole workspace."""
    return [
        {
            "seq": event.seq,
            "round": event.round,
            "request": event.request,
            "kind": event.kind,
            "happened_at": event.happened_at,
            "known_at": event.known_at,
            "actor": event.actor,
            "source_sha256": event.source_sha256,
            "payload": canonical_json(_cleaned(snapshot, event.payload)),
        }
        for event in snapshot.events
        if event.kind not in (EventKind.HELD, EventKind.ASSIGNED) or event.source_sha256 in messages
    ]


def _cleaned(snapshot: RoundSnapshot, value: Any, name: str = "") -> Any:
    """A payload without addresses, and without what people wrote in words of their own."""
    if isinstance(value, Mapping):
        return {key: _cleaned(snapshot, inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_cleaned(snapshot, inner) for inner in value]
    if not isinstance(value, str):
        return value
    return _WITHHELD if name in _PROSE and not _CODE.fullmatch(value) else snapshot.without_addresses(value)


# --- cells ----------------------------------------------------------------------------------------------


def _read_by(reading: Reading) -> ReadBy:
    return ReadBy.PERSON if reading.is_by_person else ReadBy.MACHINE


def _day_of(reading: Reading | None) -> Cell:
    return local_date(reading.at) if reading else None


def _short(version: str) -> str:
    return _SHA256.sub(r"\1", version)
