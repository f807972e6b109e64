"""The legal clock: from the date of receipt to the due date, with a ledger of every day.

The due date is the last counted line of the ledger; there is no second way to compute it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from tracker.domain.calendar import WorkingCalendar
from tracker.domain.terms import RequestKind


@dataclass(frozen=True, slots=True)
class Rules:
    """Periods in working days, from data/rules/*.toml. `source` names the law for a reader."""

    name: str
    kind: RequestKind
    reply_days: int
    extension_days: int  # at most; 0 where the rules know no extension
    source: str
    veto_months: int = 0  # unanswered for longer fails a website outright; 0 where the rules know no veto
    version: str = ""


class LineReason(StrEnum):
    RECEIPT = "receipt"  # the day of receipt is not counted
    RESTART = "restart"  # the corrected application was received: counted anew from the next day
    PAUSED = "paused"  # third-party opinion: excluded
    WORKING_DAY = "working_day"
    MAKEUP_DAY = "makeup_day"
    WEEKEND = "weekend"
    DAY_OFF = "day_off"


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One day. `count` is the running number of working days after this day."""

    day: date
    reason: LineReason
    count: int
    is_counted: bool
    name: str = ""  # of the day off or make-up day
    is_guess: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """Excluded days: those after `noticed_on` up to and including `ended_on`."""

    noticed_on: date
    ended_on: date

    def covers(self, day: date) -> bool:
        return self.noticed_on < day <= self.ended_on


@dataclass(frozen=True, slots=True)
class Movements:
    """What moved the clock. An extension is (day of the notice, working days it names)."""

    restarted_on: tuple[date, ...] = ()
    extensions: tuple[tuple[date, int], ...] = ()
    pauses: tuple[Pause, ...] = ()


NO_MOVEMENTS = Movements()


@dataclass(frozen=True, slots=True)
class Deadline:
    """`counted_from` is the date of receipt, or of the corrected application after a restart."""

    received_on: date
    counted_from: date
    due_on: date
    working_days: int
    is_provisional: bool
    ledger: tuple[LedgerLine, ...]


def deadline(
    received_on: date,
    rules: Rules,
    calendar: WorkingCalendar,
    movements: Movements = NO_MOVEMENTS,
) -> Deadline:
    """Count the period of `rules` from the date of receipt (Art. 31), day by day.

    The day of receipt is not counted (民诉法 Art. 85). An extension counts only if its notice
    came inside the running period, and only the first (Art. 33). A restart counts anew from the
    receipt of the corrected application (Art. 30), if that came inside the running period.
    Raises `CalendarGap` if the count touches a day that no notice covers.
    """
    ledger = [LedgerLine(received_on, LineReason.RECEIPT, 0, False)]
    day, count, period, counted_from = received_on, 0, rules.reply_days, received_on
    is_extended = False
    while count < period:
        day += timedelta(days=1)
        line = _line(day, count, calendar, movements)
        if line.reason is LineReason.RESTART:
            period, counted_from, is_extended = rules.reply_days, day, False
        count = line.count
        ledger.append(line)
        granted = _extension(day, counted_from, movements, rules)
        if granted and not is_extended:
            period, is_extended = period + granted, True
    return Deadline(received_on, counted_from, day, period, any(x.is_guess for x in ledger), tuple(ledger))


def _line(day: date, count: int, calendar: WorkingCalendar, movements: Movements) -> LedgerLine:
    guess = calendar.is_provisional(day)
    if day in movements.restarted_on:
        return LedgerLine(day, LineReason.RESTART, 0, False, is_guess=guess)
    if any(pause.covers(day) for pause in movements.pauses):
        return LedgerLine(day, LineReason.PAUSED, count, False, is_guess=guess)
    counted = calendar.is_working_day(day)
    reason = LineReason(calendar.reason(day))
    return LedgerLine(day, reason, count + counted, counted, calendar.name_of(day), guess)


def _extension(day: date, counted_from: date, movements: Movements, rules: Rules) -> int:
    """Days granted by a notice given on `day`; one given on the day of receipt counts on the first day."""
    for noticed_on, days in movements.extensions:
        # one from before a restart extended the period that the restart ended
        if counted_from <= noticed_on and max(noticed_on, counted_from + timedelta(days=1)) == day:
            return min(days, rules.extension_days)
    return 0


def pauses_until(notices: Sequence[date], ended_on: date) -> tuple[Pause, ...]:
    """Third-party pauses that nobody ended: each runs until `ended_on`, the reply or today."""
    return tuple(Pause(day, ended_on) for day in notices if day < ended_on)
