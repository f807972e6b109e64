"""An evaluators' day at the desk in Chromium: `python -m tests.web.evaluating FOLDER --at MOMENT [--name NAME]`.

On any workspace with a round that has been sent: a letter in GBK and one with nothing but a scan come in,
two people code blind, differ, a third decides; a message leaves the holding pen, a form's captcha is read,
the lead looks at every page in both languages, wide and narrow, and exports.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

from playwright.sync_api import Browser, Page
from sqlmodel import select

from tests.acceptance.workspaces import change, rows
from tests.adapters.made_documents import kept, pdf
from tests.web.browser import chromium, log_in, picture
from tests.web.desks import BLIND, PASSWORD, served
from tracker.adapters.imap import FetchedMessage
from tracker.adapters.portals.player import Question
from tracker.services.accounts import Role, accounts, add_account
from tracker.services.asks import ask
from tracker.services.intake import keep_fetched, take_in
from tracker.services.queue import Subject
from tracker.services.rebuild import rebuild
from tracker.services.scans import read_scans
from tracker.services.standings import refresh_standings
from tracker.settings import Workspace, open_workspace
from tracker.store.database import reading, writing
from tracker.store.tables import ApplicantRow, OutboxRow, RequestRow, RequestStateRow, UnitRow

PEOPLE = {"lead": Role.LEAD, "wang": Role.REVIEWER, "li": Role.REVIEWER, "zhao": Role.REVIEWER}
TEXT = "您好，您的政府信息公开申请收悉。经审查，您申请的信息属于公开范围，予以公开，现将该信息提供给您。"
SEEN = {
    "round": "/", "tasks": "/tasks", "due": "/requests?view=due", "objections": "/requests?view=objections",
    "arrived": "/arrived", "health": "/health", "audit": "/audit", "history": "/history", "units": "/admin/units",
}  # fmt: skip
_UID = 4_000_000_000  # above all that a mailbox has
_SCAN = kept("scan.png").raw


@dataclass(frozen=True, slots=True)
class Day:
    """What is to be read: a letter in GBK, one that is a scan, one in the pen that answers the first request."""

    workspace: Workspace
    now: datetime
    gbk: Subject
    scan: Subject
    held: str


def prepare(workspace: Workspace, now: datetime) -> Day:
    """The letters of the morning come in by the one door; everybody gets an account."""
    with reading(workspace.engine) as session:
        known = {account.name for account in accounts(session)}
    for name in PEOPLE.keys() - known:
        add_account(workspace, name, PEOPLE[name], PASSWORD, now)
    first, second = _sent_by_mail(workspace)
    arrivals = [
        (first, _letter(first, text=TEXT, charset="gb18030", declared="gb2312")),
        (second, _letter(second, text="见附件。", scan=pdf(picture=_SCAN))),
        (first, _stray(first)),
    ]
    with writing(workspace.engine) as session:
        for number, (one, raw) in enumerate(arrivals):
            at = now - timedelta(minutes=10 - number)
            keep_fetched(
                session, workspace, [FetchedMessage(one.mailbox, "INBOX", 1, _UID + number, at, raw)], now
            )
    take_in(workspace, now)
    assert read_scans(workspace, lambda: now) >= 1
    take_in(workspace, now)
    refresh_standings(workspace, now)
    sha256 = [
        rows(workspace.root, "SELECT sha256 FROM raw_message WHERE uid = ?", _UID + n)[0][0] for n in range(3)
    ]
    assert rows(workspace.root, "SELECT sha256 FROM held_message WHERE sha256 = ?", sha256[2])
    return Day(
        workspace, now, Subject(first.reference, sha256[0]), Subject(second.reference, sha256[1]), sha256[2]
    )


@dataclass(frozen=True, slots=True)
class _Sent:
    reference: str
    mailbox: str
    office: str
    message_id: str
    unit: str


def _sent_by_mail(workspace: Workspace) -> list[_Sent]:
    """Two disclosure requests of the newest round that went out by mail."""
    query = (
        select(RequestRow, OutboxRow, ApplicantRow, UnitRow)
        .where(
            RequestRow.kind == "disclosure",
            RequestRow.channel == "email",
            OutboxRow.request == RequestRow.reference,
            ApplicantRow.code == RequestRow.applicant,
            UnitRow.round == RequestRow.round,
            UnitRow.unit_id == RequestRow.unit_id,
            RequestStateRow.reference == RequestRow.reference,
            RequestStateRow.state == "replied",
        )
        .order_by(RequestRow.reference)
        .limit(2)
    )
    with reading(workspace.engine) as session:
        return [
            _Sent(request.reference, applicant.mailbox, request.address, outbox.message_id, unit.name)
            for request, outbox, applicant, unit in session.exec(query)
        ]


def _letter(
    to: _Sent, *, text: str, charset: str = "utf-8", declared: str = "utf-8", scan: bytes | None = None
) -> bytes:
    """From the office, in answer to our letter; GBK that calls itself GB2312 as offices' programs write it."""
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = to.office, to.mailbox, "Re: 申请"
    letter["Message-ID"] = f"<day-{len(text)}@{to.office.partition('@')[2]}>"
    letter["In-Reply-To"] = to.message_id
    letter.set_content(text.encode(charset), "text", "plain", cte="8bit")
    letter.replace_header("Content-Type", f'text/plain; charset="{declared}"')
    if scan:
        letter.add_attachment(scan, "application", "pdf", filename="答复书（盖章）.pdf")
    return letter.as_bytes()


