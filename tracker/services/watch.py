"""Watching mailboxes: threads fetch bytes into a queue, `keep_batches` writes them down, gaps are facts."""

import json
import logging
import queue
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, select

from tracker.adapters.imap import FetchedBatch, MailboxReader, MailboxUnavailable, Mark
from tracker.clock import Clock
from tracker.domain.terms import Event, EventKind, local_date
from tracker.i18n import _
from tracker.services.canary import notice_canaries
from tracker.services.intake import keep_fetched
from tracker.settings import Account, Workspace
from tracker.store.database import reading, writing
from tracker.store.events import events_of_kind, record
from tracker.store.tables import (
    ApplicantRow,
    MailboxHealthRow,
    MailboxMarkRow,
    MailboxProofRow,
    VanishedMessageRow,
)

_log = logging.getLogger(__name__)
_FIRST_BACK_OFF = timedelta(seconds=30)
_LONGEST_BACK_OFF = timedelta(hours=1)
_PATIENCE = 1.0  # seconds between two looks at the stop event while the queue is full


@dataclass(frozen=True, slots=True)
class Look:
    """A look at a mailbox, or a part of one that `is_open` still: what it brought, or why it failed."""

    mailbox: str
    at: datetime
    batches: tuple[FetchedBatch, ...] = ()
    fault: str = ""
    is_open: bool = False


def look(workspace: Workspace, reader: MailboxReader, account: Account, clock: Clock) -> Iterator[Look]:
    """Fetch everything new, a part for each batch of letters, the last to say how it ended; writes nothing.

    In parts, since a mailbox that was away for long holds more than memory does. The marks come from
    the database each time: what was fetched and could not be kept comes again.
    """
    mailbox, fault = account.mailbox, ""
    quiet: tuple[FetchedBatch, ...] = ()  # folders without news: most looks are one part, one transaction
    try:
        marks, since = _known_of(workspace, account)
        for batch in reader.fetch(marks, since):
            quiet = (*quiet, batch)
            if batch.messages:
                yield Look(mailbox, clock(), quiet, is_open=True)
                quiet = ()
    except MailboxUnavailable as unavailable:
        fault = unavailable.reason
    except Exception as unforeseen:  # a watcher that died would be silence nobody notices: a failed look
        _log.exception("look_failed")
        fault = type(unforeseen).__name__
    yield Look(mailbox, clock(), quiet, fault)


def keep_look(workspace: Workspace, found: Look) -> None:
    """Keep what a look (or a part) brought, its marks and the mailbox's health, in one transaction."""
    with writing(workspace.engine) as session:
        for batch in found.batches:
            keep_fetched(session, workspace, batch.messages, found.at)
            raws = (message.raw for message in batch.messages)
            notice_canaries(session, batch.mailbox, raws, found.at, batch.folder)
            _note_batch(session, batch, found.at)
        if not found.is_open:
            _note_health(session, workspace, found)


def mailbox_faults(workspace: Workspace) -> list[str]:
    """A sentence for each mailbox whose last look failed."""
    with reading(workspace.engine) as session:
        rows = [session.get(MailboxHealthRow, mailbox) for mailbox in workspace.accounts]
    return [
        _("{mailbox}: the mailbox cannot be read: {reason}. See `tracker check`.").format(
            mailbox=row.mailbox, reason=row.fault
        )
        for row in rows
        if row and row.fault
    ]


def _known_of(workspace: Workspace, account: Account) -> tuple[dict[str, Mark], datetime | None]:
    """The marks of a mailbox, and from when on mail is ours.

    Once it was seen, a renumbered or new folder is read from that first look on: neither older
    private mail enters, nor is the first letter in a new junk folder lost.
    """
    with reading(workspace.engine) as session:
        rows = session.exec(select(MailboxMarkRow).where(MailboxMarkRow.mailbox == account.mailbox))
        marks = {
            row.folder: Mark(row.uidvalidity, row.last_uid, frozenset(json.loads(row.missing)))
            for row in rows
        }
        health = session.get(MailboxHealthRow, account.mailbox)
    return marks, account.watch_from or (health.watched_since if health and marks else None)


