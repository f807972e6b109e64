"""Adopting a round midway: requests that were sent by other means, and mail that came before us."""

import mailbox as mailboxes
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from pathlib import Path

from sqlmodel import Session, select

from tracker.adapters.files import read_csv
from tracker.domain.message import Message
from tracker.domain.rounds import RoundPlan
from tracker.domain.terms import SHANGHAI, ChannelKind, Event, EventKind, RequestKind, local_date
from tracker.errors import UserError
from tracker.i18n import _
from tracker.letters.parse import parse
from tracker.services.intake import MAIL, take_in_all
from tracker.services.rounds import plan_fields
from tracker.settings import Workspace, instance_in
from tracker.store.database import reading, writing
from tracker.store.events import canonical_json, record
from tracker.store.evidence import keep_message
from tracker.store.tables import (
    ApplicantRow,
    ChannelRow,
    OutboxRow,
    QuestionRow,
    RawMessageRow,
    RequestRow,
    RoundRow,
    UnitRow,
)

IMPORTED_ROUND = "imported"
_COLUMNS = ("reference", "kind", "unit", "applicant", "to", "subject", "message_id", "sent_at", "body")


@dataclass(frozen=True, slots=True)
class ImportedRequests:
    """`created` names the units and applicants that were not known before."""

    count: int
    created: list[str]


@dataclass(frozen=True, slots=True)
class ImportedMail:
    new: int
    known: int


# --- requests -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _SentElsewhere:
    reference: str
    kind: RequestKind
    unit: str
    applicant_name: str
    mailbox: str
    recipients: tuple[str, ...]
    subject: str
    message_id: str
    sent_at: datetime
    body: str


def import_requests(workspace: Workspace, path: Path, actor: str, now: datetime) -> ImportedRequests:
    """Bring in requests as already sent; all rows or, with a `UserError` naming the line, none.

    A row whose reference is known already is passed over, so that a file can be imported again.
    """
    rows = [_sent_elsewhere(path, row.line, row.cells) for row in read_csv(path, _COLUMNS)]
    created: list[str] = []
    count = 0
    with writing(workspace.engine) as session:
        _ensure_round(session, rows, actor, now)
        for row in rows:
            if session.get(RequestRow, row.reference) is None:
                created += _write_request(session, workspace, row, actor, now)
                count += 1
    return ImportedRequests(count, created)


def _sent_elsewhere(path: Path, line: int, cells: Mapping[str, str]) -> _SentElsewhere:
    def refuse(reason: str) -> UserError:
        return UserError(f"{path.name}:{line}: {reason}")

    name, address = parseaddr(cells["applicant"])
    if "@" not in address:
        raise refuse(_('applicant "{value}": write it as Name <address>.').format(value=cells["applicant"]))
    if cells["kind"] not in set(RequestKind):
        raise refuse(_('kind "{value}" is not disclosure or consultation.').format(value=cells["kind"]))
    try:
        sent_at = datetime.fromisoformat(cells["sent_at"])
    except ValueError:
        raise refuse(_('sent_at "{value}": write 2026-11-24T09:30.').format(value=cells["sent_at"])) from None
    if not cells["reference"]:
        raise refuse(_("the reference is empty."))
    return _SentElsewhere(
        reference=cells["reference"],
        kind=RequestKind(cells["kind"]),
        unit=cells["unit"],
        applicant_name=name,
        mailbox=address.lower(),
        recipients=tuple(to.strip().lower() for to in cells["to"].split(";") if to.strip()),
        subject=cells["subject"],
        message_id=cells["message_id"],
        sent_at=sent_at if sent_at.tzinfo else sent_at.replace(tzinfo=SHANGHAI),
        body=cells["body"],
    )


def _ensure_round(session: Session, rows: Sequence[_SentElsewhere], actor: str, now: datetime) -> None:
    if session.get(RoundRow, IMPORTED_ROUND) or not rows:
        return
    days = [local_date(row.sent_at) for row in rows]
    plan = RoundPlan(
        name=IMPORTED_ROUND,
        title=IMPORTED_ROUND,
        kinds=tuple(RequestKind),
        starts_on=min(days),
        ends_on=max(days),
        closes_on=max(days) + timedelta(days=90),
        rules={kind: f"cn-{kind}" for kind in RequestKind},
        templates={},
        seed=0,
    )
    session.add(RoundRow(name=plan.name, plan=canonical_json(plan_fields(plan)), seed=0, created_at=now))
    session.flush()
    payload = {"imported": True}
    kinds = (EventKind.ROUND_PLANNED, EventKind.ROUND_STARTED)
    record(
        session,
        [
            Event(k, now, now, actor, round=plan.name, payload=payload, dedupe_key=f"{k}:{plan.name}")
            for k in kinds
        ],
    )


def _write_request(
    session: Session, workspace: Workspace, row: _SentElsewhere, actor: str, now: datetime
) -> list[str]:
    created = [*_ensure_unit(session, row), *_ensure_applicant(session, workspace, row)]
    applicant = session.exec(select(ApplicantRow).where(ApplicantRow.mailbox == row.mailbox)).one()
    session.add(
        QuestionRow(
            round=IMPORTED_ROUND, question_id=row.reference, kind=row.kind, title=row.subject, text=row.body
        )
    )
    session.add(
        RequestRow(
            reference=row.reference,
            round=IMPORTED_ROUND,
            kind=row.kind,
            unit_id=row.unit,
            applicant=applicant.code,
            channel=ChannelKind.EMAIL,
            address=";".join(row.recipients),
            question_id=row.reference,
            planned_at=row.sent_at,
            expires_at=row.sent_at,
        )
    )
    session.flush()
    _write_letter(session, workspace, row, now)
    record(
        session,
        [
            _event(row, kind, actor, now)
            for kind in (EventKind.PLANNED, EventKind.APPROVED, EventKind.DISPATCHED)
        ],
    )
    return created


