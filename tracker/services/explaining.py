"""Everything that led to one request's verdict."""

from dataclasses import dataclass
from datetime import datetime

from tracker.domain.terms import Event
from tracker.services.measuring import MeasuredRequest, measure_round
from tracker.services.rounds import find_request
from tracker.settings import Workspace
from tracker.store.database import reading
from tracker.store.events import events_of_request


@dataclass(frozen=True, slots=True)
class Explanation:
    measured: MeasuredRequest
    events: list[Event]


def explain_request(workspace: Workspace, reference: str, now: datetime) -> Explanation:
    with reading(workspace.engine) as session:
        request = find_request(session, reference)
        rows = measure_round(session, workspace, request.round, now)
        (measured,) = [row for row in rows if row.request.reference == reference]
        return Explanation(measured, events_of_request(session, reference))
