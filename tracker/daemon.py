"""The daemon: APScheduler is only the alarm clock around `tick(now)`; the database is the schedule."""

import fcntl
import json
import logging
import os
import queue
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from apscheduler.schedulers.background import BackgroundScheduler

from tracker.adapters.imap import MailboxReader
from tracker.clock import Clock
from tracker.errors import UserError
from tracker.i18n import _
from tracker.services.forms import FormWorker
from tracker.services.health import note_tick
from tracker.services.reread import reread_scanned
from tracker.services.scans import read_scans
from tracker.services.sending import recover_interrupted
from tracker.services.tick import TickReport, tick
from tracker.services.watch import Look, Watcher, keep_look, look
from tracker.settings import Workspace
from tracker.web.serving import start_beside

_log = logging.getLogger(__name__)
LOCK_FILE = "daemon.lock"
TICK_SECONDS = 5
SCAN_SECONDS = 10
FORM_SECONDS = 2
_MOST_BATCHES_WAITING = 4  # of some megabytes each: watchers wait until these are kept


@contextmanager
def sole_daemon(workspace: Workspace, now: datetime) -> Iterator[None]:
    """Hold the workspace's lock; raises `UserError` naming the process that holds it already.

    The kernel drops the lock with the process, however it dies.
    """
    path = workspace.root / LOCK_FILE
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(_already_running(path)) from None
        file.truncate(0)
        json.dump({"pid": os.getpid(), "host": socket.gethostname(), "since": now.isoformat()}, file)
        file.flush()
        yield
        file.truncate(0)


def run_daemon(workspace: Workspace, clock: Clock) -> None:
    """Run until SIGTERM or SIGINT; the step in hand is finished before the process ends."""
    stop, news = threading.Event(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    with sole_daemon(workspace, clock()):
        interrupted = recover_interrupted(workspace, clock())
        _log.info("daemon_started", extra={"interrupted": interrupted})
        found: queue.Queue[Look] = queue.Queue(_MOST_BATCHES_WAITING)
        watchers = _start_watchers(workspace, found, stop, news, clock)
        scheduler = _start_ticking(workspace, found, stop, clock)
        beside = (_start_reading_scans(workspace, clock, stop), _start_forms(workspace, clock, stop, news))
        desk = start_beside(workspace, clock) if workspace.settings.desk.is_in_daemon else None
        while not stop.is_set():
            news.wait(timeout=1)
            if news.is_set():  # mail has come: do not wait for the next alarm
                news.clear()
                scheduler.modify_job("tick", next_run_time=clock())
        if desk:
            desk.should_exit = True
        scheduler.shutdown(wait=True)
        for thread in (*watchers, *beside):
            thread.join(timeout=5)
        _log.info("daemon_stopped")


def tick_once(workspace: Workspace, clock: Clock) -> TickReport:
    """`tracker tick`: look at every mailbox once and do what is due, without a daemon."""
    with sole_daemon(workspace, clock()):
        recover_interrupted(workspace, clock())
        for account in workspace.accounts.values():
            with closing(MailboxReader(account.imap)) as reader:
                for part in look(workspace, reader, account, clock):
                    keep_look(workspace, part)
        with closing(FormWorker(workspace, clock)) as forms:
            played = forms.turn()
        report = tick(workspace, clock(), clock)  # now, and no earlier: nothing is known before it was kept
        note_tick(workspace, clock())
        read_scans(workspace, clock)
        taken_in = report.taken_in + reread_scanned(workspace, clock())
        return replace(report, sent=report.sent + played.submitted, taken_in=taken_in)


def _start_watchers(
    workspace: Workspace,
    found: "queue.Queue[Look]",
    stop: threading.Event,
    news: threading.Event,
    clock: Clock,
) -> list[Watcher]:
    watchers = [
        Watcher(workspace, account, found, stop, clock, news) for account in workspace.accounts.values()
    ]
    for watcher in watchers:
        watcher.start()
    return watchers


def _start_ticking(
    workspace: Workspace, found: "queue.Queue[Look]", stop: threading.Event, clock: Clock
) -> BackgroundScheduler:
    # that a tick is still at work when the next is due is how it is meant, not a warning
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
    scheduler = BackgroundScheduler()

    def step() -> None:
        tick(workspace, clock(), clock, _drain(found), stop.is_set)
        note_tick(workspace, clock())

    scheduler.add_job(
        step,
        "interval",
        id="tick",
        seconds=TICK_SECONDS,
        misfire_grace_time=None,
        coalesce=True,
        max_instances=1,
        next_run_time=clock(),
    )
    scheduler.start()
    return scheduler


def _start_reading_scans(workspace: Workspace, clock: Clock, stop: threading.Event) -> threading.Thread:
    """OCR takes seconds a page: beside the ticks, so that no mail waits for it."""

    def work() -> None:
        while not stop.wait(SCAN_SECONDS):
            try:
                read_scans(workspace, clock, stop.is_set)
            except Exception:  # the other scans come with the next turn
                _log.exception("scan_not_read")

    thread = threading.Thread(target=work, name="scans", daemon=True)
    thread.start()
    return thread


def _start_forms(
    workspace: Workspace, clock: Clock, stop: threading.Event, news: threading.Event
) -> threading.Thread:
    """A form takes seconds and a captcha minutes: beside the ticks, in one thread, as a browser asks."""

    def work() -> None:
        with closing(FormWorker(workspace, clock)) as forms:
            while not stop.wait(FORM_SECONDS):
                try:
                    report = forms.turn(stop.is_set)
                except Exception:  # what is due comes with the next turn
                    _log.exception("forms_not_played")
                    continue
                if report.looked_up:  # a page may have been kept: have it taken in
                    news.set()

    thread = threading.Thread(target=work, name="forms", daemon=True)
    thread.start()
    return thread


def _drain(found: "queue.Queue[Look]") -> Iterator[Look]:
    while True:
        try:
            yield found.get_nowait()
        except queue.Empty:
            return


def _already_running(path: Path) -> str:
    holder = json.loads(path.read_text(encoding="utf-8") or "{}")
    return _("{path}: a daemon runs already: process {pid} on {host} since {since}. Stop it first.").format(
        path=path, pid=holder.get("pid", "?"), host=holder.get("host", "?"), since=holder.get("since", "?")
    )
