"""Where the round stands: overview, the lead's four questions, lists, one request, one unit."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlmodel import Session
from starlette.responses import Response

from tracker.domain.terms import SHANGHAI, RequestKind, Verdict, local_date
from tracker.errors import UserError
from tracker.i18n import _
from tracker.services.accounts import Role
from tracker.services.case import case_of, files_of, is_blind_for, note_identity_seen
from tracker.services.coding import agreement_of, instrument_of
from tracker.services.measuring import laws_of
from tracker.services.queue import counts_of
from tracker.services.rounds import plan_of, round_state
from tracker.services.standings import refresh_newer
from tracker.services.tasks import count_open_tasks, submission_fields
from tracker.store.database import reading
from tracker.store.desk_tables import StandingRow
from tracker.store.queries import round_names
from tracker.store.standing_queries import (
    Filter,
    Tally,
    arrivals_since,
    count_standings,
    groups_of,
    standings,
    tallies,
)
from tracker.store.tables import UnitRow
from tracker.web.charts import days_chart, verdict_bar
from tracker.web.desk import EVERYBODY, LEAD_ONLY, Call, Entry
from tracker.web.pages.running import health_seen
from tracker.words import round_state_word

PER_PAGE = 50
_WEEK = timedelta(days=7)


def overview(call: Call) -> Response:
    name, now = call.round_name(), call.desk.clock()
    uncounted = refresh_newer(call.workspace, now)
    with reading(call.workspace.engine) as session:
        is_blind = is_blind_for(session, name, call.visit.role)
        shown: dict[str, Any] = {
            "names": round_names(session),
            "name": name,
            "plan": plan_of(session, name),
            "state": round_state_word(round_state(session, name)),
            "stages": counts_of(session, name),
            "arrived": arrivals_since(session, name, _yesterday(now), start=0, most=1)[1],
            "is_blind": is_blind,
            "uncounted": uncounted,
            "health": health_seen(call),
        }
        if not is_blind:
            shown |= _measured(session, call, name, now)
    return call.show("overview.html", **shown)


def _measured(session: Session, call: Call, name: str, now: datetime) -> dict[str, object]:
    found, today = tallies(session, name), local_date(now)
    due = Filter(due_from=today, due_until=today + _WEEK, verdicts=(Verdict.PENDING,))
    return {
        "counts": _by_verdict(found),
        "groups": {
            group: verdict_bar(_by_verdict(alike))
            for group, alike in groupby(sorted(found, key=_group), key=_group)
        },
        "charts": {
            kind: days_chart(days, law.book.versions[-1].reply_days)
            for kind, law in laws_of(session, call.workspace, name).items()
            if (days := _days(found, kind))
        },
        "provisional": sum(one.count for one in found if one.is_provisional),
        "due": count_standings(session, name, due),
        "disputable": count_standings(session, name, Filter(is_disputable=True)),
        "stuck": count_open_tasks(session, call.workspace, now),
        "agreement": agreement_of(session, call.workspace, name),
        "instrument": instrument_of(session, call.workspace, name),
    }


_group = attrgetter("group")


def _by_verdict(found: Iterable[Tally]) -> dict[Verdict, dict[str, int]]:
    """Verdict -> kind -> requests; verdicts that none has are left out."""
    counts: Counter[tuple[str, str]] = Counter()
    for one in found:
        counts[one.verdict, one.kind] += one.count
    return {
        verdict: {str(kind): counts[verdict, kind] for kind in RequestKind}
        for verdict in Verdict
        if any(counts[verdict, kind] for kind in RequestKind)
    }


def _days(found: Iterable[Tally], kind: RequestKind) -> Counter[int]:
    """Response time in working days -> answered requests."""
    days: Counter[int] = Counter()
    for one in found:
        if one.kind == kind and one.response_days is not None:
            days[one.response_days] += one.count
    return days


class View(StrEnum):
    """Which requests a list is about."""

    ALL = ""
    DUE = "due"  # answers that are due this week
    OBJECTIONS = "objections"  # what units could object to


@dataclass(frozen=True, slots=True)
class RequestsPage:
    """A page of requests; `count` is that of all its pages. `is_blind`: nothing that was measured may be shown."""

    rows: Sequence[StandingRow]
    count: int
    is_blind: bool


def requests(call: Call) -> Response:
    name, now, page = call.round_name(), call.desk.clock(), call.page_number()
    refresh_newer(call.workspace, now)
    view = View(call.query("view")) if call.query("view") in list(View) else View.ALL
    wanted = narrowed_by(
        kind=call.query("kind"),
        group=call.query("group"),
        verdict=call.query("verdict") if call.query("verdict") in list(Verdict) else "",
        unit_id=call.query("unit"),
        words=call.query("q"),
        view=view,
        now=now,
    )
    with reading(call.workspace.engine) as session:
        found = requests_shown(session, name, call.visit.role, wanted, page)
        groups = groups_of(session, name)
    return call.show(
        "requests.html",
        name=name,
        rows=found.rows,
        count=found.count,
        page=page,
        pages=-(-found.count // PER_PAGE),
        view=View.ALL if found.is_blind else view,
        groups=groups,
        verdicts=list(Verdict),
        kinds=list(RequestKind),
        is_blind=found.is_blind,
    )


def narrowed_by(
    *, kind: str, group: str, verdict: str, unit_id: str, words: str, view: View, now: datetime
) -> Filter:
    found = Filter(kind=kind, group=group, verdict=verdict, unit_id=unit_id, words=words)
    if view is View.DUE:
        today = local_date(now)
        return replace(found, due_from=today, due_until=today + _WEEK, verdicts=(Verdict.PENDING,))
    return replace(found, is_disputable=view is View.OBJECTIONS)


def requests_shown(session: Session, name: str, role: Role, wanted: Filter, page: int) -> RequestsPage:
    """In a blind round a reviewer's list is narrowed by nothing that follows from what a message was read as."""
    is_blind = is_blind_for(session, name, role)
    if is_blind:
        wanted = Filter(kind=wanted.kind, group=wanted.group, unit_id=wanted.unit_id, words=wanted.words)
    rows, count = standings(session, name, wanted, start=(page - 1) * PER_PAGE, most=PER_PAGE)
    return RequestsPage(rows, count, is_blind)


