"""What every page of the desk gets: the workspace, the clock, who asks, and how to answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tracker.clock import Clock
from tracker.domain.terms import Mode
from tracker.errors import UserError
from tracker.i18n import DEFAULT_LANGUAGE, LANGUAGES, _, language_in_use, speak_here
from tracker.services.accounts import Role, Visit, visit_of
from tracker.settings import Workspace
from tracker.store.database import reading
from tracker.store.queries import round_names
from tracker.web.rendering import template

COOKIE = "desk"
EVERYBODY = frozenset(Role)
AT_WORK = frozenset({Role.LEAD, Role.REVIEWER})
LEAD_ONLY = frozenset({Role.LEAD})
NO_BLIND = frozenset({Role.LEAD, Role.OBSERVER})


@dataclass(frozen=True, slots=True)
class Desk:
    """`is_secure`: whether browsers reach it by TLS."""

    workspace: Workspace
    clock: Clock
    is_secure: bool = False


def visit_here(desk: Desk, request: Request) -> Visit | None:
    token = request.cookies.get(COOKIE, "")
    return visit_of(desk.workspace, token, desk.clock()) if token else None


def speak_as_asked(desk: Desk, request: Request) -> None:
    wanted = request.cookies.get("language") or desk.workspace.settings.language
    speak_here(wanted if wanted in LANGUAGES else DEFAULT_LANGUAGE)


def is_from_here(request: Request) -> bool:
    """Browsers say from where a form was sent; what says nothing at all has to bring the form's token."""
    origin = request.headers.get("origin")
    if origin is None or origin == "null":
        return request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
    return origin.partition("://")[2] == request.headers.get("host", "")


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a person who is logged in. `form` is empty unless something was posted."""

    desk: Desk
    request: Request
    visit: Visit
    form: FormData

    @property
    def workspace(self) -> Workspace:
        return self.desk.workspace

    def path(self, name: str) -> str:
        return str(self.request.path_params[name])

    def query(self, name: str) -> str:
        return self.request.query_params.get(name, "").strip()

    def page_number(self) -> int:
        shown = self.query("page")
        return max(int(shown), 1) if shown.isdecimal() and len(shown) < 7 else 1

    def text(self, name: str) -> str:
        value = self.form.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    def upload(self, name: str) -> bytes | None:
        value = self.form.get(name)
        return value.file.read() or None if isinstance(value, UploadFile) else None

    def round_name(self) -> str:
        """The round that was named, or remembered, else the newest."""
        with reading(self.workspace.engine) as session:
            names = round_names(session)
        if not names:
            raise UserError(_("There is no round yet. Plan one: `tracker plan round.toml`."))
        wanted = self.query("round") or unquote(self.request.cookies.get("round", ""))
        return wanted if wanted in names else names[-1]

    def show(self, file: str, status: int = 200, /, **context: Any) -> Response:
        page = template(file).render(
            visit=self.visit,
            role=self.visit.role,
            path=self.request.url.path,
            query=dict(self.request.query_params),
            language=language_in_use(),
            languages=LANGUAGES,
            is_rehearsal=self.workspace.settings.mode is Mode.REHEARSAL,
            notice=notice_word(self.query("done")),
            **context,
        )
        answer = HTMLResponse(page, status)
        if named := self.query("round"):  # the other pages go on with it
            answer.set_cookie("round", quote(named), samesite="strict", secure=self.desk.is_secure)
        return answer


Page = Callable[[Call], Response]


@dataclass(frozen=True, slots=True)
class Entry:
    """A route: which page, and for whom."""

    method: str
    path: str
    page: Page
    roles: frozenset[Role]


def go_to(path: str, done: str = "") -> Response:
    """After every post the browser asks for a page: reloading it repeats nothing."""
    mark = "&" if "?" in path else "?"
    return RedirectResponse(f"{path}{mark}done={done}" if done else path, 303)


def notice_word(done: str) -> str:
    words: Mapping[str, str] = {
        "coded": _("Recorded."),
        "empty": _("The queue is empty."),
        "assigned": _("Assigned."),
        "task": _("Done."),
        "contact": _("The contact is on record."),
        "reopened": _("Reopened."),
        "adjudicated": _("Decided."),
        "confirmed": _("Confirmed."),
        "answered": _("Handed on to the form."),
        "too_late": _("No form waits for this any more."),
    }
    return words.get(done, "")
