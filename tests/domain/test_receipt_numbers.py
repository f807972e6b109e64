"""Numbers that units give, as they were written in letters of several cities."""

import pytest

from tracker.domain.message import Message
from tracker.domain.receipt_numbers import (
    ends_in,
    receipt_numbers,
    serials_cited,
    short_number,
    without_settled_numbers,
)
from tracker.domain.topics import pairs

HALL, SHOP = "造船厂食堂地块规划条件", "造船厂三车间地块规划条件"


def given(text: str, *topics: str) -> list[str | None]:
    asked = {topic: pairs(topic) for topic in topics}
    found = receipt_numbers(Message(sha256="0" * 64, reply_text=text), asked)
    return [found.get(topic) for topic in topics]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("登记编号：XX-2026-0012", "XX-2026-0012"),
        ("来件已收到并登记，编号为港航依申请〔2026〕9号。", "港航依申请〔2026〕9号"),
        ("收到，编号 澄应急依2026-4 。", "澄应急依2026-4"),
        ("已登记，环依申2026-29。", "环依申2026-29"),
        ("您的申请编为澄教信公〔2026〕第9号。", "澄教信公〔2026〕第9号"),
        ("也登记了，号是港航依申请〔2026〕10号，两件分别办理。", "港航依申请〔2026〕10号"),
        ("收悉，编号依申请-027。", "依申请-027"),
        ("已于4月27日登记，登记编号为镜文旅依申〔2026〕17号。", "镜文旅依申〔2026〕17号"),
        ("登记编号【2026】市城管公开第19号。", "【2026】市城管公开第19号"),
        ("分别登记如下：建设资金情况——港公开26-0041；", "港公开26-0041"),
        ("招投标的编2026-8，材料在县里", "2026-8"),
        ("您好，已收到，城管依23号。", "城管依23号"),
        ("申请今天收到，水依〔2026〕09。", "水依〔2026〕09"),
        ("收到，登记号棠财依申〔2026〕7号，20个工作日内答复。", "棠财依申〔2026〕7号"),
        ("已收件，依申请登记第11号，请记好此号。", "第11号"),
        ("您好，已收件，收件号ZJ-公-26051。", "ZJ-公-26051"),
        ("收到，给您登了月公开2026-4号。", "月公开2026-4"),
        ("您的来信已生成工单SW0514-0088，我们将尽快处理。", "SW0514-0088"),
        ("您要的那个，编 SPCJ20260520-3，食品科办。", "SPCJ20260520-3"),
        ("你要的材料5月11号收到，编柳涧公开〔2026〕7号。", "柳涧公开〔2026〕7号"),
    ],
)
def test_a_number_that_is_given_is_found(text: str, number: str) -> None:
    assert given(text, HALL) == [number]


@pytest.mark.parametrize(
    "text",
    [
        "依据为财建〔2025〕19号",
        "文号为延政〔2020〕3号",
        "查询密码 928374",
        "编写了5本志书",
        "地块编号见附件",
        "上一封里没有写，编号是多少请来电查询",
    ],
)
def test_other_numbers_are_not_given(text: str) -> None:
    assert given(text, HALL) == [None]


def test_each_of_two_numbers_goes_to_the_request_named_before_it() -> None:
    told = "食堂地块那件编为自规申41，三车间地块那件编为自规申42。"
    assert given(told, HALL, SHOP) == ["自规申41", "自规申42"]
    assert given(told, SHOP, HALL) == ["自规申42", "自规申41"]


def test_a_second_number_may_leave_out_what_both_share() -> None:
    told = "食堂地块一件编为自规申〔2026〕14号，三车间一件编为15号。"
    assert given(told, HALL, SHOP) == ["自规申〔2026〕14号", "自规申〔2026〕15号"]


def test_listed_numbers_follow_the_order_of_what_was_named() -> None:
    years = ("2025年监测报告", "2026年监测报告")
    assert given("（2026年度、2025年度）均已受理，编号分别为环公〔2026〕22、环公〔2026〕23。", *years) == [
        "环公〔2026〕23",
        "环公〔2026〕22",
    ]


