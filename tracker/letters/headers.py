"""The header fields of a mail, read from what really arrives: 8-bit bytes, folded ids, odd dates."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.message import Message as Part
from email.utils import getaddresses, parsedate_to_datetime

from tracker.letters.charsets import decode_header

_ID = re.compile(r"<([^<>]{1,1000})>")
_ADDRESS = re.compile(r"[\w.+%&'/=!#$*?^`{|}~-]+@[\w.-]+\w")


def read_headers(tree: Part) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in tree.raw_items():
        headers.setdefault(name.lower(), decode_header(value))
    return headers


def _tight(identifier: str) -> str:
    return re.sub(r"\s+", "", identifier)


def read_ids(values: Iterable[str]) -> list[str]:
    found = [_tight(each) for value in values for each in _ID.findall(decode_header(value))]
    return [f"<{each}>" for each in dict.fromkeys(found)]


def _addresses(values: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(name, bare lower-case address) of each mailbox; encoded words are read after splitting."""
    for value in values:
        # 8-bit bytes first: GBK bytes may look like quotes and commas to the address parser
        text = value if value.isascii() else decode_header(value)
        pairs = [pair for pair in _split(text) if _ADDRESS.fullmatch(pair[1])]
        if pairs:
            yield from ((decode_header(name), address.lower()) for name, address in pairs)
        else:
            yield from (("", address.lower()) for address in _ADDRESS.findall(decode_header(text)))


def _split(text: str) -> list[tuple[str, str]]:
    try:
        return getaddresses([text])
    except RecursionError:  # thousands of nested comments
        return []


def read_sender(tree: Part) -> tuple[str, str]:
    for name in ("from", "sender", "return-path"):
        for found in _addresses(tree.get_all(name, [])):
            return found
    return "", ""


def read_recipients(tree: Part) -> tuple[str, ...]:
    fields = [*tree.get_all("to", []), *tree.get_all("cc", [])]
    return tuple(dict.fromkeys(address for _name, address in _addresses(fields)))


_YEAR_ZERO_SOMETHING = re.compile(r"\s00\d\d\s")


def read_date(text: str, faults: list[str]) -> datetime | None:
    if not text:
        faults.append("date_missing")
        return None
    moment = _moment(text)
    if moment is None:
        faults.append("date_unreadable")
    return moment


def _moment(text: str) -> datetime | None:
    if _YEAR_ZERO_SOMETHING.search(text):  # some Pythons read 0015 as 2015
        return None
    try:
        moment = parsedate_to_datetime(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment if 1990 <= moment.astimezone(UTC).year <= 2100 else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def read_received(tree: Part) -> Iterator[datetime]:
    for stamp in tree.get_all("received", []):
        moment = _moment(decode_header(stamp).rpartition(";")[2])
        if moment is not None:
            yield moment
