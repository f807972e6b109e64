"""The daemon watches: one at a time, through outages, and nothing that came is lost or counted twice."""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.workspaces import (
    CHEN,
    OFFICES,
    Daemon,
    answer,
    build,
    call,
    count_events,
    environment,
    message_ids,
    rows,
    run,
    states,
    status,
    tick,
)
from tests.servers.dovecot import Dovecot
from tests.servers.smtp_sink import ScriptedSmtp
from tracker.adapters.imap import FetchedBatch, MailboxReader, Mark
from tracker.services.tick import tick as tick_at
from tracker.services.watch import Look, keep_look, look
from tracker.settings import Workspace, open_workspace

pytestmark = pytest.mark.needs("dovecot")
OFFICE = OFFICES[0]


def kept(folder: Path) -> int:
    return int(rows(folder, "SELECT COUNT(*) FROM raw_message")[0][0])


def understood(folder: Path) -> int:
    return int(rows(folder, "SELECT COUNT(*) FROM raw_message WHERE taken_in_at IS NOT NULL")[0][0])


def test_a_second_daemon_is_refused_and_told_who_the_first_is(tmp_path: Path, dovecot: Dovecot) -> None:
    folder = tmp_path / "workspace"
    build(folder, smtp_port=1, imap_port=dovecot.imap_port, is_approved=False)
    with Daemon(folder) as first:
        first.wait_for_the_first_tick()
        for word in ("daemon", "tick"):
            refused = run(folder, word, expect=1)
            assert refused.talk.count("\n") == 1
            assert f"process {first.pid} on " in refused.talk
        assert first.is_running
        assert first.stop() == 0
    run(folder, "tick")


def test_a_killed_daemon_leaves_no_lock_behind(tmp_path: Path, dovecot: Dovecot) -> None:
    folder = tmp_path / "workspace"
    build(folder, smtp_port=1, imap_port=dovecot.imap_port, is_approved=False)
    with Daemon(folder) as first:
        first.wait_for_the_first_tick()
    with Daemon(folder) as second:
        second.wait_for_the_first_tick()
        assert second.stop() == 0


def test_new_mail_is_in_the_database_seconds_after_it_came(tmp_path: Path, dovecot: Dovecot) -> None:
    folder = tmp_path / "workspace"
    with ScriptedSmtp() as server:
        build(folder, smtp_port=server.port, imap_port=dovecot.imap_port)  # polls every 300 s: IDLE does it
        with Daemon(folder) as daemon:
            daemon.wait_for(lambda: states(folder) == {"sent": 3})
            dovecot.deliver(CHEN, answer(OFFICE, message_ids(folder)[OFFICE]))
            daemon.wait_for(lambda: understood(folder) == 1, 8)
            assert daemon.stop() == 0
    assert states(folder) == {"sent": 2, "replied": 1}


def test_a_mailbox_whose_server_went_down_is_watched_again_after_a_back_off(
    tmp_path: Path, dovecot: Dovecot
) -> None:
    folder = tmp_path / "workspace"

    def health() -> tuple[int, str]:
        return rows(folder, "SELECT failures, fault FROM mailbox_health")[0]  # type: ignore[return-value]

    with ScriptedSmtp() as server:
        build(folder, smtp_port=server.port, imap_port=dovecot.imap_port)
        with Daemon(folder) as daemon:
            daemon.wait_for(lambda: states(folder) == {"sent": 3})
            dovecot.kill()
            daemon.wait_for(lambda: health()[0] == 1, 25)
            assert "Connection refused" in status(folder)["mailboxes"][0]["fault"]
            time.sleep(4)  # without a back-off a refused look would follow the other at once
            assert health()[0] == 1
            dovecot.start()
            dovecot.deliver(CHEN, answer(OFFICE, message_ids(folder)[OFFICE]))
            daemon.wait_for(lambda: health() == (0, ""), 45)
            daemon.wait_for(lambda: understood(folder) == 1)
            assert daemon.stop() == 0
    assert states(folder) == {"sent": 2, "replied": 1}


# --- gaps ------------------------------------------------------------------------------------------------

MARCH = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # a Monday; due twenty working days later, on 30 March
APRIL = datetime(2026, 4, 2, 2, 0, tzinfo=UTC)


