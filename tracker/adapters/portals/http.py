"""A surface without a browser: pages by HTTP, forms sent as a browser would send them, no scripts run."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml.html import HtmlElement

from tracker.adapters.portals.faults import PageFault, PortalFault
from tracker.adapters.portals.forms import (
    Entry,
    boundary_of,
    entries_of,
    find,
    form_of,
    is_submitter,
    multipart,
    read_page,
    set_value,
    tick,
    urlencoded,
    value_of,
)
from tracker.adapters.portals.player import Exhibit
from tracker.adapters.portals.visitor import Fetched, Visitor
from tracker.adapters.portals.warc import MEDIA_TYPE, write_warc
from tracker.domain.recipes import Step
from tracker.letters.pages import Seen, alerts_in

_FRAMES = ("iframe", "frame")
_SCRIPT_HEADERS = {
    "X-Requested-With": "XMLHttpRequest",
    "Accept": "application/json, text/plain, */*",
}
_PICTURES = (b"\x89PNG", b"\xff\xd8", b"GIF8", b"BM", b"RIFF")
# Charsets by the names that pages give, as browsers understand them (Encoding Standard).
_CHARSETS = {"gb2312": "gbk", "gb_2312-80": "gbk", "x-gbk": "gbk", "iso-8859-1": "cp1252", "ascii": "cp1252"}


@dataclass
class _Document:
    """A page and what stands in its frames by now."""

    page: Fetched
    tree: HtmlElement
    frames: dict[int, "_Document"] = field(default_factory=dict)


class HttpSurface:
    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        self._document: _Document | None = None
        self._dialogs: list[str] = []
        self._answers: list[str] = []
        self._shown = 0  # exchanges that an exhibit holds already
        self._files: list[tuple[HtmlElement, Path]] = []
        self._last: tuple[_Document, HtmlElement] | None = None  # the field changed last

    # --- steps ------------------------------------------------------------------------------------------

    def navigate(self, step: Step) -> None:
        self._show(self._visitor.fetch("GET", step.fields["url"]))

    def click(self, step: Step, has_script: bool) -> bool:
        document = self._in_frame(step.frame)
        element = _actor(self._find(document, step))
        if element.tag == "label":
            element = _labelled(document, element)
        if element.get("type", "").lower() in ("checkbox", "radio"):
            tick(element, element.get("type", "").lower() == "radio" or "checked" not in element.attrib)
            return True
        if has_script:
            return True
        form = form_of(element)
        if is_submitter(element) and form is not None:
            self._submit(document, form, element)
            return True
        return self._follow(document, element)

    def change(self, step: Step) -> None:
        document = self._in_frame(step.frame)
        element = self._find(document, step)
        if not set_value(element, step.fields["value"]):
            raise PortalFault(PageFault.PAGE_CHANGED)
        self._last = document, element

    def press(self, step: Step, has_script: bool) -> bool:
        """Enter in a field sends its form, by its first button (HTML Standard, "Implicit submission")."""
        if step.fields["key"] != "Enter" or has_script or self._last is None:
            return True
        document, element = self._last
        form = form_of(element)
        if form is None:
            return False
        button = next((one for one in form.iter("button", "input") if is_submitter(one)), None)
        self._submit(document, form, button)
        return True

    def wait_for(self, step: Step) -> None:
        """What a script puts into the page never comes here: after its answer there is nothing to wait for."""
        if step.kind == "waitForElement" and not self._answers and step.fields.get("count", 1):
            self._find(self._in_frame(step.frame), step)

    def upload(self, step: Step, path: Path) -> None:
        if not path.is_file():
            raise PortalFault(PageFault.UNFIT_VALUE, str(path))
        self._files.append((self._find(self._in_frame(step.frame), step), path))

    def answer_dialogs(self, accept: bool) -> None:
        """A page's `confirm` waits in a script that never runs here."""

    def script_answer(self, step: Step) -> None:
        document = self._in_frame(step.frame)
        entries, shape = self.would_send(step), step.fields.get("as", "json")
        url = urljoin(document.page.url, step.fields["url"])
        headers = dict(_SCRIPT_HEADERS)
        body: dict[str, Any] = {}
        if shape == "query":
            url += ("&" if "?" in url else "?") + urlencoded(entries, "utf-8").decode("ascii")
        elif shape == "form":
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
            body = {"content": urlencoded(entries, "utf-8")}
        else:
            body = {"json": dict(entries)} if entries else {}
        method = step.fields.get("method", "POST" if body else "GET")
        answer = self._visitor.fetch(method, url, referer=document.page.url, headers=headers, **body)
        self._answers.append(answer.text)

    # --- what is there ------------------------------------------------------------------------------------

    def picture(self, step: Step) -> bytes:
        document = self._in_frame(step.frame)
        element = self._find(document, Step(step.kind, {"selectors": step.fields["picture"]}))
        source = element.get("src", "")
        if source.startswith("data:"):
            raw = base64.b64decode(source.partition(",")[2])
        else:
            raw = self._visitor.fetch(
                "GET", urljoin(document.page.url, source), referer=document.page.url
            ).raw
        if not raw.startswith(_PICTURES):
            raise PortalFault(PageFault.PAGE_CHANGED, source[:100])
        return raw

    def seen(self, frame: Sequence[int] = ()) -> Seen:
        document = self._in_frame(frame)
        return Seen(document.page.url, document.page.text, tuple(self._dialogs), tuple(self._answers))

    def may_change(self) -> bool:
        return False

    def would_send(self, step: Step) -> list[Entry]:
        document = self._in_frame(step.frame)
        if step.is_custom:
            return [
                (name, self._value(document, aim.removesuffix("?")))
                for name, aim in step.fields.get("fields", {}).items()
                # "#way?": only where the page has it
                if not aim.endswith("?") or find(document.tree, [[aim.removesuffix("?")]]) is not None
            ]
        element = _actor(self._find(document, step)) if step.selectors else None
        form = form_of(element) if element is not None else None
        return entries_of(form, element) if form is not None else []

    def exhibits(self, name: str) -> list[Exhibit]:
        """The exchanges since the last exhibit."""
        fresh, self._shown = self._visitor.exchanges[self._shown :], len(self._visitor.exchanges)
        return [Exhibit(name, MEDIA_TYPE, write_warc(fresh))] if fresh else []

    def download(self, address: str) -> Exhibit:
        document = self._in_frame(())
        fetched = self._fetch_from(document, "GET", address)
        return Exhibit(fetched.file_name, fetched.media_type, fetched.raw)

    def close(self) -> None:
        self._visitor.close()

    # --- within -------------------------------------------------------------------------------------------

    def _show(self, page: Fetched) -> _Document:
        self._document = self._opened(page)
        return self._document

    def _opened(self, page: Fetched) -> _Document:
        self._dialogs += alerts_in(page.text)
        return _Document(page, read_page(page.text))

    def _in_frame(self, frame: Sequence[int]) -> _Document:
        document = self._document
        if document is None:
            raise PortalFault(PageFault.PAGE_CHANGED, "about:blank")
        for number in frame:
            if number not in document.frames:
                document.frames[number] = self._load_frame(document, number)
            document = document.frames[number]
        return document

    def _load_frame(self, document: _Document, number: int) -> _Document:
        frames = list(document.tree.iter(*_FRAMES))
        if number >= len(frames) or not frames[number].get("src"):
            raise PortalFault(PageFault.PAGE_CHANGED, f"frame {number}")
        url = urljoin(document.page.url, frames[number].get("src"))
        return self._opened(self._visitor.fetch("GET", url, referer=document.page.url))

    def _find(self, document: _Document, step: Step) -> HtmlElement:
        element = find(document.tree, step.selectors)
        if element is None:
            raise PortalFault(PageFault.PAGE_CHANGED)
        return element

    def _value(self, document: _Document, aim: str) -> str:
        """A text as it is behind "=", else what the control that a selector names holds."""
        if aim.startswith("="):
            return aim[1:]
        element = find(document.tree, [[aim]])
        if element is None:
            raise PortalFault(PageFault.PAGE_CHANGED, aim)
        return value_of(element)

    def _follow(self, document: _Document, element: HtmlElement) -> bool:
        target = element.get("href", "").strip() if element.tag == "a" else ""
        if not target or target.startswith(("#", "javascript:")):
            return False
        self._place(document, element.get("target", ""), self._fetch_from(document, "GET", target))
        return True

    def _submit(self, document: _Document, form: HtmlElement, button: HtmlElement | None) -> None:
        asked = button.get if button is not None else form.get
        action = asked("formaction") or form.get("action") or document.page.url
        method = (asked("formmethod") or form.get("method") or "get").upper()
        target = asked("formtarget") or form.get("target", "")
        charset = _charset(form.get("accept-charset") or document.page.charset)
        entries = entries_of(form, button)
        if method == "GET":
            query = urlencoded(entries, charset).decode("ascii")
            action = f"{action.partition('#')[0].partition('?')[0]}?{query}"
            fetched = self._fetch_from(document, "GET", action)
        elif form.get("enctype", "").lower() == "multipart/form-data":
            files = [*multipart(entries, charset), *self._uploads(form)]
            headers = {"Content-Type": f"multipart/form-data; boundary={boundary_of(entries)}"}
            fetched = self._fetch_from(document, "POST", action, headers=headers, files=files)
        else:
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            content = urlencoded(entries, charset)
            fetched = self._fetch_from(document, "POST", action, headers=headers, content=content)
        self._place(document, target, fetched)

    def _fetch_from(
        self,
        document: _Document,
        method: str,
        target: str,
        headers: dict[str, str] | None = None,
        **body: Any,
    ) -> Fetched:
        url = urljoin(document.page.url, target)
        here, there = urlsplit(document.page.url), urlsplit(url)
        origin = f"{here.scheme}://{here.netloc}"
        # strict-origin-when-cross-origin, what browsers do unless a page says otherwise
        referer = document.page.url if here.netloc == there.netloc else f"{origin}/"
        extra = {**(headers or {}), **({"Origin": origin} if method == "POST" else {})}
        return self._visitor.fetch(method, url, referer=referer, headers=extra, **body)

    def _uploads(self, form: HtmlElement) -> list[tuple[str, tuple[str, bytes]]]:
        return [
            (element.get("name", ""), (path.name, path.read_bytes()))
            for element, path in self._files
            if form_of(element) is form
        ]

    def _place(self, document: _Document, target: str, fetched: Fetched) -> None:
        """The answer goes into the frame that the form or link names, else it is the new page."""
        names = [frame.get("name") for frame in document.tree.iter(*_FRAMES)]
        if target in names:
            document.frames[names.index(target)] = self._opened(fetched)
        else:
            self._show(fetched)


def _actor(element: HtmlElement) -> HtmlElement:
    """What reacts to a click: Recorder often names the span inside of a link or button."""
    for one in (element, *element.iterancestors()):
        if one.tag in ("a", "button", "input", "label", "select", "option", "textarea"):
            return one
    return element


def _labelled(document: _Document, label: HtmlElement) -> HtmlElement:
    if label.get("for"):
        found = document.tree.xpath("//*[@id=$name]", name=label.get("for"))
        return found[0] if found else label
    return next(iter(label.iter("input")), label)


def _charset(name: str) -> str:
    name = name.strip().lower()
    name = _CHARSETS.get(name, name)
    try:
        "".encode(name)
    except LookupError:
        return "utf-8"
    return name