def _note_batch(session: Session, batch: FetchedBatch, now: datetime) -> None:
    """The mark, the daily proof, and what was listed and never handed over."""
    place: dict[str, Any] = {"mailbox": batch.mailbox, "folder": batch.folder}
    if batch.mark:
        missing = json.dumps(sorted(batch.mark.missing))
        session.merge(MailboxMarkRow(**place, **asdict(batch.mark) | {"missing": missing}))
    session.merge(
        MailboxProofRow(
            **place,
            day=local_date(now),
            uidvalidity=batch.uidvalidity,
            uidnext=batch.uidnext,
            examined_at=now,
        )
    )
    for uid in batch.vanished:
        _log.warning("message_vanished", extra={"uid": uid})
        session.merge(VanishedMessageRow(**place, uidvalidity=batch.uidvalidity, uid=uid, noticed_at=now))


def _note_health(session: Session, workspace: Workspace, found: Look) -> None:
    health = session.get(MailboxHealthRow, found.mailbox) or MailboxHealthRow(
        mailbox=found.mailbox, watched_since=found.at, last_ok_at=None
    )
    if found.fault:
        health.failures, health.fault = health.failures + 1, found.fault
        _log.warning("mailbox_unavailable", extra={"failures": health.failures, "reason": found.fault})
    else:
        _record_gap(session, workspace, health, found.at)
        health.last_ok_at, health.failures, health.fault = found.at, 0, ""
    session.add(health)


def _record_gap(session: Session, workspace: Workspace, health: MailboxHealthRow, now: datetime) -> None:
    since = health.last_ok_at or health.watched_since
    applicant = session.exec(select(ApplicantRow.code).where(ApplicantRow.mailbox == health.mailbox)).first()
    if applicant is None or now - since <= timedelta(hours=workspace.settings.gap_hours):
        return  # before anybody asks from this mailbox no answer can be missed
    record(
        session,
        [
            Event(
                kind=EventKind.WATCH_GAP,
                happened_at=since,
                known_at=now,
                actor="rule:watch",
                payload={"applicant": applicant, "until": now.isoformat()},
                dedupe_key=f"gap:{applicant}:{since.isoformat()}",
            )
        ],
    )


def gaps_of(
    session: Session, workspace: Workspace, until: datetime
) -> dict[str, tuple[tuple[datetime, datetime], ...]]:
    """Per applicant: the gaps on record that began before `until`, and the one still open then."""
    found: dict[str, list[tuple[datetime, datetime]]] = {}
    for event in events_of_kind(session, EventKind.WATCH_GAP):
        if event.happened_at < until:
            gap = (event.happened_at, datetime.fromisoformat(event.payload["until"]))
            found.setdefault(event.payload["applicant"], []).append(gap)
    watched = select(ApplicantRow.code, MailboxHealthRow).where(
        ApplicantRow.mailbox == MailboxHealthRow.mailbox
    )
    for applicant, health in session.exec(watched):
        since = health.last_ok_at or health.watched_since
        if until - since > timedelta(hours=workspace.settings.gap_hours):
            found.setdefault(applicant, []).append((since, until))
    return {applicant: tuple(gaps) for applicant, gaps in found.items()}


class Watcher(threading.Thread):
    """Watches one mailbox until `stop` is set; only fetches bytes into `found`."""

    def __init__(
        self,
        workspace: Workspace,
        account: Account,
        found: "queue.Queue[Look]",
        stop: threading.Event,
        clock: Clock,
        news: threading.Event,
    ) -> None:
        super().__init__(name="watcher", daemon=True)
        self._workspace, self._account = workspace, account
        self._found, self._stop_asked, self._clock, self._news = found, stop, clock, news
        self._reader = MailboxReader(account.imap)

    def run(self) -> None:
        failures = 0
        while not self._stop_asked.is_set():
            for part in look(self._workspace, self._reader, self._account, self._clock):
                self._hand_over(part)
            failures = failures + 1 if part.fault else 0
            self._rest(failures)
        self._reader.close()

    def _hand_over(self, part: Look) -> None:
        """Wait for room: what is not kept yet must not pile up. After a stop nobody takes anything."""
        while not self._stop_asked.is_set():
            with suppress(queue.Full):
                self._found.put(part, timeout=_PATIENCE)
                self._news.set()
                return

    def _rest(self, failures: int) -> None:
        shortest = self._account.provider.shortest_poll_seconds
        if failures:
            back_off = min(_FIRST_BACK_OFF * 2 ** min(failures - 1, 12), _LONGEST_BACK_OFF)
            self._stop_asked.wait(max(shortest, back_off.total_seconds()))
        else:
            seconds = max(shortest, self._workspace.settings.poll_seconds)
            self._reader.wait(seconds, self._stop_asked)
