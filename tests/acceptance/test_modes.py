"""What keeps letters from going out: hold, copies, caps, and the three modes."""

import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.workspaces import (
    OFFICES,
    Daemon,
    build,
    call,
    change,
    count_events,
    rows,
    run,
    states,
    status,
    tick,
)
from tests.servers.dovecot import Dovecot
from tests.servers.smtp_sink import ScriptedSmtp

pytestmark = pytest.mark.needs("dovecot")


@pytest.fixture
def server() -> Iterator[ScriptedSmtp]:
    with ScriptedSmtp() as running:
        yield running


def use_mode(folder: Path, mode: str, *pilot_recipients: str) -> None:
    lines = (folder / "tracker.toml").read_text().splitlines()
    kept = [line for line in lines if not line.startswith(("mode =", "pilot_recipients ="))]
    settings = [f'mode = "{mode}"', f"pilot_recipients = {list(pilot_recipients)}"]
    (folder / "tracker.toml").write_text("\n".join([*settings, *kept]) + "\n")


# --- hold ------------------------------------------------------------------------------------------------


def test_a_hold_stops_sending_over_a_restart_and_its_release_lets_it_go_on(
    tmp_path: Path, dovecot: Dovecot, server: ScriptedSmtp
) -> None:
    folder = tmp_path / "workspace"
    build(folder, smtp_port=server.port, imap_port=dovecot.imap_port)
    run(folder, "hold", "--reason", "a unit complained")
    with Daemon(folder) as daemon:
        daemon.wait_for_the_first_tick()
        assert daemon.stop() == 0
    assert tick(folder)["sent"] == 0
    assert status(folder)["on_hold"] is True
    with Daemon(folder) as daemon:
        daemon.wait_for_the_first_tick()
        assert server.connections == 0
        run(folder, "hold", "--release")
        daemon.wait_for(lambda: len(server.letters) == 3)
        assert daemon.stop() == 0
    assert status(folder)["on_hold"] is False
    assert call(folder, "hold", "--release", expect=1).talk == "Nothing is on hold.\n"


def test_holding_twice_and_releasing_once_sends_again(
    tmp_path: Path, dovecot: Dovecot, server: ScriptedSmtp
) -> None:
    folder = tmp_path / "workspace"
    build(folder, smtp_port=server.port, imap_port=dovecot.imap_port)
    call(folder, "hold")
    call(folder, "hold")
    assert tick(folder)["sent"] == 0
    call(folder, "hold", "--release")
    assert tick(folder)["sent"] == 3


# --- copies ----------------------------------------------------------------------------------------------


def test_a_copy_does_not_send_and_says_so(tmp_path: Path, dovecot: Dovecot, server: ScriptedSmtp) -> None:
    folder, copy = tmp_path / "workspace", tmp_path / "copy"
    build(folder, smtp_port=server.port, imap_port=dovecot.imap_port)
    shutil.copytree(folder, copy)
    assert tick(copy)["sent"] == 0
    assert server.connections == 0
    seen = run(copy, "status")
    assert "This workspace is a copy and does not send. See `tracker hold --adopt`." in seen.talk
    assert status(copy)["copy"] is True
    assert status(folder)["copy"] is False
    assert tick(folder)["sent"] == 3


def test_a_workspace_that_was_moved_is_a_copy_until_it_is_adopted(
    tmp_path: Path, dovecot: Dovecot, server: ScriptedSmtp
) -> None:
    folder, moved = tmp_path / "workspace", tmp_path / "moved"
    build(folder, smtp_port=server.port, imap_port=dovecot.imap_port)
    folder.rename(moved)
    assert tick(moved)["sent"] == 0
    call(moved, "hold", "--adopt")
    assert tick(moved)["sent"] == 3
    assert count_events(moved, "workspace_adopted") == 1


def test_a_backup_put_back_in_its_place_is_a_copy(
    tmp_path: Path, dovecot: Dovecot, server: ScriptedSmtp
) -> None:
    folder, backup = tmp_path / "workspace", tmp_path / "backup"
    build(folder, smtp_port=server.port, imap_port=dovecot.imap_port)
    shutil.copytree(folder, backup)
    assert tick(folder)["sent"] == 3
    folder.rename(tmp_path / "lost")
    shutil.copytree(backup, folder)
    assert states(folder) == {"approved": 3}
    assert tick(folder)["sent"] == 0
    assert len(server.letters) == 3


