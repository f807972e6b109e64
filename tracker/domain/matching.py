"""Which requests a message answers, by all its clues, and no match where they do not decide.

A wrong match is the worst fault of all: what a mail program did by itself (thread, quotation) and what
the writer says must agree, and neither decides for a unit that did not write.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from functools import cached_property

from tracker.domain.clues import CLEARLY_SHARED, FEWEST_SHARED, MOST_RIVALS, Clues
from tracker.domain.match import Clue, ClueKind, Doubt, Match
from tracker.domain.message import Message
from tracker.domain.objections import Objections
from tracker.domain.receipt_numbers import numbers_given
from tracker.domain.sent import SentLetters
from tracker.domain.topics import (
    leans_to,
    matters_named,
    pairs,
    spoken_of,
    wanted_phrases,
)

_MOST_CANDIDATES = 20
_MOSTLY = 0.75  # of the words in which a letter names a matter
_NONE: frozenset[str] = frozenset()


def match_message(message: Message, arrived_at: datetime, sent: SentLetters) -> Match:
    """Match against the requests sent from the receiving mailbox before the message arrived."""
    clues = Clues(message, sent, arrived_at)
    if not clues.mailbox or sent.by_ids([message.message_id]):
        return Match()  # nothing was asked, or it is a copy of our own letter
    clues = clues if message.sender == clues.mailbox else clues.forwarded or clues
    decision = _Decision(clues)
    found = decision.answered()
    references = () if isinstance(found, Doubt) else tuple(sorted(found))
    ranked, told = decision.ranked(references)
    doubt = found if isinstance(found, Doubt) and ranked else None
    return Match(references, ranked, told, doubt, clues.elsewhere)


Answered = frozenset[str] | Doubt


class _Decision:
    def __init__(self, clues: Clues) -> None:
        self._clues = clues
        self._requests = clues.sent.requests
        self._unit = self._of_unit()
        self._objections = Objections(clues, self._unit)

    def _of_unit(self) -> frozenset[str]:
        """The requests to the unit that writes, as far as it says of what kind or day they are."""
        clues = self._clues
        if not 1 < len(clues.from_unit) <= MOST_RIVALS:
            return clues.from_unit
        narrowed = clues.narrowed(clues.from_unit)
        return clues.from_unit if len(narrowed) == 1 and self._answers_several else narrowed

    def answered(self) -> Answered:
        found = self._found()
        is_meant_for_another = isinstance(found, Doubt) and self._clues.is_to_another
        return Doubt.ANOTHER_PERSON if is_meant_for_another else found

    def _found(self) -> Answered:
        clues = self._clues
        if clues.message.sender == clues.mailbox:
            return Doubt.OWN_LETTER
        if clues.is_recalled:
            return Doubt.WEAK
        if clues.elsewhere:
            return Doubt.ANOTHER_PERSON
        pointers = [each for each in (clues.thread, clues.numbered, clues.quoted, clues.repeated) if each]
        pointed = frozenset.intersection(*sorted(pointers, key=len)) if pointers else _NONE
        if pointers and not pointed:
            return Doubt.CONTRADICTION
        if clues.is_report:
            return self._returned(pointed)
        is_units_own = bool(self._unit) and not (clues.is_of_platform and clues.called - self._unit)
        found = self._from_unit(pointed) if is_units_own else self._from_stranger(pointed)
        if isinstance(found, Doubt):
            return found
        is_listed = 1 < len(found) == len(self._numbers)
        spoken = found if is_listed else self._spoken(self._unit or found)
        return self._objections.to(found, pointed, spoken) or found

    # --- who may have written it ---

    def _returned(self, pointed: frozenset[str]) -> Answered:
        """A mail system's notice belongs to the letter it returns, whoever's address it came from."""
        clues = self._clues
        if clues.message.returned_ids and not clues.thread:
            return Doubt.ANOTHER_MATTER
        left = pointed or clues.failed or clues.titled
        if left and clues.titled and not left & clues.titled:
            return Doubt.CONTRADICTION
        for clue in (clues.failed, clues.titled):
            left = left & clue or left
        return self._one(left)

    def _from_unit(self, pointed: frozenset[str]) -> Answered:
        clues, unit = self._clues, self._unit
        if clues.is_by_itself and not pointed and len(unit) == 1 and all(map(clues.follows_soon, unit)):
            return unit
        if clues.is_bulk and not (pointed and (clues.is_to_somebody or clues.shares_words(pointed))):
            return Doubt.WEAK
        is_open = clues.is_handed_on and not pointed and not clues.turned_to
        handed = self._by_order() if is_open else Doubt.WEAK
        if not isinstance(handed, Doubt):
            return handed
        if clues.is_passed_on and not pointed and clues.called - unit:
            return self._content(clues.called - unit)
        if any(each and not each & unit for each in (pointed, clues.titled, clues.turned_to)):
            return self._for_another_unit(pointed)
        spoken = self._spoken(unit)
        found = self._agreed(pointed & unit, spoken, unit)
        if found is Doubt.SEVERAL and not pointed and not spoken:
            found = self._leaning(unit)
        if isinstance(found, Doubt) or found & pointed:
            return found
        if clues.is_circular:
            return Doubt.WEAK  # which may speak of what was asked, too
        is_about = clues.shares_words(found)
        if found & spoken or (found <= clues.sender and (clues.is_to_somebody or is_about)):
            return found
        return found if len(unit) > 1 or is_about or found & clues.called else Doubt.WEAK

    def _for_another_unit(self, pointed: frozenset[str]) -> Answered:
        """From another asked unit's address, but in every word the answer of the one that was asked."""
        clues = self._clues
        asked = clues.turned_to - self._unit
        if asked and not clues.titled & self._unit:
            if pointed and not asked & pointed:
                return Doubt.CONTRADICTION
            return self._content(asked & pointed or asked)
        left = pointed & clues.titled & clues.called
        if clues.is_handed_on and len(pointed) == 1 and pointed == clues.thread:
            return pointed if not self._spoken(self._unit) else Doubt.ANOTHER_UNIT
        own_text = clues.sent.named("".join(clues.message.reply_text.split()))
        return left if len(left) == 1 and clues.thread and not own_text & self._unit else Doubt.ANOTHER_UNIT

    def _from_stranger(self, pointed: frozenset[str]) -> Answered:
        clues = self._clues
        if pointed:
            if clues.titled and not pointed & clues.titled:
                return Doubt.CONTRADICTION
            return self._enough(self._agreed(pointed, self._spoken(self._of_same_units(pointed)), pointed))
        if clues.is_bulk:
            return Doubt.WEAK
        if clues.sent.by_addresses([clues.message.sender]) and not clues.is_of_platform:
            return Doubt.ANOTHER_UNIT  # it writes before it was asked
        speaking = clues.turned_to or clues.signing
        if speaking.isdisjoint(clues.signing):  # the one that was told of it was asked itself, too
            speaking |= clues.signing
        goes_on = bool(speaking & clues.writer) or not (speaking or clues.is_of_platform)
        if clues.writer and goes_on and clues.titled <= clues.writer:
            return self._of_writer(clues.writer, speaking)
        if speaking:
            found = self._content(speaking & clues.titled or speaking)
            return self._by_order() if found is Doubt.WEAK and clues.is_by_order else found
        return self._by_order() if clues.is_by_order else self._to_applicant()

    def _enough(self, found: Answered) -> Answered:
        """What goes back to our letter decides; a title behind "Re:" only where it is no other's."""
        clues = self._clues
        if isinstance(found, Doubt) or found <= (clues.thread | clues.quoted | clues.numbered):
            return found
        is_only = found == clues.repeated or bool(found & clues.called)
        return Doubt.WEAK if clues.is_bulk or not is_only else found

    def _content(self, pool: frozenset[str]) -> Answered:
        """Of the requests to the units that speak, those that the letter is about."""
        spoken = self._spoken(pool)
        if spoken:
            return self._agreed(_NONE, spoken, pool)
        pool = self._clues.narrowed(pool)
        found = self._leaning(pool) if len(pool) > 1 else pool
        if isinstance(found, Doubt) or self._clues.shares_words(found):
            return found
        is_told = found <= self._clues.turned_to and all(map(self._clues.names_applicant, found))
        return found if is_told else Doubt.WEAK

    def _of_writer(self, answered: frozenset[str], speaking: frozenset[str]) -> Answered:
        """Who answered once goes on with that, unless the letter leans to what he did not answer."""
        told = self._spoken(speaking)
        is_another = bool(told) and not told & answered
        if not is_another and not self._objections.leans_elsewhere(answered):
            return self._content(answered)
        if speaking - answered:
            return self._content(speaking)
        return self._by_order() if self._clues.is_by_order else Doubt.WEAK

    def _by_order(self) -> Answered:
        """Somebody of an office that is not named, about what was asked of one unit alone."""
        clues, found = self._clues, self._leaning(frozenset(self._requests))
        if isinstance(found, Doubt):
            return Doubt.WEAK
        fewest = FEWEST_SHARED if clues.is_by_order else CLEARLY_SHARED
        return found if clues.shares_words(found, fewest) else Doubt.WEAK

    def _to_applicant(self) -> Answered:
        """A stranger who names the applicant and, alone in the mailbox, the whole of what was asked."""
        clues = self._clues
        near = self._spoken(clues.neighbours)
        if len(near) == 1 and all(map(clues.names_applicant, near)):
            return Doubt.WEAK if self._objections.leans_elsewhere(near) else near
        spoken = clues.titled or self._spoken_at_all()
        if len(spoken) == 1 and all(map(clues.names_applicant, spoken)) and self._is_whole(spoken):
            return spoken
        if len(about := self._about(clues.called)) == 1:
            return about
        if clues.is_of_office and any(map(clues.names_applicant, self._requests)):
            return self._by_order()
        return Doubt.WEAK if spoken else Doubt.NO_CLUE

    def _about(self, pool: Iterable[str]) -> frozenset[str]:
        """What a hotline says was asked, with the office to which it goes: 您关于新生儿落户的咨询已转公安局."""
        matters = [pairs(matter) for matter in matters_named(self._clues.words)]
        return frozenset(
            each
            for each in pool
            if any(
                len(m) >= FEWEST_SHARED and len(m & self._requests[each].all_words) >= _MOSTLY * len(m)
                for m in matters
            )
        )

    def _is_whole(self, spoken: Iterable[str]) -> bool:
        topics = [self._requests[reference].topic_pairs for reference in spoken]
        return all(2 * len(topic & self._clues.word_pairs) >= len(topic) for topic in topics)

    def _spoken_at_all(self) -> frozenset[str]:
        every = self._requests.keys()
        return self._spoken(frozenset(every)) if len(every) <= MOST_RIVALS else _NONE

    # --- which of several requests ---

    def _spoken(self, rivals: frozenset[str]) -> frozenset[str]:
        """What the writer says it is about: whole titles, and what tells a request from its rivals."""
        titled = self._clues.titled & rivals
        if len(rivals) > MOST_RIVALS:
            return titled
        topics = {reference: self._requests[reference].topic_pairs for reference in sorted(rivals)}
        told = frozenset(spoken_of(self._clues.word_pairs, topics, is_loosely=self._answers_several))
        alike = {self._requests[reference].topic for reference in titled}
        return titled | (told if not alike or self._names_several() else told & titled)

    def _agreed(self, pointed: frozenset[str], spoken: frozenset[str], pool: frozenset[str]) -> Answered:
        if len(spoken) > 1:
            return self._agreed_on_several(pointed, spoken)
        says_both = _TWO_LETTERS.search(self._clues.words) is not None or len(self._numbers) == len(pool)
        is_of_both = not self._by_program or pointed == pool or says_both
        if len(pool) == 2 and self._answers_several and is_of_both:
            return pool
        if spoken and pointed and self._answers_several and not self._by_program:
            return pointed | spoken  # by its number one, by its words the other
        if spoken:
            return spoken if not pointed or spoken <= pointed else Doubt.CONTRADICTION
        return self._one(pointed or pool)

    def _agreed_on_several(self, pointed: frozenset[str], spoken: frozenset[str]) -> Answered:
        if pointed and not pointed & spoken:
            return Doubt.CONTRADICTION
        if len({self._requests[reference].topic for reference in spoken}) == 1:
            named = self._clues.called | self._clues.turned_to
            if spoken <= (named if self._answers_several else self._clues.turned_to):
                return spoken
            return self._one(pointed & spoken or spoken)  # one question, and only the unit tells
        if self._names_several() or spoken == pointed:
            return spoken
        left = pointed & spoken
        return left if len(left) == 1 and not self._by_program else Doubt.SEVERAL

    @property
    def _by_program(self) -> frozenset[str]:
        clues = self._clues
        return clues.thread | clues.quoted | clues.repeated

    @cached_property
    def _answers_several(self) -> bool:
        words = self._clues.words
        says_two = _TWO_IN_ONE.search(words) is not None and not _ONE_IS_SETTLED.search(words)
        return says_two or len(self._numbers) > 1

    @cached_property
    def _numbers(self) -> frozenset[str]:
        return numbers_given(self._clues.message.reply_text)

    def _names_several(self) -> bool:
        return _SEVERAL.search(self._clues.words) is not None or self._answers_several

    def _leaning(self, pool: frozenset[str]) -> Answered:
        """Of several requests the one whose own words it uses: those of what was asked, or around it."""
        if not 0 < len(pool) <= MOST_RIVALS:
            return Doubt.SEVERAL
        own, asked = self._clues.word_pairs, [self._requests[reference] for reference in sorted(pool)]
        wanted = pairs("\n".join(wanted_phrases(self._clues.words)))
        found = (
            leans_to(own, {each.reference: each.words for each in asked})
            or leans_to(own, {each.reference: each.all_words for each in asked}, CLEARLY_SHARED - 1)
            or leans_to(wanted, {each.reference: each.topic_pairs for each in asked}, 1)
        )
        shared = {each.reference: len(each.all_words & own) for each in asked}
        return frozenset({found}) if found and shared[found] == max(shared.values()) else Doubt.SEVERAL

    def _one(self, left: frozenset[str]) -> Answered:
        if len(left) > 1:
            left = left & self._clues.called or left
        if len(left) == 1:
            return left
        return Doubt.SEVERAL if left else Doubt.NO_CLUE

    def _of_same_units(self, references: frozenset[str]) -> frozenset[str]:
        units = {self._requests[reference].unit_id for reference in references}
        found = self._clues.sent.of_units(units)
        return found if len(found) <= MOST_RIVALS else references

    # --- what is kept of it ---

    def ranked(self, answered: Iterable[str]) -> tuple[tuple[str, ...], tuple[Clue, ...]]:
        """The likeliest requests, best first, and every clue that speaks for one of them."""
        clues, first = self._clues, frozenset(answered)
        by_kind = {kind: clues.of(kind) for kind in ClueKind if kind not in _LATER}
        by_kind[ClueKind.TOPIC] = self._spoken(self._unit or first) - clues.titled
        listed = first.union(*(found for found in by_kind.values() if len(found) <= _MOST_CANDIDATES))
        by_kind[ClueKind.APPLICANT_NAMED] = frozenset(filter(clues.names_applicant, listed))
        told = [Clue(kind, r) for r in sorted(listed) for kind in ClueKind if r in by_kind[kind]]
        weight = {kind: 1 << (len(ClueKind) - place) for place, kind in enumerate(ClueKind)}
        score = {r: sum(weight[clue.kind] for clue in told if clue.reference == r) for r in listed}
        newest_first = sorted(listed, key=lambda r: (self._requests[r].sent_at, r), reverse=True)
        ranked = sorted(newest_first, key=lambda r: (r not in first, -score[r]))[:_MOST_CANDIDATES]
        return tuple(ranked), tuple(clue for clue in told if clue.reference in ranked)


