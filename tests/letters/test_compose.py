"""A letter holds what the law asks for and nothing of the tool that wrote it."""

import socket
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tracker.adapters.files import find_file
from tracker.domain.terms import RequestKind
from tracker.letters.compose import Letter, TemplateError, compose, compose_fields, render, variables_of
from tracker.letters.parse import parse

LETTER = Letter(
    kind=RequestKind.DISCLOSURE,
    unit_name="宝塔区示例局",
    question_title="2025年度公共停车场建设资金使用情况及“三公”经费支出情况的说明材料",
    question_text="2025年区本级财政安排的公共停车场建设资金的使用单位和金额。",
    applicant_name="张伟",
    identity_number="610000199001011234",
    phone="13800000000",
    postal_address="示例路1号",
    email="zhang.wei@mail.test",
)
NOW = datetime(2026, 11, 23, 17, 30, tzinfo=UTC)


def template(name: str = "disclosure") -> str:
    return find_file(f"templates/{name}.txt.j2").read_text(encoding="utf-8")


def composed(name: str = "disclosure") -> bytes:
    return compose(template(name), LETTER, recipient="office@unit.test", message_id="<1@mail.test>", date=NOW)


def test_a_disclosure_letter_holds_what_article_29_asks_for() -> None:
    text = parse(composed()).reply_text
    for needed in (
        LETTER.applicant_name,
        LETTER.identity_number,
        LETTER.phone,
        LETTER.postal_address,
        LETTER.email,
        LETTER.question_title,
        LETTER.question_text,
        "电子文件",
        "2026年11月24日",
    ):
        assert needed in text


@pytest.mark.parametrize("word", ["用途", "目的", "评估", "测评"])
def test_a_letter_gives_no_purpose(word: str) -> None:
    assert word not in parse(composed()).reply_text


def test_headers_are_the_applicants_and_in_shanghai_time() -> None:
    message = message_from_bytes(composed(), policy=policy.default)
    assert sorted(message.keys()) == sorted(
        [
            "From",
            "To",
            "Subject",
            "Date",
            "Message-ID",
            "MIME-Version",
            "Content-Type",
            "Content-Transfer-Encoding",
        ]
    )
    assert message["Date"] == "Tue, 24 Nov 2026 01:30:00 +0800"
    assert message["Message-ID"] == "<1@mail.test>"
    assert message["From"] == "张伟 <zhang.wei@mail.test>"
    assert message["To"] == "office@unit.test"
    assert message["Subject"] == f"政府信息公开申请：{LETTER.question_title}"


def test_the_bytes_are_ascii_with_crlf_and_short_lines() -> None:
    raw = composed()
    assert raw.isascii()
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert max(map(len, raw.split(b"\r\n"))) <= 78


def test_the_bytes_name_neither_host_nor_tool_and_are_always_the_same() -> None:
    raw = composed()
    assert socket.gethostname().encode() not in raw
    assert b"python" not in raw.lower()
    assert b"tracker" not in raw.lower()
    assert raw == composed()


def test_what_an_applicant_does_not_give_leaves_no_empty_line_in_the_letter() -> None:
    letter = Letter(RequestKind.DISCLOSURE, "局", "题", "文", "张伟", email="a@mail.test")
    _subject, body = render(template(), letter, NOW)
    assert "身份证" not in body
    assert "电话" not in body
    assert "姓名：张伟\n电子邮箱：" in body


def test_a_consultation_letter_asks_the_question() -> None:
    message = parse(composed("consultation"))
    assert message.subject.startswith("咨询：")
    assert LETTER.question_text in message.reply_text
    assert LETTER.identity_number not in message.reply_text


@pytest.mark.parametrize(
    ("text", "line", "variable"),
    [
        ("Subject: {{ foo }}\n\nx", 1, "foo"),
        ("Subject: x\n\n\n{{ unit_name }}{{ foo }}", 4, "foo"),
        ("Subject: x\n\n{% for a in b %}{{ a }}{% endfor %}", 3, "b"),
        ("Subject: x\n\n{% if %}", 3, ""),
        ("Subject: x\n\n\n{{ phone|nope }}", 4, ""),
        ("no subject\n\nx", 1, ""),
        ("Subject: x", 1, ""),
    ],
)
def test_a_faulty_template_is_refused_with_line_and_variable(text: str, line: int, variable: str) -> None:
    with pytest.raises(TemplateError) as caught:
        render(text, LETTER, NOW)
    assert (caught.value.line, caught.value.variable) == (line, variable)
    assert bool(caught.value.reason) is not bool(variable)


def test_the_variables_of_a_template_come_with_their_first_line() -> None:
    assert variables_of("Subject: {{ b }}\n\n{{ a }}{{ b }}") == {"b": 1, "a": 3}


def test_a_line_break_in_a_title_adds_no_header() -> None:
    letter = Letter(RequestKind.CONSULTATION, "局", "题\nBcc: x@mail.test", "文", "张伟", email="a@mail.test")
    raw = compose(
        template("consultation"), letter, recipient="b@unit.test", message_id="<1@m.test>", date=NOW
    )
    assert "bcc" not in parse(raw).headers


def test_a_web_form_gets_the_same_texts_field_by_field() -> None:
    fields = compose_fields(LETTER)
    assert list(fields)[:3] == ["受理单位", "申请人类别", "申请人姓名"]
    assert fields["证件号码"] == LETTER.identity_number
    assert fields["所需信息的内容描述"] == LETTER.question_text
    assert all(fields.values())


def test_every_shipped_template_is_sound() -> None:
    for path in Path(find_file("templates/disclosure.txt.j2")).parent.glob("*.j2"):
        render(path.read_text(encoding="utf-8"), LETTER, NOW)
