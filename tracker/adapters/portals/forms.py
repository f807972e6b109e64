"""What a form sends (HTML Standard, "Constructing the entry list"), and finding elements by Recorder's selectors."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

import lxml.html
from cssselect import SelectorError
from lxml.etree import XPathError
from lxml.html import HtmlElement

_CONTROLS = ("input", "select", "textarea", "button")
_BUTTONS = frozenset({"submit", "image", "button", "reset"})
Entry = tuple[str, str]


def find(page: HtmlElement, alternatives: Sequence[Sequence[str]]) -> HtmlElement | None:
    """The first element that the first fitting alternative names; of a chain its last link."""
    for chain in alternatives:
        if (found := _find_one(page, chain[-1])) is not None:
            return found
    return None


def _find_one(page: HtmlElement, selector: str) -> HtmlElement | None:
    way, slash, aim = selector.partition("/")
    if not slash or way not in ("aria", "xpath", "text", "pierce"):
        way, aim = "css", selector
    try:
        if way == "aria":
            return next(_by_name(page, aim), None)
        if way == "text":
            return next(_by_text(page, aim), None)
        found: list[Any] = page.xpath(aim.lstrip()) if way == "xpath" else page.cssselect(aim)
    except (SelectorError, XPathError):  # a selector for a script engine: another alternative may do
        return None
    return next((one for one in found if isinstance(one, HtmlElement)), None)


def _by_text(page: HtmlElement, aim: str) -> Iterator[HtmlElement]:
    """The innermost elements whose text holds it."""
    for element in page.iter("*"):
        if aim in _text(element) and not any(aim in _text(child) for child in element):
            yield element


def _by_name(page: HtmlElement, aim: str) -> Iterator[HtmlElement]:
    """By the name a screen reader would say: its own label, the one for it, its text or its hint."""
    name, _bracket, _role = aim.partition("[role=")
    for element in page.iter("a", *_CONTROLS, "img"):
        if isinstance(element, HtmlElement) and name.strip() in _names(page, element):
            yield element


def _names(page: HtmlElement, element: HtmlElement) -> set[str]:
    given = {element.get(name, "") for name in ("aria-label", "placeholder", "title", "alt")}
    if element.tag == "input" and element.get("type") in _BUTTONS:
        given.add(element.get("value", ""))
    if element.tag in ("a", "button"):
        given.add(_text(element))
    given |= {_text(label) for label in _labels(page, element)}
    return {" ".join(name.split()) for name in given if name}


def _labels(page: HtmlElement, element: HtmlElement) -> list[HtmlElement]:
    around = list(element.iterancestors("label"))
    named = page.xpath("//label[@for=$name]", name=element.get("id")) if element.get("id") else []
    return [*around, *named]


def _text(element: Any) -> str:
    return " ".join(element.text_content().split()) if isinstance(element, HtmlElement) else ""


# --- filling in -----------------------------------------------------------------------------------------


def set_value(element: HtmlElement, value: str) -> bool:
    """Give a control a value as a person would; False if it offers no such choice."""
    if element.tag == "select":
        return _choose(element, value)
    if element.tag == "textarea":
        element.text = value
        return True
    if _type(element) in ("checkbox", "radio"):
        tick(element, value not in ("", "false", "off"))
        return True
    element.set("value", value)
    return bool(element.tag == "input")


def _choose(select: Any, value: str) -> bool:
    """An option by its value, else by what it shows."""
    options = list(select.iter("option"))
    wanted = [one for one in options if option_value(one) == value] or [
        one for one in options if _text(one) == value.strip()
    ]
    if not wanted:
        return False
    for option in options:
        option.attrib.pop("selected", None)
    wanted[0].set("selected", "")
    return True


def tick(element: HtmlElement, is_on: bool) -> None:
    """Tick a box, or choose one radio button of its group."""
    if _type(element) == "radio":
        form = form_of(element)
        for other in form.iter("input") if form is not None else ():
            if _type(other) == "radio" and other.get("name") == element.get("name"):
                other.attrib.pop("checked", None)
    if is_on:
        element.set("checked", "")
    else:
        element.attrib.pop("checked", None)


def value_of(element: HtmlElement) -> str:
    """What a script would read from a control."""
    if element.tag == "select":
        return next(iter(_chosen(element)), "")
    if element.tag == "textarea":
        return str(element.text_content()).replace("\r\n", "\n")
    if element.tag == "input" and _type(element) in ("checkbox", "radio"):
        return element.get("value", "on") if "checked" in element.attrib else ""
    return element.get("value", "") if element.tag == "input" else _text(element)


# --- sending --------------------------------------------------------------------------------------------


def form_of(element: HtmlElement) -> HtmlElement | None:
    if element.get("form"):
        return next(iter(element.getroottree().xpath("//form[@id=$name]", name=element.get("form"))), None)
    return next(element.iterancestors("form"), None)


def is_submitter(element: HtmlElement) -> bool:
    """A button without a type submits; so does an image."""
    usual = "submit" if element.tag == "button" else "text"
    return element.tag in ("button", "input") and element.get("type", usual).lower() in ("submit", "image")


def entries_of(form: HtmlElement, submitter: Any = None) -> list[Entry]:
    """The entry list of a form: every successful control in the order of the page, hidden ones too."""
    found: list[Entry] = []
    for control in _controls_of(form):
        name = control.get("name", "")
        if control is submitter:
            if _type(control) == "image":
                dot = f"{name}." if name else ""
                found += [(f"{dot}x", "1"), (f"{dot}y", "1")]
            elif name:
                found.append((name, control.get("value", "")))
        elif name and _is_sent(control):
            values = _chosen(control) if control.tag == "select" else [value_of(control)]
            found += [(name, value) for value in values]
    return found


def _controls_of(form: HtmlElement) -> Iterator[HtmlElement]:
    for control in form.getroottree().iter(*_CONTROLS):
        sets = (control, *control.iterancestors("fieldset"))
        if form_of(control) is form and not any("disabled" in one.attrib for one in sets):
            yield control


def _is_sent(control: HtmlElement) -> bool:
    kind = _type(control)
    if control.tag == "button" or kind in _BUTTONS or kind == "file":
        return False
    return kind not in ("checkbox", "radio") or "checked" in control.attrib


def _chosen(select: HtmlElement) -> list[str]:
    """The chosen options; of a drop-down without any, the first that may be chosen."""
    options = [one for one in select.iter("option") if "disabled" not in one.attrib]
    chosen = [option_value(one) for one in options if "selected" in one.attrib]
    if "multiple" in select.attrib:
        return chosen
    return chosen[-1:] or [option_value(one) for one in options[:1]]


def option_value(option: HtmlElement) -> str:
    value: str | None = option.get("value")
    return _text(option) if value is None else value


def urlencoded(entries: Sequence[Entry], charset: str) -> bytes:
    """The entries in the form's charset; what it cannot write goes as a numeric reference, as browsers do."""
    return urlencode([(_bytes(name, charset), _bytes(value, charset)) for name, value in entries]).encode(
        "ascii"
    )


def _bytes(text: str, charset: str) -> bytes:
    return _newlines(text).encode(charset, "xmlcharrefreplace")


def _newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")


def multipart(entries: Sequence[Entry], charset: str) -> list[tuple[str, tuple[None, bytes]]]:
    """The entries as httpx's `files` without a file name: parts of a multipart form."""
    return [(name, (None, _bytes(value, charset))) for name, value in entries]


def boundary_of(entries: Sequence[Entry]) -> str:
    """A boundary as Chrome's, and the same for the same form."""
    return "----WebKitFormBoundary" + hashlib.sha256(repr(entries).encode()).hexdigest()[:16]


def _type(element: HtmlElement) -> str:
    return str(element.get("type", "")).lower()


def read_page(markup: str) -> HtmlElement:
    """An element tree of any markup, however torn; an empty page for none."""
    text = markup.replace("\x00", "").strip() or "<html></html>"
    try:
        return lxml.html.document_fromstring(text)
    except ValueError:  # an XML declaration with an encoding, in text that is decoded already
        return lxml.html.document_fromstring(
            text.encode("utf-8"), parser=lxml.html.HTMLParser(encoding="utf-8")
        )
