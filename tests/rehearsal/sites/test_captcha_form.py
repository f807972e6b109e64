"""The platform that shows a picture of letters, over real HTTP."""

import re

import httpx
import pytest

from tests.rehearsal.sites.conftest import Street, words
from tracker.rehearsal.sites import read_picture

FIELDS = {
    "act": "apply", "unit": "032", "usertype": "公民", "username": "李演练", "cardtype": "身份证",
    "cardno": "REHEARSAL-ID-A04", "tel": "13000000004", "email": "a04@youjian.test", "address": "演练街4号",
    "title": "信访办法", "content": "请公开。", "provide": "电子邮件",
}  # fmt: skip
NO_FILE = {"scan": ("", b"", "application/octet-stream")}


def look(visitor: httpx.Client) -> str:
    return read_picture(visitor.get("/captcha.png?t=0.5").content)


def submit(visitor: httpx.Client, seen: str, files=NO_FILE, **changed: str) -> str:
    return visitor.post("/save.php", data=FIELDS | changed | {"vcode": seen}, files=files).text


def receipt(page: str) -> tuple[str, str]:
    return re.search(r"申请编号： ([\w-]+) ，查询码： (\d{6})", words(page)).groups()


@pytest.mark.parametrize("write", [str.upper, str.lower])
def test_who_reads_the_picture_gets_a_receipt_whatever_the_case(street: Street, write):
    with street.visitor("captcha") as visitor:
        visitor.get("/apply.php?unit=032")
        number, _ = receipt(submit(visitor, write(look(visitor))))
    assert number == "2020-CX-0001"
    (kept,) = street.books["captcha"].submissions
    assert FIELDS.items() <= kept.fields.items()
    assert kept.uploads == {}


@pytest.mark.parametrize("seen", ["", "OOOO"])
def test_a_wrong_word_is_told_in_an_alert_with_http_200(street: Street, seen):
    with street.visitor("captcha") as visitor:
        look(visitor)
        told = submit(visitor, seen)
    assert told == "<script language=\"javascript\">alert('验证码错误！');history.back();</script>"
    assert street.heard == []


def test_a_picture_is_good_for_one_submission(street: Street):
    with street.visitor("captcha") as visitor:
        seen = look(visitor)
        assert "申请编号" in submit(visitor, seen)
        assert "验证码错误" in submit(visitor, seen)
        seen = look(visitor)
        assert "验证码错误" in submit(visitor, "ZZZZ")
        assert "验证码错误" in submit(visitor, seen)


def test_only_the_last_picture_counts_and_every_one_is_another(street: Street):
    with street.visitor("captcha") as visitor:
        first, second = look(visitor), look(visitor)
        assert first != second
        assert "验证码错误" in submit(visitor, first)


def test_a_picture_belongs_to_its_session(street: Street):
    with street.visitor("captcha") as visitor, street.visitor("captcha") as other:
        seen = look(visitor)
        look(other)
        assert "验证码错误" in submit(other, seen)
        assert "申请编号" in submit(visitor, seen)


def test_a_scan_is_kept_with_its_bytes(street: Street):
    with street.visitor("captcha") as visitor:
        submit(visitor, look(visitor), {"scan": ("证件.png", b"\x89PNG", "image/png")})
    (kept,) = street.books["captcha"].submissions
    assert kept.uploads == {"scan": ("证件.png", "image/png", b"\x89PNG")}
    assert kept.fields["scan"] == "证件.png"


def test_name_and_code_show_the_answer_from_its_time_on(street: Street):
    with street.visitor("captcha") as visitor:
        number, code = receipt(submit(visitor, look(visitor), act="consult"))
        street.answer("captcha", number, "请到窗口办理。")
        asked = {"username": "李演练", "code": code}
        before = words(visitor.post("/query.php", data=asked).text)
        street.pass_days(2)
        after = words(visitor.post("/query.php", data=asked).text)
        refused = visitor.post("/query.php", data=asked | {"username": "李"}).text
    assert street.heard[0].kind == "consultation"
    assert "办理进度 申请已提交" in before
    assert "请到窗口办理" not in before
    assert "申请时间 2020年9月3日" in after
    assert "演安市信访局于2020年9月5日已回复： 请到窗口办理。" in after
    assert "姓名或查询码不正确" in refused
