"""Which request a message answers: clues in order of weight, and no match where they do not decide.

A wrong match is the worst fault of all, so a single clue never decides against another one.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tracker.domain.message import Message

_SHORTEST_TELLING_TEXT = 8  # characters: a shorter title could stand in any letter
_SHORTEST_NUMBER = 4
_CLOCK_SKEW = timedelta(minutes=10)  # an office's server may run behind ours


@dataclass(frozen=True, slots=True)
class SentRequest:
    """What matching knows of a request that was sent."""

    reference: str
    mailbox: str  # the applicant's address
    unit_id: str
    unit_name: str
    unit_addresses: frozenset[str]
    title: str
    text: str
    message_ids: frozenset[str]
    sent_at: datetime
    receipt_no: str = ""


class ClueKind(StrEnum):
    THREAD = "thread"  # In-Reply-To, References, or a returned original name our letter
    RECEIPT_NO = "receipt_no"
    QUOTED = "quoted_request"  # the text of our request stands in the message
    TITLE = "title"  # the title of what was asked stands in the message
    SENDER = "sender"  # one of the unit's own addresses
    UNIT_NAMED = "unit_named"


# Clues that point at one letter of ours; the others only at a unit.
_POINTING = (ClueKind.THREAD, ClueKind.RECEIPT_NO, ClueKind.QUOTED, ClueKind.TITLE)
# Titles stand in newsletters and two units can give the same number, so these need another clue.
_DECISIVE = frozenset({ClueKind.THREAD, ClueKind.QUOTED, ClueKind.SENDER})
_SUPPORTING = frozenset({ClueKind.TITLE, ClueKind.UNIT_NAMED})


@dataclass(frozen=True, slots=True)
class Clue:
    kind: ClueKind
    reference: str


@dataclass(frozen=True, slots=True)
class Match:
    """`references` the message surely answers (empty: the holding pen); all clues are kept."""

    references: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()  # best first
    clues: tuple[Clue, ...] = ()


def match_message(message: Message, mailbox: str, arrived_at: datetime, sent: Sequence[SentRequest]) -> Match:
    """Match against the requests sent from the receiving mailbox before the message arrived.

    Returned references share every pointing clue found; a clue that points elsewhere, or two
    requests that explain the message equally well, leave it to a person.
    """
    possible = [r for r in sent if r.mailbox == mailbox and r.sent_at <= arrived_at + _CLOCK_SKEW]
    if not possible or any(message.message_id in request.message_ids for request in possible):
        return Match()  # nothing was asked, or it is a copy of our own letter
    letter = _Letter(message)
    clues = tuple(clue for request in possible for clue in letter.clues(request))
    ranked = _ranked(possible, clues)
    decided = _decide(letter, possible, clues) if message.sender != mailbox.lower() else None
    return Match((decided,) if decided else (), tuple(ranked), clues)


def _decide(letter: "_Letter", possible: Sequence[SentRequest], clues: Sequence[Clue]) -> str | None:
    by_kind = {kind: {c.reference for c in clues if c.kind is kind} for kind in ClueKind}
    pointed = [by_kind[kind] for kind in _POINTING if by_kind[kind]]
    from_unit = by_kind[ClueKind.SENDER]
    left = set.intersection(*pointed) if pointed else from_unit
    if left & from_unit:
        left = left & from_unit
    elif from_unit and not letter.is_report:
        return None  # another unit than the one asked: handed on, or a mix-up
    if len(left) != 1:
        return None
    (request,) = (r for r in possible if r.reference in left)
    kinds = {kind for kind in ClueKind if request.reference in by_kind[kind]}
    return request.reference if _is_enough(kinds, letter.speaks_for_another(request, possible)) else None


def _is_enough(kinds: set[ClueKind], is_anothers_word: bool) -> bool:
    """Whether clues that all point at one request decide; a stranger's title or number alone does not."""
    if ClueKind.SENDER in kinds and kinds & set(_POINTING):
        return True
    if is_anothers_word:
        return False
    return bool(kinds & _DECISIVE) or (ClueKind.RECEIPT_NO in kinds and bool(kinds & _SUPPORTING))


