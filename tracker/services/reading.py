"""`tracker read`: what would be understood of a mail file, and why. Needs no workspace."""

import json
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from tracker.adapters.documents import read_scan
from tracker.adapters.lexicons import load_lexicon
from tracker.domain.classify import Lexicon, classify
from tracker.domain.letter_fields import Field, LetterFields, Page, read_fields
from tracker.domain.message import Message
from tracker.domain.phrases import LetterText
from tracker.domain.remedy import remedy_fit
from tracker.domain.terms import SHANGHAI, Classification, RequestKind, outcomes_of
from tracker.errors import UserError
from tracker.i18n import _
from tracker.services.intake import read_message
from tracker.services.mail_files import is_mail

_LONGEST_SHOWN = 500  # characters in a row for a terminal; --json has all


@dataclass(frozen=True, slots=True)
class ReadFile:
    file: Path
    message: Message
    result: Classification
    letter: LetterFields

    def fields(self) -> dict[str, Any]:
        sent_at = self.message.date
        return {
            "file": str(self.file),
            "subject": self.message.subject,
            "from": self.message.sender,
            "date": sent_at.astimezone(SHANGHAI).isoformat() if sent_at else None,
            "kind": self.result.kind,
            "outcome": self.result.outcome,
            "label": self.result.label,
            "confidence": round(self.result.confidence, 3),
            "evidence": list(self.result.evidence),
            "document_number": self.result.document_number,
            "attachments": [attachment.name for attachment in self.message.attachments],
            "faults": list(self.message.faults),
            "text": self.message.reply_text,
            "signature": self.message.signature,
            "quoted": self.message.quoted_text,
            "letter": self._letter(),
        }

    def _letter(self) -> dict[str, Any]:
        """What a decision letter must hold, as far as it stands there: text, page (0: the mail itself) and line."""
        letter = self.letter
        found: dict[str, Any] = {
            "title": letter.title,
            "addressee": letter.addressee,
            "received_on": letter.received_on,
            "decided_on": letter.decided_on,
            "decisions": letter.decisions,
            "articles": [f"{c.article}({c.item})" if c.item else str(c.article) for c in letter.citations],
            "reasons": letter.reasons,
            "right_organ": letter.right_organ,
            "contacts": letter.contacts,
            "remedy": self._remedy_fit(),
            "seal": letter.seal or ("look" if letter.look_for_seal else None),
        }
        return {name: _plain(value) for name, value in found.items() if value}

    def _remedy_fit(self) -> str | None:
        sent_on = self.message.date.astimezone(SHANGHAI).date() if self.message.date else None
        answered_on = self.letter.decided_on or sent_on
        if self.result.outcome not in outcomes_of(RequestKind.DISCLOSURE) or answered_on is None:
            return None
        return remedy_fit(self.letter.remedy, self.result.outcome, answered_on)

    def json_line(self) -> str:
        return json.dumps(self.fields(), ensure_ascii=False)

    def rows(self) -> list[tuple[str, str]]:
        fields = self.fields()
        letter = fields.pop("letter")
        shown = {name: value for name, value in fields.items() if name != "file"}
        shown |= {f"letter: {name}": value for name, value in letter.items()}
        return [(name, _in_words(value)) for name, value in shown.items()]


def _plain(value: Any) -> Any:
    if isinstance(value, Field):
        return {"text": value.text, "page": value.page, "line": value.line}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


def _in_words(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(map(_in_words, value))
    words = str(value["text"] if isinstance(value, dict) else value or "")
    return words if len(words) <= _LONGEST_SHOWN else f"{words[:_LONGEST_SHOWN]}…"


def _with_scans_read(message: Message) -> Message:
    """Who asks for one mail can wait for its scans."""
    read = (replace(a, text=read_scan(a)) if a.is_scan else a for a in message.attachments)
    return replace(message, attachments=tuple(read))


def read_file(file: Path, kind: RequestKind | None) -> ReadFile:
    """Read and classify one mail file; raises `UserError` if the file itself cannot be read, or is no mail."""
    try:
        raw = file.read_bytes()
    except OSError as fault:
        raise UserError(
            _("{path}: cannot be read ({reason}).").format(path=file, reason=fault.strerror)
        ) from None
    if not is_mail(raw):
        raise UserError(
            _(
                "{path}: no mail: no From, Date, Subject, Received or Message-ID can be read there. "
                "Save the mail as .eml."
            ).format(path=file)
        )
    message = _with_scans_read(read_message(raw))
    lexicon = load_lexicon()
    return ReadFile(file, message, classify(message, kind, lexicon, None), _fields_of(message, lexicon))


def _fields_of(message: Message, lexicon: Lexicon) -> LetterFields:
    papers = [Page(a.name, a.text or "", is_file=True) for a in LetterText(message, lexicon).letters]
    return read_fields([Page("", message.reply_text), *papers])
