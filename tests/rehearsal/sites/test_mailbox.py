"""The mailbox with its public list and its grades, over real HTTP."""

import re
from datetime import timedelta

import httpx

from tests.rehearsal.sites.conftest import Street, words
from tracker.rehearsal.sites import Entry, Note

FIELDS = {
    "letter.unit": "502", "letter.kind": "1", "letter.name": "周演练", "letter.idcard": "",
    "letter.phone": "13000000005", "letter.email": "", "letter.address": "", "letter.title": "医保登记",
    "letter.content": "请问在哪里登记？", "letter.open": "1",
}  # fmt: skip


def submit(visitor: httpx.Client, **changed: str) -> tuple[str, str]:
    page = visitor.post("/mailbox/save.do", data=FIELDS | changed).text
    return re.search(r"信件编号： ([\w-]+) 查询码： (\d{6})", words(page)).groups()


def look_up(visitor: httpx.Client, number: str, code: str) -> str:
    return visitor.post("/mailbox/view.do", data={"letterNo": number, "queryCode": code}).text


def test_a_letter_goes_through_the_three_states(street: Street):
    with street.visitor("mailbox") as visitor:
        visitor.get("/mailbox/write.do?orgId=502")
        number, code = submit(visitor)
        first = words(look_up(visitor, number, code))
        street.books["mailbox"].note(
            number, Note("accepted", street.now + timedelta(days=1), "已转社区核实。")
        )
        street.answer("mailbox", number, "请到社区登记。")
        street.pass_days(1)
        second = words(look_up(visitor, number, code))
        street.pass_days(1)
        third = words(look_up(visitor, number, code))
    assert street.books["mailbox"].submissions[0].fields == FIELDS
    assert "处理状态 待审查" in first
    assert "来信时间 2020-09-03" in first
    assert "处理状态 待处理" in second
    assert "办理时间 2020-09-04 办理情况 已转社区核实。" in second
    assert "答复" not in second
    assert "处理状态 已处理" in third
    assert "答复时间 2020-09-05 答复内容 请到社区登记。" in third


def test_a_missing_field_and_a_wrong_code_are_told_with_http_200(street: Street):
    with street.visitor("mailbox") as visitor:
        assert "信件标题不能为空" in visitor.post("/mailbox/save.do", data=FIELDS | {"letter.title": ""}).text
        number, _ = submit(visitor)
        assert "信件编号或查询码错误" in look_up(visitor, number, "1")


def test_a_second_visit_without_the_cookie_of_the_script_is_answered_412(street: Street):
    with street.visitor("mailbox") as visitor:
        first = visitor.get("/mailbox/write.do")
        assert visitor.get("/mailbox/write.do").status_code == 412
        mark = re.search(r"wdcookie=(\w+);", first.text)[1]
        cookies = "; ".join([f"wdcookie={mark}", *(f"{k}={v}" for k, v in visitor.cookies.items())])
        assert visitor.get("/mailbox/write.do", headers={"Cookie": cookies}).status_code == 200
        assert visitor.get("/mailbox/list.do").status_code == 200


def test_a_reply_is_graded_once(street: Street):
    with street.visitor("mailbox") as visitor:
        number, code = submit(visitor)
        street.answer("mailbox", number)
        vote = {"letterNo": number, "queryCode": code, "grade": "基本满意"}
        assert "grade" not in look_up(visitor, number, code)
        assert "请选择满意度" in visitor.post("/mailbox/vote.do", data=vote).text
        street.pass_days(2)
        assert look_up(visitor, number, code).count('name="grade"') == 4
        assert "参数错误" in visitor.post("/mailbox/vote.do", data=vote | {"queryCode": "1"}).text
        assert "评价成功" in visitor.post("/mailbox/vote.do", data=vote).text
        assert "不能重复评价" in visitor.post("/mailbox/vote.do", data=vote | {"grade": "不满意"}).text
        assert "您对本次答复的评价： 基本满意" in words(look_up(visitor, number, code))
    assert street.books["mailbox"].votes == {number: "基本满意"}


def earlier_letter(street: Street, order: int) -> None:
    at = street.now - timedelta(days=40 - order)
    entry = Entry(
        f"2020-OLD-{order:04d}",
        "",
        "501",
        "consultation",
        "吴某某",
        "",
        "",
        "",
        "",
        f"来信{order}",
        "问",
        "",
        at,
    )
    street.books["mailbox"].file(entry)
    street.books["mailbox"].note(entry.number, Note("answered", at + timedelta(days=3), f"答{order}"))


def test_the_public_list_has_ten_replies_a_page_and_their_full_texts(street: Street):
    for order in range(1, 24):
        earlier_letter(street, order)
    with street.visitor("mailbox") as visitor:
        pages = [visitor.get(f"/mailbox/list.do?page={page}").text for page in (1, 2, 3)]
        row = re.search(r"<tr><td><a href=\"([^\"]+)\">来信23</a>.*?</tr>", pages[0])
        detail = words(visitor.get(row[1]).text)
    assert [page.count("/mailbox/detail.do") for page in pages] == [10, 10, 3]
    assert "演安市政府办公室 2020-08-17 2020-08-20" in words(row[0])
    assert "共23条 第1/3页 下一页 尾页" in words(pages[0])
    assert "答复时间 2020-08-20 答复内容 答23" in detail
    assert "吴**" in detail
    assert "吴某某" not in detail


def test_a_letter_without_a_reply_is_not_public(street: Street):
    with street.visitor("mailbox") as visitor:
        number, _ = submit(visitor)
        street.answer("mailbox", number)
        assert "尚未公开" in visitor.get(f"/mailbox/detail.do?id={number}").text
        assert "共0条" in visitor.get("/mailbox/list.do?page=x").text
        street.pass_days(2)
        assert "共1条" in visitor.get("/mailbox/list.do").text
