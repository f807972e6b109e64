"""Looking at the pages of submitted requests: daily, late on the due date; only what is news is kept."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime
from urllib.parse import urljoin

from sqlmodel import Session, col, select

from tracker.adapters.portals.faults import PageFault
from tracker.adapters.portals.player import Exhibit, Played, Playing, Surface, play
from tracker.adapters.portals.robots import Robots
from tracker.adapters.portals.visitor import Visitor
from tracker.adapters.recipes import PENDING
from tracker.clock import Clock
from tracker.domain.polling import look_again, next_look
from tracker.domain.recipes import FlowName, Recipe, fill_step, names_made
from tracker.domain.terms import ChannelKind, Event, EventKind, RequestState, local_date
from tracker.letters.pages import PageStatus, page_status
from tracker.services.intake import PAGE
from tracker.services.measuring import measure_round, standpoint
from tracker.services.platforms import (
    may_look,
    missing_values,
    note_failure,
    note_success,
    recipe_of,
    values_of,
)
from tracker.services.rounds import sending_rounds
from tracker.services.submissions import keep_exhibits
from tracker.settings import Workspace, instance_in
from tracker.store.database import reading, writing
from tracker.store.events import canonical_json, record
from tracker.store.evidence import keep_message
from tracker.store.queries import LOOKED_AFTER
from tracker.store.tables import ApplicantRow, LookupRow, RawMessageRow, RequestRow, RequestStateRow

_LIST = "list"  # what a list flow calls its rows; their columns are named as the variables of a page
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Due:
    """A request whose page is to be looked at, and by which flow.

    `is_unsettled`: whether it went out is what we hope to learn; what is found is for the person who settles it.
    """

    request: RequestRow
    recipe: Recipe
    flow: FlowName
    values: Mapping[str, str]
    is_unsettled: bool = False


def looked_after(session: Session, workspace: Workspace) -> list[str]:
    """The rounds whose pages are looked at: those that may send. A copied workspace looks at none."""
    if instance_in(session, workspace.root) is None:
        return []
    return sending_rounds(session, workspace.settings.mode)


def due_lookups(session: Session, workspace: Workspace, now: datetime) -> list[Due]:
    """What is to be looked at now, longest overdue first."""
    query = (
        select(RequestRow, RequestStateRow)
        .join(RequestStateRow, col(RequestStateRow.reference) == col(RequestRow.reference))
        .join(LookupRow, col(LookupRow.request) == col(RequestRow.reference))
        .where(
            col(LookupRow.next_at) <= now,
            col(RequestStateRow.state).in_(LOOKED_AFTER),
            col(RequestRow.round).in_(looked_after(session, workspace)),
        )
        .order_by(col(LookupRow.next_at))
    )
    found = (_due(session, workspace, request, state.state) for request, state in session.exec(query))
    return [due for due in found if due and may_look(session, due.recipe.platform, now)]


def put_on_calendar(session: Session, workspace: Workspace, now: datetime) -> None:
    """Requests that went out by form and that a recipe can look up get their first look."""
    query = (
        select(RequestRow, RequestStateRow)
        .join(RequestStateRow, col(RequestStateRow.reference) == col(RequestRow.reference))
        .where(
            RequestRow.channel == ChannelKind.WEB_FORM,
            col(RequestRow.round).in_(looked_after(session, workspace)),
            col(RequestStateRow.state).in_(LOOKED_AFTER),
            col(RequestRow.reference).not_in(select(LookupRow.request)),
        )
    )
    for request, state in session.exec(query).all():
        if _due(session, workspace, request, state.state):
            is_unsettled = state.state == RequestState.UNSETTLED
            first = now if is_unsettled else next_look(request.reference, state.submitted_at or now, None)
            session.add(LookupRow(request=request.reference, next_at=first))


def _due(session: Session, workspace: Workspace, request: RequestRow, state: str) -> Due | None:
    """By the status page where we hold what opens it; else, and for an unsettled send, by the site's list."""
    recipe = recipe_of(session, workspace, request)
    if recipe is None:
        return None
    values = values_of(session, workspace, request, recipe)
    for name in (FlowName.STATUS, FlowName.LIST):
        flow = recipe.flows.get(name)
        if flow and not missing_values(flow, values, names_made(flow)):
            return Due(request, recipe, name, values, state == RequestState.UNSETTLED)
    return None


