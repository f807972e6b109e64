"""A phrase is looked for only where it can stand, and is found wherever it stands."""

import re

import pytest

from tests.mail.labelled import read_letters
from tracker.adapters.lexicons import load_lexicon
from tracker.domain.needles import haystack, needles_of
from tracker.domain.phrases import LetterText


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        ("延期", ["延期"]),
        ("(?:延|推)期", ["延期", "推期"]),
        ("(?:延|推)[^。]{0,4}", ["延", "推"]),
        ("不[^。]{0,4}(?:公开|(?:提)?供应)", ["公开", "提供", "供应"]),
        ("(?:依法)?不予", ["依法", "不予"]),
        ("[^。]{2}延[^。]?期限", ["期限"]),
        ("(?i)ab", ["ab", "aB", "Ab", "AB"]),
        ("x?[^。]*", [""]),
        ("(?:延期)?", [""]),
    ],
)
def test_the_most_telling_pairs_of_which_a_match_must_have_one(pattern: str, needed: list[str]) -> None:
    assert needles_of(re.compile(pattern)) == frozenset(needed)


def test_no_phrase_is_passed_over_in_any_labelled_letter() -> None:
    lexicon = load_lexicon()
    texts = {LetterText(read.message, lexicon).plain for read in read_letters()}
    passed_over = [
        (phrase.name, text)
        for text, hay in zip(texts, map(haystack, texts), strict=True)
        for phrase in lexicon.phrases
        if phrase.needs.isdisjoint(hay) and phrase.pattern.search(text)
    ]
    assert passed_over == []
