"""Characters without which a regular expression cannot match: most phrases need not be looked for at all."""

import re
from collections.abc import Iterable
from re import _constants as code  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any


def needed_characters(pattern: re.Pattern[str]) -> frozenset[str]:
    """Of these a text must have at least one for the pattern to match; empty if nothing can be said."""
    needed = _of_sequence(_parser.parse(pattern.pattern)) or frozenset()
    return frozenset(case for each in needed for case in (each, each.lower(), each.upper()))


def _of_sequence(parts: Iterable[Any]) -> frozenset[str] | None:
    """The smallest set that one of the parts asks for."""
    found = [needed for part in parts if (needed := _of_part(*part))]
    return min(found, key=len) if found else None


def _of_part(kind: Any, value: Any) -> frozenset[str] | None:
    if kind is code.LITERAL:
        return frozenset(chr(value))
    if kind is code.IN:
        is_plain = all(each is code.LITERAL for each, _ in value)
        return frozenset(chr(each) for _, each in value) if is_plain else None
    if kind is code.BRANCH:
        branches = [_of_sequence(branch) for branch in value[1]]
        return frozenset().union(*branches) if all(branches) else None  # type: ignore[arg-type]
    if kind is code.SUBPATTERN:
        return _of_sequence(value[3])
    if kind is code.MAX_REPEAT or kind is code.MIN_REPEAT:
        return _of_sequence(value[2]) if value[0] else None
    return None
