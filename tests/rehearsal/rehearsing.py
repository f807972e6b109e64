"""A rehearsal as a user starts it."""

import os
import subprocess
import sys
from pathlib import Path


def rehearse_as_process(folder: Path, zone: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tracker", "--lang", "en", "rehearse", str(folder)],
        capture_output=True,
        text=True,
        env=os.environ | {"TZ": zone, "COLUMNS": "100"},
        check=False,
    )
