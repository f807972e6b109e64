"""tracker.toml and the environment -> an open workspace."""

import hashlib
import os
import re
import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, select

from tracker.adapters.files import read_toml
from tracker.adapters.imap import ImapAccount
from tracker.adapters.mounts import unsafe_folder
from tracker.adapters.providers import NAMES, OTHER, Provider, provider_of
from tracker.adapters.smtp import SmtpAccount
from tracker.desk_settings import LAST_PORT, DeskSettings, desk_settings
from tracker.domain.terms import Mode
from tracker.errors import UserError
from tracker.i18n import DEFAULT_LANGUAGE, LANGUAGES, _
from tracker.store.database import open_database, reading, writing
from tracker.store.evidence import EvidenceStore
from tracker.store.secrets import Vault, open_vault, read_private_file
from tracker.store.tables import WorkspaceRow

SETTINGS_FILE = "tracker.toml"
DATABASE_FILE = "tracker.db"
PASSWORD_FILE = "passwords.toml"
_CANARY_OF = {Mode.REHEARSAL: "off", Mode.PILOT: "weekly", Mode.LIVE: "weekly"}
_SECURITY_PORTS = {"imap": {"tls": 993}, "smtp": {"tls": 465, "starttls": 587}}


@dataclass(frozen=True, slots=True)
class Account:
    """How one applicant's mailbox is reached; `provider` says how often it may be."""

    mailbox: str
    imap: ImapAccount
    smtp: SmtpAccount
    watch_from: datetime | None = None
    provider: Provider = OTHER


@dataclass(frozen=True, slots=True)
class Settings:
    """`poll_seconds` between two looks at a mailbox; unwatched for `gap_hours` is a gap.

    `has_canary`: each mailbox writes to itself once a week. `hosts`: where a rehearsal's sites really
    are, by host name: address and port.
    """

    mode: Mode = Mode.REHEARSAL
    language: str = DEFAULT_LANGUAGE
    pilot_recipients: frozenset[str] = frozenset()
    poll_seconds: int = 300
    gap_hours: int = 24
    has_canary: bool = False
    accounts: Mapping[str, Account] | None = None
    hosts: Mapping[str, str] = field(default_factory=dict)
    desk: DeskSettings = field(default_factory=DeskSettings)


@dataclass(frozen=True, slots=True)
class Workspace:
    root: Path
    settings: Settings
    engine: Engine
    evidence: EvidenceStore

    @property
    def vault(self) -> Vault:
        return open_vault(self.root)

    @property
    def accounts(self) -> Mapping[str, Account]:
        return self.settings.accounts or {}

    def account(self, mailbox: str) -> Account:
        try:
            return self.accounts[mailbox]
        except KeyError:
            raise UserError(
                _("{file}: no [[account]] for the mailbox {mailbox}: add one.").format(
                    file=self.root / SETTINGS_FILE, mailbox=mailbox
                )
            ) from None


def find_workspace(start: Path) -> Path:
    """The nearest folder upwards that holds tracker.toml."""
    for folder in (start, *start.parents):
        if (folder / SETTINGS_FILE).exists():
            return folder
    raise UserError(
        _(
            "{folder}: no workspace here or above. Run `tracker init {folder}`, or name one with --workspace."
        ).format(folder=start)
    )


def open_workspace(root: Path) -> Workspace:
    """Open the workspace in `root`. Raises `UserError` for torn settings or an unsafe folder."""
    fault = unsafe_folder(root)
    if fault:
        raise UserError(fault)
    settings = read_settings(root)
    path = root / DATABASE_FILE
    try:
        engine = open_database(path)
    except DatabaseError as error:
        raise UserError(_database_fault(path, str(error.orig))) from None
    return Workspace(root, settings, engine, EvidenceStore(root / "evidence"))


def _database_fault(path: Path, reason: str) -> str:
    if "not a database" in reason or "malformed" in reason:
        return _("{path}: damaged ({reason}): put a backup of the workspace in its place.").format(
            path=path, reason=reason
        )
    return _(
        "{path}: cannot be opened ({reason}): free the space or mend the access, then try again."
    ).format(path=path, reason=reason)


# --- which workspace this is -------------------------------------------------------------------------


