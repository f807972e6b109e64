"""The target sites are real, fresh and quick; what a visitor sends is in their own database."""

import os
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from parsel import Selector

from tests.targets import install
from tests.targets.helpdesk import Helpdesk, HelpdeskWithCaptcha
from tests.targets.request_tracker import PASSWORD, RequestTracker
from tests.targets.running import REQUESTER, Target, Ticket, need
from tests.targets.trac import Trac

TITLE = "申请公开2025年部门预算"
BODY = "请公开贵局2025年部门预算，\n并以电子邮件答复。"
ANSWER = "您申请的材料已在门户网站公开 <预算公开栏>。"
HELPDESK_FORM = "form[enctype]"
TICKET = Ticket(1, TITLE, BODY, REQUESTER)


@pytest.fixture(
    params=[Helpdesk, HelpdeskWithCaptcha, RequestTracker, Trac], ids=lambda target: target.__name__
)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Target]:
    need(request.param)
    with request.param(tmp_path / "site") as site:
        yield site


def only(*targets: type[Target]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("site", targets, indirect=True)


class Browser:
    """A person's browser as far as forms go: cookies, hidden fields, Referer, redirects."""

    def __init__(self, site: Target) -> None:
        self._client = httpx.Client(base_url=site.address, trust_env=False, timeout=30, follow_redirects=True)

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def see(self, place: str) -> httpx.Response:
        self.page = self._client.get(place)
        assert self.page.status_code == 200, self.page.text[:500]
        return self.page

    def fields(self, form: str) -> dict[str, str]:
        chosen = Selector(self.page.text).css(form)
        inputs = chosen.css("input:not([type=submit]):not([type=checkbox]):not([type=file])")
        fields = {field.attrib["name"]: field.attrib.get("value", "") for field in inputs}
        for field in chosen.css("select"):
            options = field.css("option[selected]") or field.css("option")
            fields[field.attrib["name"]] = options[0].attrib.get("value", options[0].css("::text").get(""))
        return fields

    def send(self, form: str, answers: dict[str, str], *, has_referer: bool = True) -> httpx.Response:
        [target] = Selector(self.page.text).css(form)
        fields = self.fields(form) | answers
        fields = {name: value.replace("\n", "\r\n") for name, value in fields.items()}
        is_multipart = target.attrib.get("enctype") == "multipart/form-data"
        headers = {"Referer": str(self.page.url), "Origin": f"http://{self.page.url.netloc.decode()}"}
        self.page = self._client.post(
            self.page.url.join(target.attrib.get("action", "")),
            data=fields,
            files={"none": ("", b"")} if is_multipart else None,
            headers=headers if has_referer else None,
        )
        return self.page


def written(site: Target) -> list[Ticket]:
    """Its tickets, without the line ends that browsers send."""
    return [ticket._replace(body=ticket.body.replace("\r\n", "\n")) for ticket in site.tickets()]


def text_of(page: httpx.Response) -> str:
    return " ".join(Selector(page.text).xpath("//body//text()[not(parent::script)]").getall())


# --- how each form is filled in --------------------------------------------------------------------------


def write(browser: Browser, site: Target) -> httpx.Response:
    match site:
        case Helpdesk():
            return write_to_helpdesk(browser, site)
        case RequestTracker():
            return write_to_request_tracker(browser, site)
        case Trac():
            return write_to_trac(browser, site)
    raise TypeError(site)


def write_to_helpdesk(
    browser: Browser, site: Helpdesk, answers: dict[str, str] | None = None
) -> httpx.Response:
    browser.see(site.form)
    fields = {"queue": "1", "title": TITLE, "body": BODY, "submitter_email": REQUESTER}
    if isinstance(site, HelpdeskWithCaptcha):
        fields["captcha_1"] = site.captcha_answer(browser.fields(HELPDESK_FORM)["captcha_0"])
    return browser.send(HELPDESK_FORM, fields | (answers or {}))


def write_to_request_tracker(
    browser: Browser, site: RequestTracker, *, has_referer: bool = True
) -> httpx.Response:
    browser.see(site.form)
    browser.send("form#login", {"user": REQUESTER, "pass": PASSWORD})
    fields = {"Subject": TITLE, "Content": BODY, "SubmitTicket": "Create ticket"}
    return browser.send("form[name=TicketCreate]", fields, has_referer=has_referer)


def write_to_trac(browser: Browser, site: Trac) -> httpx.Response:
    browser.see(site.form)
    fields = {"field_summary": TITLE, "field_description": BODY, "field_reporter": REQUESTER}
    return browser.send("form#propertyform", fields | {"submit": "Create ticket"})


# --- all of them -----------------------------------------------------------------------------------------


def test_a_fresh_site_has_no_ticket_and_listens_on_this_machine_only(site):
    assert (site.ticket_count(), site.tickets()) == (0, [])
    assert urlsplit(site.address).hostname == "127.0.0.1"


def test_what_is_sent_is_in_the_database_of_the_site_and_the_answer_on_its_page(site):
    with Browser(site) as browser:
        receipt = write(browser, site)
        assert receipt.history, receipt.text[:500]
        assert site.ticket_count() == 1
        assert written(site) == [TICKET]

        site.staff_replies(1, ANSWER)
        assert ANSWER in text_of(browser.see(str(receipt.url)))
        site.staff_replies(1, "办结", closes=True)
        page = text_of(browser.see(str(receipt.url)))
    assert "办结" in page
    assert any(word in page.lower() for word in ("resolved", "closed"))


def test_the_same_text_sent_twice_makes_two_tickets(site):
    for _ in range(2):
        with Browser(site) as browser:
            write(browser, site)
    assert [ticket[1:] for ticket in written(site)] == [TICKET[1:]] * 2


def test_a_site_that_was_stopped_comes_back_with_its_tickets_at_the_same_address(site):
    address = site.address
    with Browser(site) as browser:
        receipt = write(browser, site)
    site.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(receipt.url, trust_env=False)
    site.start()
    assert (site.address, written(site)) == (address, [TICKET])


def test_the_database_can_only_be_read_from_outside(site):
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        site._rows("CREATE TABLE ours (id)")


def test_nothing_of_a_site_runs_on_after_a_stop(site):
    group = site._process.pid
    site.stop()
    with pytest.raises(ProcessLookupError):
        os.killpg(group, 0)


def test_a_site_that_was_killed_can_be_stopped_and_started(site):
    os.killpg(site._process.pid, signal.SIGKILL)
    site.stop()
    site.start()
    assert site.ticket_count() == 0


@only(Helpdesk, HelpdeskWithCaptcha, RequestTracker)
def test_letters_end_in_the_folder_of_the_site(site):
    with Browser(site) as browser:
        write(browser, site)
    site.staff_replies(1, ANSWER)
    letters = site.letters()
    assert len(letters) >= 2
    assert all(f"To: {REQUESTER}".encode() in letter for letter in letters)


# --- one by one ------------------------------------------------------------------------------------------


@only(Helpdesk, HelpdeskWithCaptcha)
def test_the_help_desk_gives_number_address_and_key_in_the_url_and_without_the_key_an_empty_search_form(site):
    with Browser(site) as browser:
        receipt = write(browser, site)
        credentials = parse_qs(urlsplit(str(receipt.url)).query)
        assert credentials["ticket"] == ["office-1"]
        assert credentials["email"] == [REQUESTER]
        assert len(credentials["key"][0]) > 20
        assert TITLE in text_of(receipt)
        refused = browser.see(f"/view/?ticket=office-1&email={REQUESTER}&key=wrong")
    assert TITLE not in text_of(refused)
    assert [*Selector(refused.text).css("form[method=get] [name]::attr(name)").getall()][:2] == [
        "ticket",
        "email",
    ]


@only(HelpdeskWithCaptcha)
def test_nothing_is_booked_with_a_wrong_captcha_and_the_page_shows_another_one(site):
    with Browser(site) as browser:
        first = browser.see(site.form)
        answered = write_to_helpdesk(browser, site, {"captcha_1": "wrong"})
        assert (answered.status_code, answered.history) == (200, [])
        assert site.ticket_count() == 0
        assert "captcha" in answered.text
        keys = [Selector(page.text).css("[name=captcha_0]::attr(value)").get() for page in (first, answered)]
    assert keys[0] != keys[1]


@only(HelpdeskWithCaptcha)
def test_the_captcha_is_a_picture(site):
    with Browser(site) as browser:
        browser.see(site.form)
        source = Selector(browser.page.text).css("img.captcha::attr(src)").get("")
        assert browser.see(source).content.startswith(b"\x89PNG")


@only(RequestTracker)
def test_request_tracker_takes_no_form_without_its_referer(site):
    with Browser(site) as browser:
        answer = write_to_request_tracker(browser, site, has_referer=False)
    assert answer.status_code == 200
    assert "cross-site request forgery" in answer.text
    assert site.ticket_count() == 0


@only(Trac)
def test_trac_shows_every_ticket_in_a_public_list(site):
    with Browser(site) as browser:
        receipt = write(browser, site)
        assert urlsplit(str(receipt.url)).path == "/ticket/1"
    with Browser(site) as stranger:
        assert TITLE in text_of(stranger.see("/query?order=id"))


# --- installing ------------------------------------------------------------------------------------------


def test_what_is_installed_is_not_installed_again(capfd):
    need(Helpdesk)
    install.install()
    assert capfd.readouterr() == ("", "")


def test_a_template_is_made_anew_when_what_it_is_made_of_changes(tmp_path, monkeypatch):
    before = Trac(tmp_path)._digest()
    monkeypatch.setattr(install, "PINS", ["trac==1.7"])
    assert Trac(tmp_path)._digest() != before
