"""What in a message points at a request of ours, clue by clue: each a set of references."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from itertools import chain

from tracker.domain.circulars import (
    announces,
    can_be_cancelled,
    invites,
    is_issue,
    is_to_somebody,
    many_addressed,
)
from tracker.domain.courtesies import (
    calls_another,
    introductions,
    is_called,
    is_passed_on,
    is_recalled,
    is_under_another_letter,
    persons_addressed,
    persons_addressed_in,
    to_be_told,
    without_asides,
    without_formulas,
    without_settled,
)
from tracker.domain.folding import fold, fold_lines
from tracker.domain.handing_on import ends_in_office, is_handed_on, is_told_to_write, offices_asked
from tracker.domain.later_letters import is_later_letter
from tracker.domain.match import ClueKind
from tracker.domain.message import Message, answers_by_itself, is_mail_system, tells_of_delivery
from tracker.domain.narrowing import day_of, days_named, is_earlier, kind_named
from tracker.domain.receipt_numbers import serials_cited, without_settled_numbers
from tracker.domain.sent import SentLetters, fold_numbers
from tracker.domain.topics import Words, pairs

FEWEST_SHARED = 2  # pairs of characters that a letter and the one request to its unit share
CLEARLY_SHARED = 4
MOST_RIVALS = 60  # requests that are compared word by word
_MACHINES_ANSWER_WITHIN = timedelta(days=2)
_CLOCK_SKEW = timedelta(minutes=10)  # an office's server may run behind ours
_SHORT = 80  # characters of a note above a forwarded letter
_NONE: frozenset[str] = frozenset()


class Clues:
    """A message beside the requests it may answer, its texts folded once for all comparisons."""

    def __init__(self, message: Message, sent: SentLetters, arrived_at: datetime) -> None:
        if is_under_another_letter(message.reply_text):  # which then says nothing of this one
            message = replace(message, subject="", thread_ids=(), returned_ids=(), quoted_text="")
        self.message = message
        self.sent = sent
        self.mailbox = next((r.mailbox for r in sent.requests.values()), "")
        self._arrived_at = arrived_at
        prefix = _REPLY_PREFIX.match(message.subject)
        subject = message.subject[prefix.end() :] if prefix else message.subject
        self._repeats = bool(prefix) and bool(sent.titled(fold(subject)))
        papers = [f"{a.name}\n{(a.text or '')[:_FIRST_PAGE]}" for a in message.attachments]
        self.is_passed_on = is_passed_on(message.reply_text)
        said = without_asides(message.reply_text)
        passed_on = [message.quoted_text] if self.is_passed_on else []
        self.words = "\n".join([*([] if self._repeats else [subject]), said, *passed_on, *papers])
        self._quotation = "\n".join([message.quoted_text, *([subject] if self._repeats else [])])
        self._own = fold(self.words)
        self._quoted = fold(self._quotation)
        self.is_report = (
            message.report is not None
            or is_mail_system(message.sender)
            or tells_of_delivery(f"{message.subject}\n{message.sender_name}")
        )
        self.is_recalled = is_recalled(message.reply_text)
        self.is_bulk = (
            any(name in message.headers for name in ("list-id", "list-unsubscribe"))
            or can_be_cancelled(self.words)
            or self._is_to_many
        )

    @cached_property
    def _applicant(self) -> str:
        return next((fold(r.applicant_name) for r in self.sent.requests.values()), "")

    @property
    def _is_to_many(self) -> bool:
        called = fold(many_addressed(self.message.reply_text))
        is_called = bool(called) and not (self._applicant and self._applicant in called)
        is_called = is_called and not self.sent.called(called)  # a unit that says who speaks
        return is_called or (is_issue(self.message.subject) and not self._repeats)

    # --- what a mail program did by itself ---

    @cached_property
    def thread(self) -> frozenset[str]:
        ids = [*self.message.thread_ids, *self.message.returned_ids]
        text = f"{self.message.reply_text}\n{self.message.quoted_text}"
        ids += _MESSAGE_ID.findall(text)
        return self._possible(self.sent.by_ids(ids) or self.sent.by_answer_ids(ids))

    @cached_property
    def quoted(self) -> frozenset[str]:
        found = self.sent.quoted(f"{self._own} {self._quoted}")
        if not found and fold(self.mailbox) in self._quoted:
            found = self.sent.titled(self._quoted)
        return self._possible(self._to_called(found))

    @cached_property
    def repeated(self) -> frozenset[str]:
        return self._possible(self._to_called(self.sent.titled(self._quoted)))

    def _to_called(self, references: frozenset[str]) -> frozenset[str]:
        """Of one question to several units, the one whose name stands in the quoted letter."""
        return (
            references & self.sent.called(self._quoted) or references if len(references) > 1 else references
        )

    # --- what the writer says ---

    @cached_property
    def numbered(self) -> frozenset[str]:
        """By a number in full, and of a unit's own by its serial: 您的3号件."""
        text = f"{self.message.subject}\n{self.words}"
        unsettled = without_settled_numbers(text)
        found = self._by_numbers(unsettled)
        return found if found or unsettled == text else self._by_numbers(text)

    def _by_numbers(self, text: str) -> frozenset[str]:
        folded = fold_numbers(text)
        found = self._possible(self.sent.numbered(folded))
        return found | self.sent.cited(folded, serials_cited(text), self.from_unit or self.signing)

    def has_other_number(self, reference: str) -> bool:
        return self.sent.is_called_otherwise(reference, fold_numbers(self.words))

    @cached_property
    def titled(self) -> frozenset[str]:
        found = self._possible(self.sent.titled(self._own))
        titles = {reference: self.sent.requests[reference].folded_topic for reference in found}
        return frozenset(r for r in found if not _only_within_another(titles[r], titles.values(), self._own))

    @cached_property
    def word_pairs(self) -> Words:
        """Of all it says but formulas, matters that are settled, and names of the unit that writes."""
        said = without_settled(without_formulas(self.words))
        for form in sorted(self._forms_of_writer, key=len, reverse=True):
            said = said.replace(form, "\n")
        return pairs(said)

    @property
    def _forms_of_writer(self) -> frozenset[str]:
        return _NONE.union(*(self.sent.requests[each].unit_forms for each in self.from_unit))

    @cached_property
    def pairs_beside_names(self) -> Words:
        """Without the lines that only say which unit writes: its place stands in many titles."""
        lines = self.words.split("\n")
        return pairs(
            "\n".join(each for each in lines if len(each) > _SIGNATURE or not self.sent.called(fold(each)))
        )

    def shares_words(self, references: Iterable[str], fewest: int = FEWEST_SHARED) -> bool:
        """Whether it has some words of each of these requests, or more of all that was told around them."""
        own, asked = self.pairs_beside_names, [self.sent.requests[each] for each in references]
        return all(
            len(each.words & own) >= fewest or len(each.all_words & own) >= CLEARLY_SHARED for each in asked
        )

    # --- who writes ---

    @cached_property
    def sender(self) -> frozenset[str]:
        return self._possible(self.sent.by_addresses([self.message.sender]))

    @property
    def from_unit(self) -> frozenset[str]:
        """Requests to the unit whose address, or else whose own domain, it comes from."""
        return self.sender or self.domain

    @cached_property
    def domain(self) -> frozenset[str]:
        sender = self.message.sender
        found = self.sent.by_own_domain(sender) or self.sent.by_office(sender)
        return self._possible(found) - self.sender

    def narrowed(self, references: frozenset[str]) -> frozenset[str]:
        """Of a unit's requests those sent before, and those of the day and the kind that the letter names."""
        before = frozenset(r for r in references if self.sent.requests[r].sent_at <= self._arrived_at)
        for named in (before, self._of_day_named(references), self._of_kind_named(references)):
            references = references & named or references
        return references

    def _of_day_named(self, references: frozenset[str]) -> frozenset[str]:
        return frozenset(each for each in references if self._day_sent(each) in self._days_named)

    @cached_property
    def _days_named(self) -> frozenset[int]:
        return days_named(self.words)

    def _day_sent(self, reference: str) -> int:
        return day_of(self.sent.requests[reference].sent_at)

    def names_earlier_day(self, reference: str) -> bool:
        """Whether it is about what the applicant wrote or said before this request was sent."""
        sent = self._day_sent(reference)
        return bool(self._days_named) and all(is_earlier(day, sent) for day in self._days_named)

    @cached_property
    def is_by_itself(self) -> bool:
        return answers_by_itself(self.message)

    def follows_soon(self, reference: str) -> bool:
        """Whether a request went out so shortly before that a mail program may answer it."""
        return self._arrived_at - self.sent.requests[reference].sent_at <= _MACHINES_ANSWER_WITHIN

    def _of_kind_named(self, references: frozenset[str]) -> frozenset[str]:
        kind = kind_named(self.words)
        return frozenset(each for each in references if self.sent.requests[each].kind is kind)

    @cached_property
    def writer(self) -> frozenset[str]:
        """Requests that earlier letters from this address answered."""
        return self._possible(self.sent.by_writer(self.message.sender))

    @property
    def is_of_platform(self) -> bool:
        """Whether one address writes for several units, so that it says of none that it writes."""
        return len(self.sent.everybody.units_of_address(self.message.sender)) > 1

    @cached_property
    def neighbours(self) -> frozenset[str]:
        """Requests to units of one domain with the sender, which may be others."""
        return self._possible(self.sent.by_shared_domain(self.message.sender))

    @cached_property
    def failed(self) -> frozenset[str]:
        if not self.is_report:
            return _NONE
        message = self.message
        text = f"{message.subject}\n{message.reply_text}\n{message.quoted_text}".lower()
        recipient = [message.report.recipient] if message.report else []
        return self._possible(self.sent.by_addresses([*recipient, *_ADDRESS.findall(text)]))

    @cached_property
    def signed(self) -> frozenset[str]:
        """Requests to units that the letter names in full, other than as the office to turn to."""
        return self._possible(self.sent.named(self._without_referrals))

    @cached_property
    def called(self) -> frozenset[str]:
        """The same by any form of the name that is only one unit's here, in attached papers too."""
        papers = "\n".join(f"{a.name}\n{(a.text or '')[:_HEADING]}" for a in self.message.attachments)
        return self._possible(self.sent.called(f"{self._without_referrals} {_without_referrals(papers)}"))

    @cached_property
    def signing(self) -> frozenset[str]:
        """Those of them that write: in the name, a line of its own, an introduction, a paper."""
        message = self.message
        papers = [f"{a.name}\n{(a.text or '')[:_HEADING]}" for a in message.attachments]
        places = [
            message.sender_name,
            message.subject,
            message.signature,
            *introductions(message.reply_text),
            *papers,
        ]
        return self.called & self._possible(self.sent.called(" ".join(map(fold, places))))

    @cached_property
    def elsewhere(self) -> str:
        """The mailbox of another applicant for whom the letter was meant; "" where it is not."""
        message = self.message
        head = fold(f"{message.subject} {message.reply_text[:_ADDRESSED_WITHIN]}")
        if self.thread or (self._applicant and self._applicant in head):
            return ""
        meant = self.sent.everybody.mailbox_meant([*message.thread_ids, *message.returned_ids], head)
        return meant if meant != self.mailbox else ""

    @cached_property
    def turned_to(self) -> frozenset[str]:
        """Requests to a unit of which the letter says that the applicant turned to it."""
        names = map(fold, offices_asked(self.words))
        return self._possible(_NONE.union(*map(self._unit_called, names)))

    def _unit_called(self, name: str) -> frozenset[str]:
        return self.sent.called(f"{name} {name}政府") or self.sent.abbreviated(name)

    @cached_property
    def is_handed_on(self) -> bool:
        return is_handed_on(self.message.reply_text)

    @property
    def is_of_office(self) -> bool:
        """Whether the writer says that he writes for some office."""
        names = [self.message.sender_name, self.message.signature, *introductions(self.message.reply_text)]
        return any(map(ends_in_office, names))

    @property
    def is_by_order(self) -> bool:
        """Whether somebody writes for an office that he does not name."""
        return self.is_handed_on or is_told_to_write(self.message.reply_text)

    @cached_property
    def _without_referrals(self) -> str:
        message = self.message
        return _without_referrals(f"{message.sender_name}\n{message.reply_text}\n{message.signature}")

    def names_applicant(self, reference: str) -> bool:
        name = fold(self.sent.requests[reference].applicant_name)
        return len(name) >= 2 and (name in self._own or is_called(name, self._own))

    @property
    def is_to_be_passed_on(self) -> bool:
        """Whether it asks to be told to another applicant: 请转告陈国柱…"""
        told = fold(to_be_told(self.words))
        return bool(self.sent.everybody.mailboxes_named(told) - {self.mailbox})

    @property
    def is_to_another(self) -> bool:
        """Whether all whom it addresses by name are somebody else."""
        called = persons_addressed(self.message.reply_text)
        return bool(called and self._applicant) and all(
            calls_another(each, self._applicant) for each in called
        )

    def addresses_another(self, reference: str) -> bool:
        name = self.sent.requests[reference].applicant_name
        papers = [each.text or "" for each in self.message.attachments]
        called = [*persons_addressed(self.message.reply_text), *chain(*map(persons_addressed_in, papers))]
        return bool(name) and any(calls_another(found, name) for found in called)

    def quotes_another(self, references: Iterable[str]) -> bool:
        """Whether a letter stands below that shares next to nothing with these requests."""
        quoted = pairs(self.message.quoted_text)
        is_forwarded = self.is_passed_on or _FORWARDED.match(self.message.subject) is not None
        if len(quoted) < _SHORTEST_QUOTATION or self.quoted or self.repeated or is_forwarded:
            return False
        texts = (f"{self.sent.requests[each].title}\n{self.sent.requests[each].text}" for each in references)
        return all(len(pairs(text) & quoted) < _LEAST_QUOTED * len(quoted) for text in texts)

    @cached_property
    def is_to_somebody(self) -> bool:
        return is_to_somebody(self.words, self._own, self._applicant)

    @property
    def is_later(self) -> bool:
        return is_later_letter(self.message.reply_text)

    @property
    def is_circular(self) -> bool:
        """Whether it speaks to everybody, and to nobody who wrote."""
        return invites(self.words) or (not self.is_to_somebody and announces(self.words))

    # --- a letter that is only forwarded ---

    @property
    def forwarded(self) -> "Clues | None":
        """The letter inside, if one of our units wrote it and somebody only passed it on."""
        message = self.message
        author = _AUTHOR.search(message.quoted_text)
        if author is None or len(message.reply_text) > _SHORT or self.sender:
            return None
        inner = replace(message, sender=author[1].lower(), reply_text=message.quoted_text, quoted_text="")
        clues = Clues(inner, self.sent, self._arrived_at)
        return clues if clues.sender else None

    def of(self, kind: ClueKind) -> frozenset[str]:
        return {
            ClueKind.THREAD: self.thread,
            ClueKind.NUMBER: self.numbered,
            ClueKind.QUOTED: self.quoted,
            ClueKind.REPEATED: self.repeated,
            ClueKind.TITLE: self.titled,
            ClueKind.SENDER: self.sender,
            ClueKind.WRITER: self.writer,
            ClueKind.DOMAIN: self.domain,
            ClueKind.FAILED_ADDRESS: self.failed,
            ClueKind.UNIT_NAMED: self.called | self.signed | self.turned_to,
        }[kind]

    def _possible(self, references: frozenset[str]) -> frozenset[str]:
        """Without those that were sent after the message had arrived."""
        latest = self._arrived_at + _CLOCK_SKEW
        late = {r for r in references if self.sent.requests[r].sent_at > latest}
        return references - late if late else references


