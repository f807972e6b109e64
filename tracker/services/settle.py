"""A person says what became of a letter whose sending nobody knows the end of."""

from datetime import datetime

from tracker.domain.terms import Event, EventKind, RequestState
from tracker.errors import UserError
from tracker.i18n import _
from tracker.services.rounds import changeable_request
from tracker.settings import Workspace
from tracker.store.database import writing
from tracker.store.events import history_of, record


def settle(
    workspace: Workspace, reference: str, was_sent: bool, reason: str, actor: str, now: datetime
) -> None:
    """Record that an unsettled letter did or did not go out. It is never sent again either way."""
    with writing(workspace.engine) as session:
        request = changeable_request(session, reference)
        history = history_of(session, reference)
        if history.state is not RequestState.UNSETTLED:
            raise UserError(
                _("{reference}: not unsettled. `tracker task list` shows what is.").format(
                    reference=reference
                )
            )
        kind = EventKind.SETTLED_SENT if was_sent else EventKind.SETTLED_NOT_SENT
        record(
            session,
            [
                Event(
                    kind=kind,
                    happened_at=history.submitted_at or now,
                    known_at=now,
                    actor=actor,
                    round=request.round,
                    request=reference,
                    payload={"reason": reason},
                    dedupe_key=f"settled:{reference}",
                )
            ],
        )
