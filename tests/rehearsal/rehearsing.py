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


def rehearse_as_process(
    folder: Path, zone: str, scenario: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """With the shipped scenario by the command; another one has none."""
    command = ["-m", "tracker", "--lang", "en", "rehearse", str(folder)]
    return subprocess.run(
        [
            sys.executable,
            *(command if scenario is None else ["-c", _OF_A_SCENARIO, str(folder), str(scenario)]),
        ],
        capture_output=True,
        text=True,
        env=os.environ | {"TZ": zone, "COLUMNS": "100"},
        check=False,
    )