def _ranked(possible: Sequence[SentRequest], clues: Sequence[Clue]) -> list[str]:
    weight = {kind: 1 << (len(ClueKind) - place) for place, kind in enumerate(ClueKind)}
    score = {request.reference: 0 for request in possible}
    for clue in clues:
        score[clue.reference] += weight[clue.kind]
    newest_first = sorted(possible, key=lambda r: r.sent_at, reverse=True)
    found = [r.reference for r in newest_first if score[r.reference]]
    return sorted(found, key=lambda reference: -score[reference])


class _Letter:
    """A message with its texts folded once for all comparisons."""

    def __init__(self, message: Message) -> None:
        texts = [message.subject, message.reply_text, message.quoted_text]
        texts += [attachment.text or "" for attachment in message.attachments]
        self._text = fold("\n".join(texts))
        own_text = f"{message.sender_name}\n{message.reply_text}"
        self._own_clauses = [fold(clause) for clause in _CLAUSE_END.split(own_text)]
        self._own_text = fold(own_text)
        self._ids = set(message.thread_ids) | set(message.returned_ids)
        self._sender = message.sender
        self.is_report = message.report is not None or message.sender.startswith(
            ("mailer-daemon@", "postmaster@")
        )

    def clues(self, request: SentRequest) -> list[Clue]:
        found = {
            ClueKind.THREAD: bool(self._ids & request.message_ids),
            ClueKind.RECEIPT_NO: self._has_number(request.receipt_no),
            ClueKind.QUOTED: self._has(request.text, 2 * _SHORTEST_TELLING_TEXT),
            ClueKind.TITLE: self._has(request.title, _SHORTEST_TELLING_TEXT),
            ClueKind.SENDER: self._sender in request.unit_addresses,
            ClueKind.UNIT_NAMED: self._names(request),
        }
        return [Clue(kind, request.reference) for kind, is_found in found.items() if is_found]

    def speaks_for_another(self, request: SentRequest, possible: Sequence[SentRequest]) -> bool:
        """Whether the letter names another asked unit, not as the office to turn to, and never its own."""
        if self.is_report or self._names(request):
            return False
        others = (r for r in possible if r.unit_id != request.unit_id and self._names(r))
        return any(self._names_outside_referral(fold(other.unit_name)) for other in others)

    def _names(self, request: SentRequest) -> bool:
        name = fold(request.unit_name)
        return bool(name) and name in self._own_text

    def _names_outside_referral(self, name: str) -> bool:
        referral = re.compile(_REFERRAL.format(name=re.escape(name)))
        referred = sum(len(referral.findall(clause)) for clause in self._own_clauses)
        return self._own_text.count(name) > referred

    def _has(self, text: str, shortest: int) -> bool:
        wanted = fold(text)
        return len(wanted) >= shortest and wanted in self._text

    def _has_number(self, number: str) -> bool:
        """As a whole: 0012 does not stand in 20200012, nor in a telephone number."""
        wanted = fold(number)
        whole = rf"(?<![0-9A-Z]){re.escape(wanted)}(?![0-9A-Z])"
        return len(wanted) >= _SHORTEST_NUMBER and re.search(whole, self._text) is not None


_CLAUSE_END = re.compile(r"[\n。，,;；!！?？]")
# "Please turn to X", "X is in charge of it": X is spoken of, it does not speak.
_REFERRAL = (
    r"(?:请|建议|可|应)\w{{0,6}}(?:向|到|与|联系|咨询|询问)\w{{0,6}}{name}"
    r"|由\w{{0,6}}{name}\w{{0,4}}(?:负责|主管|管理|受理)"
)
_NOISE = re.compile(r"[\W_]+")
_LOOK_ALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})


def fold(text: str) -> str:
    """NFKC, upper case, look-alike letters as digits, letters and digits only (no invisible ones either)."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text).upper().translate(_LOOK_ALIKES))
