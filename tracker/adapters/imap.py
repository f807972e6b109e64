"""Reading mailboxes, and only reading: EXAMINE and BODY.PEEK, no flag is set and nothing is moved."""

import logging
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from imapclient import IMAPClient, SocketTimeout  # type: ignore[import-untyped]

from tracker.adapters.imap_faults import FAULTS, is_login_refused, reason_of
from tracker.adapters.imap_folders import INBOX, junk_folders, missing_folders, readable
from tracker.adapters.imap_questions import (
    hears_news,
    letters,
    planned,
    still_there,
    uidnext_otherwise,
    uids_beyond,
)

# At DEBUG imapclient writes user names and whole letters.
logging.getLogger("imapclient").setLevel(logging.WARNING)

_LONGEST_IDLE = 28 * 60.0  # seconds; servers may log a client out after 30 minutes
_GLANCE = 1.0  # seconds between two looks at the stop event while idling
_IDLE_FAILURES = 3  # then this server's IDLE is not worth a reconnection each time: polling is enough
_CALM = 10.0  # seconds before the reconnection after an IDLE that broke
_CLOSE_SECONDS = 2.0
# Some providers (163, 126, yeah.net) refuse every folder to a client that does not introduce itself.
_WHO_WE_ARE = {"name": "mail", "version": "1.0", "vendor": "mail"}


@dataclass(frozen=True, slots=True)
class ImapAccount:
    """How one applicant's mailbox is read.

    Without `folders` it is INBOX and the junk folders found (by flag, by the usual names and by
    `junk_names`); with them it is exactly those. `also_watch` comes on top of either.
    `trusts_dates`: SEARCH by date finds what it should; else dates are compared here.
    """

    mailbox: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    security: Literal["tls", "starttls", "plain"]
    folders: tuple[str, ...] = ()
    also_watch: tuple[str, ...] = ()
    junk_names: tuple[str, ...] = ()
    timeout_seconds: float = 60
    idle: bool = True
    trusts_dates: bool = True


@dataclass(frozen=True, slots=True)
class Mark:
    """Everything up to `last_uid` was fetched but `missing`, as long as the folder keeps its `uidvalidity`.

    `missing`: letters that the server has and did not hand over; they are asked for at each look.
    """

    uidvalidity: int
    last_uid: int
    missing: frozenset[int] = frozenset()


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
    """`mark` holds once these messages are kept; None while a folder is read by date, which must begin anew.

    Empty `messages`: the folder was looked at, nothing new. `uidnext`: what EXAMINE said, the proof of the
    look. `vanished`: UIDs that were there when we asked and gone when we fetched.
    """

    mailbox: str
    folder: str
    mark: Mark | None
    uidvalidity: int
    uidnext: int
    messages: tuple[FetchedMessage, ...] = ()
    vanished: tuple[int, ...] = ()


class MailboxUnavailable(Exception):
    """The mailbox could not be read. `is_login`: the server refused the user or the password."""

    def __init__(self, mailbox: str, reason: str, is_login: bool = False) -> None:
        super().__init__(f"{mailbox}: {reason}")
        self.mailbox, self.reason, self.is_login = mailbox, reason, is_login


