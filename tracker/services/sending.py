"""What sending by machine shares, letters and forms alike: what is due, the caps, the claim, the record.

An outcome nobody knows is unsettled: a person settles it, no machine ever sends again. Two identical
requests at a government office do more harm than a late one.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from tracker.domain.bookings import host_of
from tracker.domain.rounds import Caps
from tracker.domain.terms import (
    SHANGHAI,
    ChannelKind,
    Event,
    EventKind,
    Mode,
    RequestState,
    SendResult,
)
from tracker.services.rounds import is_held, plan_of, sending_rounds, start_round
from tracker.settings import Workspace, instance_in
from tracker.store.database import reading, writing
from tracker.store.events import record
from tracker.store.queries import approved_in, due_requests, requests_in_state
from tracker.store.tables import MailboxHealthRow, OutboxRow, RequestRow

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


def recover_interrupted(workspace: Workspace, now: datetime) -> int:
    """On start: what was being sent when the process died may or may not have gone out."""
    with writing(workspace.engine) as session:
        rows = session.exec(select(OutboxRow).where(OutboxRow.status == "sending")).all()
        for row in rows:
            row.status = "unsettled"
            session.add(row)
            request = session.get_one(RequestRow, row.request)
            at, why = row.claimed_at or now, {"reason": "interrupted"}
            record(session, [_event(request, row, EventKind.SEND_UNSETTLED, at, now, why)])
    return len(rows)


def expire(workspace: Workspace, now: datetime) -> None:
    """Requests whose time ran out before they could be sent are not sent at all (also those of people)."""
    with reading(workspace.engine) as session:
        if not _expired(session, now):
            return
    with writing(workspace.engine) as session:
        record(session, [_expiry(request, now) for request in _expired(session, now)])


def sendable(workspace: Workspace, channel: ChannelKind, now: datetime) -> list[RequestRow]:
    """Approved requests of a channel whose time has come, oldest first.

    None while a hold is set, or in a workspace that was copied or restored to here.
    """
    with reading(workspace.engine) as session:
        if is_held(session) or instance_in(session, workspace.root) is None:
            return []
        mode = workspace.settings.mode
        due = due_requests(session, channel, now, sending_rounds(session, mode))
        # what a pilot left unsent does not go out with a live supplement to its round
        approved = approved_in(session, mode) if due else frozenset()
        return [one for one in due if one.reference in approved and _mode_allows(workspace, one.address)]


def may_send(
    session: Session, workspace: Workspace, request: RequestRow, mailbox: str, host: str, now: datetime
) -> bool:
    """Whether this request may be claimed now: its back-off is over, its answer would be seen, caps allow it."""
    row = outbox_row(session, request.reference)
    if row and (row.not_before > now or row.instance_id != instance_in(session, workspace.root)):
        return False
    if not _is_watched(session, mailbox):
        return False
    return _caps_allow(session, request, mailbox, host, plan_of(session, request.round).caps, now)


def outbox_row(session: Session, reference: str) -> OutboxRow | None:
    return session.exec(select(OutboxRow).where(OutboxRow.request == reference)).first()


def claim(session: Session, request: RequestRow, row_id: int | None, now: datetime) -> OutboxRow | None:
    """Claim one row for sending; None where another was quicker, or a hold was set. Commit before you send."""
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
    return row


def settle_claim(
    session: Session,
    request: RequestRow,
    row: OutboxRow,
    result: SendResult,
    at: datetime,
    answer: str,
    payload: Mapping[str, object],
    *,
    is_ours: bool = False,
) -> None:
    """Record what became of a claimed row; put off, it is tried again after a while.

    `is_ours`: the fault lies with us, so that the request itself stays approved.
    """
    row.status, row.answer = STATUS_OF[result], answer
    if result is SendResult.DEFERRED:
        row.not_before = at + _BACK_OFF[min(row.attempts, len(_BACK_OFF)) - 1]
    session.add(row)
    kind = EventKind.SEND_DEFERRED if is_ours else _EVENT_OF[result]
    record(session, [_event(request, row, kind, at, at, payload)])
    _log.info("request_sent", extra={"result": result, "channel": request.channel})


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _mode_allows(workspace: Workspace, address: str) -> bool:
    """A pilot reaches only its own recipients: mail addresses, or hosts of sites."""
    mode, host = workspace.settings.mode, host_of(address)
    if mode is Mode.PILOT:
        return bool({address.lower(), host} & workspace.settings.pilot_recipients)
    return mode is Mode.LIVE or is_loopback(host.partition(":")[0]) or host.endswith(_TEST_DOMAINS)


def _event(
    request: RequestRow,
    row: OutboxRow,
    kind: EventKind,
    at: datetime,
    now: datetime,
    payload: Mapping[str, object],
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
    """Nothing goes out for a mailbox that could not be read: its answer would be lost."""
    health = session.get(MailboxHealthRow, mailbox)
    return health is not None and health.last_ok_at is not None


# --- caps -----------------------------------------------------------------------------------------------


def _caps_allow(
    session: Session, request: RequestRow, mailbox: str, host: str, caps: Caps, now: datetime
) -> bool:
    """Whether one more stays within what an account, a unit and a host bear."""
    midnight = midnight_before(now)
    by_account = sent_since(session, midnight, OutboxRow.mailbox == mailbox)
    by_host = sent_since(session, now - timedelta(hours=1), OutboxRow.host == host)
    by_unit = sent_since(session, midnight.replace(day=1), RequestRow.unit_id == request.unit_id)
    return (
        by_account < caps.per_account_per_day
        and by_host < caps.per_host_per_hour
        and by_unit < caps.per_unit_per_month
    )


def midnight_before(now: datetime) -> datetime:
    return now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)


def sent_since(session: Session, since: datetime, *conditions: object) -> int:
    """How many letters and forms went out, or may have, under these conditions."""
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
