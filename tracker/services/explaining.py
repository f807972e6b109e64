"""Everything that led to one request's verdict."""

from dataclasses import dataclass
from datetime import date

from tracker.domain.terms import Event
from tracker.services.measuring import MeasuredRequest, Standpoint, fixed_if_final, measure_round
from tracker.services.rounds import find_request
from tracker.settings import Workspace
from tracker.store.database import reading
from tracker.store.events import events_of_request


@dataclass(frozen=True, slots=True)
class Explanation:
    """`as_of`: the day for which it is measured."""

    measured: MeasuredRequest
    events: list[Event]
    as_of: date


def explain_request(workspace: Workspace, reference: str, at: Standpoint) -> Explanation:
    with reading(workspace.engine) as session:
        request = find_request(session, reference)
        as_of = fixed_if_final(session, request.round, at).as_of
        (measured,) = measure_round(session, workspace, request.round, at, only=[reference])
        events = [event for event in events_of_request(session, reference) if event.known_at <= at.now]
        return Explanation(measured, events, as_of)
