"""The requests that went out from one mailbox, found by whatever an answer may say of them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from string import ascii_uppercase, digits
from typing import NamedTuple

from tracker.domain.folding import PhraseIndex, fold, fold_lines, in_one_form
from tracker.domain.receipt_numbers import ends_in, short_number
from tracker.domain.terms import Outcome, RequestKind
from tracker.domain.topics import pairs, topic_of, words_around, words_of
from tracker.domain.unit_names import names_of, place_of

_SHORTEST_TITLE = 8  # folded characters: a shorter title could stand in any letter
_SHORTEST_TEXT = 16
_SHORTEST_NUMBER = 4
_FEWEST_DIGITS_OF_ITS_OWN = 5  # in a letter of the unit that gave it
_FEWEST_DIGITS = 7  # of a number without a letter
# Anybody may have an address there, so the domain says nothing of a unit.
_PUBLIC_PROVIDER = re.compile(
    r"(?:^|\.)(?:vip\.)?(?:qq|foxmail|163|126|yeah|188|139|189|wo|sina|sohu|tom|21cn|263|aliyun|88|gmail|outlook|hotmail"
    r"|live|msn|icloud|yahoo|mail)\b[^@]*$"
)


class Answer(NamedTuple):
    """What a letter that answered tells for the letters that come later."""

    numbers: frozenset[str] = frozenset()  # that its unit gave the request in it
    writer: str = ""  # its address
    message_id: str = ""
    outcome: Outcome | None = None
    arrived_at: datetime | None = None


@dataclass(frozen=True)
class SentRequest:
    """What matching knows of a request that was sent; `numbers` are those its unit gave it outside letters."""

    reference: str
    mailbox: str  # the applicant's address
    unit_id: str
    unit_name: str
    unit_addresses: frozenset[str]
    title: str
    text: str
    message_ids: frozenset[str]
    sent_at: datetime
    numbers: frozenset[str] = frozenset()
    answers: tuple[Answer, ...] = ()
    applicant_name: str = ""
    kind: RequestKind = RequestKind.DISCLOSURE

    @cached_property
    def topic(self) -> str:
        return topic_of(self.title, self.text)

    @cached_property
    def folded_topic(self) -> str:
        return fold(self.topic)

    @cached_property
    def topic_pairs(self) -> frozenset[str]:
        return pairs(self.topic)

    @cached_property
    def words(self) -> frozenset[str]:
        """Without the unit's name and the applicant's, which tell none of the requests from another."""
        return words_of(self.topic, self.text) - self._names

    @cached_property
    def _names(self) -> frozenset[str]:
        return (pairs(self.unit_name) - self.topic_pairs) | pairs(self.applicant_name)

    @cached_property
    def all_words(self) -> frozenset[str]:
        """With what the applicant told around it."""
        return self.words | words_around(self.text) - self._names

    @property
    def all_numbers(self) -> frozenset[str]:
        """Those the unit gave, and our own where the letter bore it."""
        is_written = fold(self.reference) in fold(f"{self.title} {self.text}")
        return self.numbers | {self.reference} if is_written else self.numbers

    @cached_property
    def folded_name(self) -> str:
        return fold(self.unit_name)

    @property
    def unit_forms(self) -> frozenset[str]:
        return names_of(self.unit_name)


class Everybody:
    """What all applicants of the workspace asked, as far as it bears on a letter to one of them."""

    def __init__(self, requests: Iterable[SentRequest] = ()) -> None:
        self._mailbox_of_id: dict[str, str] = {}
        self._mailboxes_of_name: dict[str, set[str]] = {}
        self._units_of_domain: dict[str, set[str]] = {}
        self._units_of_address: dict[str, set[str]] = {}
        self._of_unit: dict[str, list[SentRequest]] = {}
        for request in requests:
            self._of_unit.setdefault(request.unit_id, []).append(request)
            self._mailbox_of_id |= dict.fromkeys(request.message_ids, request.mailbox)
            self._mailboxes_of_name.setdefault(fold(request.applicant_name), set()).add(request.mailbox)
            for address in request.unit_addresses:
                self._units_of_domain.setdefault(domain_of(address), set()).add(request.unit_id)
                self._units_of_address.setdefault(address, set()).add(request.unit_id)

    def units_of_domain(self, domain: str) -> set[str]:
        return self._units_of_domain.get(domain, set())

    def units_of_address(self, address: str) -> set[str]:
        return self._units_of_address.get(address, set())

    def of_unit(self, unit_id: str) -> list[SentRequest]:
        return self._of_unit.get(unit_id, [])

    def mailbox_meant(self, ids: Iterable[str], folded: str) -> str:
        """Whose letter these Message-IDs go back to, or who is named; "" where that is nobody, or several."""
        pointed = {self._mailbox_of_id[each] for each in ids if each in self._mailbox_of_id}
        meant = pointed | self.mailboxes_named(folded)
        return meant.pop() if len(meant) == 1 else ""

    def mailboxes_named(self, folded: str) -> set[str]:
        """Of all applicants whose names stand in a text."""
        found = (
            boxes for name, boxes in self._mailboxes_of_name.items() if name in folded and len(name) >= 2
        )
        return set().union(*found)


class SentLetters:
    """An index over the requests of one mailbox; what it costs to ask does not hang on their number."""

    def __init__(self, requests: Iterable[SentRequest], everybody: Everybody | None = None) -> None:
        self.requests: Mapping[str, SentRequest] = {r.reference: r for r in requests}
        self.everybody = everybody or Everybody()
        every = self.requests.values()
        self._ids = _table((i, r) for r in every for i in r.message_ids)
        self._answer_ids: dict[str, frozenset[str]] = {}
        self._writers: dict[str, frozenset[str]] = {}
        self._decided: dict[str, list[tuple[datetime, Outcome]]] = {}
        self._addresses = _table((a, r) for r in every for a in r.unit_addresses)
        self._domains = _table((domain_of(a), r) for r in every for a in r.unit_addresses)
        self._by_unit = _table((r.unit_id, r) for r in every)
        self._titles = _Phrases((r.folded_topic, r) for r in every if _is_title(r))
        self._texts = _Phrases((fold(r.text), r) for r in every if len(fold(r.text)) >= _SHORTEST_TEXT)
        self._names = _Phrases((r.folded_name, r) for r in every)
        self._forms = _Phrases((form, r) for r in every for form in r.unit_forms)
        self._places = tuple(filter(None, map(place_of, {r.unit_name for r in every})))
        self._given: dict[str, set[str]] = {r.reference: set(r.numbers) for r in every}
        self._numbers = _Phrases((fold_numbers(n), r) for r in every for n in r.all_numbers if _is_telling(n))
        for request in every:
            for answer in request.answers:
                self.learn(request.reference, answer)

    def by_ids(self, ids: Iterable[str]) -> frozenset[str]:
        return _joined(self._ids.get(each, _NONE) for each in ids)

    def by_answer_ids(self, ids: Iterable[str]) -> frozenset[str]:
        """What earlier letters answered, which a writer goes on with."""
        return _joined(self._answer_ids.get(each, _NONE) for each in ids)

    def by_writer(self, address: str) -> frozenset[str]:
        """What earlier letters from this address answered."""
        return self._writers.get(address, _NONE)

    def by_addresses(self, addresses: Iterable[str]) -> frozenset[str]:
        return _joined(self._addresses.get(each, _NONE) for each in addresses)

    def of_units(self, units: Iterable[str]) -> frozenset[str]:
        return _joined(self._by_unit.get(unit, _NONE) for unit in units)

    def by_own_domain(self, address: str) -> frozenset[str]:
        """Requests to the unit that alone has this domain; a public provider's is nobody's own."""
        found = self.by_shared_domain(address)
        is_one_units = len(self._units(found) | self.everybody.units_of_domain(domain_of(address))) == 1
        return found if is_one_units else _NONE

    def by_office(self, address: str) -> frozenset[str]:
        """Requests to the unit in whose name an office of it writes: gongshui.swj@ beside swj@."""
        local, _, domain = address.rpartition("@")
        return self.by_addresses(f"{part}@{domain}" for part in _PARTS.split(local))

    def by_shared_domain(self, address: str) -> frozenset[str]:
        domain = domain_of(address)
        return _NONE if _PUBLIC_PROVIDER.search(domain) else self._domains.get(domain, _NONE)

    def titled(self, folded: str) -> frozenset[str]:
        return self._titles.within(folded)

    def quoted(self, folded: str) -> frozenset[str]:
        return self._texts.within(folded)

    def named(self, folded: str) -> frozenset[str]:
        return self._names.within(folded)

    def called(self, folded: str) -> frozenset[str]:
        """Requests to units that are named, by a short form only where it is nobody else's here."""
        found = [self._forms.of(form) for form in self._longest_forms(folded)]
        return _joined(references for references in found if len(self._units(references)) == 1)

    def abbreviated(self, name: str) -> frozenset[str]:
        """Requests to the one unit of which 港航局 may be short: its characters stand in the name in this order."""
        if not _SHORT_NAME.fullmatch(name):
            return _NONE
        pattern = re.compile(".*".join(name) + "(?:公室|事处|员会|学|(?:有限)?公司)?$")
        found = {unit: r for unit, r in self._by_unit.items() if pattern.search(self._name_of(r))}
        return next(iter(found.values())) if len(found) == 1 else _NONE

    def _name_of(self, references: frozenset[str]) -> str:
        return self.requests[next(iter(references))].folded_name

    def _longest_forms(self, folded: str) -> list[str]:
        found = self._forms.phrases_within(folded)
        forms = [form for form in found if _is_whole_name(form, folded, self._places)]
        return [form for form in forms if not any(form != other and form in other for other in forms)]

    def _units(self, references: frozenset[str]) -> set[str]:
        return {self.requests[reference].unit_id for reference in references}

    def numbered(self, folded: str) -> frozenset[str]:
        """As a whole: 0012 does not stand in 20200012, nor in a telephone number."""
        return self._numbers.within(folded, whole=True)

    def cited(self, folded: str, serials: frozenset[str], references: Iterable[str]) -> frozenset[str]:
        """Those of a unit's requests to which it gave a number that it cites, or the end of one (`serials`)."""
        return frozenset(
            reference
            for reference in references
            if any(
                ends_in(number, serials) or _stands_in(number, folded)
                for number in self._given.get(reference, ())
            )
        )

    def is_called_otherwise(self, reference: str, folded: str) -> bool:
        """Whether a text says that the applicant handed in what has another number of the same register."""
        given = {fold_numbers(number) for number in self._given.get(reference, ())}
        heads = {number.rstrip(digits) for number in given if number[-1:] in digits}
        cited = [number for head in heads if head for number in re.findall(rf"提交的({head}\d+)", folded)]
        return bool(cited) and given.isdisjoint(cited)

    def decided_before(self, reference: str, at: datetime) -> Outcome | None:
        """What the last answer to a request decided that arrived before a moment."""
        earlier = [found for found in self._decided.get(reference, ()) if found[0] < at]
        return max(earlier)[1] if earlier else None

    def learn(self, reference: str, answer: Answer) -> None:
        """What a letter that answered a request meanwhile tells for later ones."""
        if reference not in self.requests:
            return
        for number in answer.numbers:
            if self._numbers.of(fold_numbers(number)) - {reference}:
                continue  # a letter about one request cites the number of another
            self._given.setdefault(reference, set()).add(number)
            for form in filter(_is_telling, (number, short_number(number))):
                self._numbers.add(fold_numbers(form), reference)
        if answer.outcome and answer.arrived_at:
            self._decided.setdefault(reference, []).append((answer.arrived_at, answer.outcome))
        for table, key in ((self._writers, answer.writer), (self._answer_ids, answer.message_id)):
            if key:
                table[key] = table.get(key, _NONE) | {reference}


