"""A street of all six platforms, with a clock that a test sets and an applicant who uses plain HTTP."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import httpx
import pytest

from tracker.rehearsal.sites import PLATFORMS, Books, Entry, Note, Sites

CHINA = timezone(timedelta(hours=8))
PREFIXES = {"iframe_gbk": "JACT", "xhr_code": "YSQ", "alert_password": "YA", "captcha": "CX"}
PREFIXES |= {"mailbox": "LX", "classic": "GK"}


class Street:
    def __init__(self) -> None:
        self.now = datetime(2020, 9, 3, 10, 20, 30, tzinfo=CHINA)
        self.heard: list[Entry] = []
        self.books = {name: Books(PREFIXES[name], lambda: self.now, self.heard.append) for name in PLATFORMS}
        self.sites = Sites(self.books)

    def visitor(self, name: str, **settings: object) -> httpx.Client:
        return httpx.Client(base_url=self.sites.address(name), trust_env=False, **settings)

    def answer(self, name: str, number: str, text: str = "经查，现予公开。", **told: object) -> None:
        """The office answers in two days' time."""
        self.books[name].note(number, Note("answered", self.now + timedelta(days=2), text, **told))

    def pass_days(self, days: float) -> None:
        self.now += timedelta(days=days)


@pytest.fixture
def street() -> Iterator[Street]:
    street = Street()
    with street.sites:
        yield street
    assert street.sites.errors == []


def words(page: str) -> str:
    """The text of a page without its markup and scripts."""
    bare = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", bare))
