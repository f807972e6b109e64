"""A coding instrument, or a [coding] table, that is wrong is refused with the place, before a round is planned."""

import pytest

from tests.acceptance.workspaces import call
from tracker.adapters.instruments import load_instrument
from tracker.adapters.round_file import read_round
from tracker.domain.rounds import Coding
from tracker.errors import UserError

GOOD = '[[question]]\nid = "fee"\ntext = { en = "Fee" }\ncodes = [{ code = "yes", en = "yes" }]\n'
ROUND = 'name = "r"\ntitle = "r"\nstarts_on = 2026-03-02\nends_on = 2026-03-20\ncloses_on = 2026-06-01\n'


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (GOOD + GOOD, '"fee"'),
        (GOOD.replace('"fee"', '"kind"'), '"kind"'),
        (GOOD.replace("id =", "ident ="), "ident"),
        ('[[question]]\nid = "fee"\n', "text"),
        (GOOD + 'kinds = ["letter"]\n', "letter"),
        (GOOD.replace('code = "yes", ', ""), "`code`"),
    ],
)
def test_a_wrong_question_is_named_with_its_file(tmp_path, text, named):
    place = tmp_path / "data/instruments"
    place.mkdir(parents=True)
    (place / "own.toml").write_text(text)
    with pytest.raises(UserError) as fault:
        load_instrument("own", tmp_path)
    assert "own.toml" in str(fault.value)
    assert named in str(fault.value)


def test_a_language_that_is_missing_borrows_the_other_s_words(tmp_path):
    place = tmp_path / "data/instruments"
    place.mkdir(parents=True)
    (place / "own.toml").write_text(GOOD)
    assert load_instrument("own", tmp_path).questions[0].words == {"en": "Fee", "zh-CN": "Fee"}


@pytest.mark.parametrize(
    ("table", "read"),
    [
        ("", Coding()),
        ("[coding]\ncoders = 2\n", Coding(coders=2, is_blind=True)),
        ("[coding]\ncoders = 2\nblind = false\n", Coding(coders=2)),
        ("[coding]\nblind = true\n", Coding(is_blind=True)),
    ],
)
def test_two_coders_code_blind_unless_the_round_says_otherwise(tmp_path, table, read):
    (tmp_path / "round.toml").write_text(ROUND + table)
    assert read_round(tmp_path / "round.toml").coding == read


@pytest.mark.parametrize(
    "entry", ["coders = 3", "coders = 0", 'blind = "yes"', "instrument = 1", "coder = 2"]
)
def test_a_wrong_entry_of_the_coding_table_is_named(tmp_path, entry):
    (tmp_path / "round.toml").write_text(f"{ROUND}[coding]\n{entry}\n")
    with pytest.raises(UserError, match=rf"coding\.{entry.split()[0]}"):
        read_round(tmp_path / "round.toml")


def test_a_round_with_an_instrument_that_is_none_is_not_planned(tmp_path):
    call(tmp_path, "init", str(tmp_path / "w"))
    with (tmp_path / "w/round.toml").open("a") as file:
        file.write('\n[coding]\ninstrument = "nowhere"\n')
    done = call(tmp_path / "w", "plan", str(tmp_path / "w/round.toml"), expect=1)
    assert "data/instruments/nowhere.toml" in done.talk
