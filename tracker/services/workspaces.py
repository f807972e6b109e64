"""Making a workspace: settings, key, database, and sample files to start from."""

import shutil
from datetime import datetime
from pathlib import Path

from tracker.adapters.files import find_file
from tracker.adapters.mounts import unsafe_folder
from tracker.errors import UserError
from tracker.i18n import _
from tracker.settings import SETTINGS_FILE, Workspace, open_workspace, register_workspace
from tracker.store.secrets import KEY_FILE, new_key, write_private_file

_SAMPLES = ("round.toml", "units.csv", "channels.csv", "applicants.csv", "questions.csv")


def make_workspace(root: Path, now: datetime) -> Workspace:
    """Make a workspace in `root`; raises `UserError` where one is already, or the folder is unsafe."""
    if (root / SETTINGS_FILE).exists():
        raise UserError(_("{folder}: there is a workspace already.").format(folder=root))
    fault = unsafe_folder(root)
    if fault:
        raise UserError(fault)
    root.mkdir(parents=True, exist_ok=True)
    for name in _SAMPLES:
        if not (root / name).exists():
            shutil.copyfile(find_file(f"data/rosters/sample/{name}"), root / name)
    if not (root / KEY_FILE).exists():
        write_private_file(root / KEY_FILE, new_key() + "\n")
    shutil.copyfile(find_file("data/rosters/sample/tracker.toml"), root / SETTINGS_FILE)
    workspace = open_workspace(root)
    register_workspace(workspace, now)
    return workspace
