"""The dullest platform: messages in the page, a redirect, a daily limit and guarded papers, over real HTTP."""

import re

import httpx
import pytest

from tests.rehearsal.sites.conftest import Street, words

FIELDS = {
    "unit": "072", "kind": "1", "name": "郑演练", "idtype": "1", "idcard": "REHEARSAL-ID-A06",
    "phone": "13000000006", "email": "", "address": "", "postcode": "", "title": "开馆时间",
    "content": "请公开。", "docno": "", "form_electronic": "1", "way": "email", "Submit": " 提 交 ",
}  # fmt: skip
WHO = {"phone": FIELDS["phone"], "idcard": FIELDS["idcard"]}
PAPER = ("答复书.docx", "application/msword", b"PK")


def submit(visitor: httpx.Client, **changed: str) -> httpx.Response:
    return visitor.post("/apply.jsp", data=FIELDS | changed)


def test_the_receipt_is_in_the_address_that_a_submission_leads_to(street: Street):
    with street.visitor("classic") as visitor:
        response = submit(visitor)
        assert response.status_code == 302
        code = street.heard[0].query_code
        assert response.headers["location"] == f"/result.jsp?no=2020-GK-0001&code={code}"
        assert "您的编号：2020-GK-0001" in visitor.get(response.headers["location"]).text
    assert street.books["classic"].submissions[0].fields == FIELDS


def test_a_fault_is_told_in_the_page_with_http_200_and_keeps_what_was_typed(street: Street):
    with street.visitor("classic") as visitor:
        response = submit(visitor, title="")
    assert response.status_code == 200
    assert "请填写标题！" in response.text
    assert 'value="郑演练"' in response.text
    assert '<option value="072" selected>' in response.text
    assert street.heard == []


def test_the_sixth_submission_of_a_day_from_one_telephone_is_refused(street: Street):
    with street.visitor("classic") as visitor:
        assert [submit(visitor).status_code for _ in range(5)] == [302] * 5
        refused = submit(visitor)
        assert submit(visitor, phone="13000000009").status_code == 302
        street.pass_days(1)
        assert submit(visitor).status_code == 302
    assert refused.status_code == 200
    assert "提交次数超过限制" in refused.text


def test_telephone_and_identity_show_the_answer_from_its_time_on(street: Street):
    with street.visitor("classic") as visitor:
        submit(visitor)
        street.answer("classic", "2020-GK-0001", "现予公开。")
        before = words(visitor.post("/query.jsp", data=WHO).text)
        street.pass_days(2)
        after = words(visitor.post("/query.jsp", data=WHO).text)
        refused = visitor.post("/query.jsp", data=WHO | {"idcard": "x"}).text
    assert "办理状态： 已提交" in before
    assert "现予公开" not in before
    assert "提交时间： 2020-9-3 10:20" in after
    assert "已办结： 2020-9-5 10:20 办理意见： 现予公开。" in after
    assert "未查询到相关信息" in refused


@pytest.fixture
def link(street: Street) -> str:
    with street.visitor("classic") as visitor:
        submit(visitor)
        street.answer("classic", "2020-GK-0001", attachment=PAPER)
        street.pass_days(2)
        page = visitor.post("/query.jsp", data=WHO).text
        found = re.search(r'href="(/download\.jsp[^"]+)"', page)[1].replace("&amp;", "&")
        assert visitor.get(found).content == b"PK"
        return found


def test_a_paper_needs_the_session_that_looked_it_up_or_a_referer(street: Street, link):
    with street.visitor("classic") as stranger:
        assert "没有权限下载" in stranger.get(link).text
        assert stranger.get(link.replace("/download.jsp", "/file")).status_code == 404
        referer = {"Referer": street.sites.address("classic") + "/query.jsp"}
        response = stranger.get(link, headers=referer)
    assert response.content == b"PK"
    assert response.headers["content-type"] == "application/msword"


def test_a_question_goes_in_by_the_other_form(street: Street):
    with street.visitor("classic") as visitor:
        assert "咨询内容" in visitor.get("/consult.jsp?unit=071").text
        assert visitor.post("/consult.jsp", data=FIELDS).status_code == 302
    assert street.heard[0].kind == "consultation"
