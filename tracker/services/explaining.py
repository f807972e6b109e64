"""Everything that led to one request's verdict."""

from dataclasses import dataclass
from datetime import datetime

from tracker.domain.terms import Event
from tracker.errors import UserError
from tracker.i18n import _
from tracker.services.measuring import MeasuredRequest, measure_round
from tracker.settings import Workspace
from tracker.store.database import reading
from tracker.store.events import events_of_request
from tracker.store.tables import RequestRow


@dataclass(frozen=True, slots=True)
class Explanation:
    measured: MeasuredRequest
    events: list[Event]


def explain_request(workspace: Workspace, reference: str, now: datetime) -> Explanation:
    with reading(workspace.engine) as session:
        request = session.get(RequestRow, reference)
        if request is None:
            raise UserError(
                _("{reference}: no such request. `tracker status --all` lists them.").format(
                    reference=reference
                )
            )
        rows = measure_round(session, workspace, request.round, now)
        (measured,) = [row for row in rows if row.request.reference == reference]
        return Explanation(measured, events_of_request(session, reference))
