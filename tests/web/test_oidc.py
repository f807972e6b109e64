"""Logins by an identity provider, a real one on 127.0.0.1 that speaks OpenID Connect."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import oidc_provider_mock
import pytest

from tests.acceptance.workspaces import call, rows
from tests.servers.ports import HOST
from tests.web.browser import chromium
from tests.web.desks import NOW, PASSWORD, Answered, served
from tracker.desk_settings import OidcSettings, desk_settings
from tracker.errors import UserError
from tracker.services.accounts import Role, add_account, close_account, link_account
from tracker.settings import Workspace
from tracker.web.serving import settled_desk


@contextmanager
def provided(answered: Answered) -> Iterator[tuple[str, str]]:
    """A provider, and the desk that trusts it: their addresses."""
    with oidc_provider_mock.run_server_in_thread() as server:
        issuer = f"http://localhost:{server.server_port}"
        workspace = answered.workspace
        with served(workspace) as address:
            trust(workspace, issuer, address)
            yield issuer, address


def trust(workspace: Workspace, issuer: str, address: str, client_id: str = "desk") -> None:
    settings = workspace.settings
    oidc = OidcSettings(issuer, client_id, address, "a secret")
    changed = replace(settings, desk=replace(settings.desk, oidc=oidc))
    object.__setattr__(workspace, "settings", changed)


def at_provider(address: str, subject: str) -> tuple[httpx.Client, httpx.Response]:
    """Somebody at the desk's login page goes to the provider and says who they are; where the provider sends them."""
    client = httpx.Client(base_url=address, trust_env=False)
    client.cookies.set("language", "en", domain=HOST)
    asked = client.get("/login/oidc")
    assert asked.status_code == 303, asked.text
    asking = parse_qs(urlsplit(asked.headers["location"]).query)
    assert asking["code_challenge_method"] == ["S256"]
    assert asking["nonce"]
    sent_back = httpx.post(asked.headers["location"], data={"sub": subject}, trust_env=False)
    assert sent_back.status_code == 302, sent_back.text
    return client, sent_back


def subject_of(issuer: str, name: str) -> str:
    return f"{issuer} {name}"


def test_whom_the_provider_vouches_for_is_let_in(open_round):
    with provided(open_round) as (issuer, address):
        add_account(open_round.workspace, "wang", Role.REVIEWER, None, NOW, subject_of(issuer, "w-17"))
        client, sent_back = at_provider(address, "w-17")
        welcomed = client.get(sent_back.headers["location"])
        assert welcomed.status_code == 200
        cookie = welcomed.headers.get_list("set-cookie")[0].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert client.get("/queue").status_code == 200
        assert rows(open_round.workspace.root, "SELECT account FROM visit") == [("wang",)]


def test_in_a_browser_that_comes_from_the_provider(open_round):
    with provided(open_round) as (issuer, address), chromium() as browser:
        add_account(open_round.workspace, "wang", Role.REVIEWER, PASSWORD, NOW)
        call(open_round.workspace.root, "account", "link", "wang", subject_of(issuer, "w-17"))
        page = browser.new_page()
        page.goto(f"{address}/login")
        page.click("a[href='/login/oidc']")
        page.fill("input[name=sub]", "w-17")
        page.locator("button, input[type=submit]").first.click()
        page.wait_for_url(f"{address}/")
        assert page.locator("#search").count() == 1


def test_who_is_linked_with_no_account_is_told_how_to_be(open_round):
    with provided(open_round) as (issuer, address):
        client, sent_back = at_provider(address, "stranger")
        refused = client.get(sent_back.headers["location"])
        assert refused.status_code == 403
        assert f"tracker account link NAME &#39;{issuer} stranger&#39;" in refused.text
        assert client.get("/").headers["location"] == "/login"


def test_a_closed_account_opens_for_nobody(open_round):
    with provided(open_round) as (issuer, address):
        add_account(open_round.workspace, "wang", Role.REVIEWER, None, NOW, subject_of(issuer, "w-17"))
        close_account(open_round.workspace, "wang", NOW)
        client, sent_back = at_provider(address, "w-17")
        assert client.get(sent_back.headers["location"]).status_code == 403


