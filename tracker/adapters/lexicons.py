"""Lexicons: TOML files of phrases, checked when they are loaded."""

import hashlib
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from tracker.adapters.files import find_file, read_toml, sha256_of
from tracker.domain.needles import needles_of
from tracker.domain.phrases import HeaderMark, Lexicon, Phrase, Place
from tracker.domain.terms import MessageKind, Outcome
from tracker.domain.weights import Weights
from tracker.errors import UserError
from tracker.i18n import _

_WEIGHTS = {"title": 0.9, "strong": 0.9, "medium": 0.6, "weak": 0.3}
_LABELS = {*MessageKind, *Outcome} - {MessageKind.REPLY, MessageKind.UNKNOWN}
_MARKS = ("letter", "disclosure", "consultation", "registration")


def load_lexicon(name: str = "cn", *, workspace: Path | None = None) -> Lexicon:
    """The lexicon `data/lexicons/<name>.toml`. Raises `UserError` naming the phrase that is wrong."""
    path = find_file(f"data/lexicons/{name}.toml", workspace)
    weights = find_file(f"data/lexicons/{name}.weights.json", workspace)
    return _load(path, sha256_of(path), weights, sha256_of(weights))


@lru_cache(maxsize=4)
def _load(path: Path, sha256: str, weights: Path, weights_sha256: str) -> Lexicon:
    content = read_toml(path)
    asked, alone = _weights(weights)
    page = _Page(path, content.get("parts", {}))
    marks = content.get("marks", {})
    for missing in [mark for mark in _MARKS if mark not in marks]:
        raise UserError(
            _("{path}: [marks] has no `{name}`: copy it from the shipped lexicon.").format(
                path=path, name=missing
            )
        )
    return Lexicon(
        version=hashlib.sha256(f"{sha256}{weights_sha256}".encode()).hexdigest(),
        asked=asked,
        alone=alone,
        phrases=tuple(page.phrases(content)),
        headers=tuple(page.header(entry) for entry in content.get("headers", [])),
        hypothetical=tuple(page.patterns("hypothetical", content.get("hypothetical", {})).values()),
        **{mark: page.pattern(f"marks.{mark}", marks[mark]) for mark in _MARKS},
    )


def _weights(path: Path) -> tuple[Weights, Weights]:
    """`Lexicon.asked` and `Lexicon.alone`, as tests/mail/learn.py wrote them."""
    content = json.loads(path.read_text(encoding="utf-8"))
    if not {"asked", "alone"} <= content.keys():
        raise UserError(
            _(
                "{path}: weights of an older version: learn them anew, or remove the file to use the shipped ones."
            ).format(path=path)
        )
    return _table(content["asked"]), _table(content["alone"])


def _table(content: Mapping[str, Any]) -> Weights:
    """In whole hundredths: sign -> place, weight, place, weight …"""
    table = {
        sign: tuple((numbers[at], numbers[at + 1] / 100) for at in range(0, len(numbers), 2))
        for sign, numbers in content["weights"].items()
    }
    bias = tuple(number / 100 for number in content["bias"])
    return Weights(tuple(content["labels"]), bias, table)


class _Page:
    def __init__(self, path: Path, parts: Mapping[str, str]) -> None:
        self._path = path
        self._parts = parts

    def pattern(self, place: str, source: str) -> re.Pattern[str]:
        for _round in range(2):  # a part may speak of another part
            for name, text in self._parts.items():
                source = source.replace(f"<{name}>", text)
        try:
            return re.compile(source)
        except re.error as fault:
            raise UserError(
                _("{path}: {place}: not a regular expression ({reason}): correct it.").format(
                    path=self._path, place=place, reason=fault
                )
            ) from None

    def patterns(self, place: str, entries: Mapping[str, str]) -> dict[str, re.Pattern[str]]:
        return {name: self.pattern(f"{place}.{name}", source) for name, source in entries.items()}

    def phrases(self, content: Mapping[str, Any]) -> list[Phrase]:
        found = []
        for label in content.keys() - {"parts", "marks", "headers", "hypothetical"}:
            self._check(label, label, _LABELS)
            for weight, entries in content[label].items():
                self._check(f"{label}.{weight}", weight, _WEIGHTS)
                place = Place.TITLE if weight == "title" else Place.TEXT
                for name, pattern in self.patterns(f"{label}.{weight}", entries).items():
                    needs = needles_of(pattern)
                    found.append(Phrase(label, name, pattern, _WEIGHTS[weight], place, needs))
        return sorted(found, key=lambda phrase: (phrase.label, -phrase.weight, phrase.name))

    def header(self, entry: Mapping[str, str]) -> HeaderMark:
        place = f"headers.{entry.get('header', '?')}"
        self._check(place, entry.get("label", ""), _LABELS)
        self._check(place, entry.get("weight", ""), _WEIGHTS)
        pattern = re.compile(self.pattern(place, entry["pattern"]).pattern, re.IGNORECASE)
        return HeaderMark(entry["label"], entry["header"].lower(), pattern, _WEIGHTS[entry["weight"]])

    def _check(self, place: str, word: str, known: Any) -> None:
        if word not in known:
            raise UserError(
                _("{path}: {place}: unknown word `{word}`: use one of {known}.").format(
                    path=self._path, place=place, word=word, known=", ".join(sorted(known))
                )
            )
