"""`tracker check`: what could be verified before a round, and what only the mailbox's owner can."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import select

from tracker.adapters.calendars import load_calendar
from tracker.adapters.country_holidays import compare_with_holidays
from tracker.adapters.imap import MailboxReader, MailboxUnavailable
from tracker.adapters.rules import load_rules
from tracker.adapters.smtp import login_fault
from tracker.domain.terms import RequestKind
from tracker.i18n import _
from tracker.settings import Account, Workspace, instance_of, password_variable
from tracker.store.database import reading
from tracker.store.tables import ApplicantRow


@dataclass(frozen=True, slots=True)
class Finding:
    """`result` is ok, failed, or open: something the program cannot see."""

    subject: str
    result: str
    detail: str

    @property
    def result_word(self) -> str:
        return {"ok": _("ok"), "failed": _("FAILED"), "open": _("for you to check")}[self.result]


def check_workspace(workspace: Workspace, now: datetime) -> list[Finding]:
    """Try everything that can be tried without sending anything."""
    findings = [_identity(workspace), _key(workspace), _calendar(workspace, now)]
    findings += _rules(workspace)
    for account in workspace.accounts.values():
        findings += _mailbox(account)
    return findings + list(_missing_accounts(workspace))


def _identity(workspace: Workspace) -> Finding:
    if instance_of(workspace) is None:
        return Finding(_("workspace"), "failed", _("a copy: it does not send. See `tracker hold --adopt`."))
    return Finding(_("workspace"), "ok", str(workspace.root))


def _key(workspace: Workspace) -> Finding:
    vault = workspace.vault
    with reading(workspace.engine) as session:
        for row in session.exec(select(ApplicantRow)):
            vault.unseal(row.sealed)
    return Finding(_("key"), "ok", "")


def _rules(workspace: Workspace) -> Iterator[Finding]:
    """Before a real round a lawyer confirms every entry of the rules."""
    for kind in RequestKind:
        book = load_rules(f"cn-{kind}", workspace.root)
        unchecked = book.versions[-1].unchecked
        if unchecked:
            yield Finding(
                book.name,
                "open",
                _("no lawyer has confirmed: {entries}").format(entries=", ".join(unchecked)),
            )
        else:
            yield Finding(book.name, "ok", "")


def _calendar(workspace: Workspace, now: datetime) -> Finding:
    calendar = load_calendar("cn", workspace=workspace.root)
    differences = compare_with_holidays(calendar)
    if differences:
        return Finding(_("calendar"), "failed", "; ".join(map(str, differences[:5])))
    detail = _("agrees with the package `holidays`; notices cover days to {last}").format(last=calendar.last)
    if now.date() > calendar.last:
        return Finding(_("calendar"), "open", detail + "; " + _("add the newest notice"))
    return Finding(_("calendar"), "ok", detail)


def _mailbox(account: Account) -> Iterator[Finding]:
    if not account.imap.password:
        yield Finding(
            account.mailbox,
            "failed",
            _("no password: set {variable} or add it to passwords.toml").format(
                variable=password_variable(account.mailbox)
            ),
        )
        return
    yield _incoming(account)
    fault = login_fault(account.smtp)
    yield Finding(f"{account.mailbox} SMTP", "failed" if fault else "ok", fault)
    yield Finding(
        account.mailbox,
        "open",
        _(
            "does the provider show IMAP all mail (not 30 days), and does nothing else move or delete mail here?"
        ),
    )


def _incoming(account: Account) -> Finding:
    reader = MailboxReader(account.imap)
    try:
        folders = [batch.folder for batch in reader.fetch({}, None)]
    except MailboxUnavailable as fault:
        return Finding(f"{account.mailbox} IMAP", "failed", fault.reason)
    finally:
        reader.close()
    return Finding(f"{account.mailbox} IMAP", "ok", ", ".join(folders))


def _missing_accounts(workspace: Workspace) -> Iterator[Finding]:
    with reading(workspace.engine) as session:
        mailboxes = session.exec(select(ApplicantRow.mailbox)).all()
    for mailbox in mailboxes:
        if mailbox not in workspace.accounts:
            yield Finding(
                mailbox, "failed", _("an applicant's mailbox without an [[account]] in tracker.toml")
            )
