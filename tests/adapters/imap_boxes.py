"""One mailbox on each of the servers that the IMAP reader is held to."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol

from tests.servers.dovecot import Dovecot
from tests.servers.ports import HOST
from tests.servers.scripted_imap import ScriptedImap
from tracker.adapters.imap import FetchedBatch, ImapAccount, MailboxReader, Mark
from tracker.rehearsal.servers import RehearsalServers

ME, PASSWORD = "chen@mail.test", "secretcode"
MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)

Open = Callable[..., MailboxReader]


def account(port: int, **changes: Any) -> ImapAccount:
    plain = ImapAccount(ME, HOST, port, ME, PASSWORD, "plain", timeout_seconds=5)
    return replace(plain, **changes)


def letter(number: int) -> bytes:
    return f"Subject: letter {number}\r\nMessage-ID: <{number}@unit.test>\r\n\r\nText {number}\r\n".encode()


def marks_of(batches: list[FetchedBatch]) -> dict[str, Mark]:
    return {batch.folder: batch.mark for batch in batches if batch.mark}


def raws(batches: list[FetchedBatch]) -> list[bytes]:
    return [message.raw for batch in batches for message in batch.messages]


class Box(Protocol):
    port: int
    before: int  # the UID before a mailbox's first one

    def deliver(self, raw: bytes, when: datetime) -> None: ...


class ScriptedBox:
    before = 0

    def __init__(self, server: ScriptedImap) -> None:
        self.port, self._server = server.port, server

    def deliver(self, raw: bytes, when: datetime) -> None:
        self._server.deliver(raw, when)


class DovecotBox:
    before = 0

    def __init__(self, server: Dovecot) -> None:
        self.port, self._server = server.imap_port, server

    def deliver(self, raw: bytes, when: datetime) -> None:
        self._server.deliver(ME, raw, when)


class PymapBox:
    before = 100

    def __init__(self, server: RehearsalServers) -> None:
        self.port, self._server = server.imap_port, server

    def deliver(self, raw: bytes, when: datetime) -> None:
        self._server.deliver(ME, raw, when)
