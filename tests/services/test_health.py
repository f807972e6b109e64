"""`tracker health` says in one line a mailbox whether it is read, and keeps a log of when it was."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.workspaces import CHEN, Done, build, call, rows
from tracker.adapters.imap import FetchedBatch, Mark
from tracker.daemon import tick_once
from tracker.services.health import note_tick
from tracker.services.tick import tick
from tracker.services.watch import Look
from tracker.settings import Workspace

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return build(tmp_path / "workspace", smtp_port=1, imap_port=1, is_approved=False, planned_at=NOW)


def look(workspace: Workspace, now: datetime, fault: str = "", vanished: tuple[int, ...] = ()) -> None:
    batch = FetchedBatch(CHEN, "INBOX", Mark(7, 11), 7, 12, vanished=vanished)
    tick(workspace, now, lambda: now, [Look(CHEN, now, () if fault else (batch,), fault)])
    note_tick(workspace, now)


def health(workspace: Workspace, now: datetime, expect: int = 0, *words: str) -> Done:
    return call(workspace.root, "health", *words, clock=lambda: now, expect=expect)


def log(workspace: Workspace, now: datetime, kind: str) -> list[dict[str, object]]:
    entries = map(json.loads, health(workspace, now, 0, "--log").out.splitlines())
    return [entry for entry in entries if entry["entry"] == kind]


def test_a_mailbox_that_is_read_is_well(workspace: Workspace) -> None:
    look(workspace, NOW)
    done = health(workspace, NOW + timedelta(minutes=5))
    assert done.json == {
        "mailbox": CHEN,
        "last_ok_at": "2026-03-02T10:00:00+08:00",
        "age_seconds": 300,
        "fault": "",
        "gap_since": None,
        "canary": None,
        "missing": {},
    }
    assert done.talk == ""
    seen = call(workspace.root, "status", "--json", clock=lambda: NOW + HOUR).json["mailboxes"]
    assert (seen[0]["age_seconds"], seen[0]["gap_since"]) == (3600, None)


def test_a_letter_that_the_server_does_not_hand_over_is_told_until_it_comes(workspace: Workspace) -> None:
    note_tick(workspace, NOW)
    for missing, code in ((frozenset({9, 4}), 1), (frozenset[int](), 0)):
        batch = FetchedBatch(CHEN, "INBOX", Mark(7, 11, missing), 7, 12)
        tick(workspace, NOW, lambda: NOW, [Look(CHEN, NOW, (batch,))])
        done = health(workspace, NOW, code)
        assert done.json["missing"] == ({"INBOX": [4, 9]} if missing else {})
        assert ("does not hand over 2 messages (UID 4, 9)" in done.talk) is bool(missing)


def test_a_mailbox_not_read_for_longer_than_gap_hours_is_ill_and_the_gap_is_open(
    workspace: Workspace,
) -> None:
    look(workspace, NOW)
    look(workspace, NOW + 24 * HOUR, fault="Connection refused")
    assert health(workspace, NOW + 24 * HOUR).json["fault"] == "Connection refused"
    look(workspace, NOW + 25 * HOUR, fault="Connection refused")
    done = health(workspace, NOW + 25 * HOUR, 1)
    assert done.json["gap_since"] == "2026-03-02T10:00:00+08:00"
    assert done.talk == f"{CHEN}: not read for 25 hours: Connection refused. See `tracker check`.\n"


def test_a_mailbox_that_was_never_read_is_ill(workspace: Workspace) -> None:
    tick_once(workspace, lambda: NOW)
    rows(workspace.root, "DELETE FROM mailbox_health")
    assert f"{CHEN}: never read: no look yet." in health(workspace, NOW, 1).talk
    look(workspace, NOW, fault="login refused")
    assert f"{CHEN}: never read: login refused." in health(workspace, NOW, 1).talk


def test_a_daemon_that_never_ran_or_hangs_is_told(workspace: Workspace) -> None:
    assert "The daemon has never run" in health(workspace, NOW, 1).talk
    look(workspace, NOW)
    assert health(workspace, NOW + timedelta(minutes=30)).talk == ""
    talk = health(workspace, NOW + timedelta(minutes=31), 1).talk
    assert talk == "The daemon's last tick ended 31 minutes ago: restart it.\n"


def test_a_tick_is_noted_once_a_minute_and_not_every_few_seconds(workspace: Workspace) -> None:
    for seconds in (0, 5, 55, 60):
        now = NOW + timedelta(seconds=seconds)
        tick_once(workspace, lambda: now)  # noqa: B023
        ((ended_at,),) = rows(workspace.root, "SELECT ended_at FROM last_tick")
        assert ended_at[14:19] == ("01:00" if seconds == 60 else "00:00")


def test_a_folder_has_one_proof_a_day_in_shanghai_with_what_examine_said_last(workspace: Workspace) -> None:
    evening = NOW.replace(hour=15, minute=50)
    for moment in (NOW, evening, evening + timedelta(minutes=20)):
        look(workspace, moment)
    proofs = log(workspace, evening + HOUR, "proof")
    assert [(proof["day"], proof["at"]) for proof in proofs] == [
        ("2026-03-02", "2026-03-02T23:50:00+08:00"),
        ("2026-03-03", "2026-03-03T00:10:00+08:00"),
    ]
    assert {(proof["mailbox"], proof["folder"], proof["uidnext"]) for proof in proofs} == {
        (CHEN, "INBOX", 12)
    }


def test_the_log_has_each_gap_with_its_start_and_end_and_the_open_one(workspace: Workspace) -> None:
    look(workspace, NOW)
    look(workspace, NOW + 30 * HOUR)
    gaps = log(workspace, NOW + 60 * HOUR, "gap")
    assert [(gap["at"], gap["until"]) for gap in gaps] == [
        ("2026-03-02T10:00:00+08:00", "2026-03-03T16:00:00+08:00"),
        ("2026-03-03T16:00:00+08:00", None),
    ]
    assert {gap["mailbox"] for gap in gaps} == {CHEN}


def test_a_message_that_vanished_before_it_was_kept_is_in_the_log(workspace: Workspace) -> None:
    for _look in range(2):
        look(workspace, NOW, vanished=(9,))
    ((one,),) = [log(workspace, NOW, "vanished")]
    assert (one["folder"], one["uidvalidity"], one["uid"]) == ("INBOX", 7, 9)
