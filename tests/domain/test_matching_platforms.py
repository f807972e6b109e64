"""Matching what comes from one address for many offices: a city's platform, a hotline."""

from dataclasses import replace

import pytest

from tests.domain.test_matching import ARRIVED, letter
from tests.domain.test_matching_units import PRICES, PUPILS, WANG
from tracker.domain.match import Doubt, Match
from tracker.domain.matching import match_message
from tracker.domain.sent import Answer, Everybody, SentLetters, SentRequest

PLATFORM = "fuwu@city.test"
FUND = replace(
    PRICES,
    reference="R-FUND",
    unit_id="fund",
    unit_name="临江市住房公积金管理中心",
    unit_addresses=frozenset({PLATFORM}),
    title="离职后公积金提取需要哪些材料",
    text="本人已从酒店离职，提取公积金账户余额要等多长时间，能不能网上办理？",
    message_ids=frozenset({"<fund@mail.example>"}),
)
# Somebody else asked an office behind the same address.
LABOUR = replace(
    FUND,
    reference="R-LABOUR",
    mailbox="else@mail.example",
    applicant_name="李强",
    unit_id="labour",
    unit_name="临江市人力资源和社会保障局",
    message_ids=frozenset({"<labour@mail.example>"}),
)
ASKED = (WANG, PRICES, PUPILS, FUND)


def matched(
    text: str, *, known: str = "", asked: tuple[SentRequest, ...] = ASKED, subject: str = ""
) -> Match:
    sent = SentLetters(asked, Everybody([*asked, LABOUR]))
    if known:
        sent.learn(known, Answer(writer=PLATFORM))
    return match_message(letter(reply_text=text, subject=subject, sender=PLATFORM), ARRIVED, sent)


def test_a_platform_that_answered_for_one_office_also_writes_for_others() -> None:
    text = f"王芳：您向{WANG.unit_name}提交的“{WANG.title}”申请已登记。系统邮件，请勿回复。"
    assert matched(text, known="R-FUND").references == ("R-WATER",)


def test_it_names_the_office_to_which_a_request_was_handed_in() -> None:
    text = f"申请人王芳：您提交{PUPILS.unit_name}的申请已登记，查询码 2270419。"
    assert matched(text, known="R-FUND").references == ("R-SCHOOLS",)


def test_it_names_what_was_asked_and_the_office_that_looks_into_it() -> None:
    text = f"市民您好：您反映的二次供水加压费相关问题，经{WANG.unit_name}研究，现答复如下：请放心。"
    assert matched(text).references == ("R-PRICES",)


def test_what_is_another_offices_is_not_that_of_the_one_behind_the_address() -> None:
    text = f"市民您好：经{PUPILS.unit_name}研究，现答复如下：下一步将持续优化服务。"
    assert matched(text).references == ()


def test_where_it_names_nobody_else_it_writes_for_the_office_behind_it() -> None:
    text = "王芳您好，提取公积金账户余额离职半年后可以办理，带身份证，网上也能办。"
    assert matched(text).references == ("R-FUND",)


def test_a_receipt_that_is_called_a_notice_of_acceptance_is_no_newsletter() -> None:
    text = f"王芳：您向{PUPILS.unit_name}提出的“{PUPILS.title}”申请已录入平台。"
    assert matched(text, subject="受理提示：登记编号JY2026-0087").references == ("R-SCHOOLS",)


@pytest.mark.parametrize(
    "text",
    [
        "田野您好，6月5日公众开放日，欢迎参观水厂，报名请回复。",
        "请查收《2026年安全用水提示》，注意防范。",
    ],
)
def test_what_invites_or_warns_everybody_answers_nobody(text: str) -> None:
    sent = SentLetters((replace(PRICES, applicant_name="田野"),))
    sender = next(iter(PRICES.unit_addresses))
    match = match_message(letter(reply_text=text, subject="", sender=sender), ARRIVED, sent)
    assert (match.references, match.doubt) == ((), Doubt.WEAK)
