"""A daemon and four writing processes share the database for a minute: nobody is locked out, nothing is lost."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.acceptance.workspaces import (
    CHEN,
    Daemon,
    answer,
    build,
    call,
    change,
    count_events,
    environment,
    message_ids,
    rows,
)
from tests.acceptance.writers import KINDS
from tests.checkout import ROOT
from tests.servers.dovecot import Dovecot
from tests.servers.ports import until
from tests.servers.smtp_sink import ScriptedSmtp

SECONDS, FIRST_LETTERS, LETTERS = 60, 6, 20


def start_writer(kind: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.acceptance.writers", kind, str(folder), str(SECONDS)],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def deliver_until_they_end(writers: dict[str, subprocess.Popen[str]], folder: Path, dovecot: Dovecot) -> int:
    """A letter into the mailbox every half second; how many that were."""
    (office, message_id), *_ = message_ids(folder).items()
    delivered = 0
    while not until(lambda: all(writer.poll() is not None for writer in writers.values()), 0.5):
        delivered += 1
        dovecot.deliver(CHEN, answer(office, message_id, number=1_000_000 + delivered))
    return delivered


@pytest.mark.needs("dovecot")
@pytest.mark.timeout(180)
def test_a_daemon_and_four_writers_for_a_minute(tmp_path: Path, dovecot: Dovecot) -> None:
    folder = tmp_path / "workspace"
    offices = [f"office@host{n}.test" for n in range(LETTERS)]
    with ScriptedSmtp() as server:
        build(folder, smtp_port=server.port, imap_port=dovecot.imap_port, offices=offices, web_forms=120)
        set_the_cap(folder, 99, FIRST_LETTERS)
        call(folder, "tick")  # a first few are sent, so that there is something to write about
        assert len(server.letters) == FIRST_LETTERS
        set_the_cap(folder, FIRST_LETTERS, 99)
        with Daemon(folder) as daemon:
            daemon.wait_for_the_first_tick()
            writers = {kind: start_writer(kind, folder) for kind in KINDS}
            delivered = deliver_until_they_end(writers, folder, dovecot)
            ended = {kind: (writer.communicate(), writer.returncode) for kind, writer in writers.items()}
            assert {kind: (end[0][1], end[1]) for kind, end in ended.items() if end[1]} == {}
            daemon.wait_for(lambda: is_settled(folder, delivered), 60)
            assert daemon.stop() == 0
        counts = {kind: int(end[0][0]) for kind, end in ended.items()}
        talk = "".join(end[0][1] for end in ended.values()) + daemon.log
        assert "locked" not in talk
        assert "Traceback" not in talk
        assert set(Counter(letter.recipient for letter in server.complete).values()) == {1}
    assert min(counts.values()) > 10
    assert count_events(folder, "reviewed") == counts["contacts"]
    assert count_events(folder, "hold_set", "hold_released") == 2 * counts["holds"]
    assert count_events(folder, "read", "held") == counts["imports"] + delivered
    by_people = rows(
        folder, "SELECT COUNT(*) FROM event WHERE kind = 'dispatched' AND actor NOT LIKE 'rule:%'"
    )
    assert by_people == [(counts["tasks"],)]
    assert count_events(folder, "dispatched") == counts["tasks"] + LETTERS
    assert "whole" in call(folder, "verify").out
    assert call(folder, "rebuild", "--json").json["changed"] == 0
    assert rows(folder, "PRAGMA integrity_check") == [("ok",)]


def set_the_cap(folder: Path, before: int, after: int) -> None:
    texts = [f'"per_account_per_day":{number}' for number in (before, after)]
    change(folder, "UPDATE round SET plan = REPLACE(plan, ?, ?)", *texts)


def is_settled(folder: Path, delivered: int) -> bool:
    """Everything that came is understood, everything that was due is sent."""
    ((waiting, mails),) = rows(
        folder,
        "SELECT SUM(taken_in_at IS NULL), SUM(source = 'mail' AND uid IS NOT NULL) FROM raw_message",
    )
    ((sent,),) = rows(folder, "SELECT COUNT(*) FROM outbox WHERE status = 'sent'")
    return (waiting, mails, sent) == (0, delivered, LETTERS)
