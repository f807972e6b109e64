"""Rules as files: the shipped ones, a law of another country, and files that are refused."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from tracker.adapters.calendars import load_calendar
from tracker.adapters.rules import load_rules
from tracker.domain.deadlines import Course, count_period
from tracker.domain.terms import ChannelKind, ReceiptBasis
from tracker.errors import UserError

SHIPPED = Path(__file__).parents[2] / "data" / "rules"
NAMES = sorted(path.stem for path in SHIPPED.glob("*.toml"))


def test_a_disclosure_request_had_fifteen_days_and_has_twenty() -> None:
    old, new = load_rules("cn-disclosure").versions
    assert (old.reply_days, old.extension_days, old.correction_notice_days) == (15, 15, 0)
    assert (old.valid_to, new.valid_from) == (date(2019, 5, 14), date(2019, 5, 15))
    assert (new.reply_days, new.extension_days, new.correction_notice_days, new.third_party_days) == (
        20,
        20,
        7,
        15,
    )
    assert new.receipt[ChannelKind.POST] == (ReceiptBasis.SIGNATURE, ReceiptBasis.CONFIRMATION)


def test_a_consultation_has_five_days_and_knows_neither_extension_nor_correction() -> None:
    (rules,) = load_rules("cn-consultation").versions
    assert (rules.reply_days, rules.extension_days, rules.correction_notice_days) == (5, 0, 0)
    assert (rules.veto_months, rules.excludes_transfers) == (3, False)


@pytest.mark.parametrize("name", NAMES)
def test_every_entry_names_its_source_and_has_room_for_the_lawyer(name: str) -> None:
    text = (SHIPPED / f"{name}.toml").read_text(encoding="utf-8")
    for rules in load_rules(name).versions:
        assert all(article.source for article in rules.articles.values())
    assert text.count("checked_by =") == text.count("checked_on =") == text.count("source =")


@pytest.mark.parametrize(
    ("received", "due"),
    [
        pytest.param("2008-10-01", "2008-10-29", id="no-holidays"),
        pytest.param("2007-02-01", "2007-03-01", id="no-leap-year"),
        pytest.param("2008-02-01", "2008-02-29", id="leap-year"),
        pytest.param("2009-03-12", "2009-04-14", id="thursday-over-easter"),
        pytest.param("2009-03-13", "2009-04-15", id="friday"),
        pytest.param("2009-03-14", "2009-04-15", id="saturday"),
        pytest.param("2009-03-15", "2009-04-15", id="sunday"),
        pytest.param("2009-03-16", "2009-04-16", id="monday"),
    ],
)
def test_the_british_act_counts_as_the_published_cases_of_alaveteli_do(received: str, due: str) -> None:
    """The dates of mysociety/alaveteli, spec/models/holiday_spec.rb."""
    book = load_rules("uk-foi")
    calendar = load_calendar(book.calendar)
    course = Course(date.fromisoformat(received))
    assert count_period(course, book.at(course.received_on), calendar).due_on == date.fromisoformat(due)


# --- files that are refused ---------------------------------------------------------------------------------

GOOD = (SHIPPED / "cn-consultation.toml").read_text(encoding="utf-8")
SECOND = GOOD[GOOD.index("[[version]]") :].replace("2007-01-01", "2020-01-01")
COUNTING = GOOD[GOOD.index("[version.counting]") : GOOD.index("[version.reply]")]
FAULTS = {
    "negative": ("working_days = 5", "working_days = -5", r"version.reply.working_days = -5 \(延政办函"),
    "none": ("working_days = 5", "", r"version.reply.working_days = None \(延政办函"),
    "a-fraction": ("working_days = 5", "working_days = 5.0", "a whole number of at least 1"),
    "true": ("working_days = 5", "working_days = true", "a whole number of at least 1"),
    "months": ("months = 3", "months = 0", r"version.veto.months = 0 \(国办秘函"),
    "no-kind": ('kind = "consultation"', "", "kind = None: one of disclosure, consultation"),
    "no-calendar": ('calendar = "cn"', "", "calendar = None: a text in quotes"),
    "zone": ("Asia/Shanghai", "Asia/Nowhere", "zone = Asia/Nowhere"),
    "no-version": ("[[version]]", "[[verion]]", "unknown entry verion"),
    "version-no-list": (GOOD[GOOD.index("[[version]]") :], "version = 1", "version = None"),
    "unknown-table": ("[version.veto]", "[version.vetto]", "unknown entry version.vetto"),
    "no-reply": ("[version.reply]", "[version.extension]", "version.reply = None: a table"),
    "no-source": (
        'source = "国办秘函〔2019〕19号"',
        "",
        "version.veto.source = None: name the source of law",
    ),
    "checked-in-words": ('checked_on = ""', 'checked_on = "yesterday"', "checked_on = yesterday: a date"),
    "flag": ("excluded = false", 'excluded = "no"', "version.transfer.excluded = no: true or false"),
    "receipt": ('post = ["signature", "confirmation"]', 'post = ["postmark"]', "version.receipt.post"),
    "no-receipt": ('post = ["signature", "confirmation"]', "", "version.receipt.post = None"),
    "no-start": ("valid_from = 2007-01-01", "", "version.valid_from = None: a date"),
    "table-as-number": (COUNTING, "counting = 3\n", "version.counting = 3: a table"),
    "overlap": ("[[version]]", SECOND + "\n[[version]]", "the next version is valid from 2020-01-01"),
}


@pytest.fixture
def own_rules(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        folder = tmp_path / "data" / "rules"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "own.toml").write_text(text, encoding="utf-8")
        return tmp_path

    return write


def test_a_workspace_can_have_its_own_rules(own_rules: Callable[[str], Path]) -> None:
    workspace = own_rules(GOOD.replace("working_days = 5", "working_days = 7"))
    assert load_rules("own", workspace).versions[0].reply_days == 7
    before = load_rules("own", workspace).version
    own_rules(GOOD)
    assert load_rules("own", workspace).version != before


def test_an_entry_that_a_lawyer_confirmed_says_who_and_when(own_rules: Callable[[str], Path]) -> None:
    text = GOOD.replace('checked_by = ""', 'checked_by = "Wang"').replace(
        'checked_on = ""', "checked_on = 2026-09-01"
    )
    (rules,) = load_rules("own", own_rules(text)).versions
    assert rules.unchecked == []
    assert rules.articles["reply"].checked_on == date(2026, 9, 1)


def test_versions_that_follow_each_other_are_taken_in_any_order(own_rules: Callable[[str], Path]) -> None:
    text = GOOD.replace("valid_from = 2007-01-01", "valid_from = 2007-01-01\nvalid_to = 2019-12-31")
    first, second = load_rules("own", own_rules(text + "\n" + SECOND)).versions
    assert (first.valid_from, second.valid_from) == (date(2007, 1, 1), date(2020, 1, 1))


@pytest.mark.parametrize(("old", "new", "complaint"), FAULTS.values(), ids=FAULTS.keys())
def test_a_wrong_rules_file_is_refused_by_file_entry_and_law(
    own_rules: Callable[[str], Path], old: str, new: str, complaint: str
) -> None:
    assert old in GOOD
    with pytest.raises(UserError, match=complaint) as refused:
        load_rules("own", own_rules(GOOD.replace(old, new)))
    assert "own.toml" in str(refused.value)
