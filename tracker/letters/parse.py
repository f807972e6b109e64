"""Raw bytes of one mail to a `Message`. Nothing here raises: what had to be worked around is a fault."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email._policybase import Compat32
from email.message import Message as Part
from email.parser import BytesHeaderParser

from tracker.domain.message import Attachment, DeliveryReport, Message
from tracker.letters.bounces import report_in
from tracker.letters.charsets import decode_header, decode_text
from tracker.letters.headers import (
    read_date,
    read_headers,
    read_ids,
    read_received,
    read_recipients,
    read_sender,
)
from tracker.letters.markup import charset_in_markup, text_of_markup
from tracker.letters.quotation import split_quotation

_MAX_DEPTH = 15
_MAX_PARTS = 500
_MAX_TEXT = 1_000_000
_NESTING = re.compile(rb"(?im)^content-type:\s*(?:multipart|message)/")
_ID_LINE = re.compile(
    r"^[> \t|*]{0,200}(?:x-)?(?:original-)?message-id\s*:\s*(<[^<>]{1,1000}>)", re.IGNORECASE | re.MULTILINE
)
_RETURNING = re.compile(r"^(?:mailer-daemon|postmaster|mail-daemon|mdaemon)@", re.IGNORECASE)
_ACTIONS = {"failure": "failed", "error": "failed", "deleted": "failed"}  # of servers with words of their own
_STUB = 200  # characters of a plain part that only says "open this in another program"


class _Raw(Compat32):
    """Header values as they came; the stdlib would replace 8-bit bytes before we could read them."""

    def header_fetch_parse(self, name: str, value: str) -> str:  # noqa: ARG002
        return value


@dataclass
class _Found:
    """What the walk through the parts has gathered."""

    texts: list[str] = field(default_factory=list)
    forwarded: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)
    reports: list[DeliveryReport] = field(default_factory=list)

    def take(self, other: "_Found", *, with_texts: bool = True) -> None:
        self.texts += other.texts if with_texts else []
        self.forwarded += other.forwarded
        self.attachments += other.attachments
        self.returned += other.returned
        self.reports += other.reports


def parse(raw: bytes) -> Message:
    """Read one mail; a fault in the body never costs a header."""
    faults: list[str] = []
    tree = _tree(raw, faults)
    headers = read_headers(tree)
    walk = _Walk(is_returning=_is_returning(tree, headers), faults=faults)
    found = walk.through(tree)
    new, quoted = split_quotation("\n".join(found.texts)[:_MAX_TEXT])
    returned = [*found.returned, *(_ID_LINE.findall(f"{new}\n{quoted}") if walk.is_returning else [])]
    sender_name, sender = read_sender(tree)
    report = _gravest(found.reports) or _or_none(
        lambda: report_in(tree, sender, sender_name, headers.get("subject", ""), f"{new}\n{quoted}")
    )
    return Message(
        sha256=hashlib.sha256(raw).hexdigest(),
        message_id="".join(read_ids(tree.get_all("message-id", []))[:1]),
        subject=headers.get("subject", ""),
        sender=sender,
        sender_name=sender_name,
        recipients=read_recipients(tree),
        date=read_date(headers.get("date", ""), faults),
        received=tuple(read_received(tree)),
        thread_ids=tuple(read_ids([*tree.get_all("in-reply-to", []), *tree.get_all("references", [])])),
        returned_ids=tuple(read_ids(returned)),
        headers=headers,
        content_type=_or(tree.get_content_type, "text/plain"),
        report=report,
        reply_text=new,
        quoted_text="\n".join(filter(None, [quoted, *found.forwarded])).strip()[:_MAX_TEXT],
        attachments=tuple(found.attachments),
        faults=tuple(dict.fromkeys(faults)),
    )


def _tree(raw: bytes, faults: list[str]) -> Part:
    raw = raw.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    if len(_NESTING.findall(raw)) <= _MAX_PARTS:
        try:
            return message_from_bytes(raw, policy=_Raw())
        except Exception:  # the stdlib documents no exception here, and has had several
            faults.append("body_unreadable")
    else:
        faults.append("too_many_parts")
    return BytesHeaderParser(policy=_Raw()).parsebytes(raw)


def _is_returning(tree: Part, headers: dict[str, str]) -> bool:
    return (
        _or(tree.get_content_type, "") == "multipart/report"
        or _RETURNING.match(read_sender(tree)[1]) is not None
        or headers.get("return-path") == "<>"
        or "x-failed-recipients" in headers
    )


def _gravest(reports: list[DeliveryReport]) -> DeliveryReport | None:
    order = ("failed", "delayed")
    ranked = sorted(reports, key=lambda r: order.index(r.action) if r.action in order else len(order))
    return ranked[0] if ranked else None


# --- parts ------------------------------------------------------------------------------------------


class _Walk:
    def __init__(self, *, is_returning: bool, faults: list[str]) -> None:
        self.is_returning = is_returning
        self._faults = faults
        self._parts = 0

    def through(self, part: Part, depth: int = 0) -> _Found:
        self._parts += 1
        if depth > _MAX_DEPTH or self._parts > _MAX_PARTS:
            self._faults.append("too_many_parts")
            return _Found()
        try:
            return self._reader_of(part)(part, depth)
        except Exception:  # one broken part must not cost the others
            self._faults.append("part_unreadable")
            return _Found()

    def _reader_of(self, part: Part) -> Callable[[Part, int], _Found]:
        kind = part.get_content_type()
        if kind in ("message/delivery-status", "message/disposition-notification"):
            return self._report
        if kind == "text/rfc822-headers" or (kind.startswith("message/") and part.is_multipart()):
            return self._letter
        if part.is_multipart():
            return self._alternative if kind == "multipart/alternative" else self._children
        if kind in ("text/plain", "text/html") and not _is_file(part):
            return self._text
        return self._attachment

    def _children(self, part: Part, depth: int) -> _Found:
        found = _Found()
        for child in _parts_of(part):
            found.take(self.through(child, depth + 1))
        return found

    def _alternative(self, part: Part, depth: int) -> _Found:
        """The same letter several times: the first text that says something, files from everywhere."""
        found, texts = _Found(), []
        for child in _parts_of(part):
            inner = self.through(child, depth + 1)
            texts.append("\n".join(inner.texts).strip())
            found.take(inner, with_texts=False)
        found.texts = [_best(texts)]
        return found

    def _text(self, part: Part, _depth: int) -> _Found:
        raw, declared = _content(part), part.get_content_charset()
        is_markup = part.get_content_type() == "text/html"
        if is_markup:
            declared = declared or charset_in_markup(raw)
        text, fault = decode_text(raw, declared)
        if fault:
            self._faults.append(fault)
        return _Found(texts=[text_of_markup(text) if is_markup else text])

    def _attachment(self, part: Part, _depth: int) -> _Found:
        raw = _content(part)
        name, kind = _file_name(part), part.get_content_type()
        return _Found(attachments=[Attachment(name, kind, hashlib.sha256(raw).hexdigest(), raw)])

    def _letter(self, part: Part, depth: int) -> _Found:
        """A message inside the message: a returned original, or a forwarded letter."""
        if part.get_content_type() == "text/rfc822-headers":
            return _Found(returned=_ID_LINE.findall(_unfolded(_content(part))))
        found = _Found()
        for letter in _parts_of(part):
            inner = self.through(letter, depth + 1)
            if self.is_returning:
                found.returned += read_ids(letter.get_all("message-id", []))
            found.forwarded += [decode_header(str(letter.get("subject", ""))), *inner.texts]
            found.take(inner, with_texts=False)
        return found

    def _report(self, part: Part, _depth: int) -> _Found:
        blocks = _parts_of(part) if part.is_multipart() else []
        text = "\n".join(f"{n}: {v}" for block in blocks for n, v in block.raw_items())
        text = text or _unfolded(_content(part))
        found = _Found(returned=_ID_LINE.findall(text))
        recipients = re.findall(r"(?im)^(?:final|original)-recipient:.*?([^\s;<>]+@[^\s;<>]+)", text)
        statuses = re.findall(r"(?im)^status:\s*([\d.]+)", text)
        actions = [_ACTIONS.get(a.lower(), a) for a in re.findall(r"(?im)^action:\s*(\w+)", text)]
        actions += re.findall(r"(?im)^disposition:[^;\n]*;\s*(\w+)", text)
        for place, action in enumerate(actions or ([""] if statuses else [])):
            status = statuses[min(place, len(statuses) - 1)] if statuses else ""
            recipient = recipients[min(place, len(recipients) - 1)] if recipients else ""
            found.reports.append(DeliveryReport(action.lower(), status, recipient.lower()))
        return found


def _parts_of(part: Part) -> list[Part]:
    payload = part.get_payload()
    return [each for each in payload if isinstance(each, Part)] if isinstance(payload, list) else []


def _content(part: Part) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _unfolded(raw: bytes) -> str:
    return re.sub(r"\r?\n[ \t]+", " ", decode_text(raw, None)[0]).replace("\r", "")


def _best(texts: list[str]) -> str:
    """The plain text, unless it is empty or a stub beside a whole letter in HTML."""
    said = [text for text in texts if text]
    if not said:
        return ""
    longest = max(said, key=len)
    return longest if len(said[0]) < _STUB and len(longest) > 4 * len(said[0]) + _STUB else said[0]


def _is_file(part: Part) -> bool:
    disposition = str(part.get("content-disposition", "")).strip().lower()
    return disposition.startswith("attachment") or bool(_file_name(part))


def _file_name(part: Part) -> str:
    value = part.get_param("filename", None, "content-disposition") or part.get_param("name", None)
    if isinstance(value, tuple):  # RFC 2231: (charset, language, bytes as latin-1)
        return decode_text(value[2].encode("latin-1", "replace"), value[0])[0].strip()
    return decode_header(str(value or "")).replace("\0", "").strip()


def _or_none(read: Callable[[], DeliveryReport | None]) -> DeliveryReport | None:
    try:
        return read()
    except Exception:  # detectors written for well-formed mail meet what is not
        return None


def _or(read: Callable[[], str], otherwise: str) -> str:
    try:
        return read()
    except Exception:  # a content type no stdlib code foresaw
        return otherwise
