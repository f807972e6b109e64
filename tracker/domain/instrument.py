"""The coding instrument: which questions reviewers answer about a message, and what an answer may be."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tracker.domain.terms import MessageKind, Outcome, RequestKind, outcomes_of

KIND, OUTCOME = "kind", "outcome"  # the two questions that every instrument has
CODE_KEYS = "123456789abcdefghijklmnopqrstuvwxyz"  # a code's key is its place among the codes offered


class QuestionType(StrEnum):
    CHOICE = "choice"
    REMARK = "remark"  # free text: not compared between coders


@dataclass(frozen=True, slots=True)
class CodeOption:
    code: str
    words: Mapping[str, str]  # by language


@dataclass(frozen=True, slots=True)
class CodingQuestion:
    """`kinds` and `requests`: to which kinds of message and request it applies; empty: to all.

    `is_compared`: whether two coders have to agree on it.
    """

    question_id: str
    type: QuestionType
    words: Mapping[str, str]
    help: Mapping[str, str]
    options: tuple[CodeOption, ...] = ()
    kinds: frozenset[MessageKind] = frozenset()
    requests: frozenset[RequestKind] = frozenset()
    is_required: bool = True
    is_compared: bool = True

    def applies_to(self, request: RequestKind, kind: MessageKind) -> bool:
        return (not self.kinds or kind in self.kinds) and (not self.requests or request in self.requests)


@dataclass(frozen=True, slots=True)
class Instrument:
    """A file of data/instruments; `version` is the SHA-256 of its bytes."""

    name: str
    version: str
    questions: tuple[CodingQuestion, ...]

    def question(self, question_id: str) -> CodingQuestion:
        return next(one for one in self.questions if one.question_id == question_id)

    @property
    def compared(self) -> tuple[str, ...]:
        """The questions on which two coders have to agree, in the order of the form."""
        return (KIND, OUTCOME, *(one.question_id for one in self.questions if one.is_compared))


class AnswerFault(Exception):
    """An answer that the instrument does not allow; `why` is a code for the sentence about it."""

    def __init__(self, question_id: str, why: str) -> None:
        super().__init__(f"{question_id}: {why}")
        self.question_id, self.why = question_id, why


def check_answers(instrument: Instrument, request: RequestKind, answers: Mapping[str, str]) -> dict[str, str]:
    """The answers that apply, in the order of the form; those to questions that do not apply fall away.

    Raises `AnswerFault` for a required one that is missing or a code that is none.
    """
    kind, outcome = answers.get(KIND, ""), answers.get(OUTCOME, "")
    if kind not in set(MessageKind):
        raise AnswerFault(KIND, "missing" if not kind else "unknown_code")
    checked = {KIND: kind}
    if kind == MessageKind.REPLY:
        if outcome not in outcomes_of(request):
            raise AnswerFault(OUTCOME, "missing" if not outcome else "unknown_code")
        checked[OUTCOME] = outcome
    for question in instrument.questions:
        if question.applies_to(request, MessageKind(kind)):
            checked |= _checked(question, answers.get(question.question_id, "").strip())
    return checked


def _checked(question: CodingQuestion, answer: str) -> dict[str, str]:
    if not answer:
        if question.is_required:
            raise AnswerFault(question.question_id, "missing")
        return {}
    if question.options and answer not in {option.code for option in question.options}:
        raise AnswerFault(question.question_id, "unknown_code")
    return {question.question_id: answer}


def kinds_offered() -> tuple[MessageKind, ...]:
    return tuple(MessageKind)


def outcomes_offered(request: RequestKind) -> tuple[Outcome, ...]:
    return tuple(outcome for outcome in Outcome if outcome in outcomes_of(request))