def test_numbers_may_stand_before_what_they_are_given_to() -> None:
    years = ("2024年分配方案环镇北路", "2025年分配方案水质净化厂")
    told = "已登记，蓝府依申〔2026〕11号为2024年（环镇北路）分配方案，蓝府依申〔2026〕12号为2025年（水质净化厂）分配方案。"
    assert given(told, *years) == ["蓝府依申〔2026〕11号", "蓝府依申〔2026〕12号"]


@pytest.mark.parametrize(
    "text",
    [
        "两件均收到：食堂地块为XTGK-071，三车间地块为XTGK-072。",
        "两件已录入：\n1. XTGK-071　食堂地块规划条件\n2. XTGK-072　三车间地块规划条件",
    ],
)
def test_a_system_numbers_what_it_lists(text: str) -> None:
    assert given(text, HALL, SHOP) == ["XTGK-071", "XTGK-072"]


def test_each_may_have_its_number_behind_a_colon() -> None:
    text = "两件均已受理。食堂地块一件：规公2026-051；三车间地块一件：规公2026-052。"
    assert given(text, HALL, SHOP) == ["规公2026-051", "规公2026-052"]


def test_the_second_of_two_numbers_may_be_only_a_serial_before_its_year() -> None:
    text = "两件均已受理，编号经开依申〔2026〕5号（食堂）、6号（三车间）。"
    assert given(text, HALL, SHOP) == ["经开依申〔2026〕5号", "经开依申〔2026〕6号"]


def test_short_numbers_of_an_office_are_listed_too() -> None:
    told = "一封食堂地块、一封三车间地块都登记了，编号分别是竹公8、竹公9。"
    assert given(told, HALL, SHOP) == ["竹公8", "竹公9"]


def test_a_number_is_not_given_to_what_the_sentence_before_was_about() -> None:
    assert given("食堂地块的来信收到。申请部分登记为自规申〔2026〕10号。", HALL, SHOP) == [None, None]


def test_two_numbers_without_a_word_of_either_request_are_nobodys() -> None:
    assert given("受理号KF-2026-010、KF-2026-011。", HALL, SHOP) == [None, None]


@pytest.mark.parametrize(
    ("text", "serials"),
    [
        ("3号件补正收到", {"3"}),
        ("您的申请（15号）需延期", {"15"}),
        ("关于编号18的申请", {"18"}),
        ("04、05两件均已办完", {"04", "4", "05", "5"}),
        ("0031号申请的补正材料收到", {"0031", "31"}),
        ("（2026）10号处理告知", {"10"}),
        ("第12号从今日起重新计算期限", {"12"}),
        ("9号、10号两件均涉及企业", {"9", "10"}),
        ("关于2026-4号申请", {"4"}),
        ("大妹子，7号的事", {"7"}),
        ("15号", {"15"}),
        ("7号8号一块儿给你", {"7", "8"}),
        ("6月3号来信收到", set()),
        ("6月15号", set()),
        ("3号晚上停水", set()),
        ("澄财建〔2025〕19号文", set()),
        ("依据第36条第3项", set()),
        ("电话12345678", set()),
    ],
)
def test_a_serial_is_cited_and_no_day_article_or_other_number(text: str, serials: set[str]) -> None:
    assert serials_cited(text) == serials


@pytest.mark.parametrize(
    ("number", "serial", "is_its"),
    [
        ("澄住建依申〔2026〕15号", "15", True),
        ("MZ-2026-0511", "511", True),
        ("ZR2605070031", "0031", True),
        ("ZR2605070031", "31", False),  # of so long a number two digits could be any day
        ("收件回执", "15", False),
    ],
)
def test_a_serial_is_the_end_of_a_number(number: str, serial: str, is_its: bool) -> None:
    assert ends_in(number, frozenset({serial})) is is_its


def test_an_office_cites_its_own_number_without_the_year() -> None:
    assert short_number("青农公开〔2026〕012号") == "青农公开12号"
    assert short_number("MZ-2026-0511") == ""


def test_the_number_of_what_is_decided_already_is_only_mentioned() -> None:
    text = "银公开2026-9号已于6月9日作出决定，不再变更；银公开2026-10号随信附上。"
    assert without_settled_numbers(text) == "，不再变更；银公开2026-10号随信附上。"
