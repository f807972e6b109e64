"""The canary: once a week each mailbox writes to itself, and the whole path from SMTP to our records is proved.

Claimed like any letter and sent at most once a week; on its return it is known by its Message-ID, or by the
token in its subject where a provider wrote an id of its own; it is kept, and never read: nobody's answer.
"""

import hashlib
import logging
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from sqlalchemy import update
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from tracker.adapters.calendars import load_calendar
from tracker.adapters.smtp import send_batch
from tracker.clock import Clock
from tracker.domain.terms import SHANGHAI, Mode, OutboundMessage, SendReceipt, SendResult, local_date
from tracker.letters.charsets import decode_header
from tracker.services.raw_headers import message_id, subject
from tracker.services.rounds import is_held
from tracker.services.sending import STATUS_OF, is_loopback
from tracker.settings import Account, Workspace, instance_in
from tracker.store.database import reading, writing
from tracker.store.tables import ApplicantRow, CanaryRow, MailboxHealthRow, RawMessageRow

_log = logging.getLogger(__name__)
_FIRST_HOUR, _LAST_HOUR = 9, 17  # a person writes to oneself by day
_BACK_OFF = timedelta(hours=1)
PATIENCE = timedelta(hours=24)  # then a canary that was sent and did not come is missing
_SUBJECT, _TEXT = "备忘", "本周事项已记下，周末前再看一遍。\n"


@dataclass(frozen=True, slots=True)
class CanaryNews:
    """`state`: waiting, seen, missing, not_sent. `answer`: what our server said to a letter it did not take."""

    state: str
    sent_at: datetime | None = None
    seen_at: datetime | None = None
    folder: str | None = None
    answer: str = ""


def canary_time(mailbox: str, monday: date) -> datetime:
    """When the mailbox writes to itself in the week of `monday`: on a working day, no two alike."""
    digest = hashlib.sha256(f"{mailbox}:{_week(monday)}".encode()).digest()
    day = monday + timedelta(days=digest[0] % 5)
    minutes = int.from_bytes(digest[1:5], "big") % ((_LAST_HOUR - _FIRST_HOUR) * 60)
    return datetime.combine(day, time(_FIRST_HOUR), SHANGHAI) + timedelta(minutes=minutes)


def send_canaries(workspace: Workspace, now: datetime, clock: Clock, is_stopping: Callable[[], bool]) -> None:
    """Send what is due this week; nothing while a hold is set, or from a copied workspace."""
    for account in _due(workspace, now):
        if is_stopping():
            return
        letter = _claim(workspace, account, now)
        if letter:
            (receipt,) = send_batch(account.smtp, [letter], frozenset({account.mailbox}), clock)
            _record(workspace, letter, receipt)


def notice_canaries(
    session: Session, mailbox: str, raws: Iterable[bytes], now: datetime, folder: str | None = None
) -> None:
    """Keep canaries among what was just kept from being read; one found in a `folder` has arrived."""
    known = {row.message_id: row for row in session.exec(select(CanaryRow))}
    by_token = {_token(row.message_id): row for row in known.values()}
    for raw in raws if known else ():
        row = known.get(message_id(raw)) or by_token.get(decode_header(subject(raw)).rpartition(" ")[2])
        if row is None:
            continue
        session.execute(
            update(RawMessageRow)
            .where(col(RawMessageRow.sha256) == hashlib.sha256(raw).hexdigest())
            .where(col(RawMessageRow.taken_in_at).is_(None))
            .values(taken_in_at=now)
        )
        if folder and row.mailbox == mailbox and row.seen_at is None:
            row.seen_at, row.seen_in = now, folder
            session.add(row)


def canary_news(session: Session, now: datetime) -> dict[str, CanaryNews]:
    """By mailbox, how the newest canary fares; one that waits does not hide that the one before is missing."""
    found: dict[str, list[CanaryNews]] = {}
    for row in session.exec(select(CanaryRow).order_by(col(CanaryRow.week).desc())):
        found.setdefault(row.mailbox, []).append(_news(row, now))
    return {mailbox: _telling(news) for mailbox, news in found.items()}


def _telling(news: Sequence[CanaryNews]) -> CanaryNews:
    decided = next((one for one in news if one.state != "waiting"), news[0])
    return news[0] if decided.state == "seen" else decided


def _news(row: CanaryRow, now: datetime) -> CanaryNews:
    if row.seen_at:
        return CanaryNews("seen", row.claimed_at, row.seen_at, row.seen_in)
    is_given_up = row.status == "queued" and row.week != _week_of(now)
    if row.status == "refused" or is_given_up:
        return CanaryNews("not_sent", answer=row.answer)
    is_late = row.status != "queued" and row.claimed_at is not None and now - row.claimed_at > PATIENCE
    return CanaryNews("missing" if is_late else "waiting", row.claimed_at)


