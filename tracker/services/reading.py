"""`tracker read`: what would be understood of a mail file, and why. Needs no workspace."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tracker.adapters.documents import read_scan
from tracker.adapters.lexicons import load_lexicon
from tracker.domain.classify import classify
from tracker.domain.message import Message
from tracker.domain.terms import SHANGHAI, Classification, RequestKind
from tracker.errors import UserError
from tracker.i18n import _
from tracker.services.intake import read_message


@dataclass(frozen=True, slots=True)
class ReadFile:
    file: Path
    message: Message
    result: Classification

    def fields(self) -> dict[str, Any]:
        date = self.message.date
        return {
            "file": str(self.file),
            "subject": self.message.subject,
            "from": self.message.sender,
            "date": date.astimezone(SHANGHAI).isoformat() if date else None,
            "kind": self.result.kind,
            "outcome": self.result.outcome,
            "label": self.result.label,
            "confidence": round(self.result.confidence, 3),
            "evidence": list(self.result.evidence),
            "document_number": self.result.document_number,
            "attachments": [attachment.name for attachment in self.message.attachments],
            "faults": list(self.message.faults),
        }

    def json_line(self) -> str:
        return json.dumps(self.fields(), ensure_ascii=False)

    def rows(self) -> list[tuple[str, str]]:
        shown = {name: value for name, value in self.fields().items() if name != "file"}
        return [
            (name, ", ".join(value) if isinstance(value, list) else str(value or ""))
            for name, value in shown.items()
        ]


def _with_scans_read(message: Message) -> Message:
    """Who asks for one mail can wait for its scans."""
    read = (replace(a, text=read_scan(a)) if a.is_scan else a for a in message.attachments)
    return replace(message, attachments=tuple(read))


def read_file(file: Path, kind: RequestKind | None) -> ReadFile:
    """Read and classify one mail file; raises `UserError` if the file itself cannot be read."""
    try:
        raw = file.read_bytes()
    except OSError as fault:
        raise UserError(
            _("{path}: cannot be read ({reason}).").format(path=file, reason=fault.strerror)
        ) from None
    message = _with_scans_read(read_message(raw))
    return ReadFile(file, message, classify(message, kind, load_lexicon(), None))
