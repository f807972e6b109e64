"""Which requests a message answers: clues in order of weight, and no match where they do not decide.

A wrong match is the worst fault of all: what a mail program did by itself (thread, quotation) and what
the writer says must agree, and neither decides for a unit that did not write.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property

from tracker.domain.folding import fold
from tracker.domain.message import Message
from tracker.domain.sent import SentLetters, SentRequest
from tracker.domain.topics import is_foreign, pairs, quoted_titles, speaks_of_another, spoken_of

_CLOCK_SKEW = timedelta(minutes=10)  # an office's server may run behind ours
_MOST_CANDIDATES = 20
_NONE: frozenset[str] = frozenset()


class ClueKind(StrEnum):
    """In order of weight."""

    THREAD = "thread"  # In-Reply-To, References, or a returned original name our letter
    NUMBER = "number"  # a receipt or document number that the unit gave this request
    QUOTED = "quoted_request"  # our letter stands in the message: its text, or its title and sender
    REPEATED = "repeated_title"  # our title stands behind "Re:" or in the quotation
    TITLE = "title"  # the writer names what was asked, whole
    TOPIC = "topic"  # the writer names what tells this request from the unit's others
    SENDER = "sender"  # one of the unit's own addresses
    DOMAIN = "domain"  # another address of a domain that is the unit's alone
    FAILED_ADDRESS = "failed_address"  # a mail system returns a letter to one of the unit's addresses
    UNIT_NAMED = "unit_named"
    APPLICANT_NAMED = "applicant_named"


_ABOUT_WRITER = frozenset({ClueKind.SENDER, ClueKind.DOMAIN, ClueKind.UNIT_NAMED, ClueKind.APPLICANT_NAMED})


class Doubt(StrEnum):
    """Why a message is left to a person."""

    NO_CLUE = "no_clue"
    OWN_LETTER = "own_letter"
    SEVERAL = "several_requests_fit"
    CONTRADICTION = "clues_contradict"
    ANOTHER_UNIT = "another_unit_writes"
    ANOTHER_MATTER = "another_matter_is_named"
    ANOTHER_PERSON = "another_person_is_addressed"
    WEAK = "clues_too_weak"


@dataclass(frozen=True, slots=True)
class Clue:
    kind: ClueKind
    reference: str


@dataclass(frozen=True, slots=True)
class Match:
    """`references` the message surely answers (empty: the holding pen, for `doubt`); all clues are kept."""

    references: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()  # best first
    clues: tuple[Clue, ...] = ()
    doubt: Doubt | None = None

    def is_by_sender_only(self, reference: str) -> bool:
        """Whether nothing points at what was asked, only at who writes."""
        return not set(self.kinds(reference)) - _ABOUT_WRITER

    def kinds(self, reference: str) -> list[ClueKind]:
        return [clue.kind for clue in self.clues if clue.reference == reference]


def match_message(message: Message, arrived_at: datetime, sent: SentLetters) -> Match:
    """Match against the requests sent from the receiving mailbox before the message arrived."""
    letter = _Letter(message, sent, arrived_at)
    if not letter.mailbox or sent.by_ids([message.message_id]):
        return Match()  # nothing was asked, or it is a copy of our own letter
    found = letter.decision()
    references = () if isinstance(found, Doubt) else tuple(sorted(found))
    ranked, clues = letter.ranked(references)
    doubt = found if isinstance(found, Doubt) else None
    return Match(references, ranked, clues, doubt if ranked else None)


class _Letter:
    """A message beside the requests it may answer, its texts folded once for all comparisons."""

    def __init__(self, message: Message, sent: SentLetters, arrived_at: datetime) -> None:
        self._message = message
        self._sent = sent
        self._latest = arrived_at + _CLOCK_SKEW
        self.mailbox = next((r.mailbox for r in sent.requests.values()), "")
        prefix = _REPLY_PREFIX.match(message.subject)
        subject = message.subject[prefix.end() :] if prefix else message.subject
        is_ours = bool(prefix) and bool(sent.titled(fold(subject)))
        files = [f"{a.name}\n{a.text or ''}" for a in message.attachments]
        words = [message.reply_text, *files] if is_ours else [subject, message.reply_text, *files]
        self._words = "\n".join(words)
        self._own = fold(self._words)
        self._quoted = fold("\n".join([message.quoted_text, *([subject] if is_ours else [])]))
        self._all = f"{self._own} {self._quoted}"
        self._is_report = message.report is not None or _MAIL_SYSTEM.match(message.sender) is not None
        self._is_bulk = any(name in message.headers for name in ("list-id", "list-unsubscribe"))

    # --- clues: each a set of references ---

    @cached_property
    def thread(self) -> frozenset[str]:
        ids = [*self._message.thread_ids, *self._message.returned_ids]
        text = f"{self._message.reply_text}\n{self._message.quoted_text}"
        return self._possible(self._sent.by_ids([*ids, *_MESSAGE_ID.findall(text)]))

    @cached_property
    def numbered(self) -> frozenset[str]:
        return self._possible(self._sent.numbered(fold_lines(f"{self._message.subject}\n{self._words}")))

    @cached_property
    def quoted(self) -> frozenset[str]:
        found = self._sent.quoted(self._all)
        if not found and fold(self.mailbox) in self._quoted:
            found = self._sent.titled(self._quoted)
        return self._possible(found)

    @cached_property
    def repeated(self) -> frozenset[str]:
        return self._possible(self._sent.titled(self._quoted)) - self.quoted

    @cached_property
    def titled(self) -> frozenset[str]:
        return self._possible(self._sent.titled(self._own))

    @cached_property
    def sender(self) -> frozenset[str]:
        return self._possible(self._sent.by_addresses([self._message.sender]))

    @cached_property
    def domain(self) -> frozenset[str]:
        return self._possible(self._sent.by_own_domain(self._message.sender)) - self.sender

    @cached_property
    def failed(self) -> frozenset[str]:
        if not self._is_report:
            return _NONE
        text = f"{self._message.subject}\n{self._message.reply_text}\n{self._message.quoted_text}".lower()
        recipient = [self._message.report.recipient] if self._message.report else []
        return self._possible(self._sent.by_addresses([*recipient, *_ADDRESS.findall(text)]))

    @cached_property
    def named(self) -> frozenset[str]:
        own = fold(f"{self._message.sender_name}\n{self._message.reply_text}")
        papers = fold("\n".join(a.text or "" for a in self._message.attachments))
        return self._possible(self._sent.named(f"{own} {papers}"))

    def _possible(self, references: frozenset[str]) -> frozenset[str]:
        """Without those that were sent after the message had arrived."""
        late = {r for r in references if self._sent.requests[r].sent_at > self._latest}
        return references - late if late else references

    # --- the decision ---

    def decision(self) -> frozenset[str] | Doubt:
        if self._message.sender == self.mailbox:
            return Doubt.OWN_LETTER
        pointers = [each for each in (self.thread, self.numbered, self.quoted, self.repeated) if each]
        pointed = frozenset.intersection(*sorted(pointers, key=len)) if pointers else _NONE
        if pointers and not pointed:
            return Doubt.CONTRADICTION
        if self._is_report:
            return self._returned(pointed)
        return self._answered(pointed)

    def _returned(self, pointed: frozenset[str]) -> frozenset[str] | Doubt:
        """A mail system's notice belongs to the letter it returns, whoever's address it came from."""
        if self._message.returned_ids and not self.thread:
            return Doubt.ANOTHER_MATTER
        left = pointed or self.failed
        for clue in (self.failed, self.titled):
            left = left & clue or left
        return self._one(left) if pointed or self.failed else Doubt.NO_CLUE

    def _answered(self, pointed: frozenset[str]) -> frozenset[str] | Doubt:
        unit = self.sender or self.domain
        if unit and not self._is_the_units(pointed, unit):
            return self._lent(pointed)
        if not unit and pointed and self.titled and not pointed & self.titled:
            return Doubt.CONTRADICTION
        spoken = self._spoken(pointed & unit or unit or pointed or self.titled, unit)
        answered = self._agreed(pointed & unit if unit else pointed, spoken, unit)
        if isinstance(answered, Doubt):
            return answered
        return self._doubt_of(answered, spoken, unit) or answered

    def _is_the_units(self, pointed: frozenset[str], unit: frozenset[str]) -> bool:
        """Whether everything that points at a request points at one of the unit that writes."""
        return all(not each or each & unit for each in (pointed, self.titled))

    def _lent(self, pointed: frozenset[str]) -> frozenset[str] | Doubt:
        """From another asked unit's address, but in every word the answer of the one that was asked."""
        left = pointed & self.titled & self.named
        is_signed = not self._sent.named(fold(self._message.reply_text)) & self.sender
        return left if len(left) == 1 and self.thread and is_signed else Doubt.ANOTHER_UNIT

    def _spoken(self, pool: frozenset[str], unit: frozenset[str]) -> frozenset[str]:
        """What the writer says it is about: whole titles, else what tells a request from its rivals."""
        named = self.titled & (unit or pool)
        titled = _longest({r: fold(self._sent.requests[r].topic) for r in named}, self._own)
        rivals = unit or pool
        if titled or len(rivals) > _MOST_CANDIDATES:
            return titled
        topics = {reference: self._sent.requests[reference].topic_pairs for reference in sorted(rivals)}
        return frozenset(spoken_of(self._own_pairs, topics))

    @cached_property
    def _own_pairs(self) -> frozenset[str]:
        return pairs(self._words)

    def _agreed(
        self, pointed: frozenset[str], spoken: frozenset[str], unit: frozenset[str]
    ) -> frozenset[str] | Doubt:
        if len(spoken) > 1:
            if pointed and not pointed & spoken:
                return Doubt.CONTRADICTION
            if _SEVERAL.search(self._words):
                return spoken
            return self._one(pointed & spoken or spoken) if self._is_one_by_unit(spoken) else Doubt.SEVERAL
        if spoken:
            return spoken if not pointed or spoken <= pointed else Doubt.CONTRADICTION
        return self._one(pointed or unit)

    def _is_one_by_unit(self, spoken: frozenset[str]) -> bool:
        """Whether one question was asked of several units, so that only the unit can tell."""
        return len({self._sent.requests[reference].topic for reference in spoken}) == 1

    def _one(self, left: frozenset[str]) -> frozenset[str] | Doubt:
        if len(left) > 1:
            left = left & self._signed or left
        if len(left) == 1:
            return left
        return Doubt.SEVERAL if left else Doubt.NO_CLUE

    def _doubt_of(
        self, answered: frozenset[str], spoken: frozenset[str], unit: frozenset[str]
    ) -> Doubt | None:
        requests = [self._sent.requests[reference] for reference in answered]
        pointed = bool((self.thread | self.numbered | self.quoted | self.repeated) & answered)
        if not spoken and any(self._is_another_matter(request, unit) for request in requests):
            return Doubt.ANOTHER_MATTER
        if not spoken and not pointed and any(self._addresses_another(request) for request in requests):
            return Doubt.ANOTHER_PERSON
        is_sender = answered <= self.sender
        if not (is_sender and (pointed or spoken)) and any(map(self._speaks_for_another, requests)):
            return Doubt.ANOTHER_UNIT
        if is_sender:
            return None
        return None if self._is_enough(answered, spoken) else Doubt.WEAK

    def _is_enough(self, answered: frozenset[str], spoken: frozenset[str]) -> bool:
        """Whether the word of somebody who does not write from the unit's address decides."""
        if answered <= (self.thread | self.quoted):
            return True
        if self._is_bulk:
            return False
        is_named = answered <= (self.named | self.domain)
        if answered <= self.numbered:
            return is_named or bool(spoken)
        is_whole = answered <= (self.titled | self.repeated)
        return is_whole and (is_named or all(self._names_applicant(r) for r in answered))

    # --- what speaks against a request ---

    def _is_another_matter(self, request: SentRequest, unit: frozenset[str]) -> bool:
        if any(is_foreign(title, request.words, request.unit_name) for title in quoted_titles(self._words)):
            return True
        rivals = {*unit, request.reference}
        if len(rivals) > _MOST_CANDIDATES:
            return False
        words = {reference: self._sent.requests[reference].words for reference in sorted(rivals)}
        return speaks_of_another(self._own_pairs, request.reference, words)

    def _addresses_another(self, request: SentRequest) -> bool:
        called = _SALUTATION.search(self._message.reply_text)
        if called is None or not request.applicant_name:
            return False
        return called[1][0] != request.applicant_name[0]

    def _names_applicant(self, reference: str) -> bool:
        name = fold(self._sent.requests[reference].applicant_name)
        return len(name) >= 2 and name in self._own

    def _speaks_for_another(self, request: SentRequest) -> bool:
        """Whether the letter names another asked unit, not as the office to turn to, and never its own."""
        if request.reference in self.named or not request.folded_name:
            return False
        return any(self._sent.requests[other].unit_id != request.unit_id for other in self._signed)

    @cached_property
    def _signed(self) -> frozenset[str]:
        """Requests to units that the letter names other than as the office to turn to."""
        names = {self._sent.requests[reference].folded_name for reference in self.named}
        speaking = {name for name in names if self._names_outside_referral(name)}
        return frozenset(r for r in self.named if self._sent.requests[r].folded_name in speaking)

    def _names_outside_referral(self, name: str) -> bool:
        own_text = f"{self._message.sender_name}\n{self._message.reply_text}"
        referral = re.compile(_REFERRAL.format(name=re.escape(name)))
        clauses = [fold(clause) for clause in _CLAUSE_END.split(own_text)]
        referred = sum(len(referral.findall(clause)) for clause in clauses)
        return fold(own_text).count(name) > referred

    # --- what is kept of it ---

    def ranked(self, references: Iterable[str]) -> tuple[tuple[str, ...], tuple[Clue, ...]]:
        """The likeliest requests, best first, and every clue that speaks for one of them."""
        by_kind = {
            ClueKind.THREAD: self.thread,
            ClueKind.NUMBER: self.numbered,
            ClueKind.QUOTED: self.quoted,
            ClueKind.REPEATED: self.repeated,
            ClueKind.TITLE: self.titled,
            ClueKind.TOPIC: self._topical(references),
            ClueKind.SENDER: self.sender,
            ClueKind.DOMAIN: self.domain,
            ClueKind.FAILED_ADDRESS: self.failed,
            ClueKind.UNIT_NAMED: self.named,
        }
        listed = {r for found in by_kind.values() if len(found) <= _MOST_CANDIDATES for r in found}
        by_kind[ClueKind.APPLICANT_NAMED] = frozenset(filter(self._names_applicant, listed))
        clues = [Clue(kind, r) for r in sorted(listed) for kind, found in by_kind.items() if r in found]
        weight = {kind: 1 << (len(ClueKind) - place) for place, kind in enumerate(ClueKind)}
        score = {r: sum(weight[clue.kind] for clue in clues if clue.reference == r) for r in listed}
        first = set(references)
        newest_first = sorted(listed, key=lambda r: self._sent.requests[r].sent_at, reverse=True)
        ranked = sorted(newest_first, key=lambda r: (r not in first, -score[r]))[:_MOST_CANDIDATES]
        return tuple(ranked), tuple(clue for clue in clues if clue.reference in ranked)

    def _topical(self, references: Iterable[str]) -> frozenset[str]:
        unit = self.sender or self.domain
        return self._spoken(unit or frozenset(references), unit) - self.titled


