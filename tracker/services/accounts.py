"""Who may use the desk: accounts, visits (sessions) and the throttle on logins."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from tracker.errors import UserError
from tracker.i18n import _
from tracker.settings import Workspace
from tracker.store.database import reading, writing
from tracker.store.desk_tables import AccountRow, FailedLoginRow, VisitRow

SHORTEST_PASSWORD = 12  # characters; length is what counts (NIST SP 800-63B)
IDLE, LONGEST_VISIT = timedelta(hours=4), timedelta(hours=12)
_SEEN_EVERY = timedelta(minutes=5)  # a write for every page would prove no more
_THROTTLE_SPAN = timedelta(minutes=15)
_MOST_PER_NAME, _MOST_PER_ADDRESS = 5, 50
_SUBJECT = re.compile(r"https?://\S+[^\s/] \S+")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")


class Role(StrEnum):
    LEAD = "lead"  # everything, and alone the applicants' identity
    REVIEWER = "reviewer"  # codes, assigns, does people's tasks
    OBSERVER = "observer"  # looks on


@dataclass(frozen=True, slots=True)
class Visit:
    """Who is at the desk. `form_token` has to come back with every form."""

    account: str
    role: Role
    form_token: str

    @property
    def actor(self) -> str:
        return f"person:{self.account}"


class LoginThrottled(Exception):
    """Too many failed logins of one name or from one address; `seconds` until the next may be tried."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"throttled for {seconds} s")
        self.seconds = seconds


def add_account(
    workspace: Workspace,
    name: str,
    role: Role,
    password: str | None,
    now: datetime,
    subject: str | None = None,
) -> None:
    """Without a password only the identity provider opens it; see `link_account` for `subject`."""
    if not _NAME.fullmatch(name):
        raise UserError(
            _("{name}: an account's name has small letters, digits, dots and hyphens.").format(name=name)
        )
    hashed = "" if password is None else _hash(password)
    with writing(workspace.engine) as session:
        if session.get(AccountRow, name):
            raise UserError(
                _("{name}: this account exists. `tracker account password {name}` changes it.").format(
                    name=name
                )
            )
        _check_subject(session, name, subject)
        session.add(AccountRow(name=name, role=role, password=hashed, subject=subject, created_at=now))


def link_account(workspace: Workspace, name: str, subject: str, now: datetime) -> None:
    """From now on it opens for whom the identity provider knows as `subject` ("issuer subject").

    Whoever is logged in is logged out. Raises `UserError` where the subject belongs to another account.
    """
    with writing(workspace.engine) as session:
        row = _account(session, name)
        _check_subject(session, name, subject)
        row.subject = subject
        session.add(row)
        _end_visits(session, name, now)


def _check_subject(session: Session, name: str, subject: str | None) -> None:
    if subject is not None and not _SUBJECT.fullmatch(subject):
        raise UserError(
            _("{subject}: write the issuer's address and the subject, as 'https://id.example 4711'.").format(
                subject=subject
            )
        )
    query = select(AccountRow.name).where(AccountRow.subject == subject, AccountRow.name != name)
    other = session.exec(query).first() if subject else None
    if other:
        raise UserError(_("{subject}: this is {name} already.").format(subject=subject, name=other))


def account_vouched_for(session: Session, subject: str) -> str | None:
    """The open account that is linked with a subject; None where there is none."""
    query = select(AccountRow.name).where(AccountRow.subject == subject, col(AccountRow.closed_at).is_(None))
    return session.exec(query).first()


def change_password(workspace: Workspace, name: str, password: str, now: datetime) -> None:
    """Whoever is logged in by the old one is logged out."""
    hashed = _hash(password)
    with writing(workspace.engine) as session:
        row = _account(session, name)
        row.password = hashed
        session.add(row)
        _end_visits(session, name, now)


def close_account(workspace: Workspace, name: str, now: datetime) -> None:
    """Its name stays: what it decided is on record under it."""
    with writing(workspace.engine) as session:
        row = _account(session, name)
        row.closed_at = now
        session.add(row)
        _end_visits(session, name, now)


