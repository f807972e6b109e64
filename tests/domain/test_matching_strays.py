"""Letters that reach a mailbox and are not meant for its applicant, or not by the unit whose address they bear."""

from dataclasses import replace

import pytest

from tests.domain.test_matching import (
    ARRIVED,
    FROM_WATER,
    IN_WATERS_THREAD,
    MAILBOX,
    SCHOOLS,
    WATER,
    answered,
    letter,
)
from tracker.domain.match import Doubt, Match
from tracker.domain.matching import match_message
from tracker.domain.message import DeliveryReport, Message
from tracker.domain.sent import Everybody, SentLetters, SentRequest
from tracker.domain.unit_names import names_of

MINE = replace(WATER, applicant_name="王芳")
HERS = replace(
    WATER,
    reference="R-HERS",
    mailbox="liming@mail.example",
    applicant_name="李明慧",
    message_ids=frozenset({"<hers@mail.example>"}),
)


def among_others(message: Message, *mine: SentRequest) -> Match:
    everybody = Everybody([*mine, HERS])
    return match_message(message, ARRIVED, SentLetters(mine, everybody))


# --- another applicant's ------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["李明慧：", "李明慧女士，", "兹收到李明慧同志提出的申请"])
def test_a_letter_to_another_applicant_is_held_and_says_whose_it_is(words: str) -> None:
    match = among_others(letter(**FROM_WATER, reply_text=f"{words}现答复如下。"), MINE)
    assert (match.references, match.doubt, match.elsewhere) == ((), Doubt.ANOTHER_PERSON, HERS.mailbox)


def test_a_thread_of_another_applicants_letter_is_hers() -> None:
    match = among_others(letter(**FROM_WATER, thread_ids=("<hers@mail.example>",)), MINE)
    assert (match.references, match.elsewhere) == ((), HERS.mailbox)


@pytest.mark.parametrize(
    "words", ["王芳女士、李明慧女士：现一并答复。", "王芳：李明慧的申请另复，现答复如下。"]
)
def test_a_letter_that_names_both_is_for_each(words: str) -> None:
    assert among_others(letter(**FROM_WATER, reply_text=words), MINE).references == ("R-WATER",)


def test_her_name_in_our_own_thread_is_for_a_person() -> None:
    match = among_others(letter(**FROM_WATER, **IN_WATERS_THREAD, reply_text="李明慧：现答复如下。"), MINE)
    assert (match.references, match.doubt) == ((), Doubt.ANOTHER_PERSON)


# --- to nobody in particular --------------------------------------------------------------------------


@pytest.mark.parametrize("called", ["各市直预算单位", "广大用水户", "各位朋友", "搬运里的居民", "全体业主"])
def test_a_circular_of_an_asked_unit_answers_nothing(called: str) -> None:
    assert answered(letter(**FROM_WATER, reply_text=f"{called}：农村饮水安全工程改造，请提意见。")) is None


def test_an_issue_of_a_newsletter_answers_nothing() -> None:
    news = f"市教育局部署入学工作\n市水务局公布{WATER.title}"
    assert answered(letter(sender="news@yanan.test", subject="延安要闻第12期", reply_text=news)) is None
    assert answered(letter(**FROM_WATER, subject="水务简报", reply_text=news)) is None


def test_an_applicant_may_be_called_a_resident() -> None:
    assert among_others(letter(**FROM_WATER, reply_text="王芳居民：现答复如下。"), MINE).references


# --- by another unit ----------------------------------------------------------------------------------

PASSED_ON = [
    "市教育局托我局转给您的，请看下面。",
    "市教育局的答复误送到我局，现原样转给您。",
    "市教育局的邮箱坏了，由我局代发：",
]


@pytest.mark.parametrize("note", PASSED_ON)
def test_what_a_unit_passes_on_belongs_to_the_unit_that_wrote_it(note: str) -> None:
    message = letter(**FROM_WATER, reply_text=note, quoted_text="2019年义务教育学校招生划片范围见附件。")
    assert answered(message) == "R-SCHOOLS"


def test_a_stranger_who_speaks_of_a_unit_is_not_the_unit() -> None:
    asking = "王老师好，看到您申请了市水务局2019年度农村饮水安全工程资金分配结果，我也想要，怎么写申请书？"
    assert answered(letter(reply_text=asking)) is None


@pytest.mark.parametrize(
    "said",
    [
        "我市水务局工程科小刘，农村饮水安全工程的资金分配结果见附件。",
        "农村饮水安全工程的资金分配结果见附件。\n市水务局工程科 刘 0000-1234567",
        "您申请的农村饮水安全工程资金分配结果，承办单位市水务局已延期。",
    ],
)
def test_a_unit_that_presents_itself_writes_from_whatever_address(said: str) -> None:
    assert answered(letter(reply_text=said)) == "R-WATER"


def test_a_domain_is_nobodys_own_if_another_applicant_asked_a_second_unit_there() -> None:
    message = letter(sender="new@water.yanan.test", reply_text="农村饮水安全工程资金分配结果见附件。")
    second = replace(SCHOOLS, mailbox=HERS.mailbox, unit_addresses=frozenset({"schools@water.yanan.test"}))
    alone = match_message(message, ARRIVED, SentLetters([MINE]))
    shared = match_message(message, ARRIVED, SentLetters([MINE], Everybody([MINE, second])))
    assert (alone.references, shared.references) == (("R-WATER",), ())


def test_on_a_shared_domain_the_matter_and_the_applicant_tell() -> None:
    second = replace(SCHOOLS, unit_addresses=frozenset({"schools@water.yanan.test"}))
    own = replace(MINE, mailbox=MAILBOX)
    said = "王女士：农村饮水安全工程资金分配结果如下。"
    message = letter(sender="new@water.yanan.test", reply_text=said)
    assert match_message(message, ARRIVED, SentLetters([own, second])).references == ("R-WATER",)


# --- another matter -----------------------------------------------------------------------------------


def test_what_is_set_apart_in_passing_does_not_count() -> None:
    again = replace(
        WATER,
        reference="R-PRICE",
        title="延安市城区居民阶梯水价执行方案",
        text="请公开延安市城区居民阶梯水价执行方案。",
        message_ids=frozenset({"<price@mail.example>"}),
    )
    said = "你申请的农村饮水安全工程资金分配结果不存在。至于城区居民阶梯水价执行方案，另行书面答复。"
    assert answered(letter(**FROM_WATER, reply_text=said), (WATER, again)) == "R-WATER"


def test_what_a_clerk_calls_the_thing_must_be_what_was_asked() -> None:
    assert answered(letter(**FROM_WATER, reply_text="您要的部门决算数据，请查阅附件。")) is None
    assert answered(letter(**FROM_WATER, reply_text="您要的饮水工程资金分配表，请查阅附件。")) == "R-WATER"


def test_a_returned_letter_with_the_title_of_another_request_is_held() -> None:
    report = DeliveryReport("failed", "5.1.1", "xxgk@water.yanan.test")
    returned = letter(
        sender="mailer-daemon@mail.example", subject=SCHOOLS.title, report=report, reply_text=""
    )
    assert answered(returned) is None


@pytest.mark.parametrize("form", ["柳塘镇", "柳塘镇政府", "青嶂县柳塘镇人民政府"])
def test_a_town_goes_by_its_bare_name(form: str) -> None:
    assert form in names_of("青嶂县柳塘镇人民政府")


def test_a_citys_bureau_is_never_called_by_the_bare_name_of_the_city() -> None:
    assert "澜浦市" not in names_of("澜浦市城市管理行政执法局")
