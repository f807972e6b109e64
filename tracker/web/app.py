"""The application: who may open which page, what protects every answer, and what a fault looks like."""

import logging
from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tracker.domain.instrument import AnswerFault
from tracker.errors import UserError
from tracker.i18n import DEFAULT_LANGUAGE, LANGUAGES, _, language_in_use, speak_here
from tracker.services.coding import answer_sentence
from tracker.web.api import make_api
from tracker.web.desk import Call, Desk, Entry, is_from_here, speak_as_asked, visit_here
from tracker.web.pages import coding, entrance, files, pen, reference, rounds, running, tasks
from tracker.web.rendering import STATIC, template

_log = logging.getLogger(__name__)
_MOST_BYTES = 25_000_000  # of one post: a proof is a photograph
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ALWAYS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "no-store",
}
ENTRIES: Sequence[Entry] = (
    *rounds.ENTRIES, *coding.ENTRIES, *pen.ENTRIES, *tasks.ENTRIES, *running.ENTRIES, *files.ENTRIES, *reference.ENTRIES,
)  # fmt: skip


def make_app(desk: Desk) -> ASGIApp:
    routes: list[Route | Mount] = [
        Mount("/static", StaticFiles(directory=STATIC)),
        Route("/login", _open_to_all(desk, entrance.login_page), methods=["GET"]),
        Route("/login", _open_to_all(desk, entrance.log_in), methods=["POST"]),
        Route("/login/oidc", _open_to_all(desk, entrance.ask_provider), methods=["GET"]),
        Route("/login/oidc/back", _open_to_all(desk, entrance.come_back), methods=["GET"]),
        Route("/language", _open_to_all(desk, entrance.choose_language), methods=["POST"]),
        Route("/logout", _open_to_all(desk, entrance.leave), methods=["POST"]),
        *(Route(one.path, _for_roles(desk, one), methods=[one.method]) for one in ENTRIES),
        Mount("/api", make_api(desk)),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(_Protecting, is_secure=desk.is_secure)],
        exception_handlers={404: _not_found, 405: _not_found},
    )


def _open_to_all(
    desk: Desk, page: Callable[[Desk, Request, FormData], Response]
) -> Callable[[Request], object]:
    async def answer(request: Request) -> Response:
        speak_as_asked(desk, request)
        if request.method == "POST" and not is_from_here(request):
            return _refused(_("This form came from another site."))
        form = await request.form()
        return await run_in_threadpool(page, desk, request, form)

    return answer


def _for_roles(desk: Desk, entry: Entry) -> Callable[[Request], object]:
    async def answer(request: Request) -> Response:
        speak_as_asked(desk, request)
        visit = await run_in_threadpool(visit_here, desk, request)
        if visit is None:
            return RedirectResponse("/login", 303)
        if visit.role not in entry.roles:
            return _refused(_("Your role may not open this page."))
        form = FormData()
        if request.method == "POST":
            if not is_from_here(request):
                return _refused(_("This form came from another site."))
            form = await request.form()
            if form.get("form_token") != visit.form_token:
                return _refused(_("This form is out of date: go back, reload the page and send it again."))
        return await run_in_threadpool(_answer, entry, Call(desk, request, visit, form))

    return answer


def _answer(entry: Entry, call: Call) -> Response:
    is_post = entry.method == "POST"
    try:
        return entry.page(call)
    except AnswerFault as fault:
        return call.show("fault.html", 422, sentence=answer_sentence(fault), is_post=is_post)
    except UserError as fault:
        return call.show("fault.html", 409 if is_post else 404, sentence=str(fault), is_post=is_post)


def _refused(sentence: str) -> Response:
    return _bare(sentence, 403)


def _bare(sentence: str, status: int) -> Response:
    page = template("bare.html").render(sentence=sentence, language=language_in_use())
    return HTMLResponse(page, status)


async def _not_found(request: Request, _fault: Exception) -> Response:
    if request.url.path.startswith("/api/"):  # a newline in a name: the mount itself does not match it
        return JSONResponse({"detail": "Not Found"}, 404)
    language = request.cookies.get("language", DEFAULT_LANGUAGE)
    speak_here(language if language in LANGUAGES else DEFAULT_LANGUAGE)
    return _bare(_("There is no such page."), 404)


class _Protecting:
    """Headers that every answer bears, unless a page has a stricter one of its own; and a limit on posts."""

    def __init__(self, app: ASGIApp, is_secure: bool) -> None:
        self._app = app
        more = {"strict-transport-security": "max-age=31536000"} if is_secure else {}
        self._headers = [(name.encode(), value.encode()) for name, value in (_ALWAYS | more).items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "POST":
            length = dict(scope["headers"]).get(b"content-length", b"")
            if not length.isdigit() or int(length) > _MOST_BYTES:  # browsers always say how much they send
                await Response(status_code=413 if length else 411)(scope, receive, send)
                return

        async def protect(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name.lower() for name, _value in message["headers"]}
                message["headers"] += [pair for pair in self._headers if pair[0] not in own]
            await send(message)

        await self._app(scope, receive, protect)