# --- sending -------------------------------------------------------------------------------------------


def _due(workspace: Workspace, now: datetime) -> Sequence[Account]:
    if not workspace.settings.has_canary:
        return []
    with reading(workspace.engine) as session:
        if is_held(session) or instance_in(session, workspace.root) is None:
            return []
        return [
            workspace.accounts[mailbox]
            for mailbox in session.exec(select(ApplicantRow.mailbox).order_by(ApplicantRow.mailbox))
            if mailbox in workspace.accounts and _is_due(session, workspace, mailbox, now)
        ]


def _is_due(session: Session, workspace: Workspace, mailbox: str, now: datetime) -> bool:
    host = workspace.accounts[mailbox].smtp.host
    health = session.get(MailboxHealthRow, mailbox)
    is_watched = health is not None and health.last_ok_at is not None
    if not is_watched or (workspace.settings.mode is Mode.REHEARSAL and not is_loopback(host)):
        return False
    row = session.exec(_this_week(mailbox, now)).first()
    is_open = row is None or (row.status == "queued" and row.not_before <= now)
    return is_open and _is_hour(mailbox, now) and _is_working_day(workspace, now)


def _is_working_day(workspace: Workspace, now: datetime) -> bool:
    """On a day off it waits for the next working day of its week, if there is one."""
    return load_calendar("cn", workspace=workspace.root, guess=True).is_working_day(local_date(now))


def _is_hour(mailbox: str, now: datetime) -> bool:
    """A week that began without us is made up for on a later day, yet at the mailbox's own time of day."""
    local = now.astimezone(SHANGHAI)
    planned = canary_time(mailbox, _monday(now))
    return local >= planned and planned.time() <= local.time() and local.hour <= _LAST_HOUR


def _claim(workspace: Workspace, account: Account, now: datetime) -> OutboundMessage | None:
    """The right to send this week's canary; None if somebody else took it, or a hold came."""
    with writing(workspace.engine) as session:
        if session.exec(_this_week(account.mailbox, now)).first() is None:
            session.add(_written(session, workspace, account.mailbox, now))
    with writing(workspace.engine) as session:
        row = session.exec(_this_week(account.mailbox, now)).one()
        claimed = session.execute(
            update(CanaryRow)
            .where(col(CanaryRow.id) == row.id, col(CanaryRow.status) == "queued")
            .values(status="sending", claimed_at=now)
        )
        if claimed.rowcount != 1 or is_held(session):  # type: ignore[attr-defined]
            session.rollback()
            return None
        raw = workspace.evidence.read(row.raw_sha256)
        return OutboundMessage("", "canary", row.mailbox, row.mailbox, row.message_id, raw)


def _written(session: Session, workspace: Workspace, mailbox: str, now: datetime) -> CanaryRow:
    letter = EmailMessage(policy=SMTP)
    letter["From"] = letter["To"] = mailbox
    letter["Date"] = format_datetime(now.astimezone(SHANGHAI))
    letter["Message-ID"] = f"<{uuid.uuid4().hex}@{mailbox.rpartition('@')[2]}>"
    letter["Subject"] = f"{_SUBJECT} {_token(letter['Message-ID'])}"
    letter.set_content(_TEXT, charset="utf-8", cte="base64")
    return CanaryRow(
        mailbox=mailbox,
        week=_week_of(now),
        message_id=letter["Message-ID"],
        raw_sha256=workspace.evidence.keep(session, letter.as_bytes(), "message/rfc822", now),
        status="queued",
        not_before=now,
    )


def _token(identifier: str) -> str:
    """What nobody else writes into a subject: the beginning of the Message-ID."""
    return identifier[1:13]


def _record(workspace: Workspace, letter: OutboundMessage, receipt: SendReceipt) -> None:
    with writing(workspace.engine) as session:
        row = session.exec(select(CanaryRow).where(CanaryRow.message_id == letter.message_id)).one()
        row.status, row.answer = STATUS_OF[receipt.result], f"{receipt.code or ''} {receipt.text}".strip()
        if receipt.result is SendResult.DEFERRED:
            row.not_before = receipt.at + _BACK_OFF
        session.add(row)
    _log.info("canary_sent", extra={"result": receipt.result, "code": receipt.code})


def _this_week(mailbox: str, now: datetime) -> SelectOfScalar[CanaryRow]:
    return select(CanaryRow).where(CanaryRow.mailbox == mailbox, CanaryRow.week == _week_of(now))


def _monday(now: datetime) -> date:
    today = now.astimezone(SHANGHAI).date()
    return today - timedelta(days=today.weekday())


def _week_of(now: datetime) -> str:
    return _week(_monday(now))


def _week(monday: date) -> str:
    year, week, _day = monday.isocalendar()
    return f"{year}-W{week:02}"
