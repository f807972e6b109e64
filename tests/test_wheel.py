"""What a user gets: the wheel in an environment of its own, far from the checkout."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PIP = ("-m", "pip", "--disable-pip-version-check", "-qq")
LEFT_BEHIND = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "TRACKER_LANG")

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("wheel")]

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run([sys.executable, *PIP, "wheel", "--no-deps", "-w", folder, ROOT], folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def tracker(wheel, tmp_path_factory) -> Run:
    """Runs the installed command in a folder of its own."""
    folder = tmp_path_factory.mktemp("installed")
    run([sys.executable, "-m", "venv", folder / "venv"], folder)
    scripts = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    run([scripts / "python", *PIP, "install", "-c", ROOT / "constraints.txt", wheel], folder)
    return lambda *words, cwd: run([scripts / "tracker", *words], cwd)


def run(words: list[object], cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in LEFT_BEHIND}
    done = subprocess.run([*map(str, words)], cwd=cwd, env=environment, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, f"exit code {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done


def test_the_wheel_carries_every_file_that_the_package_looks_up(wheel):
    carried = set(zipfile.ZipFile(wheel).namelist())
    shipped = {
        f"tracker/_shipped/{path.relative_to(ROOT).as_posix()}"
        for folder in ("data", "templates")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert shipped
    assert shipped <= carried
    assert "tracker/locale/zh_CN/LC_MESSAGES/tracker.mo" in carried
    assert "tracker/store/migrations/env.py" in carried
    assert any(name.startswith("tracker/store/migrations/versions/0001") for name in carried)


def test_the_wheel_carries_nothing_but_the_package(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {"tracker", "mystery_shopper_tracker-0.1.0.dist-info"}
    assert not [name for name in names if "__pycache__" in name]


def test_the_installed_command_tells_its_version(tracker, tmp_path):
    assert "0.1.0" in tracker("--version", cwd=tmp_path).stdout


def test_the_installed_command_runs_the_rehearsal(tracker, tmp_path):
    tracker("rehearse", cwd=tmp_path)
