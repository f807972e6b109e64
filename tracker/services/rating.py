"""The satisfaction vote below an answer of ours: given once, to learn whether it works."""

from contextlib import closing
from datetime import datetime

from tracker.adapters.portals.faults import PortalFault, Refused
from tracker.adapters.portals.machines import Machines
from tracker.adapters.portals.player import play
from tracker.clock import Clock
from tracker.domain.recipes import Executor, FlowName
from tracker.domain.terms import Event, EventKind, RequestKind, RequestState
from tracker.errors import UserError
from tracker.i18n import _
from tracker.services.platforms import recipe_of, values_of
from tracker.services.rounds import find_request
from tracker.services.submissions import keep_exhibits
from tracker.settings import Workspace
from tracker.store.database import reading, writing
from tracker.store.events import history_of, record
from tracker.store.tables import RequestRow


def rate_answer(workspace: Workspace, reference: str, grade: str, actor: str, clock: Clock) -> str:
    """Rate the answer to a consultation; returns what the site said to it.

    The claim is committed right before the click that votes: no request is ever rated twice, whatever happens.
    Raises `UserError` where there is nothing to rate, or it was rated already.
    """
    with reading(workspace.engine) as session:
        request = find_request(session, reference)
        recipe = recipe_of(session, workspace, request)
        state = history_of(session, reference).state
        if request.kind != RequestKind.CONSULTATION or state is not RequestState.REPLIED:
            raise UserError(_("{reference}: no answered consultation.").format(reference=reference))
        if recipe is None or FlowName.RATE not in recipe.flows:
            raise UserError(_("{reference}: its recipe has no flow `rate`.").format(reference=reference))
        values = {**values_of(session, workspace, request, recipe), "grade": grade}
    flow = recipe.flows[FlowName.RATE]
    executor = Executor.HTTP if recipe.executor is Executor.PERSON else recipe.executor
    with (
        closing(Machines(clock, workspace.settings.hosts)) as machines,
        closing(machines.open(executor, flow.timeout_seconds)) as surface,
    ):
        playing = play(
            recipe, flow, surface, values, lambda: _claim(workspace, request, grade, actor, clock())
        )
        words, fault = "", ""
        try:
            next(playing)
        except StopIteration:
            words = "\n".join(surface.seen().dialogs)
        except (PortalFault, Refused) as problem:
            fault = str(problem)
        now = clock()
        with writing(workspace.engine) as session:
            exhibits = keep_exhibits(session, workspace, surface.exhibits("rating"), now)
            payload: dict[str, object] = {
                "grade": grade,
                "words": words,
                "fault": fault,
                "exhibits": exhibits,
            }
            record(session, [_event(EventKind.RATED, request, payload, actor, now)])
    if fault:
        raise UserError(
            _("{reference}: {fault}. It is not tried again.").format(reference=reference, fault=fault)
        )
    return words


def _claim(workspace: Workspace, request: RequestRow, grade: str, actor: str, now: datetime) -> None:
    with writing(workspace.engine) as session:
        claimed = record(session, [_event(EventKind.RATING_CLAIMED, request, {"grade": grade}, actor, now)])
    if not claimed:
        raise UserError(
            _("{reference}: rated already, and nobody votes twice.").format(reference=request.reference)
        )


def _event(
    kind: EventKind, request: RequestRow, payload: dict[str, object], actor: str, now: datetime
) -> Event:
    return Event(
        kind,
        now,
        now,
        actor,
        round=request.round,
        request=request.reference,
        payload=payload,
        dedupe_key=f"{kind}:{request.reference}",
    )
