"""The simulated city: 62 offices that answer what reaches them, as their truth says and on its dates.

It knows nothing of the tracker, so that what was measured can be compared with what really happened.
No clock, no thread, no chance: the same letters at the same times give the same bytes.
"""

import hashlib
import heapq
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from .envelopes import read_original
from .offices import Contact, Office
from .sites import Note
from .truth import CHINA, Key, Scenario, Truth, read_scenario

__all__ = ["Arrival", "City", "Contact", "Delivery", "LogRow"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A letter for an applicant's mailbox; `arrived_at` is its INTERNALDATE."""

    mailbox: str
    raw: bytes = field(repr=False)
    arrived_at: datetime


@dataclass(frozen=True, slots=True)
class LogRow:
    """What a delivered letter truly is."""

    sha256: str
    mailbox: str
    unit_id: str
    kind: str
    label: str
    arrived_at: datetime


@dataclass(frozen=True, slots=True)
class Arrival:
    """What reached the city. `key` None: no office expects this; `is_repeat`: it came before."""

    at: datetime
    sender: str
    address: str  # of the unit; its id where a person's channel was used
    key: Key | None
    is_repeat: bool
    sha256: str


class City:
    """The city's own books: what was `received`, what its letters truly are (`log`), and what its sites
    show for each request from when on, in the words of reply-kinds.toml (`shown`)."""

    def __init__(self, scenario: Scenario, seed: int = 2020) -> None:
        self.scenario = scenario
        self.received: list[Arrival] = []
        self.log: list[LogRow] = []
        self.shown: dict[Key, list[tuple[datetime, str]]] = {}
        self._offices = {
            truth.key: Office(scenario, truth, number, seed)
            for number, truth in enumerate(scenario.truths, 1)
        }
        self._expected = {
            (truth.unit_id, scenario.applicants[truth.applicant].mailbox): truth.key
            for truth in scenario.truths
            if truth.channel == "email"
        }
        self._mail: list[tuple[datetime, Key, str, Delivery]] = []
        self._contacts: list[tuple[datetime, Key, str, Contact]] = []

    @classmethod
    def from_folder(cls, folder: Path, seed: int = 2020) -> "City":
        return cls(read_scenario(folder), seed)

    def receive(self, envelope_from: str, envelope_to: str, raw: bytes, now: datetime) -> None:
        """A unit's mail server got a letter: its office reacts, once, in its own time."""
        unit_id = self.scenario.addresses.get(envelope_to.lower(), "")
        key = self._expected.get((unit_id, envelope_from.lower()))
        if not self._note(now, envelope_from, envelope_to, key, raw) or key is None:
            return
        original = read_original(raw, envelope_to, now.astimezone(CHINA))
        for letter in self._offices[key].answers(original):
            delivery = Delivery(envelope_from.lower(), letter.raw, letter.at)
            heapq.heappush(self._mail, (letter.at, key, letter.label, delivery))

    def submitted(
        self, unit_id: str, kind: str, now: datetime, applicant_mailbox: str, title: str
    ) -> Contact | None:
        """A person used a people's channel. Returns the receipt that the site or counter gives at once."""
        office = self._offices[unit_id, kind]
        if not self._note(now, applicant_mailbox, unit_id, (unit_id, kind), title.encode()):
            return None
        for contact in office.later_contacts(now.astimezone(CHINA)):
            heapq.heappush(self._contacts, (contact.arrives_at, (unit_id, kind), contact.fact, contact))
        return office.receipt(now.astimezone(CHINA))

    def filled_in(self, unit_id: str, kind: str, now: datetime, mailbox: str, form: bytes) -> list[Note]:
        """A site got a request: what its office will show for it, and when. Nothing for a repeated one."""
        key = (unit_id, kind)
        truth = self._offices[key].truth
        is_expected = self.scenario.applicants[truth.applicant].mailbox == mailbox
        if not self._note(now, mailbox, unit_id, key if is_expected else None, form) or not is_expected:
            return []
        moves = self._offices[key].moves(now.astimezone(CHINA))
        self.shown[key] = [(move.at, _label_of(move, truth)) for move in moves]
        return moves

    def next_at(self) -> datetime | None:
        """When the next letter or contact of the city is due."""
        firsts = [queue[0][0] for queue in (self._mail, self._contacts) if queue]
        return min(firsts, default=None)

    def deliver(self, now: datetime) -> list[Delivery]:
        """All letters due up to now, in the order of their arrival, once."""
        due = []
        while self._mail and self._mail[0][0] <= now:
            _, (unit_id, kind), label, letter = heapq.heappop(self._mail)
            sha256 = hashlib.sha256(letter.raw).hexdigest()
            self.log.append(LogRow(sha256, letter.mailbox, unit_id, kind, label, letter.arrived_at))
            due.append(letter)
        return due

    def contacts(self, now: datetime) -> list[Contact]:
        """All letters of paper, calls, faxes and web pages that a person knows of by now, once."""
        due = []
        while self._contacts and self._contacts[0][0] <= now:
            due.append(heapq.heappop(self._contacts)[-1])
        return due

    def _note(self, now: datetime, sender: str, address: str, key: Key | None, raw: bytes) -> bool:
        """Book an arrival; False if the same request came before."""
        is_repeat = key is not None and any(arrival.key == key for arrival in self.received)
        digest = hashlib.sha256(raw).hexdigest()
        self.received.append(Arrival(now, sender, address, key, is_repeat, digest))
        return not is_repeat


def _label_of(move: Note, truth: Truth) -> str:
    return {"accepted": "acknowledgement", "extended": "extension_notice"}.get(move.state, truth.label)