def accounts(session: Session) -> list[AccountRow]:
    return list(session.exec(select(AccountRow).order_by(AccountRow.name)))


def _account(session: Session, name: str) -> AccountRow:
    row = session.get(AccountRow, name)
    if row is None:
        raise UserError(_("{name}: no such account. `tracker account list` shows them.").format(name=name))
    return row


def _hash(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise UserError(
            _("The password is too short: at least {least} characters.").format(least=SHORTEST_PASSWORD)
        )
    return _hasher().hash(password)


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


# --- visits ---------------------------------------------------------------------------------------------


def log_in(workspace: Workspace, name: str, password: str, address: str, now: datetime) -> str | None:
    """Begin a visit; returns its token, None for a wrong name or password. Raises `LoginThrottled`."""
    with reading(workspace.engine) as session:
        _refuse_throttled(session, name, address, now)
        row = session.get(AccountRow, name)
    if not _fits(row, password):
        with writing(workspace.engine) as session:
            session.execute(delete(FailedLoginRow).where(col(FailedLoginRow.at) < now - _THROTTLE_SPAN))
            session.add(FailedLoginRow(name=name[:80], address=address, at=now))
        return None
    return begin_visit(workspace, name, now)


def begin_visit(workspace: Workspace, name: str, now: datetime) -> str:
    """Always a new token: one that was known before the login is worth nothing after it."""
    token = secrets.token_urlsafe(32)
    with writing(workspace.engine) as session:
        session.execute(delete(FailedLoginRow).where(col(FailedLoginRow.name) == name))
        session.add(
            VisitRow(
                token_sha256=_digest(token),
                account=name,
                form_token=secrets.token_urlsafe(24),
                begun_at=now,
                seen_at=now,
            )
        )
    return token


def visit_of(workspace: Workspace, token: str, now: datetime) -> Visit | None:
    """Who holds `token`; None where the visit has ended, or its account was closed."""
    with reading(workspace.engine) as session:
        row = session.get(VisitRow, _digest(token))
        if row is None or row.ended_at or now - row.seen_at > IDLE or now - row.begun_at > LONGEST_VISIT:
            return None
        account = session.get_one(AccountRow, row.account)
        visit = Visit(account.name, Role(account.role), row.form_token)
        is_closed, seen_at = account.closed_at is not None, row.seen_at
    if is_closed:
        return None
    if now - seen_at > _SEEN_EVERY:
        with writing(workspace.engine) as session:
            row = session.get_one(VisitRow, _digest(token))
            row.seen_at = now
            session.add(row)
    return visit


def log_out(workspace: Workspace, token: str, now: datetime) -> None:
    with writing(workspace.engine) as session:
        if row := session.get(VisitRow, _digest(token)):
            row.ended_at = now
            session.add(row)


def _fits(row: AccountRow | None, password: str) -> bool:
    """A name that is none costs as much time as a wrong password, so that names cannot be found out."""
    hashed = row.password if row and row.password and not row.closed_at else _decoy()
    try:
        return _hasher().verify(hashed, password) and hashed != _decoy()
    except VerificationError:
        return False


@cache
def _decoy() -> str:
    return _hasher().hash(secrets.token_urlsafe(16))


def _refuse_throttled(session: Session, name: str, address: str, now: datetime) -> None:
    for column, value, most in (
        (FailedLoginRow.name, name, _MOST_PER_NAME),
        (FailedLoginRow.address, address, _MOST_PER_ADDRESS),
    ):
        query = select(func.count(), func.min(FailedLoginRow.at)).where(
            column == value, col(FailedLoginRow.at) > now - _THROTTLE_SPAN
        )
        count, oldest = session.exec(query).one()
        if count >= most and oldest is not None:
            raise LoginThrottled(int((oldest + _THROTTLE_SPAN - now).total_seconds()) + 1)


def _end_visits(session: Session, name: str, now: datetime) -> None:
    for row in session.exec(
        select(VisitRow).where(VisitRow.account == name, col(VisitRow.ended_at).is_(None))
    ):
        row.ended_at = now
        session.add(row)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
