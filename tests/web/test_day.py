"""An evaluator's day in Chromium: log in, claim, read, code by keys while an input method composes, differ, decide."""

import json

import pytest

from tests.acceptance.workspaces import change, rows
from tests.web.browser import chromium, log_in, picture
from tests.web.desks import BLIND, NOW, PASSWORD, Answered, answered_round, letter, served
from tests.web.evaluating import answers, compose
from tracker.services.accounts import Role, add_account

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.timeout(300)]
PEOPLE = {"lead": Role.LEAD, "wang": Role.REVIEWER, "li": Role.REVIEWER, "zhao": Role.REVIEWER}
# The keys of a whole answer: reply, disclosed, working, to the point, title, number, seal, remedy, reasons, organ, fee, satisfied
ANSWER = "71" + "1" * 8 + "14"
# whether the bar of buttons lies over the field that is written in
COVERED = """document.activeElement.getBoundingClientRect().bottom
             > document.querySelector('.actions').getBoundingClientRect().top"""


@pytest.fixture
def day(tmp_path) -> Answered:
    gbk = letter(1, 1).replace(b"charset=utf-8", b"charset=gb2312")
    head, _, body = gbk.partition(b"\r\n\r\n")
    letters = {1: head + b"\r\n\r\n" + body.decode().encode("gb18030"), 2: letter(2, 2)}
    answered = answered_round(
        tmp_path / "w",
        letters | {9: letter(9, 9, "关于部门决算公开说明，现答复如下：予以公开。")},
        coding=BLIND,
    )
    for name, role in PEOPLE.items():
        add_account(answered.workspace, name, role, PASSWORD, NOW)
    return answered


def test_the_day_of_two_coders_and_a_lead(day):
    with served(day.workspace) as address, chromium() as browser:
        wang = log_in(browser, address, "wang")
        wang.goto(f"{address}/queue")
        wang.keyboard.press("n")
        wang.wait_for_selector("form#code")
        assert "予以公开" in wang.inner_text(".new")
        assert "�" not in wang.inner_text(".new")
        first = wang.url

        compose(wang)
        wang.locator("legend").first.click()
        wang.locator("input[name='answer.kind']").first.focus()
        wang.keyboard.type(ANSWER)
        assert answers(wang)["answer.satisfaction"] == "4"
        assert answers(wang)["answer.outcome"] == "disclosed"
        picture(wang, "coding-en-1280")
        assert not wang.evaluate(COVERED)
        wang.keyboard.type("第一行")
        wang.keyboard.press("Shift+Enter")
        wang.keyboard.type("第二行")
        wang.keyboard.press("Enter")
        wang.wait_for_url(lambda url: "/messages/" in url and not url.startswith(first))  # the next message
        sent = "SELECT json_extract(payload, '$.note') FROM event WHERE kind = 'coded'"
        assert [note.splitlines() for (note,) in rows(day.workspace.root, sent)] == [["第一行", "第二行"]]
        assert rows(day.workspace.root, "SELECT actor FROM event WHERE kind = 'coded'") == [("person:wang",)]

        li = log_in(browser, address, "li", language="zh-CN", width=390)
        li.goto(first)
        li.locator("input[name='answer.kind']").first.focus()
        li.keyboard.type("74" + ANSWER[2:])
        picture(li, "coding-zh-390")
        li.locator("form#code button.main").click()
        li.wait_for_url(lambda url: url != first)
        assert rows(day.workspace.root, "SELECT COUNT(*) FROM coding WHERE stage = 'disputed'") == [(1,)]

        zhao = log_in(browser, address, "zhao")
        zhao.goto(f"{address}/queue?stage=disputed")
        zhao.keyboard.press("j")
        zhao.keyboard.press("Enter")
        zhao.wait_for_selector("form#code")
        zhao.locator("input[name='answer.kind']").first.focus()
        zhao.keyboard.type("71" + ANSWER[2:])
        zhao.keyboard.press("Enter")  # from the note to the reason, which must not be empty
        zhao.locator("#reason:focus").wait_for()
        assert not zhao.evaluate(COVERED)
        zhao.keyboard.type("第三页写明予以公开")
        picture(zhao, "deciding-en-1280")
        zhao.keyboard.press("Enter")
        zhao.wait_for_selector(".notice")
        assert rows(day.workspace.root, "SELECT COUNT(*) FROM coding WHERE stage = 'done'") == [(1,)]

        zhao.goto(f"{address}/pen")
        zhao.keyboard.press("j")
        zhao.keyboard.press("Enter")
        zhao.wait_for_selector("form#assign")
        picture(zhao, "pen-en-1280")
        zhao.fill(
            "#other", day.references[1]
        )  # the second candidate: Enter takes what is written, not the first
        zhao.keyboard.press("Enter")
        zhao.wait_for_selector(".notice")
        assert rows(day.workspace.root, "SELECT COUNT(*) FROM held_message") == [(0,)]
        assigned = rows(day.workspace.root, "SELECT payload FROM event WHERE kind = 'assigned'")
        assert [json.loads(payload)["requests"] for (payload,) in assigned] == [[day.references[1]]]

        lead = log_in(browser, address, "lead", language="zh-CN")
        picture(lead, "round-zh-1280")
        lead.keyboard.press("?")
        assert lead.locator("dialog[open]").count() == 1
        lead.keyboard.press("Escape")
        lead.goto(f"{address}/export")
        with lead.expect_download() as download:
            lead.click("a.button.main")
        assert download.value.suggested_filename == "small.zip"


