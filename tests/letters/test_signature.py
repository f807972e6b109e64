"""What a program put below a letter is no part of what the letter says; what the clerk wrote is."""

import pytest

from tracker.letters.signature import split_signature

BELOW = [
    "-- \n李明\n某市财政局 预算科\n电话：0000-1234567",
    "------------------\n李明\n地址：人民路1号\n邮箱：li@unit.test",
    "发自我的iPhone",
    "发自我的 iPad",
    "来自 Outlook for iOS",
    "Sent from my iPhone",
    "本邮件及附件含有保密信息，仅供指定收件人使用。如有误收，请立即删除。",
    "免责声明：本邮件内容不代表本单位意见。",
    "This email and any attachments are confidential.",
    "-- \n李明\nTel: 0000-1234567\n\n发自我的iPhone",
]


@pytest.mark.parametrize("below", BELOW)
def test_it_is_told_from_the_letter(below: str) -> None:
    assert split_signature(f"这个信息我们没有。\n\n{below}") == ("这个信息我们没有。", below)


SAID = [
    "请拨打电话 0000-1234567 咨询",
    "现将数据答复如下：\n----------\n2024年 12件\n2025年 15件",
    "------\n请拨打电话：0000-1234567",
    "某市财政局\n2026年9月1日",
    "联系人：李明\n电话：0000-1234567",
    "-- 详见附件",
]


@pytest.mark.parametrize("said", SAID)
def test_what_says_something_stays(said: str) -> None:
    assert split_signature(f"您好：\n{said}") == (f"您好：\n{said}", "")


@pytest.mark.parametrize("below", BELOW)
def test_a_letter_of_nothing_else_is_kept_whole(below: str) -> None:
    assert split_signature(below) == (below, "")


def test_countless_rules_are_looked_at_in_bounds() -> None:
    rules = "------\n" * 140_000
    said, below = split_signature(f"这个信息我们没有。\n{rules}-- \n李明\n电话：0000-1234567")
    assert said.startswith("这个信息我们没有。")
    assert below.endswith("李明\n电话：0000-1234567")
