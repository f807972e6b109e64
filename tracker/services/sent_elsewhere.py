"""Adopting a round midway: requests that were sent by other means, from a CSV file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

from sqlmodel import Session, col, select

from tracker.adapters.roster import read_units
from tracker.domain.bookings import host_of
from tracker.domain.rounds import RoundPlan
from tracker.domain.terms import ChannelKind, Event, EventKind, RequestKind, Unit, local_date
from tracker.errors import UserError
from tracker.i18n import _
from tracker.services.enrolment import unit_row
from tracker.services.letters import FIRST_STEP
from tracker.services.rounds import final_event, plan_fields
from tracker.services.sealing import sealing_vault
from tracker.services.sent_rows import SentElsewhere, read_rows
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
_UNITS_FILE = "units.csv"


@dataclass(frozen=True, slots=True)
class ImportedRequests:
    """`created` names the units and applicants that were not known before, `differing` says of known
    requests what the file says otherwise.
    """

    count: int
    created: list[str]
    differing: list[str]


def import_requests(workspace: Workspace, path: Path, actor: str, now: datetime) -> ImportedRequests:
    """Bring in requests as already sent; all rows or, with a `UserError` naming the line, none.

    A row whose reference is known already is passed over, so that a file can be imported again; where it
    says something else than before, that is told, since what is recorded as sent does not change.
    """
    rows = read_rows(path, now)
    created: list[str] = []
    differing: list[str] = []
    written = 0
    with writing(workspace.engine) as session:
        roster = _roster(session, workspace)
        _ensure_round(session, [row for _line, row in rows], actor, now)
        for line, row in rows:
            request = session.get(RequestRow, row.reference)
            if request is None:
                created += _write_request(session, workspace, row, roster.get(row.unit), actor, now)
                written += 1
            elif columns := _differing(session, request, row):
                differing.append(_otherwise(f"{path.name}:{line}", row.reference, columns))
    return ImportedRequests(written, created, differing)


def _otherwise(place: str, reference: str, columns: Sequence[str]) -> str:
    return _(
        "{place}: {reference} is known already, with other words under {columns}: what is recorded stays. "
        "Give the row a reference of its own if it is another request."
    ).format(place=place, reference=reference, columns=", ".join(columns))


def _differing(session: Session, request: RequestRow, row: SentElsewhere) -> list[str]:
    """The columns that say something else than what is recorded."""
    unit = session.get_one(UnitRow, (request.round, request.unit_id))
    question = session.get_one(QuestionRow, (request.round, request.question_id))
    ids = session.exec(select(OutboxRow.message_id).where(OutboxRow.request == request.reference)).all()
    is_same = {
        "kind": request.kind == row.kind,
        "unit": row.unit in (unit.unit_id, unit.unit_code, unit.name),
        "applicant": session.get_one(ApplicantRow, request.applicant).mailbox == row.mailbox,
        "to": request.address == ";".join(row.recipients),
        "subject": question.title == row.subject,
        "message_id": row.message_id in (ids or [""]),
        "sent_at": request.planned_at == row.sent_at,
        "body": question.text == row.body,
    }
    return [column for column, same in is_same.items() if not same]


def _roster(session: Session, workspace: Workspace) -> Mapping[str, UnitRow]:
    """The units of units.csv and of planned rounds, the newest first, by id, code and name."""
    path = workspace.root / _UNITS_FILE
    units = [unit_row(IMPORTED_ROUND, unit) for unit in read_units(path)] if path.is_file() else []
    query = select(UnitRow).join(RoundRow).where(UnitRow.round != IMPORTED_ROUND)
    for row in session.exec(query.order_by(col(RoundRow.created_at).desc())):
        units.append(UnitRow(**row.model_dump() | {"round": IMPORTED_ROUND}))
    found: dict[str, UnitRow] = {}
    for unit in units:
        for word in (unit.unit_id, unit.unit_code, unit.name):
            found.setdefault(word, unit)
    return found


def _ensure_round(session: Session, rows: Sequence[SentElsewhere], actor: str, now: datetime) -> None:
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
    session: Session,
    workspace: Workspace,
    row: SentElsewhere,
    listed: UnitRow | None,
    actor: str,
    now: datetime,
) -> list[str]:
    unit = listed or unit_row(IMPORTED_ROUND, Unit(unit_id=row.unit, unit_code=row.unit, name=row.unit))
    is_new = _ensure_unit(session, row, unit) and not listed
    created = [*([row.unit] * is_new), *_ensure_applicant(session, workspace, row)]
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
            unit_id=unit.unit_id,
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


def _ensure_unit(session: Session, row: SentElsewhere, unit: UnitRow) -> bool:
    """Whether the unit was not among the imported ones yet."""
    is_new = session.get(UnitRow, (IMPORTED_ROUND, unit.unit_id)) is None
    if is_new:
        session.add(UnitRow(**unit.model_dump()))  # a copy: the roster's own serves other rows
    for address in row.recipients:
        _ensure_channel(session, row, unit.unit_id, address)
    return is_new


def _ensure_channel(session: Session, row: SentElsewhere, unit_id: str, address: str) -> None:
    query = select(ChannelRow).where(
        ChannelRow.round == IMPORTED_ROUND, ChannelRow.unit_id == unit_id, ChannelRow.address == address
    )
    if session.exec(query).first() is None:
        session.add(
            ChannelRow(
                round=IMPORTED_ROUND,
                unit_id=unit_id,
                kind=row.kind,
                channel=ChannelKind.EMAIL,
                announced=True,
                address=address,
                platform="",
                priority=1,
            )
        )
        session.flush()


def _ensure_applicant(session: Session, workspace: Workspace, row: SentElsewhere) -> list[str]:
    if session.exec(select(ApplicantRow).where(ApplicantRow.mailbox == row.mailbox)).first():
        return []
    identity = {"name": row.applicant_name, "id_number": "", "phone": "", "address": "", "postcode": ""}
    taken = set(session.exec(select(ApplicantRow.code)))
    code = next(code for n in count(1) if (code := f"I{n:03}") not in taken)
    sealed = sealing_vault(session, workspace).seal(identity)
    session.add(ApplicantRow(code=code, mailbox=row.mailbox, sealed=sealed))
    session.flush()
    return [f"{code} <{row.mailbox}>"]


def _write_letter(session: Session, workspace: Workspace, row: SentElsewhere, now: datetime) -> None:
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
            host=host_of(row.recipients[0]),
            message_id=row.message_id,
            raw_sha256=workspace.evidence.keep(session, row.body.encode(), "text/plain", now),
            status="sent",
            not_before=row.sent_at,
            claimed_at=row.sent_at,
        )
    )


def _event(row: SentElsewhere, kind: EventKind, actor: str, now: datetime) -> Event:
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
