"""The daemon as a process, killed or stopped in the middle of sending: no letter ever goes out twice."""

from collections import Counter
from pathlib import Path

import pytest

from tests.acceptance.workspaces import (
    OFFICES,
    Daemon,
    build,
    call,
    change,
    count_events,
    references,
    rows,
    run,
    states,
    tick,
)
from tests.servers.dovecot import Dovecot
from tests.servers.smtp_sink import HANG_UP, OK, Kill, ScriptedSmtp, Slow

pytestmark = pytest.mark.needs("dovecot")


def most_to_one(server: ScriptedSmtp) -> int:
    """How many whole letters any one recipient got."""
    return max(Counter(letter.recipient for letter in server.complete).values(), default=0)


@pytest.mark.parametrize(
    ("place", "whole_letters", "answer"),
    [("rcpt", 2, "--not-sent"), ("dot", 3, "--sent"), ("accepted", 3, "--sent")],
    ids=["after RCPT", "after the final dot", "after the 250"],
)
def test_a_daemon_killed_while_it_sends_never_sends_that_letter_again(
    tmp_path: Path, dovecot: Dovecot, place: str, whole_letters: int, answer: str
) -> None:
    folder = tmp_path / "workspace"
    with ScriptedSmtp() as server:
        build(folder, smtp_port=server.port, imap_port=dovecot.imap_port)
        with Daemon(folder) as first:
            server.at(place, OK, Kill(first.pid))
            assert first.wait() == -9
        assert len(server.complete) == whole_letters - 1
        with Daemon(folder) as second:
            second.wait_for(lambda: len(server.complete) >= whole_letters)
            assert second.stop() == 0
        assert most_to_one(server) == 1
        assert len(server.complete) == whole_letters

        requests = run(folder, "status", "--all", "--json").json["requests"]
        unsettled = [request["reference"] for request in requests if request["state"] == "unsettled"]
        assert len(unsettled) == 1 or (place == "accepted" and not unsettled)
        assert states(folder)["sent"] == len(OFFICES) - len(unsettled)
        for reference in unsettled:
            assert f"settle:{reference}" in [
                task["task"] for task in call(folder, "task", "list", "--json").json
            ]
            run(folder, "settle", reference, answer, "--reason", "the office was asked")
        assert states(folder) == {"sent": 3} if answer == "--sent" else {"sent": 2, "not_sent": 1}
        assert tick(folder)["sent"] == 0
        assert len(server.complete) == whole_letters
        call(folder, "verify")
        assert call(folder, "rebuild", "--json").json["changed"] == 0


def test_what_is_settled_or_was_never_in_doubt_cannot_be_settled_again(
    tmp_path: Path, dovecot: Dovecot
) -> None:
    folder = tmp_path / "workspace"
    with ScriptedSmtp(dot=[HANG_UP]) as server:
        build(folder, smtp_port=server.port, imap_port=dovecot.imap_port, offices=OFFICES[:2])
        assert tick(folder)["sent"] == 1
        (doubtful,) = references(folder, "unsettled")
        call(folder, "settle", doubtful, "--sent")
        for reference in references(folder, "sent"):
            refused = call(folder, "settle", reference, "--not-sent", expect=1)
            assert refused.talk == f"{reference}: not unsettled. `tracker task list` shows what is.\n"
        assert states(folder) == {"sent": 2}


def test_a_letter_without_an_answer_is_unsettled_and_the_others_go_out(
    tmp_path: Path, dovecot: Dovecot
) -> None:
    folder = tmp_path / "workspace"
    with ScriptedSmtp(dot=[OK, HANG_UP]) as server:
        build(folder, smtp_port=server.port, imap_port=dovecot.imap_port)
        assert tick(folder)["sent"] == 2
        assert tick(folder)["sent"] == 0
        assert most_to_one(server) == 1
        assert states(folder) == {"sent": 2, "unsettled": 1}


