"""DOC, Word's binary format since 1997 ([MS-DOC]), which WPS writes too: the text by its piece table."""

import re
import struct
from collections.abc import Iterator

from olefile import OleFileIO

_WORD_97 = 0x00C1
_ENCRYPTED, _SECOND_TABLE = 0x0100, 0x0200
_COUNTS_AT, _TABLE_AT = 0x4C, 0x1A2
_EIGHT_BIT = 0x40000000
_INSTRUCTION = re.compile("\x13[^\x13-\x15]*[\x14\x15]")
_SPACES = {0x07: "\t", 0x0B: "\n", 0x0C: "\n", 0x0D: "\n", 0x1E: "-", 0x09: "\t", 0x0A: "\n"}
_CONTROLS = {code: _SPACES.get(code) for code in range(32)}


def read_doc(compound: "OleFileIO[str]") -> str:
    """The text, text boxes, foot- and endnotes, headers and footers; comments are left out.

    Raises `ValueError` if it is encrypted or of a Word before 1997.
    """
    stream = compound.openstream("WordDocument").read()
    _, version, flags = struct.unpack_from("<HH6xH", stream)
    if version < _WORD_97 or flags & _ENCRYPTED:
        raise ValueError("encrypted, or older than Word 97")
    table = compound.openstream("1Table" if flags & _SECOND_TABLE else "0Table").read()
    text = "".join(_pieces(stream, table))
    body, notes, headers, _, comments, endnotes, boxes, header_boxes = struct.unpack_from(
        "<8I", stream, _COUNTS_AT
    )
    parts = _split(text, [body, notes, headers, comments, endnotes, boxes, header_boxes])
    return "\n".join(filter(None, (_readable(parts[place]) for place in (0, 5, 1, 4, 2, 6))))


def _pieces(stream: bytes, table: bytes) -> Iterator[str]:
    at, length = struct.unpack_from("<2I", stream, _TABLE_AT)
    clx = table[at : at + length]
    while clx[0] == 1:  # a group of formatting rules
        clx = clx[3 + int.from_bytes(clx[1:3], "little") :]
    plc = clx[5:]
    count = (len(plc) - 4) // 12
    ends = struct.unpack_from(f"<{count + 1}I", plc)
    for number in range(count):
        (place,) = struct.unpack_from("<I", plc, 4 * (count + 1) + 8 * number + 2)
        yield _piece(stream, place, ends[number + 1] - ends[number])


def _piece(stream: bytes, place: int, length: int) -> str:
    if place & _EIGHT_BIT:
        start = (place & ~_EIGHT_BIT) // 2
        return stream[start : start + length].decode("cp1252", "replace")
    return stream[place : place + 2 * length].decode("utf-16-le", "replace")


def _split(text: str, lengths: list[int]) -> list[str]:
    parts, start = [], 0
    for length in lengths:
        parts.append(text[start : start + length])
        start += length
    return parts


def _readable(text: str) -> str:
    """Fields by their result, cells joined by tabs, rows and paragraphs as lines."""
    text = _INSTRUCTION.sub("", text).replace("\x07\x07", "\n")
    return re.sub(r"\n{3,}", "\n\n", text.translate(_CONTROLS)).strip()
