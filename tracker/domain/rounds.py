"""What a lead decides about a round before it starts, and who takes part."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time

from tracker.domain.readings import AS_USUAL, Choices
from tracker.domain.terms import Channel, Question, RequestKind, Unit


@dataclass(frozen=True, slots=True)
class Caps:
    """The most that is sent. Above 10 a month and unit, fees may be asked (国办函〔2020〕109号)."""

    per_account_per_day: int = 20
    per_unit_per_month: int = 2
    per_host_per_hour: int = 12


@dataclass(frozen=True, slots=True)
class Coding:
    """[coding] of round.toml: how reviewers code messages at the desk.

    `coders`: how many different people code each message. `is_blind`: nobody sees the machine's reading
    or the other's codes before the own vote.
    """

    instrument: str = "evaluation"
    coders: int = 1
    is_blind: bool = False


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """round.toml. Requests are sent from `starts_on` to `ends_on`; the round closes on `closes_on`.

    `readings` says by which reading of the law results are shown; the others are computed as well.
    `sends_from` and `sends_until` are wall time in Asia/Shanghai. A request not sent
    `expires_after_days` (calendar days) after its time is not sent at all. `seed` None: not yet drawn.
    A person looks at every machine reading whose confidence is less than `review_below`.
    """

    name: str
    title: str
    kinds: tuple[RequestKind, ...]
    starts_on: date
    ends_on: date
    closes_on: date
    rules: Mapping[RequestKind, str]
    templates: Mapping[RequestKind, str]
    seed: int | None = None
    calendar: str = "cn"
    readings: Choices = AS_USUAL
    authorisation: str = ""
    caps: Caps = Caps()
    spacing_minutes: int = 3
    sends_from: time = time(9)
    sends_until: time = time(17)
    grace_days: int = 5
    expires_after_days: int = 7
    review_below: float = 0.8
    coding: Coding = Coding()


@dataclass(frozen=True, slots=True)
class Applicant:
    """A real, consenting person and their mailbox. The identity is secret: it is in no repr or log."""

    code: str
    mailbox: str
    name: str = field(repr=False)
    id_number: str = field(repr=False)
    phone: str = field(default="", repr=False)
    address: str = field(default="", repr=False)
    postcode: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Pin:
    """A row of schedule.csv: who sends this request and exactly when."""

    applicant: str
    planned_at: datetime


Pins = Mapping[tuple[str, RequestKind], Pin]


@dataclass(frozen=True, slots=True)
class Roster:
    """Everything a round is planned from."""

    units: tuple[Unit, ...]
    channels: tuple[Channel, ...]
    applicants: tuple[Applicant, ...]
    questions: tuple[Question, ...]
    pins: Pins


class PlanningError(Exception):
    """The round cannot be planned as it stands; the subclasses say why, in fields."""


class WindowTooSmall(PlanningError):
    def __init__(self, fits: int, needed: int) -> None:
        super().__init__(
            f"only {fits} of {needed} requests fit between starts_on and ends_on: "
            "lengthen the window, raise the caps or add applicants"
        )
        self.fits = fits
        self.needed = needed


class QuestionMissing(PlanningError):
    def __init__(self, unit: Unit, kind: RequestKind) -> None:
        super().__init__(
            f'no question of kind {kind} for unit "{unit.unit_code}": add one for the unit, its group or all'
        )
        self.unit = unit
        self.kind = kind


class TooFewApplicants(PlanningError):
    """One unit never gets both kinds from one applicant."""

    def __init__(self, found: int, needed: int) -> None:
        super().__init__(f"{found} applicants, but each unit is asked by {needed}: add applicants")
        self.found = found
        self.needed = needed


class PinMisplaced(PlanningError):
    """A row of schedule.csv that names no request of this round, or no applicant of it."""

    def __init__(self, unit_id: str, kind: RequestKind, applicant: str) -> None:
        super().__init__(
            f'the schedule pins {kind} for unit "{unit_id}" to applicant "{applicant}", '
            "but the round has no such request or applicant: correct or remove the row"
        )
        self.unit_id = unit_id
        self.kind = kind
        self.applicant = applicant


class PinOutsideWindow(PlanningError):
    """A row of schedule.csv for a day on which this round sends nothing."""

    def __init__(self, unit_id: str, kind: RequestKind, day: date) -> None:
        super().__init__(
            f'the schedule pins {kind} for unit "{unit_id}" to {day}, '
            "which is no working day from starts_on to ends_on: correct the row"
        )
        self.unit_id = unit_id
        self.kind = kind
        self.day = day


class WindowPast(PlanningError):
    """Nothing can go out any more on any day of the window."""

    def __init__(self, ends_on: date) -> None:
        super().__init__(f"the window ended on {ends_on}: enter later days")
        self.ends_on = ends_on