def test_a_copy_never_sends_what_the_other_one_had_queued_even_when_adopted(
    tmp_path: Path, dovecot: Dovecot, server: ScriptedSmtp
) -> None:
    folder, copy = tmp_path / "workspace", tmp_path / "copy"
    build(folder, smtp_port=server.port, imap_port=dovecot.imap_port)
    server.at("rcpt", "451 4.7.1 greylisted")
    assert tick(folder)["sent"] == 2
    shutil.copytree(folder, copy)
    call(copy, "hold", "--adopt")
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert tick(copy, lambda: tomorrow)["sent"] == 0
    assert tick(folder, lambda: tomorrow)["sent"] == 1
    assert set(Counter(letter.recipient for letter in server.complete).values()) == {1}
    assert states(copy) == {"sent": 2, "approved": 1}


# --- caps ------------------------------------------------------------------------------------------------


def test_the_cap_of_an_account_holds_over_the_day(
    tmp_path: Path, dovecot: Dovecot, server: ScriptedSmtp
) -> None:
    folder = tmp_path / "workspace"
    caps = {"per_account_per_day": 2}
    build(folder, smtp_port=server.port, imap_port=dovecot.imap_port, caps=caps)
    assert [tick(folder)["sent"], tick(folder)["sent"]] == [2, 0]
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert tick(folder, lambda: tomorrow)["sent"] == 1


def test_the_cap_of_a_host_holds_over_the_hour_for_all_its_units(
    tmp_path: Path, dovecot: Dovecot, server: ScriptedSmtp
) -> None:
    folder, now = tmp_path / "workspace", datetime.now(UTC)
    offices = ["a@city.test", "b@CITY.test", "c@city.test", "d@county.test"]
    caps = {"per_host_per_hour": 1}
    build(folder, smtp_port=server.port, imap_port=dovecot.imap_port, offices=offices, caps=caps)
    sent = [tick(folder, lambda at=at: now + timedelta(minutes=at))["sent"] for at in (0, 59, 61, 119, 122)]  # type: ignore[misc]
    assert sent == [2, 0, 1, 0, 1]


def test_the_cap_of_a_unit_holds_over_the_month_whoever_asks(
    tmp_path: Path, dovecot: Dovecot, server: ScriptedSmtp
) -> None:
    folder = tmp_path / "workspace"
    caps = {"per_unit_per_month": 1}
    build(folder, smtp_port=server.port, imap_port=dovecot.imap_port, offices=OFFICES[:2], caps=caps)
    change(folder, "UPDATE request SET unit_id = 'unit-001'")
    this_month = datetime(2026, 11, 24, 2, tzinfo=UTC)
    assert [tick(folder, lambda: this_month)["sent"], tick(folder, lambda: this_month)["sent"]] == [1, 0]
    assert tick(folder, lambda: datetime(2026, 12, 1, 2, tzinfo=UTC))["sent"] == 1


# --- modes -----------------------------------------------------------------------------------------------


def test_a_rehearsal_connects_to_this_machine_only(
    tmp_path: Path, dovecot: Dovecot, server: ScriptedSmtp
) -> None:
    folder = tmp_path / "workspace"
    build(folder, smtp_port=server.port, imap_port=dovecot.imap_port, smtp_host="mail.citizens.test")
    assert tick(folder)["sent"] == 0
    assert {answer for (answer,) in rows(folder, "SELECT answer FROM outbox")} == {
        "rehearsal sends only to 127.0.0.1"
    }
    assert states(folder) == {"approved": 3}


def test_a_rehearsal_writes_to_invented_addresses_only(
    tmp_path: Path, dovecot: Dovecot, server: ScriptedSmtp
) -> None:
    folder = tmp_path / "workspace"
    build(folder, smtp_port=server.port, imap_port=dovecot.imap_port)
    outside = "office@north." + "invalid"
    change(folder, "UPDATE request SET address = ? WHERE address = ?", outside, OFFICES[0])
    assert tick(folder)["sent"] == 2
    assert {letter.recipient for letter in server.letters} == set(OFFICES[1:])


