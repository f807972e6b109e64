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
KEYRING_SERVICE = "mystery-shopper-tracker"


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
    """The vault with the key from TRACKER_KEY, from `tracker.key` (mode 600) in the workspace, or from the
    system's keyring, where it is kept under the service "mystery-shopper-tracker" and the workspace's path.
    """
    source, text = _key(workspace)
    try:
        return Vault(text.strip().encode())
    except ValueError:
        raise UserError(
            _(
                "{source}: not a key. `tracker init` makes one; restore the one this workspace began with."
            ).format(source=source)
        ) from None


def _key(workspace: Path) -> tuple[str, str]:
    """Where the key was found, and the key."""
    if key := os.environ.get(KEY_VARIABLE):
        return KEY_VARIABLE, key
    path = workspace / KEY_FILE
    if not path.exists() and (key := _from_keyring(workspace)):
        return KEYRING_SERVICE, key
    return str(path), read_private_file(path)


def _from_keyring(workspace: Path) -> str | None:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:  # the extra `keyring` is not installed
        return None
    try:
        return keyring.get_password(KEYRING_SERVICE, str(workspace.resolve()))
    except KeyringError:  # no keyring on this machine, or a locked one
        return None


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
