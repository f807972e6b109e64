"""Matching what a unit, one of its offices or somebody by its order writes, where it was asked more than once."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.domain.test_matching import (
    ARRIVED,
    FROM_SCHOOLS,
    FROM_WATER,
    SCHOOLS,
    SENT_AT,
    WATER,
    letter,
)
from tracker.domain.match import Doubt, Match
from tracker.domain.matching import match_message
from tracker.domain.message import Attachment
from tracker.domain.sent import Answer, Everybody, SentLetters, SentRequest
from tracker.domain.terms import RequestKind
from tracker.domain.unit_names import names_of

WANG = replace(WATER, applicant_name="王芳", numbers=frozenset())
PRICES = replace(
    WANG,
    reference="R-PRICES",
    kind=RequestKind.CONSULTATION,
    title="咨询：城区二次供水加压费的收费依据",
    text="小区物业按月收二次供水加压费，请问依据是哪份文件，老旧小区有没有减免？",
    message_ids=frozenset({"<water-3@mail.example>"}),
    sent_at=SENT_AT.replace(day=20),
)
PUPILS = replace(SCHOOLS, applicant_name="王芳")
ASKED = (WANG, PRICES, PUPILS)


def matched(
    text: str,
    *,
    known: tuple[tuple[str, Answer], ...] = (),
    asked: tuple[SentRequest, ...] = ASKED,
    **fields: Any,
) -> Match:
    sent = SentLetters(asked)
    for reference, answer in known:
        sent.learn(reference, answer)
    return match_message(letter(reply_text=text, **fields), ARRIVED, sent)


def answered(text: str, **fields: Any) -> tuple[str, ...]:
    return matched(text, **fields).references


# --- numbers ------------------------------------------------------------------------------------------

NUMBERED = (
    ("R-WATER", Answer(frozenset({"水依申〔2020〕3号"}))),
    ("R-PRICES", Answer(frozenset({"水依申〔2020〕4号"}))),
)


def test_a_unit_may_cite_a_number_by_its_end() -> None:
    assert answered("3号件从今天起重新算期限。", known=NUMBERED, **FROM_WATER) == ("R-WATER",)
    assert answered("您的来信（4号）收悉。", known=NUMBERED, **FROM_WATER) == ("R-PRICES",)


@pytest.mark.parametrize("comma", ["、", "，", "和", ";"])
def test_numbers_in_a_list_stand_alone(comma: str) -> None:
    known = (
        ("R-WATER", Answer(frozenset({"ZR2605070031"}))),
        ("R-PRICES", Answer(frozenset({"ZR2605070032"}))),
    )
    text = f"ZR2605070031{comma}ZR2605070032两件的原件都收到了。"
    assert answered(text, known=known, **FROM_WATER) == ("R-PRICES", "R-WATER")


def test_such_an_end_says_nothing_from_anybody_else() -> None:
    assert answered("3号件从今天起重新算期限。", known=NUMBERED) == ()
    assert answered("您好，水依申3号件补一页，见附件。", known=NUMBERED) == ("R-WATER",)


def test_two_numbers_are_for_two_requests() -> None:
    text = "水依申〔2020〕3号、4号两件均需征求企业意见。"
    assert answered(text, known=NUMBERED, **FROM_WATER) == ("R-PRICES", "R-WATER")


def test_a_letter_about_one_request_that_cites_the_number_of_another_does_not_give_it() -> None:
    again = (*NUMBERED, ("R-PRICES", Answer(frozenset({"水依申〔2020〕3号"}))))
    assert answered("水依申〔2020〕3号延期二十个工作日。", known=again, **FROM_WATER) == ("R-WATER",)


# --- writers ------------------------------------------------------------------------------------------

LAO_LI = {"sender": "laoli@163.example"}
BY_LAO_LI = (("R-WATER", Answer(writer="laoli@163.example", message_id="<answer@163.example>")),)


def test_who_answered_once_goes_on_with_it() -> None:
    text = "农村饮水安全工程的第二批也批下来了，见附件。"
    assert answered(text, **LAO_LI) == ()
    assert answered(text, known=BY_LAO_LI, **LAO_LI) == ("R-WATER",)


def test_who_answered_once_may_write_about_something_else() -> None:
    text = "义务教育学校的招生划片范围，城南片区有调整。"
    assert answered(text, known=BY_LAO_LI, **LAO_LI) == ()


def test_a_reply_to_an_offices_own_letter_goes_back_to_what_that_answered() -> None:
    thread = {"thread_ids": ("<answer@163.example>",)}
    assert answered("补一页。", known=BY_LAO_LI, **thread) == ("R-WATER",)


def test_an_office_of_a_unit_writes_from_its_address_with_a_part_before_it() -> None:
    shared = replace(PUPILS, unit_addresses=frozenset({"jyj@yanan.test"}))
    units = (replace(WANG, unit_addresses=frozenset({"swj@yanan.test"})), shared)
    text = "农村饮水安全工程的分配表打不开的话，用这份。"
    assert answered(text, asked=units, sender="gongshui.swj@yanan.test") == ("R-WATER",)


@pytest.mark.parametrize(
    "text",
    [
        "局里让我把二次供水加压费的文件发您，物业按月收是有依据的，老旧小区减半。",
        "您好，市水务局转来您的来信，二次供水加压费依据是省里的文件。",
        "您好，水务局打电话说您问加压费，二次供水的依据见附件。",
    ],
)
def test_who_writes_by_order_of_an_office_answers_what_his_letter_is_about(text: str) -> None:
    assert answered(text) == ("R-PRICES",)


def test_an_order_without_a_word_of_what_was_asked_decides_nothing() -> None:
    assert answered("局里让我回您，材料我再找找。") == ()


def test_a_unit_may_be_called_by_some_of_its_characters() -> None:
    harbour = replace(WANG, unit_id="harbour", unit_name="延安市港口航务管理局", reference="R-HARBOUR")
    sent = SentLetters([harbour, PUPILS])
    assert [sent.abbreviated(name) for name in ("港航局", "教育局", "局")] == [
        {"R-HARBOUR"},
        {"R-SCHOOLS"},
        set(),
    ]


# --- which of a unit's requests -----------------------------------------------------------------------


def test_the_kind_that_a_letter_names_tells_a_request_from_a_consultation() -> None:
    assert answered("您提交的政府信息公开申请已登记。", **FROM_WATER) == ("R-WATER",)
    assert answered("您的咨询件已登记。", **FROM_WATER) == ("R-PRICES",)


def test_the_day_on_which_it_was_sent_tells_it() -> None:
    assert answered("您9月17日发来的信收到了，正在办理。", **FROM_WATER) == ("R-WATER",)
    assert answered("您于9月20日发来的信收到了，正在办理。", **FROM_WATER) == ("R-PRICES",)
    assert answered("您于9月3日发来的信收到了，正在办理。", **FROM_WATER) == ()


def test_what_an_applicant_told_around_it_tells_it() -> None:
    assert answered("物业那边我们说过了，按月收不行，老旧小区一律减半。", **FROM_WATER) == ("R-PRICES",)


def test_one_letter_may_answer_two_units_requests_of_one_question() -> None:
    twin = replace(
        WANG, reference="R-COUNTY", unit_id="county", unit_name="志丹县水务局", unit_addresses=frozenset()
    )
    text = "您分别向市水务局、志丹县水务局申请公开的农村饮水安全工程资金分配结果，合并答复如下。"
    assert answered(text, asked=(WANG, twin)) == ("R-COUNTY", "R-WATER")


# --- other offices ------------------------------------------------------------------------------------

OF_THE_STATION = {"sender": "zhan@163.example", "sender_name": "饮水安全中心 老周"}


def test_an_office_that_was_not_asked_answers_by_the_applicants_name_and_the_words() -> None:
    text = "王女士您好，二次供水加压费的依据是省里文件，物业按月收可以，老旧小区减半。"
    assert answered(text, **OF_THE_STATION) == ("R-PRICES",)
    assert answered(text.replace("王女士", "女士"), **OF_THE_STATION) == ()


def test_who_does_not_say_for_which_office_he_writes_answers_nothing() -> None:
    text = "王女士您好，看到您问加压费，我们老旧小区物业也按月收，我也想问。"
    assert answered(text, sender="zhan@163.example", sender_name="看水人") == ()


@pytest.mark.parametrize(
    ("text", "of"),
    [
        ("您17日问市水务局的二次供水加压费，依据见附件。", ("R-PRICES",)),
        ("水务局把信给我们了，二次供水加压费的依据见附件。", ("R-PRICES",)),
        ("您可向市水务局提出二次供水加压费的咨询。", ()),
        ("你向乡镇申请的二次供水加压费一件已转来。", ()),
    ],
)
def test_an_office_may_say_whom_the_applicant_had_asked(text: str, of: tuple[str, ...]) -> None:
    assert answered(text) == of


def test_another_citys_office_is_not_the_one_asked() -> None:
    towns = (
        replace(WANG, unit_name="松砬市交通运输局"),
        replace(PUPILS, unit_name="桦沟市教育局", unit_id="x"),
    )
    sent = SentLetters(towns)
    assert sent.called("松砬市交通运输局") == sent.called("市交通局") == {"R-WATER"}
    assert sent.called("桦沟市交通运输局") == frozenset()


# --- what is not for the applicant --------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "6月5日上午举办农村饮水安全工程开放日活动，名额40人，扫码报名。",
        "乡亲们：农村饮水安全工程宣传手册可在大厅领取。",
        "本月要点：一、农村饮水安全工程；二、节水。若不想再收到此邮件请回复TD。",
        "延安实验小学：你校饮水工程的请示收到，请补充资金来源。",
    ],
)
def test_what_an_asked_unit_writes_to_all_or_to_others_answers_nothing(text: str) -> None:
    found = matched(text, asked=(WANG, PUPILS), subject="通知", **FROM_WATER)
    assert found.references == ()
    assert found.is_nobodys


def test_a_namesake_by_the_first_character_is_somebody_else() -> None:
    text = "王芬女士：您查询的用水记录请到窗口办理。"
    assert matched(text, asked=(WANG,), **FROM_WATER).doubt is Doubt.ANOTHER_PERSON
    assert answered("老王同志：您问的工程资金分配结果见附件。", asked=(WANG,), **FROM_WATER) == ("R-WATER",)


def test_a_letter_below_which_somebody_elses_stands_is_not_for_us() -> None:
    quoted = "> 水务局您好：我父亲在宝塔山下承包了鱼塘，去年发大水冲了堤，请问补助怎么领"
    found = matched("鱼塘的补助到镇里领。", asked=(WANG,), quoted_text=quoted, **FROM_WATER)
    assert found.doubt is Doubt.ANOTHER_MATTER


def test_another_line_of_the_same_bus_is_another_matter() -> None:
    bus = replace(WANG, title="申请公开公交3路线路调整的论证报告", text="请公开公交3路线路调整的论证报告。")
    assert answered("您问的公交3路线路调整论证报告见附件。", asked=(bus,), **FROM_WATER) == ("R-WATER",)
    assert answered("您好，公交5路线路调整的论证报告已上网。", asked=(bus,), **FROM_WATER) == ()


def test_a_unit_that_writes_of_what_another_was_asked_has_not_answered_its_own() -> None:
    text = "王芳：义务教育阶段学校的招生划片范围，须另行提出申请。"
    assert matched(text, asked=(WANG, PUPILS), **FROM_WATER).doubt is Doubt.ANOTHER_MATTER
    assert answered(text, asked=(WANG, PUPILS), **FROM_SCHOOLS) == ("R-SCHOOLS",)


def test_a_day_before_the_request_was_sent_is_of_something_else() -> None:
    text = "您于8月3日到窗口反映的农村饮水安全工程问题已转市水利站办理。"
    assert matched(text, asked=(WANG,), **FROM_WATER).doubt is Doubt.ANOTHER_MATTER


def test_what_is_to_be_told_to_another_applicant_is_not_hers() -> None:
    others = replace(WANG, reference="R-LI", mailbox="li@mail.example", applicant_name="李明慧")
    sent = SentLetters([WANG], Everybody([WANG, others]))
    told = letter(reply_text="王芳同志，请转告李明慧到窗口领材料。", **FROM_WATER)
    assert match_message(told, ARRIVED, sent).doubt is Doubt.ANOTHER_PERSON


def test_what_another_applicant_asked_of_the_unit_is_not_hers() -> None:
    others = replace(WANG, reference="R-LI", mailbox="li@mail.example", title="城区管网漏损率考核结果")
    sent = SentLetters([WANG], Everybody([WANG, others]))
    told = letter(reply_text="城区管网漏损率的考核结果已公示，请到宣传栏查看。", **FROM_WATER)
    assert match_message(told, ARRIVED, sent).doubt is Doubt.ANOTHER_PERSON


def test_a_mail_program_answers_what_came_shortly_before() -> None:
    text = "out of office: 管理员公出，急事请联系总值班室。"
    fields = {"subject": "AUTO:", "reply_text": text, **FROM_WATER}
    sent = SentLetters([WANG])
    soon, late = SENT_AT + timedelta(minutes=1), SENT_AT + timedelta(days=9)
    assert match_message(letter(**fields), soon, sent).references == ("R-WATER",)
    assert match_message(letter(**fields), late, sent).references == ()


def test_a_letter_that_only_borrows_a_thread_is_read_without_it() -> None:
    text = "王女士，借您这封信回复另一件：二次供水加压费的依据，物业按月收的文件还在找。"
    thread = {"thread_ids": ("<water-1@mail.example>",), "quoted_text": f"> {WATER.text}"}
    assert answered(text, **FROM_WATER, **thread) == ("R-PRICES",)


def test_a_clerk_who_corrects_may_have_answered_on_the_wrong_letter() -> None:
    text = "加压费的我上封说错了，是每户三元，以此为准。"
    found = matched(text, **FROM_WATER, thread_ids=("<water-1@mail.example>",))
    assert found.doubt is Doubt.ANOTHER_MATTER


def test_the_units_own_name_and_a_salutation_tell_none_of_its_requests() -> None:
    town = replace(
        WANG, unit_name="竹筏镇人民政府", title="竹筏镇污水处理费用", text="竹筏镇政府：请公开费用。"
    )
    other = replace(town, reference="R-LAND", title="筏头村土地流转合同", text="竹筏镇政府：请公开合同。")
    assert answered("韦同志：信收到，慢慢办。竹筏镇党政办", asked=(town, other), **FROM_WATER) == ()


def test_a_matter_that_is_settled_is_only_mentioned() -> None:
    text = "王女士：农村饮水安全工程的分配结果延期二十个工作日答复。加压费那件上月已办结，请勿混淆。"
    assert answered(text, **FROM_WATER) == ("R-WATER",)


def test_a_thread_does_not_decide_between_two_matters_that_a_letter_names() -> None:
    text = "饮水安全工程分配结果的那份在会签，二次供水加压费的依据也在找。"
    thread = {"thread_ids": ("<water-1@mail.example>",)}
    assert matched(text, **FROM_WATER, **thread).doubt is Doubt.SEVERAL


def test_what_was_sent_by_mistake_is_nobodys_even_in_a_thread() -> None:
    text = "请问您上次买的高山茶还要不要？发错了不好意思，这封请忽略。"
    assert answered(text, **FROM_WATER, thread_ids=("<water-1@mail.example>",)) == ()


def test_what_was_handed_on_is_not_what_the_office_itself_was_asked() -> None:
    text = "王女士：教育局把您问义务教育学校招生划片的信转来，划片范围见附件。"
    assert answered(text, asked=(WANG, PUPILS), **FROM_WATER) == ("R-SCHOOLS",)
    text = "王女士：街道把您问低保的信转来，带户口本到窗口办。"
    assert answered(text, asked=(WANG, PUPILS), **FROM_WATER) == ()


def test_a_unit_is_called_by_its_place_without_the_kind_of_place() -> None:
    assert "珲塔教育局" in names_of("珲塔市教育局")
    assert "珲塔二中" in names_of("珲塔市第二中学")


@pytest.mark.parametrize(
    "text",
    [
        "老板你好，市水务局供水科，二次供水加压费按发改委的文件收，不用跑。",
        "我是市水务局的小贺，加压费的依据是2018年的文件，老旧小区有减免。",
        "局里转来的。加压费的依据是2018年的文件，老旧小区减免一半。",
        "局里叫回你。加压费的依据是2018年的文件，老旧小区减免一半。",
        "街道给了我您的信，加压费的依据是2018年的文件，老旧小区减免一半。",
    ],
)
def test_a_clerk_from_a_private_address_says_for_whom_or_by_whose_order(text: str) -> None:
    assert answered(text, sender="heshan@qq.example", subject="") == ("R-PRICES",)


def test_a_clerk_whose_office_was_asked_twice_goes_by_the_serial_of_its_number() -> None:
    text = "4号的事，文件在物价局那边，你找他们要。\n市水务局供水科"
    assert answered(text, known=NUMBERED, sender="gao@qq.example", subject="") == ("R-PRICES",)


@pytest.mark.parametrize(
    "text",
    [
        "王芳：您投诉的LED屏光污染，我局无监测职能，已转城管处置。",
        "王芳：你来访反映的所在企业拖欠加班费一事，经调查，企业已补发。",
        "邝伟贤：你申请公开的起重机械使用登记，本局不予公开，理由见附件。",
    ],
)
def test_a_complaint_or_a_strangers_letter_from_an_asked_unit_answers_nothing(text: str) -> None:
    assert answered(text, asked=(PRICES, PUPILS), **FROM_WATER) == ()


def test_a_second_matter_that_is_settled_makes_no_letter_of_two() -> None:
    text = "王芳：农村饮水安全工程资金分配结果一件延期20个工作日。加压费那件已于5月29日答复，不再赘述。"
    assert answered(text, subject="两件申请的延期告知", **FROM_WATER) == ("R-WATER",)


def test_the_second_of_two_letters_is_one() -> None:
    text = "王芳：您的第二封来信登记为水依26-045，加压费的收费依据正在查。"
    assert answered(text, **FROM_WATER) == ("R-PRICES",)


def test_an_asked_unit_may_answer_in_the_thread_of_the_one_that_handed_a_letter_on() -> None:
    thread = {"thread_ids": tuple(PUPILS.message_ids), **FROM_WATER}
    assert answered("他们转给我们了，我们没有数据，以教育局答复为准。", **thread) == ("R-SCHOOLS",)
    assert matched("我们没有数据，以他们的答复为准。", **thread).doubt is Doubt.ANOTHER_UNIT


def test_two_numbers_may_be_cited_in_the_thread_of_one_letter() -> None:
    text = "您好，18日两件申请均收到：资金分配结果和二次供水加压费，请等候。"
    assert answered(text, thread_ids=tuple(WANG.message_ids), **FROM_WATER) == ("R-PRICES", "R-WATER")


def test_the_year_within_a_number_is_no_year_of_what_was_asked() -> None:
    paper = Attachment("2026MZ0051答复书.pdf", "application/pdf", "0" * 64, b"", WANG.title)
    assert answered("请查收附件。", attachments=(paper,), **FROM_WATER) == ("R-WATER",)
