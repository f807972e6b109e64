"""The platform of twenty units whose script sends JSON, over real HTTP."""

import re

import pytest

from tests.rehearsal.sites.conftest import Street

FIELDS = {
    "type": "disclosure", "unitId": "007", "applyName": "钱演练", "idCard": "REHEARSAL-ID-A02",
    "mobile": "13000000002", "mail": "a02@xinxiang.test", "addr": "演练街2号", "zip": "", "applyTitle": "批复文件",
    "applyContent": "请公开\"全文\"。", "provideWay": "电子文档", "getWay": "电子邮件",
}  # fmt: skip


def test_twenty_units_are_in_the_drop_down_and_no_input_has_a_name(street: Street):
    with street.visitor("xhr_code") as visitor:
        page = visitor.get("/ysqgk/index.html").text
    options = re.findall(r'<option value="(\d+)"', page)
    assert len(options) == len(set(options)) == 20
    assert " name=" not in page.replace("<meta name=", "")
    assert "<form" not in page


def test_a_submission_arrives_and_its_code_alone_looks_it_up(street: Street):
    with street.visitor("xhr_code") as visitor:
        told = visitor.post("/api/apply/save", json=FIELDS).json()
        found = visitor.get("/api/apply/query", params={"cxm": told["data"]["cxm"]}).json()
    assert (told["code"], told["msg"]) == (0, "提交成功")
    assert told["data"]["xh"] == "2020-YSQ-0001"
    (kept,) = street.books["xhr_code"].submissions
    assert kept.fields == FIELDS
    assert (street.heard[0].unit, street.heard[0].text) == ("007", '请公开"全文"。')
    assert found["data"]["zt"] == "待受理"
    assert found["data"]["sqsj"] == "2020-09-03 10:20:30"
    assert found["data"]["hf"] == []


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"unitId": ""}, "受理单位不能为空"),
        ({"unitId": "999"}, "请求参数错误"),
        ({"mobile": "123"}, "手机号码格式不正确"),
        ({"applyContent": " "}, "内容不能为空"),
        ({"type": "gift"}, "请求参数错误"),
    ],
)
def test_errors_come_with_http_200_and_code_1(street: Street, changed, message):
    with street.visitor("xhr_code") as visitor:
        response = visitor.post("/api/apply/save", json=FIELDS | changed)
    assert response.status_code == 200
    assert response.json() == {"code": 1, "msg": message, "data": None}
    assert street.heard == []


@pytest.mark.parametrize("body", ["", "[1]", "{", "type=disclosure"])
def test_what_is_no_json_object_is_an_error_with_http_200(street: Street, body):
    with street.visitor("xhr_code") as visitor:
        headers = {"Content-Type": "application/json"}
        response = visitor.post("/api/apply/save", content=body, headers=headers)
    assert response.json()["msg"] == "请求参数错误"


def test_an_answer_comes_as_json_from_its_time_on(street: Street):
    paper = ("附件.docx", "application/octet-stream", b"PK")
    with street.visitor("xhr_code") as visitor:
        receipt = visitor.post("/api/apply/save", json=FIELDS).json()["data"]
        street.answer("xhr_code", receipt["xh"], "现予公开。", attachment=paper)
        asked = {"cxm": receipt["cxm"]}
        assert visitor.get("/api/apply/query", params=asked).json()["data"]["hf"] == []
        street.pass_days(2)
        found = visitor.get("/api/apply/query", params=asked).json()["data"]
        assert visitor.get(found["hf"][0]["fj"]).content == b"PK"
    assert found["zt"] == "已反馈"
    assert found["hf"][0]["hfnr"] == "现予公开。"
    assert found["hf"][0]["hfsj"] == "2020-09-05 10:20:30"


def test_an_unknown_code_is_told_with_http_200(street: Street):
    with street.visitor("xhr_code") as visitor:
        response = visitor.get("/api/apply/query?cxm=")
    assert response.json() == {"code": 1, "msg": "查询码不存在", "data": None}
