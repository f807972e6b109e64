"""Sending each letter at most once: final bytes first, claim, durable commit, send, record."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from tracker.adapters.smtp import NOT_APPROVED, send_batch
from tracker.clock import Clock
from tracker.domain.bookings import host_of
from tracker.domain.terms import ChannelKind, Mode, OutboundMessage, SendReceipt, SendResult
from tracker.errors import UserError
from tracker.services.letters import FIRST_STEP, compose_letter
from tracker.services.sending import (
    claim,
    expire,
    is_loopback,
    may_send,
    outbox_row,
    sendable,
    settle_claim,
)
from tracker.settings import Workspace, instance_in
from tracker.store.database import writing
from tracker.store.queries import approved_recipients
from tracker.store.tables import ApplicantRow, OutboxRow, RequestRow

_log = logging.getLogger(__name__)


def send_due(workspace: Workspace, now: datetime, clock: Clock, is_stopping: Callable[[], bool]) -> int:
    """Send every approved letter whose time has come and whose caps allow it; returns how many went out."""
    expire(workspace, now)
    sent = 0
    for request in sendable(workspace, ChannelKind.EMAIL, now):
        if is_stopping():
            break
        try:
            claimed = _claim(workspace, request, now)
        except UserError:  # an account or a template is missing: that letter waits, the others go out
            _log.error("letter_not_sendable", extra={"request": request.reference})
            continue
        if claimed:
            receipt = _send(workspace, claimed, clock)
            _record(workspace, claimed, receipt)
            sent += receipt.result is SendResult.ACCEPTED
    return sent


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send one letter once; held by whoever made the conditional UPDATE."""

    request: RequestRow
    outbox: OutboxRow
    letter: OutboundMessage
    approved: frozenset[str]


def _claim(workspace: Workspace, request: RequestRow, now: datetime) -> Claim | None:
    """Write the outbox row with the final bytes, then claim it; None if a cap or a back-off says wait."""
    with writing(workspace.engine) as session:
        applicant = session.get_one(ApplicantRow, request.applicant)
        workspace.account(applicant.mailbox)  # without one nothing may be claimed
        if not may_send(session, workspace, request, applicant.mailbox, host_of(request.address), now):
            return None
        row = outbox_row(session, request.reference)
        row_id = (row or _write_letter(session, workspace, request, applicant, now)).id
    with writing(workspace.engine) as session:
        row = claim(session, request, row_id, now)
        if row is None:
            return None
        approved = approved_recipients(session)
        letter = OutboundMessage(
            request.reference,
            row.step,
            row.mailbox,
            row.recipient,
            row.message_id,
            workspace.evidence.read(row.raw_sha256),
        )
        session.flush()
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
        host=host_of(request.address),
        message_id=letter.message_id,
        raw_sha256=workspace.evidence.keep(session, letter.raw, "message/rfc822", now),
        status="queued",
        not_before=now,
    )
    session.add(row)
    session.flush()
    return row


def _send(workspace: Workspace, claimed: Claim, clock: Clock) -> SendReceipt:
    account = workspace.account(claimed.letter.sender).smtp
    if workspace.settings.mode is Mode.REHEARSAL and not is_loopback(account.host):
        return SendReceipt(
            claimed.letter.request,
            claimed.letter.step,
            SendResult.DEFERRED,
            clock(),
            text="rehearsal sends only to 127.0.0.1",
        )
    (receipt,) = send_batch(account, [claimed.letter], claimed.approved, clock)
    return receipt


def _record(workspace: Workspace, claimed: Claim, receipt: SendReceipt) -> None:
    with writing(workspace.engine) as session:
        row = session.get_one(OutboxRow, claimed.outbox.id)
        answer = f"{receipt.code or ''} {receipt.text}".strip()
        payload: dict[str, object] = {"code": receipt.code} if receipt.code else {}
        # a letter that was altered is our own affair, and no finding about the unit
        is_ours = receipt.text == NOT_APPROVED
        settle_claim(
            session, claimed.request, row, receipt.result, receipt.at, answer, payload, is_ours=is_ours
        )
