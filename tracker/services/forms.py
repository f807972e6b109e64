"""The forms: submissions and look-ups by machine, one after the other, parked where only a person can go on."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tracker.adapters.portals.faults import PageFault, PortalFault, Refused
from tracker.adapters.portals.machines import Machines
from tracker.adapters.portals.player import Played, Playing, Question, Surface
from tracker.adapters.portals.robots import Robots
from tracker.clock import Clock
from tracker.domain.bookings import host_of
from tracker.domain.recipes import FlowName, Recipe
from tracker.domain.terms import ChannelKind
from tracker.errors import UserError
from tracker.services.asks import ask, end_ask, end_asks
from tracker.services.lookups import Lookup, due_lookups, put_on_calendar
from tracker.services.platforms import machine_recipe_of
from tracker.services.sending import may_send, outbox_row, sendable
from tracker.services.submissions import Submission, Withdrawn, platform_allows, values_for
from tracker.settings import Workspace
from tracker.store.database import reading, writing
from tracker.store.tables import ApplicantRow, AskRow, RequestRow

_log = logging.getLogger(__name__)


class Job(Protocol):
    """A flow for one request; both kinds end in `finish`, `fail` or `give_back`."""

    request: RequestRow
    recipe: Recipe

    @property
    def flow(self) -> FlowName: ...

    def play(self, surface: Surface) -> Playing: ...

    def finish(self, played: Played, surface: Surface) -> None: ...

    def fail(self, fault: Exception, surface: Surface | None) -> None: ...

    def give_back(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Parked:
    """A job that waits for a person: its page stays open as long as the question lives."""

    job: Job
    playing: Playing
    surface: Surface
    ask_id: int


@dataclass(frozen=True, slots=True)
class FormReport:
    submitted: int
    looked_up: int


class FormWorker:
    """Plays what is due, one page at a time. To be used from one thread, and closed at the end."""

    def __init__(self, workspace: Workspace, clock: Clock) -> None:
        self._workspace, self._clock = workspace, clock
        self._machines = Machines(clock, workspace.settings.hosts)
        self._parked: dict[str, _Parked] = {}
        self._done = {Submission: 0, Lookup: 0}
        self._robots = Robots()
        self._last_at: dict[str, datetime] = {}  # when a site was visited last, by its host
        end_asks(workspace, clock())

    def turn(self, is_stopping: Callable[[], bool] = lambda: False) -> FormReport:
        """Go on where a person has answered, then submit and look up what is due."""
        self._done = {Submission: 0, Lookup: 0}
        for parked in list(self._parked.values()):
            self._resume(parked)
        for request in sendable(self._workspace, ChannelKind.WEB_FORM, self._clock()):
            if is_stopping():
                break
            if request.reference not in self._parked and (job := self._submission(request)):
                self._start(job)
        for lookup in self._lookups():
            if is_stopping():
                break
            if lookup.request.reference not in self._parked:
                self._start(lookup)
        return FormReport(self._done[Submission], self._done[Lookup])

    @property
    def is_waiting(self) -> bool:
        """Whether a form waits for a person, or for us to go on with what one answered."""
        return bool(self._parked)

    def close(self) -> None:
        """What waits for a person goes back to the queue: nothing of it was sent."""
        for parked in self._parked.values():
            parked.surface.close()
        self._parked.clear()
        end_asks(self._workspace, self._clock())
        self._machines.close()

    # --- what is due --------------------------------------------------------------------------------------

    def _submission(self, request: RequestRow) -> Submission | None:
        """The form to fill in; None where a cap, a back-off or a person comes before."""
        now = self._clock()
        try:
            with reading(self._workspace.engine) as session:
                recipe = machine_recipe_of(session, self._workspace, request)
                mailbox = session.get_one(ApplicantRow, request.applicant).mailbox
                row = outbox_row(session, request.reference)
                if (
                    recipe is None
                    or (row and row.status != "queued")
                    or not may_send(session, self._workspace, request, mailbox, recipe.platform, now)
                    or not platform_allows(session, recipe, mailbox, now)
                ):
                    return None
                values = values_for(session, self._workspace, request, recipe)
        except UserError:  # a recipe or a login is missing or torn: this one waits, the others go on
            _log.exception("form_not_prepared", extra={"request": request.reference})
            return None
        return Submission(self._workspace, request, recipe, values, self._clock)

    def _lookups(self) -> list[Lookup]:
        now = self._clock()
        with writing(self._workspace.engine) as session:
            put_on_calendar(session, self._workspace, now)
        with reading(self._workspace.engine) as session:
            due = due_lookups(session, self._workspace, now)
        return [Lookup(self._workspace, one, self._clock, self._robots) for one in due]

    # --- playing ------------------------------------------------------------------------------------------

    def _start(self, job: Job) -> None:
        if self._comes_too_soon(job):
            return  # the next turn is not far
        surface = None
        try:
            flow = job.recipe.flows[job.flow]
            surface = self._machines.open(job.recipe.executor, flow.timeout_seconds)
            playing = job.play(surface)
            self._advance(job, playing, surface, lambda: next(playing))
        except PortalFault as fault:  # no machine to be had
            self._end(job, surface, fault)

    def _comes_too_soon(self, job: Job) -> bool:
        """A citizen needs a moment between two visits of a site."""
        host, now = host_of(job.request.address), self._clock()
        last_at = self._last_at.get(host)
        if last_at and (now - last_at).total_seconds() < job.recipe.limits.seconds_between:
            return True
        self._last_at[host] = now
        return False

    def _resume(self, parked: _Parked) -> None:
        with reading(self._workspace.engine) as session:
            asked = session.get_one(AskRow, parked.ask_id)
            answer, is_late = asked.answer, asked.expires_at <= self._clock()
        if answer is None and not is_late:
            return
        del self._parked[parked.job.request.reference]
        end_ask(self._workspace, parked.ask_id, self._clock())
        if answer is None:
            parked.surface.close()
            parked.job.give_back()
            return
        self._advance(parked.job, parked.playing, parked.surface, lambda: parked.playing.send(answer))

    def _advance(self, job: Job, playing: Playing, surface: Surface, step: Callable[[], Question]) -> None:
        """Play on to the next question or to the end. One page must never keep the others from being played."""
        try:
            question = self._next_question(job, surface, step)
        except (PortalFault, Refused, Withdrawn) as fault:
            self._end(job, surface, fault)
        except Exception as error:
            _log.exception("form_broken", extra={"request": job.request.reference})
            self._end(job, surface, PortalFault(PageFault.BROKEN, repr(error)))
        else:
            if question is None:
                surface.close()
                return
            ask_id = ask(self._workspace, job.request.reference, question, self._clock())
            self._parked[job.request.reference] = _Parked(job, playing, surface, ask_id)

    def _next_question(self, job: Job, surface: Surface, step: Callable[[], Question]) -> Question | None:
        """None where the job came to its end."""
        try:
            return step()
        except StopIteration as end:
            job.finish(end.value, surface)
            self._done[type(job)] += 1
            return None

    def _end(self, job: Job, surface: Surface | None, fault: Exception) -> None:
        _log.warning("form_failed", extra={"request": job.request.reference, "fault": str(fault)})
        try:
            job.fail(fault, surface)
        finally:
            if surface:
                surface.close()
