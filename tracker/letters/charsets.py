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
_PAIR = re.compile(rb"[\x81-\xfe][\x40-\xfe]")
_COMMON_IN_GB2312 = re.compile(rb"[\xa1-\xa3\xb0-\xd7][\xa1-\xfe]")  # punctuation and the first level
_COMMON_IN_BIG5 = re.compile(rb"[\xa1-\xc6][\x40-\x7e\xa1-\xfe]")  # likewise
_FEWEST_PAIRS = 8  # fewer characters tell no charset from another
_HZ = re.compile(rb"~\{(?:[!-w][!-~])+~\}")
_UTF7 = re.compile(rb"\+[A-Za-z0-9+/]{8,}-")
_UTF16_SAMPLE = 4096  # bytes
_WIDE = frozenset({"utf-16", "utf-16-le", "utf-16-be"})
_CJK_PAIR = re.compile("[\u3000-\u9fff\uff00-\uffef].*[\u3000-\u9fff\uff00-\uffef]", re.DOTALL)
_ENCODED_WORD = re.compile(rb"=\?([^?\s*]+)(?:\*[^?]*)?\?([bBqQ])\?(.*?)\?=", re.DOTALL)
_IN_CODE = re.compile(r"=\?|~\{|\0")
_FOLD = re.compile(r"\r?\n[ \t]?|\r")


def decode_text(raw: bytes, declared: str | None) -> tuple[str, str]:
    """The text, and the name of the fault that had to be worked around ("" if none)."""
    name = (declared or "").strip("\"' ").lower()
    name = {"utf-16le": "utf-16-le", "utf-16be": "utf-16-be"}.get(name, name)
    for charset in _candidates(raw, name):
        text = _strictly(raw, charset)
        if text is not None:
            return text, "" if _is_as_declared(charset, name, raw) else "charset_mislabelled"
    charset = "utf-8" if _is_utf8(name) else "gb18030"
    return raw.decode(charset, "replace"), "undecodable_bytes"


def _candidates(raw: bytes, name: str) -> Iterator[str]:
    """Charsets in the order in which they are tried; what the bytes show comes before what they are called."""
    if name not in _WIDE and (wide := utf16_of(raw)):
        yield wide
    if raw.isascii():
        if _HZ.search(raw):
            yield "hz"
        elif name in ("utf-7", "unicode-1-1-utf-7") or (_is_utf8(name) and _UTF7.search(raw)):
            yield "utf-7"
    if _GB_NAMES.fullmatch(name):
        if _is_surely_utf8(raw):
            yield "utf-8"
        if is_big5(raw):
            yield "big5"
        yield "gb18030"
        return
    if name and not _LATIN_NAMES.fullmatch(name):
        yield name
    yield "utf-8"
    if is_big5(raw):
        yield "big5"
    if not _LATIN_NAMES.fullmatch(name) or _GB2312_PAIRS.fullmatch(raw):
        yield "gb18030"
    if _LATIN_NAMES.fullmatch(name):
        yield "latin-1"


def _is_utf8(name: str) -> bool:
    return name in ("utf-8", "utf8")


def utf16_of(raw: bytes) -> str | None:
    """The name of the UTF-16 that bytes are in, with or without a byte order mark; None if in neither."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    sample = raw[:_UTF16_SAMPLE]
    low, high = sample[::2].count(0), sample[1::2].count(0)
    if low == high or len(raw) % 2:
        return None
    charset = "utf-16-le" if high > low else "utf-16-be"
    # a character may be cut where the sample ends
    text = sample.decode(charset, "ignore")
    return charset if "".join(text.split()).isprintable() else None


def is_big5(raw: bytes) -> bool:
    """Whether text is Big5: almost any is valid GB18030 too, but of characters hardly anybody uses."""
    if raw.isascii() or _strictly(raw, "utf-8") is not None:
        return False
    pairs = _PAIR.findall(raw)
    in_gb, in_big5 = (
        sum(map(bool, map(common.match, pairs))) for common in (_COMMON_IN_GB2312, _COMMON_IN_BIG5)
    )
    is_likely = len(pairs) >= _FEWEST_PAIRS and 2 * in_gb < len(pairs) and 5 * in_big5 > 4 * len(pairs)
    return is_likely and _strictly(raw, "big5") is not None


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
    if value.isascii() and not _IN_CODE.search(value):
        return _FOLD.sub(" ", value).strip()
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
