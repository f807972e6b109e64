"""All platforms behind one server on this machine, each on a port of its own."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import Receive, Scope, Send

from .alert_password import AlertPassword
from .books import Books
from .captcha_form import CaptchaForm
from .classic import Classic
from .iframe_gbk import IframeGbk
from .mailbox import Mailbox
from .units import UNITS, Unit
from .web import Site
from .xhr_code import XhrCode

__all__ = ["HOST", "PLATFORMS", "Sites"]

HOST = "127.0.0.1"
PLATFORMS: dict[str, type[Site]] = {
    site.name: site for site in (IframeGbk, XhrCode, AlertPassword, CaptchaForm, Mailbox, Classic)
}


class Sites:
    """Serve every platform that books are given for.

    `requests`: method and path of every request to a platform; `moments`: when each came, by the monotonic
    clock; `errors`: what went wrong in a site, also answered with HTTP 500.
    """

    def __init__(self, books: Mapping[str, Books], units: Mapping[str, Iterable[Unit]] | None = None) -> None:
        chosen = {**UNITS, **(units or {})}
        self.sites = {name: PLATFORMS[name](kept, chosen[name]) for name, kept in books.items()}
        self.requests: dict[str, list[str]] = {name: [] for name in books}
        self.moments: dict[str, list[float]] = {name: [] for name in books}
        self.errors: list[Exception] = []
        self._apps = {name: site.app() for name, site in self.sites.items()}
        self._ports: dict[str, int] = {}
        self._names: dict[int, str] = {}

    def address(self, name: str) -> str:
        return f"http://{HOST}:{self._ports[name]}"

    def __enter__(self) -> Self:
        sockets = {name: socket.create_server((HOST, 0)) for name in self.sites}
        self._ports = {name: listening.getsockname()[1] for name, listening in sockets.items()}
        self._names = {port: name for name, port in self._ports.items()}
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._answer, interface="asgi3", lifespan="off", ws="none", proxy_headers=False,
                log_config=None, log_level="critical", access_log=False, timeout_graceful_shutdown=1,
                server_header=False, date_header=False,
            )
        )  # fmt: skip
        serving = self._server.serve(sockets=list(sockets.values()))
        self._thread = threading.Thread(target=asyncio.run, args=(serving,), name="sites", daemon=True)
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.005)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(5)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = self._names[scope["server"][1]]
        self.requests[name].append(f"{scope['method']} {scope['path']}")
        self.moments[name].append(time.monotonic())
        try:
            await self._apps[name](scope, receive, send)
        except Exception as error:
            self.errors.append(error)
            raise
