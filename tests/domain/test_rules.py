"""Rules as values: the date of receipt decides which version of a law applies."""

from datetime import date

import pytest

from tracker.domain.rules import USUAL_RECEIPT, Article, RuleBook, Rules, RulesGap
from tracker.domain.terms import ChannelKind, ReceiptBasis, RequestKind


def rules(days: int, first: str, last: str = "9999-12-31") -> Rules:
    return Rules(
        "law",
        RequestKind.DISCLOSURE,
        days,
        articles={"reply": Article("Art. 33", "Wang", date(2026, 9, 1)), "veto": Article("Notice 19")},
        valid_from=date.fromisoformat(first),
        valid_to=date.fromisoformat(last),
    )


BOOK = RuleBook(
    "law", RequestKind.DISCLOSURE, (rules(15, "2008-05-01", "2019-05-14"), rules(20, "2019-05-15"))
)


@pytest.mark.parametrize(
    ("received", "days"),
    [("2008-05-01", 15), ("2019-05-14", 15), ("2019-05-15", 20), ("2026-11-24", 20)],
)
def test_the_version_in_force_on_the_date_of_receipt_applies(received: str, days: int) -> None:
    assert BOOK.at(date.fromisoformat(received)).reply_days == days


def test_before_the_first_version_there_are_no_rules() -> None:
    with pytest.raises(RulesGap, match="the rules law cover 2008-05-01 to 9999-12-31") as refused:
        BOOK.at(date(2008, 4, 30))
    assert (refused.value.day, refused.value.name) == (date(2008, 4, 30), "law")


def test_an_entry_names_its_source_and_whether_a_lawyer_confirmed_it() -> None:
    version = BOOK.versions[0]
    assert (version.source("reply"), version.source("extension")) == ("Art. 33", "")
    assert version.unchecked == ["veto"]


def test_a_letter_is_received_when_signed_for_or_confirmed_and_anything_else_never_by_signature() -> None:
    for channel in ChannelKind:
        bases = USUAL_RECEIPT[channel]
        assert (ReceiptBasis.SIGNATURE in bases) == (channel is ChannelKind.POST)
        assert (ReceiptBasis.SUBMISSION in bases) == (channel is not ChannelKind.POST)
        assert ReceiptBasis.CONFIRMATION in bases
