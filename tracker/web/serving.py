"""Serving the desk: by itself, or in the daemon's process beside it."""

import gc
import ipaddress
import logging
import os
import socket
import ssl
import threading
import time
from dataclasses import replace
from pathlib import Path

import uvicorn

from tracker.adapters.identity import check_extra
from tracker.clock import Clock
from tracker.desk_settings import LAST_PORT, DeskSettings
from tracker.errors import UserError
from tracker.i18n import _
from tracker.services.accounts import accounts
from tracker.services.standings import refresh_standings
from tracker.settings import Workspace
from tracker.store.database import reading
from tracker.web.app import make_app
from tracker.web.desk import Desk

_log = logging.getLogger(__name__)
_REFRESH_SECONDS = 60


def settled_desk(
    workspace: Workspace,
    *,
    host: str | None = None,
    port: int | None = None,
    cert: Path | None = None,
    key: Path | None = None,
) -> DeskSettings:
    """Where to serve, tracker.toml and the command line together.

    Raises `UserError` where passwords would go over a network in the clear, or where nobody could log in.
    """
    desk = workspace.settings.desk
    desk = replace(
        desk,
        host=host or desk.host,
        port=desk.port if port is None else port,
        cert=str(cert) if cert else desk.cert,
        key=str(key) if key else desk.key,
    )
    if not 0 <= desk.port <= LAST_PORT:
        raise UserError(
            _("--port {port}: ports end at {last}: choose another.").format(port=desk.port, last=LAST_PORT)
        )
    if bool(desk.cert) != bool(desk.key):
        raise UserError(_("--cert and --key belong together: give both."))
    if desk.cert:
        _check_certificate(desk)
    if not (_is_loopback(desk.host) or desk.cert or desk.is_behind_proxy):
        raise UserError(
            _(
                "{host}: away from 127.0.0.1 the desk needs TLS: give --cert and --key, "
                "or set behind_proxy = true under [desk] where a proxy before it speaks TLS."
            ).format(host=desk.host)
        )
    if desk.oidc:
        check_extra()
    with reading(workspace.engine) as session:
        if not accounts(session):
            raise UserError(
                _("Nobody may log in yet: `tracker account add NAME --role lead` makes the first.")
            )
    return desk


def listen(desk: DeskSettings) -> socket.socket:
    """A socket where the desk is to be; raises `UserError` where it cannot be had."""
    family = socket.AF_INET6 if ":" in desk.host else socket.AF_INET
    try:
        listening = socket.create_server((desk.host, desk.port), family=family)
    except OSError as fault:
        raise UserError(
            _("{host}:{port}: cannot be listened on ({reason}): choose another with --port.").format(
                host=desk.host, port=desk.port, reason=os.strerror(fault.errno or 0)
            )
        ) from None
    # asyncio does this only for sockets that name their protocol; without it each page waits 40 ms for an ACK
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def serve_desk(workspace: Workspace, desk: DeskSettings, listening: socket.socket, clock: Clock) -> None:
    """Serve until the process is told to end."""
    _start_refreshing(workspace, clock)
    make_server(workspace, desk, clock).run([listening])


def start_beside(workspace: Workspace, clock: Clock) -> uvicorn.Server:
    """Serve from a thread; ends when `should_exit` of what is returned is set."""
    desk = settled_desk(workspace)
    server, listening = make_server(workspace, desk, clock), listen(desk)
    _start_refreshing(workspace, clock)
    threading.Thread(target=server.run, args=([listening],), name="desk", daemon=True).start()
    return server


def make_server(workspace: Workspace, desk: DeskSettings, clock: Clock) -> uvicorn.Server:
    # What is there now stays: without this the collector walks through all of it while pages are made
    gc.freeze()
    app = make_app(Desk(workspace, clock, is_secure=bool(desk.cert) or desk.is_behind_proxy))
    return uvicorn.Server(
        uvicorn.Config(
            app,
            ssl_certfile=desk.cert or None,
            ssl_keyfile=desk.key or None,
            proxy_headers=desk.is_behind_proxy,
            server_header=False,
            access_log=False,
            log_level="warning",
            lifespan="off",
            timeout_graceful_shutdown=3,
        )
    )


def _start_refreshing(workspace: Workspace, clock: Clock) -> None:
    """What time alone changes - a day that passed, a gap in watching - is measured beside the pages."""

    def work() -> None:
        while True:
            try:
                refresh_standings(workspace, clock())
            except Exception:  # pages show older rows, and say so
                _log.exception("standings_not_refreshed")
            time.sleep(_REFRESH_SECONDS)

    threading.Thread(target=work, name="standings", daemon=True).start()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_certificate(desk: DeskSettings) -> None:
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(desk.cert, desk.key)
    except (OSError, ssl.SSLError) as fault:
        raise UserError(
            _("{cert}, {key}: cannot be used ({reason}).").format(cert=desk.cert, key=desk.key, reason=fault)
        ) from None
