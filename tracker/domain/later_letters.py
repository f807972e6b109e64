"""A later letter of an office about its own answer: a correction, a page that was missing, the sealed copy."""

import re
from dataclasses import replace

from tracker.domain.message import Message
from tracker.domain.terms import Classification, MessageKind, Outcome

_GOES_ON = re.compile(
    r"更正|更新|补发|补上|补一|补寄|重发|重新[发寄]|漏了|少了|少写|写错|看错|弄错|有误|打不开|上[次回]|前[次信函封]|昨天|昨日"
    r"|以(?:此|本|这)(?:件|份|次的?|封)?为准|盖章|公章|原件"
)
_STANDS = re.compile(r"(?:结论|决定|其他|其余|其它)(?:内容|部分)?(?:均|都)?不变|仍按原答复")
_SURE = 0.9  # a reading that is likelier than this stands by itself
_CONFIDENCE = 0.6
_DECIDING_NOTHING = (MessageKind.REPLY, MessageKind.UNKNOWN, MessageKind.UNRELATED)


def is_later_letter(text: str) -> bool:
    """Whether it corrects or completes an earlier letter, in whose thread it need not stand."""
    return _GOES_ON.search(text) is not None


def goes_on(message: Message, read: Classification, earlier: Outcome | None) -> Classification:
    """The reading of a letter after an answer that decided `earlier`: the same, where it decides nothing else.

    A person is to see it: its confidence is low.
    """
    text = f"{message.subject}\n{message.reply_text}"
    may_stand = read.confidence < _SURE or _STANDS.search(text) is not None
    is_open = read.kind in _DECIDING_NOTHING and may_stand
    if earlier in (None, read.outcome) or not is_open or not is_later_letter(text):
        return read
    evidence = (f"goes on with an answer: {earlier}", *read.evidence)
    return replace(read, kind=MessageKind.REPLY, outcome=earlier, confidence=_CONFIDENCE, evidence=evidence)
