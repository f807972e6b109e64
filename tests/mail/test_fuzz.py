"""Damaged mail: whatever is broken, parsing raises nothing, loses no header and stays within its bounds.

`HYPOTHESIS_PROFILE=long pytest tests/mail/test_fuzz.py` looks longer than the tests do.
"""

import base64
import os
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.adapters.lexicons import load_lexicon
from tracker.domain.classify import classify
from tracker.domain.message import Message
from tracker.domain.terms import Classification, RequestKind
from tracker.letters.parse import parse

HERE = Path(__file__).parent
MAILS = [
    path.read_bytes() for folder in (HERE, HERE / "independent") for path in sorted(folder.glob("*.eml"))
]
MOST_TEXT = 1_000_000
settings.register_profile("here", max_examples=150, derandomize=True, deadline=None)
settings.register_profile("long", max_examples=20_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "here"))


def flipped(raw: bytes, chance: Random) -> bytes:
    damaged = bytearray(raw)
    for _ in range(chance.randrange(1, 40)):
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    return bytes(damaged)


def cut(raw: bytes, chance: Random) -> bytes:
    start = chance.randrange(len(raw))
    return raw[:start] + raw[start + chance.randrange(200) :]


def spliced(raw: bytes, chance: Random) -> bytes:
    other = chance.choice(MAILS)
    return raw[: chance.randrange(len(raw))] + other[chance.randrange(len(other)) :]


def relabelled(raw: bytes, chance: Random) -> bytes:
    charset = chance.choice(
        [b"utf-7", b"utf-16", b"hz", b"big5", b"rot13", b"", b"x-unknown", b"gb2312", b"idna"]
    )
    return raw.replace(b"utf-8", charset).replace(b"UTF-8", charset)


def nested(raw: bytes, chance: Random) -> bytes:
    for _ in range(chance.randrange(1, 40)):
        raw = b"Content-Type: message/rfc822\r\n\r\n" + raw
    return raw


def repeated(raw: bytes, chance: Random) -> bytes:
    line = chance.choice(
        [b"> ", b"On Mon, a wrote:\n", b"<div>", "发件人: a\n".encode(), b"--x\n", b"=?utf-8?B?"]
    )
    return raw + line * chance.randrange(1, 20_000)


DAMAGES = [flipped, cut, spliced, relabelled, nested, repeated]


@st.composite
def damaged_mails(draw: st.DrawFn) -> bytes:
    raw = draw(st.sampled_from(MAILS))
    chance = Random(draw(st.integers(0, 2**32)))
    for damage in draw(st.lists(st.sampled_from(DAMAGES), min_size=1, max_size=3)):
        raw = damage(raw or b"\n", chance)
    return raw


def is_within_bounds(message: Message) -> bool:
    return len(message.reply_text) <= MOST_TEXT and len(message.quoted_text) <= MOST_TEXT


@given(damaged_mails())
def test_damaged_mail_is_read_within_bounds(raw: bytes) -> None:
    assert is_within_bounds(parse(raw))


@given(st.sampled_from(MAILS), st.integers(0, 2**32))
def test_damage_below_the_headers_costs_no_header(raw: bytes, seed: int) -> None:
    end = raw.replace(b"\r\n", b"\n").find(b"\n\n") + 40
    whole, chance = raw.replace(b"\r\n", b"\n"), Random(seed)
    body = flipped(whole[end:], chance) if len(whole) > end else b""
    assert dict(parse(whole[:end] + body).headers) == dict(parse(whole).headers)


@given(st.binary(max_size=3_000))
def test_any_bytes_are_a_mail(raw: bytes) -> None:
    assert is_within_bounds(parse(raw))


@given(st.binary(max_size=600), st.sampled_from([b"gb2312", b"hz", b"utf-8", b"big5", b"x"]))
def test_any_bytes_are_a_body_in_any_charset(body: bytes, charset: bytes) -> None:
    head = (
        b"Subject: a\nContent-Type: text/html; charset="
        + charset
        + b"\nContent-Transfer-Encoding: base64\n\n"
    )
    assert parse(head + base64.encodebytes(body)).subject == "a"


@given(damaged_mails(), st.sampled_from([None, *RequestKind]), st.sampled_from([None, 10.0, 90_000.0]))
def test_whatever_was_parsed_is_classified(
    raw: bytes, kind: RequestKind | None, seconds: float | None
) -> None:
    found = classify(parse(raw), kind, load_lexicon(), seconds)
    assert isinstance(found, Classification)
    assert 0 <= found.confidence <= 1


@given(st.text(max_size=400), st.sampled_from([None, *RequestKind]))
def test_any_text_is_classified(text: str, kind: RequestKind | None) -> None:
    found = classify(Message("0" * 64, reply_text=text), kind, load_lexicon(), None)
    assert (found.outcome is not None) == (found.kind == "reply")


@pytest.mark.timeout(60)  # each took many minutes when its search went back over every line
@pytest.mark.parametrize("line", [b"> \n", b"\n", b"a.a."], ids=["quotation marks", "empty lines", "dots"])
def test_a_returned_letter_of_many_like_lines_is_read(line: bytes) -> None:
    raw = b"From: mailer-daemon@mail.test\nSubject: Undelivered\n\n" + line * 100_000
    assert parse(raw).sender == "mailer-daemon@mail.test"