def register_workspace(workspace: Workspace, now: datetime) -> str:
    """Give the workspace (or a copy that is adopted) a new identity at this place."""
    instance_id = uuid.uuid4().hex
    with writing(workspace.engine) as session:
        row = session.get(WorkspaceRow, 1) or WorkspaceRow(instance_id="", place="", created_at=now)
        row.instance_id, row.place = instance_id, _place(workspace.root)
        session.add(row)
    return instance_id


def instance_of(workspace: Workspace) -> str | None:
    """The id of this workspace; None if it was copied or restored to here, and so may not send."""
    with reading(workspace.engine) as session:
        return instance_in(session, workspace.root)


def instance_in(session: Session, root: Path) -> str | None:
    row = session.exec(select(WorkspaceRow)).one()
    return row.instance_id if row.place == _place(root) else None


def _place(root: Path) -> str:
    """A copy differs in path or in inode; the same disk in another machine differs in machine id."""
    machine = Path("/etc/machine-id")
    name = machine.read_text() if machine.exists() else os.environ.get("COMPUTERNAME", "")
    database = (root / DATABASE_FILE).resolve()
    return hashlib.sha256(f"{name}\n{database}\n{database.stat().st_ino}".encode()).hexdigest()


# --- tracker.toml ----------------------------------------------------------------------------------


def read_settings(root: Path) -> Settings:
    path = root / SETTINGS_FILE
    entries = read_toml(path)
    unknown = set(entries) - {
        "mode",
        "language",
        "pilot_recipients",
        "poll_seconds",
        "gap_hours",
        "canary",
        "account",
        "hosts",
        "desk",
    }
    if unknown:
        raise UserError(
            _("{path}: unknown setting {names}: correct or remove it.").format(
                path=path, names=", ".join(sorted(unknown))
            )
        )
    accounts = _accounts(root, entries.get("account", []))
    mode = Mode(_choice(path, entries, "mode", [mode.value for mode in Mode], Mode.REHEARSAL))
    canary = _choice(path, entries, "canary", ("weekly", "off"), _CANARY_OF[mode])
    return Settings(
        mode=mode,
        language=_choice(path, entries, "language", LANGUAGES, DEFAULT_LANGUAGE),
        pilot_recipients=frozenset(address.lower() for address in entries.get("pilot_recipients", [])),
        poll_seconds=_positive(path, entries, "poll_seconds", 300),
        gap_hours=_positive(path, entries, "gap_hours", 24),
        has_canary=canary == "weekly",
        accounts={account.mailbox: account for account in accounts},
        hosts=_hosts(path, entries, mode),
        desk=desk_settings(path, entries.get("desk", {}), password_of(root, "oidc")),
    )


def _hosts(path: Path, entries: Mapping[str, Any], mode: Mode) -> Mapping[str, str]:
    hosts: Mapping[str, str] = entries.get("hosts", {})
    if hosts and mode is not Mode.REHEARSAL:
        raise UserError(_("{path}: [hosts] is for rehearsals only: remove it.").format(path=path))
    return hosts


def _choice(path: Path, entries: Mapping[str, Any], name: str, allowed: Any, default: str) -> str:
    value = entries.get(name, default)
    if value not in allowed:
        raise UserError(
            _('{path}: {name} = "{value}" is not one of {allowed}.').format(
                path=path, name=name, value=value, allowed=", ".join(allowed)
            )
        )
    return str(value)


def _positive(path: Path, entries: Mapping[str, Any], name: str, default: int) -> int:
    value = entries.get(name, default)
    if not isinstance(value, int) or value < 1:
        raise UserError(
            _("{path}: {name} = {value}: a whole number above 0 is needed.").format(
                path=path, name=name, value=value
            )
        )
    return value


def _port(path: Path, entries: Mapping[str, Any], name: str, default: int) -> int:
    value = _positive(path, entries, name, default)
    if value > LAST_PORT:
        raise UserError(
            _("{path}: {name} = {value}: ports end at {last}: correct it.").format(
                path=path, name=name, value=value, last=LAST_PORT
            )
        )
    return value


def _accounts(root: Path, tables: Any) -> list[Account]:
    path = root / SETTINGS_FILE
    if not isinstance(tables, list):
        raise UserError(
            _("{path}: write [[account]] in two brackets, one for each mailbox.").format(path=path)
        )
    accounts: list[Account] = []
    for place, table in enumerate(tables, 1):
        account = _account(root, table, place)
        if account.mailbox in [other.mailbox for other in accounts]:
            raise UserError(
                _("{path}: [[account]] no. {place}: {mailbox} stands there twice: remove one.").format(
                    path=path, place=place, mailbox=account.mailbox
                )
            )
        accounts.append(account)
    return accounts