def test_sigterm_finishes_the_letter_in_hand_and_leaves_the_rest_for_later(
    tmp_path: Path, dovecot: Dovecot
) -> None:
    folder = tmp_path / "workspace"
    with ScriptedSmtp(dot=[Slow(2)]) as server:
        build(folder, smtp_port=server.port, imap_port=dovecot.imap_port)
        with Daemon(folder) as daemon:
            daemon.wait_for(lambda: len(server.complete) == 1)
            assert server.letters == []
            assert daemon.stop() == 0
        assert len(server.letters) == 1
        assert states(folder) == {"sent": 1, "approved": 2}
        assert rows(folder, "SELECT status, answer FROM outbox") == [("sent", "250 2.0.0 queued as 1")]
        with Daemon(folder) as daemon:
            daemon.wait_for(lambda: states(folder) == {"sent": 3})
            assert daemon.stop() == 0
        assert most_to_one(server) == 1
        assert count_events(folder, "send_unsettled") == 0


def test_a_deferred_letter_is_tried_again_only_when_its_time_has_come(
    tmp_path: Path, dovecot: Dovecot
) -> None:
    folder = tmp_path / "workspace"
    with ScriptedSmtp(rcpt=["451 4.7.1 greylisted"]) as server:
        build(folder, smtp_port=server.port, imap_port=dovecot.imap_port, offices=OFFICES[:1])
        assert [tick(folder)["sent"], tick(folder)["sent"]] == [0, 0]
        assert states(folder) == {"approved": 1}
        change(folder, "UPDATE outbox SET not_before = '2026-01-01 00:00:00'")
        assert tick(folder)["sent"] == 1
        assert (count_events(folder, "claimed"), len(server.letters)) == (2, 1)


def test_a_letter_that_was_altered_to_go_elsewhere_reaches_no_server_and_is_no_finding_about_the_office(
    tmp_path: Path, dovecot: Dovecot
) -> None:
    folder = tmp_path / "workspace"
    with ScriptedSmtp(rcpt=["451 4.7.1 greylisted"]) as server:
        build(folder, smtp_port=server.port, imap_port=dovecot.imap_port, offices=OFFICES[:1])
        tick(folder)
        seen = len(server.commands)
        change(
            folder,
            "UPDATE outbox SET recipient = 'stranger@elsewhere.test', not_before = '2026-01-01 00:00:00'",
        )
        assert [tick(folder)["sent"], tick(folder)["sent"]] == [0, 0]
        assert (len(server.commands), server.complete) == (seen, [])
        assert rows(folder, "SELECT status, answer FROM outbox") == [("refused", "recipient not approved")]
        assert states(folder) == {"approved": 1}


def test_the_letters_of_a_mailbox_without_an_account_wait_and_hold_up_nobody_else(
    tmp_path: Path, dovecot: Dovecot
) -> None:
    folder = tmp_path / "workspace"
    with ScriptedSmtp() as server:
        mailboxes = ("chen@citizens.test", "zhao@citizens.test")
        build(folder, smtp_port=server.port, imap_port=dovecot.imap_port, mailboxes=mailboxes)
        settings = (folder / "tracker.toml").read_text()
        (folder / "tracker.toml").write_text(settings[: settings.rindex("\n[[account]]")])
        # as if it had been watched before
        change(
            folder,
            "INSERT INTO mailbox_health VALUES ('zhao@citizens.test', ?, ?, 0, '')",
            *["2026-11-01 00:00:00.000000"] * 2,
        )
        (of_others,) = rows(
            folder,
            "SELECT COUNT(*) FROM request r JOIN applicant a ON a.code = r.applicant WHERE a.mailbox LIKE 'zhao%'",
        )[0]
        assert 0 < of_others < 3
        tick(folder)
        assert {letter.sender for letter in server.letters} == {"chen@citizens.test"}
        assert states(folder) == {"sent": 3 - of_others, "approved": of_others}
