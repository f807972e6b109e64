"""A watcher takes what it finds in small parts, waits until they are kept, and outlives whatever happens."""

import queue
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.acceptance.workspaces import CHEN, PASSWORD, build, environment, rows
from tests.servers.ports import until
from tests.servers.scripted_imap import ScriptedImap
from tracker.adapters.imap import MailboxReader
from tracker.services import watch
from tracker.services.watch import Look, Watcher, keep_look, look
from tracker.settings import Workspace, open_workspace

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def letter(number: int, size: int = 10) -> bytes:
    return b"Subject: letter %d\r\n\r\n" % number + b"x" * size + b"\r\n"


def workspace_at(folder: Path, server: ScriptedImap) -> Workspace:
    """One whose mailbox was looked at once, when it was empty."""
    workspace = build(folder, smtp_port=1, imap_port=server.port, is_approved=False)
    for part in looked(workspace):
        keep_look(workspace, part)
    return workspace


def looked(workspace: Workspace) -> list[Look]:
    reader = MailboxReader(workspace.account(CHEN).imap)
    parts = list(look(workspace, reader, workspace.account(CHEN), lambda: NOW))
    reader.close()
    return parts


def watcher_of(workspace: Workspace, room: int) -> tuple[Watcher, "queue.Queue[Look]", threading.Event]:
    found: queue.Queue[Look] = queue.Queue(room)
    stop = threading.Event()
    return (
        Watcher(workspace, workspace.account(CHEN), found, stop, lambda: NOW, threading.Event()),
        found,
        stop,
    )


def bodies_asked_for(server: ScriptedImap) -> int:
    return sum("BODY" in line for line in server.lines)


def test_what_nobody_takes_is_not_fetched_further(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_PATIENCE", 0.05)
    with ScriptedImap(password=PASSWORD) as server:
        workspace = workspace_at(tmp_path / "workspace", server)
        server.letters = {uid: letter(uid) for uid in range(1, 501)}
        watcher, found, stop = watcher_of(workspace, room=1)
        watcher.start()
        assert until(lambda: bodies_asked_for(server) == 2)  # one waits in the queue, one in the hand
        watcher.join(0.5)
        assert bodies_asked_for(server) == 2
        keep_look(workspace, found.get())
        assert until(lambda: bodies_asked_for(server) == 3)
        stop.set()
        watcher.join(5)
        assert not watcher.is_alive()
    assert rows(workspace.root, "SELECT COUNT(*) FROM raw_message") == [(50,)]
    assert rows(workspace.root, "SELECT last_uid FROM mailbox_mark") == [(50,)]


def test_what_came_before_a_look_broke_is_kept_and_the_rest_comes_next_time(tmp_path: Path) -> None:
    with ScriptedImap(password=PASSWORD) as server:
        workspace = workspace_at(tmp_path / "workspace", server)
        server.letters = {uid: letter(uid) for uid in range(1, 121)}
        reader = MailboxReader(workspace.account(CHEN).imap)
        for part in look(workspace, reader, workspace.account(CHEN), lambda: NOW):
            keep_look(workspace, part)
            server.answers["UID FETCH"] = ""
        reader.close()
        assert rows(workspace.root, "SELECT failures FROM mailbox_health") == [(1,)]
        assert rows(workspace.root, "SELECT COUNT(*) FROM raw_message") == [(50,)]
        server.answers.clear()
        asked = bodies_asked_for(server)
        for part in looked(workspace):
            keep_look(workspace, part)
        assert bodies_asked_for(server) == asked + 2
    assert rows(workspace.root, "SELECT COUNT(*), COUNT(DISTINCT uid) FROM raw_message") == [(120, 120)]
    assert rows(workspace.root, "SELECT failures, fault FROM mailbox_health") == [(0, "")]


class Rests(threading.Event):
    """A stop event that notes how long is waited for it, and is set after three rests."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds.append(timeout or 0)
        if len(self.seconds) == 3:
            self.set()
        return True


@pytest.mark.parametrize(
    ("provider", "examine", "rests"),
    [
        ("other", "", [5, 5, 5]),
        ("qq", "", [120, 120, 120]),
        ("other", "NO", [30, 60, 120]),
        ("qq", "NO", [120, 120, 120]),
    ],
)
def test_no_provider_is_asked_more_often_than_it_bears(
    tmp_path: Path, provider: str, examine: str, rests: list[float]
) -> None:
    with ScriptedImap(answers={"EXAMINE": "NO no"} if examine else {}, password=PASSWORD) as server:
        folder = tmp_path / "workspace"
        build(folder, smtp_port=1, imap_port=server.port, is_approved=False, settings="poll_seconds = 5\n")
        with (folder / "tracker.toml").open("a") as file:
            file.write(f'provider = "{provider}"\n')
        workspace = open_workspace(folder)
        stop = Rests()
        found: queue.Queue[Look] = queue.Queue()
        Watcher(workspace, workspace.account(CHEN), found, stop, lambda: NOW, threading.Event()).run()
    assert stop.seconds == rests
    assert server.connections == (3 if examine else 1)


def test_a_watcher_outlives_answers_that_nobody_foresaw(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_FIRST_BACK_OFF", watch.timedelta(milliseconds=10))
    with ScriptedImap({7: letter(7)}, password=PASSWORD) as server:
        workspace = workspace_at(tmp_path / "workspace", server)
        server.letters[8] = letter(8)
        server.answers["UID FETCH SIZES"] = "* 1 FETCH (UID 8 INTERNALDATE 5)\r\n{tag} OK done"
        watcher, found, stop = watcher_of(workspace, room=100)
        watcher.start()
        assert "AttributeError" in found.get(timeout=10).fault
        server.answers.clear()
        parts = [found.get(timeout=10) for _part in range(2)]
        while parts[-1].fault:
            parts.append(found.get(timeout=10))
        stop.set()
        watcher.join(5)
        assert not watcher.is_alive()
        assert server.connections > 2  # one whose dialogue nobody understood is not gone on with


_KEEP_EVERYTHING = """
import sys
from pathlib import Path
from tracker.adapters.imap import MailboxReader
from tracker.clock import system_clock
from tracker.services.watch import keep_look, look
from tracker.settings import open_workspace

def peak():
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024

workspace = open_workspace(Path(sys.argv[1]))
(account,) = workspace.accounts.values()
parts = look(workspace, MailboxReader(account.imap), account, system_clock)
keep_look(workspace, next(parts))
before = peak()
for part in parts:
    keep_look(workspace, part)
print(peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory from /proc")
def test_a_hundred_megabytes_of_new_mail_pass_through_little_memory(tmp_path: Path) -> None:
    with ScriptedImap(password=PASSWORD) as server:
        workspace = workspace_at(tmp_path / "workspace", server)
        server.letters = {uid: letter(uid, 100_000) for uid in range(1, 1001)}
        done = subprocess.run(
            [sys.executable, "-c", _KEEP_EVERYTHING, str(workspace.root)],
            env=environment(),
            capture_output=True,
            text=True,
            check=True,
        )
    assert rows(workspace.root, "SELECT COUNT(*) FROM raw_message") == [(1000,)]
    assert int(done.stdout) < 30