@pytest.mark.parametrize("changed", ["state", "code", "no cookie", "other audience", "other nonce"])
def test_what_does_not_hold_lets_nobody_in(open_round, changed):
    with provided(open_round) as (issuer, address):
        add_account(open_round.workspace, "wang", Role.REVIEWER, None, NOW, subject_of(issuer, "w-17"))
        client, sent_back = at_provider(address, "w-17")
        back = sent_back.headers["location"]
        if changed in ("state", "code"):
            back = re.sub(rf"{changed}=[^&]+", f"{changed}=guessed", back)
        elif changed == "no cookie":
            client.cookies.delete("oidc")
        elif changed == "other audience":
            trust(open_round.workspace, issuer, address, client_id="somebody-else")
        else:
            sealed = client.cookies["oidc"]
            pending = open_round.workspace.vault.unseal(sealed.encode()) | {"nonce": "another"}
            client.cookies.delete("oidc")
            client.cookies.set("oidc", open_round.workspace.vault.seal(pending).decode(), domain=HOST)
        assert client.get(back).status_code == 401
        assert rows(open_round.workspace.root, "SELECT COUNT(*) FROM visit") == [(0,)]


def test_a_code_is_worth_one_login(open_round):
    with provided(open_round) as (issuer, address):
        add_account(open_round.workspace, "wang", Role.REVIEWER, None, NOW, subject_of(issuer, "w-17"))
        client, sent_back = at_provider(address, "w-17")
        cookie = client.cookies["oidc"]
        assert client.get(sent_back.headers["location"]).status_code == 200
        client.cookies.set("oidc", cookie, domain=HOST)
        assert client.get(sent_back.headers["location"]).status_code == 401


def test_a_provider_that_is_away_is_said_to_be(open_round):
    with served(open_round.workspace) as address:
        trust(open_round.workspace, "http://localhost:9", address)
        client = httpx.Client(base_url=address, trust_env=False)
        assert client.get("/login/oidc").status_code == 401
        assert client.get("/login").status_code == 200


def test_without_a_password_no_password_fits_and_one_subject_is_one_account(open_round):
    add_account(open_round.workspace, "wang", Role.REVIEWER, None, NOW, "https://id.test w-17")
    with served(open_round.workspace) as address:
        for guess in ("", "x" * 12):
            done = httpx.post(f"{address}/login", data={"name": "wang", "password": guess}, trust_env=False)
            assert done.status_code == 401
    for wrong in ("4711", "id.test 4711", "https://id.test", "https://id.test/ 4711"):
        with pytest.raises(UserError, match="issuer"):
            link_account(open_round.workspace, "wang", wrong, NOW)
    with pytest.raises(UserError, match="wang"):
        add_account(open_round.workspace, "li", Role.REVIEWER, None, NOW, "https://id.test w-17")


@pytest.mark.parametrize(
    "table",
    [
        {"issuer": "https://id.test"},
        {"issuer": "http://id.test", "client_id": "desk", "desk": "https://desk.test"},
        {"issuer": "https://id.test", "client_id": "desk", "desk": "desk.test"},
        {"issuer": "https://id.test", "client_id": 7, "desk": "https://desk.test"},
    ],
)
def test_wrong_settings_are_refused_by_name(tmp_path, table):
    with pytest.raises(UserError, match=r"\[desk\.oidc\]"):
        desk_settings(tmp_path / "tracker.toml", {"oidc": table}, "")


def test_without_the_extra_the_desk_says_what_to_install(open_round, monkeypatch):
    trust(open_round.workspace, "https://id.test", "https://desk.test")
    monkeypatch.setattr("tracker.adapters.identity.find_spec", lambda _name: None)
    with pytest.raises(UserError, match=r"\[oidc\]"):
        settled_desk(open_round.workspace)
