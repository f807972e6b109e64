"""Mail is read again when a scan or a newer lexicon has more to say; what a person said stands."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from tests.adapters.made_documents import kept
from tracker.adapters.files import find_file
from tracker.domain.terms import EventKind, MessageKind, Outcome
from tracker.services import scans
from tracker.services.imports import import_mail
from tracker.services.reread import Change, reread
from tracker.services.review import confirm, review_tasks
from tracker.services.sent_elsewhere import import_requests
from tracker.services.task_kinds import TaskKind
from tracker.services.tasks import open_tasks
from tracker.services.workspaces import make_workspace
from tracker.settings import Workspace, open_workspace
from tracker.store.database import reading
from tracker.store.events import events_of_kind, history_of
from tracker.store.tables import HeldMessageRow

NOW = datetime(2026, 11, 2, tzinfo=UTC)
REQUESTS = """reference,kind,unit,applicant,to,subject,message_id,sent_at,body
R1,disclosure,延川市自然资源局,王芳 <wang@mail.test>,zrzy@yanchuan.test,政府信息公开申请：城南片区规划方案,<r1@mail.test>,2026-09-07T09:00,请公开城南片区规划方案全文，谢谢。
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    make_workspace(tmp_path / "workspace", NOW)
    opened = open_workspace(tmp_path / "workspace")
    (tmp_path / "requests.csv").write_text(REQUESTS, encoding="utf-8")
    import_requests(opened, tmp_path / "requests.csv", "tester", NOW)
    return opened


Bring = Callable[..., None]


@pytest.fixture
def bring(workspace: Workspace, tmp_path: Path) -> Bring:
    def bring(
        text: str, *, scan: bytes = b"", sender: str = "zrzy@yanchuan.test", thread: str = "<r1@mail.test>"
    ) -> None:
        mail = EmailMessage(policy=SMTP)
        mail["From"], mail["To"], mail["Subject"] = sender, "wang@mail.test", "答复"
        mail["Date"] = "Mon, 21 Sep 2026 10:00:00 +0800"
        if thread:
            mail["In-Reply-To"] = thread
        mail.set_content(text)
        if scan:
            mail.add_attachment(scan, maintype="image", subtype="png", filename="扫描件.png")
        (tmp_path / "mail.eml").write_bytes(mail.as_bytes())
        import_mail(workspace, [tmp_path / "mail.eml"], NOW)

    return bring


def labels(workspace: Workspace) -> list[str]:
    with reading(workspace.engine) as session:
        return [r.outcome or r.kind for r in history_of(session, "R1").readings]


def tasks(workspace: Workspace, kind: TaskKind) -> list[str]:
    with reading(workspace.engine) as session:
        return [task.subject for task in open_tasks(session, workspace, NOW) if task.kind is kind]


def message(workspace: Workspace) -> str:
    with reading(workspace.engine) as session:
        return events_of_kind(session, EventKind.READ, EventKind.HELD)[0].source_sha256 or ""


# --- scans --------------------------------------------------------------------------------------------


@pytest.mark.xdist_group("ocr")
def test_an_import_returns_when_the_scans_are_read_too(workspace: Workspace, bring: Bring) -> None:
    bring("见附件。", scan=kept("scan.png").raw)
    assert labels(workspace) == ["disclosed"]
    assert tasks(workspace, TaskKind.SCAN) == []


@pytest.mark.xdist_group("ocr")
def test_a_scan_is_looked_at_once(workspace: Workspace, bring: Bring) -> None:
    bring("见附件。", scan=kept("scan.png").raw)
    assert scans.read_scans(workspace, lambda: NOW) == 0
    with reading(workspace.engine) as session:
        assert len(events_of_kind(session, EventKind.SCAN_READ)) == 1
        assert len(events_of_kind(session, EventKind.READ)) == 2


def test_without_ocr_each_scan_is_a_task_until_a_person_has_read_it(
    workspace: Workspace, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scans, "has_ocr", lambda: False)
    bring("见附件。", scan=kept("scan.png").raw)
    assert labels(workspace) == ["unknown"]
    (task,) = tasks(workspace, TaskKind.SCAN)
    assert task.startswith(message(workspace)[:12])
    confirm(workspace, "R1", message(workspace), MessageKind.REPLY, Outcome.DISCLOSED, "liu", NOW)
    assert tasks(workspace, TaskKind.SCAN) == []


