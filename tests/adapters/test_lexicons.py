"""A lexicon is checked when it is loaded, and a fault names the phrase."""

from pathlib import Path

import pytest

from tracker.adapters.files import find_file
from tracker.adapters.lexicons import load_lexicon
from tracker.domain.terms import MessageKind, Outcome
from tracker.errors import UserError


def shipped() -> str:
    return find_file("data/lexicons/cn.toml").read_text(encoding="utf-8")


def workspace_with(tmp_path: Path, text: str) -> Path:
    (tmp_path / "data/lexicons").mkdir(parents=True)
    (tmp_path / "data/lexicons/cn.toml").write_text(text, encoding="utf-8")
    return tmp_path


def test_every_kind_and_outcome_has_phrases() -> None:
    told = {phrase.label for phrase in load_lexicon().phrases}
    never_by_phrase = {MessageKind.REPLY, MessageKind.UNKNOWN}
    assert told == {*MessageKind, *Outcome} - never_by_phrase


def test_the_lexicon_of_the_workspace_goes_before_the_shipped_one(tmp_path: Path) -> None:
    own = load_lexicon(workspace=workspace_with(tmp_path, shipped() + "\n# our own\n"))
    assert own.version != load_lexicon().version
    assert len(own.version) == 64


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("[refused.title]", "[refusal.title]"), "refusal: unknown word `refusal`"),
        (("[refused.title]", "[refused.huge]"), "refused.huge: unknown word `huge`"),
        (
            ('"不予公开" = "不予(?:以)?公开"', '"不予公开" = "不予(公开"'),
            "refused.title.不予公开: not a regular",
        ),
        (("[marks]", "[mark]"), "mark"),
        (('label = "unrelated"', 'label = "spam"'), "headers.list-unsubscribe: unknown word `spam`"),
    ],
)
def test_a_fault_is_refused_with_file_and_place(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    text = shipped().replace(*change, 1)
    with pytest.raises(UserError) as caught:
        load_lexicon(workspace=workspace_with(tmp_path, text))
    assert "cn.toml: " in str(caught.value)
    assert told in str(caught.value)


def test_weights_of_an_older_version_are_refused(tmp_path: Path) -> None:
    folder = workspace_with(tmp_path, shipped())
    weights = folder / "data/lexicons/cn.weights.json"
    weights.write_text('{"labels": [], "bias": [], "weights": {}}', encoding="utf-8")
    with pytest.raises(UserError, match=r"cn\.weights\.json: weights of an older version"):
        load_lexicon(workspace=folder)
