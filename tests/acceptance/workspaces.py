"""Small workspaces with an approved round whose requests are due, and the program run on them as processes."""

import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from tests.servers.dovecot import Dovecot
from tests.servers.ports import HOST, until
from tracker.cli import main
from tracker.clock import Clock, system_clock
from tracker.services.plan import plan_round
from tracker.services.rounds import approve_round
from tracker.services.workspaces import make_workspace
from tracker.settings import Workspace, open_workspace
from tracker.store.secrets import write_private_file

CHEN, PASSWORD = "chen@citizens.test", "shouquanma-4711"
OFFICES = ("office@north.test", "office@east.test", "office@south.test")
APPLICANT_NAME, IDENTITY_NUMBER = "陈示例", "SAMPLE-ID-0815"
_NOW = datetime.now(UTC)
LONG_AGO = _NOW - timedelta(days=30)  # when these rounds were planned and approved: all is due now

_ROUND = """
name = "small"
title = "示例"
kinds = ["{kind}"]
starts_on = {starts_on}
ends_on = {ends_on}
closes_on = {closes_on}
seed = 7
expires_after_days = {expires_after_days}
authorisation = ""

[caps]
{caps}
"""

_ACCOUNT = """
[[account]]
mailbox = "{mailbox}"
imap_host = "{imap_host}"
imap_port = {imap_port}
imap_security = "plain"
smtp_host = "{smtp_host}"
smtp_port = {smtp_port}
smtp_security = "plain"
"""


def build(
    folder: Path,
    *,
    smtp_port: int,
    imap_port: int,
    offices: Sequence[str] = OFFICES,
    web_forms: int = 0,
    forms: Sequence[str] = (),
    recipe: Mapping[str, object] | None = None,
    kind: str = "disclosure",
    parameters: str = "",
    phone: str = "",
    mailboxes: Sequence[str] = (CHEN,),
    caps: Mapping[str, int] | None = None,
    planned_at: datetime = LONG_AGO,
    expires_after_days: int = 365,
    is_approved: bool = True,
    smtp_host: str = HOST,
    settings: str = "",
) -> Workspace:
    """A workspace with one request of a kind to each office (by e-mail) and to each web form.

    `forms`: web addresses of forms on the platform of `recipe`; `web_forms`: how many others, for people.
    """
    folder.mkdir()
    forms = [*forms, *(f"http://form{n}.test/" for n in range(1, web_forms + 1))]
    platform = f"{(recipe or {}).get('platform', '')},1,{parameters}"
    _write_roster(folder, offices, forms, mailboxes, kind, platform, phone)
    if recipe:
        place = folder / "data/recipes" / str(recipe["platform"])
        place.mkdir(parents=True)
        (place / "recipe.json").write_text(json.dumps(recipe), encoding="utf-8")
    day = planned_at.date()
    limits = {"per_account_per_day": 99, "per_host_per_hour": 99} | dict(caps or {})
    text = _ROUND.format(
        starts_on=day,
        kind=kind,
        ends_on=day + timedelta(days=20),
        closes_on=day + timedelta(days=120),
        expires_after_days=expires_after_days,
        caps="\n".join(f"{name} = {value}" for name, value in limits.items()),
    )
    (folder / "round.toml").write_text(text)
    make_workspace(folder, planned_at)
    accounts = [
        _ACCOUNT.format(
            mailbox=mailbox, imap_host=HOST, imap_port=imap_port, smtp_host=smtp_host, smtp_port=smtp_port
        )
        for mailbox in mailboxes
    ]
    # the week's letter to oneself would come by the real clock into whatever is counted
    settings_text = settings if "canary" in settings else 'canary = "off"\n' + settings
    (folder / "tracker.toml").write_text(settings_text + "".join(accounts))
    write_private_file(
        folder / "passwords.toml", "".join(f'"{mailbox}" = "{PASSWORD}"\n' for mailbox in mailboxes)
    )
    workspace = open_workspace(folder)
    plan_round(workspace, folder / "round.toml", "person:lead", planned_at)
    if is_approved:
        approve_round(workspace, "small", "person:lead", planned_at)
    return workspace


def _write_roster(
    folder: Path,
    offices: Sequence[str],
    forms: Sequence[str],
    mailboxes: Sequence[str],
    kind: str,
    platform: str,
    phone: str,
) -> None:
    units = [(f"unit-{n:03}", "email", address, ",1,") for n, address in enumerate(offices, 1)]
    units += [(f"form-{n:03}", "web_form", address, platform) for n, address in enumerate(forms, 1)]
    tables = {
        "units": ["unit_id,unit_code,name,group,predecessors,joined_on,left_on"]
        + [f"{unit},{unit.upper()},第{unit}局,department,,," for unit, *_ in units],
        "channels": ["unit_id,kind,channel,announced,address,platform,priority,parameters"]
        + [f"{unit},{kind},{channel},yes,{address},{name}" for unit, channel, address, name in units],
        "applicants": ["applicant,name,mailbox,identity,phone,postal_address,postcode"]
        + [
            f"A{n:02},{APPLICANT_NAME},{mailbox},{IDENTITY_NUMBER},{phone},示例街{n}号,"
            for n, mailbox in enumerate(mailboxes, 1)
        ],
        "questions": [
            "question_id,kind,title,text,unit_id,group",
            f"d-1,{kind},部门决算公开说明,请公开贵单位上年度部门决算公开说明。,,",
        ],
    }
    for name, lines in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