def test_a_scan_that_ocr_cannot_read_is_a_task(
    workspace: Workspace, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scans, "read_scan", lambda _attachment: None)
    bring("见附件。", scan=kept("scan.png").raw)
    assert len(tasks(workspace, TaskKind.SCAN)) == 1


def test_an_emblem_below_a_letter_is_no_scan(workspace: Workspace, bring: Bring) -> None:
    bring("您申请的信息不予公开。", scan=kept("scan.png").raw[:8] + b"\0" * 500)
    assert labels(workspace) == ["refused"]
    assert tasks(workspace, TaskKind.SCAN) == []


# --- a newer lexicon ----------------------------------------------------------------------------------


def newer_lexicon(workspace: Workspace) -> None:
    """One that takes every answer for a word that the thing is public already."""
    own = workspace.root / "data" / "lexicons"
    own.mkdir(parents=True)
    for name in ("cn.toml", "cn.weights.json"):
        (own / name).write_bytes(find_file(f"data/lexicons/{name}").read_bytes())
    weights = json.loads((own / "cn.weights.json").read_text(encoding="utf-8"))
    for table in weights.values():
        table["bias"][table["labels"].index("already_public")] += 10_000
    (own / "cn.weights.json").write_text(json.dumps(weights), encoding="utf-8")


def test_what_a_newer_lexicon_would_change_is_shown_and_only_then_recorded(
    workspace: Workspace, bring: Bring
) -> None:
    bring("您申请的信息，本机关不予公开。")
    assert reread(workspace, NOW, apply=False) == []
    newer_lexicon(workspace)
    (change,) = reread(workspace, NOW, apply=False)
    assert (change.request, change.before, change.is_by_person) == ("R1", "refused", False)
    assert labels(workspace) == ["refused"]
    assert reread(workspace, NOW, apply=True) == [change]
    assert labels(workspace) == [change.after] == ["already_public"]
    assert reread(workspace, NOW, apply=True) == []


def test_what_a_person_said_stands_and_a_sure_contradiction_is_shown_to_one(
    workspace: Workspace, bring: Bring
) -> None:
    bring("您申请的信息，本机关不予公开。")
    confirm(workspace, "R1", message(workspace), MessageKind.REPLY, Outcome.NOT_HELD, "liu", NOW)
    (change,) = reread(workspace, NOW, apply=False)
    assert change == Change(message(workspace), "R1", "not_held", "refused", is_by_person=True)
    newer_lexicon(workspace)
    (workspace.root / "data" / "lexicons" / "cn.toml").write_text(
        find_file("data/lexicons/cn.toml").read_text(encoding="utf-8") + "\n# newer\n", encoding="utf-8"
    )
    reread(workspace, NOW, apply=True)
    assert labels(workspace) == ["not_held"]
    with reading(workspace.engine) as session:
        assert [task.outcome for task in review_tasks(session)] == [Outcome.NOT_HELD]
    later = NOW + timedelta(hours=1)
    confirm(workspace, "R1", message(workspace), MessageKind.REPLY, Outcome.NOT_HELD, "liu", later)
    with reading(workspace.engine) as session:
        assert review_tasks(session) == []


def test_a_held_message_that_now_surely_answers_a_request_leaves_the_pen(
    workspace: Workspace, bring: Bring, tmp_path: Path
) -> None:
    bring("您申请的信息不予公开。", sender="clerk@qq.example", thread="<r2@mail.test>")
    assert labels(workspace) == []
    later = (
        REQUESTS.splitlines()[0]
        + "\nR2,disclosure,延川市水务局,王芳 <wang@mail.test>,sw@yanchuan.test,申请,<r2@mail.test>,2026-09-08T09:00,请公开水质检测报告，谢谢。\n"
    )
    (tmp_path / "later.csv").write_text(later, encoding="utf-8")
    import_requests(workspace, tmp_path / "later.csv", "tester", NOW)
    assert [(c.request, c.before, c.after) for c in reread(workspace, NOW, apply=True)] == [
        ("", "held", ""),
        ("R2", "", "refused"),
    ]
    with reading(workspace.engine) as session:
        assert session.get(HeldMessageRow, message(workspace)) is None
        assert [r.outcome for r in history_of(session, "R2").readings] == [Outcome.REFUSED]
