"""A unit's web site for tests: a form that gives a number and a code, a status page, a list, a captcha if wanted."""

import html
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, quote, urlsplit

from tests.servers.ports import HOST

PNG = b"\x89PNG\r\n\x1a\n"  # enough of a picture to be handed on


@dataclass
class Entry:
    number: str
    code: str
    fields: dict[str, str]
    status: str = "待处理"
    text: str = ""
    shown_on: str = ""
    file: tuple[str, bytes] | None = None


@dataclass
class Portal:
    """`trouble`: path -> HTTP status or page text that is answered instead; `has_captcha` asks for one.

    `held_at`: where every visit has to wait until `release`: a path, "POST" before it is booked, or "booked".
    """

    has_captcha: bool = False
    entries: dict[str, Entry] = field(default_factory=dict)
    trouble: dict[str, int | str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    captchas: dict[str, str] = field(default_factory=dict)  # session -> answer
    held_at: str = ""

    def __enter__(self) -> Self:
        visit = type("Visit", (_Visit,), {"portal": self})
        self._server = ThreadingHTTPServer((HOST, 0), visit)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.address = f"http://{HOST}:{self._server.server_port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def __post_init__(self) -> None:
        self.is_reached, self.is_released = threading.Event(), threading.Event()

    def pass_by(self, place: str) -> None:
        if place == self.held_at:
            self.is_reached.set()
            self.is_released.wait(30)

    def release(self) -> None:
        self.held_at = ""
        self.is_released.set()

    def book(self, fields: dict[str, str]) -> Entry:
        number = f"2026-{len(self.entries) + 1:04}"
        self.entries[number] = Entry(number, f"c{len(self.entries) + 1:05}", fields)
        return self.entries[number]


class _Visit(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    portal: Portal

    def do_GET(self) -> None:
        place = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(place.query).items()}
        self.portal.asked.append(f"GET {place.path}")
        self.portal.pass_by(place.path)
        if place.path in self.portal.trouble:
            self._trouble(self.portal.trouble[place.path])
            return
        match place.path:
            case "/apply":
                self._page(_form(self.portal.has_captcha), session=f"s{len(self.portal.asked)}")
            case "/captcha.png":
                session = self._session()
                self.portal.captchas[session] = f"k{len(self.portal.captchas) + 1}"
                self._answer(200, PNG + self.portal.captchas[session].encode(), "image/png")
            case "/query":
                self._query(query)
            case "/list":
                self._list()
            case "/file":
                name, raw = self.portal.entries[query["no"]].file or ("", b"")
                self._answer(200, raw, "application/octet-stream", name=name)
            case _:
                self._answer(404, b"<p>404</p>", "text/html")

    def do_POST(self) -> None:
        self.portal.asked.append(f"POST {self.path}")
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        fields = {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}
        if self.portal.has_captcha:
            answer = self.portal.captchas.pop(self._session(), "")
            if not answer or fields.pop("captcha", "") != answer:
                self._page("<script>alert('验证码错误！');history.back();</script>")
                return
        self.portal.pass_by("POST")
        entry = self.portal.book(fields)
        self.portal.pass_by("booked")
        if "POST" in self.portal.trouble:
            self._trouble(self.portal.trouble["POST"])
            return
        self._page(
            f"<p>提交成功，受理编号：<b id=no>{entry.number}</b>，查询码：<b id=code>{entry.code}</b></p>"
        )

    def _query(self, query: dict[str, str]) -> None:
        entry = self.portal.entries.get(query.get("no", ""))
        if entry is None or entry.code != query.get("code"):
            self._page("<p>查无此件</p>")
            return
        link = f"<a class=file href='/file?no={entry.number}'>{entry.file[0]}</a>" if entry.file else ""
        self._page(
            f"<table><tr><td>状态</td><td id=status>{entry.status}</td></tr></table><div id=reply>"
            f"{html.escape(entry.text)}</div><span id=day>{entry.shown_on}</span>{link}<p>{len(self.portal.asked)}</p>"
        )

    def _list(self) -> None:
        lines = "".join(
            f"<tr class=one><td class=no>{one.number}</td><td class=title>{one.fields.get('title', '')}</td></tr>"
            for one in self.portal.entries.values()
        )
        self._page(f"<table>{lines}</table>")

    def _session(self) -> str:
        return self.headers.get("Cookie", "").partition("sid=")[2].partition(";")[0]

    def _trouble(self, trouble: int | str) -> None:
        if isinstance(trouble, int):
            self._answer(trouble, b"<p>no</p>", "text/html")
        else:
            self._page(trouble)

    def _page(self, page: str, session: str = "") -> None:
        self._answer(200, page.encode(), "text/html; charset=utf-8", session=session)

    def _answer(self, status: int, body: bytes, kind: str, name: str = "", session: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if name:
            self.send_header("Content-Disposition", f"attachment; filename*=UTF-8''{quote(name)}")
        if session:
            self.send_header("Set-Cookie", f"sid={session}; Path=/")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


def _form(has_captcha: bool) -> str:
    captcha = "<img id=pic src='/captcha.png?t=1'><input name=captcha id=captcha>" if has_captcha else ""
    return (
        "<form method=post action=/apply><input name=name id=name><input name=title id=title>"
        f"<textarea name=text id=text></textarea>{captcha}<button id=go>提交</button></form>"
    )


# --- its recipe -----------------------------------------------------------------------------------------


def _step(kind: str, *selectors: str, **fields: object) -> dict[str, object]:
    return {"type": kind, **({"selectors": [[one] for one in selectors]} if selectors else {}), **fields}


def custom(name: str, **parameters: object) -> dict[str, object]:
    return {"type": "customStep", "name": name, "parameters": parameters}


def recipe(executor: str = "http", has_captcha: bool = False, **more: object) -> dict[str, object]:
    """What an evaluator would have recorded on this site; `more` replaces fields, None takes one away."""
    captcha = [
        custom("human", **{"as": "captcha", "prompt": "输入图中的字符", "picture": [["#pic"]]}),
        _step("change", "#captcha", value="{{captcha}}"),
    ]
    submit = [
        _step("navigate", url="{{address}}"),
        _step("change", "#name", value="{{applicant_name}}"),
        _step("change", "#title", value="{{question_title}}"),
        _step("change", "#text", value="{{question_text}}"),
        *(captcha if has_captcha else []),
        custom("submit"),
        _step("click", "#go"),
        custom("extract", **{"as": "receipt_no", "css": "#no"}),
        custom("extract", **{"as": "query_code", "css": "#code"}),
    ]
    status = [
        _step("navigate", url="{{origin}}/query?no={{receipt_no}}&code={{query_code}}"),
        custom("extract", **{"as": "status", "css": "#status"}),
        custom("extract", **{"as": "reply_text", "css": "#reply", "optional": True}),
        custom("extract", **{"as": "shown_on", "css": "#day", "optional": True}),
        custom(
            "extract",
            **{
                "as": "attachments",
                "rows": "a.file",
                "columns": {"name": {"css": "a"}, "href": {"css": "a::attr(href)"}},
            },
        ),
    ]
    entries = [
        _step("navigate", url="{{origin}}/list"),
        custom(
            "extract",
            **{
                "as": "list",
                "rows": "tr.one",
                "columns": {"receipt_no": {"css": ".no"}, "title": {"css": ".title"}},
            },
        ),
    ]
    made = {
        "platform": "portal",
        "title": "测试平台",
        "executor": executor,
        "kinds": ["disclosure"],
        "status_words": {"待处理": "pending", "已受理": "acknowledgement", "已答复": "reply"},
        "refusals": {"验证码错误": "wrong_answer", "次数": "limit", "停止受理": "closed"},
        "limits": {"per_applicant_per_day": 50, "seconds_between": 0},
        "submit": {"title": "submit", "timeout": 3000, "steps": submit},
        "status": {"title": "status", "timeout": 3000, "steps": status},
        "list": {"title": "list", "timeout": 3000, "steps": entries},
        **more,
    }
    return {name: value for name, value in made.items() if value is not None}
