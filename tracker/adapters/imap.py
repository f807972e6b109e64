"""Reading mailboxes, and only reading: EXAMINE and BODY.PEEK, no flag is set and nothing is moved."""

import logging
import socket
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from imapclient import IMAPClient, SocketTimeout  # type: ignore[import-untyped]
from imapclient.exceptions import IMAPClientAbortError  # type: ignore[import-untyped]

from tracker.adapters.imap_faults import FAULTS, is_login_refused, reason_of

# At DEBUG imapclient writes user names and whole letters.
logging.getLogger("imapclient").setLevel(logging.WARNING)

JUNK_NAMES = frozenset(
    {"junk", "junk email", "junk e-mail", "junk mail", "spam", "bulk mail"}
    | {"垃圾邮件", "垃圾郵件", "垃圾箱", "广告邮件", "订阅邮件"}
)
_BATCH = 50
_LONGEST_IDLE = 28 * 60.0  # seconds; servers may log a client out after 30 minutes
_GLANCE = 1.0  # seconds between two looks at the stop event while idling
_IDLE_FAILURES = 3  # then this server's IDLE is not worth a reconnection each time: polling is enough
_CALM = 10.0  # seconds before the reconnection after an IDLE that broke
_CLOSE_SECONDS = 2.0
_CLOSED_TO_US = {b"\\noselect", b"\\nonexistent"}
# Some providers (163, 126, yeah.net) refuse every folder to a client that does not introduce itself.
_WHO_WE_ARE = {"name": "mail", "version": "1.0", "vendor": "mail"}

Listing = Iterable[tuple[tuple[bytes, ...], bytes | None, str]]


@dataclass(frozen=True, slots=True)
class ImapAccount:
    """How one applicant's mailbox is read. `folders` left at INBOX means: and the junk folders found."""

    mailbox: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    security: Literal["tls", "starttls", "plain"]
    folders: tuple[str, ...] = ("INBOX",)
    timeout_seconds: float = 60
    idle: bool = True


@dataclass(frozen=True, slots=True)
class Mark:
    """Everything up to `last_uid` was fetched, as long as the folder keeps its `uidvalidity`."""

    uidvalidity: int
    last_uid: int


@dataclass(frozen=True, slots=True)
class FetchedMessage:
    """`internal_date` is the server's stamp of arrival, in UTC."""

    mailbox: str
    folder: str
    uidvalidity: int
    uid: int
    internal_date: datetime
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class FetchedBatch:
    """`mark` holds once these messages are kept. Empty `messages`: the folder was looked at, nothing new."""

    mailbox: str
    folder: str
    mark: Mark
    messages: tuple[FetchedMessage, ...] = ()


class MailboxUnavailable(Exception):
    """The mailbox could not be read. `is_login`: the server refused the user or the password."""

    def __init__(self, mailbox: str, reason: str, is_login: bool = False) -> None:
        super().__init__(f"{mailbox}: {reason}")
        self.mailbox, self.reason, self.is_login = mailbox, reason, is_login


def junk_folders(listing: Listing) -> tuple[str, ...]:
    """The folders of a LIST answer where a reply may have been put away: by flag, else by name."""
    return tuple(name for flags, delimiter, name in listing if _is_junk(flags, delimiter, name))


def _is_junk(flags: Iterable[bytes], delimiter: bytes | None, name: str) -> bool:
    lowered = {flag.lower() for flag in flags}
    last_part = name.rsplit(delimiter.decode(), 1)[-1] if delimiter else name
    named = b"\\junk" in lowered or last_part.casefold() in JUNK_NAMES
    return named and not lowered & _CLOSED_TO_US


