"""What an incoming message is and what it decides, read by phrases, with the confidence of the reading.

A confidence of 0.8 and more means: several clear signs or one that decides alone, and nothing against
them. Contradictory signs lower it; a person looks at everything below.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import sqrt

from tracker.domain.document_numbers import document_number
from tracker.domain.message import Message
from tracker.domain.phrases import Hit, LetterText, Lexicon, Place
from tracker.domain.terms import Classification, MessageKind, Outcome, RequestKind, outcomes_of

__all__ = ["Lexicon", "classify"]

_CLEAR, _LIKELY, _FAINT = 0.8, 0.6, 0.35
_HIGHEST = 0.97
_AUTOMATIC_WITHIN = 90  # seconds: mail that comes sooner is almost surely a machine's
_LENGTH_WEIGHT = 0.5
_ANSWER_LENGTH = 40  # characters that are neither politeness nor a way to be rid of the question
_FORWARDED_TOP = 0.5  # what is only forwarded is for a person, whatever it says
_MAIL_SYSTEM = re.compile(r"^(?:mailer-daemon|postmaster|mail-daemon|mdaemon)@", re.IGNORECASE)
_FORWARDED = re.compile(r"^\W*(?:fwd?|转发|轉寄)\s*[:：]", re.IGNORECASE)

_K, _O = MessageKind, Outcome
_NOTICES = frozenset(
    {_K.CORRECTION_NOTICE, _K.EXTENSION_NOTICE, _K.THIRD_PARTY_NOTICE, _K.FEE_NOTICE, _K.TRANSFER_NOTICE}
)
# An answer may speak of fees and consents; the question itself never meets with one.
_CONSULTATION_NOTICES = frozenset({_K.CORRECTION_NOTICE, _K.EXTENSION_NOTICE, _K.TRANSFER_NOTICE})
# Where a label is likely by itself, these others are part of how it is said.
_SPOKEN_WITH: Mapping[str, frozenset[str]] = {
    _K.CORRECTION_NOTICE: frozenset({_O.ABANDONED, _O.EXCESSIVE}),
    _K.FEE_NOTICE: frozenset({_O.DISCLOSED, _O.ABANDONED}),
    _K.TRANSFER_NOTICE: frozenset({_K.EXTENSION_NOTICE, _O.REFERRED}),
    _O.PARTLY_DISCLOSED: frozenset({_O.DISCLOSED, _O.REFUSED}),
    _O.ALREADY_PUBLIC: frozenset({_O.DISCLOSED}),
    _O.NOT_RESPONSIBLE: frozenset({_K.TRANSFER_NOTICE}),
    _O.NOT_A_REQUEST: frozenset({_O.NOT_RESPONSIBLE}),
    _O.DUPLICATE: frozenset({_O.ALREADY_PUBLIC, _O.EXCESSIVE}),
    _O.EXCESSIVE: frozenset({_O.REFUSED, _K.CORRECTION_NOTICE}),
    _O.OTHER_REGIME: frozenset({_O.NOT_A_REQUEST, _K.TRANSFER_NOTICE}),
    _O.PUBLICATION: frozenset({_O.ALREADY_PUBLIC, _O.NOT_A_REQUEST}),
    _O.NEEDS_CREATION: frozenset({_O.NOT_HELD, _O.REFUSED}),
    _O.STILL_UNCLEAR: frozenset({_K.CORRECTION_NOTICE}),
    _O.ABANDONED: frozenset({_K.CORRECTION_NOTICE, _O.STILL_UNCLEAR}),
    _O.FEE_UNPAID: frozenset({_O.ABANDONED, _K.FEE_NOTICE}),
    _O.REFERRED: frozenset({_O.DEFLECTION}),
}


def classify(
    message: Message, kind: RequestKind | None, lexicon: Lexicon, seconds_since_sent: float | None
) -> Classification:
    """Read a message as an answer to a request of `kind` (None: not known), sent so long before it."""
    reading = _Reading(message, kind, lexicon, seconds_since_sent)
    found = reading.of_report() or reading.of_mail_system() or reading.of_letter()
    if found is None and _FORWARDED.match(message.subject):
        found = _of_forwarded(message, kind, lexicon)
    return found or reading.unknown()


def _of_forwarded(message: Message, kind: RequestKind | None, lexicon: Lexicon) -> Classification | None:
    reading = _Reading(message, kind, lexicon, None, forwarded=True)
    found = reading.of_letter()
    if found is None:
        return None
    evidence = ("forwarded letter", *found.evidence)
    confidence = min(found.confidence, _FORWARDED_TOP)
    return Classification(found.kind, found.outcome, confidence, evidence, found.document_number)


@dataclass(frozen=True, slots=True)
class _Choice:
    label: str
    confidence: float


class _Reading:
    def __init__(
        self,
        message: Message,
        kind: RequestKind | None,
        lexicon: Lexicon,
        seconds: float | None,
        *,
        forwarded: bool = False,
    ) -> None:
        self._message = message
        self._lexicon = lexicon
        self._letter = LetterText(message, lexicon, forwarded=forwarded)
        self._hits = list(self._letter.hits())
        self._kind = kind or self._kind_asked()
        self._is_sudden = seconds is not None and 0 <= seconds < _AUTOMATIC_WITHIN
        self._scores = _scores(self._hits)

    # --- three ways to read, from the surest ---

    def of_report(self) -> Classification | None:
        report = self._message.report
        if report is None:
            return None
        evidence = (f"report action {report.action or '-'}", f"report status {report.status or '-'}")
        return Classification(_kind_of_report(report.action, report.status), None, _HIGHEST, evidence)

    def of_mail_system(self) -> Classification | None:
        scores = self._scores
        if scores.get(_K.READ_RECEIPT, 0) >= _CLEAR:
            return self._result(_Choice(_K.READ_RECEIPT, scores[_K.READ_RECEIPT]))
        is_system = _MAIL_SYSTEM.match(self._message.sender) or self._message.returned_ids
        choice = _choose(scores, {_K.BOUNCE, _K.DELAY})
        if not is_system or choice is None or scores[choice.label] < _LIKELY:
            return None
        return self._result(choice)

    def of_letter(self) -> Classification | None:
        decision = self._decision()
        machine = self._machine(decision)
        if machine is not None:
            return self._result(machine)
        received = _choose(self._scores, {_K.ACKNOWLEDGEMENT})
        strongest = max((c.confidence for c in (decision, received) if c), default=0.0)
        unrelated = _choose(self._scores, {_K.UNRELATED})
        if unrelated and self._scores[_K.UNRELATED] >= _LIKELY and strongest < _LIKELY:
            return self._result(unrelated)
        if received and (decision is None or self._only_received(received, decision)):
            decision = received
        return self._result(decision) if decision and decision.confidence >= _FAINT else None

    def unknown(self) -> Classification:
        evidence = [str(hit) for hit in self._hits]
        if self._letter.has_unread_attachment:
            evidence.append("attachment not read")
        return Classification(_K.UNKNOWN, None, 0.0, tuple(evidence), document_number(self._letter.pages))

    # --- decisions ---

    def _decision(self) -> _Choice | None:
        labels: set[str] = {*_NOTICES}
        scores = dict(self._scores)
        if self._kind is RequestKind.CONSULTATION:
            labels = {*_CONSULTATION_NOTICES}
            scores = self._consultation_scores()
        labels |= outcomes_of(self._kind or RequestKind.DISCLOSURE)
        if any(hit.label == _K.ACKNOWLEDGEMENT and hit.place is Place.TITLE for hit in self._hits):
            labels.add(_K.ACKNOWLEDGEMENT)  # a slip that speaks of all that may follow
        return _choose(scores, labels)

    def _consultation_scores(self) -> dict[str, float]:
        scores = dict(self._scores)
        self._weigh_length(scores)
        dropped = set(_outweighed(scores))
        return {label: score for label, score in scores.items() if label not in dropped}

    def _weigh_length(self, scores: dict[str, float]) -> None:
        if len(self._said()) >= _ANSWER_LENGTH:
            self._hits.append(Hit(_O.ANSWER, "length", _LENGTH_WEIGHT))
            scores[_O.ANSWER] = _either(scores.get(_O.ANSWER, 0), _LENGTH_WEIGHT)

    def _said(self) -> str:
        """The sentences that are neither formula nor a way to be rid of the question."""
        idle = [p.pattern for p in self._lexicon.phrases if p.label in _IDLE] + [*self._lexicon.formula]
        sentences = re.split(r"[。!?;:]", self._letter.stated)
        return "".join(s for s in sentences if not any(p.search(s) for p in idle))

    def _machine(self, decision: _Choice | None) -> _Choice | None:
        score = self._scores.get(_K.AUTO_REPLY, 0)
        if self._is_sudden and (score or self._scores.get(_K.ACKNOWLEDGEMENT, 0)):
            score = _either(score, _LIKELY)
        against = decision.confidence if decision else 0.0
        if score < _LIKELY or (against >= _CLEAR and score < _CLEAR):
            return None
        if self._lexicon.registration.search(self._letter.plain) and against < _CLEAR:
            return _Choice(_K.ACKNOWLEDGEMENT, 0.85)
        return _Choice(_K.AUTO_REPLY, _doubted(score, against if against >= _CLEAR else 0.0))

    def _only_received(self, received: _Choice, decision: _Choice) -> bool:
        """An answer told only by its length or one sign is no answer if it says "we received it"."""
        limit = _CLEAR if decision.label == _O.ANSWER and received.confidence >= _LIKELY else _LIKELY
        return decision.confidence < min(limit, received.confidence)

    def _kind_asked(self) -> RequestKind | None:
        text = f"{self._message.subject}。{self._letter.plain}"
        for words in (text, self._message.quoted_text):
            if self._lexicon.disclosure.search(words):
                return RequestKind.DISCLOSURE
            if self._lexicon.consultation.search(words):
                return RequestKind.CONSULTATION
        return None

    def _result(self, choice: _Choice) -> Classification:
        evidence = [str(hit) for hit in self._hits if _is_told(hit, self._scores)]
        if self._is_sudden:
            evidence.append(f"within {_AUTOMATIC_WITHIN} s of sending")
        is_outcome = choice.label in set(Outcome)
        return Classification(
            kind=_K.REPLY if is_outcome else _K(choice.label),
            outcome=_O(choice.label) if is_outcome else None,
            confidence=round(choice.confidence, 3),
            evidence=tuple(dict.fromkeys(evidence)),
            document_number=document_number(self._letter.pages),
        )


_IDLE = frozenset({_O.DEFLECTION, _O.REFERRED, _K.ACKNOWLEDGEMENT, _K.TRANSFER_NOTICE, _K.EXTENSION_NOTICE})


def _outweighed(scores: Mapping[str, float]) -> Iterator[str]:
    """Labels that only accompany what a reply to a consultation really says."""
    answer = scores.get(_O.ANSWER, 0)
    if answer >= _CLEAR:
        yield _O.DEFLECTION  # "details by telephone" below a real answer
        yield from (each for each in (_O.REFERRED, *_CONSULTATION_NOTICES) if scores.get(each, 0) < _CLEAR)
    elif max(scores.get(_K.EXTENSION_NOTICE, 0), scores.get(_K.TRANSFER_NOTICE, 0)) >= _LIKELY or (
        answer <= _LENGTH_WEIGHT and scores.get(_O.REFERRED, 0) >= _CLEAR
    ):
        yield _O.ANSWER


def _kind_of_report(action: str, status: str) -> MessageKind:
    if action in ("displayed", "deleted", "dispatched", "processed", "denied"):
        return _K.READ_RECEIPT
    if action == "failed" or (not action and status.startswith("5")):
        return _K.BOUNCE
    if action == "delayed" or (not action and status.startswith("4")):
        return _K.DELAY
    return _K.AUTO_REPLY  # delivered, relayed, expanded: a server works


def _scores(hits: Iterable[Hit]) -> dict[str, float]:
    scores: dict[str, float] = {}
    for hit in hits:
        scores[hit.label] = _either(scores.get(hit.label, 0.0), hit.weight)
    return scores


def _either(one: float, other: float) -> float:
    """The weight of two independent signs for the same thing."""
    return min(_HIGHEST, 1 - (1 - one) * (1 - other))


def _doubted(score: float, against: float) -> float:
    return score * (1 - 0.6 * against * sqrt(against))


def _choose(scores: Mapping[str, float], among: Iterable[str]) -> _Choice | None:
    """The likeliest label, its score lowered by the next one that it does not explain."""
    ranked = sorted(((scores[label], label) for label in among if scores.get(label)), reverse=True)
    left = [pair for pair in ranked if not any(_explains(other, pair) for other in ranked)]
    if not left:
        return None
    (best, label), others = left[0], left[1:]
    against = others[0][0] if others else 0.0
    if best >= _HIGHEST and against <= _LIKELY:  # two clear signs outweigh one that needs a second
        against /= 2
    return _Choice(label, _doubted(best, against))


def _explains(one: tuple[float, str], other: tuple[float, str]) -> bool:
    (score, label), spoken_with = one, _SPOKEN_WITH.get(one[1], frozenset())
    mutual = label in _SPOKEN_WITH.get(other[1], frozenset())
    return other[1] in spoken_with and score >= _LIKELY and (not mutual or one > other)


def _is_told(hit: Hit, scores: Mapping[str, float]) -> bool:
    return hit.weight >= _LIKELY or scores.get(hit.label, 0.0) >= _LIKELY or hit.name == "length"