_ACCOUNT_KEYS = {
    "mailbox", "user", "provider", "folders", "also_watch", "watch_from", "idle", "name",
    "imap_host", "imap_port", "imap_security", "smtp_host", "smtp_port", "smtp_security",
}  # fmt: skip


def _account(root: Path, table: Mapping[str, Any], place: int) -> Account:
    path = root / SETTINGS_FILE
    provider = _provider(path, table)
    filled = {"imap_host": provider.imap_host, "smtp_host": provider.smtp_host, **table}
    missing = {key for key in ("mailbox", "imap_host", "smtp_host") if not filled.get(key)}
    unknown = set(table) - _ACCOUNT_KEYS
    if missing or unknown:
        raise UserError(
            _("{path}: [[account]] no. {place}: {faults}.").format(
                path=path, place=place, faults="; ".join(_account_faults(missing, unknown))
            )
        )
    mailbox = str(table["mailbox"]).lower()
    user = table.get("user", mailbox)
    password = password_of(root, mailbox)
    imap_security = _choice(path, table, "imap_security", ("tls", "starttls", "plain"), "tls")
    smtp_security = _choice(
        path, table, "smtp_security", ("tls", "starttls", "plain"), provider.smtp_security
    )
    imap = ImapAccount(
        mailbox=mailbox,
        host=filled["imap_host"],
        port=_port(path, table, "imap_port", _SECURITY_PORTS["imap"].get(imap_security, 143)),
        user=user,
        password=password,
        security=imap_security,  # type: ignore[arg-type]
        folders=_names(path, table, "folders"),
        also_watch=_names(path, table, "also_watch"),
        junk_names=provider.junk_names,
        idle=table.get("idle", provider.is_idle_worth_it),
        trusts_dates=provider.trusts_dates,
    )
    smtp = SmtpAccount(
        host=filled["smtp_host"],
        port=_port(path, table, "smtp_port", _SECURITY_PORTS["smtp"].get(smtp_security, 25)),
        user=user,
        password=password,
        security=smtp_security,  # type: ignore[arg-type]
        local_hostname="localhost.localdomain",
    )
    return Account(mailbox, imap, smtp, _moment(path, table, "watch_from"), provider)


def _account_faults(missing: Collection[str], unknown: Collection[str]) -> Iterator[str]:
    if missing:
        yield _("missing {names}").format(names=", ".join(sorted(missing)))
    if unknown:
        yield _("unknown {names}").format(names=", ".join(sorted(unknown)))


def _provider(path: Path, table: Mapping[str, Any]) -> Provider:
    name = _choice(path, table, "provider", NAMES, "") if "provider" in table else ""
    return provider_of(str(table.get("mailbox", "")), str(table.get("imap_host", "")), name)


def _names(path: Path, table: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = table.get(name, [])
    if isinstance(value, list) and all(isinstance(one, str) and one for one in value):
        return tuple(value)
    raise UserError(
        _('{path}: {name} = {value}: write a list of names: ["INBOX", "垃圾邮件"].').format(
            path=path, name=name, value=value
        )
    )


def _moment(path: Path, entries: Mapping[str, Any], name: str) -> datetime | None:
    value = entries.get(name)
    if value is None or (isinstance(value, datetime) and value.tzinfo):
        return value
    raise UserError(
        _("{path}: {name} = {value}: write a date, a time and an offset: 2026-11-01T00:00:00+08:00.").format(
            path=path, name=name, value=value
        )
    )


def password_variable(mailbox: str) -> str:
    return "TRACKER_PASSWORD_" + re.sub(r"[^A-Z0-9]", "_", mailbox.upper())


def password_of(root: Path, mailbox: str) -> str:
    """From the environment, else from passwords.toml (mode 600); empty where there is none yet."""
    if value := os.environ.get(password_variable(mailbox)):
        return value
    path = root / PASSWORD_FILE
    if not path.exists():
        return ""
    read_private_file(path)
    return str(read_toml(path).get(mailbox, ""))
