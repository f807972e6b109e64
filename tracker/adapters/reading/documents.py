"""One file of any form, and the files in a bundle of files."""

import io
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from zipfile import ZipFile

from tracker.adapters.reading.forms import Form, form_of
from tracker.adapters.reading.ofd import pictures_in_ofd, read_ofd
from tracker.adapters.reading.packed import files_in, open_packed, read_part
from tracker.adapters.reading.pages import Reading
from tracker.adapters.reading.pdf import read_pdf
from tracker.adapters.reading.plain import read_markup, read_plain, read_rtf
from tracker.adapters.reading.sheets import read_sheets
from tracker.adapters.reading.word import read_docx

_MAX_DEPTH = 2  # a bundle, and the bundles in it
_MAX_FILES = 50  # a bundle
# slides, OpenDocument, programs: zips that no person packed
_PACKED_FORMATS = ("[Content_Types].xml", "mimetype", "META-INF/", "AndroidManifest.xml")


def read_document(raw: bytes, depth: int = 0) -> Reading:
    """What a file says. Raises whatever its reader does if it is torn, encrypted or hostile."""
    match form_of(raw):
        case Form.PDF:
            return read_pdf(raw)
        case Form.PACKED:
            return _read_packed(raw, depth)
        case Form.COMPOUND:
            return Reading(_read_compound(raw))
        case Form.RTF:
            return Reading(read_rtf(raw))
        case Form.MARKUP:
            return Reading(read_markup(raw))
        case Form.PLAIN:
            return Reading(read_plain(raw))
        case Form.PICTURE:
            return Reading(None, is_scan=True)
        case None:
            return Reading(None)


def scans_in(raw: bytes, depth: int = 0) -> Iterator[bytes]:
    """The PDF files and pictures to look at if `read_document` found a scan, itself mostly."""
    if form_of(raw) is not Form.PACKED:
        yield raw
        return
    with open_packed(raw) as packed:
        if _is_ofd(packed):
            yield from pictures_in_ofd(packed)
        elif depth < _MAX_DEPTH:
            for _, part in islice(files_in(packed), _MAX_FILES):
                inner = read_part(packed, part)
                if _read_inner(inner, depth).is_scan:
                    yield from scans_in(inner, depth + 1)


def _read_packed(raw: bytes, depth: int) -> Reading:
    with open_packed(raw) as packed:
        names = packed.namelist()
        if _is_ofd(packed):
            return read_ofd(packed)
        if any(name.startswith("word/document") for name in names):
            return Reading(read_docx(packed))
        if any(name.startswith("xl/") for name in names):
            return Reading(read_sheets(raw))
        is_bundle = not any(name.startswith(_PACKED_FORMATS) for name in names)
        return _read_bundle(packed, depth) if is_bundle and depth < _MAX_DEPTH else Reading(None)


def _read_bundle(packed: ZipFile, depth: int) -> Reading:
    """The texts of the files in it, each below its name; a scan if there is none but of scans."""
    found = [
        (name, _read_inner(read_part(packed, part), depth))
        for name, part in islice(files_in(packed), _MAX_FILES)
    ]
    has_seal = any(each.has_seal for _, each in found)
    if all(each.text is None for _, each in found):
        return Reading(None, is_scan=any(each.is_scan for _, each in found), has_seal=has_seal)
    return Reading("\n\n".join(f"{name}\n{each.text or ''}" for name, each in found), has_seal=has_seal)


def _read_inner(raw: bytes, depth: int) -> Reading:
    with suppress(Exception):  # one torn file in a bundle takes nothing from the others
        return read_document(raw, depth + 1)
    return Reading(None)


def _is_ofd(packed: ZipFile) -> bool:
    return "OFD.xml" in packed.NameToInfo


def _read_compound(raw: bytes) -> str | None:
    from olefile import OleFileIO  # most mails carry none

    from tracker.adapters.reading.oldword import read_doc

    with OleFileIO(io.BytesIO(raw)) as compound:
        if compound.exists("WordDocument"):
            return read_doc(compound)
        return read_sheets(raw) if compound.exists("Workbook") or compound.exists("Book") else None
