"""What runs on Windows too: the path of these commands imports no module that only POSIX has."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Desk, environment

MAIL = Path(__file__).parents[1] / "mail"
POSIX_ONLY = ["fcntl", "pwd", "grp", "resource", "termios"]
WITHOUT_POSIX = f"""
import sys
for name in {POSIX_ONLY}:
    sys.modules[name] = None
from tracker.cli import main
sys.exit(main(sys.argv[1:]))
"""


def run_without_posix(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_POSIX, "--lang", "en", *words],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
    )


def run_well(folder: Path, *words: str) -> str:
    done = run_without_posix(folder, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_daemon_is_what_needs_posix(approved: Desk):
    """Shows that the modules are really out of reach."""
    done = run_without_posix(approved.folder, "tick")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "This command needs Linux or macOS: Windows has no locks of that kind.\n"


def test_deadline_runs_without_posix(tmp_path: Path):
    words = ["--kind", "disclosure", "--received", "2026-02-13", "--json"]
    assert json.loads(run_well(tmp_path, "deadline", *words))["due_on"] == "2026-03-19"


@pytest.mark.parametrize(
    "name", ["answer-formal", "disclosed-decision-only-in-docx", "correction-notice-gbk-subject"]
)
def test_read_runs_without_posix(name):
    shown = json.loads(run_well(MAIL, "read", f"{name}.eml", "--json"))
    assert shown["kind"] in ("reply", "correction_notice")


def test_explain_and_export_run_without_posix(approved: Desk):
    assert "sample-2026-C0001" in run_well(approved.folder, "explain", "sample-2026-C0001")
    run_well(approved.folder, "export", "out")
    written = {path.name for path in (approved.folder / "out").iterdir()}
    assert {"datapackage.json", "requests.csv", "messages.csv", "results.xlsx"} <= written