class Lookup:
    """One look at one page."""

    def __init__(self, workspace: Workspace, due: Due, clock: Clock, robots: Robots) -> None:
        self.request, self.recipe = due.request, due.recipe
        self._due, self._workspace, self._clock, self._robots = due, workspace, clock, robots

    @property
    def flow(self) -> FlowName:
        return self._due.flow

    def play(self, surface: Surface) -> Playing:
        if self._due.flow is FlowName.LIST:
            self._ask_robots()
        played = yield from play(self.recipe, self.recipe.flows[self._due.flow], surface, self._due.values)
        if self._due.flow is FlowName.STATUS:
            return played
        entries = self._entries(played)
        detail = self.recipe.flows.get(FlowName.DETAIL)
        if len(entries) != 1:
            return replace(played, values={}, rows={_LIST: entries})
        if detail is None or not entries[0].get("href"):
            return replace(played, values=entries[0], rows={_LIST: entries})
        values = {**self._due.values, "href": urljoin(played.seen.url, entries[0]["href"])}
        page = yield from play(self.recipe, detail, surface, values)
        return replace(page, values={**entries[0], **page.values}, rows={**page.rows, _LIST: entries})

    def finish(self, played: Played, surface: Surface) -> None:
        now = self._clock()
        if self._due.is_unsettled:
            self._note_found(played, now)
            return
        status = page_status(played.values, played.rows.get("attachments", ()))
        digest = hashlib.sha256(status.essence.encode()).hexdigest() if status.essence else ""
        with reading(self._workspace.engine) as session:
            row = session.get_one(LookupRow, self.request.reference)
            is_news = bool(digest) and digest != row.text_sha256
        files = [surface.download(address) for _name, address in status.attachments] if is_news else []
        exhibits = surface.exhibits("page") if is_news else []
        with writing(self._workspace.engine) as session:
            row = session.get_one(LookupRow, self.request.reference)
            due_on = self._due_on(session, row, now)
            if is_news:
                self._keep(session, row, status, files, exhibits, now)
            elif due_on and local_date(now) >= due_on and self._due.flow is FlowName.STATUS:
                record(session, [self._silence(now)])  # what no list shows may stand on its next page
            row.last_ok_at, row.failures, row.fault, row.text_sha256 = now, 0, "", digest or row.text_sha256
            row.next_at = next_look(self.request.reference, now, due_on)
            session.add(row)
            note_success(session, self.recipe.platform)

    def fail(self, fault: Exception, _surface: Surface | None) -> None:
        now = self._clock()
        with writing(self._workspace.engine) as session:
            row = session.get_one(LookupRow, self.request.reference)
            row.failures, row.fault = row.failures + 1, str(fault)
            due_on = self._due_on(session, row, now)
            row.next_at = look_again(self.request.reference, now, due_on, row.failures)
            session.add(row)
            note_failure(session, self.recipe.platform, str(fault), now)

    def give_back(self) -> None:
        """A person did not answer in time: that is no fault of the site's."""
        now = self._clock()
        with writing(self._workspace.engine) as session:
            row = session.get_one(LookupRow, self.request.reference)
            row.failures, row.fault = row.failures + 1, str(PageFault.UNANSWERED)
            row.next_at = look_again(self.request.reference, now, None, row.failures)
            session.add(row)

    # --- within -------------------------------------------------------------------------------------------

    def _ask_robots(self) -> None:
        """A list is read as a crawler reads it; one's own page is looked up as a citizen does."""
        first = next(step for step in self.recipe.flows[FlowName.LIST].steps if step.kind == "navigate")
        with closing(Visitor(self._clock, hosts=self._workspace.settings.hosts)) as visitor:
            self._robots.check(visitor, fill_step(first, self._due.values).fields["url"])

    def _note_found(self, played: Played, now: datetime) -> None:
        entries = played.rows.get(_LIST, [played.values] if played.values.get("status") else [])
        named = ("receipt_no", "title", "status", "received_on", "shown_on", "reply_title")
        told = [{name: entry[name] for name in named if entry.get(name)} for entry in entries]
        with writing(self._workspace.engine) as session:
            row = session.get_one(LookupRow, self.request.reference)
            row.found = json.dumps(told, ensure_ascii=False)
            row.last_ok_at, row.failures, row.fault = now, 0, ""
            row.next_at = next_look(self.request.reference, now, None)
            session.add(row)

    def _entries(self, played: Played) -> list[Mapping[str, str]]:
        """The entries of a list that are ours: by our number, else by our title."""
        rows = played.rows.get(_LIST, ())
        number = self._due.values.get("receipt_no", "")
        by_number = [row for row in rows if number and row.get("receipt_no") == number]
        title = _SPACE.sub("", self._due.values["question_title"])
        return by_number or [row for row in rows if _SPACE.sub("", row.get("title", "")) == title]

    def _due_on(self, session: Session, row: LookupRow, now: datetime) -> date | None:
        """Counted anew only when something has happened: most looks show nothing."""
        reference = self.request.reference
        newest = session.get_one(RequestStateRow, reference).last_seq
        if row.counted_seq != newest:
            at = standpoint(now)
            (measured,) = measure_round(session, self._workspace, self.request.round, at, only=[reference])
            row.due_on, row.counted_seq = measured.measurement.due_on, newest
        return row.due_on

    def _keep(
        self,
        session: Session,
        row: LookupRow,
        status: PageStatus,
        files: Sequence[Exhibit],
        exhibits: Sequence[Exhibit],
        now: datetime,
    ) -> None:
        """What stands there now, as canonical bytes; it is taken in by the same door as mail."""
        snapshot: dict[str, object] = {
            "request": self.request.reference,
            "platform": self.recipe.platform,
            "recipe": self.recipe.sha256,
            "flow": self._due.flow,
            "status": status.status,
            "meaning": self._meaning(status.status),
            "title": status.title,
            "text": status.text,
            "shown_on": status.shown_on.isoformat() if status.shown_on else "",
            "received_on": status.received_on.isoformat() if status.received_on else "",
            "last_seen_without_at": row.last_ok_at.isoformat() if row.last_ok_at else "",
            "first_seen_at": now.isoformat(),
            "attachments": keep_exhibits(session, self._workspace, files, now),
            "exhibits": keep_exhibits(session, self._workspace, exhibits, now),
        }
        raw = canonical_json(snapshot).encode()
        keep_message(
            session,
            RawMessageRow(
                sha256=self._workspace.evidence.keep(session, raw, "application/json", now),
                source=PAGE,
                mailbox=session.get_one(ApplicantRow, self.request.applicant).mailbox,
                arrived_at=now,
                arrival_basis="page",
                kept_at=now,
            ),
        )

    def _meaning(self, word: str) -> str:
        """What the site's word means to us; empty where the recipe does not know it."""
        words = self.recipe.status_words
        return (words[word] or PENDING) if word in words else ""

    def _silence(self, now: datetime) -> Event:
        """From the due date on, that nothing new stood there is itself a fact."""
        return Event(
            EventKind.LOOKED_UP,
            now,
            now,
            f"recipe:{self.recipe.sha256[:12]}",
            round=self.request.round,
            request=self.request.reference,
            payload={"platform": self.recipe.platform, "flow": self._due.flow},
            dedupe_key=f"looked_up:{self.request.reference}:{now.isoformat()}",
        )
