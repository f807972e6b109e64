"""The rows of an export, from the state of one round. Applicants appear by code only."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from tracker.adapters.workbook import Cell
from tracker.domain.measure import Measurement
from tracker.domain.readings import CHOICES
from tracker.domain.terms import EventKind, Verdict
from tracker.services.export_messages import message_rows
from tracker.services.export_snapshot import WITHHELD, RoundSnapshot, time_basis
from tracker.services.export_tables import (
    EVENTS,
    MESSAGES,
    NOTICE,
    READINGS,
    REQUESTS,
    UNITS,
    ReadBy,
    Row,
    Table,
)
from tracker.services.measuring import MeasuredRequest
from tracker.store.events import canonical_json

REHEARSAL_NOTICE = "演练 / REHEARSAL"
_CODE = re.compile(r"[a-z0-9_.:-]*")
_PROSE = ("reason", "note")  # where people write: it could name or quote anyone
_SHA256 = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")


def tables_of(snapshot: RoundSnapshot, is_rehearsal: bool) -> list[tuple[Table, list[Row]]]:
    """The rows of every table, in an order that depends on the state alone."""
    messages = message_rows(snapshot)
    notice: Row = {NOTICE.name: REHEARSAL_NOTICE if is_rehearsal else None}
    tables = [
        (UNITS, _unit_rows(snapshot)),
        (REQUESTS, [_request_row(snapshot, measured) for measured in snapshot.measured]),
        (READINGS, [row for measured in snapshot.measured for row in _reading_rows(measured)]),
        (MESSAGES, messages),
        (EVENTS, _event_rows(snapshot, {row["sha256"] for row in messages})),
    ]
    return [(table, [row | notice for row in rows]) for table, rows in tables]


# --- requests and units ---------------------------------------------------------------------------------


def _request_row(snapshot: RoundSnapshot, measured: MeasuredRequest) -> Row:
    request, unit, measurement = measured.request, measured.unit, measured.measurement
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
        "due_on": measurement.due_on,
        "provisional": measurement.is_provisional,
        **_clock_cells(measurement),
        **_reply_cells(snapshot, measured),
        "response_days": measurement.response_days,
        "response_calendar_days": measurement.response_calendar_days,
        "veto": measurement.is_vetoed,
        "verdict": measurement.verdict,
        "summary": measurement.summary,
        "remarks": ";".join(remark.code for remark in measurement.remarks),
        "reason": measurement.reason,
        "rules": measured.law.book.name,
        "rules_version": _short(measured.law.book.version),
        "calendar_version": _short(snapshot.calendar_version),
    }


def _clock_cells(measurement: Measurement) -> Row:
    """The named clocks: when each stopped, and how long it ran."""
    cells: Row = {"counted_from": measurement.reading.deadline.counted_from if measurement.reading else None}
    for name, clock in measurement.clocks.items():
        cells[f"{name}_on"] = clock.stopped_on
        cells[f"{name}_days"] = clock.working_days
        cells[f"{name}_calendar_days"] = clock.calendar_days
    return cells


def _reading_rows(measured: MeasuredRequest) -> list[Row]:
    """Every admissible reading of one request, numbered from 1."""
    measurement = measured.measurement
    readings = measurement.assessment.readings if measurement.assessment else ()
    return [
        {
            "request": measured.request.reference,
            "n": n,
            "is_default": reading is measurement.reading,
            **{name: getattr(reading.choices, name) for name in CHOICES},
            "received_on": reading.received_on,
            "due_on": reading.due_on,
            "replied_on": reading.replied_on,
            "response_days": reading.response_days,
            "verdict": reading.verdict,
        }
        for n, reading in enumerate(readings, 1)
    ]


def _reply_cells(snapshot: RoundSnapshot, measured: MeasuredRequest) -> Row:
    reply, request = measured.measurement.reply, measured.request
    if reply is None:
        return {}
    readings = snapshot.readings
    arrival = snapshot.arrival(reply.message, request.applicant)
    number = readings.document_number(request.reference, reply)
    return {
        "replied_on": measured.measurement.replied_on,
        "reply_time_basis": time_basis(readings.counted(request.reference, reply.message), arrival),
        "outcome": reply.outcome,
        "document_number": snapshot.without_addresses(number),
        "read_by": ReadBy.PERSON if reply.is_by_person else ReadBy.MACHINE,
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


# --- events ---------------------------------------------------------------------------------------------


def _event_rows(snapshot: RoundSnapshot, messages: set[Cell]) -> list[Row]:
    """Events of the round, of its messages before they were anyone's, and of the whole workspace.

    Without those of requests that were drafted and withdrawn before anybody approved them.
    """
    requests = {None, *(measured.request.reference for measured in snapshot.measured)}
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
        if event.request in requests
        and (event.kind not in (EventKind.HELD, EventKind.ASSIGNED) or event.source_sha256 in messages)
    ]


def _cleaned(snapshot: RoundSnapshot, value: Any, name: str = "") -> Any:
    """A payload without addresses, and without what people wrote in words of their own."""
    if isinstance(value, Mapping):
        return {key: _cleaned(snapshot, inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_cleaned(snapshot, inner) for inner in value]
    if not isinstance(value, str):
        return value
    return WITHHELD if name in _PROSE and not _CODE.fullmatch(value) else snapshot.without_addresses(value)


def _short(version: str) -> str:
    return _SHA256.sub(r"\1", version)
