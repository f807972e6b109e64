"""Letters of an examiner who saw neither the program nor its lexicon, each with the request it answers.

They have taught the weights since; how the first reading of them went stands in first-readings.md.
"""

from pathlib import Path

import pytest

from tests.mail.labelled import Read, written_letters
from tracker.adapters.lexicons import load_lexicon
from tracker.domain.classify import classify

LETTERS = list(written_letters())


def test_every_line_is_a_letter() -> None:
    lines = sum(
        len(path.read_text("utf-8").splitlines()) for path in Path(__file__).parent.glob("written/*.jsonl")
    )
    assert len(LETTERS) == lines >= 150


@pytest.mark.parametrize("letter", LETTERS, ids=lambda letter: f"{letter.label} {letter.message.sha256[:6]}")
def test_a_letter_is_read_as_its_examiner_did(letter: Read) -> None:
    assert classify(letter.message, letter.kind, load_lexicon(), None, letter.asked).label == letter.label
