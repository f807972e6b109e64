"""Phrases a letter is read by, and the one form its text is brought to before they are looked for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from tracker.domain.folding import nfkc
from tracker.domain.message import Attachment, Message
from tracker.domain.needles import haystack
from tracker.domain.terms import RequestKind
from tracker.domain.weights import Weights

_TITLE_LINES = 15
_LONGEST_TITLE = 40
_LONGEST_LETTER = 20_000
_LETTER_MARK_WITHIN = 800
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
_BLANK_LINE = re.compile(r"\n\s*\n")
_SPACE_IN_CHINESE = re.compile(r"\s+(?=[^\x00-\x7f])|(?<=[^\x00-\x7f])\s+")
_REPEATED_STOP = re.compile(r"。{2,}")
_REPLY_SUBJECT = re.compile(r"^\W*(?:re|fwd?|回复|答复|转发|回覆|轉寄)\s*[:：]", re.IGNORECASE)
_LETTER_NAME = re.compile(
    r"答复|回复|告知|通知书|决定书|处理决定|回执|复函|延期|补正|收费通知|缴费|不予|公开[答告]|处理意见|公开[〔(（]20"
)
# A letter says first of all to whom it is.
_ADDRESSED = re.compile(r"\s*[\u4e00-\u9fff]{2,4}(?:先生|女士|同志)?[:：]\s*\n")
_OUR_OWN_FORM = re.compile(r"申请表|申请书(?!.*(?:答复|告知))")


HEADER = "header "  # how the name of a hit in a header begins


class Place(StrEnum):
    TITLE = "title"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase that speaks for a label (a kind or an outcome) with a weight between 0 and 1."""

    label: str
    name: str
    pattern: re.Pattern[str]
    weight: float
    place: Place = Place.TEXT
    needs: frozenset[str] = frozenset({""})  # one of these stands in every match: see domain.needles


@dataclass(frozen=True, slots=True)
class HeaderMark:
    """A header value that speaks for a label."""

    label: str
    header: str
    pattern: re.Pattern[str]
    weight: float


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Phrases and their learned weights; `version`, a SHA-256 over both files, stands with every reading."""

    version: str
    asked: Weights  # of letters beside the request they answer
    alone: Weights  # of letters where nothing is known of it
    phrases: tuple[Phrase, ...]
    headers: tuple[HeaderMark, ...]
    hypothetical: tuple[re.Pattern[str], ...]  # cut out first: they state nothing about this case
    letter: re.Pattern[str]  # tells an attached letter from a document that was disclosed
    disclosure: re.Pattern[str]
    consultation: re.Pattern[str]
    registration: re.Pattern[str]  # a registration number or query code given to the applicant


@dataclass(frozen=True, slots=True)
class Hit:
    label: str
    name: str
    weight: float
    place: Place = Place.TEXT

    @property
    def is_header(self) -> bool:
        return self.name.startswith(HEADER)

    def __str__(self) -> str:
        return f"{self.label}: {self.name}"


def fold_text(text: str) -> str:
    """NFKC, no white space beside Chinese characters, a blank line as a full stop."""
    folded = nfkc(_INVISIBLE.sub("", text)).replace("\r", "")
    folded = _SPACE_IN_CHINESE.sub("", _BLANK_LINE.sub("。", folded.strip()))
    return _REPEATED_STOP.sub("。", re.sub(r"\s+", " ", folded))


class LetterText:
    """What a message says anew: its own text and the letters attached to it."""

    def __init__(self, message: Message, lexicon: Lexicon, *, forwarded: bool = False) -> None:
        self._message = message
        self._lexicon = lexicon
        self._own = message.quoted_text if forwarded else message.reply_text

    @cached_property
    def letters(self) -> list[Attachment]:
        return [
            a for a in self._message.attachments if not _OUR_OWN_FORM.search(a.name) and self._is_letter(a)
        ]

    def _is_letter(self, attachment: Attachment) -> bool:
        start = fold_text((attachment.text or "")[: 2 * _LETTER_MARK_WITHIN])[:_LETTER_MARK_WITHIN]
        is_named = _LETTER_NAME.search(attachment.name) is not None and bool(start)
        is_addressed = _ADDRESSED.match(attachment.text or "") is not None
        return is_named or is_addressed or self._lexicon.letter.search(start) is not None

    @property
    def has_unread_attachment(self) -> bool:
        return any(a.text is None for a in self._message.attachments)

    @cached_property
    def pages(self) -> list[str]:
        """The unfolded texts: the message's own first, then each attached letter."""
        return [text[:_LONGEST_LETTER] for text in (self._own, *(a.text or "" for a in self.letters)) if text]

    @cached_property
    def plain(self) -> str:
        return "。".join(fold_text(page) for page in self.pages)

    @property
    def kind_asked(self) -> RequestKind | None:
        """What was asked, as far as the letter or the quotation in it tells."""
        for words in (f"{self._message.subject}。{self.plain}", self._message.quoted_text):
            if self._lexicon.disclosure.search(words):
                return RequestKind.DISCLOSURE
            if self._lexicon.consultation.search(words):
                return RequestKind.CONSULTATION
        return None

    @cached_property
    def stated(self) -> str:
        """`plain` without what is only possible, restated or past."""
        text = self.plain
        for pattern in self._lexicon.hypothetical:
            text = pattern.sub("…", text)
        return text

    @cached_property
    def titles(self) -> str:
        """Headings, file names and a subject of the unit's own, one a line."""
        found = [a.name.rpartition(".")[0] or a.name for a in self._message.attachments]
        if not _REPLY_SUBJECT.match(self._message.subject):
            found.append(self._message.subject)
        for page in self.pages:
            found += _headings(page)
        return "\n".join(fold_text(title) for title in found if not _OUR_OWN_FORM.search(title))

    def hits(self) -> Iterator[Hit]:
        titles, plain = (self.titles, haystack(self.titles)), (self.plain, haystack(self.plain))
        stated = plain if self.stated == self.plain else (self.stated, haystack(self.stated))
        for phrase in self._lexicon.phrases:
            # "if you have paid a year, you may apply" answers a question, but decides no application
            text, hay = (
                titles if phrase.place is Place.TITLE else plain if phrase.label == "answer" else stated
            )
            if not phrase.needs.isdisjoint(hay) and phrase.pattern.search(text):
                yield Hit(phrase.label, phrase.name, phrase.weight, phrase.place)
        for mark in self._lexicon.headers:
            if mark.pattern.search(self._message.headers.get(mark.header, "")):
                yield Hit(mark.label, f"{HEADER}{mark.header}", mark.weight)


def _headings(page: str) -> Iterator[str]:
    lines = [line.strip() for line in page.split("\n") if line.strip()]
    for line in lines[:_TITLE_LINES]:
        if len(line) <= _LONGEST_TITLE and line[-1] not in "。，；：！？,;:!?" and "《" not in line:
            yield line
