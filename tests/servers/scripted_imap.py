"""An IMAP server of one INBOX that says what real ones will not say on demand.

    with ScriptedImap(letters={7: RAW}, answers={"EXAMINE": "NO Unsafe Login"}) as server:
        ... server.port; server.commands ("LOGIN", "ID", "EXAMINE", ...), server.lines (as they came)

Left alone it reads, searches and idles as others do. `answers` replaces what is said to a command: a
status line with its tag put before it, or lines with `{tag}` in them; one that starts with + or * is said
as it is. An empty one: the server hangs up instead. `SILENT`: it never answers. Bytes: said as they are,
then silence, or with `Torn` the end of the connection. A letter that is None is listed, and its body is NIL.
"""

import re
import socketserver
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Self

from tests.servers.ports import HOST

SILENT = "silent"
_EIGHT = timezone(timedelta(hours=8))
_MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=_EIGHT)
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905


class Torn(bytes):
    """Bytes after which the server hangs up."""


class ScriptedImap:
    """`needs_id`: folders stay shut to a client that did not introduce itself, as at NetEase."""

    def __init__(
        self,
        letters: Mapping[int, bytes | None] | None = None,
        answers: Mapping[str, str | bytes] | None = None,
        capabilities: str = "IMAP4rev1",
        greeting: str = "* OK ready",
        password: str = "",
        needs_id: bool = False,
    ) -> None:
        self.letters = dict(letters or {})
        self.arrivals: dict[int, datetime] = {}
        self.answers = dict(answers or {})
        self.capabilities, self.greeting = capabilities, greeting
        self.password, self.needs_id = password, needs_id
        self.uidvalidity = 1
        self.unwilling: set[int] = set()  # letters that it has and refuses, and with them the whole FETCH
        self.said_while_idling = ""  # a line, some time after the continuation
        self.withheld: set[int] = set()  # left out of the next answer to FETCH
        self.said_after_fetch = ""  # a line within the answer to FETCH, behind the first letter
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

    def deliver(self, raw: bytes, when: datetime) -> None:
        uid = self.uidnext
        self.arrivals[uid], self.letters[uid] = when, raw

    @property
    def uidnext(self) -> int:
        return max(self.letters, default=0) + 1

    def arrived_at(self, uid: int) -> datetime:
        return self.arrivals.get(uid, _MORNING).astimezone(_EIGHT)


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False


class _Dialogue(socketserver.StreamRequestHandler):
    script: ScriptedImap
    disable_nagle_algorithm = True  # else each answer takes 40 ms
    is_introduced = False

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
        if verb == "UID FETCH" and "BODY" not in rest:
            verb = "UID FETCH SIZES"
        answer = self.script.answers.get(verb)
        if answer is None:
            self._behave(tag, verb, rest)
        elif isinstance(answer, bytes):
            self.wfile.write(answer)
            if isinstance(answer, Torn):
                raise ConnectionAbortedError
            self.script.stopping.wait()
        elif answer == SILENT:
            self.script.stopping.wait()
        elif not answer:
            raise ConnectionAbortedError
        else:
            self._say(answer.format(tag=tag) if "{tag}" in answer or answer[0] in "+*" else f"{tag} {answer}")

    def _behave(self, tag: str, verb: str, rest: str) -> None:
        refusal = self._refusal(verb, rest)
        if refusal:
            self._say(f"{tag} NO {refusal}")
            return
        match verb:
            case "CAPABILITY":
                self._say(f"* CAPABILITY {self.script.capabilities}")
            case "ID":
                self.is_introduced = True
            case "LIST":
                self._say('* LIST (\\HasNoChildren) "/" INBOX')
            case "EXAMINE":
                self._say(f"* {len(self.script.letters)} EXISTS")
                self._say(f"* OK [UIDVALIDITY {self.script.uidvalidity}] ok")
                self._say(f"* OK [UIDNEXT {self.script.uidnext}] ok")
            case "UID SEARCH":
                self._say(" ".join(["* SEARCH", *map(str, self._found(rest))]))
            case "UID FETCH" | "UID FETCH SIZES":
                self._give([int(uid) for uid in rest.split()[2].split(",")], verb)
            case "IDLE":
                self._idle()
        self._say(f"{tag} OK done")

    def _refusal(self, verb: str, rest: str) -> str:
        if verb == "LOGIN" and self.script.password and f'"{self.script.password}"' not in rest:
            return "[AUTHENTICATIONFAILED] no"
        if verb == "EXAMINE" and self.script.needs_id and not self.is_introduced:
            return "EXAMINE Unsafe Login. Please contact us for help"
        if verb == "UID FETCH" and self.script.unwilling & set(map(int, rest.split()[2].split(","))):
            return "the message cannot be converted"
        return ""

    def _found(self, rest: str) -> Iterator[int]:
        uids = sorted(self.script.letters)
        if beyond := re.search(r"UID (\d+):\*", rest):
            # n:* holds the last one whatever n is
            return (uid for uid in uids if uid >= int(beyond[1]) or uid == uids[-1])
        if since := re.search(r'SINCE "?(\d+)-(\w+)-(\d+)', rest):
            day = date(int(since[3]), _MONTHS.index(since[2]) + 1, int(since[1]))
            return (uid for uid in uids if self.script.arrived_at(uid).date() >= day)
        if "UID *" in rest:
            return iter(uids[-1:])
        if named := re.search(r"SEARCH UID ([\d,]+)$", rest):
            return (uid for uid in uids if str(uid) in named[1].split(","))
        return iter(uids)

    def _give(self, uids: list[int], verb: str) -> None:
        for number, uid in enumerate(uids, 1):
            raw = self.script.letters.get(uid)
            if uid not in self.script.letters:
                continue
            stamp = self.script.arrived_at(uid).strftime("%d-{}-%Y %H:%M:%S %z")
            stamp = stamp.format(_MONTHS[self.script.arrived_at(uid).month - 1])
            if verb == "UID FETCH" and uid in self.script.withheld:
                self.script.withheld.remove(uid)
                continue
            head = f'* {number} FETCH (UID {uid} INTERNALDATE "{stamp}" '.encode()
            if verb == "UID FETCH SIZES":
                self.wfile.write(head + b"RFC822.SIZE %d)\r\n" % len(raw or b""))
                continue
            body = b"NIL" if raw is None else b"{%d}\r\n%s" % (len(raw), raw)
            self.wfile.write(head + b"BODY[] " + body + b")\r\n")
            if number == 1 and self.script.said_after_fetch:
                self._say(self.script.said_after_fetch)

    def _idle(self) -> None:
        self._say("+ idling")
        if self.script.said_while_idling:
            time.sleep(0.05)  # in the same packet it would not be heard before DONE
            self._say(self.script.said_while_idling)
        self.rfile.readline()

    def _say(self, line: str) -> None:
        # surrogates stand for bytes that are no UTF-8
        self.wfile.write(line.encode("utf-8", "surrogateescape") + b"\r\n")
