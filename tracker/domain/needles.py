"""Characters and pairs of them without which a regular expression cannot match: most phrases need no search."""

import re
from collections.abc import Iterable, Iterator
from itertools import product
from re import _constants as code  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

from tracker.domain.folding import runs

_NEEDLE = 2  # characters
_MOST = 60  # spellings of one run of characters that are followed up
_COST_OF_ONE = 10  # a single character stands in so many more texts than a pair

Words = frozenset[str]
_NOTHING: Words = frozenset()


def needles_of(pattern: re.Pattern[str]) -> frozenset[str]:
    """Of these a text must have at least one for the pattern to match; "", which all have, if nothing can be said."""
    needles = _of_sequence(_parser.parse(pattern.pattern)) or {""}
    return frozenset(case for each in needles for case in _cases(each))


def haystack(text: str) -> frozenset[str]:
    """All needles that a text has: its characters, the pairs of neighbouring ones, and ""."""
    return frozenset({"", *text, *runs(text, _NEEDLE)})


def _cases(needle: str) -> Iterator[str]:
    return map("".join, product(*({each, each.lower(), each.upper()} for each in needle)))


def _of_sequence(parts: Iterable[Any]) -> Words:
    """The most telling needles that one of the parts, or a run of them, asks for."""
    found: list[Words] = []
    run: Words = frozenset({""})
    for part in parts:
        words = _spellings(part)
        longer = frozenset(map("".join, product(run, words)))
        if words and len(longer) <= _MOST:
            run = longer
            continue
        found += [_needles(run), _of_part(*part)]
        run = words or frozenset({""})
    found.append(_needles(run))
    return min(filter(None, found), key=_cost, default=_NOTHING)


def _needles(words: Words) -> Words:
    return _NOTHING if "" in words else frozenset(word[:_NEEDLE] for word in words)


def _cost(needles: Words) -> int:
    return sum(1 if len(each) == _NEEDLE else _COST_OF_ONE for each in needles)


def _of_part(kind: Any, value: Any) -> Words:
    if kind is code.BRANCH:
        branches = [_of_sequence(branch) for branch in value[1]]
        return frozenset().union(*branches) if all(branches) else _NOTHING
    if kind is code.SUBPATTERN:
        return _of_sequence(value[3])
    if kind in (code.MAX_REPEAT, code.MIN_REPEAT) and value[0]:
        return _of_sequence(value[2])
    return _needles(_spellings((kind, value)) or frozenset({""}))


def _spellings(part: Any) -> Words:
    """All that a part can stand for, empty where that cannot be counted."""
    kind, value = part
    if kind is code.LITERAL:
        return frozenset(chr(value))
    if kind is code.IN and all(each is code.LITERAL for each, _ in value):
        return frozenset(chr(each) for _, each in value)
    if kind is code.BRANCH:
        branches = [_of_all(branch) for branch in value[1]]
        return frozenset().union(*branches) if all(branches) else _NOTHING
    if kind is code.SUBPATTERN:
        return _of_all(value[3])
    if kind is code.MAX_REPEAT and value[:2] == (0, 1):
        words = _of_all(value[2])
        return words | {""} if words else _NOTHING
    return _NOTHING


def _of_all(parts: Iterable[Any]) -> Words:
    words: Words = frozenset({""})
    for part in parts:
        words = frozenset(map("".join, product(words, _spellings(part))))
        if len(words) > _MOST:
            return _NOTHING
    return words
