from collections.abc import Iterator
from typing import Any

import pytest

from tests.adapters.imap_boxes import (
    ME,
    MORNING,
    PASSWORD,
    Box,
    DovecotBox,
    Open,
    PymapBox,
    ScriptedBox,
    account,
)
from tests.servers.dovecot import Dovecot
from tests.servers.scripted_imap import ScriptedImap
from tracker.adapters.imap import MailboxReader
from tracker.rehearsal.servers import RehearsalServers


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    with Dovecot({ME: PASSWORD}) as server:
        yield server


_SERVERS = [pytest.param("dovecot", marks=pytest.mark.needs("dovecot")), "pymap", "scripted"]


@pytest.fixture(params=_SERVERS)
def box(request: pytest.FixtureRequest) -> Iterator[Box]:
    if request.param == "dovecot":
        yield DovecotBox(request.getfixturevalue("dovecot"))
        return
    if request.param == "scripted":
        with ScriptedImap(capabilities="IMAP4rev1 IDLE ID", password=PASSWORD) as script:
            yield ScriptedBox(script)
        return
    with RehearsalServers({ME: PASSWORD}, lambda *_: None, lambda: MORNING) as server:
        yield PymapBox(server)


@pytest.fixture
def opened() -> Iterator[Open]:
    """Makes readers and closes them."""
    readers: list[MailboxReader] = []

    def open_reader(port: int, **changes: Any) -> MailboxReader:
        readers.append(MailboxReader(account(port, **changes)))
        return readers[-1]

    yield open_reader
    for reader in readers:
        reader.close()