class MailboxReader:
    """Reads one mailbox over one kept connection; after `MailboxUnavailable` the next `fetch` reconnects."""

    def __init__(self, account: ImapAccount) -> None:
        self._account = account
        self._client: Any = None
        self._seen_next = 0  # the UIDNEXT of the first folder at the last look
        self._idle_failures = 0

    def fetch(self, marks: Mapping[str, Mark], watch_from: datetime | None) -> Iterator[FetchedBatch]:
        """Yield everything beyond the marks, at least one batch a folder. Raises `MailboxUnavailable`.

        A folder without a mark starts at its end, or at `watch_from`: older mail is private.
        A folder whose UIDs were renumbered is read again, from `watch_from` on if that is given.
        """
        with self._faults_told():
            client = self._connected()
            for folder in self._watched_folders(client):
                yield from self._fetch_folder(client, folder, marks.get(folder), watch_from)

    def wait(self, seconds: float, stop: threading.Event) -> None:
        """Return after `seconds`, on news in the first folder (where IDLE works) or when `stop` is set.

        Never raises: an IDLE that broke ends the waiting soon, and the next `fetch` tells what is wrong.
        """
        ends = time.monotonic() + seconds
        try:
            if not self._can_idle():
                stop.wait(seconds)
                return
            self._idle(min(seconds, _LONGEST_IDLE), stop)
            self._idle_failures = 0
        except FAULTS:
            self._idle_failures += 1
            self._drop()
            stop.wait(min(_CALM, max(0.0, ends - time.monotonic())))

    def close(self) -> None:
        """Say goodbye, if the server listens."""
        if self._client is not None:
            with suppress(*FAULTS):
                self._client.socket().settimeout(_CLOSE_SECONDS)
                self._client.logout()
        self._drop()

    # --- the connection ------------------------------------------------------------------------------

    def _connected(self) -> Any:
        if self._client is not None and not self._is_alive():
            self._drop()  # servers and firewalls drop quiet connections: no fault of the mailbox
        if self._client is None:
            account, seconds = self._account, self._account.timeout_seconds
            is_tls, timeout = account.security == "tls", SocketTimeout(seconds, seconds)
            self._client = IMAPClient(account.host, account.port, ssl=is_tls, timeout=timeout)
            self._log_in(self._client)
        return self._client

    def _is_alive(self) -> bool:
        try:
            self._client.noop()
        except FAULTS:
            return False
        return True

    def _log_in(self, client: Any) -> None:
        client.normalise_times = False  # else INTERNALDATE loses its zone
        client._imap.debug = 0  # else every letter is repr()-ed into a log nobody reads
        client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._account.security == "starttls":
            client.starttls()
        client.login(self._account.user, self._account.password)
        if client.has_capability("ID"):
            client.id_(_WHO_WE_ARE)

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(*FAULTS):
                client.shutdown()

    @contextmanager
    def _faults_told(self) -> Iterator[None]:
        try:
            yield
        except MailboxUnavailable:
            self._drop()
            raise
        except FAULTS as fault:
            self._drop()
            secrets = (self._account.password, self._account.user)
            reason = reason_of(fault, secrets, self._account.timeout_seconds)
            raise MailboxUnavailable(self._account.mailbox, reason, is_login_refused(fault)) from None

    # --- looking -------------------------------------------------------------------------------------

    def _watched_folders(self, client: Any) -> Sequence[str]:
        wanted = self._account.folders
        listing = client.list_folders()
        if wanted == ("INBOX",):
            return (*wanted, *junk_folders(listing))
        present = [name for _flags, _delimiter, name in listing]
        for folder in wanted:
            if folder not in present and folder.upper() != "INBOX":
                reason = f'no folder "{folder}"; the server has: {", ".join(sorted(present))}'
                raise MailboxUnavailable(self._account.mailbox, reason)
        return wanted

    def _fetch_folder(
        self, client: Any, folder: str, mark: Mark | None, watch_from: datetime | None
    ) -> Iterator[FetchedBatch]:
        uidvalidity, next_uid = self._examine(client, folder)
        floor, oldest = next_uid - 1, None
        uids: list[int] = []
        if mark is not None and mark.uidvalidity == uidvalidity and mark.last_uid < next_uid:
            floor, uids = mark.last_uid, _uids_beyond(client, mark.last_uid)
        elif watch_from is not None:
            oldest, uids = watch_from, _uids_since(client, watch_from)
        elif mark is not None:  # renumbered: what was fetched before is known by its content
            uids = _uids_beyond(client, 0)
        batches = [uids[place : place + _BATCH] for place in range(0, len(uids), _BATCH)] or [[]]
        for batch in batches:
            last_uid = max([floor, *batch]) if batch is batches[-1] else batch[-1]
            messages = self._fetch_messages(client, folder, uidvalidity, batch)
            wanted = tuple(one for one in messages if oldest is None or one.internal_date >= oldest)
            yield FetchedBatch(self._account.mailbox, folder, Mark(uidvalidity, last_uid), wanted)

    def _examine(self, client: Any, folder: str) -> tuple[int, int]:
        """UIDVALIDITY and UIDNEXT; some servers leave the latter out of the answer to EXAMINE."""
        answer = client.select_folder(folder, readonly=True)
        next_uid = answer.get(b"UIDNEXT") or client.folder_status(folder, ["UIDNEXT"])[b"UIDNEXT"]
        if folder == self._account.folders[0]:
            self._seen_next = next_uid
        return answer.get(b"UIDVALIDITY", 0), next_uid

    def _fetch_messages(
        self, client: Any, folder: str, uidvalidity: int, uids: list[int]
    ) -> Iterator[FetchedMessage]:
        answers = client.fetch(uids, ["INTERNALDATE", "BODY.PEEK[]"])
        for uid in uids:
            answer = answers.get(uid, {})
            raw = answer.get(b"BODY[]")
            if raw is None:  # moved or deleted since the search
                continue
            internal_date = answer.get(b"INTERNALDATE")
            if internal_date is None:
                raise ValueError(f'folder "{folder}", UID {uid}: the server gave no readable INTERNALDATE')
            yield FetchedMessage(
                self._account.mailbox, folder, uidvalidity, uid, internal_date.astimezone(UTC), raw
            )

    # --- idling --------------------------------------------------------------------------------------

    def _can_idle(self) -> bool:
        usable = self._client is not None and self._idle_failures < _IDLE_FAILURES
        return self._account.idle and usable and self._client.has_capability("IDLE")

    def _idle(self, seconds: float, stop: threading.Event) -> None:
        client, seen_next = self._client, self._seen_next
        _uidvalidity, next_uid = self._examine(client, self._account.folders[0])
        if next_uid > seen_next:
            return
        client.idle()
        ends = time.monotonic() + seconds
        while not stop.is_set() and (left := ends - time.monotonic()) > 0:
            if _hears_news(client, min(left, _GLANCE)):
                break
        client.idle_done()


def _hears_news(client: Any, seconds: float) -> bool:
    asked = time.monotonic()
    answers = client.idle_check(seconds)
    is_early = time.monotonic() - asked < 0.9 * seconds
    if (is_early and not answers) or any(answer[0] == b"BYE" for answer in answers):
        raise IMAPClientAbortError("the connection died while idling")  # imapclient would go on for ever
    return any(answer[1] in (b"EXISTS", b"RECENT") for answer in answers)


def _uids_beyond(client: Any, last_uid: int) -> list[int]:
    """`n:*` also finds the last message when nothing lies beyond (RFC 3501, 9: seq-range)."""
    return sorted(uid for uid in client.search(["UID", f"{last_uid + 1}:*"]) if uid > last_uid)


def _uids_since(client: Any, moment: datetime) -> list[int]:
    """A day wider than asked: SINCE compares dates in a zone that is the server's affair."""
    return sorted(client.search(["SINCE", moment.astimezone(UTC).date() - timedelta(days=1)]))
