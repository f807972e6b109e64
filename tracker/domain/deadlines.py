"""The legal clock: from the date of receipt to the due date, counted twice.

`count_period` looks the due date up in the calendar's running counts; `keep_ledger` walks from day to
day and gives each its reason. Neither uses the other, and the tests hold them equal: the due date is
the last counted line of the ledger.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from tracker.domain.calendar import WorkingCalendar, add_working_days, count_working_days
from tracker.domain.rules import Rules

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction notice and our answer to it, if there was one (Art. 30)."""

    noticed_on: date
    corrected_on: date | None = None
    days_given: int | None = None


@dataclass(frozen=True, slots=True)
class Extension:
    """An extension notice; `days` None: it names none, so the most the rules allow (Art. 33)."""

    noticed_on: date
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """Excluded days: those after `noticed_on` up to and including `ended_on` (Art. 33)."""

    noticed_on: date
    ended_on: date

    def covers(self, day: date) -> bool:
        return self.noticed_on < day <= self.ended_on


@dataclass(frozen=True, slots=True)
class Course:
    """What moves the clock of one application: each tuple in the order of time, pauses disjoint."""

    received_on: date
    corrections: tuple[Correction, ...] = ()
    extensions: tuple[Extension, ...] = ()
    pauses: tuple[Pause, ...] = ()


@dataclass(frozen=True, slots=True)
class Deadline:
    """`counted_from` is the date of receipt, or of the corrected application after a restart.

    `due_on` is None, and `waiting_since` a day, while the unit waits for a correction.
    """

    received_on: date
    counted_from: date
    working_days: int
    due_on: date | None
    waiting_since: date | None = None


def merge_pauses(pauses: Iterable[Pause]) -> tuple[Pause, ...]:
    """The same excluded days as disjoint pauses in the order of time; a pause of no days is none."""
    merged: list[Pause] = []
    for pause in sorted(pauses, key=lambda pause: (pause.noticed_on, pause.ended_on)):
        if pause.ended_on <= pause.noticed_on:
            continue
        if merged and pause.noticed_on <= merged[-1].ended_on:
            last = merged.pop()
            pause = Pause(last.noticed_on, max(last.ended_on, pause.ended_on))
        merged.append(pause)
    return tuple(merged)


# --- by looking up --------------------------------------------------------------------------------------


def count_period(course: Course, rules: Rules, calendar: WorkingCalendar) -> Deadline:
    """Count the period of `rules` from the date of receipt, which is not counted (民诉法 Art. 85).

    An extension counts only if its notice came inside the running period, and only the first
    (Art. 33). A correction notice inside it stops the clock until the corrected application, from
    which the period counts anew (Art. 30). A pause begun after the due date moves nothing.
    Raises `CalendarGap` if the count touches a day outside the calendar.
    """
    start = course.received_on
    for correction in course.corrections:
        corrected_on = correction.corrected_on
        if corrected_on and corrected_on <= start:
            continue
        if correction.noticed_on > _end(start, course, rules, calendar)[1]:
            break
        if corrected_on is None:
            since = max(correction.noticed_on, start)
            return Deadline(course.received_on, start, rules.reply_days, None, since)
        start = corrected_on
    period, due_on = _end(start, course, rules, calendar)
    return Deadline(course.received_on, start, period, due_on)


def _end(start: date, course: Course, rules: Rules, calendar: WorkingCalendar) -> tuple[int, date]:
    """The period in working days, and its last day, for a count from `start`."""
    period = rules.reply_days
    due_on = _last_day(start, period, course.pauses, calendar)
    for extension in course.extensions:
        # one from before a restart extended the period that the restart ended
        if start <= extension.noticed_on <= due_on:
            period += granted_days(extension, rules)
            return period, _last_day(start, period, course.pauses, calendar)
    return period, due_on


def granted_days(extension: Extension, rules: Rules) -> int:
    """Working days that an extension adds: what it names, at most what the rules allow."""
    return rules.extension_days if extension.days is None else min(extension.days, rules.extension_days)


def _last_day(start: date, period: int, pauses: tuple[Pause, ...], calendar: WorkingCalendar) -> date:
    due_on = add_working_days(start, period, calendar)
    excluded = 0
    for pause in pauses:
        if pause.noticed_on >= due_on:
            break
        if pause.ended_on > start:
            excluded += count_working_days(max(pause.noticed_on, start), pause.ended_on, calendar)
            due_on = add_working_days(start, period + excluded, calendar)
    return due_on


