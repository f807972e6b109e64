"""Sending each letter at most once: final bytes first, claim, durable commit, send, record.

An outcome nobody knows is unsettled: a person settles it, no machine ever sends again. Two identical
letters at a government office do more harm than a late one.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from tracker.adapters.smtp import NOT_APPROVED, send_batch
from tracker.clock import Clock
from tracker.domain.rounds import Caps
from tracker.domain.terms import (
    SHANGHAI,
    Event,
    EventKind,
    Mode,
    OutboundMessage,
    RequestState,
    SendReceipt,
    SendResult,
)
from tracker.errors import UserError
from tracker.services.letters import FIRST_STEP, compose_letter
from tracker.services.rounds import is_held, plan_of, sending_rounds, start_round
from tracker.settings import Workspace, instance_in
from tracker.store.database import reading, writing
from tracker.store.events import events_of_request, record
from tracker.store.queries import approved_recipients, due_letters, requests_in_state
from tracker.store.tables import ApplicantRow, MailboxHealthRow, OutboxRow, RequestRow

_log = logging.getLogger(__name__)
_BACK_OFF = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6))
_TEST_DOMAINS = (".test", ".example")
_EVENT_OF = {
    SendResult.ACCEPTED: EventKind.DISPATCHED,
    SendResult.DEFERRED: EventKind.SEND_DEFERRED,
    SendResult.REFUSED: EventKind.SEND_REFUSED,
    SendResult.UNSETTLED: EventKind.SEND_UNSETTLED,
}
STATUS_OF = {
    SendResult.ACCEPTED: "sent",
    SendResult.DEFERRED: "queued",
    SendResult.REFUSED: "refused",
    SendResult.UNSETTLED: "unsettled",
}


def send_due(workspace: Workspace, now: datetime, clock: Clock, is_stopping: Callable[[], bool]) -> int:
    """Send every approved letter whose time has come and whose caps allow it; returns how many went out.

    Nothing is sent while a hold is set, or from a workspace that was copied or restored to here.
    """
    expire(workspace, now)
    sent = 0
    for request in _sendable(workspace, now):
        if is_stopping():
            break
        try:
            claim = _claim(workspace, request, now)
        except UserError:  # an account or a template is missing: that letter waits, the others go out
            _log.error("letter_not_sendable", extra={"request": request.reference})
            continue
        if claim:
            receipt = _send(workspace, claim, clock)
            _record(workspace, claim, receipt)
            sent += receipt.result is SendResult.ACCEPTED
    return sent


def recover_interrupted(workspace: Workspace, now: datetime) -> int:
    """On start: a letter that was being sent when the process died may or may not have gone out."""
    with writing(workspace.engine) as session:
        rows = session.exec(select(OutboxRow).where(OutboxRow.status == "sending")).all()
        for row in rows:
            row.status = "unsettled"
            session.add(row)
            request = session.get_one(RequestRow, row.request)
            event = _event(
                request, row, EventKind.SEND_UNSETTLED, row.claimed_at or now, now, {"reason": "interrupted"}
            )
            record(session, [event])
    return len(rows)


def expire(workspace: Workspace, now: datetime) -> None:
    """Requests whose time ran out before they could be sent are not sent at all (also those of people)."""
    with reading(workspace.engine) as session:
        if not _expired(session, now):
            return
    with writing(workspace.engine) as session:
        record(session, [_expiry(request, now) for request in _expired(session, now)])


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send one letter once; held by whoever made the conditional UPDATE."""

    request: RequestRow
    outbox: OutboxRow
    letter: OutboundMessage
    approved: frozenset[str]


def _sendable(workspace: Workspace, now: datetime) -> list[RequestRow]:
    with reading(workspace.engine) as session:
        if is_held(session) or instance_in(session, workspace.root) is None:
            return []
        mode = workspace.settings.mode
        due = due_letters(session, now, sending_rounds(session, mode))
        return [
            one for one in due if _is_approved_in(session, one, mode) and _mode_allows(workspace, one.address)
        ]


def _is_approved_in(session: Session, request: RequestRow, mode: Mode) -> bool:
    """What a pilot left unsent does not go out with a live supplement to its round."""
    events = events_of_request(session, request.reference)
    return any(event.kind is EventKind.APPROVED and event.payload["mode"] == mode for event in events)


def _mode_allows(workspace: Workspace, address: str) -> bool:
    mode, recipient = workspace.settings.mode, address.lower()
    if mode is Mode.PILOT:
        return recipient in workspace.settings.pilot_recipients
    return mode is Mode.LIVE or recipient.endswith(_TEST_DOMAINS)


def _claim(workspace: Workspace, request: RequestRow, now: datetime) -> Claim | None:
    """Write the outbox row with the final bytes, then claim it; None if a cap or a back-off says wait."""
    with writing(workspace.engine) as session:
        applicant = session.get_one(ApplicantRow, request.applicant)
        workspace.account(applicant.mailbox)  # without one nothing may be claimed
        row = session.exec(select(OutboxRow).where(OutboxRow.request == request.reference)).first()
        if row and (row.not_before > now or row.instance_id != instance_in(session, workspace.root)):
            return None
        if not _is_watched(session, applicant.mailbox):
            return None
        if not _caps_allow(session, request, applicant.mailbox, plan_of(session, request.round).caps, now):
            return None
        row_id = (row or _write_letter(session, workspace, request, applicant, now)).id
    with writing(workspace.engine) as session:
        claimed = session.execute(
            update(OutboxRow)
            .where(col(OutboxRow.id) == row_id, col(OutboxRow.status) == "queued")
            .values(status="sending", claimed_at=now, attempts=OutboxRow.attempts + 1)
        )
        if claimed.rowcount != 1 or is_held(session):  # type: ignore[attr-defined]
            session.rollback()
            return None
        row = session.get_one(OutboxRow, row_id)
        record(session, [_event(request, row, EventKind.CLAIMED, now, now, {})])
        start_round(session, request.round, now)
        approved = approved_recipients(session)
        letter = OutboundMessage(
            request.reference,
            row.step,
            row.mailbox,
            row.recipient,
            row.message_id,
            workspace.evidence.read(row.raw_sha256),
        )
        session.expunge(row)
    return Claim(request, row, letter, approved)


