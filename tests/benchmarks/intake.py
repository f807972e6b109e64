"""The benchmark of the intake: `python -m tests.benchmarks.intake [--small N] [--big N] [--requests N] [--profile]`.

From a mailbox of Dovecot to events in the database, beside `mbsync` pulling the same mailbox and imap_tools
reading the same fields, each in a process of its own, in one run. imap_tools comes with
`pip install -e '.[bench]'`, mbsync with the Debian package isync; without them their rows say so.
"""

import argparse
import cProfile
import json
import pstats
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

from tests.benchmarks.mailbox import MAILBOX, SIZES, fill, requests_csv
from tests.servers.dovecot import Dovecot
from tests.servers.ports import HOST
from tracker.adapters.imap import ImapAccount, MailboxReader
from tracker.services.intake import take_in
from tracker.services.sent_elsewhere import import_requests
from tracker.services.watch import Look, keep_look
from tracker.services.workspaces import make_workspace
from tracker.settings import open_workspace

PASSWORD = "secret"
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
SENT = datetime(2026, 3, 3, tzinfo=UTC)  # when all requests of the mailbox were sent
_PER_TICK = 20  # batches that a tick finds waiting


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.intake")
    parser.add_argument("--small", type=int, default=20_000, help="letters of 6 KB")
    parser.add_argument("--big", type=int, default=2_000, help="letters of 55 KB")
    parser.add_argument("--requests", type=int, default=10_000, help="open requests of the mailbox")
    parser.add_argument("--profile", action="store_true", help="where our time goes")
    parser.add_argument("--as", dest="contestant", choices=CONTESTANTS, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.contestant:
        _say(json.dumps(_measured(chosen)))
        return
    for name, count in (("small", chosen.small), ("big", chosen.big)):
        if count:
            _compare(name, count, chosen)


def _say(line: str = "") -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _compare(name: str, count: int, chosen: argparse.Namespace) -> None:
    with Dovecot({MAILBOX: PASSWORD}) as dovecot:
        fill(dovecot.maildir(MAILBOX), count, SIZES[name], chosen.requests)
        _own(dovecot.maildir(MAILBOX))
        _say(f"{count} letters of {SIZES[name] // 1000} KB, {chosen.requests} open requests")
        results = {each: _run(each, dovecot.imap_port, chosen) for each in CONTESTANTS}
    ours = results["ours"]
    for each, result in results.items():
        if "missing" in result:
            _say(f"  {each:<12} {result['missing']}")
            continue
        rate = count / result["seconds"]
        ratio = result["seconds"] / ours["seconds"]
        _say(f"  {each:<12} {rate:8.0f}/s {result['peak_mb']:6.0f} MB   ours is {ratio:.2f} times as fast")
    for stage, seconds in ours.get("stages", {}).items():
        _say(f"    {stage:<10} {1e6 * seconds / count:7.0f} us a letter")


def _own(maildir: Path) -> None:
    shutil.chown(maildir, "nobody")
    for path in maildir.rglob("*"):
        shutil.chown(path, "nobody")


def _run(contestant: str, port: int, chosen: argparse.Namespace) -> dict[str, object]:
    command = [sys.executable, "-m", "tests.benchmarks.intake", "--as", contestant, "--port", str(port)]
    command += ["--requests", str(chosen.requests), *(["--profile"] if chosen.profile else [])]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _measured(chosen: argparse.Namespace) -> dict[str, object]:
    with tempfile.TemporaryDirectory(dir=Path.cwd() / "build" if Path("build").is_dir() else None) as folder:
        return CONTESTANTS[chosen.contestant](Path(folder), chosen)


def _peak_mb(who: int = resource.RUSAGE_SELF) -> float:
    return resource.getrusage(who).ru_maxrss / 1000


# --- ours -------------------------------------------------------------------------------------------------


def ours(folder: Path, chosen: argparse.Namespace) -> dict[str, object]:
    """Fetch, keep, parse, match, classify and record, as the daemon does it."""
    root = folder / "workspace"
    make_workspace(root, EPOCH)
    workspace = open_workspace(root)
    listed = folder / "requests.csv"
    listed.write_text(requests_csv(chosen.requests), encoding="utf-8")
    import_requests(workspace, listed, "benchmark", SENT)
    account = ImapAccount(MAILBOX, HOST, chosen.port, MAILBOX, PASSWORD, "plain", ("INBOX",))
    reader = MailboxReader(account)
    stages: dict[str, float] = {"fetch": 0.0, "keep": 0.0, "understand": 0.0}
    profile = cProfile.Profile()
    now = datetime.now(UTC)
    started = perf_counter()
    if chosen.profile:
        profile.enable()
    batches = reader.fetch({}, EPOCH)
    waiting = 0
    while True:
        with _timed(stages, "fetch"):
            batch = next(batches, None)
        if batch is None:
            break
        with _timed(stages, "keep"):
            keep_look(workspace, Look(MAILBOX, now, (batch,)))
        waiting += 1
        if waiting % _PER_TICK == 0:
            with _timed(stages, "understand"):
                take_in(workspace, now)
    with _timed(stages, "understand"):
        take_in(workspace, now)
    seconds = perf_counter() - started
    if chosen.profile:
        profile.disable()
        pstats.Stats(profile, stream=sys.stderr).sort_stats("cumtime").print_stats(45)
    return {"seconds": seconds, "peak_mb": _peak_mb(), "stages": stages}


@contextmanager
def _timed(stages: dict[str, float], name: str) -> Iterator[None]:
    started = perf_counter()
    yield
    stages[name] += perf_counter() - started


# --- peers ------------------------------------------------------------------------------------------------


def imap_tools(_folder: Path, chosen: argparse.Namespace) -> dict[str, object]:
    """Read the same fields of every letter: texts, attachments and what matching looks at."""
    if find_spec("imap_tools") is None:
        return {"missing": "not installed: pip install -e '.[bench]'"}
    from imap_tools import MailBoxUnencrypted

    started = perf_counter()
    seen = 0
    with MailBoxUnencrypted(HOST, chosen.port).login(MAILBOX, PASSWORD) as box:
        for letter in box.fetch(mark_seen=False, bulk=50):
            fields = (
                letter.uid,
                letter.subject,
                letter.from_,
                letter.to,
                letter.date,
                letter.headers,
                letter.text,
            )
            payloads = [(file.filename, file.payload) for file in letter.attachments]
            seen += bool(fields) and letter.html is not None and payloads is not None
    return {"seconds": perf_counter() - started, "peak_mb": _peak_mb(), "letters": seen}


_MBSYNC = """
IMAPAccount dovecot
Host {host}
Port {port}
User {user}
Pass {password}
{tls} None
AuthMechs LOGIN

IMAPStore far
Account dovecot

MaildirStore near
Path {folder}/near/
Inbox {folder}/near/INBOX

Channel all
Far :far:
Near :near:
Patterns INBOX
Create Near
SyncState *
"""


def mbsync(folder: Path, chosen: argparse.Namespace) -> dict[str, object]:
    """Pull the whole mailbox into an empty Maildir."""
    if shutil.which("mbsync") is None:
        return {"missing": "not installed: apt-get install isync"}
    (folder / "near").mkdir()
    version = subprocess.run(["mbsync", "--version"], capture_output=True, text=True, check=True).stdout
    tls = "SSLType" if version.split()[-1].startswith("1.4") else "TLSType"
    settings = folder / "mbsyncrc"
    settings.write_text(
        _MBSYNC.format(host=HOST, port=chosen.port, user=MAILBOX, password=PASSWORD, folder=folder, tls=tls)
    )
    settings.chmod(0o600)
    started = perf_counter()
    subprocess.run(["mbsync", "-q", "-c", str(settings), "all"], check=True, stdout=subprocess.DEVNULL)
    return {"seconds": perf_counter() - started, "peak_mb": _peak_mb(resource.RUSAGE_CHILDREN)}


CONTESTANTS: Mapping[str, Callable[[Path, argparse.Namespace], dict[str, object]]] = {
    "ours": ours,
    "imap_tools": imap_tools,
    "mbsync": mbsync,
}

if __name__ == "__main__":
    main()
