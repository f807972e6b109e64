"""Zip files that strangers packed: what they unpack to is counted before it is believed."""

import io
import zipfile
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

from tracker.letters.charsets import decode_text

MAX_PARTS = 5_000
MAX_UNPACKED = 100_000_000  # bytes, the whole file
MAX_PART = 30_000_000  # bytes
MAX_RATIO = 200  # of a part of more than a megabyte: honest XML stays under 50
_UTF8_NAME, _ENCRYPTED = 0x800, 0x1


class TooLarge(ValueError):
    """It unpacks to more than a letter holds."""


def open_packed(raw: bytes) -> zipfile.ZipFile:
    """The zip file. Raises `TooLarge` for a bomb and `zipfile.BadZipFile` for a torn one."""
    packed = zipfile.ZipFile(io.BytesIO(raw))
    parts = packed.infolist()
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise TooLarge
    for part in parts:
        if part.file_size > 1_000_000 and part.file_size > MAX_RATIO * part.compress_size:
            raise TooLarge
    return packed


def read_part(packed: zipfile.ZipFile, part: str | zipfile.ZipInfo) -> bytes:
    """One part's bytes. Raises `KeyError` if it is not there."""
    with packed.open(part) as stream:
        raw = stream.read(MAX_PART + 1)  # the size a part declares may be a lie
    if len(raw) > MAX_PART:
        raise TooLarge
    return raw


def read_xml(packed: zipfile.ZipFile, part: str) -> Element:
    """The root element of a part; a DTD, and with it every entity, is refused."""
    root: Element = fromstring(read_part(packed, part), forbid_dtd=True)
    return root


def local_name(element: Element) -> str:
    """The tag without its namespace, which several programs write wrongly."""
    return element.tag.rpartition("}")[2]


def files_in(packed: zipfile.ZipFile) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    """Name and entry of each file that a person packed and that opens without a password."""
    for part in packed.infolist():
        name = _name_of(part).replace("\\", "/")
        base = name.rpartition("/")[2]
        is_litter = "__MACOSX/" in name or base in ("", "Thumbs.db", ".DS_Store")
        if not is_litter and not part.flag_bits & _ENCRYPTED:
            yield base, part


def _name_of(part: zipfile.ZipInfo) -> str:
    """Chinese Windows writes names in GBK, which zipfile takes for the code page of the first PC."""
    if part.flag_bits & _UTF8_NAME:
        return part.filename
    return decode_text(part.orig_filename.encode("cp437"), None)[0]
