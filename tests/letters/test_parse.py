"""Mail as it really arrives is read without a fault costing more than its own part."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.letters.charsets import decode_header, decode_text
from tracker.letters.parse import parse

HEAD = b"From: a@unit.test\r\nTo: b@mail.test\r\nSubject: =?gbk?B?tPC4tA==?=\r\n"


def plain(body: bytes, charset: str = "utf-8", head: bytes = HEAD) -> bytes:
    return head + f"Content-Type: text/plain; charset={charset}\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    "name", ["gb2312", "GBK", "x-gbk", "cp936", "gb18030", "", "unknown-8bit", "nonsense"]
)
def test_gbk_text_is_read_under_whatever_name_it_comes(name: str) -> None:
    assert parse(plain("朱镕基㎡答复".encode("gb18030"), name)).reply_text == "朱镕基㎡答复"


def test_hz_text_is_read() -> None:
    assert parse(plain(b"~{4p84~}", "hz-gb-2312")).reply_text == b"~{4p84~}".decode("hz")


@pytest.mark.parametrize("name", ["us-ascii", "", "utf-8", "gb2312"])
def test_hz_text_is_read_whatever_it_is_called(name: str) -> None:
    assert parse(plain("现答复如下".encode("hz"), name)).reply_text == "现答复如下"


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_called_utf8_is_read(charset: str) -> None:
    assert (
        decode_text("答复 No. 12, 2026\n".encode(charset), "utf-8")[0].lstrip("\ufeff")
        == "答复 No. 12, 2026\n"
    )


def test_utf7_is_read() -> None:
    assert decode_text("现答复如下：无".encode("utf-7"), "utf-8")[0] == "现答复如下：无"


@pytest.mark.parametrize("name", ["gb2312", "", "us-ascii"])
def test_big5_text_is_read_under_a_wrong_name(name: str) -> None:
    text = "您申請公開的資訊本機關並未製作，請向財政局查詢。"
    assert decode_text(text.encode("big5"), name) == (text, "charset_mislabelled" if name else "")


@pytest.mark.parametrize("text", ["镕㎡堃", "您申請公開的資訊本機關並未製作，請向財政局查詢。"])
def test_rare_characters_of_gbk_are_not_taken_for_big5(text: str) -> None:
    assert decode_text(text.encode("gbk"), "gb2312")[0] == text


@pytest.mark.parametrize("name", ["gb2312", "us-ascii", "iso-8859-1", "", "unknown"])
def test_utf8_text_is_read_under_a_wrong_name(name: str) -> None:
    assert parse(plain("现答复如下，予以公开".encode(), name)).reply_text == "现答复如下，予以公开"


def test_a_mislabelled_charset_is_named_as_a_fault() -> None:
    assert "charset_mislabelled" in parse(plain("现答复如下".encode("gbk"), "utf-8")).faults
    assert "charset_mislabelled" not in parse(plain("现答复如下".encode("gbk"), "gb2312")).faults


def test_bytes_no_charset_explains_are_kept_readable_and_named() -> None:
    text, fault = decode_text("答复".encode() + b"\xff\xff", "utf-8")
    assert text.startswith("答复")
    assert fault == "undecodable_bytes"


@pytest.mark.parametrize("charset", ["utf-8", "gbk"])
def test_a_raw_8_bit_subject_is_read(charset: str) -> None:
    raw = b"Subject: " + "补正告知书".encode(charset) + b"\r\n\r\n"
    assert parse(raw).subject == "补正告知书"


def word(raw: bytes, charset: str = "utf-8") -> str:
    return f"=?{charset}?B?{base64.b64encode(raw).decode()}?="


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (f'"{word("示例局".encode())}" 附', '"示例局" 附'),
        ("\r\n ".join(word(part) for part in ("答复书".encode()[:4], "答复书".encode()[4:])), "答复书"),
        (word("镕".encode("gbk"), "gb2312"), "镕"),
        ("=?utf-8?Q?=E7=AD=94_a b?=", "答 a b"),
        ("=?gb2312?B?tPC4tA?=", "答复"),
        (f"Re: {word('答'.encode())}{word('复'.encode('gbk'), 'gbk')}", "Re: 答复"),
        ("=?x-unknown?B?tPC4tA==?=", "答复"),
        ("a =?b?= c", "a =?b?= c"),
    ],
    ids=[
        "quoted",
        "split-character",
        "gbk-as-gb2312",
        "q-with-space",
        "no-padding",
        "two-charsets",
        "unknown",
        "none",
    ],
)
def test_an_encoded_word_is_read_however_it_is_broken(value: str, text: str) -> None:
    assert decode_header(value) == text


def test_a_sender_name_with_a_comma_keeps_its_address() -> None:
    message = parse(f"From: {word('局,办'.encode())} <A@Unit.test>\r\n\r\n".encode())
    assert (message.sender, message.sender_name) == ("a@unit.test", "局,办")


def test_a_raw_gbk_sender_name_keeps_its_address() -> None:
    message = parse("From: 示例局 <a@unit.test>\r\n\r\n".encode("gbk"))
    assert (message.sender, message.sender_name) == ("a@unit.test", "示例局")


def test_recipients_are_bare_lower_case_and_once_each() -> None:
    message = parse(b"To: B <B@mail.test>, c@mail.test\r\nCc: b@mail.test\r\n\r\n")
    assert message.recipients == ("b@mail.test", "c@mail.test")


def test_thread_ids_survive_folding_inside_an_id() -> None:
    message = parse(
        b"In-Reply-To: <one@mail.test>\r\nReferences: <two\r\n @mail.test>\r\n <one@mail.test>\r\n\r\n"
    )
    assert message.thread_ids == ("<one@mail.test>", "<two@mail.test>")


def test_received_stamps_come_topmost_first_and_aware() -> None:
    raw = (
        b"Received: from x by y; Tue, 22 Sep 2026 10:00:05 +0800 (CST)\r\n"
        b"Received: from z by x; nonsense\r\n"
        b"Received: from z by x; Tue, 22 Sep 2026 02:00:00 +0000\r\n\r\n"
    )
    first, second = parse(raw).received
    assert first - second == timedelta(seconds=5)
    assert second == datetime(2026, 9, 22, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Mon, 01 Jan 1815 00:00:00 +0800", "1 Jan 2026 99:99 +9999"]
)
def test_an_impossible_date_is_none_and_a_fault(date: str) -> None:
    message = parse(f"Date: {date}\r\nSubject: x\r\n\r\n".encode())
    assert message.date is None
    assert message.subject == "x"
    assert message.faults


def multipart(kind: str, *parts: bytes) -> bytes:
    body = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
    return HEAD + f"Content-Type: multipart/{kind}; boundary=b\r\n\r\n".encode() + body + b"--b--\r\n"


def test_an_empty_text_part_gives_way_to_html() -> None:
    raw = multipart(
        "alternative",
        b"Content-Type: text/plain\r\n\r\n \r\n",
        b"Content-Type: text/html\r\n\r\n<p>answer</p>",
    )
    assert parse(raw).reply_text == "answer"


def test_the_plain_text_is_preferred_and_not_doubled() -> None:
    raw = multipart(
        "alternative",
        b"Content-Type: text/plain\r\n\r\nanswer",
        b"Content-Type: text/html\r\n\r\n<p>answer</p>",
    )
    assert parse(raw).reply_text == "answer"


def test_a_multipart_without_a_boundary_is_text() -> None:
    message = parse(HEAD + b"Content-Type: multipart/report; report-type=delivery-status\r\n\r\nanswer")
    assert (message.reply_text, message.attachments) == ("answer", ())


def test_a_stub_gives_way_to_a_page_that_is_shorter() -> None:
    raw = multipart(
        "alternative",
        "Content-Type: text/plain; charset=utf-8\r\n\r\n您的客户端不支持HTML格式，请换用网页方式查看本邮件".encode(),
        "Content-Type: text/html; charset=utf-8\r\n\r\n<p>没有这个信息</p>".encode(),
    )
    assert parse(raw).reply_text == "没有这个信息"


def test_a_text_that_is_cut_says_so() -> None:
    message = parse(plain(b"x\r\n" * 400_000))
    assert "text_cut" in message.faults
    assert len(message.reply_text) <= 1_000_000


def test_parameters_without_end_are_read_in_bounds() -> None:
    assert parse(b"Subject: x\r\nContent-Type: text/plain" + b";a" * 500_000 + b"\r\n\r\ny").subject == "x"


def test_a_forwarded_message_is_quoted_and_keeps_its_attachment() -> None:
    inner = (
        b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"
        b"--c\r\nContent-Type: text/plain\r\n\r\nforwarded words\r\n"
        b"--c\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\n%PDF\r\n--c--\r\n"
    )
    message = parse(multipart("mixed", b"Content-Type: text/plain\r\n\r\nsee below", inner))
    assert message.reply_text == "see below"
    assert message.quoted_text == "inner\nforwarded words"
    assert [a.name for a in message.attachments] == ["a.pdf"]


def test_a_letter_attached_as_a_file_is_quoted_with_its_files() -> None:
    inner = (
        b"Subject: inner\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nwords of a file\r\n"
    )
    inner += b"--c\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\n%PDF\r\n--c--\r\n"
    for kind in (b"application/octet-stream; name=answer.eml", b"message/rfc822"):
        head = b"Content-Type: " + kind + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        letter = multipart(
            "mixed", b"Content-Type: text/plain\r\n\r\nsee below", head + base64.encodebytes(inner)
        )
        message = parse(letter)
        assert message.reply_text == "see below"
        assert message.quoted_text == "inner\nwords of a file"
        assert [a.name for a in message.attachments] == ["a.pdf"]


def test_the_subject_among_returned_headers_is_kept() -> None:
    headers = b"Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <1@mail.test>\r\nSubject: =?utf-8?B?55Sz6K+3?=\r\n"
    message = parse(multipart("report", b"Content-Type: text/plain\r\n\r\nx", headers))
    assert message.returned_ids == ("<1@mail.test>",)
    assert message.quoted_text == "申请"


def test_a_broken_part_costs_only_itself() -> None:
    raw = multipart(
        "mixed",
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!",
        b"Content-Type: text/plain\r\n\r\nhere",
    )
    message = parse(raw)
    assert "here" in message.reply_text
    assert message.subject == "答复"


def test_the_worst_of_several_reported_recipients_counts() -> None:
    blocks = b"\r\n\r\n".join(
        f"Final-Recipient: rfc822; {name}@unit.test\r\nAction: {action}\r\nStatus: {status}".encode()
        for name, action, status in (("a", "delayed", "4.2.2"), ("b", "failed", "4.4.7"))
    )
    report = b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n" + blocks + b"\r\n"
    found = parse(multipart("report", b"Content-Type: text/plain\r\n\r\nx", report)).report
    assert found is not None
    assert (found.action, found.status, found.recipient) == ("failed", "4.4.7", "b@unit.test")


def test_too_many_parts_cost_only_those_that_are_too_many() -> None:
    parts = [b"Content-Type: text/plain\r\n\r\nanswer"]
    parts += [b"Content-Type: multipart/mixed; boundary=c\r\n\r\n--c--\r\n"] * 600
    message = parse(multipart("mixed", *parts))
    assert message.reply_text == "answer"
    assert "too_many_parts" in message.faults


def test_too_much_nesting_costs_the_body_but_no_header() -> None:
    deep = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(2000)
    )
    message = parse(HEAD + deep)
    assert message.subject == "答复"
    assert "too_many_parts" in message.faults


def test_a_sender_of_nested_comments_is_no_sender() -> None:
    assert parse(b"From: " + b"(" * 50_000 + b"\r\nSubject: x\r\n\r\n").subject == "x"


FRAGMENTS = [
    b"Content-Type: multipart/report; boundary=b\r\n", b"Content-Type: message/rfc822\r\n", b"\r\n\r\n", b"--b\r\n",
    b"--b--\r\n", b"Content-Type: text/html; charset=gb2312\r\n", b"Content-Transfer-Encoding: base64\r\n",
    b"Subject: =?gbk?B?t", b"?=\r\n", b"Content-Disposition: attachment; filename*=gb2312''%B4\r\n",
    b"From: \"=?x?Q?=\xff\" <a@b.test>,\r\n", b"Received: x; Mon, 99 Foo\r\n", b"<!", b"<![CDATA[", b"> ", b"&#x110000;",
    b"Date: 1 Jan 99999 00:00 +9999\r\n", b"Content-Type: message/delivery-status\r\n", b"Action: failed\r\n",
    b"References: <<>\r\n <\xb4\xf0>\r\n", "发件人：x\n主题：y\n日期：z\n".encode(), b"\x00", b"\xff\xfe",
]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.binary(max_size=20)), max_size=30).map(b"".join))
def test_parse_never_raises(raw: bytes) -> None:
    message = parse(raw)
    assert len(message.sha256) == 64
    message.reply_text.encode("utf-8")
    message.subject.encode("utf-8")
    message.sender_name.encode("utf-8")
