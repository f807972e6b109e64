"""Final bytes of what arrives: headers, charsets and quoting of the mail programs that offices use.

Written by hand: the standard library would not write the raw GBK headers and wrong charsets that real
letters have, and would put its own clock and chance into boundaries and Message-IDs.
"""

import base64
import hashlib
import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

_CODECS = {"gb2312": "gbk"}  # offices declare gb2312 and write GBK
_CHARSETS = {"utf8": "utf-8", "gbk": "gbk", "gb2312": "gb2312", "html": "utf-8"}
_CHARSETS |= {"alternative": "gbk", "raw8": "gbk"}


@dataclass(frozen=True, slots=True)
class Original:
    """The letter a unit answers, as its mail program sees it."""

    message_id: str
    subject: str
    sender: str
    sender_name: str
    recipient: str
    text: str
    arrived_at: datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter before it has bytes. `headers` are ASCII; `papers` are (name, media type, bytes)."""

    sender: str
    sender_name: str
    recipient: str
    subject: str
    text: str
    arrived_at: datetime
    written_at: datetime
    form: str = "utf8"
    headers: Sequence[tuple[str, str]] = ()
    papers: Sequence[tuple[str, str, bytes]] = field(default=(), repr=False)


def read_original(raw: bytes, recipient: str, arrived_at: datetime) -> Original:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    name, address = parseaddr(str(message["From"] or ""))
    body = message.get_body(("plain", "html"))
    text = body.get_content() if body else ""
    message_id = str(message["Message-ID"] or "").strip()
    return Original(message_id, str(message["Subject"] or ""), address, name, recipient, text, arrived_at)


def quoted(style: str, original: Original) -> str:
    """The original below a reply, as different mail programs put it."""
    sender = f'"{original.sender_name}"<{original.sender}>'
    at = original.arrived_at
    if style == "none":
        return ""
    if style in ("netease", "thunderbird"):
        intro = f"在 {at:%Y-%m-%d %H:%M:%S}，{sender} 写道："
        if style == "thunderbird":
            intro = f"于 {at:%Y/%m/%d %H:%M}, {original.sender_name} 写道:"
        return f"\n\n{intro}\n" + "".join(f"> {line}\n" for line in original.text.splitlines())
    rule, sent = {
        "foxmail": ("", f"{at:%Y-%m-%d %H:%M}"),
        "qq": ("------------------ 原始邮件 ------------------", f"{at:%Y年%m月%d日} {at:%H:%M}"),
        "outlook": ("-----邮件原件-----", f"{at:%Y年%m月%d日} {at:%H:%M}"),
    }[style]
    colon = "：" if style == "foxmail" else ": "
    fields = (
        ("发件人", sender),
        ("发送时间", sent),
        ("收件人", original.recipient),
        ("主题", original.subject),
    )
    top = "\n".join(f"{name}{colon}{value}" for name, value in fields)
    return f"\n\n{rule}\n{top}\n\n{original.text}"


def write_letter(draft: Draft) -> bytes:
    charset = _CHARSETS[draft.form]
    body = _body(draft, charset)
    if draft.papers:
        papers = [_paper(name, media_type, content, charset) for name, media_type, content in draft.papers]
        body = _multipart("mixed", [body, *papers], draft)
    header = _encoded if draft.form != "raw8" else _bare
    lines = [
        *_stamps(draft),
        b"From: " + header(draft.sender_name, charset) + f" <{draft.sender}>".encode(),
        f"To: <{draft.recipient}>".encode(),
        b"Subject: " + header(draft.subject, charset),
        f"Date: {format_datetime(draft.written_at)}".encode(),
        f"Message-ID: {message_id(draft)}".encode(),
        b"MIME-Version: 1.0",
        *(f"{name}: {value}".encode("ascii") for name, value in draft.headers),
    ]
    return b"\r\n".join(lines) + b"\r\n" + body


def write_report(draft: Draft, report_type: str, report: str, original: Original) -> bytes:
    """A multipart/report (RFC 3464, RFC 8098) with the original's headers as its last part."""
    returned = (
        f"Message-ID: {original.message_id}\r\nFrom: <{original.sender}>\r\nTo: <{original.recipient}>\r\n"
    )
    parts = [
        _text_part("plain", draft.text, "utf-8"),
        f"Content-Type: message/{report_type}\r\n\r\n{report}".encode(),
        f"Content-Type: text/rfc822-headers\r\n\r\n{returned}".encode(),
    ]
    body = _multipart(f'report; report-type="{report_type}"', parts, draft)
    letter = write_letter(draft)
    return letter[: letter.index(b"Content-Type: ")] + body