# --- the program as a process ---------------------------------------------------------------------------


def command(folder: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "tracker", "--lang", "en", "--workspace", str(folder), *words]


def environment(**more: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("TRACKER_")} | more


@dataclass(frozen=True)
class Done:
    out: str
    talk: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def run(folder: Path, *words: str, expect: int = 0) -> Done:
    """A command as a process of its own."""
    done = subprocess.run(
        command(folder, *words), env=environment(), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == expect, f"{words}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return Done(done.stdout, done.stderr)


def call(folder: Path, *words: str, expect: int = 0, clock: Clock = system_clock) -> Done:
    """The same command within this process: ten times as fast, and with a clock of one's choice."""
    out, talk = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(talk):
        code = main(["--lang", "en", "--workspace", str(folder), *words], clock)
    assert code == expect, f"{words}: exit {code}\n{out.getvalue()}\n{talk.getvalue()}"
    return Done(out.getvalue(), talk.getvalue())


def tick(folder: Path, clock: Clock = system_clock) -> dict[str, int]:
    found: dict[str, int] = call(folder, "tick", "--json", clock=clock).json
    return found


def status(folder: Path, clock: Clock = system_clock) -> dict[str, Any]:
    seen: dict[str, Any] = call(folder, "status", "--all", "--json", clock=clock).json
    return seen


def states(folder: Path) -> Counter[str]:
    return Counter(request["state"] for request in status(folder)["requests"])


def references(folder: Path, state: str) -> list[str]:
    return [one["reference"] for one in status(folder)["requests"] if one["state"] == state]


class Daemon:
    """`tracker daemon` as a process; killed at the end if it still runs."""

    def __init__(self, folder: Path, **more: str) -> None:
        self.folder, self._more = folder, more
        self.log_file = folder.parent / f"{folder.name}-daemon.log"

    def __enter__(self) -> Self:
        with self.log_file.open("wb") as log:
            self._process = subprocess.Popen(
                command(self.folder, "daemon", "--verbose"),
                env=environment(**self._more),
                stdout=log,
                stderr=log,
            )
        self.pid = self._process.pid
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def wait(self, seconds: float = 20) -> int:
        return self._process.wait(seconds)

    def ask_to_stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)

    def stop(self) -> int:
        self.ask_to_stop()
        return self.wait()

    def wait_for_the_first_tick(self) -> None:
        self.wait_for(lambda: "executed successfully" in self.log)

    def wait_for(self, condition: Callable[[], object], seconds: float = 20) -> None:
        assert until(lambda: bool(condition()) or not self.is_running, seconds), self.log
        assert self.is_running, self.log


# --- what the database holds ----------------------------------------------------------------------------


def rows(folder: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "tracker.db", timeout=30)) as connection, connection:
        return connection.execute(sql, values).fetchall()


def change(folder: Path, sql: str, *values: object) -> None:
    """Change the database behind the program's back."""
    rows(folder, sql, *values)


def count_events(folder: Path, *kinds: str) -> int:
    marks = ", ".join("?" * len(kinds))
    return int(rows(folder, f"SELECT COUNT(*) FROM event WHERE kind IN ({marks})", *kinds)[0][0])


def message_ids(folder: Path) -> dict[str, str]:
    """Message-ID of each letter, by recipient."""
    return dict(rows(folder, "SELECT recipient, message_id FROM outbox"))


# --- letters that come in ---------------------------------------------------------------------------------


def answer(sender: str, message_id: str, *, number: int = 1, received: str = "", text: str = "") -> bytes:
    """A unit's answer, as plain as they come; `received` is the stamp of the applicant's own server."""
    lines = [
        *(
            [f"Received: from mx.{sender.partition('@')[2]} by mail.citizens.test; {received}"]
            * bool(received)
        ),
        f"From: <{sender}>",
        f"To: <{CHEN}>",
        "Subject: Re: application",
        f"Message-ID: <answer-{number}@{sender.partition('@')[2]}>",
        *([f"In-Reply-To: {message_id}"] * bool(message_id)),
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        text or "政府信息公开申请答复书：您申请的信息予以公开，现将部门决算公开说明提供给您，详见下文。",
    ]
    return ("\r\n".join(lines) + "\r\n").encode()


def mailbox_server(*mailboxes: str) -> Dovecot:
    return Dovecot(dict.fromkeys(mailboxes or (CHEN,), PASSWORD))
