"""A letter as signs with values: the phrases that fired, its words, its form. What is learned, is learned on these."""

import re
from collections.abc import Iterable
from itertools import chain
from math import log1p, sqrt

from tracker.domain.folding import runs
from tracker.domain.message import Message
from tracker.domain.phrases import Hit, LetterText, fold_text
from tracker.domain.receipt_numbers import numbers_given
from tracker.domain.terms import RequestKind
from tracker.domain.topics import Words, pairs

_LONGEST = 1500  # characters of what a letter states; a decision stands in its first page
_DIGIT = re.compile(r"\d")
_TEXT_SHARE = 15.0  # length of the vector of words beside phrases of length 1
_ASKED_SHARE = 1.5
_KIND_SHARE = 2.0
_SHARED = 3.0
_AT_LENGTH = 8  # pairs of characters

PHRASE, WORD, SUBJECT, ASKED = "h:", "g:", "s:", "q:"  # how the names of signs begin
NOTHING_SHARED = "nothing shared, at length"


def signs_of(
    message: Message, letter: LetterText, hits: Iterable[Hit], kind: RequestKind | None, asked: str = ""
) -> dict[str, float]:
    """`asked`: the topic of the request, "" where it is not known."""
    text = _DIGIT.sub("0", letter.plain[:_LONGEST])
    found = _words(text, fold_text(message.subject))
    strongest: dict[str, float] = {}
    for hit in hits:
        found[f"{PHRASE}{hit.label}: {hit.name}"] = 1.0
        strongest[hit.label] = max(strongest.get(hit.label, 0.0), hit.weight)
    found |= {f"label:{label}": weight for label, weight in strongest.items()}
    found |= {f"label:{label}:{kind}": weight for label, weight in strongest.items()}
    found[f"asked:{kind}"] = _KIND_SHARE
    found |= _of_topic(pairs(asked), letter.plain[:_LONGEST])
    found["length"] = log1p(len(text)) / 3
    found["files"] = float(bool(message.attachments))
    found["number given"] = 2.0 * bool(numbers_given(message.reply_text))
    found["unread"] = float(letter.has_unread_attachment)
    return found


def _of_topic(topic: Words, text: str) -> dict[str, float]:
    """What was asked, and how much of it the letter speaks of; a long one with nothing of it misses the point."""
    if not topic:
        return {}
    own = pairs(text)
    shared = len(topic & own)
    return dict.fromkeys(map(ASKED.__add__, sorted(topic)), _ASKED_SHARE / sqrt(len(topic))) | {
        "shared": _SHARED * shared / len(topic),
        "nothing shared": 2.0 * (not shared),
        NOTHING_SHARED: 3.0 * (not shared and len(own) >= _AT_LENGTH),
    }


def _words(text: str, subject: str) -> dict[str, float]:
    """Runs of characters, those of the subject with half the weight, as a vector of one length for all letters."""
    own = dict.fromkeys(map(WORD.__add__, chain(text, runs(text, 2), runs(text, 3))))
    titles = dict.fromkeys(map(SUBJECT.__add__, chain(runs(subject, 2), runs(subject, 3))))
    length = sqrt(len(own) + len(titles) / 4) or 1.0
    return dict.fromkeys(own, _TEXT_SHARE / length) | dict.fromkeys(titles, _TEXT_SHARE / 2 / length)
