"""A whole round against the simulated city: real SMTP, IMAP and commands; only clock and units are simulated."""

import io
import logging
import shutil
import subprocess
import sys
import time as time_module
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from tracker.adapters.files import find_file
from tracker.adapters.imap import MailboxReader
from tracker.cli import main
from tracker.domain.terms import SHANGHAI, local_date
from tracker.errors import UserError
from tracker.i18n import _, language_in_use
from tracker.rehearsal.city import City
from tracker.rehearsal.compare import Comparison, compare
from tracker.rehearsal.evaluator import Evaluator
from tracker.rehearsal.forms import CitySites
from tracker.rehearsal.servers import HOST, RehearsalServers
from tracker.services.asks import open_asks
from tracker.services.forms import FormReport, FormWorker
from tracker.services.tick import tick
from tracker.services.watch import Look, keep_look, look
from tracker.services.workspaces import make_workspace
from tracker.settings import PASSWORD_FILE, SETTINGS_FILE, Workspace, open_workspace
from tracker.store.database import reading
from tracker.store.queries import next_look_at, next_planned_at
from tracker.store.secrets import write_private_file

SCENARIO = "data/rehearsals/yanan-2020"
_PASSWORD = "REHEARSAL"
_MARKER = "REHEARSAL-演练.txt"
_EVENING = time(17, 30)  # when the evaluator sits down to the day's tasks
_TICK = timedelta(minutes=10)
_PATIENCE_SECONDS = 0.01
_TURN_SECONDS = 0.0005  # the city's servers run in this process: each page would wait 5 ms for its turn


class SimulatedClock:
    """A clock that stands still until it is set."""

    def __init__(self, start: datetime) -> None:
        self.now = start

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Rehearsal:
    """A city, its servers, a workspace and the time, tied together."""

    workspace: Workspace
    city: City
    servers: RehearsalServers
    clock: SimulatedClock
    evaluator: Evaluator
    forms: FormWorker
    closes_at: datetime

    def __post_init__(self) -> None:
        self._readers = {name: MailboxReader(a.imap) for name, a in self.workspace.accounts.items()}
        self._with_mail: set[str] = set()
        for mailbox in sorted(self._readers):  # as the daemon does before anything is sent
            for part in self._look(mailbox):
                keep_look(self.workspace, part)

    def step(self, *, is_tick: bool = False) -> None:
        """Everything that is due at this moment, in the order of a day; `is_tick`: a tick even for nothing."""
        now = self.clock.now
        for delivery in self.city.deliver(now):
            self.servers.deliver(delivery.mailbox, delivery.raw, delivery.arrived_at)
            self._with_mail.add(delivery.mailbox)
        is_evening = now.astimezone(SHANGHAI).time() == _EVENING
        watched = sorted(self._readers) if is_evening else sorted(self._with_mail)
        self._with_mail.clear()
        found = (part for mailbox in watched for part in self._look(mailbox))
        report = self._play_forms()
        if is_tick or watched or report.looked_up or self._has_due_letter():
            tick(self.workspace, now, self.clock, found)
        if is_evening:
            self.evaluator.work(now)

    def _play_forms(self) -> FormReport:
        """The forms that are due; what asks for a person is answered by the one who reads captchas."""
        report = self.forms.turn()
        while self._waits_for_a_person():
            time_module.sleep(_PATIENCE_SECONDS)
        return self.forms.turn() if self.forms.is_waiting else report

    def _waits_for_a_person(self) -> bool:
        with reading(self.workspace.engine) as session:
            return bool(open_asks(session, self.clock.now))

    def _has_due_letter(self) -> bool:
        with reading(self.workspace.engine) as session:
            planned = next_planned_at(session)
        return planned is not None and planned <= self.clock.now

    def next_moment(self) -> datetime:
        """The next thing that is due: a letter, an event of the city, or the evening."""
        now = self.clock.now
        due = (self._next_letter(), self.city.next_at(), self._next_look())
        return min([*(moment for moment in due if moment and moment > now), self._next_evening(now)])

    def _next_look(self) -> datetime | None:
        with reading(self.workspace.engine) as session:
            return next_look_at(session, self.clock.now)

    def _next_letter(self) -> datetime | None:
        """A letter that a cap held back is tried again at the next tick."""
        with reading(self.workspace.engine) as session:
            planned = next_planned_at(session)
        return max(planned, self.clock.now + _TICK) if planned and planned <= self.clock.now else planned

    def close(self) -> None:
        self.forms.close()
        for reader in self._readers.values():
            reader.close()

    def _look(self, mailbox: str) -> Iterator[Look]:
        return look(self.workspace, self._readers[mailbox], self.workspace.accounts[mailbox], self.clock)

    def _next_evening(self, now: datetime) -> datetime:
        evening = datetime.combine(local_date(now), _EVENING, SHANGHAI)
        return (evening if evening > now else evening + timedelta(days=1)).astimezone(UTC)


