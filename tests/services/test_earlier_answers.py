"""What an answer teaches for the letters that come later, and what a person's correction takes back."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tracker.domain.terms import EventKind, MessageKind
from tracker.services.imports import import_mail
from tracker.services.review import confirm
from tracker.services.sent_elsewhere import import_requests
from tracker.services.workspaces import make_workspace
from tracker.settings import Workspace, open_workspace
from tracker.store.database import reading, writing
from tracker.store.events import events_of_kind, record

NOW = datetime(2026, 11, 2, tzinfo=UTC)
REQUESTS = """reference,kind,unit,applicant,to,subject,message_id,sent_at,body
W-1,disclosure,延泽市水务局,王芳 <wangfang@mail.test>,swj@yanze.test,申请公开农村饮水安全工程资金分配结果,<w1@mail.test>,\
2026-04-07T09:00:00+08:00,申请公开2025年农村饮水安全工程资金分配结果。
S-1,disclosure,延泽市教育局,王芳 <wangfang@mail.test>,jyj@yanze.test,申请公开义务教育学校招生划片范围,<s1@mail.test>,\
2026-04-07T10:00:00+08:00,申请公开2026年义务教育学校招生划片范围。
"""
FIRST = "王芳您好，市水务局让我把农村饮水安全工程资金分配结果发您，名单里个人信息不能公开，其余见附件。"
LATER = "农村饮水安全工程的分配结果上次数字有误，是92处，特更正。"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    make_workspace(tmp_path / "workspace", NOW)
    (tmp_path / "requests.csv").write_text(REQUESTS, encoding="utf-8")
    found = open_workspace(tmp_path / "workspace")
    import_requests(found, tmp_path / "requests.csv", "tester", NOW)
    return found


def take(workspace: Workspace, number: int, body: str) -> str | None:
    """The request that a letter of the same private address answers."""
    file = workspace.root.parent / f"{number}.eml"
    lines = [
        "From: Li <laoli@163.example>",
        "To: wangfang@mail.test",
        f"Message-ID: <{number}@163.example>",
        "Subject: " + "=?utf-8?B?6KGl5YWF?=",
        f"Date: Wed, {number:02} Apr 2026 09:00:00 +0800",
        "Content-Type: text/plain; charset=utf-8",
        "",
        body,
    ]
    file.write_text("\r\n".join(lines), encoding="utf-8")
    import_mail(workspace, [file], NOW)
    with reading(workspace.engine) as session:
        last = list(events_of_kind(session, EventKind.READ, EventKind.HELD))[-1]
    return last.request


def test_who_answered_once_is_known_and_his_correction_decides_what_he_decided(workspace: Workspace) -> None:
    assert take(workspace, 15, LATER) is None
    assert take(workspace, 16, FIRST) == "W-1"
    assert take(workspace, 17, LATER + "抱歉。") == "W-1"
    with reading(workspace.engine) as session:
        first, later = [event.payload["outcome"] for event in events_of_kind(session, EventKind.READ)]
    assert (first, later) == ("partly_disclosed", "partly_disclosed")


def test_what_a_person_found_to_be_unrelated_teaches_nothing(workspace: Workspace) -> None:
    assert take(workspace, 16, FIRST) == "W-1"
    with reading(workspace.engine) as session:
        (event,) = events_of_kind(session, EventKind.READ)
    confirm(workspace, "W-1", event.source_sha256 or "", MessageKind.UNRELATED, None, "tester", NOW)
    with writing(workspace.engine) as session:  # a newer lexicon reads it again
        record(session, [replace(event, dedupe_key="read again")])
    assert take(workspace, 17, LATER) is None
