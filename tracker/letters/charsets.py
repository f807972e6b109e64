"""Bytes to text as Chinese mail really is: wrong labels, GBK called gb2312, broken encoded words."""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator
from quopri import decodestring

# GB18030 contains all of them; mail declared gb2312 regularly carries GBK characters (镕, ㎡).
_GB_NAMES = re.compile(
    r"(?:cs|x-)?gb[_-]?2312(?:-80)?|(?:x-)?gbk|(?:cp|ms|windows-)936|euc-?cn|eucgb2312_cn|chinese|gb18030"
    r"|hz(?:-gb-2312)?"
)
_LATIN_NAMES = re.compile(r"(?:us-)?ascii|iso-?8859-1|latin-?1|(?:windows-|cp)1252")
_GB2312_PAIRS = re.compile(rb"(?:[\x00-\x7f]|[\xa1-\xf7][\xa1-\xfe])+")
_CJK_PAIR = re.compile("[\u3000-\u9fff\uff00-\uffef].*[\u3000-\u9fff\uff00-\uffef]", re.DOTALL)
_ENCODED_WORD = re.compile(rb"=\?([^?\s*]+)(?:\*[^?]*)?\?([bBqQ])\?(.*?)\?=", re.DOTALL)
_FOLD = re.compile(r"\r?\n[ \t]?|\r")


def decode_text(raw: bytes, declared: str | None) -> tuple[str, str]:
    """The text, and the name of the fault that had to be worked around ("" if none)."""
    name = (declared or "").strip("\"' ").lower()
    for charset in _candidates(raw, name):
        text = _strictly(raw, charset)
        if text is not None:
            return text, "" if _is_as_declared(charset, name, raw) else "charset_mislabelled"
    charset = "utf-8" if name in ("utf-8", "utf8") else "gb18030"
    return raw.decode(charset, "replace"), "undecodable_bytes"


def _candidates(raw: bytes, name: str) -> Iterator[str]:
    if _GB_NAMES.fullmatch(name):
        if _is_surely_utf8(raw):
            yield "utf-8"
        if b"~{" in raw and name.startswith("hz"):
            yield "hz"
        yield "gb18030"
        return
    if name and not _LATIN_NAMES.fullmatch(name):
        yield name
    yield "utf-8"
    if not _LATIN_NAMES.fullmatch(name) or _GB2312_PAIRS.fullmatch(raw):
        yield "gb18030"
    if _LATIN_NAMES.fullmatch(name):
        yield "latin-1"


def _strictly(raw: bytes, charset: str) -> str | None:
    try:
        return raw.decode(charset)
    except (LookupError, ValueError):  # unknown name, no text encoding, wrong bytes
        return None


def _is_surely_utf8(raw: bytes) -> bool:
    """Whether bytes called GB are UTF-8: two three-byte characters do not come about by chance."""
    text = _strictly(raw, "utf-8")
    return text is not None and _CJK_PAIR.search(text) is not None


def _is_as_declared(charset: str, name: str, raw: bytes) -> bool:
    if raw.isascii() or charset == name or not name:
        return True
    if charset in ("gb18030", "hz"):
        return _GB_NAMES.fullmatch(name) is not None
    return (charset, name) in {("utf-8", "utf8"), ("latin-1", name)}


def decode_header(value: str) -> str:
    """A header value as the parser kept it (surrogates for 8-bit bytes) in readable form.

    Encoded words are read wherever they stand, quoted strings included, and the bytes of
    neighbours in one charset are joined first: a character may be split between them.
    """
    raw = _FOLD.sub(" ", value).encode("utf-8", "surrogateescape")
    return "".join(decode_text(chunk, charset)[0] for charset, chunk in _runs(raw)).strip()


def _runs(raw: bytes) -> Iterator[tuple[str | None, bytes]]:
    charset: str | None = None
    chunk, position = b"", 0
    for word in _ENCODED_WORD.finditer(raw):
        gap = raw[position : word.start()]
        name = word[1].decode("ascii", "replace").lower()
        if charset != name or gap.strip():
            yield charset, chunk
            # white space between two encoded words is folding, not text
            yield None, gap if gap.strip() or charset is None else b""
            charset, chunk = name, b""
        chunk += _word_bytes(word[2], word[3])
        position = word.end()
    yield charset, chunk
    yield None, raw[position:]


def _word_bytes(encoding: bytes, text: bytes) -> bytes:
    if encoding in b"qQ":
        return decodestring(text.replace(b"_", b" "), header=False)
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", text)
    try:
        return b64decode(letters + b"=" * (-len(letters) % 4))
    except binascii.Error:  # one letter too many: drop it, keep the rest
        return b64decode(letters[:-1] + b"=" * (-(len(letters) - 1) % 4))
