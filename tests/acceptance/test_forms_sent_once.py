"""A form goes out at most once, whenever the daemon is killed; what was on its way is for a person to settle."""

import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.workspaces import (
    Daemon,
    build,
    call,
    change,
    command,
    environment,
    rows,
    states,
    status,
)
from tests.servers.dovecot import Dovecot
from tests.servers.portal import Portal, recipe
from tracker.daemon import FORM_SECONDS

pytestmark = pytest.mark.needs("dovecot")


def workspace(folder: Path, portal: Portal, dovecot: Dovecot, **more: object) -> Path:
    build(
        folder,
        smtp_port=1,
        imap_port=dovecot.imap_port,
        offices=(),
        forms=[f"{portal.address}/apply"],
        recipe=recipe(**more),
    )
    return folder


def killed_at(folder: Path, portal: Portal, place: str) -> None:
    """Run the daemon until the site has a visit at `place`, kill it there, and let the site go on."""
    portal.held_at = place
    with Daemon(folder) as daemon:
        daemon.wait_for(portal.is_reached.is_set)
    portal.release()


def run_until(folder: Path, is_done: Callable[[], object]) -> None:
    with Daemon(folder) as daemon:
        daemon.wait_for(is_done)
        assert daemon.stop() == 0


def run_on(folder: Path) -> None:
    """A new daemon, long enough to do whatever it would do."""
    begin = time.monotonic()
    run_until(folder, lambda: time.monotonic() > begin + 2.5 * FORM_SECONDS)


def outbox(folder: Path) -> list[tuple[str]]:
    return rows(folder, "SELECT status FROM outbox")


@pytest.mark.parametrize("executor", ["http", pytest.param("browser", marks=pytest.mark.needs("chromium"))])
@pytest.mark.parametrize(
    ("place", "after"),
    [("/apply", "sent"), ("POST", "unsettled"), ("booked", "unsettled")],
    ids=["before the click", "behind the click", "before the receipt"],
)
def test_a_daemon_killed_at_any_step_sends_no_form_twice(
    tmp_path: Path, dovecot: Dovecot, place: str, after: str, executor: str
) -> None:
    with Portal() as portal:
        folder = workspace(tmp_path / "workspace", portal, dovecot, executor=executor)
        killed_at(folder, portal, place)
        is_looked_for = "SELECT found FROM lookup WHERE found != ''"
        run_until(
            folder, lambda: outbox(folder) == [(after,)] and (after == "sent" or rows(folder, is_looked_for))
        )
        assert states(folder) == {after: 1}
        run_on(folder)
        assert len(portal.entries) == 1
        assert outbox(folder) == [(after,)]
        tasks = call(folder, "task", "list", "--json").json
        if after == "unsettled":
            (task,) = tasks
            assert task["kind"] == "settle"
            assert task["found"] == [{"receipt_no": "2026-0001", "title": "部门决算公开说明"}]


@pytest.mark.parametrize("place", ["/query", "/file"])
def test_a_daemon_killed_while_it_looks_up_looks_again_and_keeps_an_answer_once(
    tmp_path: Path, dovecot: Dovecot, place: str
) -> None:
    with Portal() as portal:
        folder = workspace(tmp_path / "workspace", portal, dovecot)
        run_until(folder, lambda: rows(folder, "SELECT * FROM lookup"))
        (entry,) = portal.entries.values()
        entry.status, entry.text = "已答复", "经检索，您申请的信息不存在。"
        entry.file = ("答复.txt", "经检索，该信息不存在。".encode())
        change(folder, "UPDATE lookup SET next_at = '2026-01-01 00:00:00'")
        killed_at(folder, portal, place)
        run_until(folder, lambda: rows(folder, "SELECT * FROM event WHERE kind = 'read'"))
        (request,) = status(folder)["requests"]
        assert (request["state"], request["outcome"]) == ("replied", "not_held")
        assert rows(folder, "SELECT COUNT(*) FROM raw_message WHERE source = 'page'") == [(1,)]
        assert call(folder, "verify")


def test_a_hold_stops_forms_as_it_stops_letters(tmp_path: Path, dovecot: Dovecot) -> None:
    with Portal() as portal:
        folder = workspace(tmp_path / "workspace", portal, dovecot)
        call(folder, "hold", "--reason", "test")
        run_on(folder)
        assert portal.asked == []
        call(folder, "hold", "--release")
        run_until(folder, lambda: outbox(folder) == [("sent",)])
        assert len(portal.entries) == 1


def test_a_copied_workspace_submits_nothing(tmp_path: Path, dovecot: Dovecot) -> None:
    with Portal() as portal:
        folder = workspace(tmp_path / "workspace", portal, dovecot)
        change(folder, "UPDATE workspace SET place = 'elsewhere'")
        run_on(folder)
        assert portal.asked == []


def test_what_was_not_handed_in_in_time_is_not_handed_in_at_all(tmp_path: Path, dovecot: Dovecot) -> None:
    with Portal() as portal:
        folder = workspace(tmp_path / "workspace", portal, dovecot)
        later = datetime.now(UTC) - timedelta(days=1)
        change(folder, "UPDATE request SET expires_at = ?", f"{later:%Y-%m-%d %H:%M:%S}")
        run_on(folder)
        assert portal.entries == {}


def test_a_person_at_the_terminal_reads_the_captcha_for_the_daemon(tmp_path: Path, dovecot: Dovecot) -> None:
    with Portal(has_captcha=True) as portal:
        folder = workspace(tmp_path / "workspace", portal, dovecot, has_captcha=True)
        picture = tmp_path / "picture.png"
        with Daemon(folder) as daemon:
            daemon.wait_for(lambda: rows(folder, "SELECT * FROM ask"))
            words = command(folder, "task", "answer", "--picture", str(picture), "--wait", "2")
            pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
            person = subprocess.Popen(words, env=environment(), text=True, **pipes)  # type: ignore[call-overload]
            daemon.wait_for(picture.exists)
            read = picture.read_bytes().decode("latin-1")[8:]
            _out, talk = person.communicate(f"{read}\n", timeout=30)
            daemon.wait_for(lambda: outbox(folder) == [("sent",)])
        assert f"Picture: {picture}" in talk
        assert "1 answered; no form waits." in talk
        assert len(portal.entries) == 1
