"""One form for texts that are compared, and finding many phrases in one text."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from operator import add

_NOISE = re.compile(r"[\W_]+")
_NOISE_IN_LINES = re.compile(r"[^\w\n]|_")
_WIDE_SIGNS = tuple(zip("，：；！？（）", ",:;!?()", strict=True))
_GRAM = 3


def fold(text: str) -> str:
    """NFKC, upper case, look-alike letters as digits, letters and digits only (no invisible ones either)."""
    return _NOISE.sub("", in_one_form(text))


def fold_lines(text: str) -> str:
    """Each line folded: as quick as folding the whole, which many short lines one by one are not."""
    return _NOISE_IN_LINES.sub("", in_one_form(text))


def in_one_form(text: str) -> str:
    """NFKC, upper case, look-alike letters as digits."""
    # one replacement after another is many times quicker than a table for Chinese text
    return nfkc(text).upper().replace("O", "0").replace("I", "1").replace("L", "1")


def nfkc(text: str) -> str:
    """NFKC. The wide signs that stand in every Chinese text go first: without them most texts are NFKC already.

    Which is seen at a glance; to bring one sign into this form costs as much as to bring the whole text.
    """
    for wide, narrow in _WIDE_SIGNS:
        text = text.replace(wide, narrow)
    return unicodedata.normalize("NFKC", text)


def runs(text: str, size: int) -> Iterator[str]:
    """All runs of `size` neighbouring characters, from left to right."""
    found = iter(text)
    for start in range(1, size):
        found = map(add, found, text[start:])
    return found


class PhraseIndex:
    """Which of many folded phrases stand in a folded text.

    Each phrase waits under its rarest three characters, so that looking costs by the length of the
    text and not by the number of phrases. Phrases shorter than that are never found.
    """

    def __init__(self, phrases: Iterable[str] = ()) -> None:
        known = sorted({phrase for phrase in phrases if len(phrase) >= _GRAM})
        seen = Counter(gram for phrase in known for gram in set(runs(phrase, _GRAM)))
        self._by_gram: dict[str, list[str]] = {}
        for phrase in known:
            self._by_gram.setdefault(
                min(runs(phrase, _GRAM), key=lambda gram: (seen[gram], gram)), []
            ).append(phrase)

    def add(self, phrase: str) -> None:
        if len(phrase) >= _GRAM:
            self._by_gram.setdefault(phrase[:_GRAM], []).append(phrase)

    def within(self, text: str) -> list[str]:
        met = set(filter(self._by_gram.__contains__, runs(text, _GRAM)))
        return [phrase for gram in sorted(met) for phrase in self._by_gram[gram] if phrase in text]
