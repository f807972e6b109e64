"""Letters about an earlier answer of the same office."""

import pytest

from tracker.domain.later_letters import goes_on
from tracker.domain.message import Message
from tracker.domain.terms import Classification, MessageKind, Outcome

UNSURE = Classification(MessageKind.REPLY, Outcome.DISCLOSED, 0.5, ("words: 上 次 更",))


def read_after(text: str, earlier: Outcome | None, read: Classification = UNSURE) -> Outcome | None:
    return goes_on(Message(sha256="0" * 64, reply_text=text), read, earlier).outcome


@pytest.mark.parametrize(
    "text", ["上次数字有误，应为92人，特更正。", "昨天的答复漏了一页，补上。", "以此件为准"]
)
def test_a_correction_decides_what_it_corrects(text: str) -> None:
    assert read_after(text, Outcome.PARTLY_DISCLOSED) is Outcome.PARTLY_DISCLOSED


def test_it_says_that_it_goes_on_and_is_for_a_person() -> None:
    found = goes_on(Message(sha256="0" * 64, reply_text="补发盖章件"), UNSURE, Outcome.REFUSED)
    assert (found.confidence, found.evidence[0]) == (0.6, "goes on with an answer: refused")


def test_without_an_earlier_answer_or_a_word_of_it_the_reading_stands() -> None:
    assert read_after("上次数字有误", None) is Outcome.DISCLOSED
    assert read_after("名单见附件。", Outcome.REFUSED) is Outcome.DISCLOSED


def test_what_decides_anew_stands() -> None:
    sure = Classification(MessageKind.REPLY, Outcome.DISCLOSED, 0.95, ("disclosed: 予以公开",))
    assert read_after("更正：原答复撤回，现予以公开。", Outcome.REFUSED, sure) is Outcome.DISCLOSED


def test_a_notice_after_an_answer_is_no_answer() -> None:
    late = Classification(MessageKind.EXTENSION_NOTICE, None, 0.5, ())
    assert read_after("更正：延长二十个工作日", Outcome.DISCLOSED, late) is None