def _ensure_unit(session: Session, row: _SentElsewhere) -> list[str]:
    known = session.get(UnitRow, (IMPORTED_ROUND, row.unit))
    if known is None:
        session.add(
            UnitRow(
                round=IMPORTED_ROUND,
                unit_id=row.unit,
                unit_code=row.unit,
                name=row.unit,
                group="",
                predecessors="",
                joined_on=None,
                left_on=None,
            )
        )
    for address in row.recipients:
        _ensure_channel(session, row, address)
    return [] if known else [row.unit]


def _ensure_channel(session: Session, row: _SentElsewhere, address: str) -> None:
    query = select(ChannelRow).where(
        ChannelRow.round == IMPORTED_ROUND, ChannelRow.unit_id == row.unit, ChannelRow.address == address
    )
    if session.exec(query).first() is None:
        session.add(
            ChannelRow(
                round=IMPORTED_ROUND,
                unit_id=row.unit,
                kind=row.kind,
                channel=ChannelKind.EMAIL,
                announced=True,
                address=address,
                platform="",
                priority=1,
            )
        )
        session.flush()


def _ensure_applicant(session: Session, workspace: Workspace, row: _SentElsewhere) -> list[str]:
    if session.exec(select(ApplicantRow).where(ApplicantRow.mailbox == row.mailbox)).first():
        return []
    identity = {"name": row.applicant_name, "id_number": "", "phone": "", "address": "", "postcode": ""}
    count = len(session.exec(select(ApplicantRow.code)).all())
    code = f"I{count + 1:03}"
    session.add(ApplicantRow(code=code, mailbox=row.mailbox, sealed=workspace.vault.seal(identity)))
    session.flush()
    return [f"{code} <{row.mailbox}>"]


def _write_letter(session: Session, workspace: Workspace, row: _SentElsewhere, now: datetime) -> None:
    """The Message-ID is what replies are matched by; the body is kept as all we have of the letter."""
    if not row.message_id:
        return
    session.add(
        OutboxRow(
            request=row.reference,
            step="application",
            instance_id=instance_in(session, workspace.root) or "",
            mailbox=row.mailbox,
            recipient=";".join(row.recipients),
            message_id=row.message_id,
            raw_sha256=workspace.evidence.keep(session, row.body.encode(), "text/plain", now),
            status="sent",
            not_before=row.sent_at,
            expires_at=row.sent_at,
            claimed_at=row.sent_at,
        )
    )


def _event(row: _SentElsewhere, kind: EventKind, actor: str, now: datetime) -> Event:
    payload = {"by": "import"} if kind is EventKind.DISPATCHED else {}
    return Event(
        kind,
        row.sent_at,
        now,
        actor,
        round=IMPORTED_ROUND,
        request=row.reference,
        payload=payload,
        dedupe_key=f"{kind}:{row.reference}",
    )


# --- mail ---------------------------------------------------------------------------------------------


def import_mail(workspace: Workspace, paths: Sequence[Path], now: datetime) -> ImportedMail:
    """Bring mail in as if it had arrived; returns when all of it is understood and recorded.

    The arrival is the topmost `Received` stamp, else `Date:`, else now, and is marked as what it is.
    Mail to nobody we know of goes to the holding pen.
    """
    new = known = 0
    with reading(workspace.engine) as session:
        ours = frozenset(session.exec(select(ApplicantRow.mailbox)))
    for path in paths:
        for raw in messages_in(path):
            with writing(workspace.engine) as session:
                is_new = _keep(session, workspace, raw, ours, now)
            new, known = new + is_new, known + (not is_new)
    take_in_all(workspace, now)
    return ImportedMail(new, known)


def messages_in(path: Path) -> Iterator[bytes]:
    """The raw messages of an .eml file, an mbox file, a Maildir or a folder of .eml files."""
    if path.is_dir():
        is_maildir = (path / "cur").is_dir() and (path / "new").is_dir()
        files = [*(path / "new").iterdir(), *(path / "cur").iterdir()] if is_maildir else path.rglob("*.eml")
        yield from (file.read_bytes() for file in sorted(files) if file.is_file())
    elif _is_mbox(path):
        box = mailboxes.mbox(path, create=False)
        yield from (box.get_bytes(key) for key in box.keys())  # noqa: SIM118  (a mailbox iterates over values)
    else:
        yield path.read_bytes()


def _is_mbox(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(5) == b"From "


def _keep(session: Session, workspace: Workspace, raw: bytes, ours: frozenset[str], now: datetime) -> bool:
    message = parse(raw)
    arrived_at, basis = _arrival(message, now)
    sha256 = workspace.evidence.keep(session, raw, "message/rfc822", now)
    return keep_message(
        session,
        RawMessageRow(
            sha256=sha256,
            source=MAIL,
            mailbox=_receiving_mailbox(message, ours),
            arrived_at=arrived_at,
            arrival_basis=basis,
            kept_at=now,
        ),
    )


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
