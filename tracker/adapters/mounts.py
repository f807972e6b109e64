"""Is a folder on a network share or in a sync folder? SQLite's locks do not hold on either."""

import re
from pathlib import Path

from tracker.i18n import _

_NETWORK = {
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "9p",
    "ceph",
    "glusterfs",
    "afs",
    "fuse.sshfs",
    "davfs",
    "fuse.rclone",
}
_SYNCED = (
    "dropbox",
    "onedrive",
    "google drive",
    "icloud",
    "nextcloud",
    "nutstore",
    "坚果云",
    "百度网盘",
    "syncthing",
)


def unsafe_folder(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> str:
    """Why `folder` cannot hold a workspace, as a sentence for the user; empty if it can."""
    resolved = folder.resolve()
    for part in resolved.parts:
        if part.lower().startswith(_SYNCED):
            return _(
                "{folder}: inside the synchronised folder {part}: move the workspace to a local folder."
            ).format(folder=folder, part=part)
    kind = _file_system(resolved, mounts.read_text()) if mounts.exists() else ""
    if kind in _NETWORK:
        return _("{folder}: on a network file system ({kind}): move the workspace to a local disk.").format(
            folder=folder, kind=kind
        )
    return ""


def _file_system(folder: Path, mounts: str) -> str:
    """The type of the deepest mount that holds `folder`."""
    best, kind = "", ""
    for line in mounts.splitlines():
        _device, point, of_type, *_rest = line.split(" ")
        point = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), point)  # \040 is a blank
        if folder.is_relative_to(point) and len(point) >= len(best):
            best, kind = point, of_type
    return kind
