"""A parsed letter, as matching and classification see it. `letters.parse` makes it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

_MAIL_SYSTEM = re.compile(
    r"^(?:mailer-daemon|postmaster|mail-daemon|mdaemon|system-notice|microsoftexchange[0-9a-f]{8,})@",
    re.IGNORECASE,
)

_DELIVERY = re.compile(
    r"退信(?!转)|被退回|邮件退回|未送达|投递失败|无法投递|投递延迟|undeliver|failure notice|delivery (?:status|failure|delayed)|returned mail",
    re.IGNORECASE,
)

_BY_ITSELF = re.compile(
    r"auto-replied|自动(?:回复|答复)|[【\[(]自动[】\])]|auto(?:matic)?[ -]?reply|^AUTO:", re.I | re.M
)
_SAYS_SO = re.compile(r"(?:本邮件|此信|本信|此邮件)(?:由|为|是)?系统[^。\n]{0,4}(?:发|生成|回)")


def is_mail_system(address: str) -> bool:
    """Whether an address is one that mail systems, not people, write from."""
    return _MAIL_SYSTEM.match(address) is not None


def tells_of_delivery(heading: str) -> bool:
    """Whether a subject or a sender's name is that of a notice about a letter's delivery."""
    return _DELIVERY.search(heading) is not None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a message. `text` is what `adapters.documents` read, None if it could not.

    `is_scan`: its text is in pictures, so that only OCR or a person can read it.
    """

    name: str
    media_type: str
    sha256: str
    raw: bytes = field(repr=False)
    text: str | None = None
    is_scan: bool = False


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """The machine-readable part of a delivery status (RFC 3464) or disposition notification (RFC 8098)."""

    action: str  # failed, delayed, delivered, relayed, expanded; of a read receipt: displayed, deleted
    status: str  # x.y.z
    recipient: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message. Header times are aware; `received` has the topmost (our own server's) first.

    `reply_text` is what the sender wrote anew, `signature` what a program put below it, `quoted_text`
    what was quoted or forwarded.
    `faults` names everything the parser had to work around; it never raises.
    """

    sha256: str
    message_id: str = ""
    subject: str = ""
    sender: str = ""  # bare address, lower case
    sender_name: str = ""
    recipients: tuple[str, ...] = ()
    date: datetime | None = None
    received: tuple[datetime, ...] = ()
    thread_ids: tuple[str, ...] = ()  # In-Reply-To, then References, with angle brackets
    returned_ids: tuple[str, ...] = ()  # Message-IDs in a returned original or its headers
    headers: Mapping[str, str] = field(default_factory=dict)  # lower-case name -> first value
    report: DeliveryReport | None = None
    reply_text: str = ""
    signature: str = ""
    quoted_text: str = ""
    attachments: tuple[Attachment, ...] = ()
    faults: tuple[str, ...] = ()


def answers_by_itself(message: Message) -> bool:
    """Whether a mail program answers, by its header, its subject or its own words."""
    marks = f"{message.headers.get('auto-submitted', '')}\n{message.subject}"
    return _BY_ITSELF.search(marks) is not None or _SAYS_SO.search(message.reply_text) is not None
