"""Everything that led to one request's verdict."""

from dataclasses import dataclass

from tracker.domain.terms import Event
from tracker.services.measuring import MeasuredRequest, Standpoint, measure_round
from tracker.services.rounds import find_request
from tracker.settings import Workspace
from tracker.store.database import reading
from tracker.store.events import events_of_request


@dataclass(frozen=True, slots=True)
class Explanation:
    measured: MeasuredRequest
    events: list[Event]


def explain_request(workspace: Workspace, reference: str, at: Standpoint) -> Explanation:
    with reading(workspace.engine) as session:
        request = find_request(session, reference)
        (measured,) = measure_round(session, workspace, request.round, at, only=[reference])
        events = [event for event in events_of_request(session, reference) if event.known_at <= at.now]
        return Explanation(measured, events)
