"""A rehearsal as a user starts it."""

import os
import subprocess
import sys
from pathlib import Path

_OF_A_SCENARIO = """
import sys
from pathlib import Path
from tracker.rehearsal.run import run_rehearsal
sys.exit(bool(run_rehearsal(Path(sys.argv[1]), scenario=Path(sys.argv[2])).differences))
"""


def rehearsing(folder: Path, scenario: Path | None = None) -> list[str]:
    """The command for the shipped scenario; for another one there is none."""
    if scenario is None:
        return [sys.executable, "-m", "tracker", "--lang", "en", "rehearse", str(folder)]
    return [sys.executable, "-c", _OF_A_SCENARIO, str(folder), str(scenario)]


def rehearse_as_process(
    folder: Path, zone: str, scenario: Path | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        rehearsing(folder, scenario),
        capture_output=True,
        text=True,
        env=os.environ | {"TZ": zone, "COLUMNS": "100"},
        check=False,
    )