def test_the_desk_works_without_scripts(day):
    with served(day.workspace) as address, chromium() as browser:
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(f"{address}/login")
        page.fill("#name", "wang")
        page.fill("#password", PASSWORD)
        page.click("button.main")
        page.goto(f"{address}/queue")
        page.click("#next button")
        for question, code in (
            ("kind", "reply"), ("outcome", "disclosed"), ("channel_worked", "yes"), ("to_the_point", "yes"),
            ("has_title", "yes"), ("has_number", "no"), ("has_seal", "no"), ("has_remedy", "no"),
            ("has_reasons", "not_needed"), ("names_right_organ", "not_needed"), ("fee", "none"), ("satisfaction", "3"),
        ):  # fmt: skip
            page.check(f"[name='answer.{question}'][value='{code}']")
        page.click("form#code button.main")
        assert rows(day.workspace.root, "SELECT COUNT(*) FROM event WHERE kind = 'coded'") == [(1,)]


def test_an_empty_contact_is_not_even_sent(day):
    with served(day.workspace) as address, chromium() as browser:
        page = log_in(browser, address, "wang")
        sent = []
        page.on("request", lambda request: sent.append(request.method))
        page.goto(f"{address}/requests/{day.references[2]}/contact")
        page.click("button.main")
        page.locator("#medium:focus").wait_for()
        picture(page, "contact-empty-en-1280")
        assert "POST" not in sent


def test_a_narrow_list_shows_the_verdict_and_names_that_can_be_read(day):
    change(day.workspace.root, "UPDATE unit SET name = '黄陵县退役军人事务局'")
    with served(day.workspace) as address, chromium() as browser:
        page = log_in(browser, address, "lead", language="zh-CN", width=390)
        page.goto(f"{address}/requests")
        picture(page, "requests-narrow-zh-390")
        verdict, name = page.locator(".chip").first.bounding_box(), page.locator(".name").first.bounding_box()
        assert verdict
        assert name
        assert verdict["x"] + verdict["width"] < 390
        assert name["height"] < 80  # two lines, not one for each character


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_no_page_is_wider_than_the_screen(day, language, width):
    reference = day.references[0]
    ((message,),) = rows(day.workspace.root, "SELECT message FROM coding WHERE request = ?", reference)
    ((held,),) = rows(day.workspace.root, "SELECT sha256 FROM held_message")
    paths = ["/", "/queue", "/requests", "/arrived", "/pen", f"/pen/{held}", "/tasks", "/asks", "/health", "/audit", "/history", "/admin/units", "/admin/templates",
             "/export", "/units/unit-001", f"/requests/{reference}", f"/requests/{reference}/messages/{message}",
             f"/requests/{reference}/contact"]  # fmt: skip
    with served(day.workspace) as address, chromium() as browser:
        page = log_in(browser, address, "lead", language=language, width=width)
        wide, said = [], []
        page.on("console", lambda line: said.append(line.text))
        for path in paths:
            page.goto(address + path)
            picture(page, f"{path.strip('/').replace('/', '-')[:24] or 'round'}-{language}-{width}")
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wide.append(path)
        assert wide == []
        assert said == []
