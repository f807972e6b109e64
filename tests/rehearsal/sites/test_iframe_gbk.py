"""The platform of GBK pages, tokens and a hidden frame, over real HTTP."""

import re
from urllib.parse import quote, urlencode

import httpx
import pytest

from tests.rehearsal.sites.conftest import Street, words

FIELDS = {
    "sqrlx": "0", "xm": "赵演练", "zjlx": "0", "zjhm": "REHEARSAL-ID-A01", "lxdh": "13000000001",
    "dzyx": "a01@youjian.test", "txdz": "演练街1号", "yzbm": "710000", "bt": "危房改造资金分配结果",
    "nrms": "请公开。\r\n谢谢。", "gkwh": "", "tgfs": "dz", "hqfs": "1",
}  # fmt: skip


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))


def post(visitor: httpx.Client, path: str, fields: dict[str, str]) -> httpx.Response:
    body = urlencode(fields, encoding="gbk", errors="xmlcharrefreplace")
    return visitor.post(path, content=body, headers={"Content-Type": "application/x-www-form-urlencoded"})


def submit(visitor: httpx.Client, **changed: str) -> str:
    page = visitor.get("/jact/ysqgk/apply.jsp?sysid=102").text
    return post(visitor, "/jact/save.jsp", hidden(page) | FIELDS | changed).text


def receipt(page: str) -> tuple[str, str]:
    return re.search(r"受理编号 ([\w-]+) 查询码 (\d{6})", words(page)).groups()


def test_pages_are_gbk_under_a_meta_that_says_utf_8(street: Street):
    with street.visitor("iframe_gbk") as visitor:
        response = visitor.get("/jact/ysqgk/apply.jsp?sysid=101")
    assert response.headers["content-type"] == "text/html;charset=gbk"
    assert b"charset=UTF-8" in response.content
    assert "演安市教育局" in response.content.decode("gbk")
    assert 'target="hidden_frame"' in response.text


def test_a_submission_arrives_field_by_field_and_its_receipt_looks_it_up(street: Street):
    with street.visitor("iframe_gbk") as visitor:
        number, code = receipt(submit(visitor))
        page = post(visitor, "/jact/query_result.jsp", {"bh": number, "cxm": code}).text
    (kept,) = street.books["iframe_gbk"].submissions
    assert FIELDS.items() <= kept.fields.items()
    (entry,) = street.heard
    assert (entry.number, entry.unit, entry.kind) == (number, "102", "disclosure")
    assert (entry.name, entry.title, entry.text) == ("赵演练", "危房改造资金分配结果", "请公开。\r\n谢谢。")
    assert "处理状态 未处理" in words(page)
    assert "提交日期 2020-09-03" in words(page)


def test_letters_beyond_gbk_arrive_as_numbers_and_are_shown_as_letters(street: Street):
    with street.visitor("iframe_gbk") as visitor:
        number, code = receipt(submit(visitor, bt="关于𠮷😀的申请"))
        page = post(visitor, "/jact/query_result.jsp", {"bh": number, "cxm": code}).text
    assert street.heard[0].title == "关于&#134071;&#128512;的申请"
    assert "关于&#134071;&#128512;的申请" in page


@pytest.mark.parametrize("token", ["", "of another day"])
def test_without_its_token_a_form_is_out_of_date(street: Street, token):
    with street.visitor("iframe_gbk") as visitor:
        assert "页面已过期" in submit(visitor, token=token)
    assert street.heard == []


def test_a_token_is_good_for_one_submission(street: Street):
    with street.visitor("iframe_gbk") as visitor:
        fields = hidden(visitor.get("/jact/ysqgk/apply.jsp?sysid=101").text) | FIELDS
        assert "受理编号" in post(visitor, "/jact/save.jsp", fields).text
        assert "页面已过期" in post(visitor, "/jact/save.jsp", fields).text


def test_a_token_of_another_session_is_refused(street: Street):
    with street.visitor("iframe_gbk") as visitor, street.visitor("iframe_gbk") as other:
        fields = hidden(visitor.get("/jact/ysqgk/apply.jsp?sysid=101").text) | FIELDS
        other.get("/jact/ysqgk/apply.jsp?sysid=101")
        assert "页面已过期" in post(other, "/jact/save.jsp", fields).text


def test_a_missing_field_is_told_with_http_200(street: Street):
    with street.visitor("iframe_gbk") as visitor:
        assert "提交失败：姓名不能为空" in submit(visitor, xm="")
        assert "参数错误" in visitor.get("/jact/ysqgk/apply.jsp?sysid=9").text


def test_the_answer_shows_from_its_time_on_with_its_paper(street: Street):
    paper = ("答复书.pdf", "application/pdf", b"%PDF-1.4")
    with street.visitor("iframe_gbk") as visitor:
        number, code = receipt(submit(visitor))
        street.answer("iframe_gbk", number, "现予公开。\n特此告知。", title="答复告知书", attachment=paper)
        asked = {"bh": number, "cxm": code}
        assert "现予公开" not in post(visitor, "/jact/query_result.jsp", asked).text
        street.pass_days(2)
        page = post(visitor, "/jact/query_result.jsp", asked).text
        link = re.search(r'href="(/file[^"]+)"', page)[1].replace("&amp;", "&")
        file = visitor.get(link)
        assert visitor.get(link.replace(code, "000000")).status_code == 404
    assert "处理状态 已答复 已答复日期 2020-09-05 已答复内容 答复告知书 现予公开。 特此告知。" in words(page)
    assert file.content == b"%PDF-1.4"
    assert quote(file.headers["content-disposition"].encode("latin-1").decode("gbk")) == quote(
        'attachment; filename="答复书.pdf"'
    )


def test_a_wrong_code_is_told_with_http_200(street: Street):
    with street.visitor("iframe_gbk") as visitor:
        number, _ = receipt(submit(visitor))
        response = post(visitor, "/jact/query_result.jsp", {"bh": number, "cxm": "1"})
    assert response.status_code == 200
    assert "没有查询到相关信息" in response.text


def test_a_question_goes_in_by_the_other_form(street: Street):
    with street.visitor("iframe_gbk") as visitor:
        page = visitor.get("/jact/zxts/write.jsp?sysid=103").text
        assert "信息提供方式" not in page
        post(visitor, "/jact/save.jsp", hidden(page) | FIELDS)
    assert [(entry.unit, entry.kind) for entry in street.heard] == [("103", "consultation")]
