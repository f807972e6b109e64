"""The rules of the legal clock as values: periods, notices and receipt, each with its source of law.

They come from data/rules/*.toml, so that another jurisdiction is another file. All days are working
days. A rules book holds the versions of one law; the date of receipt decides which one applies.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from tracker.domain.terms import ChannelKind, ReceiptBasis, RequestKind

_SUBMISSION = (ReceiptBasis.SUBMISSION, ReceiptBasis.CONFIRMATION)
# Which dates of receipt can be pleaded by channel, the usual one first (Art. 31; Guiding Case 26).
USUAL_RECEIPT: Mapping[ChannelKind, tuple[ReceiptBasis, ...]] = MappingProxyType(
    dict.fromkeys(ChannelKind, _SUBMISSION)
    | {ChannelKind.POST: (ReceiptBasis.SIGNATURE, ReceiptBasis.CONFIRMATION)}
)


@dataclass(frozen=True, slots=True)
class Article:
    """The source of one entry, and who confirmed it for a real round; "" and None: nobody yet."""

    source: str
    checked_by: str = ""
    checked_on: date | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """One version of a law. A period of 0 means that the rules know no such thing."""

    name: str
    kind: RequestKind
    reply_days: int
    extension_days: int = 0  # at most
    correction_notice_days: int = 0  # a correction notice is undisputed within these
    third_party_days: int = 0  # a pause that the unit leaves open ends after these
    veto_months: int = 0  # unanswered for longer fails a website outright
    excludes_transfers: bool = False  # a question handed on (转办) is not assessed
    receipt: Mapping[ChannelKind, tuple[ReceiptBasis, ...]] = field(default_factory=lambda: USUAL_RECEIPT)
    articles: Mapping[str, Article] = field(default_factory=dict)  # by entry, as in the file
    valid_from: date = date.min
    valid_to: date = date.max
    version: str = ""

    def source(self, entry: str) -> str:
        """The source of law of an entry such as "extension"; "" where the rules have none."""
        article = self.articles.get(entry)
        return article.source if article else ""

    @property
    def unchecked(self) -> list[str]:
        """Entries that no lawyer has confirmed yet."""
        return [entry for entry, article in self.articles.items() if not article.checked_by]


class RulesGap(Exception):
    """An application was received on a day on which no version of the rules was in force."""

    def __init__(self, day: date, name: str, first: date, last: date) -> None:
        super().__init__(f"the rules {name} cover {first} to {last}, but the date of receipt is {day}")
        self.day, self.name, self.first, self.last = day, name, first, last


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The versions of a law, oldest first and without a gap, and the calendar and zone it counts in."""

    name: str
    kind: RequestKind
    versions: tuple[Rules, ...]
    calendar: str = "cn"
    zone: str = "Asia/Shanghai"
    version: str = ""

    def at(self, received_on: date) -> Rules:
        """The rules for an application received on that day; raises `RulesGap` where there are none."""
        for rules in reversed(self.versions):
            if rules.valid_from <= received_on <= rules.valid_to:
                return rules
        raise RulesGap(received_on, self.name, self.versions[0].valid_from, self.versions[-1].valid_to)
