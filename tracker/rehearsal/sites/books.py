"""What one platform keeps: who submitted what, what its offices did with it, and from when on that shows."""

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

__all__ = ["Attachment", "Books", "Entry", "Note", "Submission", "Upload"]

Attachment = tuple[str, str, bytes]  # name, media type, content
Upload = tuple[str, str, bytes]

GRADES = ("很满意", "满意", "基本满意", "不满意")
_BEFORE_AN_ANSWER = ("received", "accepted", "extended", "correction", "transferred")


@dataclass(frozen=True, slots=True)
class Entry:
    """One request as the platform understood it."""

    number: str
    query_code: str
    unit: str  # the code chosen on the form
    kind: str  # disclosure or consultation
    name: str
    identity: str
    phone: str
    email: str
    address: str
    title: str
    text: str
    password: str
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class Note:
    """An office's move, shown from `at` on.

    `state`: received, accepted, extended, correction, transferred or answered, which every site says in
    its own words; any other word is shown as it is and counts as an answer.
    """

    state: str
    at: datetime
    text: str = ""
    title: str = ""
    attachment: Attachment | None = None

    @property
    def is_answer(self) -> bool:
        return self.state not in _BEFORE_AN_ANSWER


@dataclass(frozen=True, slots=True)
class Submission:
    """The fields of one request as they arrived."""

    number: str
    fields: dict[str, str]
    uploads: dict[str, Upload] = field(default_factory=dict)


class Books:
    """`submissions`: what became an entry; `discarded`: what a trap threw away. It has no clock of its own."""

    def __init__(
        self, prefix: str, now: Callable[[], datetime], on_submit: Callable[[Entry], None] = lambda _: None
    ) -> None:
        self.prefix = prefix
        self.now = now
        self.submissions: list[Submission] = []
        self.discarded: list[dict[str, str]] = []
        self.votes: dict[str, str] = {}
        self._on_submit = on_submit
        self._entries: dict[str, Entry] = {}
        self._notes: dict[str, list[Note]] = {}
        self._lock = threading.RLock()

    def submit(
        self, fields: Mapping[str, str], uploads: Mapping[str, Upload] | None = None, /, **told: str
    ) -> Entry:
        """Give a number and a code, keep everything, then tell the office. `told`: what an Entry says."""
        texts = dict.fromkeys(
            ("name", "identity", "phone", "email", "address", "title", "text", "password"), ""
        )
        with self._lock:
            at, order = self.now(), len(self.submissions) + 1
            number = f"{at.year}-{self.prefix}-{order:04d}"
            entry = Entry(number=number, query_code=self._new_code(order), submitted_at=at, **(texts | told))
            self.submissions.append(Submission(number, dict(fields), dict(uploads or {})))
            self.file(entry)
        self._on_submit(entry)
        return entry

    def file(self, entry: Entry) -> None:
        """Keep an entry that came another way (somebody else's, of earlier days)."""
        with self._lock:
            if entry.number in self._entries:
                raise ValueError(f"{entry.number} is taken")
            self._entries[entry.number] = entry
            self._notes[entry.number] = []

    def discard(self, fields: Mapping[str, str]) -> None:
        with self._lock:
            self.discarded.append(dict(fields))

    def note(self, number: str, note: Note) -> None:
        with self._lock:
            notes = self._notes[number]
            notes.append(note)
            notes.sort(key=lambda kept: kept.at)

    def shown(self, number: str) -> list[Note]:
        with self._lock:
            now = self.now()
            return [note for note in self._notes.get(number, ()) if note.at <= now]

    def find(self, **wanted: str) -> list[Entry]:
        """The entries of which all of this is true, the newest first; an empty credential finds nothing."""
        if not wanted or not all(wanted.values()):
            return []
        with self._lock:
            found = [
                entry
                for entry in self._entries.values()
                if all(getattr(entry, name) == value for name, value in wanted.items())
            ]
        return sorted(found, key=lambda entry: entry.submitted_at, reverse=True)

    def all_shown(self) -> list[tuple[Entry, Note]]:
        """The entries that have an answer by now with that answer, the latest answer first."""
        with self._lock:
            answered = [
                (entry, answers[-1])
                for entry in self._entries.values()
                if (answers := [note for note in self.shown(entry.number) if note.is_answer])
            ]
        return sorted(answered, key=lambda pair: (pair[1].at, pair[0].number), reverse=True)

    def vote(self, number: str, grade: str) -> bool:
        """Keep a grade for an answered entry; False for a second vote or where nothing can be graded."""
        with self._lock:
            is_answered = any(note.is_answer for note in self.shown(number))
            if grade not in GRADES or number in self.votes or not is_answered:
                return False
            self.votes[number] = grade
            return True

    def submitted_on_the_day(self, phone: str) -> int:
        """How many requests came today from one telephone number."""
        today = self.now().date()
        return sum(entry.submitted_at.date() == today for entry in self.find(phone=phone))

    def _new_code(self, order: int) -> str:
        """Six digits that look like chance, are the same in every run and belong to nobody else."""
        taken = {entry.query_code for entry in self._entries.values()}
        for attempt in range(len(taken) + 1):
            digest = hashlib.sha256(f"{self.prefix}|{order}|{attempt}".encode()).digest()
            code = f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06d}"
            if code not in taken:
                return code
        raise RuntimeError("no code is left")
