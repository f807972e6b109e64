"""One form for texts that are compared, and finding many phrases in one text."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

_NOISE = re.compile(r"[\W_]+")
LOOK_ALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})
_GRAM = 3


def fold(text: str) -> str:
    """NFKC, upper case, look-alike letters as digits, letters and digits only (no invisible ones either)."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text).upper().translate(LOOK_ALIKES))


class PhraseIndex:
    """Which of many folded phrases stand in a folded text.

    Each phrase waits under its rarest three characters, so that looking costs by the length of the
    text and not by the number of phrases. Phrases shorter than that are never found.
    """

    def __init__(self, phrases: Iterable[str] = ()) -> None:
        known = sorted({phrase for phrase in phrases if len(phrase) >= _GRAM})
        seen = Counter(gram for phrase in known for gram in _grams(phrase))
        self._by_gram: dict[str, list[str]] = {}
        for phrase in known:
            self._by_gram.setdefault(min(_grams(phrase), key=lambda gram: (seen[gram], gram)), []).append(
                phrase
            )

    def add(self, phrase: str) -> None:
        if len(phrase) >= _GRAM:
            self._by_gram.setdefault(phrase[:_GRAM], []).append(phrase)

    def within(self, text: str) -> list[str]:
        met = _grams(text) & self._by_gram.keys()
        return [phrase for gram in sorted(met) for phrase in self._by_gram[gram] if phrase in text]


def _grams(text: str) -> set[str]:
    return {text[start : start + _GRAM] for start in range(len(text) - _GRAM + 1)}
