"""A gate before a site: it lets everything through unchanged, and can hold one visit before or behind the site."""

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import urlsplit

from tests.servers.ports import HOST

_OWN = frozenset({"transfer-encoding", "content-length", "connection", "date", "server"})


class Gate:
    """`held`: how a request line begins, and whether that visit waits "before" the site or "behind" it."""

    def __init__(self, site: str) -> None:
        self.site, self.held = site, ("", "")
        self.is_reached, self.is_released = threading.Event(), threading.Event()

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer((HOST, 0), type("Visit", (_Visit,), {"gate": self}))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.address = f"http://{HOST}:{self._server.server_port}"
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
        self._server.shutdown()
        self._server.server_close()

    def hold(self, line: str, where: str) -> None:
        self.is_reached.clear()
        self.is_released.clear()
        self.held = (line, where)

    def release(self) -> None:
        self.held = ("", "")
        self.is_released.set()

    def pass_by(self, line: str, where: str) -> None:
        if self.held[0] and line.startswith(self.held[0]) and where == self.held[1]:
            self.is_reached.set()
            self.is_released.wait(30)


class _Visit(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    gate: Gate

    def do_GET(self) -> None:
        self._forward()

    def do_POST(self) -> None:
        self._forward()

    def _forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        line = f"{self.command} {self.path}"
        self.gate.pass_by(line, "before")
        site = urlsplit(self.gate.site)
        headers = {
            name: text.replace(self.gate.address, self.gate.site) for name, text in self.headers.items()
        }
        headers["Host"] = site.netloc
        connection = http.client.HTTPConnection(site.netloc, timeout=30)
        connection.request(self.command, self.path, body or None, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        self.gate.pass_by(line, "behind")
        try:
            self._hand_back(answer, content)
        except OSError:  # the visitor was killed meanwhile
            self.close_connection = True

    def _hand_back(self, answer: http.client.HTTPResponse, content: bytes) -> None:
        self.send_response_only(answer.status)
        for name, text in answer.getheaders():
            if name.lower() not in _OWN:
                self.send_header(name, text.replace(self.gate.site, self.gate.address))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None: ...
