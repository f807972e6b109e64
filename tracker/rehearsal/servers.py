"""The mail servers of the rehearsal: SMTP and IMAP on 127.0.0.1, on one event loop in one thread.

Not aiosmtpd's Controller and not pymap's service: each would bring a thread and a loop of its own.
"""

import asyncio
import threading
from argparse import Namespace
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from proxyprotocol.sock import SocketInfoLocal
from pymap.backend.dict import Config, Login
from pymap.backend.dict.filter import FilterSet
from pymap.backend.dict.mailbox import MailboxSet
from pymap.concurrent import Subsystem
from pymap.config import BackendCapability
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pymap.user import UserMetadata
from pysasl.hashing import Cleartext

HOST = "127.0.0.1"
_STOP_SECONDS = 10

OnMail = Callable[[str, str, bytes, datetime], None]


class RehearsalServers:
    """SMTP that hands letters to `on_mail(sender, recipient, raw, clock())`, IMAP that holds `mailboxes`.

    `mailboxes`: address -> password, the same for both. `on_mail` runs in the servers' thread, before
    the client gets its answer, so a caller that waits for the answer needs no lock.
    """

    def __init__(self, mailboxes: Mapping[str, str], on_mail: OnMail, clock: Callable[[], datetime]) -> None:
        self.smtp_port = self.imap_port = 0
        self._passwords = dict(mailboxes)
        self._on_mail = on_mail
        self._clock = clock
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="REHEARSAL mail", daemon=True)
        self._transports: list[asyncio.BaseTransport] = []
        self._servers: list[asyncio.Server] = []
        self._sets: dict[str, MailboxSet] = {}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        self._thread.start()
        self._wait(self._listen())

    def stop(self) -> None:
        self._wait(self._hang_up())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_STOP_SECONDS)
        self._loop.close()

    def deliver(self, mailbox: str, raw: bytes, when: datetime) -> None:
        """Put a letter into an INBOX with `when` as its INTERNALDATE."""
        self._wait(self._append(mailbox, raw, when))

    def _wait(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(_STOP_SECONDS)

    async def _listen(self) -> None:
        imap = await asyncio.start_server(self._talk_imap(self._accounts()), HOST, 0)
        smtp = await self._loop.create_server(self._smtp_session, HOST, 0)
        self._servers = [imap, smtp]
        self.imap_port, self.smtp_port = (server.sockets[0].getsockname()[1] for server in self._servers)

    async def _hang_up(self) -> None:
        # From Python 3.12 on, closing a server waits for its clients: hang up on them first.
        for server in self._servers:
            server.close()
        for transport in self._transports:
            if isinstance(transport, asyncio.WriteTransport):
                transport.abort()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _append(self, mailbox: str, raw: bytes, when: datetime) -> None:
        inbox = await self._sets[mailbox].get_mailbox("INBOX")
        await inbox.append(AppendMessage(raw, when))

    def _smtp_session(self) -> SMTP:
        return _Smtp(
            SimpleNamespace(handle_DATA=self._take_letter),
            transports=self._transports,
            hostname="mx.rehearsal.test",
            ident="REHEARSAL",
            authenticator=self._check_password,
            auth_require_tls=False,
            enable_SMTPUTF8=True,
            loop=self._loop,
        )

    async def _take_letter(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        for recipient in envelope.rcpt_tos:
            self._on_mail(str(envelope.mail_from), recipient, envelope.original_content or b"", self._clock())
        return "250 OK REHEARSAL"

    def _check_password(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, login: Any
    ) -> AuthResult:
        is_known = isinstance(login, LoginPassword) and self._passwords.get(login.login.decode()) == (
            login.password.decode()
        )
        return AuthResult(success=is_known, handled=False)

    def _accounts(self) -> "tuple[Login, _ImapConfig]":
        config = _ImapConfig(
            Namespace(proxy_protocol=None, passlib_cfg=None),
            host=HOST,
            port=0,
            demo_data=False,
            demo_user="",
            demo_password="",
            tls_enabled=False,
            hash_context=Cleartext(),
            cpu_subsystem=Subsystem.for_asyncio(),
            invalid_user_sleep=0,
        )
        login = Login(config)
        for address, password in self._passwords.items():
            login.users_dict[address] = UserMetadata(config, address, password=password)
            self._sets[address] = MailboxSet()
            config.set_cache[address] = (self._sets[address], FilterSet())
        return login, config

    def _talk_imap(
        self, accounts: "tuple[Login, _ImapConfig]"
    ) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]:
        login, config = accounts
        server = IMAPServer(login, config)

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._transports.append(writer.transport)
            config.apply_context()
            await server(reader, writer, SocketInfoLocal(writer))

        return talk


class _Smtp(SMTP):
    def __init__(self, *args: Any, transports: list[asyncio.BaseTransport], **options: Any) -> None:
        super().__init__(*args, **options)
        self._all_transports = transports

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._all_transports.append(transport)
        super().connection_made(transport)


class _ImapConfig(Config):
    @property
    def backend_capability(self) -> BackendCapability:
        # No IDLE: pymap writes its answers in pieces, on which imapclient's idle_check gives up.
        return BackendCapability(idle=False, object_id=True, multi_append=True)

    @property
    def greeting(self) -> bytes:
        return b"REHEARSAL server ready"  # the default would ask a name server for this host's name
