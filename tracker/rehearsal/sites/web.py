"""What the platforms share: visits with their fields and sessions, pages in an encoding, states and files."""

import hashlib
import html
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader
from jinja2.filters import do_mark_safe
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .books import Books, Entry
from .units import Unit
from .visits import Session, Visit, read_visit

__all__ = ["Answer", "Call", "Site", "Status", "first_fault"]

_PAGES = Path(__file__).parent / "pages"

Call = tuple[str, str, Callable[[Visit], Response]]  # method, path, what answers


@dataclass(frozen=True, slots=True)
class Answer:
    """An office's words as a page shows them."""

    state: str
    day: str
    title: str
    text: str
    is_final: bool
    link: str
    file_name: str


@dataclass(frozen=True, slots=True)
class Status:
    """An entry as a page shows it; no answers before an office said something."""

    entry: Entry
    unit: str
    submitted: str
    state: str
    answers: list[Answer]
    is_answered: bool


class Site:
    """One platform: subclasses say its addresses, its words and its way to write a day."""

    name: ClassVar[str]
    cookie: ClassVar[str]
    encoding: ClassVar[str] = "utf-8"
    forms: ClassVar[dict[str, str]]  # kind -> path of its form
    unit_field: ClassVar[str] = "unit"  # in the address of a form
    file_path: ClassVar[str] = "/file"
    states: ClassVar[dict[str, str]]

    def __init__(self, books: Books, units: Iterable[Unit]) -> None:
        self.books = books
        self.units = {unit.code: unit for unit in units}
        self._sessions: dict[str, Session] = {}
        self._order = count(1)
        folders = [_PAGES / self.name, _PAGES]
        self._pages = Environment(loader=FileSystemLoader(folders), autoescape=True, trim_blocks=True)
        self._pages.filters["lines"] = _lines
        self._pages.filters["legacy"] = _legacy

    def calls(self) -> list[Call]:
        raise NotImplementedError

    def day(self, moment: datetime) -> str:
        return f"{moment:%Y-%m-%d}"

    def app(self) -> Starlette:
        shared: list[Call] = [
            ("GET", "/", self._home),
            ("GET", "/guide/{unit}", self._guide),
            ("GET", self.file_path, self.file),
        ]
        calls = {(method, path): answer for method, path, answer in [*shared, *self.calls()]}
        return Starlette(
            routes=[
                Route(path, self._endpoint(answer), methods=[method])
                for (method, path), answer in calls.items()
            ]
        )

    def page(self, template: str, /, **values: object) -> Response:
        text = self._pages.get_template(template).render(site=self, **values)
        return self.html(text)

    def html(self, text: str) -> Response:
        content = text.encode(self.encoding, "xmlcharrefreplace")
        return Response(content, headers={"Content-Type": f"text/html;charset={self.encoding}"})

    def alert(self, told: str, then: str = "history.back();") -> Response:
        """The page that holds nothing but a script."""
        return self.html(f"<script language=\"javascript\">alert('{told}');{then}</script>")

    def status(self, entry: Entry) -> Status:
        notes = self.books.shown(entry.number)
        answers = [
            Answer(
                self.word(note.state), self.day(note.at), note.title, note.text, note.is_answer,
                self._link(entry, order) if note.attachment else "",
                note.attachment[0] if note.attachment else "",
            )
            for order, note in enumerate(notes)
            if note.text or note.attachment
        ]  # fmt: skip
        state = self.word(notes[-1].state if notes else "received")
        is_answered = any(note.is_answer for note in notes)
        unit = self.unit_name(entry.unit)
        return Status(entry, unit, self.day(entry.submitted_at), state, answers, is_answered)

    def word(self, state: str) -> str:
        return self.states.get(state, state)

    def unit_name(self, code: str) -> str:
        return self.units[code].name if code in self.units else ""

    def form_address(self, kind: str, code: str) -> str:
        return f"{self.forms[kind]}?{self.unit_field}={code}"

    def file(self, visit: Visit) -> Response:
        """A paper of an answer, for whoever knows the code of the entry."""
        asked = visit.query
        entries = self.books.find(number=asked.get("no", ""), query_code=asked.get("code", ""))
        notes = self.books.shown(entries[0].number) if entries else []
        order = asked.get("i", "")
        paper = notes[int(order)].attachment if order.isdecimal() and int(order) < len(notes) else None
        if paper is None:
            return Response("文件不存在", 404, media_type="text/plain")
        name, media_type, content = paper
        return Response(
            content, headers={"Content-Type": media_type, "Content-Disposition": self.named(name)}
        )

    def named(self, file_name: str) -> str:
        return f"attachment; filename*=UTF-8''{quote(file_name)}"

    def spread(self, what: str) -> str:
        """Letters that look like chance and are the same in every run."""
        return hashlib.sha256(f"{self.name}|{self.books.prefix}|{what}".encode()).hexdigest()

    def _link(self, entry: Entry, order: int) -> str:
        return f"{self.file_path}?" + urlencode({"no": entry.number, "code": entry.query_code, "i": order})

    def _home(self, _: Visit) -> Response:
        return self.page("home.html")

    def _guide(self, visit: Visit) -> Response:
        unit = self.units.get(visit.parts["unit"])
        if unit is None:
            return Response("404 Not Found", 404)
        kind = "disclosure" if "disclosure" in self.forms else next(iter(self.forms))
        online = f"http://{visit.host}{self.form_address(kind, unit.code)}"
        return self.page("guide.html", unit=unit, told=unit.channels, online=online)

    def _endpoint(self, answer: Callable[[Visit], Response]) -> Callable[[Request], object]:
        async def endpoint(request: Request) -> Response:
            key = request.cookies.get(self.cookie, "")
            is_new = key not in self._sessions
            if is_new:
                key = self.spread(f"session {next(self._order)}")[:32].upper()
                self._sessions[key] = Session(key)
            visit = await read_visit(request, self._sessions[key], self.encoding)
            response = await run_in_threadpool(answer, visit)
            if is_new:
                response.set_cookie(self.cookie, key, path="/", samesite=None)
            return response

        return endpoint


def first_fault(fields: Mapping[str, str], required: Mapping[str, str], phone: str, told: str) -> str:
    """The first thing wrong with a form, as `told` says it of a missing field; empty if it is right."""
    for name, label in required.items():
        if not fields.get(name, "").strip():
            return told.format(label)
    return "" if re.fullmatch(r"1\d{10}", fields.get(phone, "")) else "手机号码格式不正确"


def _lines(text: str) -> str:
    return do_mark_safe("<br>\n".join(_legacy(line) for line in text.splitlines()))


def _legacy(text: str) -> str:
    """Escaped as old sites do: what a browser could not encode comes back as the character it was."""
    return do_mark_safe(re.sub(r"&amp;(#\d+;)", r"&\1", html.escape(text)))
