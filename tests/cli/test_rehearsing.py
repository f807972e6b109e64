"""What `tracker rehearse` says before it begins, and the commands it leaves to be copied."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rehearsal.rehearsing import rehearsing
from tracker.cli.rehearsing import command_to_copy


def test_an_earlier_rehearsal_is_not_replaced_without_a_word(tmp_path: Path):
    folder = tmp_path / "rehearsal"
    folder.mkdir()
    (folder / "REHEARSAL-演练.txt").touch()
    with subprocess.Popen(
        rehearsing(folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stderr
        said = [run.stderr.readline() for _ in range(2)]
        run.kill()
        run.communicate()
    assert said[1].startswith(f"{folder}: the earlier rehearsal there is replaced, with its desk's accounts")


def program(folder: Path, name: str = "tracker") -> Path:
    folder.mkdir(parents=True)
    made = folder / name
    made.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n", encoding="utf-8")
    made.chmod(0o755)
    return made


def test_a_command_to_copy_names_the_program_as_it_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    started = program(tmp_path / ".venv" / "bin").relative_to(tmp_path)  # as make does
    monkeypatch.setattr(sys, "argv", [str(started), "rehearse"])
    copied = command_to_copy("--workspace", "my round", "status")
    assert copied == ".venv/bin/tracker --workspace 'my round' status"
    ran = subprocess.run(copied, shell=True, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == ["--workspace", "my round", "status"]


def test_a_command_to_copy_is_short_where_the_program_is_on_the_path(tmp_path: Path, monkeypatch):
    started = program(tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{started.parent}:/usr/bin:/bin")
    monkeypatch.setattr(sys, "argv", [str(started), "rehearse"])
    assert command_to_copy("init", "my-round") == "tracker init my-round"


def test_a_command_to_copy_calls_python_where_python_was_called(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "argv", ["/somewhere/tracker/__main__.py", "rehearse"])
    copied = shlex.split(command_to_copy("deadline", "--help"))
    assert copied[1:] == ["-m", "tracker", "deadline", "--help"]
    assert subprocess.run(copied, capture_output=True, check=False).returncode == 0
