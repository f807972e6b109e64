"""Mail that came before us: eml files, mbox files, Maildirs, taken in as if it had arrived."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from pathlib import Path

from sqlmodel import Session, select

from tracker.domain.message import Message
from tracker.letters.parse import parse
from tracker.services.canary import notice_canaries
from tracker.services.intake import MAIL, take_in
from tracker.services.mail_files import messages_in, refuse_what_is_no_mail
from tracker.services.raw_headers import date_header, received_headers
from tracker.services.reread import reread_scanned
from tracker.services.scans import read_scans
from tracker.settings import Workspace
from tracker.store.database import reading, writing
from tracker.store.evidence import keep_message
from tracker.store.queries import not_taken_in
from tracker.store.tables import ApplicantRow, RawMessageRow


@dataclass(frozen=True, slots=True)
class ImportedMail:
    """`not_understood` counts everything in the workspace that is kept and not read yet."""

    new: int
    known: int
    not_understood: int


def import_mail(workspace: Workspace, paths: Sequence[Path], now: datetime) -> ImportedMail:
    """Bring mail in as if it had arrived; returns when all of it is understood and recorded.

    The arrival is the topmost `Received` stamp, else `Date:`, else now, and is marked as what it is.
    Mail to nobody we know of goes to the holding pen. A named file that is no mail is refused, and then
    nothing is taken in.
    """
    refuse_what_is_no_mail(paths)
    new = known = 0
    with reading(workspace.engine) as session:
        ours = frozenset(session.exec(select(ApplicantRow.mailbox)))
    for path in paths:
        for raw in messages_in(path):
            with writing(workspace.engine) as session:
                is_new = _keep(session, workspace, raw, ours, now)
            new, known = new + is_new, known + (not is_new)
    take_in(workspace, now)
    read_scans(workspace, lambda: now)
    reread_scanned(workspace, now)
    with reading(workspace.engine) as session:
        return ImportedMail(new, known, len(not_taken_in(session)))


def _keep(session: Session, workspace: Workspace, raw: bytes, ours: frozenset[str], now: datetime) -> bool:
    message = parse(raw)
    arrived_at, basis = _arrival(message, now)
    sha256 = workspace.evidence.keep(session, raw, "message/rfc822", now)
    is_new = keep_message(
        session,
        RawMessageRow(
            sha256=sha256,
            source=MAIL,
            mailbox=_receiving_mailbox(message, ours),
            date_header=date_header(raw),
            received=received_headers(raw),
            arrived_at=arrived_at,
            arrival_basis=basis,
            kept_at=now,
        ),
    )
    notice_canaries(session, "", [raw], now)
    return is_new


def _arrival(message: Message, now: datetime) -> tuple[datetime, str]:
    if message.received:
        return message.received[0], "received_stamp"
    if message.date:
        return message.date, "date_header"
    return now, "import"


def _receiving_mailbox(message: Message, ours: frozenset[str]) -> str:
    """The applicant the mail was for; empty where no header names one."""
    delivered = parseaddr(message.headers.get("delivered-to", ""))[1].lower()
    return next((address for address in (delivered, *message.recipients) if address in ours), "")
