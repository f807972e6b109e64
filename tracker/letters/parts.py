"""The walk through the parts of one mail: texts, files, forwarded and returned letters, reports."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email._policybase import Compat32
from email.message import Message as Part
from email.parser import BytesHeaderParser

from tracker.domain.message import Attachment, DeliveryReport
from tracker.letters.charsets import decode_header, decode_text
from tracker.letters.enclosures import open_tnef, split_uuencoded
from tracker.letters.headers import read_ids
from tracker.letters.markup import charset_in_markup, text_of_markup

_MAX_DEPTH = 15
_MAX_PARTS = 500
_LONGEST_HEADER = 50_000  # characters; the stdlib's readers of parameters need time by their square
_NESTING = re.compile(rb"(?im)^content-type:\s*(?:multipart|message)/")
_ID_LINE = re.compile(
    r"^[> \t|*]{0,200}(?:x-)?(?:original-)?message-id\s*:\s*(<[^<>]{1,1000}>)", re.IGNORECASE | re.MULTILINE
)
_ACTIONS = {"failure": "failed", "error": "failed", "deleted": "failed"}  # of servers with words of their own
_STUB = 200  # characters of a plain part that only says "open this in another program"
_STUB_WORDS = re.compile(
    r"html|网页(?:版|格式|方式)|富文本|不支持|无法(?:正常)?显示|view this", re.IGNORECASE
)
_LETTER_FILE = re.compile(r"\.eml$", re.IGNORECASE)
_TNEF = re.compile(r"application/(?:vnd\.)?ms-tnef")


class _Raw(Compat32):
    """Header values as they came; the stdlib would replace 8-bit bytes before we could read them."""

    def header_fetch_parse(self, name: str, value: str) -> str:  # noqa: ARG002
        return value[:_LONGEST_HEADER]


def read_tree(raw: bytes, faults: list[str]) -> Part:
    """The parts of a mail; of one with too many as many as are looked at, of a broken one its headers."""
    raw = raw.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    nesting = [found.start() for found in _NESTING.finditer(raw)]
    if len(nesting) > _MAX_PARTS:
        faults.append("too_many_parts")
        raw = raw[: nesting[_MAX_PARTS]]
    try:
        return message_from_bytes(raw, policy=_Raw())
    except Exception:  # the stdlib documents no exception here, and has had several
        faults.append("body_unreadable")
    return BytesHeaderParser(policy=_Raw()).parsebytes(raw)


def returned_ids_in(text: str) -> list[str]:
    return _ID_LINE.findall(text)


@dataclass
class Found:
    """What the walk through the parts has gathered."""

    texts: list[str] = field(default_factory=list)
    forwarded: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)
    reports: list[DeliveryReport] = field(default_factory=list)

    def take(self, other: "Found", *, with_texts: bool = True) -> None:
        self.texts += other.texts if with_texts else []
        self.forwarded += other.forwarded
        self.attachments += other.attachments
        self.returned += other.returned
        self.reports += other.reports

    @property
    def report(self) -> DeliveryReport | None:
        """The gravest of the reports."""
        order = ("failed", "delayed")
        ranked = sorted(
            self.reports, key=lambda r: order.index(r.action) if r.action in order else len(order)
        )
        return ranked[0] if ranked else None


class Walk:
    def __init__(self, *, is_returning: bool, faults: list[str]) -> None:
        self._is_returning = is_returning
        self._faults = faults
        self._parts = 0

    def through(self, part: Part, depth: int = 0) -> Found:
        self._parts += 1
        if depth > _MAX_DEPTH or self._parts > _MAX_PARTS:
            self._faults.append("too_many_parts")
            return Found()
        try:
            return self._reader_of(part)(part, depth)
        except Exception:  # one broken part must not cost the others
            self._faults.append("part_unreadable")
            return Found()

    def _reader_of(self, part: Part) -> Callable[[Part, int], Found]:
        kind = part.get_content_type()
        if kind in ("message/delivery-status", "message/disposition-notification"):
            return self._report
        if kind == "text/rfc822-headers":
            return self._returned_headers
        if kind.startswith("message/") and part.is_multipart():
            return self._letter
        if part.is_multipart():
            return self._alternative if kind == "multipart/alternative" else self._children
        name = _file_name(part)
        if _LETTER_FILE.search(name):
            return self._letter_file
        if _TNEF.fullmatch(kind) or name.lower() == "winmail.dat":
            return self._tnef
        is_text = kind in ("text/plain", "text/html") or kind.startswith("multipart/")  # without a boundary
        if is_text and not _is_file(part):
            return self._text
        return self._attachment

    def _children(self, part: Part, depth: int) -> Found:
        found = Found()
        for child in _parts_of(part):
            found.take(self.through(child, depth + 1))
        return found

    def _alternative(self, part: Part, depth: int) -> Found:
        """The same letter several times: the first text that says something, files from everywhere."""
        found, texts = Found(), []
        for child in _parts_of(part):
            inner = self.through(child, depth + 1)
            texts.append("\n".join(inner.texts).strip())
            found.take(inner, with_texts=False)
        found.texts = [_best(texts)]
        return found

    def _text(self, part: Part, _depth: int) -> Found:
        raw, declared = _content(part), part.get_content_charset()
        is_markup = part.get_content_type() == "text/html"
        if is_markup:
            declared = declared or charset_in_markup(raw)
        text, fault = decode_text(raw, declared)
        if fault:
            self._faults.append(fault)
        if is_markup:
            return Found(texts=[text_of_markup(text)])
        text, files = split_uuencoded(text)
        return Found(texts=[text], attachments=[_enclosed(*file) for file in files])

    def _attachment(self, part: Part, _depth: int) -> Found:
        return Found(attachments=[_enclosed(_file_name(part), _content(part), part.get_content_type())])

    def _tnef(self, part: Part, depth: int) -> Found:
        try:
            inside = open_tnef(_content(part))
        except Exception:  # a torn envelope is a file like any other
            self._faults.append("tnef_unreadable")
            return self._attachment(part, depth)
        texts = [inside.text or text_of_markup(inside.markup)]
        return Found(texts=texts, attachments=[_enclosed(*file) for file in inside.files])

    def _letter_file(self, part: Part, depth: int) -> Found:
        """A letter that its sender saved and attached."""
        return self._forwarded(read_tree(_content(part), self._faults), depth)

    def _letter(self, part: Part, depth: int) -> Found:
        """Messages inside the message: a returned original, or a forwarded letter."""
        found = Found()
        for letter in _parts_of(part):
            found.take(self._forwarded(self._decoded(letter, part), depth))
        return found

    def _decoded(self, letter: Part, envelope: Part) -> Part:
        """RFC 2046 forbids to encode a message, and some programs do; the stdlib takes the code for the letter."""
        encoding = str(envelope.get("content-transfer-encoding", "")).strip().lower()
        if encoding not in ("base64", "quoted-printable") or letter.is_multipart() or letter.keys():
            return letter
        letter["Content-Transfer-Encoding"] = encoding
        return read_tree(_content(letter), self._faults)

    def _forwarded(self, letter: Part, depth: int) -> Found:
        inner = self.through(letter, depth + 1)
        returned = _ids_of(letter) if self._is_returning else []
        found = Found(forwarded=[_subject_of(letter), *inner.texts], returned=returned)
        found.take(inner, with_texts=False)
        return found

    def _returned_headers(self, part: Part, _depth: int) -> Found:
        letter = BytesHeaderParser(policy=_Raw()).parsebytes(_content(part))
        return Found(forwarded=[_subject_of(letter)], returned=_ids_of(letter))

    def _report(self, part: Part, _depth: int) -> Found:
        """RFC 3464 (one block a recipient, after one of the whole message) and RFC 8098."""
        groups = _parts_of(part) if part.is_multipart() else []
        blocks = ["\n".join(f"{name}: {value}" for name, value in group.raw_items()) for group in groups]
        blocks = list(filter(None, blocks)) or re.split(r"\n\s*\n", _unfolded(_content(part)))
        reports = [report for block in blocks for report in _reports_in(block)]
        return Found(returned=returned_ids_in("\n".join(blocks)), reports=reports)


def _reports_in(block: str) -> list[DeliveryReport]:
    # the address as we wrote it, before any server forwarded it
    recipient = re.search(r"(?im)^original-recipient:.*?([^\s;<>]+@[^\s;<>]+)", block) or re.search(
        r"(?im)^final-recipient:.*?([^\s;<>]+@[^\s;<>]+)", block
    )
    address = recipient[1].lower() if recipient else ""
    status = next(iter(re.findall(r"(?im)^status:\s*([\d.]+)", block)), "")
    actions = [_ACTIONS.get(a.lower(), a) for a in re.findall(r"(?im)^action:\s*(\w+)", block)]
    actions += re.findall(r"(?im)^disposition:[^;\n]*;\s*(\w+)", block)
    return [DeliveryReport(each.lower(), status, address) for each in actions or ([""] if status else [])]


def _ids_of(letter: Part) -> list[str]:
    """Its own and those of the letters it answered: a returned follow-up goes back to the first."""
    names = ("message-id", "in-reply-to", "references")
    return read_ids(value for name in names for value in letter.get_all(name, []))


def _subject_of(letter: Part) -> str:
    return decode_header(str(letter.get("subject", "")))


def _enclosed(name: str, raw: bytes, kind: str = "application/octet-stream") -> Attachment:
    return Attachment(name, kind, hashlib.sha256(raw).hexdigest(), raw)


def _parts_of(part: Part) -> list[Part]:
    payload = part.get_payload()
    return [each for each in payload if isinstance(each, Part)] if isinstance(payload, list) else []


def _content(part: Part) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _unfolded(raw: bytes) -> str:
    return re.sub(r"\r?\n[ \t]+", " ", decode_text(raw, None)[0]).replace("\r", "")


def _best(texts: list[str]) -> str:
    """The plain text, unless it is empty or a stub beside the letter in HTML."""
    said = [text for text in texts if text]
    if not said:
        return ""
    plain, longest = said[0], max(said, key=len)
    if len(plain) >= _STUB:
        return plain
    if _STUB_WORDS.search(plain) and said[-1] != plain and not _STUB_WORDS.search(said[-1]):
        return said[-1]
    return longest if len(longest) > 4 * len(plain) + _STUB else plain


def _is_file(part: Part) -> bool:
    disposition = str(part.get("content-disposition", "")).strip().lower()
    return disposition.startswith("attachment") or bool(_file_name(part))


def _file_name(part: Part) -> str:
    value = part.get_param("filename", None, "content-disposition") or part.get_param("name", None)
    if isinstance(value, tuple):  # RFC 2231: (charset, language, bytes as latin-1)
        return decode_text(value[2].encode("latin-1", "replace"), value[0])[0].strip()
    return decode_header(str(value or "")).replace("\0", "").strip()
