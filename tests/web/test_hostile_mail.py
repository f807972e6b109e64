"""Letters that try to load, run, link, submit or deceive: the browser asks nobody but the desk and runs nothing."""

import re
from pathlib import Path

import pytest

from tests.acceptance.workspaces import rows
from tests.web.browser import chromium, log_in
from tests.web.desks import NOW, PASSWORD, answered_round, deliver, served
from tracker.letters.showing import harmless_page
from tracker.services.accounts import Role, add_account
from tracker.services.intake import take_in
from tracker.services.review import assign

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.timeout(300)]
LETTERS = sorted((Path(__file__).parent / "hostile").glob("*.eml"))
# Tags that load, run or leave, and attributes that name an address or a script.
DANGEROUS = re.compile(
    r"<(?:script|style|link|meta(?! charset)|base|img|svg|math|iframe|object|embed|form|input|video|audio|template)\b"
    r"|<[^>]*\s(?:on\w+|href|src|srcset|style|background|poster|action|formaction|ping|id|class|name)\s*=",
    re.IGNORECASE,
)


def test_the_collection_is_whole():
    assert len(LETTERS) == 40


@pytest.mark.parametrize("path", LETTERS, ids=lambda path: path.stem)
def test_nothing_dangerous_is_left_in_the_page(path):
    assert DANGEROUS.findall(harmless_page(path.read_bytes())) == []


def test_a_browser_that_reads_them_all_asks_nobody_but_the_desk(tmp_path):
    answered = answered_round(tmp_path / "w", {})
    workspace, reference = answered.workspace, answered.references[0]
    for uid, path in enumerate(LETTERS, 1):
        deliver(workspace, path.read_bytes(), uid=uid)
    take_in(workspace, NOW)
    for (held,) in rows(workspace.root, "SELECT sha256 FROM held_message"):
        assign(workspace, held, [reference], "person:lead", NOW)
    pages = rows(workspace.root, "SELECT request, message FROM coding")
    assert len(pages) >= len(LETTERS)
    add_account(workspace, "lead", Role.LEAD, PASSWORD, NOW)
    asked, ran = [], []
    with served(workspace) as address, chromium() as browser:
        page = log_in(browser, address, "lead")
        page.context.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: ran.append(dialog.message))
        page.on("pageerror", lambda error: ran.append(str(error)))
        page.add_init_script(
            "addEventListener('message', (event) => { document.ownedBy = String(event.data); })"
        )
        markers = set()
        for request, message in pages:
            page.goto(f"{address}/requests/{request}/messages/{message}")
            for summary in page.locator("summary").all():
                summary.click()
            for frame in page.locator("iframe").all():
                frame.scroll_into_view_if_needed()
            page.wait_for_load_state("networkidle")
            shown = page.content() + "".join(frame.content() for frame in page.frames[1:])
            markers |= set(re.findall(r"BIAOJI-\d\d", shown))
            if page.title().startswith("OWNED") or page.evaluate("document.ownedBy"):
                ran.append(message)
    assert {url for url in asked if not url.startswith(f"{address}/")} == set()
    assert [url for url in asked if "owned" in url] == []
    assert ran == []
    assert len(markers) == len(LETTERS)
