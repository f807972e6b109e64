"""Which applicant asks which unit what, through which channel and when.

Everything drawn is a hash of the seed and of what it is drawn for, so the order of the rows
does not matter and a unit that joins later changes nobody else's draw.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from itertools import chain

from tracker.domain.bookings import Bookings
from tracker.domain.calendar import WorkingCalendar
from tracker.domain.drafts import Draft, drafts_of, draw, is_active
from tracker.domain.rounds import (
    Applicant,
    PinMisplaced,
    PinOutsideWindow,
    Pins,
    PlanningError,
    RoundPlan,
    TooFewApplicants,
    WindowPast,
    WindowTooSmall,
)
from tracker.domain.terms import SHANGHAI, Channel, PlannedRequest, Question, RequestKind, Unit, local_date

__all__ = ["PlanningError", "spread_requests"]


def spread_requests(
    plan: RoundPlan,
    units: Iterable[Unit],
    channels: Sequence[Channel],
    applicants: Sequence[Applicant],
    questions: Sequence[Question],
    calendar: WorkingCalendar,
    *,
    seed: int,
    already: Sequence[PlannedRequest] = (),
    drafted: Mapping[tuple[str, RequestKind], str] | None = None,
    pins: Pins | None = None,
    not_sent: Collection[str] = (),
    not_before: datetime | None = None,
) -> list[PlannedRequest]:
    """The requests of the plan that are not `already` there, by reference; none of those moves.

    One for each kind and each unit that belongs to the round on its first day of sending, which is
    `starts_on` or, later, the day of `not_before`. `not_sent` are the references among `already`
    that never went out: they are planned anew under a new reference. `drafted` are the references by
    which an earlier plan, approved by nobody, called what is planned again here. A pinned request gets its
    applicant and time whatever the caps say. A unit without an announced channel gets a request
    without one, which is a finding. Raises `PlanningError`, and `CalendarGap` if the window runs
    past the last holiday notice.
    """
    pins = pins or {}
    standing = [request for request in already if request.reference not in not_sent]
    window = list(_slots(plan, calendar))
    slots = [slot for slot in window if not_before is None or slot >= not_before]
    first_day = max(plan.starts_on, local_date(not_before)) if not_before else plan.starts_on
    active = [unit for unit in units if is_active(unit, first_day)]
    drafts = drafts_of(plan, active, channels, questions, seed, already, standing, drafted or {})
    _check_applicants(plan, applicants, drafts, standing, pins)
    _check_pinned_days(plan, drafts, pins, calendar)
    if window and not slots and any((draft.unit.unit_id, draft.kind) not in pins for draft in drafts):
        raise WindowPast(plan.ends_on)
    bookings = Bookings(plan, channels, standing)
    planner = _Planner(plan, applicants, slots, seed)
    return sorted(planner.plan(drafts, bookings, pins), key=lambda request: request.reference)


def _check_applicants(
    plan: RoundPlan,
    applicants: Sequence[Applicant],
    drafts: Iterable[Draft],
    standing: Iterable[PlannedRequest],
    pins: Pins,
) -> None:
    if len(applicants) < len(plan.kinds):
        raise TooFewApplicants(len(applicants), len(plan.kinds))
    wanted = {(draft.unit.unit_id, draft.kind) for draft in drafts}
    wanted |= {(request.unit_id, request.kind) for request in standing}
    codes = {applicant.code for applicant in applicants}
    for (unit_id, kind), pin in pins.items():
        if (unit_id, kind) not in wanted or pin.applicant not in codes:
            raise PinMisplaced(unit_id, kind, pin.applicant)


def _check_pinned_days(
    plan: RoundPlan, drafts: Iterable[Draft], pins: Pins, calendar: WorkingCalendar
) -> None:
    """A pin chooses among the days on which the round sends at all."""
    for draft in drafts:
        if pin := pins.get((draft.unit.unit_id, draft.kind)):
            day = local_date(pin.planned_at)
            if not plan.starts_on <= day <= plan.ends_on or not calendar.is_working_day(day):
                raise PinOutsideWindow(draft.unit.unit_id, draft.kind, day)


class _Planner:
    """Gives drafts an applicant and a time."""

    def __init__(
        self, plan: RoundPlan, applicants: Sequence[Applicant], slots: Sequence[datetime], seed: int
    ) -> None:
        self._codes = [applicant.code for applicant in applicants]
        self._expires_after = timedelta(days=plan.expires_after_days)
        self._slots, self._seed = slots, seed

    def plan(self, drafts: Sequence[Draft], bookings: Bookings, pins: Pins) -> list[PlannedRequest]:
        pinned = []
        for draft in drafts:
            if pin := pins.get((draft.unit.unit_id, draft.kind)):
                pinned.append(self._request(draft, pin.applicant, pin.planned_at))
                bookings.add(pinned[-1])
        free = [draft for draft in drafts if (draft.unit.unit_id, draft.kind) not in pins]
        if free and not self._slots:
            raise WindowTooSmall(0, len(free))
        placed = self._place([draft for draft in free if draft.channel], bookings)
        return [*pinned, *placed, *self._findings([draft for draft in free if not draft.channel], bookings)]

    def _place(self, drafts: Sequence[Draft], bookings: Bookings) -> list[PlannedRequest]:
        """Spread over the window; where that leaves some out, packed from its beginning."""
        most = 0
        for wishes in (self._spread(drafts), self._packed(drafts)):
            tried = deepcopy(bookings)
            placed = [request for draft, first in wishes if (request := self._book(draft, first, tried))]
            if len(placed) == len(drafts):
                for request in placed:
                    bookings.add(request)
                return placed
            most = max(most, len(placed))
        raise WindowTooSmall(most, len(drafts))

    def _spread(self, drafts: Sequence[Draft]) -> Iterator[tuple[Draft, int]]:
        """Each draft with a slot drawn from its own equal part of the window."""
        for place, draft in enumerate(sorted(drafts, key=self._rank)):
            share = len(self._slots) / len(drafts)
            yield draft, int((place + draw(self._seed, "time", draft.unit.unit_id, draft.kind)) * share)

    def _packed(self, drafts: Sequence[Draft]) -> Iterator[tuple[Draft, int]]:
        """The busiest hosts first: their hourly cap leaves them the fewest slots."""
        busy = Counter(draft.host for draft in drafts if draft.host)
        for draft in sorted(drafts, key=lambda draft: (-busy[draft.host], self._rank(draft))):
            yield draft, 0

    def _rank(self, draft: Draft) -> float:
        return draw(self._seed, "order", draft.unit.unit_id, draft.kind)

    def _book(self, draft: Draft, first: int, bookings: Bookings) -> PlannedRequest | None:
        """Take the first slot from `first` on, and round again, that suits unit, host and an applicant."""
        for slot in chain(self._slots[first:], self._slots[:first]):
            day = local_date(slot)
            if is_active(draft.unit, day) and bookings.have_room(draft.unit.unit_id, draft.host, slot):
                rested = [code for code in self._codes if bookings.has_day_left(code, day)]
                if applicant := self._applicant(rested, draft, bookings):
                    request = self._request(draft, applicant, slot)
                    bookings.add(request)
                    return request
        return None

    def _applicant(self, codes: Iterable[str], draft: Draft, bookings: Bookings) -> str | None:
        unit_id = draft.unit.unit_id

        def rank(code: str) -> tuple[int, int, float]:
            drawn = draw(self._seed, "applicant", unit_id, draft.kind, code)
            return (*bookings.burden(code, draft.host), drawn)

        return min((code for code in codes if bookings.may_ask(code, unit_id)), key=rank, default=None)

    def _findings(self, drafts: Iterable[Draft], bookings: Bookings) -> Iterator[PlannedRequest]:
        """Nothing is sent, but the applicant is one who could, should a channel appear."""
        for draft in drafts:
            applicant = self._applicant(self._codes, draft, bookings)
            assert applicant is not None  # _check_applicants: there are as many as kinds
            request = self._request(draft, applicant, self._slots[0])
            bookings.add(request)
            yield request

    def _request(self, draft: Draft, applicant: str, planned_at: datetime) -> PlannedRequest:
        channel = draft.channel
        return PlannedRequest(
            reference=draft.reference,
            kind=draft.kind,
            unit_id=draft.unit.unit_id,
            applicant=applicant,
            channel=channel.channel if channel else None,
            address=channel.address if channel else "",
            question_id=draft.question_id,
            planned_at=planned_at,
            expires_at=planned_at + self._expires_after,
        )


def _slots(plan: RoundPlan, calendar: WorkingCalendar) -> Iterator[datetime]:
    """Every `spacing_minutes` of the sending hours of the window's working days, in UTC."""
    step = timedelta(minutes=plan.spacing_minutes)
    for ordinal in range(plan.starts_on.toordinal(), plan.ends_on.toordinal() + 1):
        day = date.fromordinal(ordinal)
        slot = datetime.combine(day, plan.sends_from, SHANGHAI)
        end = datetime.combine(day, plan.sends_until, SHANGHAI)
        while calendar.is_working_day(day) and slot < end:
            yield slot.astimezone(UTC)
            slot += step