def look_at(workspace: Workspace, now: datetime) -> list[Look]:
    reader = MailboxReader(workspace.account(CHEN).imap)
    try:
        return list(look(workspace, reader, workspace.account(CHEN), lambda: now))
    finally:
        reader.close()


def sent_in_march(folder: Path, smtp: ScriptedSmtp, dovecot: Dovecot) -> Workspace:
    build(folder, smtp_port=smtp.port, imap_port=dovecot.imap_port, planned_at=MARCH - timedelta(days=40))
    assert tick(folder, lambda: MARCH)["sent"] == 3
    return open_workspace(folder)


def verdicts(folder: Path, now: datetime) -> set[tuple[str, str]]:
    requests = status(folder, lambda: now)["requests"]
    return {(request["verdict"], request["reason"]) for request in requests}


NOT_WATCHED = ("not_assessable", "mailbox_was_not_watched")


def test_an_outage_of_a_mailbox_is_a_gap_on_record_and_silence_over_it_proves_nothing(
    tmp_path: Path, dovecot: Dovecot
) -> None:
    folder = tmp_path / "workspace"
    with ScriptedSmtp() as smtp:
        workspace = sent_in_march(folder, smtp, dovecot)
    dovecot.kill()
    went_down = MARCH + timedelta(hours=1)
    for hours in (1, 11, 29):
        now = MARCH + timedelta(hours=hours)
        tick_at(workspace, now, lambda: now, look_at(workspace, now))  # noqa: B023
    assert count_events(folder, "watch_gap") == 0
    assert verdicts(folder, APRIL) == {NOT_WATCHED}  # the gap is still open
    dovecot.start()
    came_back = MARCH + timedelta(hours=31)
    for part in look_at(workspace, came_back):
        keep_look(workspace, part)
    day = came_back
    while day < APRIL:  # and from then on it is watched every day
        day += timedelta(hours=20)
        keep_look(workspace, Look(CHEN, day))
    ((since, payload),) = rows(folder, "SELECT happened_at, payload FROM event WHERE kind = 'watch_gap'")
    assert datetime.fromisoformat(since).replace(tzinfo=UTC) == MARCH < went_down
    assert datetime.fromisoformat(json.loads(payload)["until"]) == came_back
    assert verdicts(folder, APRIL) == {NOT_WATCHED}


def test_a_day_with_looks_that_fail_for_a_while_is_no_gap(tmp_path: Path, dovecot: Dovecot) -> None:
    folder = tmp_path / "workspace"
    with ScriptedSmtp() as smtp:
        workspace = sent_in_march(folder, smtp, dovecot)
    now = MARCH
    while now < APRIL:
        for hours, fault in ((4, "no answer"), (16, "")):
            keep_look(workspace, Look(CHEN, now + timedelta(hours=hours), fault=fault))
        now += timedelta(hours=16)
    assert count_events(folder, "watch_gap") == 0
    assert NOT_WATCHED not in verdicts(folder, APRIL)


def test_silence_proves_nothing_while_a_letter_in_the_mailbox_cannot_be_fetched(
    tmp_path: Path, dovecot: Dovecot
) -> None:
    folder = tmp_path / "workspace"
    with ScriptedSmtp() as smtp:
        workspace = sent_in_march(folder, smtp, dovecot)
    day = MARCH
    for day in (MARCH + timedelta(hours=20 * n) for n in range(40)):
        batch = FetchedBatch(CHEN, "INBOX", Mark(1, 5, frozenset({3})), 1, 6)
        keep_look(workspace, Look(CHEN, day, (batch,)))
    assert {verdict for verdict, _reason in verdicts(folder, APRIL)} == {"not_assessable"}
    missing_no_more = FetchedBatch(CHEN, "INBOX", Mark(1, 5), 1, 6)
    before = {reason for _verdict, reason in verdicts(folder, APRIL)}
    keep_look(workspace, Look(CHEN, day, (missing_no_more,)))
    assert {reason for _verdict, reason in verdicts(folder, APRIL)} != before


