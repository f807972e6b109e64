"""The rows of a CSV file of requests that were sent by other means, each cell checked."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from pathlib import Path

from tracker.adapters.cells import (
    BadCell,
    accepted,
    add_repeats,
    build_records,
    filled,
    is_mail_address,
    word_of,
)
from tracker.adapters.files import CsvRow, Faults, read_csv
from tracker.domain.terms import SHANGHAI, RequestKind
from tracker.i18n import _

_COLUMNS = ("reference", "kind", "unit", "applicant", "to", "subject", "message_id", "sent_at", "body")
_MESSAGE_ID = re.compile(r"[^<>@\s]+@[^<>@\s]+")


@dataclass(frozen=True, slots=True)
class SentElsewhere:
    reference: str
    kind: RequestKind
    unit: str  # as the row has it: an id, a code or a name
    applicant_name: str
    mailbox: str
    recipients: tuple[str, ...]
    subject: str
    message_id: str
    sent_at: datetime
    body: str


def read_rows(path: Path, now: datetime) -> list[tuple[int, SentElsewhere]]:
    """Each row with its line; nothing in it was sent after `now`."""
    faults = Faults(path.name)
    records = build_records(faults, read_csv(path, _COLUMNS), lambda row: _sent_elsewhere(row, now))
    add_repeats(faults, "reference", ((line, row.reference) for line, row in records))
    add_repeats(faults, "message_id", ((line, row.message_id) for line, row in records if row.message_id))
    accepted(faults, records)
    return records


def _sent_elsewhere(row: CsvRow, now: datetime) -> SentElsewhere:
    name, address = parseaddr(row["applicant"])
    if not is_mail_address(address):
        raise BadCell(_('applicant "{value}": write it as Name <address>.').format(value=row["applicant"]))
    return SentElsewhere(
        reference=filled(row, "reference"),
        kind=word_of(row, "kind", RequestKind),
        unit=filled(row, "unit"),
        applicant_name=name,
        mailbox=address.lower(),
        recipients=_recipients(row),
        subject=row["subject"],
        message_id=_message_id(row),
        sent_at=_sent_at(row, now),
        body=row["body"],
    )


def _recipients(row: CsvRow) -> tuple[str, ...]:
    addresses = [to.strip() for to in filled(row, "to").split(";") if to.strip()]
    for address in addresses:
        if not is_mail_address(address):
            raise BadCell(
                _(
                    'to "{value}": no e-mail address; write one as in xxgk@city.example, several with ; between.'
                ).format(value=address)
            )
    return tuple(address.lower() for address in addresses)


def _message_id(row: CsvRow) -> str:
    """Replies are matched by it; empty where nobody knows it any more."""
    if not row["message_id"]:
        return ""
    bare = row["message_id"].removeprefix("<").removesuffix(">")
    if not _MESSAGE_ID.fullmatch(bare):
        raise BadCell(
            _('message_id "{value}": write it as in the letter, <...@...>, or leave the cell empty.').format(
                value=row["message_id"]
            )
        )
    return f"<{bare}>"


def _sent_at(row: CsvRow, now: datetime) -> datetime:
    """Shanghai's wall time unless it names its offset."""
    try:
        sent_at = datetime.fromisoformat(row["sent_at"])
    except ValueError:
        raise BadCell(_('sent_at "{value}": write 2026-11-24T09:30.').format(value=row["sent_at"])) from None
    sent_at = sent_at if sent_at.tzinfo else sent_at.replace(tzinfo=SHANGHAI)
    if sent_at > now:
        raise BadCell(
            _('sent_at "{value}": it has not come yet; correct the date.').format(value=row["sent_at"])
        )
    return sent_at