def message_id(draft: Draft) -> str:
    return f"<{_hash(draft)[:24]}@{draft.sender.partition('@')[2]}>"


def _stamps(draft: Draft) -> list[bytes]:
    theirs, ours = (address.partition("@")[2] for address in (draft.sender, draft.recipient))
    top = f"Received: from mail.{theirs} (mail.{theirs} [127.0.0.1])\r\n\tby mx.{ours} with ESMTP id "
    lines = [f"{top}{_hash(draft)[:10]};\r\n\t{format_datetime(draft.arrived_at)}"]
    if theirs != ours:
        below = f"Received: from desk (unknown [127.0.0.1])\r\n\tby mail.{theirs} with ESMTPA;\r\n\t"
        lines.append(below + format_datetime(draft.written_at))
    return [line.encode() for line in lines]


def _body(draft: Draft, charset: str) -> bytes:
    if draft.form == "html":
        return _text_part("html", _as_html(draft.text), charset)
    plain = _text_part("plain", draft.text, charset, is_raw=draft.form == "raw8")
    if draft.form != "alternative":
        return plain
    return _multipart("alternative", [plain, _text_part("html", _as_html(draft.text), charset)], draft)


def _as_html(text: str) -> str:
    lines = "".join(
        f"<div>{html.escape(line).replace('    ', '&nbsp;&nbsp;')}</div>" for line in text.splitlines()
    )
    style = "<style>p.MsoNormal{margin:0;font-family:宋体}</style>"
    return f"<html><head>{style}</head><body><div><p class=MsoNormal>&nbsp;</p>{lines}</div></body></html>"


def _text_part(subtype: str, text: str, charset: str, *, is_raw: bool = False) -> bytes:
    content = text.replace("\n", "\r\n").encode(_CODECS.get(charset, charset), "replace")
    coding, shown = ("8bit", content) if is_raw else ("base64", _base64(content))
    head = f'Content-Type: text/{subtype}; charset="{charset}"\r\nContent-Transfer-Encoding: {coding}\r\n\r\n'
    return head.encode() + shown + b"\r\n"


def _paper(name: str, media_type: str, content: bytes, charset: str) -> bytes:
    word = _encoded(name, charset).decode().replace("\r\n ", " ")
    head = (
        f'Content-Type: {media_type};\r\n\tname="{word}"\r\nContent-Transfer-Encoding: base64\r\n'
        f'Content-Disposition: attachment;\r\n\tfilename="{word}"\r\n\r\n'
    )
    return head.encode() + _base64(content) + b"\r\n"


def _multipart(subtype: str, parts: Sequence[bytes], draft: Draft) -> bytes:
    boundary = f"=_{subtype[:5]}_{_hash(draft)[24:44]}"
    head = f'Content-Type: multipart/{subtype};\r\n\tboundary="{boundary}"\r\n\r\n'
    between = f"--{boundary}\r\n".encode()
    return (
        head.encode() + b"".join(between + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()
    )


def _encoded(text: str, charset: str) -> bytes:
    """RFC 2047 words of at most fourteen characters, so that no word passes 75 bytes or cuts a character."""
    codec = _CODECS.get(charset, charset)
    chunks = [text[start : start + 14] for start in range(0, len(text), 14)]
    words = [f"=?{charset}?B?{base64.b64encode(chunk.encode(codec)).decode()}?=" for chunk in chunks]
    return "\r\n ".join(words).encode()


def _bare(text: str, charset: str) -> bytes:
    return text.encode(charset)


def _base64(content: bytes) -> bytes:
    return base64.encodebytes(content).replace(b"\n", b"\r\n")


def _hash(draft: Draft) -> str:
    told = f"{draft.sender}|{draft.recipient}|{draft.subject}|{draft.arrived_at.isoformat()}|{draft.text}"
    return hashlib.sha256(told.encode()).hexdigest()