_NONE: frozenset[str] = frozenset()


_PARTS = re.compile(r"[._+-]")
_SHORT_NAME = re.compile(
    r"[\u4e00-\u9fff]{2,4}[局委办厅院所]|[\u4e00-\u9fff]{2,6}(?:管委会|集团)|[一二三四五六七八九十]中"
)
_LEADING_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")
_LISTED = re.compile(r"(?<=\w)[、,;和及与](?=[A-Z\d])")  # ZR0031、ZR0032, in one form


def fold_numbers(text: str) -> str:
    """Each line folded, without the zeros before a part: 〔2026〕031号 and [2026]31号 are the same."""
    lines = _LISTED.sub("\n", _LEADING_ZEROS.sub("", in_one_form(text)))
    return fold_lines(lines).replace("\n", " ")


def domain_of(address: str) -> str:
    return address.rpartition("@")[2]


def _is_title(request: SentRequest) -> bool:
    return request.topic in request.title and len(request.folded_topic) >= _SHORTEST_TITLE


def _stands_in(number: str, folded: str) -> bool:
    """Also a short one that in another unit's letter could be anything: 竹公9."""
    form = fold_numbers(number)
    return (not form.isdecimal() or len(form) >= _FEWEST_DIGITS_OF_ITS_OWN) and _stands_alone(form, folded)


