"""Encryption of what identifies an applicant or opens a unit's page: one key, outside the database."""

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from tracker.errors import UserError
from tracker.i18n import _

KEY_VARIABLE = "TRACKER_KEY"
KEY_FILE = "tracker.key"


class Vault:
    """Seals small mappings of strings."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(key)

    def seal(self, fields: Mapping[str, str]) -> bytes:
        return self._fernet.encrypt(json.dumps(dict(fields), ensure_ascii=False).encode())

    def unseal(self, sealed: bytes) -> dict[str, str]:
        """The fields again; raises `UserError` if they were sealed with another key."""
        try:
            opened: dict[str, str] = json.loads(self._fernet.decrypt(sealed))
        except InvalidToken:
            raise UserError(
                _(
                    "The key does not open the applicants' records: set {variable} or {file} to the key they "
                    "were sealed with."
                ).format(variable=KEY_VARIABLE, file=KEY_FILE)
            ) from None
        return opened


def open_vault(workspace: Path) -> Vault:
    """The vault with the key from TRACKER_KEY, or from `tracker.key` (mode 600) in the workspace."""
    key = os.environ.get(KEY_VARIABLE)
    text = key if key else read_private_file(workspace / KEY_FILE)
    try:
        return Vault(text.strip().encode())
    except ValueError:
        source = KEY_VARIABLE if key else workspace / KEY_FILE
        raise UserError(
            _(
                "{source}: not a key. `tracker init` makes one; restore the one this workspace began with."
            ).format(source=source)
        ) from None


def read_private_file(path: Path) -> str:
    """Text of a file that nobody but its owner may read. Raises `UserError` otherwise."""
    if not path.exists():
        raise UserError(
            _("{path}: no such file. Put it back, or set the environment variable.").format(path=path)
        )
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name != "nt" and mode & 0o077:
        raise UserError(
            _("{path}: others may read it (mode {mode:o}). Run: chmod 600 {path}").format(
                path=path, mode=mode
            )
        )
    return path.read_text(encoding="utf-8")


def write_private_file(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)


def new_key() -> str:
    return Fernet.generate_key().decode()
