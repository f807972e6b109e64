"""Forms by machine: sent once, looked up, parked for a person, given up to people, and never lost."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.workspaces import CHEN, build, call, change, count_events, rows
from tests.servers.portal import Portal, recipe
from tracker.services.asks import answer_ask, call_forms, open_asks
from tracker.services.contacts import record_submission
from tracker.services.forms import FormReport, FormWorker
from tracker.services.sending import recover_interrupted
from tracker.services.tick import tick
from tracker.settings import Workspace
from tracker.store.database import reading

NOW = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)  # a Monday evening in Shanghai: the day's looks are over
DAY = timedelta(days=1)


class Stage:
    """A workspace whose requests go by form to one site, a clock, and the worker."""

    def __init__(self, folder: Path, portal: Portal, forms: int = 1, **more: Any) -> None:
        self.portal, self.now = portal, NOW
        self.workspace: Workspace = build(
            folder,
            smtp_port=1,
            imap_port=1,
            offices=(),
            forms=[f"{portal.address}/apply"] * forms,
            recipe=recipe(has_captcha=portal.has_captcha, **more),
            planned_at=NOW - 30 * DAY,
        )
        self.folder = folder
        change(
            folder,
            "INSERT INTO mailbox_health (mailbox, watched_since, last_ok_at, failures, fault) VALUES (?, ?, ?, 0, '')",
            CHEN, "2026-02-01 00:00:00", "2026-03-01 00:00:00",
        )  # fmt: skip
        self.worker = FormWorker(self.workspace, lambda: self.now)

    def turn(self, later: timedelta = timedelta()) -> FormReport:
        """One turn of the worker, and the tick that takes in what it found."""
        self.now += later
        change(self.folder, "UPDATE mailbox_health SET last_ok_at = ?", f"{self.now:%Y-%m-%d %H:%M:%S}")
        report = self.worker.turn()
        tick(self.workspace, self.now, lambda: self.now)
        return report

    def again(self) -> None:
        """The process dies and starts anew."""
        self.worker.close()
        recover_interrupted(self.workspace, self.now)
        self.worker = FormWorker(self.workspace, lambda: self.now)

    def tasks(self) -> list[dict[str, Any]]:
        return call(self.folder, "task", "list", "--json", clock=lambda: self.now).json

    def requests(self) -> list[dict[str, Any]]:
        seen = call(self.folder, "status", "--all", "--json", clock=lambda: self.now).json
        return seen["requests"]

    @property
    def request(self) -> dict[str, Any]:
        (one,) = self.requests()
        return one

    def events(self, kind: str) -> list[dict[str, Any]]:
        return [
            json.loads(text)
            for (text,) in rows(self.folder, "SELECT payload FROM event WHERE kind = ?", kind)
        ]


@pytest.fixture
def portal() -> Iterator[Portal]:
    with Portal() as running:
        yield running


@pytest.fixture
def stage(tmp_path: Path, portal: Portal) -> Iterator[Stage]:
    made = Stage(tmp_path / "workspace", portal)
    yield made
    made.worker.close()


def test_a_form_is_filled_in_once_and_its_receipt_is_kept_as_a_secret(stage: Stage):
    assert stage.turn() == FormReport(submitted=1, looked_up=0)
    assert stage.turn(timedelta(hours=1)) == FormReport(0, 0)
    ((number, entry),) = stage.portal.entries.items()
    assert entry.fields == {
        "name": "陈示例",
        "title": "部门决算公开说明",
        "text": "请公开贵单位上年度部门决算公开说明。",
    }
    assert stage.request["state"] == "sent"
    (sent,) = stage.events("dispatched")
    assert (sent["platform"], sent["receipt_on"]) == ("portal", "2026-03-02")
    assert [exhibit["name"] for exhibit in sent["exhibits"]] == ["receipt"]
    told = json.dumps(rows(stage.folder, "SELECT payload FROM event"))
    assert number not in told
    assert entry.code not in told
    call(stage.folder, "verify")


def test_the_page_is_looked_at_daily_and_an_answer_is_read_with_both_its_dates(stage: Stage):
    stage.turn()
    for _day in range(3):
        assert stage.turn(DAY).looked_up == 1
    (entry,) = stage.portal.entries.values()
    entry.status, entry.shown_on = "已答复", "2026年3月5日"
    entry.text = (
        "经审查，您申请的信息属于主动公开范围，已在我局网站公开。根据条例第三十六条第一项，告知您获取方式。"
    )
    stage.turn(2 * DAY)
    (read,) = stage.events("read")
    assert (read["kind"], read["outcome"], read["match"]) == ("reply", "already_public", ["number"])
    assert read["time_basis"] == "site_date"
    ((at,),) = rows(stage.folder, "SELECT happened_at FROM event WHERE kind = 'read'")
    assert at.startswith("2026-03-05")
    assert read["arrived_at"].startswith("2026-03-07")
    asked = len(stage.portal.asked)
    assert stage.turn(DAY).looked_up == 0  # answered: nothing more to look for
    assert len(stage.portal.asked) == asked


def test_the_verdict_is_counted_by_the_sites_date_and_by_our_first_sight_of_it(stage: Stage):
    stage.turn()
    due_on = stage.request["due_on"]
    while stage.now.date().isoformat() < due_on:
        stage.turn(DAY)
    (entry,) = stage.portal.entries.values()
    entry.status, entry.shown_on = "已答复", due_on
    entry.text = "经检索，您申请公开的部门决算公开说明，本机关未制作，该信息不存在。"
    stage.turn(DAY)
    assert stage.request["verdict"] == "in_time"
    told = call(stage.folder, "explain", stage.request["reference"], "--json", clock=lambda: stage.now).json
    verdicts = {reading["reply_time"]: reading["verdict"] for reading in told["readings"]}
    assert verdicts == {"stamp": "in_time", "arrival": "late"}
    assert told["summary"] == "under_some"


def test_looks_that_show_nothing_new_keep_nothing(stage: Stage):
    stage.turn()
    stage.turn(DAY)
    kept = rows(stage.folder, "SELECT COUNT(*) FROM evidence")
    for _day in range(5):
        stage.turn(DAY)
    assert rows(stage.folder, "SELECT COUNT(*) FROM evidence") == kept


def test_a_linked_file_is_fetched_with_the_answer(stage: Stage):
    stage.turn()
    stage.turn(DAY)
    (entry,) = stage.portal.entries.values()
    entry.status, entry.text, entry.file = (
        "已答复",
        "答复见附件。",
        ("答复.txt", "经检索，该信息不存在。".encode()),
    )
    stage.turn(DAY)
    (read,) = stage.events("read")
    assert read["outcome"] == "not_held"
    assert "GET /file" in stage.portal.asked


def test_a_word_of_the_site_moves_the_state(stage: Stage):
    stage.turn()
    stage.turn(DAY)
    (entry,) = stage.portal.entries.values()
    entry.status = "已受理"
    stage.turn(DAY)
    (read,) = stage.events("read")
    assert (read["kind"], read["evidence"]) == ("acknowledgement", ["status: 已受理"])
    assert stage.request["state"] == "acknowledged"
    entry.status = "转阅中"  # a word that the recipe does not know
    stage.turn(DAY)
    assert "review" in {task["kind"] for task in stage.tasks()}


def test_silence_counts_only_when_the_page_was_seen_after_the_due_date(stage: Stage):
    stage.turn()
    due = next(one["due_on"] for one in stage.requests())
    while stage.now.date().isoformat() < due:
        stage.turn(DAY)
    stage.portal.trouble["/query"] = 500
    stage.turn(2 * DAY)
    assert (stage.request["verdict"], stage.request["reason"]) == (
        "not_assessable",
        "page_not_looked_at_since_due",
    )
    stage.portal.trouble.clear()
    stage.turn(DAY)
    assert stage.request["verdict"] == "overdue"


def test_the_evidence_of_a_request_can_be_taken_out_and_viewed(stage: Stage, tmp_path: Path):
    stage.turn()
    (entry,) = stage.portal.entries.values()
    entry.status, entry.text, entry.file = "已答复", "答复见附件。", ("答复.txt", b"x" * 100)
    stage.turn(2 * DAY)
    reference = stage.request["reference"]
    paths = [
        Path(line)
        for line in call(stage.folder, "evidence", reference, str(tmp_path / "out")).out.splitlines()
    ]
    for path in paths:
        assert hashlib.sha256(path.read_bytes()).hexdigest()[:16] == path.name.split(".")[0].split("-")[-1]
    names = [path.name for path in paths]
    assert any(name.endswith(".warc.gz") and "dispatched-receipt" in name for name in names)
    assert any(name.endswith(".warc.gz") and "read-page" in name for name in names)
    assert any("read-file" in name for name in names)
    refused = call(stage.folder, "evidence", reference, str(tmp_path / "out"), expect=1)
    assert "is not empty" in refused.talk


def test_a_site_is_left_in_peace_between_two_visits(tmp_path: Path, portal: Portal):
    stage = Stage(
        tmp_path / "workspace", portal, forms=3, limits={"per_applicant_per_day": 9, "seconds_between": 5}
    )
    counts = [stage.turn(timedelta(seconds=2)).submitted for _turn in range(8)]
    assert counts == [1, 0, 0, 1, 0, 0, 1, 0]
    stage.worker.close()


def test_a_platform_bears_only_so_many_a_day_from_one_applicant(tmp_path: Path, portal: Portal):
    limits = {"per_applicant_per_day": 2, "seconds_between": 0}
    stage = Stage(tmp_path / "workspace", portal, forms=3, limits=limits)
    assert [stage.turn().submitted, stage.turn(DAY / 24).submitted, stage.turn(DAY).submitted] == [2, 0, 1]
    stage.worker.close()


@pytest.mark.needs("chromium")
def test_a_browser_keeps_what_was_filled_in_and_what_came_of_it(tmp_path: Path, portal: Portal):
    stage = Stage(tmp_path / "workspace", portal, executor="browser")
    assert stage.turn().submitted == 1
    (sent,) = stage.events("dispatched")
    assert [(one["name"], one["media_type"]) for one in sent["exhibits"]] == [
        ("submit", "image/png"), ("submit", "multipart/related"), ("submit", "application/warc"),
        ("receipt", "image/png"), ("receipt", "multipart/related"), ("receipt", "application/warc"),
    ]  # fmt: skip
    stage.worker.close()


# --- what goes wrong --------------------------------------------------------------------------------------


def test_a_fault_before_anything_was_sent_is_tried_again_and_then_a_persons(stage: Stage):
    stage.portal.trouble["/apply"] = 500
    for _try in range(2):
        stage.turn(DAY / 4)
        assert stage.request["state"] == "approved"
        assert stage.tasks() == []
    stage.turn(DAY / 4)
    assert [(task["kind"], task["channel"]) for task in stage.tasks()] == [("submit", "web_form")]
    stage.portal.trouble.clear()
    stage.turn(DAY)
    assert stage.portal.entries == {}  # it is the person's now


@pytest.mark.parametrize(
    "trouble", [500, "<p>系统繁忙</p>", "<p>您的访问请求可能对网站造成威胁，已被拦截</p>"]
)
def test_what_failed_behind_the_click_is_unsettled_with_the_list_in_its_task(
    stage: Stage, trouble: int | str
):
    stage.portal.trouble["POST"] = trouble
    stage.turn()
    stage.turn(DAY)
    assert len(stage.portal.entries) == 1
    assert stage.request["state"] == "unsettled"
    (task,) = stage.tasks()
    assert task["kind"] == "settle"
    assert task["found"] == [{"receipt_no": "2026-0001", "title": "部门决算公开说明"}]
    call(stage.folder, "settle", stage.request["reference"], "--sent")
    stage.portal.trouble.clear()
    stage.turn(DAY)
    assert len(stage.portal.entries) == 1


def test_a_form_that_was_being_sent_when_the_process_died_is_unsettled(stage: Stage):
    stage.turn()
    change(stage.folder, "UPDATE outbox SET status = 'sending'")
    change(stage.folder, "DELETE FROM event WHERE kind = 'dispatched'")
    stage.again()
    assert stage.turn(DAY).submitted == 0
    assert len(stage.portal.entries) == 1
    assert count_events(stage.folder, "send_unsettled") == 1


def test_repeated_faults_blow_the_fuse_and_file_one_task(tmp_path: Path, portal: Portal):
    stage = Stage(tmp_path / "workspace", portal, forms=6)
    portal.trouble["/apply"] = "<p>页面改版</p>"
    stage.turn()
    asked = len(portal.asked)
    assert asked == 5
    stage.turn(DAY)
    assert len(portal.asked) == asked
    kinds = [task["kind"] for task in stage.tasks()]
    assert kinds.count("recipe") == 1
    assert kinds.count("submit") == 6
    portal.trouble.clear()
    call(stage.folder, "recipe", "release", "portal", clock=lambda: stage.now)
    assert stage.turn().submitted == 6
    stage.worker.close()


# --- a person's step --------------------------------------------------------------------------------------


@pytest.fixture
def asking(tmp_path: Path) -> Iterator[Stage]:
    with Portal(has_captcha=True) as portal:
        made = Stage(tmp_path / "workspace", portal)
        yield made
        made.worker.close()


def picture(stage: Stage) -> str:
    with reading(stage.workspace.engine) as session:
        (ask,) = open_asks(session, stage.now)
    return ask.picture.decode("latin-1")[8:]


def test_a_captcha_parks_the_form_until_a_person_has_read_it(asking: Stage):
    assert asking.turn().submitted == 0
    (task,) = asking.tasks()
    assert (task["kind"], task["prompt"], task["has_picture"]) == ("ask", "输入图中的字符", True)
    assert asking.request["state"] == "approved"
    call(asking.folder, "task", "answer", task["task"], "--answer", picture(asking), clock=lambda: asking.now)
    assert asking.turn().submitted == 1
    assert asking.request["state"] == "sent"
    assert asking.tasks() == []


def test_a_wrong_answer_is_asked_again_three_times_and_then_waits_an_hour(asking: Stage):
    asking.turn()
    for _try in range(3):
        assert answer_ask(asking.workspace, asking.request["reference"], "wrong", "person:li", asking.now)
        asking.turn(timedelta(seconds=5))
        asking.turn(timedelta(seconds=5))
    assert asking.tasks() == []
    assert asking.request["state"] == "approved"
    assert asking.portal.entries == {}
    asking.turn(timedelta(hours=1))
    assert [task["kind"] for task in asking.tasks()] == ["ask"]


def test_an_answer_that_does_not_come_gives_the_form_back_and_a_person_can_call_it(asking: Stage):
    asking.turn()
    asking.turn(timedelta(minutes=11))
    assert asking.tasks() == []
    assert not answer_ask(asking.workspace, asking.request["reference"], "k1", "person:li", asking.now)
    assert call_forms(asking.workspace, asking.now) == 1
    asking.turn()
    assert [task["kind"] for task in asking.tasks()] == ["ask"]


def test_a_form_that_a_person_handed_in_meanwhile_is_not_sent(asking: Stage):
    asking.turn()
    change(asking.folder, "UPDATE outbox SET status = 'with_person'")
    record_submission(asking.workspace, asking.request["reference"], asking.now, "person:li", asking.now)
    assert answer_ask(asking.workspace, asking.request["reference"], picture(asking), "person:li", asking.now)
    assert asking.turn().submitted == 0
    assert asking.portal.entries == {}
    assert asking.request["state"] == "sent"


def test_a_closed_round_visits_no_site(stage: Stage):
    stage.turn()
    stage.turn(DAY)
    call(stage.folder, "close", clock=lambda: stage.now)
    asked = len(stage.portal.asked)
    stage.turn(DAY)
    assert len(stage.portal.asked) == asked


def test_people_are_asked_to_look_every_five_working_days_where_no_machine_does(
    tmp_path: Path, portal: Portal
):
    stage = Stage(tmp_path / "workspace", portal, executor="person", status=None, list=None)
    reference = stage.request["reference"]
    assert [task["kind"] for task in stage.tasks()] == ["submit"]
    at = stage.now.astimezone().isoformat()
    call(
        stage.folder,
        "task",
        "done",
        f"submit:{reference}",
        "--at",
        at,
        "--receipt",
        "box=7",
        clock=lambda: stage.now,
    )
    days = []
    for _day in range(16):
        stage.turn(DAY)
        if tasks := [task for task in stage.tasks() if task["kind"] == "look"]:
            days.append(stage.now.date().day)
            call(stage.folder, "task", "done", tasks[0]["task"], clock=lambda: stage.now)
    assert days == [9, 16]  # March 2026: submitted on Monday the 2nd
    assert count_events(stage.folder, "looked_up") == 2
    stage.worker.close()


def test_what_a_public_list_does_not_show_is_for_a_person_to_look_up(tmp_path: Path, portal: Portal):
    """Our letter may stand on the next page of the list, or not be public: that proves no silence."""
    stage = Stage(tmp_path / "workspace", portal, status=None)
    stage.turn()
    portal.entries.clear()
    due_on = stage.request["due_on"]
    while stage.now.date().isoformat() < due_on:
        stage.turn(DAY)
        assert stage.tasks() == []
    stage.turn(DAY)
    assert count_events(stage.folder, "looked_up") == 0
    assert stage.request["reason"] == "page_not_looked_at_since_due"
    (task,) = stage.tasks()
    call(stage.folder, "task", "done", task["task"], clock=lambda: stage.now)
    assert stage.request["verdict"] == "overdue"
    stage.worker.close()


def test_a_question_dies_with_the_process_and_nothing_was_sent(asking: Stage):
    asking.turn()
    asking.again()
    assert asking.tasks() == []
    asking.turn(timedelta(seconds=1))
    assert [task["kind"] for task in asking.tasks()] == ["ask"]
    assert count_events(asking.folder, "claimed") == 0
