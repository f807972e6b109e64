"""Opening the workspace a command works in."""

from pathlib import Path

from tracker.cli.show import Settled
from tracker.settings import Workspace, find_workspace, open_workspace


def open_here(settled: Settled) -> Workspace:
    """The workspace named with --workspace, or the nearest one upwards."""
    return open_workspace(settled.workspace or find_workspace(Path.cwd()))
