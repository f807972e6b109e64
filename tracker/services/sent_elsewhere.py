"""Adopting a round midway: requests that were sent by other means, from a CSV file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from itertools import count
from pathlib import Path

from sqlmodel import Session, select

from tracker.adapters.cells import BadCell, accepted, add_repeats, build_records, filled, word_of
from tracker.adapters.files import CsvRow, Faults, read_csv
from tracker.domain.bookings import host_of
from tracker.domain.rounds import RoundPlan
from tracker.domain.terms import SHANGHAI, ChannelKind, Event, EventKind, RequestKind, local_date
from tracker.errors import UserError
from tracker.i18n import _
from tracker.services.letters import FIRST_STEP
from tracker.services.rounds import final_event, plan_fields
from tracker.services.sealing import sealing_vault
from tracker.settings import Workspace, instance_in
from tracker.store.database import writing
from tracker.store.events import canonical_json, record
from tracker.store.tables import (
    ApplicantRow,
    ChannelRow,
    OutboxRow,
    QuestionRow,
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
    rows = _read_rows(path)
    created: list[str] = []
    written = 0
    with writing(workspace.engine) as session:
        _ensure_round(session, rows, actor, now)
        for row in rows:
            if session.get(RequestRow, row.reference) is None:
                created += _write_request(session, workspace, row, actor, now)
                written += 1
    return ImportedRequests(written, created)


def _read_rows(path: Path) -> list[_SentElsewhere]:
    faults = Faults(path.name)
    records = build_records(faults, read_csv(path, _COLUMNS), _sent_elsewhere)
    add_repeats(faults, "reference", ((line, row.reference) for line, row in records))
    add_repeats(faults, "message_id", ((line, row.message_id) for line, row in records if row.message_id))
    return accepted(faults, records)


def _sent_elsewhere(row: CsvRow) -> _SentElsewhere:
    name, address = parseaddr(row["applicant"])
    if "@" not in address:
        raise BadCell(_('applicant "{value}": write it as Name <address>.').format(value=row["applicant"]))
    message_id = row["message_id"].strip("<>")
    return _SentElsewhere(
        reference=filled(row, "reference"),
        kind=word_of(row, "kind", RequestKind),
        unit=filled(row, "unit"),
        applicant_name=name,
        mailbox=address.lower(),
        recipients=tuple(to.strip().lower() for to in row["to"].split(";") if to.strip()),
        subject=row["subject"],
        message_id=f"<{message_id}>" if message_id else "",
        sent_at=_sent_at(row),
        body=row["body"],
    )


def _sent_at(row: CsvRow) -> datetime:
    """Shanghai's wall time unless it names its offset."""
    try:
        sent_at = datetime.fromisoformat(row["sent_at"])
    except ValueError:
        raise BadCell(_('sent_at "{value}": write 2026-11-24T09:30.').format(value=row["sent_at"])) from None
    return sent_at if sent_at.tzinfo else sent_at.replace(tzinfo=SHANGHAI)


def _ensure_round(session: Session, rows: Sequence[_SentElsewhere], actor: str, now: datetime) -> None:
    if final_event(session, IMPORTED_ROUND):
        raise UserError(
            _(
                "{round}: is final, so no request is added: import into a new workspace (`tracker init`)."
            ).format(round=IMPORTED_ROUND)
        )
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
    taken = set(session.exec(select(ApplicantRow.code)))
    code = next(code for n in count(1) if (code := f"I{n:03}") not in taken)
    sealed = sealing_vault(session, workspace).seal(identity)
    session.add(ApplicantRow(code=code, mailbox=row.mailbox, sealed=sealed))
    session.flush()
    return [f"{code} <{row.mailbox}>"]


def _write_letter(session: Session, workspace: Workspace, row: _SentElsewhere, now: datetime) -> None:
    """The Message-ID is what replies are matched by; the body is kept as all we have of the letter."""
    if not row.message_id:
        return
    session.add(
        OutboxRow(
            request=row.reference,
            step=FIRST_STEP,
            instance_id=instance_in(session, workspace.root) or "",
            mailbox=row.mailbox,
            recipient=";".join(row.recipients),
            host=host_of(row.recipients[0]) if row.recipients else "",
            message_id=row.message_id,
            raw_sha256=workspace.evidence.keep(session, row.body.encode(), "text/plain", now),
            status="sent",
            not_before=row.sent_at,
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
