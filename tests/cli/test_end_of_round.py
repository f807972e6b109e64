"""Closing a round and making it final: what each refuses, and what no longer changes afterwards."""

from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

import pytest

from tests.cli.conftest import Desk
from tracker.domain.terms import SHANGHAI
from tracker.errors import UserError
from tracker.services.accounts import Role, Visit
from tracker.services.case import case_of
from tracker.services.coding import adjudicate, code, reopen
from tracker.services.queue import Subject
from tracker.settings import open_workspace
from tracker.store.database import reading


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def in_spring(desk: Desk) -> None:
    """The sample round of consultations in March, whose every due date a holiday notice covers."""
    desk.now = at("2026-03-02T08:00")
    desk.change("round.toml", "2026-12-07", "2026-03-02")
    desk.change("round.toml", "2026-12-18", "2026-03-20")
    desk.change("round.toml", 'kinds = ["disclosure", "consultation"]', 'kinds = ["consultation"]')
    desk.change("round.toml", "# seed = 20261207 ", "seed = 20261207 ")
    desk.call("plan")
    desk.call("approve")


# --- closing ---------------------------------------------------------------------------------------------


def test_a_round_whose_approved_requests_are_not_sent_is_not_closed_by_mistake(approved: Desk):
    first = approved.rows("SELECT min(planned_at) FROM request WHERE channel IS NOT NULL")[0][0]
    waiting = sum(one["state"] == "approved" for one in approved.json("status", "--all")["requests"])
    planned_at = datetime.fromisoformat(first + "+00:00").astimezone(SHANGHAI)
    assert approved.refused_here("close") == (
        f"sample-2026: {waiting} approved requests are not sent yet, the first is planned for "
        f"{planned_at:%Y-%m-%d %H:%M}. Wait until all are sent, or close the round without them: "
        "`tracker close --not-sent`; they never are then.\n"
    )


def test_a_round_is_closed_without_what_is_not_sent_if_one_says_so(approved: Desk):
    assert approved.call("close", "--not-sent").out.startswith("sample-2026: closed.")
    found = approved.json("status", "--all")
    assert found["state"] == "closed"
    assert set(found["verdicts"]) == {"not_sent", "channel_failed"}
    approved.now = at("2026-12-09T18:00")  # within the window: tasks to hand in would be due
    assert approved.json("task", "list") == []


def test_a_round_past_its_window_is_closed_whatever_was_not_sent(desk: Desk):
    in_spring(desk)
    desk.now = at("2026-03-23T08:00")  # some requests of the last week may still go out
    assert "approved requests are not sent yet" in desk.refused_here("close")
    desk.now = at("2026-04-01T08:00")
    desk.call("close")
    assert desk.json("status")["state"] == "closed"


# --- final -----------------------------------------------------------------------------------------------

# with this seed: by web form, and by telephone
FORM, CALL = "sample-2026-C0002", "sample-2026-C0005"
REPLY = ["--by", "phone", "--kind", "reply", "--outcome", "answer"]
RESULTS = ("requests.csv", "readings.csv")


def handed_in(desk: Desk) -> None:
    """Two consultations were handed in, both due on 27 March at the latest."""
    in_spring(desk)
    for reference in (CALL, FORM):
        planned = desk.rows(f"SELECT planned_at FROM request WHERE reference = '{reference}'")[0][0]
        desk.now = datetime.fromisoformat(planned + "+00:00").astimezone(SHANGHAI)
        desk.call("task", "done", f"submit:{reference}")


@pytest.fixture
def final(desk: Desk) -> Desk:
    handed_in(desk)
    desk.now = at("2026-04-10T08:00")
    desk.call("close")
    desk.call("close", "--final")
    desk.now = at("2026-04-13T08:00")
    return desk


def verdicts(desk: Desk) -> dict[str, str]:
    return {one["reference"]: one["verdict"] for one in desk.json("status", "--all")["requests"]}