def _stray(to: _Sent) -> bytes:
    """From a clerk's own mailbox, naming nothing."""
    lines = ["From: clerk@mail.example", f"To: {to.mailbox}", "Subject: =?utf-8?b?562U5aSN?=", "Message-ID: <stray@mail.example>",
             "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", "", "您好，您要的材料可以公开，请查收。"]  # fmt: skip
    return "\r\n".join(lines).encode()


# --- the day ----------------------------------------------------------------------------------------------


def spend(day: Day, browser: Browser, address: str, name: str) -> None:
    _code_with_an_input_method(day, browser, address, name)
    _read_the_scan(day, browser, address, name)
    _differ_and_decide(day, browser, address, name)
    _assign(day, browser, address, name)
    _answer_a_captcha(day, browser, address, name)
    _look_around_and_export(browser, address, name)


def path_of(subject: Subject) -> str:
    return f"/requests/{subject.request}/messages/{subject.message}"


def answers(page: Page) -> dict[str, str]:
    found: dict[str, str] = page.evaluate(
        "Object.fromEntries([...new FormData(document.querySelector('#code'))]"
        ".filter(([name, value]) => name.startsWith('answer.') && value))"
    )
    return found


def _code_with_an_input_method(day: Day, browser: Browser, address: str, name: str) -> None:
    wang = log_in(browser, address, "wang")
    wang.goto(f"{address}/queue")
    wang.keyboard.press("n")
    wang.wait_for_selector("form#code")
    wang.goto(f"{address}/")
    wang.keyboard.press("/")
    wang.keyboard.type(day.gbk.request)
    wang.keyboard.press("Enter")
    wang.wait_for_selector("tr[data-row]")
    wang.keyboard.press("j")
    wang.keyboard.press("Enter")
    wang.wait_for_url(f"{address}/requests/{day.gbk.request}")
    picture(wang, f"{name}-request-en-1280")
    wang.click(f"a[href$='{day.gbk.message}']")
    wang.wait_for_selector("form#code")
    assert "予以公开" in wang.inner_text(".new")
    assert "�" not in wang.inner_text(".new")
    compose(wang)
    code_by_keys(wang, "1")
    picture(wang, f"{name}-coding-en-1280")
    wang.keyboard.press("Enter")
    wang.wait_for_url(lambda url: not url.endswith(path_of(day.gbk)))
    assert _votes(day, day.gbk) == ["person:wang"]


def compose(page: Page) -> None:
    """While an input method composes, Enter, digits and the other keys belong to it, in a field and outside."""
    before, place = answers(page), page.url
    page.locator("[name='answer.remark']").focus()
    devtools = page.context.new_cdp_session(page)
    devtools.send("Input.imeSetComposition", {"text": "ming", "selectionStart": 4, "selectionEnd": 4})
    for target in ("document.activeElement", "(document.activeElement.blur(), document.body)"):
        page.evaluate(
            f"""() => {{ const target = {target}; for (const key of ['1', 'Enter', 'n', '?']) target.dispatchEvent(
               new KeyboardEvent('keydown', {{key, isComposing: true, keyCode: 229, bubbles: true, cancelable: true}})) }}"""
        )
    assert {name: value for name, value in answers(page).items() if name != "answer.remark"} == before
    assert page.url == place
    assert not page.locator("dialog[open]").count()
    page.fill("[name='answer.remark']", "")


def code_by_keys(page: Page, outcome: str) -> None:
    """A reply of some outcome; the first code for all else that is asked."""
    page.locator("input[name='answer.kind']").first.focus()
    page.keyboard.type("7" + outcome)
    asked = page.locator("form#code fieldset:visible").count() - 3  # kind, outcome, remark
    page.keyboard.type("1" * asked)
    page.locator("input[name='answer.fee']").first.focus()
    assert answers(page)["answer.kind"] == "reply"


def _read_the_scan(day: Day, browser: Browser, address: str, name: str) -> None:
    wang = log_in(browser, address, "wang")
    wang.goto(address + path_of(day.scan))
    wang.locator("details.file summary").click()
    assert "政府信息公开申请答复书" in wang.inner_text("details.file")
    picture(wang, f"{name}-scan-en-1280")
    with wang.expect_download() as download:
        wang.click("details.file a[download]")
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
    code_by_keys(wang, "1")
    wang.keyboard.press("Enter")
    wang.wait_for_url(lambda url: not url.endswith(path_of(day.scan)))


