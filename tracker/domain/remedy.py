"""The remedy notice (救济途径) of a decision letter, and whether it fits the law of the letter's date."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tracker.domain.terms import Outcome

# 行政复议法 2023, Art. 23(1)(4): who is refused information must ask for review first.
_REVIEW_FIRST_FROM = date(2024, 1, 1)
# 行政诉讼法 2014, Art. 46: six months; three before it was in force.
_SIX_MONTHS_FROM = date(2015, 5, 1)
_WITHHOLDING = frozenset({Outcome.REFUSED, Outcome.PARTLY_DISCLOSED})
_GIVING = frozenset({Outcome.DISCLOSED, Outcome.ALREADY_PUBLIC, Outcome.PUBLICATION})
_REVIEW = re.compile(r"(?:60|六十)个?日[^。;]{0,30}?复议|复议[^。;]{0,20}?(?:60|六十)个?日")
_REVIEW_AT_ALL = re.compile(r"行政复议|申请复议")
_SUIT = re.compile(r"诉讼|起诉")
_MONTHS = {6: re.compile(r"(?:6|六)个?月"), 3: re.compile(r"(?:3|三)个月")}
_AFTER_REVIEW = re.compile(
    r"(?:不服|收到)[^。;]{0,12}复议决定|复议决定[^。;]{0,12}不服|先[^。;,]{0,24}复议|(?:15|十五)日[^。;]{0,40}(?:诉讼|起诉)"
)


class RemedyFit(StrEnum):
    FITS = "fits"
    MISSING = "missing"
    NOT_REQUIRED = "not_required"  # nothing was withheld, and none is given
    INCOMPLETE = "incomplete"  # a body, a way or a period is left out, or is not the law's
    OUTDATED = "outdated"  # leaves the choice of a lawsuit where review has to come first


@dataclass(frozen=True, slots=True)
class Remedy:
    """What a letter says of review and lawsuit; periods as the law counts them, None where none is named."""

    review_days: int | None  # calendar days
    suit_months: int | None
    comes_after_review: bool  # the lawsuit is against the review's decision
    names_suit: bool


def read_remedy(text: str) -> Remedy | None:
    """The notice in a letter's folded text; None if it speaks of no review and no lawsuit."""
    if not _REVIEW_AT_ALL.search(text) and not _SUIT.search(text):
        return None
    months = next((n for n, pattern in _MONTHS.items() if pattern.search(text) and _SUIT.search(text)), None)
    return Remedy(
        review_days=60 if _REVIEW.search(text) else None,
        suit_months=months,
        comes_after_review=_AFTER_REVIEW.search(text) is not None,
        names_suit=_SUIT.search(text) is not None,
    )


def remedy_fit(remedy: Remedy | None, outcome: Outcome, answered_on: date) -> RemedyFit:
    """Whether the notice is right for what was decided on that day.

    60 days for review (行政复议法 2023 Art. 20, 1999 Art. 9). Where information is withheld and the
    answer is of 2024 or later, review comes first and a lawsuit follows within 15 days (Art. 23, 34);
    otherwise a lawsuit may be brought at once, within six months (行政诉讼法 Art. 46), before
    2015-05-01 within three. That a letter which gives everything needs no notice is practice.
    """
    if remedy is None:
        return RemedyFit.NOT_REQUIRED if outcome in _GIVING else RemedyFit.MISSING
    if remedy.review_days is None or not remedy.names_suit:
        return RemedyFit.INCOMPLETE
    if outcome in _WITHHOLDING and answered_on >= _REVIEW_FIRST_FROM:
        if remedy.comes_after_review:
            return RemedyFit.FITS
        return RemedyFit.OUTDATED if remedy.suit_months else RemedyFit.INCOMPLETE
    months = 6 if answered_on >= _SIX_MONTHS_FROM else 3
    return RemedyFit.FITS if remedy.suit_months == months else RemedyFit.INCOMPLETE
