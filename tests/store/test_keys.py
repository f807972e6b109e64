"""Where the key is looked for: the environment, a private file, the system's keyring."""

from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import NoKeyringError

from tracker.errors import UserError
from tracker.store.secrets import (
    KEY_FILE,
    KEY_VARIABLE,
    KEYRING_SERVICE,
    Vault,
    new_key,
    open_vault,
    write_private_file,
)


class InMemory(KeyringBackend):
    priority = 1.0  # type: ignore[assignment]

    def __init__(self, is_there: bool = True) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.is_there = is_there

    def get_password(self, service: str, username: str) -> str | None:
        if not self.is_there:
            raise NoKeyringError
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemory]:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    before, mine = keyring.get_keyring(), InMemory()
    keyring.set_keyring(mine)
    yield mine
    keyring.set_keyring(before)


def opens(folder: Path, sealed: bytes) -> bool:
    return open_vault(folder).unseal(sealed) == {"name": "甲"}


def test_the_key_may_live_in_the_keyring_and_opens_what_it_sealed(tmp_path: Path, ring: InMemory) -> None:
    key = new_key()
    sealed = Vault(key.encode()).seal({"name": "甲"})
    ring.set_password(KEYRING_SERVICE, str(tmp_path.resolve()), key)
    assert opens(tmp_path, sealed)


def test_the_file_comes_before_the_keyring_and_the_environment_before_both(
    tmp_path: Path, ring: InMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [new_key() for _ in range(3)]
    sealed = [Vault(key.encode()).seal({"name": "甲"}) for key in keys]
    ring.set_password(KEYRING_SERVICE, str(tmp_path.resolve()), keys[0])
    write_private_file(tmp_path / KEY_FILE, keys[1])
    assert opens(tmp_path, sealed[1])
    monkeypatch.setenv(KEY_VARIABLE, keys[2])
    assert opens(tmp_path, sealed[2])


def test_without_any_key_the_missing_file_is_named(tmp_path: Path, ring: InMemory) -> None:
    ring.is_there = False
    with pytest.raises(UserError, match=r"tracker\.key: no such file"):
        open_vault(tmp_path)


def test_what_is_no_key_in_the_keyring_is_named_by_where_it_was(tmp_path: Path, ring: InMemory) -> None:
    ring.set_password(KEYRING_SERVICE, str(tmp_path.resolve()), "no key")
    with pytest.raises(UserError, match=f"{KEYRING_SERVICE}: not a key"):
        open_vault(tmp_path)
