"""Who may open what; forms from elsewhere, stolen and fixed sessions, guessed passwords."""

import io
import re
from datetime import timedelta
from html import unescape

import httpx
import pytest

from tests.acceptance.workspaces import APPLICANT_NAME, CHEN, IDENTITY_NUMBER, call, rows
from tests.servers.ports import HOST
from tests.web.desks import NOW, PASSWORD, desk, served
from tests.web.test_coding import claimed
from tracker.desk_settings import DeskSettings
from tracker.errors import UserError
from tracker.services.accounts import Role, add_account, begin_visit, close_account, visit_of
from tracker.web.app import ENTRIES
from tracker.web.serving import listen, settled_desk

EVERYBODY, AT_WORK, LEAD = {"lead", "reviewer", "observer"}, {"lead", "reviewer"}, {"lead"}
# Stated here once more, so that a route cannot open itself by a slip.
ALLOWED = {
    "GET /": EVERYBODY,
    "GET /requests": EVERYBODY,
    "GET /arrived": EVERYBODY,
    "GET /requests/{reference}": EVERYBODY,
    "POST /requests/{reference}/identity": LEAD,
    "GET /units/{unit_id}": EVERYBODY,
    "GET /queue": EVERYBODY,
    "POST /queue/next": AT_WORK,
    "GET /requests/{reference}/messages/{message}": EVERYBODY,
    "POST /requests/{reference}/messages/{message}/code": AT_WORK,
    "POST /requests/{reference}/messages/{message}/adjudicate": AT_WORK,
    "POST /requests/{reference}/messages/{message}/reopen": LEAD,
    "POST /requests/{reference}/messages/{message}/claim": AT_WORK,
    "POST /requests/{reference}/messages/{message}/release": AT_WORK,
    "GET /pen": EVERYBODY,
    "GET /pen/{message}": EVERYBODY,
    "POST /pen/{message}": AT_WORK,
    "GET /tasks": EVERYBODY,
    "GET /tasks/{task:path}": AT_WORK,
    "POST /tasks/{task:path}": AT_WORK,
    "GET /asks": AT_WORK,
    "GET /asks/{ask:int}/picture": AT_WORK,
    "POST /asks/{reference}": AT_WORK,
    "GET /requests/{reference}/contact": AT_WORK,
    "POST /requests/{reference}/contact": AT_WORK,
    "GET /history": {"lead", "observer"},
    "GET /admin/accounts": LEAD,
    "GET /admin/{table}": {"lead", "observer"},
    "GET /health": EVERYBODY,
    "GET /audit": EVERYBODY,
    "POST /audit": AT_WORK,
    "GET /export": LEAD,
    "GET /export.zip": LEAD,
    "GET /requests/{reference}/messages/{message}/page": EVERYBODY,
    "GET /requests/{reference}/messages/{message}/files/{sha256}": AT_WORK,
    "GET /requests/{reference}/evidence/{sha256}": AT_WORK,
}


def test_the_table_names_every_route():
    assert {f"{one.method} {one.path}" for one in ENTRIES} == set(ALLOWED)


def test_each_route_opens_to_its_roles_only_and_to_nobody_who_is_not_logged_in(open_round):
    filled = {"{reference}": open_round.references[0], "{message}": "0" * 64, "{sha256}": "0" * 64,
              "{unit_id}": "unit-001", "{task:path}": "submit:none", "{ask:int}": "1", "{table}": "applicants"}  # fmt: skip
    with desk(open_round.workspace, lead="lead", reviewer="reviewer", observer="observer") as people:
        tokens = {name: person.token() if name != "observer" else "" for name, person in people.items()}
        stranger = httpx.Client(base_url=people["lead"].client.base_url, trust_env=False)
        for route, allowed in ALLOWED.items():
            method, path = route.split(" ")
            for mark, value in filled.items():
                path = path.replace(mark, value)
            for name, person in people.items():
                form = {"form_token": tokens[name]} if method == "POST" else None
                status = person.client.request(method, path, data=form).status_code
                assert (status == 403) == (name not in allowed), f"{name}: {route}: {status}"
                assert status < 500, f"{name}: {route}: {status}"
            turned_away = stranger.request(method, path)
            assert (turned_away.status_code, turned_away.headers["location"]) == (303, "/login"), route


