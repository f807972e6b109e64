"""SMTP servers for tests: one that takes everything, one that misbehaves as it is told.

    with SmtpSink({"chen@mail.test": "secret"}) as sink:
        ... 127.0.0.1, sink.port; sink.letters

    with ScriptedSmtp(rcpt=["550 5.1.1 no such user"], dot=[OK, HANG_UP]) as server:
        ... server.port; server.letters (answered with 250), server.complete (final dot seen)

`ScriptedSmtp` takes a list of acts for each place of the dialogue, used up one by one; afterwards, and for
`OK`, it behaves. An act is a reply line, `HANG_UP`, `STALL` (until the server stops), `Kill(pid)` or
`Slow(seconds)`.
Places: greeting, ehlo, auth, mail, rcpt, data, body (the first line of it), dot, accepted (the 250 is out),
rset, quit. `server.at("accepted", Kill(pid))` adds acts later.
"""

import asyncio
import os
import signal
import socketserver
import ssl
import threading
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.servers.ports import HOST


@dataclass(frozen=True)
class Letter:
    sender: str
    recipient: str
    raw: bytes = field(repr=False)
    helo: str = ""


class SmtpSink:
    """aiosmtpd in its own thread. With `certificate` and `security` it speaks TLS or offers STARTTLS."""

    def __init__(
        self,
        users: Mapping[str, str],
        *,
        security: Literal["tls", "starttls", "plain"] = "plain",
        certificate: tuple[Path, Path] | None = None,
    ) -> None:
        self.letters: list[Letter] = []
        self.connections = 0
        self.port = 0
        self._users, self._security = dict(users), security
        self._context: ssl.SSLContext | None = None
        if certificate:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(*certificate)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        context = self._context if self._security == "tls" else None
        listening = self._loop.create_server(self._session, HOST, 0, ssl=context)
        self._server = asyncio.run_coroutine_threadsafe(listening, self._loop).result(10)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _stop(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _session(self) -> SMTP:
        self.connections += 1
        return SMTP(
            SimpleNamespace(handle_DATA=self._take),
            hostname="mx.mail.test",
            tls_context=self._context if self._security == "starttls" else None,
            require_starttls=self._security == "starttls",
            authenticator=self._check,
            auth_required=True,
            auth_require_tls=False,
            loop=self._loop,
        )

    async def _take(self, _server: SMTP, session: Session, envelope: Envelope) -> str:
        for recipient in envelope.rcpt_tos:
            raw = envelope.original_content or b""
            self.letters.append(Letter(str(envelope.mail_from), recipient, raw, str(session.host_name)))
        return f"250 2.0.0 queued as {len(self.letters)}"

    def _check(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, login: Any
    ) -> AuthResult:
        is_known = self._users.get(login.login.decode()) == login.password.decode()
        return AuthResult(success=is_known, handled=False)


OK = "ok"
HANG_UP = "hang up"
STALL = "stall"


@dataclass(frozen=True)
class Kill:
    """SIGKILL this process, then hang up."""

    pid: int


@dataclass(frozen=True)
class Slow:
    """Behave, but only after a while."""

    seconds: float


Act = str | Kill | Slow


class ScriptedSmtp:
    def __init__(self, **acts: list[Act]) -> None:
        self.letters: list[Letter] = []
        self.complete: list[Letter] = []
        self.commands: list[str] = []
        self.connections = 0
        self._acts: dict[str, deque[Act]] = defaultdict(deque)
        self._stopping = threading.Event()
        for place, planned in acts.items():
            self.at(place, *planned)

    def at(self, place: str, *acts: Act) -> None:
        self._acts[place].extend(acts)

    def __enter__(self) -> Self:
        dialogue = type("Dialogue", (_Dialogue,), {"script": self})
        self._server = _Listener((HOST, 0), dialogue)
        self.port = self._server.server_address[1]
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def act(self, place: str) -> str | None:
        """Do what is planned here; the reply line, or None for the usual one."""
        act = self._acts[place].popleft() if self._acts[place] else OK
        if isinstance(act, Kill):
            os.kill(act.pid, signal.SIGKILL)
            raise ConnectionAbortedError
        if isinstance(act, Slow):
            self._stopping.wait(act.seconds)
            return None
        if act == STALL:
            self._stopping.wait()
        if act in (STALL, HANG_UP):
            raise ConnectionAbortedError
        return None if act == OK else act


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True


class _Dialogue(socketserver.StreamRequestHandler):
    script: ScriptedSmtp
    disable_nagle_algorithm = True

    def handle(self) -> None:
        self.script.connections += 1
        self._sender = self._recipient = self._helo = ""
        try:
            self._answer("greeting", "220 mx.mail.test ESMTP")
            while line := self.rfile.readline():
                self._obey(line.decode("ascii", "replace").strip())
        except OSError:
            return

    def _obey(self, line: str) -> None:
        self.script.commands.append(line)
        verb, _, rest = line.partition(" ")
        match verb.upper():
            case "EHLO":
                self._helo = rest
                self._answer("ehlo", "250-mx.mail.test\r\n250 AUTH PLAIN")
            case "AUTH":
                self._answer("auth", "235 2.7.0 welcome")
            case "MAIL":
                self._sender = rest.partition("<")[2].partition(">")[0]
                self._answer("mail", "250 2.1.0 ok")
            case "RCPT":
                self._recipient = rest.partition("<")[2].partition(">")[0]
                self._answer("rcpt", "250 2.1.5 ok")
            case "DATA":
                if self._answer("data", "354 go on").startswith("354"):
                    self._take_letter()
            case "QUIT":
                self._answer("quit", "221 2.0.0 bye")
                raise ConnectionAbortedError
            case _:
                self._answer("rset", "250 2.0.0 ok")

    def _answer(self, place: str, usual: str) -> str:
        reply = self.script.act(place) or usual
        self.wfile.write(reply.encode() + b"\r\n")
        return reply

    def _take_letter(self) -> None:
        lines = [self.rfile.readline()]
        self.script.act("body")
        while lines[-1] not in (b".\r\n", b""):
            lines.append(self.rfile.readline())
        if not lines.pop():
            raise ConnectionAbortedError
        raw = b"".join(line.removeprefix(b".") for line in lines)
        letter = Letter(self._sender, self._recipient, raw, self._helo)
        self.script.complete.append(letter)
        reply = self.script.act("dot") or f"250 2.0.0 queued as {len(self.script.complete)}"
        if reply.startswith("2"):
            self.script.letters.append(letter)
        self.wfile.write(reply.encode() + b"\r\n")
        self.script.act("accepted")
