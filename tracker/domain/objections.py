"""What speaks against a match that its clues seem to make."""

from collections.abc import Iterable

from tracker.domain.clues import CLEARLY_SHARED, FEWEST_SHARED, MOST_RIVALS, Clues
from tracker.domain.match import Doubt
from tracker.domain.sent import SentRequest
from tracker.domain.topics import (
    CLEARLY_MORE,
    Words,
    asked_phrases,
    is_foreign,
    is_of_another_number,
    is_of_another_year,
    leans_to,
    pairs,
    quoted_titles,
    speaks_of_another,
    wanted_phrases,
    without_numbers,
)


class Objections:
    """To the requests that a letter seems to answer; `unit`: those to the unit that writes it."""

    def __init__(self, clues: Clues, unit: frozenset[str]) -> None:
        self._clues = clues
        self._requests = clues.sent.requests
        self._unit = unit

    def to(self, found: frozenset[str], pointed: frozenset[str], spoken: frozenset[str]) -> Doubt | None:
        """`pointed`: what numbers, thread and quotation point at; `spoken`: what the words are about."""
        clues = self._clues
        titles, asked = quoted_titles(clues.words), asked_phrases(clues.words)
        topics = "\n".join(self._requests[reference].topic for reference in found)
        if is_of_another_year([*titles, *asked, *(a.name for a in clues.message.attachments)], topics):
            return Doubt.ANOTHER_MATTER
        if not pointed and (is_of_another_number(clues.words, topics) or clues.quotes_another(found)):
            return Doubt.ANOTHER_MATTER
        for reference in sorted(found):
            if reference not in spoken | clues.numbered and self._is_another_matter(reference, titles):
                return Doubt.ANOTHER_MATTER
            if reference not in pointed & spoken and clues.addresses_another(reference):
                return Doubt.ANOTHER_PERSON
            doubt = None if reference in pointed | spoken else self._to_untold(reference)
            if doubt:
                return doubt
        if not found & pointed and all(map(clues.names_earlier_day, found)):
            return Doubt.ANOTHER_MATTER
        told = pointed | spoken | clues.turned_to
        if not found & told and self.leans_elsewhere(found):
            return Doubt.ANOTHER_MATTER
        is_about = clues.shares_words(found, CLEARLY_SHARED)
        if clues.is_handed_on and not found <= told and (found & clues.sender or not is_about):
            return Doubt.ANOTHER_UNIT  # what was handed on had been asked elsewhere
        if not found & told and not is_about and self._is_of_another_applicant(found):
            return Doubt.ANOTHER_PERSON
        is_sure = found <= clues.sender and bool(found & (pointed | spoken))
        return None if is_sure or not self._speaks_for_another(found) else Doubt.ANOTHER_UNIT

    def _to_untold(self, reference: str) -> Doubt | None:
        """To a request of which the letter has no word of its own."""
        clues = self._clues
        if clues.is_to_be_passed_on:
            return Doubt.ANOTHER_PERSON
        if clues.has_other_number(reference):
            return Doubt.ANOTHER_MATTER
        return Doubt.WEAK if clues.is_by_itself and not clues.follows_soon(reference) else None

    def leans_elsewhere(self, found: frozenset[str]) -> bool:
        """Whether it has the words of a request to another unit, and not only that unit's name."""
        if len(self._requests) > MOST_RIVALS:
            return False
        names = pairs("\n".join(request.unit_name for request in self._requests.values()))
        own = without_numbers(self._clues.word_pairs - names)
        words = {reference: request.words for reference, request in self._requests.items()}
        shared = {reference: len(theirs & own) for reference, theirs in words.items()}
        nearest = max(shared, key=lambda reference: shared[reference])
        leaning = leans_to(own, words) or nearest
        if leaning in found or shared[leaning] < CLEARLY_SHARED:
            return False
        return leaning != nearest or shared[nearest] >= CLEARLY_MORE * max(shared[each] for each in found)

    def _is_of_another_applicant(self, found: frozenset[str]) -> bool:
        """Whether it has the words of what somebody else asked of the same unit, and not these requests'."""
        own = without_numbers(self._clues.word_pairs)
        if any(len(own & self._requests[each].words) >= FEWEST_SHARED for each in found):
            return False
        units = {self._requests[each].unit_id for each in found}
        asked = [each for unit in units for each in self._clues.sent.everybody.of_unit(unit)]
        return len(asked) <= MOST_RIVALS and any(
            len(own & each.topic_pairs) >= CLEARLY_SHARED - 1 for each in asked
        )

    def _is_another_matter(self, reference: str, titles: Iterable[str]) -> bool:
        request = self._requests[reference]
        wanted = wanted_phrases(self._clues.words)
        if any(is_foreign(title, request.words, request.unit_name) for title in (*titles, *wanted)):
            return True
        if any(self._was_not_asked(pairs(phrase), request) for phrase in wanted):
            return True
        rivals = self._unit | {reference}
        if len(rivals) > MOST_RIVALS:
            return False
        own, asked = self._clues.word_pairs, [self._requests[each] for each in sorted(rivals)]
        if speaks_of_another(own, reference, {each.reference: each.words for each in asked}):
            return True
        topics = {each.reference: each.topic_pairs for each in asked}
        return self._clues.is_later and not own & request.words and leans_to(own, topics, 1) is not None

    def _was_not_asked(self, wanted: Words, request: SentRequest) -> bool:
        """Whether nothing that a clerk calls the thing itself was asked for here."""
        return len(without_numbers(wanted)) >= FEWEST_SHARED and not wanted & request.all_words

    def _speaks_for_another(self, found: frozenset[str]) -> bool:
        """Whether the letter names another asked unit, and never its own."""
        signed = self._clues.signed
        units = {self._requests[reference].unit_id for reference in found}
        own = signed | self._clues.turned_to
        return not found & own and any(self._requests[other].unit_id not in units for other in signed)
