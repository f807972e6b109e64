"""The few header fields kept as they came, read without parsing: a letter no parser takes has them too.

Nothing in here raises, whatever the bytes.
"""

import json
import re
from collections.abc import Iterator

_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n|\r\r")
_FOLDED = re.compile(rb"(?:\r\n|\n|\r)(?=[ \t])")
_LINE_END = re.compile(rb"\r\n|\n|\r")
_BEFORE_HEADERS = re.compile(rb"(?:\xef\xbb\xbf)?[\r\n]*")


def date_header(raw: bytes) -> str:
    """What stands behind the first `Date:`, unfolded; empty where there is none."""
    return next(field_values(raw, b"date"), "")


def received_headers(raw: bytes) -> str:
    """Every `Received`, topmost first, unfolded: a JSON list."""
    return json.dumps(list(field_values(raw, b"received")), ensure_ascii=False)


def message_id(raw: bytes) -> str:
    return next(field_values(raw, b"message-id"), "")


def subject(raw: bytes) -> str:
    return next(field_values(raw, b"subject"), "")


def field_values(raw: bytes, name: bytes) -> Iterator[str]:
    """What stands behind each field of this name; a byte order mark and blank lines may come before them."""
    raw = _BEFORE_HEADERS.sub(b"", raw, count=1)
    end = _END_OF_HEADERS.search(raw)
    headers = _FOLDED.sub(b"", raw[: end.start()] if end else raw)
    for line in _LINE_END.split(headers):
        found, colon, value = line.partition(b":")
        if colon and found.strip().lower() == name:
            # SQLite takes no half characters; the bytes themselves are the evidence
            yield value.decode("utf-8", "backslashreplace").strip()