def run_rehearsal(folder: Path, *, scenario: Path | None = None, every_tick: bool = False) -> Comparison:
    """Run the round in `folder` and compare what was measured with what the city did.

    `scenario` is a folder like the shipped one. The clock jumps to the next due thing; with
    `every_tick` it walks in steps of ten minutes as well.
    """
    began = monotonic()
    sys.setswitchinterval(_TURN_SECONDS)
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # the SMTP server's remarks on its own interface
    with _prepared(folder, scenario or find_file(f"{SCENARIO}/round.toml").parent) as rehearsal:
        commands = _Commands(folder, rehearsal.clock)
        commands.run("plan", "round.toml")
        commands.run("approve")
        _live_through(rehearsal, every_tick)
        commands.run("close")
        commands.run("close", "--final")
        commands.run("export", str(folder / "export"))
        return compare(rehearsal.workspace, rehearsal.city, rehearsal.clock.now, monotonic() - began)


def _live_through(rehearsal: Rehearsal, every_tick: bool) -> None:
    start, end = rehearsal.clock.now, rehearsal.closes_at
    columns = (TextColumn("演练 {task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("", total=(end - start).total_seconds())
        while rehearsal.clock.now < end:
            moment = rehearsal.next_moment()
            if every_tick:
                moment = min(moment, rehearsal.clock.now + _TICK)
            rehearsal.clock.now = min(moment, end)
            rehearsal.step(is_tick=every_tick)
            progress.update(
                bar,
                completed=(rehearsal.clock.now - start).total_seconds(),
                description=str(local_date(rehearsal.clock.now)),
            )


class _Commands:
    """Runs the commands a person types, with the simulated clock; a failed one ends the rehearsal."""

    def __init__(self, folder: Path, clock: SimulatedClock) -> None:
        self._folder, self._clock = folder, clock

    def run(self, *words: str) -> str:
        out, talk = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(talk):
            code = main(["--lang", language_in_use(), "--workspace", str(self._folder), *words], self._clock)
        if code:
            raise UserError(f"tracker {' '.join(words)}: {talk.getvalue().strip()}")
        return out.getvalue()


def is_rehearsal(folder: Path) -> bool:
    return (folder / _MARKER).exists()


@contextmanager
def _prepared(folder: Path, scenario: Path) -> Iterator[Rehearsal]:
    """A fresh workspace on running servers; an earlier rehearsal in the folder is replaced."""
    if folder.exists():
        if not is_rehearsal(folder):
            raise UserError(
                _("{folder}: exists and is no rehearsal; name another folder.").format(folder=folder)
            )
        shutil.rmtree(folder)
    times = tomllib.loads((scenario / "round.toml").read_text(encoding="utf-8"))
    clock = SimulatedClock(datetime.combine(times["starts_on"], time(8), SHANGHAI).astimezone(UTC))
    city = City.from_folder(scenario)
    mailboxes = {person.mailbox: _PASSWORD for person in city.scenario.applicants.values()}
    with (
        RehearsalServers(mailboxes, city.receive, clock) as servers,
        CitySites(city, clock) as sites,
    ):
        workspace = _make_workspace(folder, scenario, sorted(mailboxes), servers, sites.hosts, clock())
        commands = _Commands(folder, clock)
        end = datetime.combine(times["closes_on"], time(18), SHANGHAI).astimezone(UTC)
        evaluator = Evaluator(commands.run, city)
        forms = FormWorker(workspace, clock)
        rehearsal = Rehearsal(workspace, city, servers, clock, evaluator, forms, end)
        with _person_reading_captchas(folder), closing(rehearsal):
            yield rehearsal
        if sites.errors:
            raise sites.errors[0]


@contextmanager
def _person_reading_captchas(folder: Path) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-m", "tracker.rehearsal.reader", str(folder)])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _make_workspace(
    folder: Path,
    scenario: Path,
    mailboxes: list[str],
    servers: RehearsalServers,
    hosts: Mapping[str, str],
    now: datetime,
) -> Workspace:
    shutil.copytree(scenario, folder)
    for name in ("truth.csv", "answers.csv"):  # the city's own books
        (folder / name).unlink()
    (folder / _MARKER).write_text("演练 / REHEARSAL\n", encoding="utf-8")
    make_workspace(folder, now)
    tables = [_account_table(mailbox, servers) for mailbox in mailboxes]
    places = "[hosts]\n" + "".join(f'"{name}" = "{place}"\n' for name, place in hosts.items())
    (folder / SETTINGS_FILE).write_text('mode = "rehearsal"\n' + "".join(tables) + places, encoding="utf-8")
    passwords = "".join(f'"{mailbox}" = "{_PASSWORD}"\n' for mailbox in mailboxes)
    write_private_file(folder / PASSWORD_FILE, passwords)
    return open_workspace(folder)


def _account_table(mailbox: str, servers: RehearsalServers) -> str:
    return f"""
[[account]]
mailbox = "{mailbox}"
imap_host = "{HOST}"
imap_port = {servers.imap_port}
imap_security = "plain"
smtp_host = "{HOST}"
smtp_port = {servers.smtp_port}
smtp_security = "plain"
idle = false
"""
