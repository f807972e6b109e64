"""What an incoming message is and what it decides, with the confidence of the reading.

Reports and mail systems speak in forms and are read by rules. A letter is read by all its signs - the
lexicon's phrases, its words, its form - each weighed by what it meant in letters that people read.
The confidence is the probability that a softmax regression over them gives the label.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cached_property

from tracker.domain.document_numbers import document_number
from tracker.domain.message import Message, is_mail_system, tells_of_delivery
from tracker.domain.phrases import Hit, LetterText, Lexicon, Place
from tracker.domain.points import is_given_in_part
from tracker.domain.signs import NOTHING_SHARED, PHRASE, WORD, signs_of
from tracker.domain.terms import Classification, MessageKind, Outcome, RequestKind, outcomes_of
from tracker.domain.weights import probabilities

__all__ = ["Lexicon", "classify"]

_SURE, _LIKELY = 0.8, 0.6
_HIGHEST = 0.97
_LEAST = 0.25  # a reading that is less likely than this is none
_AUTOMATIC_WITHIN = 90  # seconds: mail that comes sooner is almost surely a machine's
_BY_WORDS = 0.6
_SURE_BY_WORDS = 0.9  # of unseen letters so likely without a phrase, one in three hundred was read wrongly
_SURELY_A_MACHINE = 0.95  # what a person could have written is a person's
_LIKELY_BESIDE_THE_POINT, _SURELY_BESIDE_THE_POINT = 0.3, 0.85
_TWO_THINGS = 0.8
_ITEM = "Art. 36("
_BY_POINTS = 0.9  # of 48 such letters 47 were labelled so
_SHORT = 40  # characters
_FORWARDED_TOP = 0.5  # what is only forwarded is for a person, whatever it says
_MOST_EVIDENCE = 8
_FEWEST_WORDS = 3
_FEWEST_TELLING = 5  # characters of a letter that its words alone make sure
_FEWEST_GARBLED = 5  # characters: a single question mark may be an answer to us
_GARBLED = re.compile("[?\ufffd□]")
_FORWARDED = re.compile(r"^\W*(?:fwd?|转发|轉寄)\s*[:：]", re.IGNORECASE)

_NUMBER_IN_BRACKETS = re.compile(
    r"[（(]([^（()）]{2,30}20\d\d.{2,12}号)[)）]$"
)  # 补正通知书（某补〔2026〕12号）

_K, _O = MessageKind, Outcome
_ALL_OR_NOTHING = frozenset({_O.DISCLOSED, _O.REFUSED, _O.NOT_HELD, _O.NOT_RESPONSIBLE, _O.NEEDS_CREATION})
_BY_RULE = frozenset({_K.BOUNCE, _K.DELAY, _K.READ_RECEIPT, _K.REPLY})


def classify(
    message: Message,
    kind: RequestKind | None,
    lexicon: Lexicon,
    seconds_since_sent: float | None,
    asked: str = "",
    *,
    is_surely_ours: bool = False,
) -> Classification:
    """Read a message as an answer to a request of `kind` (None: not known), sent so long before it.

    `asked` is the topic of the request, "" where it is not known. What is surely ours is not unrelated.
    """
    reading = _Reading(message, kind, lexicon, seconds_since_sent, asked, is_surely_ours=is_surely_ours)
    found = reading.of_report() or reading.of_mail_system()
    if found is None and _FORWARDED.match(message.subject) and reading.is_a_note:
        found = _of_forwarded(message, kind, lexicon)
    return found or reading.of_letter() or reading.unknown()


def _of_forwarded(message: Message, kind: RequestKind | None, lexicon: Lexicon) -> Classification | None:
    reading = _Reading(message, kind, lexicon, None, forwarded=True)
    found = reading.of_letter()
    if found is None or not reading.says_anything:
        return None
    evidence = ("forwarded letter", *found.evidence)
    confidence = min(found.confidence, _FORWARDED_TOP)
    return Classification(found.kind, found.outcome, confidence, evidence, found.document_number)


class _Reading:
    def __init__(
        self,
        message: Message,
        kind: RequestKind | None,
        lexicon: Lexicon,
        seconds: float | None,
        asked: str = "",
        *,
        forwarded: bool = False,
        is_surely_ours: bool = False,
    ) -> None:
        self._message = message
        self._lexicon = lexicon
        self._asked = asked
        self._letter = LetterText(message, lexicon, forwarded=forwarded)
        self._hits = list(self._letter.hits())
        self._kind = kind or self._letter.kind_asked
        self._weights = lexicon.asked if kind else lexicon.alone
        self._impossible = {_K.UNRELATED} if is_surely_ours else set()
        self._is_sudden = seconds is not None and 0 <= seconds < _AUTOMATIC_WITHIN

    @cached_property
    def _signs(self) -> Mapping[str, float]:
        return signs_of(self._message, self._letter, self._hits, self._kind, self._asked)

    @property
    def is_a_note(self) -> bool:
        return len(self._letter.stated) < _SHORT

    @property
    def _hands_over_papers(self) -> bool:
        """Whether a note without a word of its own comes with papers that are no letters, but what was asked."""
        papers = [a for a in self._message.attachments if a.text]
        is_asked_for = self._kind is not RequestKind.CONSULTATION and not self._letter.letters
        only_points = all(hit.label == _O.DISCLOSED for hit in self._hits)
        return bool(papers) and is_asked_for and only_points

    @property
    def says_anything(self) -> bool:
        return any(hit.weight >= _LIKELY for hit in self._hits)

    # --- three ways to read, from the surest ---

    def of_report(self) -> Classification | None:
        report = self._message.report
        if report is None:
            return None
        evidence = (f"report action {report.action or '-'}", f"report status {report.status or '-'}")
        return Classification(_kind_of_report(report.action, report.status), None, _HIGHEST, evidence)

    def of_mail_system(self) -> Classification | None:
        scores = _strongest(self._hits)
        if scores.get(_K.READ_RECEIPT, 0) >= _SURE:
            return self._result(_K.READ_RECEIPT, scores[_K.READ_RECEIPT])
        bounce, delay = (scores.get(label, 0.0) for label in (_K.BOUNCE, _K.DELAY))
        message = self._message
        is_generated = message.headers.get("auto-submitted", "").lower().startswith("auto-generated")
        is_notice = is_mail_system(message.sender) or tells_of_delivery(message.subject)
        is_system = is_notice or message.returned_ids or is_generated
        if not is_system or max(bounce, delay) < _LIKELY:
            return None
        # "we keep trying" stands in no final notice, but a delay may warn of a final failure
        return self._result(_K.DELAY if delay else _K.BOUNCE, max(bounce, delay))

    def of_letter(self) -> Classification | None:
        if (not self._letter.stated.strip() and not self._hits) or self._is_garbled:
            return None
        titled = [hit for hit in self._hits if hit.place is Place.TITLE]
        if self._letter.has_unread_attachment and self.is_a_note and titled:
            return self._result(titled[0].label, _BY_WORDS)  # what the paper calls itself is all there is
        likely = self._likely()
        label = max(likely, key=lambda each: (likely[each], each))
        if self.is_a_note and self._hands_over_papers and likely[label] < _LIKELY:
            return self._result(_O.DISCLOSED, _BY_WORDS)
        if label in _ALL_OR_NOTHING and self._is_decided_apart:
            return self._result(_O.PARTLY_DISCLOSED, _BY_POINTS)
        machine = self._machine(label, likely[label])
        if machine is not None:
            return machine
        if (
            label == _K.UNKNOWN
            or likely[label] < _LEAST
            or (self._letter.has_unread_attachment and not self.says_anything)
        ):
            return None
        confidence = likely[label] * self._doubt(label, likely[label])
        return self._result(label, max(confidence, _SURE) if self._is_cited(label) else confidence)

    def unknown(self) -> Classification:
        evidence = [str(hit) for hit in self._hits]
        if self._letter.has_unread_attachment:
            evidence.append("attachment not read")
        return Classification(_K.UNKNOWN, None, 0.0, tuple(evidence), self._document_number)

    @property
    def _is_garbled(self) -> bool:
        """Whether some server has put question marks for most of the characters."""
        return 2 * len(_GARBLED.findall(self._letter.plain)) > len(self._letter.plain) >= _FEWEST_GARBLED

    @cached_property
    def _is_decided_apart(self) -> bool:
        return is_given_in_part(self._letter.stated)

    def _is_cited(self, label: str) -> bool:
        """Whether a letter cites the item of Article 36 for an outcome, and has no phrase for another one."""
        outcomes = {
            hit.label for hit in self._hits if hit.label in outcomes_of(self._kind or RequestKind.DISCLOSURE)
        }
        return outcomes == {label} and any(hit.name.startswith(_ITEM) for hit in self._hits)

    # --- decisions ---

    def _likely(self) -> dict[str, float]:
        labels = self._possible
        is_marked = self._is_sudden or any(hit.label == _K.AUTO_REPLY for hit in self._hits)
        if not is_marked and self._at_first[_K.AUTO_REPLY] <= _SURELY_A_MACHINE:
            labels -= {_K.AUTO_REPLY}  # a person, too, may write as little as machines do
        if self._misses_the_point <= _SURELY_BESIDE_THE_POINT:
            labels -= {_O.NOT_TO_THE_POINT}  # most answers that share few words with a question answer it
        return probabilities(self._scores, labels)

    @cached_property
    def _scores(self) -> Mapping[str, float]:
        return self._weights.scores(self._signs)

    @property
    def _possible(self) -> frozenset[str]:
        return _labels(self._kind) - self._impossible - ({_O.NOT_TO_THE_POINT} if not self._asked else set())

    @cached_property
    def _at_first(self) -> Mapping[str, float]:
        return probabilities(self._scores, self._possible)

    @property
    def _misses_the_point(self) -> float:
        return self._at_first.get(_O.NOT_TO_THE_POINT, 0.0)

    def _doubt(self, label: str, likelihood: float) -> float:
        """What no phrase says must be the likelier; a line or two that say two things are for a person.

        Whether an answer is to the point is a judgement: the machine only proposes it.
        """
        may_miss = self._signs.get(NOTHING_SHARED) or self._misses_the_point > _LIKELY_BESIDE_THE_POINT
        if label == _O.NOT_TO_THE_POINT or (label == _O.ANSWER and may_miss):
            return _BY_WORDS
        possible = outcomes_of(self._kind or RequestKind.DISCLOSURE)
        outcomes = {hit.label for hit in self._hits if hit.weight >= _LIKELY and hit.label in possible}
        is_told = any(hit.label == label for hit in self._hits)
        if not is_told and (likelihood < _SURE_BY_WORDS or len(self._letter.plain) < _FEWEST_TELLING):
            return _BY_WORDS
        return _TWO_THINGS if self.is_a_note and label in outcomes and len(outcomes) > 1 else 1.0

    def _machine(self, label: str, confidence: float) -> Classification | None:
        """A header that says so, or an answer within seconds, makes it a machine's."""
        scores = _strongest(self._hits)
        by_header = max((h.weight for h in self._hits if h.label == _K.AUTO_REPLY and h.is_header), default=0)
        is_receipt = label == _K.ACKNOWLEDGEMENT or scores.get(_K.AUTO_REPLY, 0) >= _LIKELY
        if by_header < _LIKELY and not (self._is_sudden and is_receipt):
            return None
        is_decision = confidence >= _SURE and label not in (_K.AUTO_REPLY, _K.ACKNOWLEDGEMENT, _K.UNRELATED)
        decides = is_decision or any(scores.get(outcome, 0) >= _SURE for outcome in _O)
        if decides and by_header < _SURE:
            return None
        if self._lexicon.registration.search(self._letter.plain) and not decides:
            return self._result(_K.ACKNOWLEDGEMENT, 0.85)
        return self._result(_K.AUTO_REPLY, _LIKELY if decides else 0.9)

    def _result(self, label: str, confidence: float) -> Classification:
        is_outcome = label in set(Outcome)
        return Classification(
            kind=_K.REPLY if is_outcome else _K(label),
            outcome=_O(label) if is_outcome else None,
            confidence=round(min(confidence, _HIGHEST), 3),
            evidence=self._evidence(label),
            document_number=self._document_number,
        )

    @property
    def _document_number(self) -> str:
        in_brackets = _NUMBER_IN_BRACKETS.search(self._message.subject)
        subject = in_brackets[1] if in_brackets else self._message.subject
        return document_number([subject, *self._letter.pages])

    def _evidence(self, label: str) -> tuple[str, ...]:
        """The phrases that speak for the label by themselves or by their weight; else the words."""
        told = [str(hit) for hit in self._hits if hit.label == label]
        if label == _O.PARTLY_DISCLOSED and self._is_decided_apart:
            told.insert(0, "points decided apart")
        support = self._weights.support(self._signs, label) if label in self._weights.labels else []
        told += [sign.removeprefix(PHRASE) for sign, _ in support if sign.startswith(PHRASE)]
        if not told:
            words = [sign.removeprefix(WORD) for sign, _ in support if sign.startswith(WORD)]
            told = [f"words: {' '.join(words[:_FEWEST_WORDS])}"] if words else []
        if self._is_sudden:
            told.insert(0, f"within {_AUTOMATIC_WITHIN} s of sending")
        return tuple(dict.fromkeys(told))[:_MOST_EVIDENCE]


def _labels(kind: RequestKind | None) -> frozenset[str]:
    kinds = set(_K) - _BY_RULE
    if kind is None:
        return frozenset({*kinds, *_O})
    return frozenset({*kinds, *outcomes_of(kind)})


def _kind_of_report(action: str, status: str) -> MessageKind:
    if action in ("displayed", "deleted", "dispatched", "processed", "denied"):
        return _K.READ_RECEIPT
    if action == "failed" or (not action and status.startswith("5")):
        return _K.BOUNCE
    if action == "delayed" or (not action and status.startswith("4")):
        return _K.DELAY
    return _K.AUTO_REPLY  # delivered, relayed, expanded: a server works


def _strongest(hits: Iterable[Hit]) -> Mapping[str, float]:
    scores: dict[str, float] = {}
    for hit in hits:
        scores[hit.label] = max(scores.get(hit.label, 0.0), hit.weight)
    return scores