def _without_referrals(text: str) -> str:
    return _REFERRAL.sub("", fold_lines(_CLAUSE_END.sub("\n", text))).replace("\n", "")


def _only_within_another(title: str, titles: Iterable[str], text: str) -> bool:
    longer = {other for other in titles if title != other and title in other}
    return any(text.count(title) == text.count(other) * other.count(title) for other in longer)


_SHORTEST_QUOTATION = 12  # pairs of characters
_LEAST_QUOTED = 0.3  # share of a quotation's pairs that stand in the letter it quotes
_ADDRESSED_WITHIN = 200  # characters of a letter in which it says to whom it is
_FIRST_PAGE = 3_000  # characters of a paper: further in stands what was disclosed, not to whom
_SIGNATURE = 24  # characters of a line that is no more than a name
_HEADING = 400  # characters of a paper or letter in which it says whose it is and to whom
_REPLY_PREFIX = re.compile(
    r"^(?:\W*(?:re|fwd?|aw|回复|答复|转发|回覆|轉寄|自动回复|自动答复|auto(?:matic)?[ -]?reply)\s*[:：])+\s*",
    re.IGNORECASE,
)
_FORWARDED = re.compile(r"\W*(?:fwd?|转发|轉寄)\W", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"<[^<>@\s]{1,200}@[^<>@\s]{1,200}>")
_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+", re.ASCII)
_AUTHOR = re.compile(
    r"(?:发件人|From)\s*[:：][^\n@]{0,80}?([\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+)",
    re.IGNORECASE | re.ASCII,
)
_CLAUSE_END = re.compile(r"[\n。，,;；!！?？]")
# "Please turn to X", "X is in charge of it": X is spoken of, it does not speak.
_REFERRAL = re.compile(
    r"(?:请|建议|可|应|要|告知)\w{0,8}?(?:向|到|与|找|去|联系|咨询|询问)\w{2,24}"
    r"|(?:由|归|属于?)\w{2,20}(?:负责|主管|管理|受理|管)"
)
