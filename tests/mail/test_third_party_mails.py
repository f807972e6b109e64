"""Real mail that other projects collected: read without an exception, and bounces told as they tell them."""

from email import message_from_bytes
from pathlib import Path

import pytest
from flufl.bounce import all_failures

from tests.mail.samples import of_the_interpreter, packaged
from tracker.letters.parse import parse

BOUNCES = list(packaged("flufl_bounce", "tests/data/*.txt"))
OTHERS = [*packaged("mail_parser", "tests/mails/*"), *of_the_interpreter()]


def test_there_are_many_of_them() -> None:
    assert len(BOUNCES) > 100
    assert len(OTHERS) > 50


@pytest.mark.parametrize("path", [*BOUNCES, *OTHERS], ids=lambda path: path.name)
def test_real_mail_is_read_and_no_header_is_lost(path: Path) -> None:
    raw = path.read_bytes()
    message = parse(raw)
    top = raw.lstrip().replace(b"\r\n", b"\n").partition(b"\n\n")[0].lower()
    for name in (b"subject", b"from", b"message-id"):
        if b"\n" + name + b": " in top and message_from_bytes(raw)[name.decode()]:
            assert name.decode() in message.headers


def verdict(path: Path) -> tuple[str, str]:
    """How flufl.bounce reads it: action and address; empty where it finds nothing."""
    temporary, permanent = all_failures(message_from_bytes(path.read_bytes()))
    failed = permanent or temporary
    return ("failed" if permanent else "delayed", min(failed).decode().lower()) if failed else ("", "")


# Its machine-readable part is a disposition notification: the letter arrived, and a filter deleted it.
DELETED = "simple_38.txt"


@pytest.mark.parametrize("path", [p for p in BOUNCES if p.name != DELETED], ids=lambda path: path.name)
def test_a_bounce_is_told_as_its_collectors_tell_it(path: Path) -> None:
    action, address = verdict(path)
    report = parse(path.read_bytes()).report
    if action:
        assert report is not None
        assert (report.action, report.recipient) == (action, address)
