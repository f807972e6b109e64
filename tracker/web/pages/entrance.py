"""Coming and going: login by password or identity provider, logout, language."""

import logging

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tracker.adapters import identity
from tracker.desk_settings import OidcSettings
from tracker.errors import UserError
from tracker.i18n import LANGUAGES, _, language_in_use
from tracker.services.accounts import LoginThrottled, account_vouched_for, begin_visit, log_out
from tracker.services.accounts import log_in as begin
from tracker.store.database import reading
from tracker.web.desk import Desk
from tracker.web.rendering import template

_log = logging.getLogger(__name__)
_YEAR = 365 * 24 * 3600
_BACK, _PATIENCE = "/login/oidc/back", 600  # seconds until somebody has logged in at the provider


def login_page(desk: Desk, _request: Request, _form: FormData) -> Response:
    return _show(desk, "")


def log_in(desk: Desk, request: Request, form: FormData) -> Response:
    address = request.client.host if request.client else ""
    name, password = str(form.get("name", "")).strip().lower(), str(form.get("password", ""))
    try:
        token = begin(desk.workspace, name, password, address, desk.clock())
    except LoginThrottled as fault:
        answer = _show(
            desk,
            _("Too many attempts. Try again in {minutes} minutes.").format(minutes=fault.seconds // 60 + 1),
            429,
        )
        answer.headers["retry-after"] = str(fault.seconds)
        return answer
    if token is None:
        return _show(desk, _("Name or password is wrong."), 401)
    answer = RedirectResponse("/", 303)
    _let_in(desk, answer, token)
    return answer


def ask_provider(desk: Desk, _request: Request, _form: FormData) -> Response:
    """To the identity provider; what has to be remembered goes along, sealed, in a cookie."""
    oidc = desk.workspace.settings.desk.oidc
    if oidc is None:
        return _show(desk, "", 404)
    try:
        address, pending = identity.ask_provider(_provider(oidc))
    except identity.IdentityRefused as fault:
        return _unreachable(desk, fault)
    answer = RedirectResponse(address, 303)
    sealed = desk.workspace.vault.seal(pending).decode()
    # not strict: the provider sends the browser back, and that is another site
    answer.set_cookie(
        "oidc", sealed, max_age=_PATIENCE, httponly=True, samesite="lax", secure=desk.is_secure, path=_BACK
    )
    return answer


def come_back(desk: Desk, request: Request, _form: FormData) -> Response:
    """From the identity provider: whoever it vouches for is let in by the account that is linked with them."""
    oidc, sealed = desk.workspace.settings.desk.oidc, request.cookies.get("oidc", "")
    if oidc is None or not sealed:
        return _show(desk, _("This login has run out of time: begin it again."), 401)
    try:
        pending = desk.workspace.vault.unseal(sealed.encode())
        subject = identity.vouched_for(_provider(oidc), f"{oidc.desk}{_BACK}?{request.url.query}", pending)
    except (identity.IdentityRefused, UserError) as fault:
        return _unreachable(desk, fault)
    with reading(desk.workspace.engine) as session:
        name = account_vouched_for(session, subject)
    if name is None:
        sentence = _("Nobody here is {subject}: `tracker account link NAME '{subject}'` makes the link.")
        return _show(desk, sentence.format(subject=subject), 403)
    # a page, not a redirect: a browser that comes from another site would not send the strict cookie along
    page = template("welcome.html").render(language=language_in_use())
    answer = HTMLResponse(page)
    _let_in(desk, answer, begin_visit(desk.workspace, name, desk.clock()))
    answer.delete_cookie("oidc", path=_BACK, httponly=True, samesite="lax", secure=desk.is_secure)
    return answer


def _provider(oidc: OidcSettings) -> identity.Provider:
    return identity.Provider(oidc.issuer, oidc.client_id, oidc.client_secret, f"{oidc.desk}{_BACK}")


def _unreachable(desk: Desk, fault: Exception) -> Response:
    _log.warning("identity_refused", extra={"fault": str(fault)})
    return _show(
        desk, _("The identity provider did not vouch for you. Begin again, or log in by password."), 401
    )


def _let_in(desk: Desk, answer: Response, token: str) -> None:
    answer.set_cookie("desk", token, httponly=True, samesite="strict", secure=desk.is_secure, path="/")


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


def _show(desk: Desk, sentence: str, status: int = 200) -> Response:
    page = template("login.html").render(
        sentence=sentence,
        language=language_in_use(),
        languages=LANGUAGES,
        has_oidc=desk.workspace.settings.desk.oidc is not None,
    )
    return HTMLResponse(page, status)
