"""Where a round stands, for `tracker status`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tracker.domain.terms import ChannelKind, Mode, RequestKind, RoundState, Verdict
from tracker.i18n import _
from tracker.services.health import MailboxHealth, mailboxes_health
from tracker.services.measuring import MeasuredRequest, measure_round, standpoint
from tracker.services.rounds import is_held, only_round, round_state
from tracker.services.tasks import open_tasks
from tracker.settings import Workspace, instance_in
from tracker.store.database import reading
from tracker.store.queries import not_taken_in
from tracker.words import channel_word, state_word, verdict_word


@dataclass(frozen=True, slots=True)
class Overview:
    round: str
    state: RoundState
    mode: Mode
    is_on_hold: bool
    is_copy: bool
    tasks: int
    not_understood: int
    rows: Sequence[MeasuredRequest]
    mailboxes: Sequence[MailboxHealth]
    now: datetime

    @property
    def mode_word(self) -> str:
        return {Mode.REHEARSAL: "演练 / REHEARSAL", Mode.PILOT: "试点 / PILOT", Mode.LIVE: ""}[self.mode]

    def mailbox_rows(self) -> list[tuple[object, ...]]:
        return [(row.mailbox, self._age(row), row.fault) for row in self.mailboxes]

    def request_rows(self) -> list[tuple[object, ...]]:
        return [
            (
                row.request.reference,
                row.unit.name,
                channel_word(ChannelKind(row.request.channel)) if row.request.channel else "",
                state_word(row.measurement.state),
                _due_word(row),
                row.measurement.replied_on,
                row.measurement.response_days,
                verdict_word(row.measurement.verdict),
            )
            for row in self.rows
        ]

    def warnings(self) -> list[str]:
        found = []
        if self.is_copy:
            found.append(_("This workspace is a copy and does not send. See `tracker hold --adopt`."))
        if self.is_on_hold:
            found.append(_("On hold: nothing is sent until `tracker hold --release`."))
        if self.not_understood:
            found.append(
                _("{count} messages are kept but could not be understood: see the daemon's log.").format(
                    count=self.not_understood
                )
            )
        if self.tasks:
            found.append(_("{count} tasks wait for a person: `tracker task list`.").format(count=self.tasks))
        if any(row.measurement.is_provisional for row in self.rows):
            found.append(_("Some due dates are provisional: no holiday notice covers them yet."))
        return found

    def as_json(self, every: bool) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "round": self.round,
            "state": self.state,
            "mode": self.mode,
            "on_hold": self.is_on_hold,
            "copy": self.is_copy,
            "tasks": self.tasks,
            "not_understood": self.not_understood,
            "verdicts": Counter(row.measurement.verdict for row in self.rows),
            "mailboxes": [row.as_json() for row in self.mailboxes],
        }
        if every:
            shown["requests"] = [_request_json(row) for row in self.rows]
        return shown

    def _age(self, row: MailboxHealth) -> str:
        if row.last_ok_at is None:
            return _("never")
        ago = self.now - row.last_ok_at
        if ago < timedelta(hours=2):
            return _("{minutes} minutes ago").format(minutes=int(ago.total_seconds() // 60))
        if ago < timedelta(days=2):
            return _("{hours} hours ago").format(hours=int(ago.total_seconds() // 3600))
        return _("{days} days ago").format(days=ago.days)


def verdict_rows(rows: Sequence[MeasuredRequest]) -> list[tuple[object, ...]]:
    """How many requests of each kind have each verdict; verdicts that none has are left out."""
    counted = Counter((row.measurement.verdict, row.request.kind) for row in rows)
    return [
        (verdict_word(verdict), *(counted[verdict, kind] for kind in RequestKind))
        for verdict in Verdict
        if any(counted[verdict, kind] for kind in RequestKind)
    ]


def overview_of(workspace: Workspace, round_name: str | None, now: datetime) -> Overview:
    name = only_round(workspace, round_name)
    with reading(workspace.engine) as session:
        return Overview(
            round=name,
            state=round_state(session, name),
            mode=workspace.settings.mode,
            is_on_hold=is_held(session),
            is_copy=instance_in(session, workspace.root) is None,
            tasks=len(open_tasks(session, workspace, now)),
            not_understood=len(not_taken_in(session)),
            rows=measure_round(session, workspace, name, standpoint(now)),
            mailboxes=mailboxes_health(session, workspace, now),
            now=now,
        )


def _due_word(row: MeasuredRequest) -> str:
    due_on = row.measurement.due_on
    if due_on is None:
        return ""
    return f"{due_on}" + (" " + _("(provisional)") if row.measurement.is_provisional else "")


def _request_json(row: MeasuredRequest) -> dict[str, Any]:
    measured = row.measurement
    return {
        "reference": row.request.reference,
        "unit": row.unit.name,
        "unit_id": row.unit.unit_id,
        "kind": row.request.kind,
        "channel": row.request.channel,
        "state": measured.state,
        "received_on": measured.received_on,
        "due_on": measured.due_on,
        "provisional": measured.is_provisional,
        "replied_at": measured.reply.at if measured.reply else None,
        "response_days": measured.response_days,
        "outcome": measured.outcome,
        "verdict": measured.verdict,
        "summary": measured.summary,
        "reason": measured.reason,
    }