def response_days(deadline: Deadline, course: Course, day: date, calendar: WorkingCalendar) -> int:
    """Working days from `counted_from` to `day`, less those on which the clock stood; never below 0."""
    start, end = deadline.counted_from, day
    if deadline.waiting_since is not None:
        end = min(day, deadline.waiting_since)
    if end <= start:
        return 0
    excluded = sum(
        count_working_days(max(pause.noticed_on, start), min(pause.ended_on, end), calendar)
        for pause in course.pauses
        if pause.noticed_on < end and pause.ended_on > start
    )
    return count_working_days(start, end, calendar) - excluded


# --- by walking -----------------------------------------------------------------------------------------


class LineReason(StrEnum):
    RECEIPT = "receipt"  # the day of receipt is not counted
    RESTART = "restart"  # the corrected application was received: counted anew from the next day
    WAITING = "waiting"  # the unit waits for a correction
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
class Ledger:
    """`lines` end with the due date; `overrun` goes on from there to the day of the answer."""

    lines: tuple[LedgerLine, ...]
    overrun: tuple[LedgerLine, ...] = ()


def keep_ledger(course: Course, rules: Rules, calendar: WorkingCalendar, until: date | None = None) -> Ledger:
    """Every day from the date of receipt to the due date and, if that was passed, on to `until`.

    While the unit waits for a correction there is no due date: the ledger then ends on `until`.
    Raises `CalendarGap` as `count_period` does.
    """
    walk = _Walk(course, rules, calendar)
    while not walk.is_over and (walk.is_due_certain or (until is not None and walk.day < until)):
        walk.step()
    lines = tuple(walk.lines)
    while until is not None and walk.day < until:
        walk.lines.append(walk.next_line())
    return Ledger(lines, tuple(walk.lines[len(lines) :]))


class _Walk:
    """One day after the other, as a clerk would count on the printed calendar."""

    def __init__(self, course: Course, rules: Rules, calendar: WorkingCalendar) -> None:
        self._course, self._rules, self._calendar = course, rules, calendar
        self.day, self._count, self._period = course.received_on, 0, rules.reply_days
        self._is_extended = False
        self._waits_for: list[Correction] = []
        guess = calendar.is_provisional(self.day)
        self.lines = [LedgerLine(self.day, LineReason.RECEIPT, 0, False, is_guess=guess)]
        self._take_notices()

    @property
    def is_over(self) -> bool:
        return not self._waits_for and self._count == self._period

    @property
    def is_due_certain(self) -> bool:
        """Whether the period will end by itself: not while an unanswered notice stops it."""
        return all(correction.corrected_on for correction in self._waits_for)

    def step(self) -> None:
        line = self.next_line()
        self.lines.append(line)
        self._take_notices()

    def next_line(self) -> LedgerLine:
        self.day += _ONE_DAY
        day, calendar = self.day, self._calendar
        guess = calendar.is_provisional(day)
        if self._waits_for:
            return LedgerLine(day, LineReason.WAITING, self._count, False, is_guess=guess)
        if any(pause.covers(day) for pause in self._course.pauses):
            return LedgerLine(day, LineReason.PAUSED, self._count, False, is_guess=guess)
        counted = calendar.is_working_day(day)
        self._count += counted
        reason = LineReason(calendar.reason(day))
        return LedgerLine(day, reason, self._count, counted, calendar.name_of(day), guess)

    def _take_notices(self) -> None:
        """What was said until this day takes effect after it."""
        given = [each for each in self._course.corrections if each.noticed_on <= self.day]
        self._waits_for = [each for each in given if not each.corrected_on or each.corrected_on > self.day]
        if any(correction.corrected_on == self.day for correction in given):
            self._restart()
        for extension in self._course.extensions:
            if extension.noticed_on == self.day and not self._is_extended:
                self._period += granted_days(extension, self._rules)
                self._is_extended = True

    def _restart(self) -> None:
        self._count, self._period, self._is_extended = 0, self._rules.reply_days, False
        line = self.lines[-1]
        if line.reason is not LineReason.RECEIPT:
            self.lines[-1] = replace(line, reason=LineReason.RESTART, count=0, is_counted=False, name="")