def arrived(call: Call) -> Response:
    name, page = call.round_name(), call.page_number()
    since = _yesterday(call.desk.clock())
    with reading(call.workspace.engine) as session:
        rows, count = arrivals_since(session, name, since, start=(page - 1) * PER_PAGE, most=PER_PAGE)
    return call.show(
        "arrived.html", name=name, rows=rows, count=count, page=page, pages=-(-count // PER_PAGE), since=since
    )


def _yesterday(now: datetime) -> datetime:
    """The begin of yesterday in Shanghai."""
    return datetime.combine(local_date(now) - timedelta(days=1), time.min, SHANGHAI)


def one_request(call: Call) -> Response:
    reference = call.path("reference")
    with reading(call.workspace.engine) as session:
        case = case_of(session, call.workspace, reference, call.visit, call.desk.clock())
        files = files_of(session, call.workspace, case.events)
    return call.show("request.html", case=case, files=files)


def identity(call: Call) -> Response:
    """The lead looks at who the applicant is: on record each time."""
    reference = call.path("reference")
    with reading(call.workspace.engine) as session:
        fields = submission_fields(session, call.workspace, reference)
    note_identity_seen(call.workspace, call.visit, "identity", call.desk.clock(), request=reference)
    return call.show("identity.html", reference=reference, fields=fields)


def one_unit(call: Call) -> Response:
    name, unit_id = call.round_name(), call.path("unit_id")
    refresh_newer(call.workspace, call.desk.clock())
    with reading(call.workspace.engine) as session:
        unit = session.get(UnitRow, (name, unit_id))
        if unit is None:
            raise UserError(_("{unit}: no such unit in this round.").format(unit=unit_id))
        is_blind = is_blind_for(session, name, call.visit.role)
        rows, _count = standings(session, name, Filter(unit_id=unit_id), start=0, most=200)
    return call.show("unit.html", name=name, unit=unit, rows=rows, is_blind=is_blind)


ENTRIES = (
    Entry("GET", "/", overview, EVERYBODY),
    Entry("GET", "/requests", requests, EVERYBODY),
    Entry("GET", "/arrived", arrived, EVERYBODY),
    Entry("GET", "/requests/{reference}", one_request, EVERYBODY),
    Entry("POST", "/requests/{reference}/identity", identity, LEAD_ONLY),
    Entry("GET", "/units/{unit_id}", one_unit, EVERYBODY),
)
