"""The platform of alerts, placeholders, a password of one's own, a Referer and a honeypot, over real HTTP."""

import re

import httpx
import pytest

from tests.rehearsal.sites.conftest import Street, words

FIELDS = {
    "__VIEWSTATE": "x", "txtHomepage": "", "ddlDept": "012", "txtName": "孙演练",
    "txtIdCard": "REHEARSAL-ID-A03", "txtPhone": "13000000003", "txtEmail": "请输入电子邮箱",
    "txtAddress": "请输入通信地址", "txtTitle": "树种名录", "txtContent": "请公开。", "txtPwd": "mima1234",
    "txtPwd2": "mima1234", "btnSave": "确定提交",
}  # fmt: skip


def submit(street: Street, visitor: httpx.Client, **changed: str) -> httpx.Response:
    referer = f"{street.sites.address('alert_password')}/Apply.aspx"
    return visitor.post("/Apply.aspx", data=FIELDS | changed, headers={"Referer": referer})


def look_up(street: Street, visitor: httpx.Client, number: str, password: str = "mima1234") -> str:
    referer = f"{street.sites.address('alert_password')}/Query.aspx"
    asked = {"txtNo": number, "txtPwd": password}
    return visitor.post("/Query.aspx", data=asked, headers={"Referer": referer}).text


def test_the_receipt_is_nothing_but_a_script(street: Street):
    with street.visitor("alert_password") as visitor:
        response = submit(street, visitor)
    assert response.text == (
        "<script language=\"javascript\">alert('提交成功！您的受理编号为：2020-YA-0001，请牢记查询密码。');"
        "location.href='/Query.aspx';</script>"
    )
    (kept,) = street.books["alert_password"].submissions
    assert kept.fields == FIELDS
    (entry,) = street.heard
    assert (entry.unit, entry.password, entry.kind) == ("012", "mima1234", "disclosure")


def test_placeholders_are_values_of_the_form_and_count_as_nothing(street: Street):
    with street.visitor("alert_password") as visitor:
        page = visitor.get("/Apply.aspx").text
        refused = submit(street, visitor, txtName="请输入姓名").text
        submit(street, visitor)
    assert 'value="请输入姓名"' in page
    assert "alert('请输入姓名！');history.back();" in refused
    assert [entry.email for entry in street.heard] == [""]


@pytest.mark.parametrize("path", ["/Apply.aspx", "/Consult.aspx", "/Query.aspx"])
@pytest.mark.parametrize("headers", [{}, {"Referer": "http://elsewhere.test/Apply.aspx"}])
def test_a_post_without_a_referer_of_this_site_is_refused_with_http_200(street: Street, path, headers):
    with street.visitor("alert_password") as visitor:
        response = visitor.post(path, data=FIELDS, headers=headers)
    assert response.status_code == 200
    assert "非法访问" in response.text
    assert street.heard == []


def test_who_fills_the_honeypot_is_thanked_and_thrown_away(street: Street):
    with street.visitor("alert_password") as visitor:
        response = submit(street, visitor, txtHomepage="http://spam.test")
    assert "提交成功" in response.text
    assert "编号" not in response.text
    books = street.books["alert_password"]
    assert (street.heard, books.submissions) == ([], [])
    assert books.discarded[0]["txtHomepage"] == "http://spam.test"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"txtPwd2": "mima"}, "两次输入的密码不一致！"),
        ({"ddlDept": "9"}, "请选择受理单位！"),
        ({"txtPhone": "12"}, "手机号码格式不正确"),
    ],
)
def test_errors_come_in_an_alert(street: Street, changed, message):
    with street.visitor("alert_password") as visitor:
        assert f"alert('{message}');history.back();" in submit(street, visitor, **changed).text


def test_number_and_own_password_show_the_answer_from_its_time_on(street: Street):
    with street.visitor("alert_password") as visitor:
        number = re.search(r"编号为：([\w-]+)", submit(street, visitor).text)[1]
        street.answer("alert_password", number, "现予公开。")
        before = words(look_up(street, visitor, number))
        street.pass_days(2)
        after = words(look_up(street, visitor, number))
        refused = look_up(street, visitor, number, "guess")
    assert "当前状态 等待审核" in before
    assert "现予公开" not in before
    assert "申请日期 2020/9/3" in after
    assert "当前状态 办理完毕" in after
    assert "办理完毕（2020/9/5） 现予公开。" in after
    assert "alert('受理编号或查询密码错误！')" in refused
