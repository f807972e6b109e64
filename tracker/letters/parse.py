"""Raw bytes of one mail to a `Message`. Nothing here raises: what had to be worked around is a fault."""

import hashlib
from contextlib import suppress
from email.message import Message as Part

from tracker.domain.message import DeliveryReport, Message, is_mail_system
from tracker.letters.bounces import report_in
from tracker.letters.headers import (
    read_date,
    read_headers,
    read_ids,
    read_received,
    read_recipients,
    read_sender,
)
from tracker.letters.parts import Walk, read_tree, returned_ids_in
from tracker.letters.quotation import split_quotation
from tracker.letters.signature import split_signature

_MAX_TEXT = 1_000_000


def parse(raw: bytes) -> Message:
    """Read one mail; a fault in the body never costs a header."""
    faults: list[str] = []
    tree = read_tree(raw, faults)
    headers = read_headers(tree)
    sender_name, sender = read_sender(tree)
    is_returning = _is_returning(tree, sender, headers)
    found = Walk(is_returning=is_returning, faults=faults).through(tree)
    text = "\n".join(found.texts)
    if len(text) > _MAX_TEXT:
        faults.append("text_cut")
    new, quoted = split_quotation(text[:_MAX_TEXT])
    told = f"{new}\n{quoted}"
    said, signature = split_signature(new)
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
        returned_ids=tuple(read_ids([*found.returned, *(returned_ids_in(told) if is_returning else [])])),
        headers=headers,
        report=found.report or _report_in_words(tree, sender, sender_name, headers, told),
        reply_text=said,
        signature=signature,
        quoted_text="\n".join(filter(None, [quoted, *found.forwarded])).strip()[:_MAX_TEXT],
        attachments=tuple(found.attachments),
        faults=tuple(dict.fromkeys(faults)),
    )


def _is_returning(tree: Part, sender: str, headers: dict[str, str]) -> bool:
    with suppress(Exception):  # a content type no stdlib code foresaw
        if tree.get_content_type() == "multipart/report":
            return True
    return is_mail_system(sender) or headers.get("return-path") == "<>" or "x-failed-recipients" in headers


def _report_in_words(
    tree: Part, sender: str, sender_name: str, headers: dict[str, str], told: str
) -> DeliveryReport | None:
    with suppress(Exception):  # detectors written for well-formed mail meet what is not
        return report_in(tree, sender, sender_name, headers.get("subject", ""), told)
    return None
