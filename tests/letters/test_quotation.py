"""What a mail program quoted is told from what the sender wrote."""

import pytest

from tracker.letters.quotation import split_quotation

QUOTED = [
    "-----Original Message-----\nFrom: a\nSent: b",
    "------------------ 原始邮件 ------------------\n发件人: x",
    "---- 邮件原件 ----\n申请",
    "---Original---\nFrom: x",
    "---------- Forwarded message ---------\nFrom: x",
    "-------- 转发邮件信息 --------\n发件人：x",
    "发件人： 张伟 <a@mail.test>\n发送时间： 2026年9月1日\n收件人： b\n主题： 申请",
    "________________________________\nFrom: a\nSent: b\nTo: c\nSubject: d",
    "*发件人:* 张伟\n*日期:* 2026/9/1\n*主题:* 申请",
    "在 2026-09-01 09:00:00，\"张伟\" <a@mail.test> 写道：\n申请",
    "在2026年09月01日 09:00，张伟<a@mail.test> 写道:\n> 申请",
    "张伟 <a@mail.test> 于2026年9月1日周二 09:00写道：\n\n> 申请",
    "On Tue, Sep 1, 2026 at 9:00 AM 张伟 <a@mail.test> wrote:\n> x",
    "On Tue, Sep 1, 2026 at 9:00 AM 张伟\n<a@mail.test> wrote:\n> x",
    "At 2026-09-01 09:00:00, \"zw\" <a@mail.test> wrote:\nx",
    "> 申请\n> 内容",
]  # fmt: skip


@pytest.mark.parametrize("quoted", QUOTED)
def test_a_quotation_below_is_taken_off(quoted: str) -> None:
    new, old = split_quotation(f"现答复如下。\n\n{quoted}")
    assert new == "现答复如下。"
    assert old.split("\n")[-1] == quoted.split("\n")[-1]


def test_an_answer_below_marked_lines_is_new() -> None:
    text = "On 2026-09-01, a@mail.test wrote:\n> 申请\n\n现答复如下。"
    assert split_quotation(text)[0] == "现答复如下。"


def test_answers_between_marked_lines_are_new() -> None:
    assert split_quotation("> 一\n甲\n> 二\n乙") == ("甲\n乙", "> 一\n> 二")


def test_the_question_above_a_letter_box_answer_is_quoted() -> None:
    new, old = split_quotation("您的来信内容：\n是否不予公开？\n答复内容：\n已公开。")
    assert new == "答复内容：\n已公开。"
    assert "不予公开" in old


@pytest.mark.parametrize(
    "text",
    [
        "发件人：区司法局办公室\n地址：枣园路8号",
        "您在信中写道：路灯不亮。",
        "一、数量>=10\n二、>5",
        "———\n宝塔区示例局",
        "日期：2026年9月1日\n主题：答复",
    ],
)
def test_ordinary_lines_of_a_letter_stay(text: str) -> None:
    assert split_quotation(text) == (text, "")


@pytest.mark.parametrize(
    "answer", ["这个我们没有", "在我局网站上", "2024年12件\n2025年15件", "您好！关于加梯，请拨打0000-8230011"]
)
def test_an_answer_without_a_full_stop_is_no_part_of_the_line_that_follows(answer: str) -> None:
    new, _old = split_quotation(f"{answer}\n张伟 <a@mail.test> 于2026年9月1日周二 09:00写道：\n> 申请")
    assert new == answer


def test_what_stands_below_the_table_of_an_old_header_is_old() -> None:
    table = "---- 回复的原邮件 ----\n| 发件人 | 张伟<a@mail.test> |\n| 日期 | 2026年4月23日 |\n| 主题 | 申请公开合同 |"
    new, old = split_quotation(f"已公开。\n\n{table}\n某局：\n申请公开合同。")
    assert new == "已公开。"
    assert old.endswith("申请公开合同。")
