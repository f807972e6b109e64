"""A phrase is looked for only where it can stand, and is found wherever it stands."""

import re

import pytest

from tests.mail.labelled import read_letters
from tracker.adapters.lexicons import load_lexicon
from tracker.domain.needles import needed_characters
from tracker.domain.phrases import LetterText


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        ("延期", "延"),
        ("(?:延|推)期", "期"),
        ("(?:延|推)[^。]{0,4}", "延推"),
        ("(?i)auto", "aA"),
        ("x?[^。]*", ""),
    ],
)
def test_the_fewest_characters_that_a_match_must_have(pattern: str, needed: str) -> None:
    assert needed_characters(re.compile(pattern)) == frozenset(needed)


def test_no_phrase_is_passed_over_in_any_labelled_letter() -> None:
    lexicon = load_lexicon()
    texts = [LetterText(read.message, lexicon).plain for read in read_letters()]
    passed_over = [
        (phrase.name, text)
        for text in texts
        for phrase in lexicon.phrases
        if phrase.needs and phrase.needs.isdisjoint(text) and phrase.pattern.search(text)
    ]
    assert passed_over == []
