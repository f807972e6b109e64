"""Holiday notices that came after the release: checked, filed in the workspace, and what they change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from tracker.adapters.calendars import load_calendar, read_notice, with_notice
from tracker.adapters.files import sha256_of
from tracker.domain.calendar import DayReason, WorkingCalendar
from tracker.domain.terms import Event, EventKind
from tracker.errors import UserError
from tracker.i18n import _
from tracker.services.measuring import measure_round, standpoint
from tracker.settings import Workspace
from tracker.store.database import reading, writing
from tracker.store.events import record
from tracker.store.queries import round_names


@dataclass(frozen=True, slots=True)
class ChangedDay:
    day: date
    before: DayReason
    was_guess: bool
    after: DayReason
    name: str


@dataclass(frozen=True, slots=True)
class ChangedDue:
    """A request whose due date or certainty the notice changed."""

    reference: str
    before: date | None
    after: date | None
    is_provisional: bool


@dataclass(frozen=True, slots=True)
class NoticeReport:
    number: str
    year: int
    last: date
    days: list[ChangedDay]
    due_dates: list[ChangedDue]


def add_notice(workspace: Workspace, name: str, file: Path, actor: str, now: datetime) -> NoticeReport:
    """File a holiday notice into the workspace, and say which days and due dates it changed.

    Raises `UserError` for a notice that is not well-formed, is there already, skips a year or makes the
    calendar contradict itself; nothing is written then.
    """
    notice = read_notice(file)
    before = load_calendar(name, workspace=workspace.root, guess=True)
    if any(notice.notice.number == n.number for each in before.notices.values() for n in each):
        raise UserError(
            _("{path}: the calendar has {number} already: nothing was changed.").format(
                path=file, number=notice.notice.number
            )
        )
    with_notice(name, workspace.root, file)  # refuses what does not fit
    due_before = _due_dates(workspace, now)
    target = workspace.root / "data" / "calendars" / name / f"{notice.notice.issued_on}-{notice.year}.toml"
    if target.exists():
        raise UserError(
            _("{path}: already there: remove it first, or correct issued_on.").format(path=target)
        )
    event = Event(
        EventKind.CALENDAR_CHANGED,
        now,
        now,
        actor,
        payload={
            "calendar": name,
            "notice": notice.notice.number,
            "year": notice.year,
            "sha256": sha256_of(file),
            "file": target.name,
        },
        dedupe_key=f"calendar_changed:{name}:{sha256_of(file)}:{now.isoformat()}",
    )
    with writing(workspace.engine) as session:
        record(session, [event])
        _put(file, target)
    after = load_calendar(name, workspace=workspace.root, guess=True)
    return NoticeReport(
        notice.notice.number,
        notice.year,
        (after.guessed_from or after.last + timedelta(days=1)) - timedelta(days=1),
        _changed_days(before, after),
        _changed_due_dates(due_before, _due_dates(workspace, now)),
    )


def _put(file: Path, target: Path) -> None:
    """Whole or not at all: written beside its place, then renamed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_suffix(".new")
    beside.write_bytes(file.read_bytes())
    beside.rename(target)


def _changed_days(before: WorkingCalendar, after: WorkingCalendar) -> list[ChangedDay]:
    found = []
    day = before.first
    while day <= before.last:
        if before.is_working_day(day) != after.is_working_day(day):
            found.append(
                ChangedDay(
                    day, before.reason(day), before.is_provisional(day), after.reason(day), after.name_of(day)
                )
            )
        day += timedelta(days=1)
    return found


_Due = tuple[date | None, bool]


def _due_dates(workspace: Workspace, now: datetime) -> dict[str, _Due]:
    with reading(workspace.engine) as session:
        return {
            row.request.reference: (row.measurement.due_on, row.measurement.is_provisional)
            for name in round_names(session)
            for row in measure_round(session, workspace, name, standpoint(now))
        }


def _changed_due_dates(before: Mapping[str, _Due], after: Mapping[str, _Due]) -> list[ChangedDue]:
    return [
        ChangedDue(reference, before[reference][0], due_on, is_provisional)
        for reference, (due_on, is_provisional) in after.items()
        if before[reference] != (due_on, is_provisional)
    ]
