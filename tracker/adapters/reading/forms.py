"""What the bytes of a file are. Names and declared types of attachments are often wrong, and decide nothing."""

import re
from enum import StrEnum

from tracker.letters.charsets import utf16_of

_PICTURES = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|II\*\0|MM\0\*|BM.{4}\0\0\0\0|RIFF.{4}WEBP", re.DOTALL
)
_MARKUP = re.compile(rb"<(?:!doctype|html|head|meta|body|div|p|table|br|span)\b|<\?xml", re.IGNORECASE)
_MARKUP_WITHIN = 1024  # bytes
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


class Form(StrEnum):
    """A family of formats that the first bytes tell apart."""

    PDF = "pdf"
    PACKED = "packed"  # a zip: DOCX, XLSX, OFD or a bundle of files
    COMPOUND = "compound"  # OLE2: DOC, XLS, their WPS sisters, or encrypted OOXML
    RTF = "rtf"
    PICTURE = "picture"
    MARKUP = "markup"
    PLAIN = "plain"


def form_of(raw: bytes) -> Form | None:
    """The form of a file, None for one that nothing here reads (RAR, 7z, programs, sound)."""
    if b"%PDF-" in raw[:1024]:
        return Form.PDF
    if raw.startswith(b"PK\x03\x04"):
        return Form.PACKED
    if raw.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return Form.COMPOUND
    if raw.startswith(b"{\\rtf"):
        return Form.RTF
    if _PICTURES.match(raw):
        return Form.PICTURE
    return _text_form(raw)


def _text_form(raw: bytes) -> Form | None:
    if not raw or (_NO_TEXT.search(raw) and utf16_of(raw) is None):
        return None
    return Form.MARKUP if _MARKUP.search(raw[:_MARKUP_WITHIN].replace(b"\0", b"")) else Form.PLAIN