def results(desk: Desk) -> list[bytes]:
    desk.call("export", str(desk.folder / "export"))
    return [(desk.folder / "export" / name).read_bytes() for name in RESULTS]


def test_a_round_is_not_final_while_a_time_limit_runs(desk: Desk):
    handed_in(desk)
    desk.now = at("2026-03-16T08:00")
    desk.call("close", "--not-sent")
    assert "requests still run" in desk.refused_here("close", "--final")
    desk.now = at("2026-04-10T08:00")
    desk.call("close", "--final")


def test_nothing_is_decided_in_a_final_round(final: Desk):
    before, message = verdicts(final), "0" * 64
    assert before[CALL] == "no_reply"
    for words in (
        ["record", CALL, *REPLY, "--at", "2026-03-20T10:00"],
        ["record", CALL, "--signed-on", "2026-03-20"],
        ["settle", CALL, "--not-sent"],
        ["review", "confirm", CALL, message, "--kind", "reply", "--outcome", "answer"],
    ):
        assert final.refused_here(*words) == (
            f"{CALL}: its round sample-2026 is final: its results stand, and nothing more is decided or "
            "recorded in it. Letters are still taken in and kept.\n"
        )
    assert verdicts(final) == before


def test_no_vote_is_taken_in_a_final_round(final: Desk):
    workspace, subject = open_workspace(final.folder), Subject(CALL, "0" * 64)
    for vote in (
        lambda: code(workspace, subject, {}, "wang", final.now),
        lambda: adjudicate(workspace, subject, {}, "wang", final.now, "reason"),
        lambda: reopen(workspace, subject, "chen", final.now, "reason"),
    ):
        with pytest.raises(UserError, match="is final"):
            vote()


def test_a_late_letter_is_kept_and_changes_no_verdict_of_a_final_round(final: Desk):
    before, exported = verdicts(final), results(final)
    told = final.json("explain", FORM)
    (title,) = final.rows(
        f"SELECT title FROM question JOIN request USING (round, question_id) WHERE reference = '{FORM}'"
    )[0]
    mailbox = final.rows(
        f"SELECT mailbox FROM applicant JOIN request ON code = applicant WHERE reference = '{FORM}'"
    )[0][0]
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "bgs@heshan.test", mailbox, f"Re: {title}"
    letter["Date"] = format_datetime(at("2026-03-13T09:00"))
    letter.set_content("您好，您咨询的事项现答复如下：请携带身份证到政务服务中心三楼办理。")
    final.call("import", "mail", str(final.write("late.eml", letter.as_bytes())))
    for task in final.json("task", "list"):  # a held letter is filed, that it keeps nothing else open
        assert task["kind"] == "held"
        final.call("review", "assign", task["subject"], FORM)
    assert final.rows(f"SELECT count(*) FROM event WHERE request = '{FORM}' AND kind = 'read'") == [(1,)]
    assert verdicts(final) == before
    assert results(final) == exported
    explained = final.json("explain", FORM)
    assert {**explained, "events": []} == {**told, "events": []}
    assert final.json("task", "list") == final.json("review", "list") == []


def test_time_changes_no_verdict_of_a_final_round(final: Desk):
    before, exported = verdicts(final), results(final)
    final.now = at("2026-12-01T08:00")  # past the months after which silence is a veto
    assert verdicts(final) == before
    assert results(final) == exported
    assert final.json("explain", CALL)["as_of"] == "2026-04-10"


def test_the_desk_shows_a_final_round_as_it_was_made_final(final: Desk):
    workspace = open_workspace(final.folder)
    visit = Visit("chen", Role.LEAD, "")

    def shown() -> tuple[Any, ...]:
        with reading(workspace.engine) as session:
            case = case_of(session, workspace, CALL, visit, final.now)
            return case.measured.measurement, case.statement

    before = shown()
    final.now = at("2026-12-01T08:00")
    assert shown() == before