def test_no_menu_offers_what_its_reader_may_not_open(open_round):
    reference = open_round.references[0]
    (message,) = rows(open_round.workspace.root, "SELECT message FROM coding WHERE request = ?", reference)[0]
    (held,) = rows(open_round.workspace.root, "SELECT sha256 FROM held_message")[0]
    seen = ("/", "/queue", "/requests", "/arrived", "/pen", f"/pen/{held}", "/tasks", "/health", "/audit", "/history",
            "/admin/units", f"/requests/{reference}", f"/requests/{reference}/messages/{message}")  # fmt: skip
    with desk(open_round.workspace, lead="lead", reviewer="reviewer", observer="observer") as people:
        for name, person in people.items():
            pages = [person.client.get(path).text for path in seen]
            offered = {
                unescape(href).partition("#")[0]
                for page in pages
                for href in re.findall(r'<a [^>]*href="(/[^"]*)"', page)
            }
            refused = [path for path in offered if person.client.get(path).status_code >= 400]
            assert refused == [], name
            assert ("/export" in offered, "/admin/accounts" in offered) == (name == "lead",) * 2


def test_a_post_needs_the_form_token_and_may_not_come_from_another_site(open_round):
    with desk(open_round.workspace, wang="reviewer") as people:
        wang = people["wang"]
        assert wang.client.post("/queue/next").status_code == 403
        assert wang.client.post("/queue/next", data={"form_token": "guess"}).status_code == 403
        right = {"form_token": wang.token()}
        for headers in (
            {"origin": "https://evil.test"},
            {"sec-fetch-site": "cross-site"},
            {"origin": "null", "sec-fetch-site": "cross-site"},
        ):
            assert wang.client.post("/queue/next", data=right, headers=headers).status_code == 403
        assert rows(open_round.workspace.root, "SELECT COUNT(*) FROM lease") == [(0,)]
        assert claimed(wang) is not None


def test_a_post_that_does_not_say_how_much_it_sends_or_too_much_is_not_read(open_round):
    with desk(open_round.workspace, wang="reviewer") as people:
        client = people["wang"].client
        assert client.post("/login", content=iter([b"name=wang"])).status_code == 411
        assert client.post("/login", content=b"x" * 26_000_000).status_code == 413


def test_a_session_known_before_the_login_is_worth_nothing_after_it(open_round):
    workspace = open_round.workspace
    with desk(workspace, wang="reviewer") as people:
        fixed = "an-attacker-chose-this"
        client = httpx.Client(base_url=people["wang"].client.base_url, trust_env=False)
        client.cookies.set("desk", fixed, domain=HOST)
        done = client.post("/login", data={"name": "wang", "password": PASSWORD})
        cookie = done.headers["set-cookie"].lower()
        assert fixed not in cookie
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert visit_of(workspace, fixed, NOW) is None


def test_logging_out_ends_the_session_everywhere(open_round):
    with desk(open_round.workspace, wang="reviewer") as people:
        token = people["wang"].client.cookies["desk"]
        assert people["wang"].client.post("/logout").status_code == 303
        copy = httpx.Client(base_url=people["wang"].client.base_url, cookies={"desk": token}, trust_env=False)
        assert copy.get("/").status_code == 303


def test_a_session_ends_by_idling_by_age_and_with_its_account(open_round):
    workspace = open_round.workspace
    add_account(workspace, "wang", Role.REVIEWER, PASSWORD, NOW)
    token = begin_visit(workspace, "wang", NOW)
    assert visit_of(workspace, token, NOW + timedelta(hours=3)) is not None
    assert visit_of(workspace, token, NOW + timedelta(hours=7, minutes=1)) is None
    token, at = begin_visit(workspace, "wang", NOW), NOW
    for _ in range(4):
        at += timedelta(hours=2, minutes=55)
        assert visit_of(workspace, token, at) is not None
    assert visit_of(workspace, token, NOW + timedelta(hours=12, minutes=1)) is None
    token = begin_visit(workspace, "wang", NOW)
    close_account(workspace, "wang", NOW)
    assert visit_of(workspace, token, NOW) is None


