"""People's tasks at the desk: the same ones as on the command line, done by the same services."""

import re
from datetime import UTC, datetime, timedelta

from sqlmodel import Session

from tests.acceptance.workspaces import APPLICANT_NAME, LONG_AGO, build, call, change, rows
from tests.web.desks import NOW, answered_round, desk, letter
from tracker.services.contacts import record_look, record_submission
from tracker.services.review import assign
from tracker.services.standings import refresh_standings
from tracker.services.task_kinds import TaskKind
from tracker.services.tasks import count_open_tasks, count_standing_tasks, open_tasks, standing_tasks
from tracker.store.database import reading


def ids(tasks):
    return [task.task_id for task in tasks if task.kind not in (TaskKind.REVIEW, TaskKind.ASSIGN)]


def both(session: Session, workspace, now=NOW):
    return ids(standing_tasks(session, workspace, now)), ids(open_tasks(session, workspace, now))


def test_the_quick_list_is_that_of_the_command_line(open_round):
    """The third office is silent past its due date: a call has to show whether the letter arrived."""
    later = NOW + timedelta(days=60)
    change(
        open_round.workspace.root,
        "UPDATE mailbox_health SET last_ok_at = ?",
        f"{later:%Y-%m-%d %H:%M:%S.%f}",
    )
    assign_all(open_round)
    refresh_standings(open_round.workspace, later)
    with reading(open_round.workspace.engine) as session:
        quick, whole = both(session, open_round.workspace, later)
    assert quick == whole == [f"call:{open_round.references[2]}"]


def assign_all(answered):
    for (held,) in rows(answered.workspace.root, "SELECT sha256 FROM held_message"):
        assign(answered.workspace, held, [], "person:lead", NOW)


def test_a_form_is_handed_in_by_hand_with_its_receipt_and_proof(tmp_path):
    workspace = build(tmp_path / "w", smtp_port=1, imap_port=1, offices=[], web_forms=1, planned_at=LONG_AGO)
    refresh_standings(workspace, NOW)
    with reading(workspace.engine) as session:
        quick, whole = both(session, workspace)
        assert quick == whole == ["submit:small-D0001"]
    with desk(workspace, lead="lead", wang="reviewer") as people:
        lead, path = people["lead"], "/tasks/submit:small-D0001"
        assert APPLICANT_NAME in lead.get(path)
        assert APPLICANT_NAME not in people["wang"].get(path)
        files = {"proof": ("slip.png", b"\x89PNG....", "image/png")}
        fields = {"form_token": lead.token(), "receipt_no": "0017"}
        assert lead.client.post(path, data=fields, files=files).status_code == 303
        assert lead.client.post(path, data=fields).status_code == 409  # done already
    assert rows(workspace.root, "SELECT state FROM request_state") == [("sent",)]
    assert rows(workspace.root, "SELECT COUNT(*) FROM receipt") == [(1,)]
    kept = rows(workspace.root, "SELECT COUNT(*) FROM evidence WHERE media_type = 'application/octet-stream'")
    assert kept == [(1,)]


def test_a_page_that_no_machine_looks_after_is_looked_at_every_five_working_days(tmp_path):
    workspace = build(tmp_path / "w", smtp_port=1, imap_port=1, offices=[], web_forms=1, planned_at=LONG_AGO)
    reference, monday = "small-D0001", datetime(2026, 3, 2, 4, tzinfo=UTC)
    record_submission(workspace, reference, monday, "person:lead", monday)
    for days, expected in ((4, []), (7, [f"look:{reference}"])):
        later = monday + timedelta(days=days)
        refresh_standings(workspace, later)
        with reading(workspace.engine) as session:
            assert both(session, workspace, later) == (expected, expected)
            assert count_standing_tasks(session, workspace, later) == len(expected)
    record_look(workspace, reference, later, "person:lead", later)
    refresh_standings(workspace, later)
    with reading(workspace.engine) as session:
        assert both(session, workspace, later) == ([], [])


def test_the_overview_counts_what_the_command_line_lists(tmp_path):
    """What a machine read surely is to be coded, and holds nothing up."""
    held = letter(9, 9, "关于部门决算公开说明，现答复如下：予以公开。")
    doubtful = "关于部门决算公开说明，情况如下：去年开支一百万元。"
    answered = answered_round(tmp_path / "w", {1: letter(1, 1), 2: letter(2, 2, doubtful), 9: held})
    later = NOW + timedelta(days=60)
    refresh_standings(answered.workspace, later)
    with reading(answered.workspace.engine) as session:
        listed = open_tasks(session, answered.workspace, later)
        assert count_open_tasks(session, answered.workspace, later) == len(listed)
        assert {TaskKind.REVIEW, TaskKind.ASSIGN} <= {task.kind for task in listed}
    with desk(answered.workspace, lead="lead") as people:
        now = call(answered.workspace.root, "task", "list", "--json").json
        assert f"<b>{len(now)}</b>stuck with us" in people["lead"].get("/")
        assert "doubtful: 1" in people["lead"].get("/tasks")


def test_a_contact_of_which_nothing_was_said_is_refused_by_the_field_and_the_rest_stays(open_round):
    folder, path = open_round.workspace.root, f"/requests/{open_round.references[2]}/contact"
    count = "SELECT COUNT(*) FROM event"
    before = rows(folder, count)
    with desk(open_round.workspace, wang="reviewer") as people:
        wang = people["wang"]
        assert "selected" not in wang.get(path)
        page = wang.post(path, 422, medium="", kind="", outcome="", note="已收到您的来信")
        assert by_field(page) == {"medium": "Choose how it came.", "kind": "Choose what it was."}
        assert "已收到您的来信" in page
        page = wang.post(path, 422, medium="phone", kind="reply", outcome="")
        assert by_field(page) == {"outcome": "Choose what the reply decides."}
        assert '<option value="phone" selected>' in page
        assert rows(folder, count) == before
        wang.post(path, medium="phone", kind="acknowledgement", outcome="")
        assert rows(folder, count) > before


def by_field(page: str) -> dict[str, str]:
    return dict(re.findall(r'<p class="fault" id="(\w+)-fault" role="alert">([^<]+)</p>', page))


def test_a_captcha_that_waits_is_shown_and_answered(open_round):
    folder = open_round.workspace.root
    later = f"{NOW.replace(year=NOW.year + 1):%Y-%m-%d %H:%M:%S.%f}"
    change(
        folder,
        "INSERT INTO ask (request, name, prompt, picture, asked_at, expires_at, answered_by) "
        "VALUES (?, 'captcha', '验证码', ?, ?, ?, '')",
        open_round.references[2], b"\x89PNG-picture", f"{NOW:%Y-%m-%d %H:%M:%S.%f}", later,
    )  # fmt: skip
    with desk(open_round.workspace, wang="reviewer") as people:
        wang = people["wang"]
        assert "验证码" in wang.get("/asks")
        assert wang.client.get("/asks/1/picture").content == b"\x89PNG-picture"
        assert "done=answered" in wang.post(f"/asks/{open_round.references[2]}", answer="x7kq")
        assert "done=too_late" in wang.post(f"/asks/{open_round.references[2]}", answer="x7kq")
    assert rows(folder, "SELECT answer, answered_by FROM ask") == [("x7kq", "person:wang")]
