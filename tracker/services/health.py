"""Whether every mailbox is being watched, and the log of it: for `tracker health`, cron and Nagios."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from tracker.domain.terms import EventKind
from tracker.i18n import _
from tracker.services.canary import CanaryNews, canary_news
from tracker.settings import Workspace
from tracker.store.database import reading, writing
from tracker.store.events import events_of_kind
from tracker.store.queries import missing_uids
from tracker.store.tables import (
    ApplicantRow,
    CanaryRow,
    LastTickRow,
    MailboxHealthRow,
    MailboxProofRow,
    VanishedMessageRow,
)

_OLD_TICK = timedelta(minutes=30)  # one letter may take ten minutes to be accepted


_NOTE_EVERY = timedelta(minutes=1)  # a write to the disk every few seconds would prove no more


@dataclass(frozen=True, slots=True)
class MailboxHealth:
    """`age_seconds` since the last good look; `gap_since`: an open gap began then.

    `missing`: by folder, the UIDs of letters that the server has and does not hand over.
    """

    mailbox: str
    last_ok_at: datetime | None
    age_seconds: int | None
    fault: str
    gap_since: datetime | None
    canary: CanaryNews | None
    missing: Mapping[str, Sequence[int]]

    @property
    def is_ill(self) -> bool:
        is_missing = self.canary is not None and self.canary.state in ("missing", "not_sent")
        return self.last_ok_at is None or self.gap_since is not None or is_missing or bool(self.missing)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Health:
    mailboxes: Sequence[MailboxHealth]
    last_tick_at: datetime | None
    now: datetime

    def complaints(self) -> list[str]:
        """A sentence for each thing that is wrong, none where all is well."""
        found = [_complaint(one) for one in self.mailboxes if one.is_ill]
        if self.last_tick_at is None:
            found.append(_("The daemon has never run: start `tracker daemon`."))
        elif self.now - self.last_tick_at > _OLD_TICK:
            minutes = int((self.now - self.last_tick_at).total_seconds() // 60)
            found.append(
                _("The daemon's last tick ended {minutes} minutes ago: restart it.").format(minutes=minutes)
            )
        return found


def note_tick(workspace: Workspace, now: datetime) -> None:
    """Write down that a tick has ended: one that always fails is as silent as a daemon that died."""
    with reading(workspace.engine) as session:
        last = session.get(LastTickRow, 1)
    if last is None or now - last.ended_at >= _NOTE_EVERY:
        with writing(workspace.engine) as session:
            session.merge(LastTickRow(ended_at=now))


def health_of(workspace: Workspace, now: datetime) -> Health:
    with reading(workspace.engine) as session:
        tick = session.get(LastTickRow, 1)
        return Health(mailboxes_health(session, workspace, now), tick.ended_at if tick else None, now)


def without_addresses(health: Health) -> Health:
    """The same for who may not know the applicants: mailboxes by number."""
    numbered = []
    for number, one in enumerate(health.mailboxes, 1):
        name = _("mailbox {number}").format(number=number)
        numbered.append(replace(one, mailbox=name, fault=one.fault.replace(one.mailbox, name)))
    return replace(health, mailboxes=numbered)


def mailboxes_health(session: Session, workspace: Workspace, now: datetime) -> list[MailboxHealth]:
    """One entry for each [[account]], by mailbox."""
    rows = {row.mailbox: row for row in session.exec(select(MailboxHealthRow))}
    news = canary_news(session, now) if workspace.settings.has_canary else {}
    missing = missing_uids(session)
    longest = timedelta(hours=workspace.settings.gap_hours)
    return [
        _mailbox_health(mailbox, rows.get(mailbox), news.get(mailbox), missing.get(mailbox, {}), longest, now)
        for mailbox in sorted(workspace.accounts)
    ]


def coverage_log(workspace: Workspace, now: datetime) -> list[dict[str, Any]]:
    """Gaps, daily proofs, vanished messages and canaries, oldest first; `until` is null while a gap is open."""
    with reading(workspace.engine) as session:
        entries = [
            *_gaps(session, workspace, now),
            *_proofs(session),
            *_vanished(session),
            *_canaries(session),
        ]
    return sorted(entries, key=lambda entry: (entry["at"], entry["entry"], entry["mailbox"]))


def _mailbox_health(
    mailbox: str,
    row: MailboxHealthRow | None,
    news: CanaryNews | None,
    missing: Mapping[str, Sequence[int]],
    longest: timedelta,
    now: datetime,
) -> MailboxHealth:
    faults = [row.fault if row else "", _canary_fault(news), *map(_missing_fault, missing.items())]
    last_ok_at = row.last_ok_at if row else None
    since = (last_ok_at or row.watched_since) if row else None
    return MailboxHealth(
        mailbox=mailbox,
        last_ok_at=last_ok_at,
        age_seconds=int((now - last_ok_at).total_seconds()) if last_ok_at else None,
        fault="; ".join(filter(None, faults)),
        gap_since=since if since and now - since > longest else None,
        canary=news,
        missing=missing,
    )


def _missing_fault(found: tuple[str, Sequence[int]]) -> str:
    folder, uids = found
    return _(
        "{folder}: the server does not hand over {count} messages (UID {uids}): save them by hand and "
        "`tracker import mail` them"
    ).format(folder=folder, count=len(uids), uids=", ".join(map(str, uids)))


def _canary_fault(news: CanaryNews | None) -> str:
    if news and news.state == "missing" and news.sent_at:
        return _("the letter to itself sent on {day} did not arrive").format(day=news.sent_at.date())
    if news and news.state == "not_sent":
        return _("the letter to itself could not be sent: {answer}").format(answer=news.answer)
    return ""


def _complaint(one: MailboxHealth) -> str:
    if one.last_ok_at is None:
        return _("{mailbox}: never read: {reason}. See `tracker check`.").format(
            mailbox=one.mailbox, reason=one.fault or _("no look yet")
        )
    if one.gap_since:
        return _("{mailbox}: not read for {hours} hours: {reason}. See `tracker check`.").format(
            mailbox=one.mailbox, hours=(one.age_seconds or 0) // 3600, reason=one.fault or _("no look since")
        )
    return f"{one.mailbox}: {one.fault}"


# --- the coverage log --------------------------------------------------------------------------------------


def _gaps(session: Session, workspace: Workspace, now: datetime) -> Iterator[dict[str, Any]]:
    mailbox_of = dict(session.exec(select(ApplicantRow.code, ApplicantRow.mailbox)).all())
    for event in events_of_kind(session, EventKind.WATCH_GAP):
        mailbox = mailbox_of[event.payload["applicant"]]
        until = datetime.fromisoformat(event.payload["until"])
        yield {"entry": "gap", "mailbox": mailbox, "at": event.happened_at, "until": until}
    for one in mailboxes_health(session, workspace, now):
        if one.gap_since:
            yield {"entry": "gap", "mailbox": one.mailbox, "at": one.gap_since, "until": None}


def _proofs(session: Session) -> Iterator[dict[str, Any]]:
    for row in session.exec(select(MailboxProofRow)):
        yield {
            "entry": "proof",
            "mailbox": row.mailbox,
            "at": row.examined_at,
            "folder": row.folder,
            "day": row.day,
            "uidvalidity": row.uidvalidity,
            "uidnext": row.uidnext,
        }


def _vanished(session: Session) -> Iterator[dict[str, Any]]:
    for row in session.exec(select(VanishedMessageRow)):
        yield {
            "entry": "vanished",
            "mailbox": row.mailbox,
            "at": row.noticed_at,
            "folder": row.folder,
            "uidvalidity": row.uidvalidity,
            "uid": row.uid,
        }


def _canaries(session: Session) -> Iterator[dict[str, Any]]:
    for row in session.exec(select(CanaryRow).where(col(CanaryRow.claimed_at).is_not(None))):
        yield {
            "entry": "canary",
            "mailbox": row.mailbox,
            "at": row.claimed_at,
            "seen_at": row.seen_at,
            "folder": row.seen_in,
            "status": row.status,
        }
