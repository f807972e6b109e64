"""What a page says: values by every way a recipe knows, alerts, firewalls, dates."""

from datetime import date

import pytest

from tracker.letters.pages import (
    PageStatus,
    Seen,
    alerts_in,
    day_in,
    extracted,
    extracted_rows,
    is_block_page,
    page_status,
)

PAGE = """<html><head><title>查询</title></head><body><table>
<tr><td>受理编号</td><td id="no"> YA2020-0007 </td></tr><tr><td>状态</td><td class="st">已答复</td></tr></table>
<div class="reply"><p>张先生：</p><p>经查，该信息已公开。</p></div><input id="code" value="7788">
<ul><li class="row"><a href="/d/1">关于甲的申请</a><i>2020-09-03</i></li><li class="row"><a href="/d/2">关于乙的申请</a></li>
<li class="row"></li></ul></body></html>"""
SEEN = Seen(
    "http://unit.test/r.jsp?no=2020-17&code=abc",
    PAGE,
    ("请确认", "提交成功！您的编号为：A-17"),
    ('{"code":1}', '{"code":0,"data":{"xh":"X-9","list":[{"n":5}]}}'),
)


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ({"css": "#no"}, "YA2020-0007"),
        ({"css": "#code"}, "7788"),
        ({"css": "a::attr(href)"}, "/d/1\n/d/2"),
        ({"css": ".reply"}, "张先生：\n经查，该信息已公开。"),
        ({"xpath": "//td[.='状态']/following-sibling::td"}, "已答复"),
        ({"css": "#no", "regex": r"\d+$"}, "0007"),
        ({"regex": r"受理编号\s*(\S+)"}, "YA2020-0007"),
        ({"from": "url", "regex": "no=([^&]+)"}, "2020-17"),
        ({"from": "dialog", "regex": "编号为：(.*)"}, "A-17"),
        ({"json": "data.xh"}, "X-9"),
        ({"json": "data.list.0.n"}, "5"),
        ({"json": "data.none"}, None),
        ({"css": "#nowhere"}, None),
        ({"css": "#no", "regex": "zzz"}, None),
    ],
    ids=lambda rule: str(rule) if isinstance(rule, dict) else "",
)
def test_a_value_is_found_where_the_rule_says(rule: dict[str, str], value: str | None) -> None:
    assert extracted(SEEN, rule) == value


def test_the_rows_of_a_list_have_the_columns_that_are_there() -> None:
    rule = {
        "rows": "li.row",
        "columns": {"title": {"css": "a"}, "href": {"css": "a::attr(href)"}, "received_on": {"css": "i"}},
    }
    assert extracted_rows(SEEN, rule) == [
        {"title": "关于甲的申请", "href": "/d/1", "received_on": "2020-09-03"},
        {"title": "关于乙的申请", "href": "/d/2"},
    ]


def test_the_rows_of_a_list_may_come_as_json_or_be_selected_by_xpath() -> None:
    answered = Seen("", "", answers=('{"data":[{"t":"甲","f":"/1"},{"t":"乙","f":""}]}',))
    by_json = {"json": "data", "columns": {"title": {"json": "t"}, "href": {"json": "f"}}}
    assert extracted_rows(answered, by_json) == [{"title": "甲", "href": "/1"}, {"title": "乙"}]
    assert extracted_rows(Seen("", ""), by_json) == []
    by_xpath = {"rows": "//li[i]", "columns": {"title": {"css": "a"}}}
    assert extracted_rows(SEEN, by_xpath) == [{"title": "关于甲的申请"}]


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("alert('提交成功');location.href='/';", ("提交成功",)),
        ('window.alert( "编号：\\u0041\\n请牢记" )', ("编号：A\n请牢记",)),
        ("alert('it\\'s')", ("it's",)),
        ("function f(){alert('以后')} f2=function(){ if(1){alert('也是')} };alert('现在')", ("现在",)),
        ("var x = 'alert';", ()),
    ],
)
def test_what_a_page_says_at_once_is_heard_and_what_waits_for_a_click_is_not(
    script: str, said: tuple[str, ...]
) -> None:
    assert alerts_in(f"<html><script>{script}</script></html>") == said


@pytest.mark.parametrize(
    "page",
    [
        "<title>405</title>很抱歉，由于您访问的URL有可能对网站造成安全威胁，您的访问被阻断。",
        "<body>您的请求带有不合法参数，已被网站管理员设置拦截！<br>网站防火墙</body>",
        "<html><head><title>创宇盾</title></head><body>当前访问疑似黑客攻击，已被创宇盾拦截</body></html>",
        "<title>Just a moment...</title><p>Checking your browser</p>",
    ],
)
def test_a_firewalls_page_is_known_whatever_its_status(page: str) -> None:
    assert is_block_page(page)


@pytest.mark.parametrize("page", [PAGE, "<p>" + "本局网站防火墙建设采购公告。" * 200 + "</p>", ""])
def test_a_real_page_is_none(page: str) -> None:
    assert not is_block_page(page)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("答复时间：2020-09-03 10:11", date(2020, 9, 3)),
        ("2020/9/3", date(2020, 9, 3)),
        ("2020.09.03", date(2020, 9, 3)),
        ("2020年9月3日", date(2020, 9, 3)),
        ("2020-13-41，2020-01-02", date(2020, 1, 2)),
        ("昨天", None),
    ],
)
def test_dates_are_read_as_sites_write_them(text: str, day: date | None) -> None:
    assert day_in(text) == day


def test_white_space_and_addresses_are_no_news_but_a_word_a_date_or_a_file_is() -> None:
    values = {"status": "已答复", "reply_text": "经查，\n 已公开。", "shown_on": "2020-09-03"}
    files = [{"name": "答复书.pdf", "href": "/f?t=1"}]
    page = page_status(values, files)
    same = page_status(values | {"reply_text": "经查，已公开。"}, [{"name": "答复书.pdf", "href": "/f?t=2"}])
    assert page.essence == same.essence
    for other in (
        page_status(values | {"status": "办结"}, files),
        page_status(values | {"shown_on": "2020-09-04"}, files),
        page_status(values, []),
    ):
        assert other.essence != page.essence
    assert PageStatus().essence.strip("None\n") == ""