def _is_telling(number: str) -> bool:
    """Whether it could not be anything else: 2026-8 is also a month."""
    folded = fold_numbers(number)
    return len(folded) >= (_FEWEST_DIGITS if folded.isdecimal() else _SHORTEST_NUMBER)


def _table(pairs_found: Iterable[tuple[str, SentRequest]]) -> dict[str, frozenset[str]]:
    table: dict[str, set[str]] = {}
    for key, request in pairs_found:
        table.setdefault(key, set()).add(request.reference)
    return {key: frozenset(references) for key, references in table.items()}


def _joined(parts: Iterable[frozenset[str]]) -> frozenset[str]:
    found = [part for part in parts if part]
    return found[0] if len(found) == 1 else frozenset().union(*found)


class _Phrases:
    def __init__(self, entries: Iterable[tuple[str, SentRequest]]) -> None:
        self._references = _table(entries)
        self._index = PhraseIndex(self._references)

    def add(self, phrase: str, reference: str) -> None:
        if phrase not in self._references:
            self._index.add(phrase)
        self._references[phrase] = self._references.get(phrase, _NONE) | {reference}

    def of(self, phrase: str) -> frozenset[str]:
        return self._references.get(phrase, _NONE)

    def phrases_within(self, folded: str) -> list[str]:
        return self._index.within(folded)

    def within(self, folded: str, *, whole: bool = False) -> frozenset[str]:
        found = self._index.within(folded)
        return _joined(self._references[p] for p in found if not whole or _stands_alone(p, folded))


def _is_whole_name(form: str, folded: str, places: tuple[str, ...]) -> bool:
    """Whether it stands there without another place before it: 城管局 and 市城管局, but not in 澜浦市城管局."""
    for at in _positions(form, folded):
        before = folded[: at + 1] if form[0] in _PLACES else folded[:at]
        is_of_place = before[-1:] in _PLACES and (form[0] not in _PLACES or before.endswith(places))
        if not is_of_place:
            return True
    return False


def _stands_alone(number: str, folded: str) -> bool:
    """Whether no letter or digit beside it makes it part of a longer number."""
    size = len(number)
    return any(
        not (folded[at - 1 : at] in _LETTERS_AND_DIGITS and number[0] in _LETTERS_AND_DIGITS)
        and not (
            folded[at + size : at + size + 1] in _LETTERS_AND_DIGITS and number[-1] in _LETTERS_AND_DIGITS
        )
        for at in _positions(number, folded)
    )


def _positions(phrase: str, folded: str) -> Iterator[int]:
    at = folded.find(phrase)
    while at >= 0:
        yield at
        at = folded.find(phrase, at + 1)


_PLACES = frozenset("省市县区州旗镇乡")
_LETTERS_AND_DIGITS = frozenset(ascii_uppercase + digits)
