"""HTML letters to plain text: lines where a reader sees lines, quotations marked with "> "."""

import re
from html import unescape
from html.parser import HTMLParser

_MAX_MARKUP = 1_000_000
_BLOCKS = re.compile(
    r"address|article|blockquote|body|br|center|d[dlt]|div|fieldset|footer|form|h[1-6r]|header|li|ol|p|pre"
    r"|section|table|tr|ul"
)
_SILENT = re.compile(r"head|script|style|template|title|noscript")
_VOID = re.compile(r"area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr|o:p")
_QUOTE_MARKS = re.compile(r"\bcite\b|isreplycontent|gmail_quote|yahoo_quoted|border-left", re.IGNORECASE)
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_EMBEDDED = re.compile(r"data:[^\s\"'<>]{500,}")  # pictures inside the page
_TAGS = re.compile(r"<[^<>]*>")
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)


def charset_in_markup(raw: bytes) -> str | None:
    """The charset a page names for itself, None if it names none."""
    found = _META_CHARSET.search(raw[:4096])
    return found[1].decode("ascii") if found else None


def text_of_markup(markup: str) -> str:
    markup = _EMBEDDED.sub("", markup)[:_MAX_MARKUP]
    reader = _Reader()
    try:
        reader.feed(markup)
        reader.close()
    except AssertionError:  # html.parser gives up on some broken declarations (<![x[)
        return unescape(_TAGS.sub("\n", markup))
    return reader.text()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[tuple[str, bool, bool]] = []  # tag, silent, quoted
        self._silent = 0
        self._quoted = 0
        self._lines: list[str] = []
        self._line = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if _BLOCKS.fullmatch(tag):
            self._end_line()
        if tag in ("td", "th"):
            self._line += " "
        if _VOID.fullmatch(tag):
            return
        marks = " ".join(f"{name}={value or ''}" for name, value in attrs)
        silent = bool(_SILENT.fullmatch(tag) or _HIDDEN.search(marks))
        quoted = tag == "blockquote" and _QUOTE_MARKS.search(marks) is not None
        self._open.append((tag, silent, quoted))
        self._silent += silent
        self._quoted += quoted

    def handle_endtag(self, tag: str) -> None:
        if _BLOCKS.fullmatch(tag):
            self._end_line()
        if all(name != tag for name, _, _ in self._open):
            return
        while True:
            name, silent, quoted = self._open.pop()
            self._silent -= silent
            self._quoted -= quoted
            if name == tag:
                return

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._line += re.sub(r"\s+", " ", data)

    def text(self) -> str:
        self._end_line()
        return "\n".join(self._lines)

    def _end_line(self) -> None:
        line = self._line.replace("\xa0", " ").strip()
        if line:
            self._lines.append("> " * min(self._quoted, 3) + line)
        self._line = ""