_LATER = (ClueKind.TOPIC, ClueKind.APPLICANT_NAMED)
_TWO = r"(?:(?<!第)[两二]|(?<!\d)2)"
_SEVERAL = re.compile(
    r"(?:(?<!第)[两二三几]|(?<!\d)[23])[件份个封项]|一并|一起|分别|均|都|统一|同时|二者|两者|各自|合并|以及|^\s*[12一二][.、]"
    r"|20\d\d年?度?[、和及与]\s*20\d\d年|第\s*\d+\s*号[、和及与]第?\s*\d+\s*号",
    re.MULTILINE,
)
_ONE_IS_SETTLED = re.compile(r"[一那][件份个封]已(?:经|于[^，。；\n]{2,10})?(?:答复|办结|回复)")
_TWO_LETTERS = re.compile(
    rf"(?:您|你)[^，。；\n]{{0,10}}{_TWO}[封件份]|{_TWO}封|{_TWO}[件份个][^，。；\n]{{0,6}}(?:均|都)"
)
_TWO_IN_ONE = re.compile(
    rf"{_TWO}[件封]|{_TWO}[份项][^，。；\n]{{0,8}}(?:申请|来信|咨询|请求)"
    rf"|{_TWO}个(?:申请|问题|事|都|(?:街道|镇|乡|村|区|县|单位|部门)[的都均])|{_TWO}(?:街道|镇|乡|段)"
    rf"|(?:申请|来信|来函|咨询)[^\d，。；\n]{{0,2}}{_TWO}[件份个封项]|{_TWO}事|一并(?:答复|回复|告知|登记)"
    r"|\d号?、第?\d{1,6}号|的申请[^。\n]{0,24}的咨询|的咨询[^。\n]{0,24}的申请"
    r"|一[份件封个项](?:申请|咨询)[^。\n]{0,24}一[份件封个项](?:申请|咨询)|咨询[和及与、][^。\n]{0,24}申请|申请[和及与、][^。\n]{0,24}咨询"
    r"|(?:编号|受理号|登记号|回执号)[^。\n]{0,24}\d、[^。\n]{0,12}\d"
)
