"""What the target sites have in common: a template made once, a process group, a database that is only read."""

import hashlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

import pytest

from tests.servers.ports import HOST, free_port, until
from tests.targets import install

INSIDE = Path(__file__).parent / "inside"  # what runs within the sites' own environments

REQUESTER = "requester@mail.test"
STAFF, STAFF_EMAIL, STAFF_PASSWORD = "staff", "staff@unit.test", "staff-of-the-unit"


class Ticket(NamedTuple):
    id: int
    title: str
    body: str
    email: str


class Target(ABC):
    """A real ticket system in a folder of its own, with nothing in it but what a unit would set up.

    with Helpdesk(tmp_path / "site") as site:
        ... site.address, site.ticket_count()

    `stop` and `start` again: the same tickets at the same address, as after a reboot.
    """

    name: ClassVar[str]
    database: ClassVar[str]  # within the folder
    sources: ClassVar[Sequence[str]]  # within `inside`: a change of them makes a new template
    home: ClassVar[str] = "/"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # --- starting and stopping ---------------------------------------------------------------------------

    def start(self) -> Self:
        if not (self.folder / self.database).exists():
            shutil.copytree(self._template(), self.folder, dirs_exist_ok=True)
        self.port = self.port or free_port()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(),
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if not until(lambda: self._has_ended() or self._answers(), 60) or self._has_ended():
            self.stop()
            raise RuntimeError(f"{self.name} does not start:\n{self.log.read_text(errors='replace')[-2000:]}")
        return self

    def stop(self) -> None:
        """The whole process group: some of these servers fork workers."""
        if self._process is None:
            return
        for sign, seconds in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
            if not self._group_lives():
                break
            os.killpg(self._process.pid, sign)
            until(lambda: not self._group_lives(), seconds)
        self._process.wait()
        self._process = None

    def _group_lives(self) -> bool:
        assert self._process is not None
        self._process.poll()  # a dead leader that nobody asked for would still count
        try:
            os.killpg(self._process.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def _has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _answers(self) -> bool:
        try:
            build_opener(ProxyHandler({})).open(self.address + self.home, timeout=30).close()
        except HTTPError:
            return True
        except OSError:
            return False
        return True

    # --- what each site tells ----------------------------------------------------------------------------

    @classmethod
    @abstractmethod
    def missing(cls) -> str:
        """What has to be installed before this site can run; empty if nothing."""

    @abstractmethod
    def ticket_count(self) -> int: ...

    @abstractmethod
    def tickets(self) -> list[Ticket]: ...

    @abstractmethod
    def staff_replies(self, ticket_id: int, text: str, *, closes: bool = False) -> None:
        """Somebody at the unit answers, and the requester can read it."""

    def letters(self) -> list[bytes]:
        """What the site has mailed, oldest first: it gets no further than its folder."""
        return [path.read_bytes() for path in sorted((self.folder / "mail").glob("*.eml"))]

    @abstractmethod
    def _command(self) -> Sequence[str | Path]: ...

    @abstractmethod
    def _prepare(self) -> None:
        """Fill `self.folder` with an empty site."""

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "TARGET_FOLDER": str(self.folder), "TARGET_PORT": str(self.port)}

    def _run(self, *command: str | Path, text: str = "") -> None:
        """A program of the site itself, which has to succeed."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self._environment(),
            input=text.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(
                f"{self.name}: {command} failed:\n{done.stdout.decode(errors='replace')[-2000:]}"
            )

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        uri = f"{(self.folder / self.database).as_uri()}?mode=ro"
        connection = sqlite3.connect(uri, uri=True, timeout=20)
        try:
            return connection.execute(query, values).fetchall()
        finally:
            connection.close()

    # --- the template ------------------------------------------------------------------------------------

    def _template(self) -> Path:
        template = install.FOLDER / "templates" / f"{self.name}-{self._digest()}"
        with install.locked(self.name):
            if not template.exists():
                self._make_template(template)
        return template

    def _make_template(self, template: Path) -> None:
        if missing := self.missing():
            raise RuntimeError(f"{self.name} is not installed: {missing}")
        for outdated in template.parent.glob(f"{self.name}-*"):
            shutil.rmtree(outdated)
        draft = template.with_name(f"draft-{template.name}")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        type(self)(draft)._prepare()
        draft.rename(template)

    def _digest(self) -> str:
        """Of all that the template was made from."""
        places = [INSIDE / source for source in self.sources]
        files = [
            path for place in places for path in (sorted(place.rglob("*")) if place.is_dir() else [place])
        ]
        digest = hashlib.sha256(f"{self._versions()}".encode())
        for path in [*files, Path(__file__), Path(sys.modules[type(self).__module__].__file__ or "")]:
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(path.read_bytes())
        return digest.hexdigest()[:12]

    def _versions(self) -> str:
        return " ".join(install.PINS)


class PythonTarget(Target):
    """A site that runs on the packages in the targets' own environment."""

    @classmethod
    def missing(cls) -> str:
        return "" if install.is_installed() else "python tests/targets/install.py"

    def _environment(self) -> dict[str, str]:
        return {**super()._environment(), "PYTHONPATH": str(INSIDE), "PYTHONDONTWRITEBYTECODE": "1"}


def need(target: type[Target]) -> None:
    """Pass over a test by name where its site is not installed; under CI=true it fails."""
    if missing := target.missing():
        reason = f"{target.name} is not installed: {missing}"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