class MailboxReader:
    """Reads one mailbox over one kept connection; after `MailboxUnavailable` the next `fetch` reconnects."""

    def __init__(self, account: ImapAccount) -> None:
        self._account = account
        self._client: Any = None
        self._seen_next = 0  # the UIDNEXT of the first folder at the last look
        self._idle_failures = 0
        self._wires: dict[str, bytes] = {}  # what the server calls a folder, by its readable name

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
        except Exception:  # imapclient asserts and indexes on what it cannot understand
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
        client.folder_encode = False  # else one name that is no UTF-7 hides every folder
        client._imap.debug = 0  # else every letter is repr()-ed into a log nobody reads
        client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._account.security == "starttls":
            client.starttls()
        client.login(self._account.user, self._account.password)
        client._imap._encoding = "latin-1"  # names of folders go back byte for byte
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
            server = f"{self._account.host}:{self._account.port}"
            reason = reason_of(fault, secrets, self._account.timeout_seconds, server=server)
            raise MailboxUnavailable(self._account.mailbox, reason, is_login_refused(fault)) from None
        except Exception:
            self._drop()  # nobody knows what of the dialogue is still to come
            raise

    # --- looking -------------------------------------------------------------------------------------

    @property
    def _first_folder(self) -> str:
        return self._account.folders[0] if self._account.folders else INBOX

    def _watched_folders(self, client: Any) -> Sequence[str]:
        account, answer = self._account, client.list_folders()
        listing = [(flags, delimiter, readable(wire)) for flags, delimiter, wire in answer]
        self._wires = {readable(wire): wire for _flags, _delimiter, wire in answer}
        named = (*account.folders, *account.also_watch)
        if missing := missing_folders(listing, named):
            present = ", ".join(sorted(name for _flags, _delimiter, name in listing))
            reason = f'no folder "{missing[0]}"; the server has: {present}'
            raise MailboxUnavailable(account.mailbox, reason)
        found = account.folders or (INBOX, *junk_folders(listing, account.junk_names))
        return list(dict.fromkeys((*found, *account.also_watch)))

    def _fetch_folder(
        self, client: Any, folder: str, mark: Mark | None, watch_from: datetime | None
    ) -> Iterator[FetchedBatch]:
        uidvalidity, uidnext = self._examine(client, folder)
        floor, oldest = uidnext - 1, None
        uids: list[int] = []
        reached_uid, missing = 0, frozenset[int]()
        if mark is not None and mark.uidvalidity == uidvalidity and mark.last_uid < uidnext:
            floor = reached_uid = mark.last_uid
            missing = mark.missing
            uids = [*sorted(missing), *uids_beyond(client, mark.last_uid)]
        elif watch_from is not None:
            oldest, uids = watch_from, self._uids_since(client, watch_from)
        elif mark is not None:  # renumbered: what was fetched before is known by its content
            uids = uids_beyond(client, 0)
        last_uid = max([floor, *uids])
        batches = planned(client, uids, oldest) or [[]]
        for batch in batches:
            messages = self._fetch_messages(client, folder, uidvalidity, batch)
            absent = frozenset(batch) - {message.uid for message in messages}
            missing = missing - frozenset(batch) | still_there(client, absent)
            reached_uid = last_uid if batch is batches[-1] else max(batch[-1], reached_uid)
            reached = Mark(uidvalidity, reached_uid, missing)
            # a folder read by date half-way only would be read on without the date: no mark before its end
            is_mark = oldest is None or batch is batches[-1]
            yield FetchedBatch(
                self._account.mailbox,
                folder,
                reached if is_mark else None,
                uidvalidity,
                uidnext,
                messages,
                tuple(sorted(absent - missing)),
            )

    def _examine(self, client: Any, folder: str) -> tuple[int, int]:
        """UIDVALIDITY and UIDNEXT; some servers leave the latter out of the answer to EXAMINE."""
        wire = self._wires.get(folder, folder.encode()).decode("latin-1")
        answer = client.select_folder(wire, readonly=True)
        uidnext = answer.get(b"UIDNEXT") or uidnext_otherwise(client, wire)
        if folder == self._first_folder:
            self._seen_next = uidnext
        return answer.get(b"UIDVALIDITY", 0), uidnext

    def _uids_since(self, client: Any, moment: datetime) -> list[int]:
        """A day wider than asked: SINCE compares dates in a zone that is the server's affair."""
        if not self._account.trusts_dates:
            return uids_beyond(client, 0)
        return sorted(client.search(["SINCE", moment.astimezone(UTC).date() - timedelta(days=1)]))

    def _fetch_messages(
        self, client: Any, folder: str, uidvalidity: int, uids: Sequence[int]
    ) -> tuple[FetchedMessage, ...]:
        found = letters(client, uids)
        if withheld := still_there(client, set(uids) - set(found)):
            found |= letters(client, sorted(withheld))  # often it was only this once
        return tuple(
            FetchedMessage(
                self._account.mailbox,
                folder,
                uidvalidity,
                uid,
                answer[b"INTERNALDATE"].astimezone(UTC),
                answer[b"BODY[]"],
            )
            for uid, answer in sorted(found.items())
        )

    # --- idling --------------------------------------------------------------------------------------

    def _can_idle(self) -> bool:
        usable = self._client is not None and self._idle_failures < _IDLE_FAILURES
        return self._account.idle and usable and self._client.has_capability("IDLE")

    def _idle(self, seconds: float, stop: threading.Event) -> None:
        client, seen_next = self._client, self._seen_next
        _uidvalidity, next_uid = self._examine(client, self._first_folder)
        if next_uid > seen_next:
            return
        client.idle()
        ends = time.monotonic() + seconds
        while not stop.is_set() and (left := ends - time.monotonic()) > 0:
            if hears_news(client, min(left, _GLANCE)):
                break
        client.idle_done()
