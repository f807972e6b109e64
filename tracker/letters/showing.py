"""The marked-up body of a letter, made harmless: nothing in it loads, runs, links, submits or leaves its frame."""

import re
from collections.abc import Iterator
from email.message import Message as Part

import nh3

from tracker.letters.charsets import decode_text
from tracker.letters.parts import read_tree

_TAGS = {
    "a", "b", "blockquote", "br", "center", "code", "dd", "del", "div", "dl", "dt", "em", "font", "h1", "h2",
    "h3", "h4", "h5", "h6", "hr", "i", "li", "ol", "p", "pre", "s", "small", "span", "strong", "sub", "sup",
    "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {"*": set[str](), "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}, "ol": {"start"}}
_LONGEST = 200_000  # characters of markup; the rest is left out, and stands in the text
_HEAD = '<!doctype html><html><head><meta charset="utf-8"><title></title></head><body>'
# Characters that turn the direction of what follows, or that nobody sees.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\u200b\u2060\ufeff\x00]")


def harmless_page(raw: bytes) -> str:
    """A whole page with the letter's first HTML part, "" where it has none. Pictures and links are left out."""
    markup = next(_pages_of(read_tree(raw, [])), "")
    if not markup:
        return ""
    cleaned = nh3.clean(
        markup[:_LONGEST],
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=set(),
        link_rel=None,
        clean_content_tags={"script", "style", "title", "template", "noscript", "svg", "math", "textarea"},
        strip_comments=True,
    )
    return f"{_HEAD}{_TURNING.sub('', cleaned)}</body></html>"


def visible(text: str) -> str:
    """A text without characters that turn its direction: a file name must not read backwards."""
    return _TURNING.sub("\N{REPLACEMENT CHARACTER}", text)


def _pages_of(tree: Part) -> Iterator[str]:
    for part in tree.walk():
        if part.get_content_type() == "text/html" and part.get_content_disposition() != "attachment":
            raw = part.get_payload(decode=True)
            if isinstance(raw, bytes):
                yield decode_text(raw, part.get_content_charset())[0]
