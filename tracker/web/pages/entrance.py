"""Coming and going: login, logout, language."""

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tracker.i18n import LANGUAGES, _, language_in_use
from tracker.services.accounts import LoginThrottled, log_out
from tracker.services.accounts import log_in as begin
from tracker.web.desk import Desk
from tracker.web.rendering import template

_YEAR = 365 * 24 * 3600


def login_page(_desk: Desk, _request: Request, _form: FormData) -> Response:
    return _show("")


def log_in(desk: Desk, request: Request, form: FormData) -> Response:
    address = request.client.host if request.client else ""
    name, password = str(form.get("name", "")).strip().lower(), str(form.get("password", ""))
    try:
        token = begin(desk.workspace, name, password, address, desk.clock())
    except LoginThrottled as fault:
        answer = _show(
            _("Too many attempts. Try again in {minutes} minutes.").format(minutes=fault.seconds // 60 + 1),
            429,
        )
        answer.headers["retry-after"] = str(fault.seconds)
        return answer
    if token is None:
        return _show(_("Name or password is wrong."), 401)
    answer = RedirectResponse("/", 303)
    answer.set_cookie("desk", token, httponly=True, samesite="strict", secure=desk.is_secure, path="/")
    return answer


def leave(desk: Desk, request: Request, _form: FormData) -> Response:
    """Needs no token of the form: who is logged out by a trick has lost nothing."""
    log_out(desk.workspace, request.cookies.get("desk", ""), desk.clock())
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie("desk", path="/", httponly=True, samesite="strict", secure=desk.is_secure)
    return answer


def choose_language(desk: Desk, _request: Request, form: FormData) -> Response:
    language = str(form.get("language", ""))
    back = str(form.get("back", "/"))
    # only to a page of ours: "//other.test" would be another site
    answer = RedirectResponse(
        back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/", 303
    )
    if language in LANGUAGES:
        answer.set_cookie("language", language, max_age=_YEAR, samesite="strict", secure=desk.is_secure)
    return answer


def _show(sentence: str, status: int = 200) -> Response:
    page = template("login.html").render(sentence=sentence, language=language_in_use(), languages=LANGUAGES)
    return HTMLResponse(page, status)