def test_what_one_tick_took_in_was_known_no_earlier_than_it_was_kept(
    tmp_path: Path, dovecot: Dovecot
) -> None:
    folder = tmp_path / "workspace"
    with ScriptedSmtp() as server:
        build(folder, smtp_port=server.port, imap_port=dovecot.imap_port)
        tick(folder)
    dovecot.deliver(CHEN, answer(OFFICE, message_ids(folder)[OFFICE]))
    assert tick(folder)["taken_in"] == 1
    ((kept_at, known_at),) = rows(
        folder,
        "SELECT kept_at, known_at FROM raw_message, event "
        "WHERE event.kind = 'read' AND source_sha256 = sha256",
    )
    assert kept_at <= known_at


def test_nothing_is_sent_from_a_mailbox_that_cannot_be_read(tmp_path: Path, dovecot: Dovecot) -> None:
    folder = tmp_path / "workspace"
    with ScriptedSmtp() as server:
        build(folder, smtp_port=server.port, imap_port=dovecot.imap_port)
        dovecot.kill()
        refused = call(folder, "tick", "--json", expect=1)
        assert refused.json["sent"] == 0
        assert refused.talk.startswith(f"{CHEN}: the mailbox cannot be read: ")
        dovecot.start()
        assert tick(folder)["sent"] == 3
        assert len(server.letters) == 3


# --- kept, then understood, once -----------------------------------------------------------------------

_KEEP_AND_DIE = """
import os, signal, sys
from pathlib import Path
from tracker.adapters.imap import MailboxReader
from tracker.clock import system_clock
from tracker.services.watch import keep_look, look
from tracker.settings import open_workspace
workspace = open_workspace(Path(sys.argv[1]))
for account in workspace.accounts.values():
    for part in look(workspace, MailboxReader(account.imap), account, system_clock):
        keep_look(workspace, part)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_mail_that_was_kept_before_a_crash_is_understood_after_it_and_once(
    tmp_path: Path, dovecot: Dovecot
) -> None:
    folder = tmp_path / "workspace"
    with ScriptedSmtp() as server:
        build(folder, smtp_port=server.port, imap_port=dovecot.imap_port)
        tick(folder)
    dovecot.deliver(CHEN, answer(OFFICE, message_ids(folder)[OFFICE]))
    died = subprocess.run([sys.executable, "-c", _KEEP_AND_DIE, str(folder)], env=environment())
    assert died.returncode == -9
    assert (kept(folder), understood(folder)) == (1, 0)
    with Daemon(folder) as daemon:
        daemon.wait_for(lambda: understood(folder) == 1)
        assert daemon.stop() == 0
    assert tick(folder)["taken_in"] == 0
    assert (kept(folder), count_events(folder, "read")) == (1, 1)


def test_what_could_not_be_kept_comes_again(
    tmp_path: Path, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "workspace"
    with ScriptedSmtp() as server:
        workspace = build(folder, smtp_port=server.port, imap_port=dovecot.imap_port)
        tick(folder)
    dovecot.deliver(CHEN, answer(OFFICE, message_ids(folder)[OFFICE]))

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full_disk)
        refused = call(folder, "tick", expect=1)
        assert "No space left on device" in refused.talk
    assert kept(folder) == 0
    assert [path for path in (folder / "evidence").rglob("tmp*") if path.is_file()] == []
    assert tick(folder)["taken_in"] == 1
    assert workspace.evidence.read(rows(folder, "SELECT sha256 FROM raw_message")[0][0])


def test_a_renumbered_mailbox_brings_nothing_twice_and_loses_nothing(
    tmp_path: Path, dovecot: Dovecot
) -> None:
    folder = tmp_path / "workspace"
    dovecot.deliver(CHEN, b"Subject: private, from before\r\n\r\n")
    with ScriptedSmtp() as server:
        build(folder, smtp_port=server.port, imap_port=dovecot.imap_port)
        tick(folder)
    letters = message_ids(folder)
    for number, office in enumerate(OFFICES[:2]):
        dovecot.deliver(CHEN, answer(office, letters[office], number=number))
    assert tick(folder)["taken_in"] == 2
    before = rows(folder, "SELECT * FROM raw_message"), rows(folder, "SELECT * FROM event")
    dovecot.renumber(CHEN)
    assert tick(folder)["taken_in"] == 0
    assert (rows(folder, "SELECT * FROM raw_message"), rows(folder, "SELECT * FROM event")) == before
    dovecot.deliver(CHEN, answer(OFFICES[2], letters[OFFICES[2]], number=3))
    assert tick(folder)["taken_in"] == 1
    assert states(folder) == {"replied": 3}