def _write_letter(
    session: Session, workspace: Workspace, request: RequestRow, applicant: ApplicantRow, now: datetime
) -> OutboxRow:
    letter = compose_letter(session, workspace, request, now)
    row = OutboxRow(
        request=request.reference,
        step=FIRST_STEP,
        instance_id=instance_in(session, workspace.root) or "",
        mailbox=applicant.mailbox,
        recipient=request.address,
        message_id=letter.message_id,
        raw_sha256=workspace.evidence.keep(session, letter.raw, "message/rfc822", now),
        status="queued",
        not_before=now,
    )
    session.add(row)
    session.flush()
    return row


def _send(workspace: Workspace, claim: Claim, clock: Clock) -> SendReceipt:
    account = workspace.account(claim.letter.sender).smtp
    if workspace.settings.mode is Mode.REHEARSAL and not is_loopback(account.host):
        return SendReceipt(
            claim.letter.request,
            claim.letter.step,
            SendResult.DEFERRED,
            clock(),
            text="rehearsal sends only to 127.0.0.1",
        )
    (receipt,) = send_batch(account, [claim.letter], claim.approved, clock)
    return receipt


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _record(workspace: Workspace, claim: Claim, receipt: SendReceipt) -> None:
    with writing(workspace.engine) as session:
        row = session.get_one(OutboxRow, claim.outbox.id)
        row.status, row.answer = STATUS_OF[receipt.result], f"{receipt.code or ''} {receipt.text}".strip()
        if receipt.result is SendResult.DEFERRED:
            row.not_before = receipt.at + _BACK_OFF[min(row.attempts, len(_BACK_OFF)) - 1]
        session.add(row)
        # a letter that was altered is our own affair, and no finding about the unit
        is_ours = receipt.text == NOT_APPROVED
        kind = EventKind.SEND_DEFERRED if is_ours else _EVENT_OF[receipt.result]
        payload: dict[str, object] = {"code": receipt.code} if receipt.code else {}
        record(session, [_event(claim.request, row, kind, receipt.at, receipt.at, payload)])
    _log.info("letter_sent", extra={"result": receipt.result, "code": receipt.code})


def _event(
    request: RequestRow,
    row: OutboxRow,
    kind: EventKind,
    at: datetime,
    now: datetime,
    payload: dict[str, object],
) -> Event:
    return Event(
        kind=kind,
        happened_at=at,
        known_at=now,
        actor="rule:dispatch",
        round=request.round,
        request=request.reference,
        source_sha256=row.raw_sha256,
        payload={"step": row.step, "attempt": row.attempts, **payload},
        dedupe_key=f"{kind}:{request.reference}:{row.step}:{row.attempts}",
    )


def _is_watched(session: Session, mailbox: str) -> bool:
    """A letter goes out only from a mailbox that could be read: else its answer would be lost."""
    health = session.get(MailboxHealthRow, mailbox)
    return health is not None and health.last_ok_at is not None


# --- caps -----------------------------------------------------------------------------------------------


def _caps_allow(session: Session, request: RequestRow, mailbox: str, caps: Caps, now: datetime) -> bool:
    """Whether one more letter stays within what an account, a unit and a host bear."""
    midnight = now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    host = request.address.rpartition("@")[2].lower()
    by_account = _sent_since(session, midnight, OutboxRow.mailbox == mailbox)
    by_host = _sent_since(session, now - timedelta(hours=1), col(OutboxRow.recipient).ilike(f"%@{host}"))
    by_unit = _sent_since(
        session,
        midnight.replace(day=1),
        RequestRow.unit_id == request.unit_id,
    )
    return (
        by_account < caps.per_account_per_day
        and by_host < caps.per_host_per_hour
        and by_unit < caps.per_unit_per_month
    )


def _sent_since(session: Session, since: datetime, *conditions: object) -> int:
    query = select(func.count()).where(
        OutboxRow.request == RequestRow.reference,
        col(OutboxRow.status).in_(("sending", "sent", "unsettled")),
        col(OutboxRow.claimed_at) >= since,
        *conditions,  # type: ignore[arg-type]
    )
    return session.exec(query).one()


def _expired(session: Session, now: datetime) -> Sequence[RequestRow]:
    waiting = requests_in_state(session, RequestState.APPROVED)
    return [request for request, _state in waiting if request.expires_at <= now]


def _expiry(request: RequestRow, now: datetime) -> Event:
    return Event(
        EventKind.SEND_EXPIRED,
        request.expires_at,
        now,
        "rule:expiry",
        round=request.round,
        request=request.reference,
        dedupe_key=f"send_expired:{request.reference}",
    )
