"""The channel audit: which ways a unit's own pages announce, as evidence for a person to confirm.

A machine's reading of a page proposes; what a person said of it stands. Pages are read as robots.txt allows.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from urllib.parse import urljoin

from lxml.html import HtmlElement

from tracker.adapters.files import Faults, read_csv
from tracker.adapters.portals.faults import PortalFault
from tracker.adapters.portals.forms import read_page
from tracker.adapters.portals.player import Exhibit
from tracker.adapters.portals.robots import Robots
from tracker.adapters.portals.visitor import Visitor
from tracker.adapters.portals.warc import MEDIA_TYPE, write_warc
from tracker.clock import Clock
from tracker.domain.guides import announced_channels, denied_channels, offered_rating
from tracker.domain.terms import Event, EventKind
from tracker.errors import UserError
from tracker.i18n import _
from tracker.letters.markup import text_of_markup
from tracker.services.submissions import keep_exhibits
from tracker.settings import Workspace
from tracker.store.database import reading, writing
from tracker.store.events import events_of_kind, record

RATING = "rating"  # what is confirmed beside the names of channels


class PageKind(StrEnum):
    GUIDE = "guide"  # 政府信息公开指南
    CONSULTATION = "consultation"  # a page of answers, with or without a satisfaction rating


@dataclass(frozen=True, slots=True)
class AuditPage:
    """A row of pages.csv."""

    unit_id: str
    kind: PageKind
    url: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What stands on a unit's page about one channel (or the rating), and what a person said of it.

    `is_announced` None: nobody knows, `fault` says why. `confirmed`: a person's word, None while there is none.
    """

    unit_id: str
    subject: str
    is_announced: bool | None
    value: str
    snippet: str
    url: str
    seen_at: datetime
    sha256: str  # of the exchange
    fault: str = ""
    confirmed: bool | None = None


def read_pages(path: Path) -> list[AuditPage]:
    """The rows of a file with the columns unit_id, kind (guide or consultation) and url."""
    faults, found = Faults(path.name), []
    for row in read_csv(path, ("unit_id", "kind", "url")):
        if row["kind"] not in set(PageKind):
            faults.add(
                row.line, _('"{kind}" is no kind of page: guide or consultation.').format(kind=row["kind"])
            )
        elif not row["url"].startswith(("http://", "https://")):
            faults.add(
                row.line,
                _('"{url}" is no web address: start it with http:// or https://.').format(url=row["url"]),
            )
        else:
            found.append(AuditPage(row["unit_id"], PageKind(row["kind"]), row["url"]))
    faults.refuse()
    return found


def run_audit(workspace: Workspace, pages: Sequence[AuditPage], clock: Clock) -> int:
    """Read every page, keep the exchange, and record what it announces. Returns how many could be read."""
    robots, done = Robots(), 0
    for page in pages:
        with closing(Visitor(clock, hosts=workspace.settings.hosts)) as visitor:
            payload = _read_page(visitor, robots, page)
            warc = Exhibit("page", MEDIA_TYPE, write_warc(visitor.exchanges))
            done += "fault" not in payload
            now = clock()
            with writing(workspace.engine) as session:
                exhibits = keep_exhibits(session, workspace, [warc], now)
                record(session, [_audited(page, payload | {"exhibits": exhibits}, now)])
    return done


def _read_page(visitor: Visitor, robots: Robots, page: AuditPage) -> dict[str, object]:
    try:
        robots.check(visitor, page.url)
        fetched = visitor.fetch("GET", page.url)
    except PortalFault as fault:
        return {"fault": str(fault)}
    text, tree = text_of_markup(fetched.text), read_page(fetched.text)
    if page.kind is PageKind.CONSULTATION:
        return {"rating": _rating(text, tree)}
    links = [(_text(one), urljoin(fetched.url, one.get("href", ""))) for one in tree.iter("a")]
    return {
        "channels": [
            {"channel": one.channel, "value": one.value, "snippet": one.snippet, "hours": one.hours}
            for one in announced_channels(text, links)
        ],
        "denied": [str(channel) for channel in denied_channels(text)],
    }