def fold_lines(text: str) -> str:
    """Folded line by line, so that a number does not grow together with the next line's."""
    return " ".join(fold(line) for line in text.split("\n"))


def _longest(titles: Mapping[str, str], own: str) -> frozenset[str]:
    """References of the titles that stand there otherwise than inside a longer one."""
    return frozenset(
        reference
        for reference, title in titles.items()
        if not any(
            title != other and title in other and own.count(title) == own.count(other) * other.count(title)
            for other in titles.values()
        )
    )


_REPLY_PREFIX = re.compile(
    r"^(?:\W*(?:re|fwd?|aw|回复|答复|转发|回覆|轉寄|自动回复|自动答复|auto(?:matic)?[ -]?reply)\s*[:：])+\s*",
    re.IGNORECASE,
)
_MAIL_SYSTEM = re.compile(r"^(?:mailer-daemon|postmaster|mail-daemon|mdaemon)@", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"<[^<>@\s]{1,200}@[^<>@\s]{1,200}>")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_SEVERAL = re.compile(r"[两二2三3几][件份个封项]|一并|一起|分别|均|都|同时|二者|两者|各自|合并")
_SALUTATION = re.compile(
    r"^\s*(?:尊敬的)?([\u4e00-\u9fff]某{1,2}|[\u4e00-\u9fff]{2,4}(?:先生|女士|同志|小姐)|[\u4e00-\u9fff](?:先生|女士|小姐))\s*[:：,，]",
    re.MULTILINE,
)
_CLAUSE_END = re.compile(r"[\n。，,;；!！?？]")
# "Please turn to X", "X is in charge of it": X is spoken of, it does not speak.
_REFERRAL = (
    r"(?:请|建议|可|应)\w{{0,6}}(?:向|到|与|联系|咨询|询问)\w{{0,6}}{name}"
    r"|由\w{{0,6}}{name}\w{{0,4}}(?:负责|主管|管理|受理)"
)
