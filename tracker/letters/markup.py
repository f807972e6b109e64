"""HTML letters to plain text: lines where a reader sees lines, quotations marked with "> "."""

import re
from collections import Counter
from collections.abc import Iterator
from html import unescape

from selectolax.lexbor import LexborHTMLParser, LexborNode

_MAX_MARKUP = 1_000_000
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "blockquote",
        "body",
        "br",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tr",
        "ul",
    ]
)
_SILENT = frozenset(["head", "script", "style", "template", "title", "noscript"])
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
# Wrappers that mail programs put around what they quote: <blockquote type=cite>, 163, Gmail, Yahoo, QQ
_QUOTE = re.compile(r"\bcite\b|isreplycontent|gmail_quote|yahoo_quoted", re.IGNORECASE)
_QUOTE_LINE = re.compile(r"border-left", re.IGNORECASE)
_QUOTES_FROM_HERE = re.compile(r"divRplyFwdMsg|OLK_SRC_BODY_SECTION", re.IGNORECASE)  # Outlook
_ANNOUNCED = "-----Original Message-----"
_EMBEDDED = re.compile(r"data:[^\s\"'<>]{500,}")  # pictures inside the page
_TAG = re.compile(r"<(/?)([A-Za-z][\w:]*)")
_TAGS = re.compile(r"<[^<>]*>")
_VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
        "o:p",
    ]
)
_CLOSED_BY_THE_NEXT = frozenset(["p", "li", "td", "th", "tr", "dd", "dt", "option"])
_DEEPEST = 1_000  # open elements; a parser that follows the standard needs time by their square
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)


def charset_in_markup(raw: bytes) -> str | None:
    """The charset a page names for itself, None if it names none."""
    found = _META_CHARSET.search(raw[:4096])
    return found[1].decode("ascii") if found else None


def text_of_markup(markup: str) -> str:
    markup = _EMBEDDED.sub("", markup)[:_MAX_MARKUP]
    if _is_too_deep(markup):
        return unescape(_TAGS.sub("\n", markup)).strip()
    page = _Page()
    for node, is_end in _walk(LexborHTMLParser(markup).root):
        page.leave(node) if is_end else page.enter(node)
    return page.text()


def _is_too_deep(markup: str) -> bool:
    if markup.count("<") < _DEEPEST:
        return False
    depth = 0
    opened: Counter[str] = Counter()  # an end tag closes only what is open
    for end, tag in _TAG.findall(markup):
        name = tag.lower()
        if name in _VOID or name in _CLOSED_BY_THE_NEXT:
            continue
        if not end:
            opened[name] += 1
        elif opened[name]:
            opened[name] -= 1
        else:
            continue
        depth += -1 if end else 1
        if depth > _DEEPEST:
            return True
    return False


def _walk(root: LexborNode | None) -> Iterator[tuple[LexborNode, bool]]:
    """Each node where it begins and, in a second pair, where it ends; without what no reader sees."""
    node = root
    while node is not None:
        yield node, False
        child = None if _is_silent(node) else node.child
        if child is not None:
            node = child
            continue
        yield node, True
        while node.next is None:
            if node.parent is None or node.parent.tag == "-document":
                return
            node = node.parent
            yield node, True
        node = node.next


def _is_silent(node: LexborNode) -> bool:
    return node.tag in _SILENT or _HIDDEN.search(_value(node, "style")) is not None


class _Page:
    """Lines as they gather while the nodes of a page are passed."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line = ""
        self._quoted = 0

    def enter(self, node: LexborNode) -> None:
        tag = node.tag
        if tag == "-text":
            self._line += re.sub(r"\s+", " ", node.text_content or "")
            return
        if tag in _BLOCKS:
            self._end_line()
        elif tag in ("td", "th"):
            self._line += " "
        if _is_quotation(node):
            self._end_line()
            self._quoted += 1
        elif _QUOTES_FROM_HERE.search(_name_of(node)):
            self._end_line()
            self._lines.append(_ANNOUNCED)

    def leave(self, node: LexborNode) -> None:
        if node.tag in _BLOCKS:
            self._end_line()
        if _is_quotation(node):
            self._end_line()
            self._quoted -= 1

    def text(self) -> str:
        self._end_line()
        return "\n".join(self._lines)

    def _end_line(self) -> None:
        line = self._line.replace("\xa0", " ").strip()
        if line:
            self._lines.append("> " * min(self._quoted, 3) + line)
        self._line = ""


def _is_quotation(node: LexborNode) -> bool:
    if node.tag == "includetail":
        return True
    if node.tag not in ("blockquote", "div"):
        return False
    has_line = node.tag == "blockquote" and _QUOTE_LINE.search(_value(node, "style"))
    return bool(has_line or _QUOTE.search(f"{_name_of(node)} {_value(node, 'type')}"))


def _name_of(node: LexborNode) -> str:
    return f"{_value(node, 'id')} {_value(node, 'class')}"


def _value(node: LexborNode, name: str) -> str:
    return node.attributes.get(name) or "" if node.is_element_node else ""