def test_a_pilot_writes_to_its_recipients_only_and_is_left_out_of_results(
    tmp_path: Path, dovecot: Dovecot, server: ScriptedSmtp
) -> None:
    folder = tmp_path / "workspace"
    build(folder, smtp_port=server.port, imap_port=dovecot.imap_port, is_approved=False)
    use_mode(folder, "pilot", OFFICES[1].upper())
    call(folder, "approve")
    assert tick(folder)["sent"] == 1
    assert [letter.recipient for letter in server.letters] == [OFFICES[1]]
    assert "pilot" in call(folder, "export", str(tmp_path / "export"), expect=1).talk
    assert not (tmp_path / "export").exists()


def test_live_needs_the_number_of_an_authorisation(
    tmp_path: Path, dovecot: Dovecot, server: ScriptedSmtp
) -> None:
    folder = tmp_path / "workspace"
    build(folder, smtp_port=server.port, imap_port=dovecot.imap_port, is_approved=False)
    use_mode(folder, "live")
    refused = run(folder, "approve", expect=1)
    assert refused.talk == "A live round needs the number of its authorisation: --authorisation NUMBER.\n"
    assert tick(folder)["sent"] == 0
    call(folder, "approve", "--authorisation", "示例〔2026〕1号")
    assert tick(folder)["sent"] == 3


@pytest.mark.parametrize(
    ("approved_in", "then"), [("rehearsal", "live"), ("pilot", "live"), ("live", "pilot")]
)
def test_a_round_sends_in_the_mode_it_was_approved_in_and_in_no_other(
    tmp_path: Path, dovecot: Dovecot, server: ScriptedSmtp, approved_in: str, then: str
) -> None:
    folder = tmp_path / "workspace"
    build(folder, smtp_port=server.port, imap_port=dovecot.imap_port, is_approved=False)
    use_mode(folder, approved_in)
    call(folder, "approve", "--authorisation", "示例〔2026〕1号")
    use_mode(folder, then, *OFFICES)
    assert tick(folder)["sent"] == 0
    assert server.connections == 0


def test_nothing_goes_out_before_approval_nor_after_closing(
    tmp_path: Path, dovecot: Dovecot, server: ScriptedSmtp
) -> None:
    folder = tmp_path / "workspace"
    build(folder, smtp_port=server.port, imap_port=dovecot.imap_port, is_approved=False)
    assert tick(folder)["sent"] == 0
    call(folder, "approve")
    call(folder, "close", "--not-sent")
    assert tick(folder)["sent"] == 0
    assert server.connections == 0


def test_a_request_whose_time_ran_out_is_not_sent_at_all(
    tmp_path: Path, dovecot: Dovecot, server: ScriptedSmtp
) -> None:
    folder = tmp_path / "workspace"
    build(folder, smtp_port=server.port, imap_port=dovecot.imap_port, expires_after_days=1)
    much_later = datetime.now(UTC) + timedelta(days=30)
    assert tick(folder, lambda: much_later)["sent"] == 0
    assert states(folder) == {"not_sent": 3}
    assert server.connections == 0


def test_what_was_approved_for_a_pilot_does_not_go_out_with_a_live_supplement(
    tmp_path: Path, dovecot: Dovecot, server: ScriptedSmtp
) -> None:
    folder = tmp_path / "workspace"
    build(folder, smtp_port=server.port, imap_port=dovecot.imap_port, is_approved=False)
    use_mode(folder, "pilot", OFFICES[0])
    call(folder, "approve")
    assert tick(folder)["sent"] == 1
    with (folder / "units.csv").open("a") as units, (folder / "channels.csv").open("a") as channels:
        units.write("unit-new,UNIT-NEW,新局,department,,,\n")
        channels.write("unit-new,disclosure,email,yes,office@new.test,,1\n")
    planned = datetime.fromisoformat(rows(folder, "SELECT created_at FROM round")[0][0]).replace(tzinfo=UTC)
    use_mode(folder, "live")
    call(folder, "plan", clock=lambda: planned + timedelta(minutes=1))
    call(folder, "approve", "--authorisation", "示例〔2026〕1号")
    tick(folder)
    assert {letter.recipient for letter in server.letters} == {OFFICES[0], "office@new.test"}