def test_guessing_is_slowed_down_by_name_and_says_for_how_long(open_round):
    add_account(open_round.workspace, "wang", Role.REVIEWER, PASSWORD, NOW)
    moments = [NOW]
    with served(open_round.workspace, lambda: moments[-1]) as address:
        client = httpx.Client(base_url=address, trust_env=False)
        for _ in range(5):
            assert client.post("/login", data={"name": "wang", "password": "wrong"}).status_code == 401
        stopped = client.post("/login", data={"name": "wang", "password": PASSWORD})
        assert stopped.status_code == 429
        assert 0 < int(stopped.headers["retry-after"]) <= 901
        moments.append(NOW + timedelta(minutes=16))
        assert client.post("/login", data={"name": "wang", "password": PASSWORD}).status_code == 303


def test_every_answer_is_protected_and_none_is_cached(open_round):
    with desk(open_round.workspace, lead="lead") as people:
        for path in ("/", "/login", "/static/desk.js", "/nowhere"):
            headers = people["lead"].client.get(path).headers
            assert headers["content-security-policy"].startswith("default-src 'none'")
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"


def test_no_page_but_the_lead_s_names_the_applicant_and_each_look_is_on_record(open_round):
    reference, names = open_round.references[0], (APPLICANT_NAME, IDENTITY_NUMBER, CHEN)
    with desk(open_round.workspace, lead="lead", wang="reviewer", olga="observer") as people:
        (message,) = rows(
            open_round.workspace.root, "SELECT message FROM coding WHERE request = ?", reference
        )[0]
        for path in (
            "/",
            f"/requests/{reference}",
            f"/requests/{reference}/messages/{message}",
            "/pen",
            "/health",
            "/tasks",
        ):
            for name in ("wang", "olga"):
                assert not [word for word in names if word in people[name].get(path)], (name, path)
        shown = people["lead"].post(f"/requests/{reference}/identity", 200)
        assert APPLICANT_NAME in shown
        people["wang"].client.get(f"/requests/{reference}/evidence/{message}")
    seen = rows(
        open_round.workspace.root, "SELECT actor FROM event WHERE kind = 'identity_seen' ORDER BY seq"
    )
    assert seen == [("person:lead",), ("person:wang",)]


# --- where the desk is served ------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "desk.test"])
def test_away_from_this_machine_the_desk_wants_tls_or_a_proxy(open_round, host):
    add_account(open_round.workspace, "lead", Role.LEAD, PASSWORD, NOW)
    with pytest.raises(UserError, match="TLS"):
        settled_desk(open_round.workspace, host=host)


def test_a_port_that_is_taken_is_named():
    desk = DeskSettings(port=0)
    with listen(desk) as taken, pytest.raises(UserError, match=r"--port"):
        listen(DeskSettings(port=taken.getsockname()[1]))


def test_on_this_machine_it_needs_an_account_first(open_round):
    with pytest.raises(UserError, match="tracker account add"):
        settled_desk(open_round.workspace)
    add_account(open_round.workspace, "lead", Role.LEAD, PASSWORD, NOW)
    assert settled_desk(open_round.workspace, port=1) == DeskSettings(port=1)


def test_accounts_are_made_on_the_command_line_and_a_short_password_is_refused(open_round, monkeypatch):
    folder = open_round.workspace.root
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    call(folder, "account", "add", "lead", "--role", "lead", expect=1)
    assert rows(folder, "SELECT COUNT(*) FROM account") == [(0,)]
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
    call(folder, "account", "add", "lead", "--role", "lead")
    assert call(folder, "account", "list", "--json").json[0]["role"] == "lead"
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
    call(folder, "account", "add", "lead", "--role", "lead", expect=1)
