"""Files that travel inside a text or inside Outlook's own envelope instead of a MIME part of their own."""

import binascii
import re
import struct
from typing import NamedTuple

_BEGIN = re.compile(r"^begin [0-7]{3,4} (\S.*)$")
_END = "end"
_TNEF_HEADER = 6  # bytes
_TNEF_MOST_OBJECTS = 2_000  # real envelopes hold dozens; each is copied with all that follows


class Enclosed(NamedTuple):
    """The texts of an envelope and its files as (name, bytes)."""

    text: str
    markup: str
    files: list[tuple[str, bytes]]


def split_uuencoded(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text without its uuencoded files, and the files as (name, bytes)."""
    if "\nend" not in text:
        return text, []
    lines, files, kept = text.split("\n"), [], []
    position = 0
    while position < len(lines):
        begin = _BEGIN.match(lines[position].rstrip("\r"))
        end = _end_of(lines, position + 1) if begin else None
        if begin and end:
            files.append((begin[1].strip(), _decoded(lines[position + 1 : end])))
            position = end + 1
        else:
            kept.append(lines[position])
            position += 1
    return "\n".join(kept), files


def _end_of(lines: list[str], start: int) -> int | None:
    """Where the file ends that begins here; None if what follows is no uuencoded file."""
    for place in range(start, len(lines)):
        line = lines[place].rstrip()
        if line == _END:
            return place
        if line and not _is_encoded(line):
            return None
    return None


def _is_encoded(line: str) -> bool:
    return len(line) <= 62 and all(" " <= letter <= "`" for letter in line)


def _decoded(lines: list[str]) -> bytes:
    chunks = []
    for line in filter(str.strip, lines):  # an empty line would be read as 32 zeros
        try:
            chunks.append(binascii.a2b_uu(line.rstrip("\r")))
        except binascii.Error:  # white space lost or added on the way: the length stands in the first letter
            length = (((ord(line[0]) - 32) & 63) * 4 + 5) // 3
            chunks.append(binascii.a2b_uu(line[:length].ljust(length)))
    return b"".join(chunks)


def open_tnef(raw: bytes) -> Enclosed:
    """What Outlook packed into a winmail.dat. Raises whatever its reader does where it is torn."""
    from striprtf.striprtf import rtf_to_text  # most mails carry none
    from tnefparse import TNEF

    if _objects_in_tnef(raw) > _TNEF_MOST_OBJECTS:
        raise ValueError("too many objects in one envelope")
    envelope = TNEF(raw, do_checksum=False)
    files = [(file.long_filename(), bytes(file.data)) for file in envelope.attachments]
    text, markup = _readable(envelope.body), _readable(envelope.htmlbody)
    if not text and not markup and envelope.rtfbody:
        text = rtf_to_text(envelope.rtfbody.decode("latin-1"), errors="replace")
    return Enclosed(text, markup, files)


def _objects_in_tnef(raw: bytes) -> int:
    count, offset = 0, _TNEF_HEADER
    while offset + 9 <= len(raw):
        (size,) = struct.unpack_from("<I", raw, offset + 5)
        offset += 9 + size + 2
        count += 1
    return count


def _readable(body: object) -> str:
    return body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body or "")
