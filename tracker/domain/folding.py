"""One form for texts that are compared, and finding many phrases in one text."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from operator import add

_NOISE = re.compile(r"[\W_]+")
_NOISE_IN_LINES = re.compile(r"(?:[^\w\n]|_)+")
LOOK_ALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})
_GRAM = 3


def fold(text: str) -> str:
    """NFKC, upper case, look-alike letters as digits, letters and digits only (no invisible ones either)."""
    return _NOISE.sub("", _in_one_form(text))


def fold_lines(text: str) -> str:
    """Each line folded: as quick as folding the whole, which many short lines one by one are not."""
    return _NOISE_IN_LINES.sub("", _in_one_form(text))


def _in_one_form(text: str) -> str:
    return unicodedata.normalize("NFKC", text).upper().translate(LOOK_ALIKES)


def grams(text: str, size: int) -> set[str]:
    """All runs of `size` (1 to 3) neighbouring characters."""
    if size == 1:
        return set(text)
    pairs = map(add, text, text[1:])
    return set(pairs if size == 2 else map(add, pairs, text[2:]))


class PhraseIndex:
    """Which of many folded phrases stand in a folded text.

    Each phrase waits under its rarest three characters, so that looking costs by the length of the
    text and not by the number of phrases. Phrases shorter than that are never found.
    """

    def __init__(self, phrases: Iterable[str] = ()) -> None:
        known = sorted({phrase for phrase in phrases if len(phrase) >= _GRAM})
        seen = Counter(gram for phrase in known for gram in grams(phrase, _GRAM))
        self._by_gram: dict[str, list[str]] = {}
        for phrase in known:
            self._by_gram.setdefault(
                min(grams(phrase, _GRAM), key=lambda gram: (seen[gram], gram)), []
            ).append(phrase)

    def add(self, phrase: str) -> None:
        if len(phrase) >= _GRAM:
            self._by_gram.setdefault(phrase[:_GRAM], []).append(phrase)

    def within(self, text: str) -> list[str]:
        met = grams(text, _GRAM) & self._by_gram.keys()
        return [phrase for gram in sorted(met) for phrase in self._by_gram[gram] if phrase in text]