def _differ_and_decide(day: Day, browser: Browser, address: str, name: str) -> None:
    li = log_in(browser, address, "li", language="zh-CN", width=390)
    li.goto(address + path_of(day.gbk))
    assert "person:wang" not in li.content()
    code_by_keys(li, "4")
    picture(li, f"{name}-coding-zh-390")
    li.locator("form#code button.main").click()
    li.wait_for_url(lambda url: not url.endswith(path_of(day.gbk)))
    assert _stage(day, day.gbk) == "disputed"
    zhao = log_in(browser, address, "zhao", language="zh-CN")
    zhao.goto(f"{address}/queue?stage=disputed")
    picture(zhao, f"{name}-disputed-zh-1280")
    zhao.goto(address + path_of(day.gbk))
    code_by_keys(zhao, "1")
    zhao.fill("#reason", "来信写明予以公开")
    picture(zhao, f"{name}-deciding-zh-1280")
    zhao.locator("form#code button.main").click()
    zhao.wait_for_selector(".notice")
    assert _stage(day, day.gbk) == "done"


def _assign(day: Day, browser: Browser, address: str, name: str) -> None:
    zhao = log_in(browser, address, "zhao")
    zhao.goto(f"{address}/pen")
    picture(zhao, f"{name}-pen-en-1280")
    zhao.goto(f"{address}/pen/{day.held}")
    picture(zhao, f"{name}-held-en-1280")
    zhao.fill("#other", day.gbk.request)
    zhao.locator("form#assign button.main").click()
    zhao.wait_for_selector(".notice")
    arrived = rows(day.workspace.root, "SELECT arrived_at FROM raw_message WHERE sha256 = ?", day.held)
    assert rows(day.workspace.root, "SELECT arrived_at FROM coding WHERE message = ?", day.held) == arrived


def _answer_a_captcha(day: Day, browser: Browser, address: str, name: str) -> None:
    """A form waits for somebody to read its captcha, as the forms' worker asks."""
    question = Question("captcha", "请输入图中文字", _SCAN)
    waiting = ask(day.workspace, day.scan.request, question, day.now)
    li = log_in(browser, address, "li", language="zh-CN", width=390)
    li.goto(f"{address}/asks")
    assert li.evaluate("document.querySelector('.ask img').naturalWidth") > 0
    li.fill(".ask input[name=answer]", "x7kq")
    picture(li, f"{name}-captcha-zh-390")
    li.click(".ask button.main")
    li.wait_for_selector(".notice")
    answered = rows(day.workspace.root, "SELECT answer, answered_by FROM ask WHERE id = ?", waiting)
    assert answered == [("x7kq", "person:li")]


def _look_around_and_export(browser: Browser, address: str, name: str) -> None:
    for language, width in (("zh-CN", 1280), ("zh-CN", 390), ("en", 1280), ("en", 390)):
        lead = log_in(browser, address, "lead", language=language, width=width)
        for page, path in SEEN.items():
            answered = lead.goto(address + path)
            assert answered, path
            assert answered.ok, path
            picture(lead, f"{name}-{page}-{language}-{width}")
            assert lead.evaluate("document.documentElement.scrollWidth") <= width
    lead.goto(f"{address}/export")
    with lead.expect_download(timeout=1_800_000) as download:
        lead.click("a.button.main")
    assert Path(download.value.path()).read_bytes().startswith(b"PK")


def _votes(day: Day, subject: Subject) -> list[str]:
    sql = "SELECT actor FROM event WHERE kind = 'coded' AND request = ? AND source_sha256 = ?"
    return [actor for (actor,) in rows(day.workspace.root, sql, subject.request, subject.message)]


def _stage(day: Day, subject: Subject) -> str:
    sql = "SELECT stage FROM coding WHERE request = ? AND message = ?"
    return str(rows(day.workspace.root, sql, subject.request, subject.message)[0][0])


def code_blind(workspace: Workspace) -> None:
    """Have two people code the round blind, though it was planned with one."""
    plan = json.loads(rows(workspace.root, "SELECT plan FROM round")[0][0])
    if plan.get("coding", {}).get("coders") != 2:
        change(workspace.root, "UPDATE round SET plan = json_set(plan, '$.coding', json(?))", BLIND)
        rebuild(workspace)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.web.evaluating")
    parser.add_argument("folder", type=Path, help="a copy of a workspace: the day changes it")
    parser.add_argument(
        "--at", type=datetime.fromisoformat, required=True, help="when the day is, with its zone"
    )
    parser.add_argument("--name", default="day", help="what its pictures are called")
    chosen = parser.parse_args(arguments)
    workspace = open_workspace(chosen.folder)
    code_blind(workspace)
    day = prepare(workspace, chosen.at)
    with served(workspace, lambda: chosen.at) as address, chromium() as browser:
        spend(day, browser, address, chosen.name)
    sys.stdout.write("the day is done\n")


if __name__ == "__main__":
    main()
