"""Closing a round and making it final: what each refuses, and what no longer changes afterwards."""

from datetime import datetime

from tests.cli.conftest import Desk
from tracker.domain.terms import SHANGHAI


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
