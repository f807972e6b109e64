"""Of what kind, and of which day, a letter says that the request was which it answers."""

import re
from datetime import datetime

from tracker.domain.terms import SHANGHAI, RequestKind

_HALF_A_YEAR = 186  # days
# 您4月9日提交的…, 你于2026年4月9日以电子邮件…
_DAY_SENT = re.compile(r"(?:您|你|申请人)[于在]?(?:20\d\d年)?(\d{1,2})月(\d{1,2})日")
_OF_DISCLOSURE = re.compile(
    r"(?:信息公开|公开信息|依申请公开)(?:的?申请)?|申请公开|(?:您|你)[^，。；\n]{0,12}的?(?:两|2)?[个件份]?申请|补正|依申"
)
_OF_CONSULTATION = re.compile(
    r"咨询(?:件|已|的|$)|转来的咨询|(?:您|你)[^，。；\n]{0,12}(?:咨询|询问|提问|想问)|来信咨询|政务咨询"
)


def kind_named(text: str) -> RequestKind | None:
    """Which kind of request a letter calls the one that it is about."""
    is_disclosure, is_consultation = _OF_DISCLOSURE.search(text), _OF_CONSULTATION.search(text)
    if bool(is_disclosure) == bool(is_consultation):
        return None
    return RequestKind.DISCLOSURE if is_disclosure else RequestKind.CONSULTATION


def days_named(text: str) -> frozenset[int]:
    """The days on which a letter says that the applicant wrote, as `day_of` counts them."""
    return frozenset(_count(int(month), int(day)) for month, day in _DAY_SENT.findall(text))


def day_of(at: datetime) -> int:
    """A day of the year as a number that tells earlier from later, good enough where no year is written."""
    here = at.astimezone(SHANGHAI)
    return _count(here.month, here.day)


def is_earlier(day: int, than: int) -> bool:
    return 0 < than - day < _HALF_A_YEAR


def _count(month: int, day: int) -> int:
    return 31 * month + day
