"""The recipes of the simulated city's six platforms, by both machines: the same fields, the same receipts, one reading."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.workspaces import CHEN, build, call, change, rows
from tracker.rehearsal.sites import PLATFORMS, UNITS, Books, Note, Sites, read_picture
from tracker.services.asks import answer_ask, open_asks
from tracker.services.forms import FormWorker
from tracker.services.tick import tick
from tracker.settings import Workspace
from tracker.store.database import reading

RECIPES = Path(__file__).parents[2] / "data/rehearsals/yanan-2020/data/recipes"
MACHINES = ["http", pytest.param("browser", marks=[pytest.mark.needs("chromium")])]
ANSWER = "您好，经检索，您申请的部门决算公开说明本机关未制作，该信息不存在。"


class Town:
    """One platform with its books, a workspace with one request to it, a clock."""

    def __init__(self, folder: Path, platform: str, **more: object) -> None:
        self.now = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
        self.site = platform.replace("-", "_")
        self.books = Books(platform[:2].upper(), lambda: self.now)
        self.sites = Sites({self.site: self.books})
        self.folder, self.platform, self.more = folder, platform, more

    def __enter__(self) -> "Town":
        self.sites.__enter__()
        recipe = json.loads((RECIPES / self.platform / "recipe.json").read_text(encoding="utf-8")) | self.more
        kind, code = recipe["kinds"][0], UNITS[self.site][0].code
        form = self.sites.sites[self.site].form_address(kind, code)
        self.workspace: Workspace = build(
            self.folder, smtp_port=1, imap_port=1, offices=(), forms=[self.sites.address(self.site) + form],
            recipe={name: value for name, value in recipe.items() if value is not None}, kind=kind,
            parameters=f"dept={code}", phone="13000000001", planned_at=self.now - timedelta(days=30),
        )  # fmt: skip
        change(
            self.folder,
            "INSERT INTO mailbox_health VALUES (?, '2026-02-01 00:00:00', '2026-03-02 00:00:00', 0, '')",
            CHEN,
        )
        self.worker = FormWorker(self.workspace, lambda: self.now)
        return self

    def __exit__(self, *_: object) -> None:
        self.worker.close()
        self.sites.__exit__(None, None, None)

    def turn(self, days: int = 0) -> None:
        self.now += timedelta(days=days)
        self.worker.turn()
        with reading(self.workspace.engine) as session:
            asks = open_asks(session, self.now)
        for ask in asks:
            answer_ask(self.workspace, ask.request, read_picture(ask.picture), "person:li", self.now)
            self.worker.turn()
        tick(self.workspace, self.now, lambda: self.now)

    def answer(self) -> None:
        (sent,) = self.books.submissions
        self.books.note(sent.number, Note("answered", self.now, ANSWER))


def sent_by(folder: Path, platform: str, executor: str) -> dict[str, str]:
    with Town(folder, platform, executor=executor) as town:
        town.turn()
        (sent,) = town.books.submissions
        town.answer()
        town.turn(2)
        (request,) = call(town.folder, "status", "--all", "--json", clock=lambda: town.now).json["requests"]
        assert request["state"] == "replied", rows(town.folder, "SELECT answer FROM outbox")
        assert rows(town.folder, "SELECT COUNT(*) FROM raw_message WHERE source = 'page'") == [(1,)]
        return {name: text for name, text in sent.fields.items() if name not in CHANCE}


CHANCE = {"token", "vcode", "txtPwd", "txtPwd2"}  # different in every session


@pytest.mark.needs("chromium")
@pytest.mark.parametrize(
    "platform", sorted(name.replace("_", "-") for name in PLATFORMS if name != "captcha")
)
def test_both_machines_send_the_same_fields_and_read_the_same_answer(tmp_path: Path, platform: str) -> None:
    by_http = sent_by(tmp_path / "http", platform, "http")
    by_browser = sent_by(tmp_path / "browser", platform, "browser")
    assert by_http == by_browser
    assert len(by_http) >= 9


def test_a_captcha_of_the_city_is_read_by_a_person_and_sent_once(tmp_path: Path) -> None:
    assert sent_by(tmp_path / "http", "captcha", "http")["title"] == "部门决算公开说明"


@pytest.mark.parametrize("executor", MACHINES)
def test_without_a_status_page_the_public_list_is_searched_for_our_title(
    tmp_path: Path, executor: str
) -> None:
    with Town(tmp_path / "w", "mailbox", executor=executor, status=None) as town:
        town.turn()
        for number in range(12):  # others' letters come before and behind
            entry = town.books.submit(
                {}, unit="501", kind="consultation", title=f"别人的来信{number}", text=""
            )
            town.books.note(entry.number, Note("answered", town.now, "已办理。"))
        town.turn(1)
        assert rows(town.folder, "SELECT state FROM request_state") == [("sent",)]
        (sent, *_others) = town.books.submissions
        town.now += timedelta(days=1)
        town.books.note(sent.number, Note("answered", town.now, ANSWER))
        town.turn(2)
        (payload,) = rows(town.folder, "SELECT payload FROM event WHERE kind = 'read'")
        assert json.loads(payload[0])["time_basis"] == "site_date"
        ((at,),) = rows(town.folder, "SELECT happened_at FROM event WHERE kind = 'read'")
        assert at.startswith("2026-03-04")
        assert "GET /robots.txt" in town.sites.requests["mailbox"]
