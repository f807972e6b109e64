"""Pages of mail programs become the lines that a reader sees; quotations are told from the answer."""

import pytest

from tracker.letters.markup import text_of_markup
from tracker.letters.quotation import split_quotation


def test_html_becomes_lines_without_scripts_and_hidden_text() -> None:
    page = "<head><title>t</title></head><p>一<b>二</b></p><script>x</script><div style='display:none'>y</div>三<br>四"
    assert text_of_markup(page) == "一二\n三\n四"


def test_broken_html_still_gives_its_words() -> None:
    assert "答复" in text_of_markup("<![x[ <p>答复</p")


ORIGINAL = "<div>请公开决算</div>"
QUOTED = [
    f"<blockquote type='cite'>{ORIGINAL}</blockquote>",
    f"<blockquote style='border-left:2px solid #000'>{ORIGINAL}</blockquote>",
    f"<div class='gmail_quote'><div class='gmail_attr'>张伟 于2026年9月1日周二写道：</div>{ORIGINAL}</div>",
    f"<div id='isReplyContent'>{ORIGINAL}</div>",
    f"<includetail><div>------ 原始邮件 ------</div>{ORIGINAL}</includetail>",
    f"<div id='divRplyFwdMsg'><b>From:</b> 张伟</div>{ORIGINAL}",
    f"<div style='border:none;border-top:solid #B5C4DF 1pt'><p>发件人：张伟</p><p>发送时间：2026</p><p>主题：x</p></div>{ORIGINAL}",
]  # fmt: skip


@pytest.mark.parametrize("quoted", QUOTED)
def test_what_a_mail_program_quotes_is_told_from_the_answer(quoted: str) -> None:
    new, old = split_quotation(text_of_markup(f"<html><body><div>这个我们没有</div>{quoted}</body></html>"))
    assert new == "这个我们没有"
    assert "请公开决算" in old


def test_a_quotation_of_a_law_stays_in_the_letter() -> None:
    assert text_of_markup("<p>依据</p><blockquote>第三十六条</blockquote>") == "依据\n第三十六条"


def test_cells_of_a_row_stand_apart_on_one_line() -> None:
    page = "<table><tr><td>2024</td><td>12</td></tr><tr><td>2025</td><td>15</td></tr></table>"
    assert text_of_markup(page) == "2024 12\n2025 15"


HOSTILE = {
    "unclosed": "<a " * 300_000,
    "angles": "<" * 1_000_000,
    "deep": "<div>" * 200_000,
    "deep beside wide": "<b></p>" * 140_000,
    "links in boxes": "<a><div>" * 120_000,
    "deep and closed": ("<div>" * 900 + "</div>" * 900) * 90,
}


@pytest.mark.parametrize("page", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.timeout(60)  # a parser without bounds would take minutes
def test_a_hostile_page_is_read_in_bounds(page: str) -> None:
    assert text_of_markup(f"<p>答复</p>{page}").startswith("答复")
