"""What an export is made of: one round and what could belong to it, read in one transaction."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, or_, select

from tracker.domain.lifecycle import Reading
from tracker.domain.terms import Event, EventKind
from tracker.services.measuring import MeasuredRequest, laws_of, measure_round, standpoint
from tracker.settings import Workspace
from tracker.store.events import to_event
from tracker.store.tables import ApplicantRow, EventRow, RawMessageRow, UnitRow

WITHHELD = "(withheld)"
_ADDRESS = re.compile(r"[^\s@;,<>\"']+@[^\s@;,<>\"']+")


class ReadingEvents:
    """The events behind each reading, by (request, message)."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._machine: dict[tuple[str | None, str | None], Event] = {}
        self._person: dict[tuple[str | None, str | None], Event] = {}
        self._assigned: set[tuple[str, str | None]] = set()
        for event in events:
            if event.kind is EventKind.READ:
                self._machine[event.request, event.source_sha256] = event
            elif event.kind is EventKind.REVIEWED:
                self._person[event.request, event.source_sha256] = event
            elif event.kind is EventKind.ASSIGNED:
                self._assigned |= {(name, event.source_sha256) for name in event.payload["requests"]}

    def counted(self, request: str, message: str) -> Event:
        """A person's reading beats any machine's, as in `domain.lifecycle`."""
        return self._person.get((request, message)) or self._machine[request, message]

    def document_number(self, request: str, reading: Reading) -> str:
        """A person who confirms a reply does not copy its number: the machine's stands."""
        by_machine = self._machine.get((request, reading.message))
        return reading.document_number or (
            by_machine.payload.get("document_number", "") if by_machine else ""
        )

    def match(self, request: str, message: str) -> list[str]:
        if (request, message) in self._assigned:
            return ["assigned"]
        by_machine = self._machine.get((request, message))
        return list(by_machine.payload.get("match", ())) if by_machine else []


@dataclass(frozen=True, slots=True)
class RoundSnapshot:
    """Everything the tables are made of, read in one transaction."""

    measured: Sequence[MeasuredRequest]
    units: Sequence[UnitRow]
    events: Sequence[Event]  # of the round, and those of no round; by seq
    arrivals: Mapping[str, Sequence[RawMessageRow]]  # by sha256
    applicants: Mapping[str, str]  # mailbox -> code
    calendar_version: str
    readings: ReadingEvents

    def arrival(self, sha256: str, applicant: str = "") -> RawMessageRow:
        """The arrival in the applicant's mailbox, if there is one: a letter can reach several."""
        found = self.arrivals[sha256]
        own = [arrival for arrival in found if self.applicants.get(arrival.mailbox) == applicant]
        return (own or found)[0]

    def without_addresses(self, text: str) -> str:
        return _ADDRESS.sub(lambda found: self.applicants.get(found[0].lower(), WITHHELD), text)


def read_snapshot(
    session: Session,
    workspace: Workspace,
    round_name: str,
    moment: datetime,
    as_of: date,
) -> RoundSnapshot:
    units = select(UnitRow).where(UnitRow.round == round_name).order_by(col(UnitRow.unit_id))
    events = select(EventRow).where(or_(col(EventRow.round) == round_name, col(EventRow.round).is_(None)))
    found = [to_event(row) for row in session.exec(events.order_by(col(EventRow.seq)))]
    arrivals: dict[str, list[RawMessageRow]] = {}
    for arrival in session.exec(select(RawMessageRow).order_by(col(RawMessageRow.id))):
        arrivals.setdefault(arrival.sha256, []).append(arrival)
    return RoundSnapshot(
        measured=measure_round(session, workspace, round_name, standpoint(moment, as_of=as_of)),
        units=list(session.exec(units)),
        events=found,
        arrivals=arrivals,
        applicants={row.mailbox: row.code for row in session.exec(select(ApplicantRow))},
        calendar_version=next(iter(laws_of(session, workspace, round_name).values())).calendar.version,
        readings=ReadingEvents(found),
    )


def time_basis(event: Event, arrival: RawMessageRow) -> str:
    """The stamp the counted time rests on: the server's, or else whatever fixed the arrival."""
    basis = str(event.payload.get("time_basis", "arrival"))
    return arrival.arrival_basis if basis == "arrival" else basis
