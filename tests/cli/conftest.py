"""A workspace and the commands on it: as processes, or within this one with a clock of one's choice."""

import hashlib
import io
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tracker.cli import main
from tracker.domain.terms import SHANGHAI

MONDAY = datetime(2026, 11, 30, 9, tzinfo=SHANGHAI)  # a week before the sample round begins


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    talk: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRACKER_")}
    return {**kept, "TRACKER_ACTOR": "tester", "COLUMNS": "200", **(more or {})}


def run(folder: Path, *words: str, env: Mapping[str, str] | None = None) -> Done:
    """A command as a process, started in `folder`."""
    done = subprocess.run(
        [sys.executable, "-m", "tracker", *words],
        cwd=folder,
        env=environment({"TRACKER_LANG": "en", **(env or {})}),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


class Desk:
    """A workspace, and who works with it. `now` is the time of the commands that run in this process."""

    def __init__(self, folder: Path, now: datetime = MONDAY) -> None:
        self.folder, self.now = folder, now

    def run(self, *words: str, env: Mapping[str, str] | None = None) -> Done:
        return run(self.folder, *words, env=env)

    def call(self, *words: str, expect: int = 0) -> Done:
        out, talk = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(talk):
            code = main(["--lang", "en", "--workspace", str(self.folder), *words], lambda: self.now)
        assert code == expect, f"{words}: exit {code}\n{out.getvalue()}\n{talk.getvalue()}"
        return Done(code, out.getvalue(), talk.getvalue())

    def json(self, *words: str) -> Any:
        return self.call(*words, "--json").json

    def refused(self, *words: str, env: Mapping[str, str] | None = None) -> str:
        """What the process says on stderr; it must exit 1, print nothing else and change nothing."""
        before = self.dump()
        done = self.run(*words, env=env)
        assert (done.code, done.out) == (1, ""), done
        assert self.dump() == before
        return done.talk

    def refused_here(self, *words: str) -> str:
        """The same within this process."""
        before = self.dump()
        done = self.call(*words, expect=1)
        assert (self.dump(), done.out) == (before, "")
        return done.talk

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def change(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        self.write(name, text.replace(old, new, 1))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / "tracker.db")) as connection:
            return connection.execute(sql).fetchall()

    def dump(self) -> str:
        with closing(sqlite3.connect(self.folder / "tracker.db")) as connection:
            return hashlib.sha256("\n".join(connection.iterdump()).encode()).hexdigest()

    def every_byte(self, but: Iterable[str] = ()) -> bytes:
        """All that lies in the workspace, apart from the files the user wrote."""
        files = [path for path in self.folder.rglob("*") if path.is_file() and path.name not in but]
        return b"\0".join(path.read_bytes() for path in sorted(files))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A fresh workspace with the sample files, mailboxes matching the applicants."""
    for name in [name for name in os.environ if name.startswith("TRACKER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TRACKER_ACTOR", "tester")
    monkeypatch.setenv("COLUMNS", "200")
    folder = tmp_path / "round"
    with redirect_stderr(io.StringIO()):
        assert main(["--lang", "en", "init", str(folder)], lambda: MONDAY) == 0
    return Desk(folder)


@pytest.fixture
def planned(desk: Desk) -> Desk:
    desk.call("plan")
    return desk


@pytest.fixture
def approved(planned: Desk) -> Desk:
    planned.call("approve")
    return planned
