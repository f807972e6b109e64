"""The working days a notice names, and what a person adds."""

from datetime import date

import pytest

from tracker.domain.message import Attachment, Message
from tracker.domain.notices import NO_TERMS, NoticeTerms, days_named, number
from tracker.domain.terms import MessageKind

M = MessageKind


def message_saying(text: str, attachment: str | None = None) -> Message:
    parts = (
        [Attachment("补正通知书.docx", "application/msword", "0" * 64, b"", attachment)] if attachment else []
    )
    return Message("0" * 64, reply_text=text, attachments=tuple(parts))


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("经批准，延长20个工作日答复。", 20),
        ("延期答复期限十五个工作日", 15),
        ("现决定延长答复期限至多２０个工作日", 20),
        ("需要更长时间，请耐心等待", None),
        ("请在10个工作日内补正", None),
    ],
)
def test_an_extension_notice_grants_what_it_names(text: str, days: int | None) -> None:
    assert days_named(message_saying(text), M.EXTENSION_NOTICE) == days


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("请您自收到本通知书之日起10个工作日内补正申请内容，逾期未补正的，视为放弃申请。", 10),
        ("请于十五个工作日之内将材料补充完整后再提交。", 15),
        ("请在 7 个工作日 内\n提供身份证明", 7),
        ("本机关应当自收到申请之日起7个工作日内告知申请人补正。请在10个工作日内补正。", 10),
        ("本机关将在20个工作日内答复。", None),
        ("请补正。", None),
        ("延长20个工作日", None),
    ],
)
def test_a_correction_notice_gives_what_it_names_and_not_what_the_law_names(
    text: str, days: int | None
) -> None:
    assert days_named(message_saying(text), M.CORRECTION_NOTICE) == days


def test_what_stands_in_an_attachment_is_read_as_well_and_other_kinds_name_no_days() -> None:
    letter = message_saying("见附件", attachment="请在10个工作日内补正。")
    assert days_named(letter, M.CORRECTION_NOTICE) == 10
    assert days_named(letter, M.REPLY) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [("7", 7), ("20", 20), ("十", 10), ("十五", 15), ("二十", 20), ("三十一", 31), ("两", 2)],
)
def test_chinese_numbers_are_read(text: str, value: int) -> None:
    assert number(text) == value


def test_only_what_a_person_said_enters_the_event() -> None:
    assert NO_TERMS.payload() == {}
    assert NoticeTerms(days=0).payload() == {"days": 0}
    full = NoticeTerms(10, date(2026, 9, 1), is_disputed=True)
    assert full.payload() == {"days": 10, "ended_on": "2026-09-01", "disputed": True}