def _rating(text: str, tree: HtmlElement) -> dict[str, object] | None:
    offer = offered_rating(text, list(_controls(tree)))
    if offer is None:
        return None
    return {"grades": list(offer.grades), "snippet": offer.snippet, "is_usable": offer.looks_usable}


def _controls(tree: HtmlElement) -> Iterator[tuple[str, str]]:
    for one in tree.iter("input", "button", "a", "select"):
        kind = one.get("type", "text") if one.tag == "input" else one.tag
        beside = one.tail or ""
        yield kind, " ".join(f"{_text(one)} {one.get('value', '')} {beside}".split())


def _text(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


def _audited(page: AuditPage, payload: dict[str, object], now: datetime) -> Event:
    return Event(
        EventKind.PAGE_AUDITED,
        now,
        now,
        "rule:audit",
        payload={"unit_id": page.unit_id, "page": page.kind, "url": page.url, **payload},
        dedupe_key=f"page_audited:{page.unit_id}:{page.kind}:{page.url}:{now.isoformat()}",
    )


# --- what was found -------------------------------------------------------------------------------------


def findings(workspace: Workspace) -> list[Finding]:
    """By unit: every channel that its newest guide announces, every one that it does not, and the rating."""
    with reading(workspace.engine) as session:
        audited = events_of_kind(session, EventKind.PAGE_AUDITED)
        told = events_of_kind(session, EventKind.AUDIT_CONFIRMED)
    newest = {(e.payload["unit_id"], e.payload["page"]): e for e in audited}
    words = {(e.payload["unit_id"], e.payload["subject"]): bool(e.payload["is_announced"]) for e in told}
    found = (finding for event in newest.values() for finding in _findings_of(event))
    confirmed = [_with_word(finding, words.get((finding.unit_id, finding.subject))) for finding in found]
    return sorted(confirmed, key=lambda one: (one.unit_id, one.subject))


def _with_word(finding: Finding, word: bool | None) -> Finding:
    return replace(finding, confirmed=word)


def _findings_of(event: Event) -> Iterable[Finding]:
    payload = event.payload
    (exhibit,) = payload["exhibits"]
    place = (payload["url"], event.happened_at, exhibit["sha256"])
    unit_id, fault = payload["unit_id"], payload.get("fault", "")
    if payload["page"] == PageKind.CONSULTATION:
        offer = payload.get("rating")
        value = "、".join(offer["grades"]) if offer else ""
        is_there = None if fault else bool(offer and offer["is_usable"])
        yield Finding(unit_id, RATING, is_there, value, offer["snippet"] if offer else "", *place, fault)
        return
    announced: dict[str, list[dict[str, str]]] = {}
    for one in payload.get("channels", ()):
        announced.setdefault(one["channel"], []).append(one)
    for channel in _CHANNELS:
        ways = announced.get(channel, [])
        values = "; ".join(filter(None, (way["value"] for way in ways)))
        snippet = ways[0]["snippet"] if ways else ""
        yield Finding(unit_id, channel, None if fault else bool(ways), values, snippet, *place, fault)


_CHANNELS = ("email", "web_form", "post", "fax", "phone", "in_person")


def confirm_finding(
    workspace: Workspace,
    unit_id: str,
    subject: str,
    is_announced: bool,
    actor: str,
    now: datetime,
    reason: str = "",
) -> None:
    """A person has looked at the snippet and the page: their word stands over every reading."""
    known = {(one.unit_id, one.subject) for one in findings(workspace)}
    if (unit_id, subject) not in known:
        raise UserError(
            _("{unit} {subject}: nothing was read about this. `tracker audit list` shows what was.").format(
                unit=unit_id, subject=subject
            )
        )
    event = Event(
        EventKind.AUDIT_CONFIRMED,
        now,
        now,
        actor,
        payload={"unit_id": unit_id, "subject": subject, "is_announced": is_announced, "reason": reason},
        dedupe_key=f"audit_confirmed:{unit_id}:{subject}:{now.isoformat()}",
    )
    with writing(workspace.engine) as session:
        record(session, [event])
