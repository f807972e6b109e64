"""Files that are text already: TXT in whatever charset, HTML, RTF."""

import re

from tracker.adapters.reading.forms import utf16_of
from tracker.letters.charsets import decode_text
from tracker.letters.markup import charset_in_markup, text_of_markup

_PAIR = re.compile(rb"[\x81-\xfe][\x40-\xfe]")
_COMMON_IN_GB2312 = re.compile(rb"[\xa1-\xa3\xb0-\xd7][\xa1-\xfe]")  # punctuation and the first level


def read_plain(raw: bytes) -> str:
    charset = utf16_of(raw)
    if charset is not None:
        return raw.decode(charset, "replace").removeprefix("\ufeff")
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    return decode_text(raw, "big5" if _is_big5(raw) else None)[0]


def read_markup(raw: bytes) -> str:
    named = charset_in_markup(raw)
    return text_of_markup(read_plain(raw) if named is None else decode_text(raw, named)[0])


def read_rtf(raw: bytes) -> str:
    from striprtf.striprtf import rtf_to_text  # most mails carry no RTF

    text: str = rtf_to_text(raw.decode("latin-1"), encoding="gb18030", errors="replace")
    return text


def _is_big5(raw: bytes) -> bool:
    """Whether text is Big5: almost any is valid GB18030 too, but of characters hardly anybody uses."""
    try:
        raw.decode("utf-8")
    except ValueError:
        pairs = _PAIR.findall(raw)
        return 2 * sum(map(bool, map(_COMMON_IN_GB2312.match, pairs))) < len(pairs) and _decodes(raw, "big5")
    return False


def _decodes(raw: bytes, charset: str) -> bool:
    try:
        raw.decode(charset)
    except ValueError:
        return False
    return True
