"""An IMAP server of one INBOX that says what real ones will not say on demand.

    with ScriptedImap(letters={7: RAW}, answers={"EXAMINE": "NO Unsafe Login"}) as server:
        ... server.port; server.commands ("LOGIN", "ID", "EXAMINE", ...), server.lines (as they came)

`answers` replaces what is said to a command: a status line with its tag put before it, or lines with
`{tag}` in them; one that starts with + or * is said as it is. An empty one: the server hangs up instead.
`SILENT`: it never answers.
"""

import socketserver
import threading
from collections.abc import Mapping
from typing import Self

from tests.servers.ports import HOST

SILENT = "silent"
_STAMP = b"02-Mar-2026 09:00:00 +0800"


class ScriptedImap:
    def __init__(
        self,
        letters: Mapping[int, bytes | None] | None = None,
        answers: Mapping[str, str] | None = None,
        capabilities: str = "IMAP4rev1",
        greeting: str = "* OK ready",
    ) -> None:
        self.letters = dict(letters or {})
        self.answers = dict(answers or {})
        self.capabilities, self.greeting = capabilities, greeting
        self.lines: list[str] = []
        self.commands: list[str] = []
        self.connections = 0
        self.stopping = threading.Event()

    def __enter__(self) -> Self:
        dialogue = type("Dialogue", (_Dialogue,), {"script": self})
        self._server = _Listener((HOST, 0), dialogue)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False


class _Dialogue(socketserver.StreamRequestHandler):
    script: ScriptedImap
    disable_nagle_algorithm = True  # else each answer takes 40 ms

    def handle(self) -> None:
        self.script.connections += 1
        try:
            self._say(self.script.greeting)
            while line := self.rfile.readline().decode("ascii", "replace").strip():
                self._obey(line)
        except OSError:
            return

    def _obey(self, line: str) -> None:
        tag, _, rest = line.partition(" ")
        words = rest.upper().split()
        verb = (" ".join(words[:2]) if words[:1] == ["UID"] else words[0]) if words else tag.upper()
        self.script.lines.append(line)
        self.script.commands.append(verb)
        answer = self.script.answers.get(verb)
        if answer is None:
            self._behave(tag, verb, rest)
        elif answer == SILENT:
            self.script.stopping.wait()
        elif not answer:
            raise ConnectionAbortedError
        else:
            self._say(answer.format(tag=tag) if "{tag}" in answer or answer[0] in "+*" else f"{tag} {answer}")

    def _behave(self, tag: str, verb: str, rest: str) -> None:
        letters = self.script.letters
        match verb:
            case "CAPABILITY":
                self._say(f"* CAPABILITY {self.script.capabilities}")
            case "LIST":
                self._say('* LIST (\\HasNoChildren) "/" INBOX')
            case "EXAMINE":
                self._say(f"* {len(letters)} EXISTS")
                self._say(f"* OK [UIDVALIDITY 1] ok\r\n* OK [UIDNEXT {max(letters, default=0) + 1}] ok")
            case "UID SEARCH":
                self._say(" ".join(["* SEARCH", *map(str, letters)]))
            case "UID FETCH":
                self._give([int(uid) for uid in rest.split()[2].split(",")])
        self._say(f"{tag} OK done")

    def _give(self, uids: list[int]) -> None:
        for number, uid in enumerate(uids, 1):
            raw = self.script.letters[uid]
            head = b'* %d FETCH (UID %d INTERNALDATE "%s" BODY[] ' % (number, uid, _STAMP)
            body = b"NIL" if raw is None else b"{%d}\r\n%s" % (len(raw), raw)
            self.wfile.write(head + body + b")\r\n")

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")
