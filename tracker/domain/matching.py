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
    if not possible:
        return Match()
    letter = _Letter(message)
    clues = tuple(clue for request in possible for clue in letter.clues(request))
    ranked = _ranked(possible, clues)
    decided = _decide(letter, possible, clues)
    return Match((decided,) if decided else (), tuple(ranked), clues)


def _decide(letter: "_Letter", possible: Sequence[SentRequest], clues: Sequence[Clue]) -> str | None:
    by_kind = {kind: {c.reference for c in clues if c.kind is kind} for kind in ClueKind}
    units = {r.reference: r.unit_id for r in possible}
    pointed = [by_kind[kind] for kind in _POINTING if by_kind[kind]]
    from_unit = by_kind[ClueKind.SENDER]
    if pointed:
        left = set.intersection(*pointed)
        if from_unit and not left & from_unit and not letter.is_report:
            return None  # another unit than the one asked: handed on, or a mix-up
        left = left & from_unit if from_unit and left & from_unit else left
        return left.pop() if len(left) == 1 else None
    if len(from_unit) == 1:
        named = {units[reference] for reference in by_kind[ClueKind.UNIT_NAMED]}
        (reference,) = from_unit
        return reference if not named or units[reference] in named else None
    return None


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
        self._own_text = fold(message.sender_name + message.reply_text)
        self._ids = set(message.thread_ids) | set(message.returned_ids)
        self._sender = message.sender
        self.is_report = message.report is not None or message.sender.startswith(
            ("mailer-daemon@", "postmaster@")
        )

    def clues(self, request: SentRequest) -> list[Clue]:
        found = {
            ClueKind.THREAD: bool(self._ids & request.message_ids),
            ClueKind.RECEIPT_NO: self._has(request.receipt_no, 4),
            ClueKind.QUOTED: self._has(request.text, 2 * _SHORTEST_TELLING_TEXT),
            ClueKind.TITLE: self._has(request.title, _SHORTEST_TELLING_TEXT),
            ClueKind.SENDER: self._sender in request.unit_addresses,
            ClueKind.UNIT_NAMED: bool(request.unit_name) and fold(request.unit_name) in self._own_text,
        }
        return [Clue(kind, request.reference) for kind, is_found in found.items() if is_found]

    def _has(self, text: str, shortest: int) -> bool:
        wanted = fold(text)
        return len(wanted) >= shortest and wanted in self._text


_NOISE = re.compile(r"[\s>|*_\-—·.,，。、:：;；!！?？\"'“”‘’《》〈〉()（）\[\]【】〔〕]+")
_LOOK_ALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})


def fold(text: str) -> str:
    """NFKC, upper case, look-alike letters as digits, no spaces, punctuation or quotation marks."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text).upper().translate(_LOOK_ALIKES))
