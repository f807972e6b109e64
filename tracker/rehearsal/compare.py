"""Measured = what the city did? Every request against its truth, every letter against the city's books."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tracker.i18n import _
from tracker.rehearsal.city import City
from tracker.rehearsal.truth import Truth
from tracker.services.measuring import MeasuredRequest, measure_round, standpoint
from tracker.services.rounds import only_round
from tracker.settings import Workspace
from tracker.store.database import reading


@dataclass(frozen=True, slots=True)
class Comparison:
    """`differences` is empty when everything was measured as it happened."""

    rows: Sequence[MeasuredRequest]
    by_machine: int
    by_person: int
    wrong: int
    unread: int
    differences: list[str]
    seconds: float

    @property
    def requests(self) -> int:
        return len(self.rows)

    def reading_rows(self) -> list[tuple[object, ...]]:
        return [
            (_("letters read by machine"), self.by_machine),
            (_("letters and contacts read by a person"), self.by_person),
            (_("read wrongly"), self.wrong),
            (_("not read"), self.unread),
        ]


def compare(workspace: Workspace, city: City, now: datetime, seconds: float) -> Comparison:
    with reading(workspace.engine) as session:
        rows = measure_round(session, workspace, only_round(workspace, None), standpoint(now))
    by_key = {(row.request.unit_id, row.request.kind): row for row in rows}
    differences = [line for truth in city.scenario.truths for line in _differences(truth, by_key[truth.key])]
    readings = {(r.message, key): r for key, row in by_key.items() for r in row.history.readings}
    by_person = sum(reading.is_by_person for reading in readings.values())
    truths = {(entry.sha256, (entry.unit_id, entry.kind)): {str(entry.label)} for entry in city.log}
    # what stands on a page has no bytes of its own: it is known by what the site shows for the request
    shown = {key: {label for _at, label in labels} for key, labels in city.shown.items()}
    wrong = sum(
        not reading.is_by_person
        and (reading.outcome or reading.kind) not in truths.get(place, shown.get(place[1], set()))
        for place, reading in readings.items()
    )
    read = {(key, str(r.outcome or r.kind)) for (_message, key), r in readings.items()}
    unread = sum(place not in readings for place in truths)
    unread += sum((key, label) not in read for key, labels in shown.items() for label in labels)
    if wrong or unread:
        differences.append(
            _("letters read wrongly: {wrong}, not read: {unread}").format(wrong=wrong, unread=unread)
        )
    return Comparison(rows, len(readings) - by_person, by_person, wrong, unread, differences, seconds)


def _differences(truth: Truth, row: MeasuredRequest) -> list[str]:
    measured = row.measurement
    found = {
        "channel": row.request.channel,
        "received_on": measured.received_on,
        "due_on": measured.due_on,
        "replied_on": measured.replied_on,
        "response_days": measured.response_days,
        "verdict": measured.verdict,
        "outcome": measured.outcome or "",
    }
    return [
        f"{row.request.reference} {truth.unit_id} {name}: {value} measured, {getattr(truth, name)} in truth"
        for name, value in found.items()
        if value != getattr(truth, name)
    ]
