"""The rows of messages.csv: everything that came in, by the request it answers, or by none."""

from tracker.domain.lifecycle import Reading
from tracker.domain.terms import Event, EventKind, MessageKind
from tracker.services.export_snapshot import RoundSnapshot, time_basis
from tracker.services.export_tables import ReadBy, Row, Source

_ORDER = ("arrived_at", "sha256", "request")  # moments come from the store, all in UTC


def message_rows(snapshot: RoundSnapshot) -> list[Row]:
    """One row per message and request; those that answer none stand once, without a request."""
    rows = [
        _reading_row(snapshot, measured.request.reference, measured.request.applicant, reading)
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
    return sorted(unique.values(), key=lambda row: [str(row[name]) for name in _ORDER])


def _reading_row(snapshot: RoundSnapshot, reference: str, applicant: str, reading: Reading) -> Row:
    readings = snapshot.readings
    event = readings.counted(reference, reading.message)
    is_unrelated = reading.kind is MessageKind.UNRELATED
    return {
        **_arrival_cells(snapshot, event, applicant),
        "request": None if is_unrelated else reference,
        "medium": event.payload.get("medium"),
        "kind": reading.kind,
        "outcome": reading.outcome,
        "label": reading.outcome or reading.kind,
        "read_by": ReadBy.PERSON if reading.is_by_person else ReadBy.MACHINE,
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
    references = {measured.request.reference for measured in snapshot.measured}
    applicants = {measured.request.applicant for measured in snapshot.measured}
    rows = []
    for sha256, event in held.items():
        decision = assigned.get(sha256)
        is_elsewhere = bool(decision and decision.payload["requests"])
        if not is_elsewhere and _concerns(snapshot, event, references, applicants):
            rows.append(_unrelated_row(snapshot, event) if decision else _held_row(snapshot, event))
    return rows


def _concerns(snapshot: RoundSnapshot, held: Event, references: set[str], applicants: set[str]) -> bool:
    """Without candidates it could answer any round its applicant takes part in; without one, any at all."""
    if candidates := held.payload["candidates"]:
        return not references.isdisjoint(candidates)
    applicant = snapshot.applicants.get(snapshot.arrival(held.source_sha256 or "").mailbox)
    return applicant is None or applicant in applicants


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
        "source": Source(arrival.source),
        "applicant": snapshot.applicants.get(arrival.mailbox),
        "arrived_at": arrival.arrived_at,
        "counted_at": event.happened_at,
        "time_basis": time_basis(event, arrival),
    }
