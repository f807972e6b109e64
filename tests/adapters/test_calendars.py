"""Calendars as files and through the `holidays` package."""

import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import holidays
import pytest

from tracker.adapters.calendars import load_calendar
from tracker.adapters.country_holidays import compare_with_holidays
from tracker.domain.calendar import CalendarGap, add_working_days
from tracker.errors import UserError

CALENDARS = Path(__file__).parents[2] / "data" / "calendars"
SMALL = """
country = "CN"
first = 2025-01-01
last = 2025-12-31
[2025]
number = "1"
title = "t"
[2025.days_off]
2025-01-01 = "元旦"
[2025.makeup_days]
"""


@pytest.fixture
def own_calendar(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        (tmp_path / "data" / "calendars").mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / "calendars" / "own.toml").write_text(text, encoding="utf-8")
        return tmp_path

    return write


def test_the_committed_table_is_what_the_script_makes() -> None:
    made = subprocess.run([sys.executable, CALENDARS / "make_cn.py"], capture_output=True, check=True)
    assert made.stdout == (CALENDARS / "cn.toml").read_bytes()


def test_the_shipped_calendar_covers_2007_to_the_days_the_next_notice_can_move() -> None:
    calendar = load_calendar()
    assert (calendar.name, calendar.country) == ("cn", "CN")
    assert (calendar.first, calendar.last) == (date(2007, 1, 1), date(2026, 12, 28))
    assert len(calendar.version) == 64


def test_every_year_names_its_notice_and_the_three_amendments_are_there() -> None:
    notices = load_calendar().notices
    assert list(notices) == list(range(2007, 2027))
    assert {n.issued_on for year in notices.values() for n in year[1:]} == {
        date(2015, 5, 13),
        date(2019, 3, 22),
        date(2020, 1, 26),
    }
    assert notices[2026][0].number == "国办发明电〔2025〕7号"
    assert [n.number for year in notices.values() for n in year if not n.is_verified] == [
        "国办发明电〔2007〕52号"
    ]


def test_the_guess_goes_on_for_three_years_and_is_marked() -> None:
    strict, guessed = load_calendar(), load_calendar(guess=True)
    assert guessed.guessed_from == strict.last + timedelta(1)
    assert guessed.last == date(2029, 12, 31)
    assert guessed.version.startswith(f"{strict.version}+holidays-")
    package = holidays.China(years=range(2026, 2030), language="zh_CN")
    for n in range((guessed.last - strict.last).days):
        day = strict.last + timedelta(n + 1)
        assert guessed.is_working_day(day) == package.is_working_day(day)
        assert guessed.is_provisional(day)
    assert guessed.name_of(date(2027, 2, 6)) == "春节"


def test_the_guess_changes_no_gazetted_day() -> None:
    strict, guessed = load_calendar(), load_calendar(guess=True)
    for n in range((strict.last - strict.first).days + 1):
        day = strict.first + timedelta(n)
        assert guessed.reason(day) == strict.reason(day)
        assert not guessed.is_provisional(day)


def test_a_calendar_is_loaded_once_and_again_when_its_file_changed(
    own_calendar: Callable[[str], Path],
) -> None:
    workspace = own_calendar(SMALL)
    before = load_calendar("own", workspace=workspace)
    assert load_calendar("own", workspace=workspace) is before
    own_calendar(SMALL.replace("[2025.makeup_days]", '[2025.makeup_days]\n2025-01-04 = "上班"'))
    after = load_calendar("own", workspace=workspace)
    assert after.version != before.version
    assert after.is_working_day(date(2025, 1, 4))
    assert not before.is_working_day(date(2025, 1, 4))


def test_the_gazetted_table_and_holidays_agree() -> None:
    assert compare_with_holidays(load_calendar()) == []
    assert compare_with_holidays(load_calendar(guess=True)) == []


def test_each_day_that_differs_from_holidays_is_named(own_calendar: Callable[[str], Path]) -> None:
    text = SMALL.replace("[2025.makeup_days]", '2025-03-03 = "x"\n[2025.makeup_days]')
    differences = compare_with_holidays(load_calendar("own", workspace=own_calendar(text)))
    lines = [str(difference) for difference in differences]
    assert any(s.startswith("2025-03-03: a day off in own, a working day in holidays-") for s in lines)
    assert any(s.startswith("2025-10-02: a working day in own, a day off in holidays-") for s in lines)
    assert any(s.startswith("2025-10-11: a day off in own") for s in lines)


def test_another_country_is_counted_through_holidays() -> None:
    england = load_calendar("holidays:GB-ENG")
    assert (england.first, england.last, england.guessed_from) == (date(2005, 1, 1), date(2035, 12, 31), None)
    assert england.name_of(date(2022, 9, 19)) == "State Funeral of Queen Elizabeth II"
    assert add_working_days(date(2024, 3, 28), 1, england) == date(2024, 4, 2)  # Easter
    assert compare_with_holidays(england) == []


def test_a_calendar_of_several_parts_leaves_out_what_is_off_in_any_of_them() -> None:
    kingdom, england = load_calendar("holidays:GB-ENG+GB-NIR"), load_calendar("holidays:GB-ENG")
    patrick, boxing = date(2009, 3, 17), date(2008, 12, 26)
    assert england.is_working_day(patrick)
    assert not kingdom.is_working_day(patrick)
    assert not kingdom.is_working_day(boxing)
    assert compare_with_holidays(kingdom) == []


def test_a_country_is_covered_from_the_year_its_weekend_is_what_it_is() -> None:
    emirates = load_calendar("holidays:AE")
    assert emirates.first == date(2022, 1, 1)
    with pytest.raises(CalendarGap):
        emirates.is_working_day(date(2021, 12, 31))


def test_a_country_with_yearly_makeup_days_is_covered_to_the_last_year_that_has_one() -> None:
    hungary = load_calendar("holidays:HU")
    announced = max(day.year for day in hungary.makeup_days)
    assert hungary.last == date(announced, 12, 28)
    assert compare_with_holidays(hungary) == []


@pytest.mark.parametrize("name", ["holidays:ZZ", "holidays:GB-XX"])
def test_an_unknown_country_is_refused_with_a_remedy(name: str) -> None:
    with pytest.raises(UserError, match=rf"{name}: .* use codes such as GB-ENG"):
        load_calendar(name)


FAULTS = {
    "no-settings": (SMALL.replace('country = "CN"', ""), "country, first and last must stand"),
    "time-in-first": (SMALL.replace("first = 2025-01-01", "first = 2025-01-01T00:00:00"), "must stand"),
    "not-toml": (SMALL.replace("[2025]", "[2025"), r"own.toml:5: not valid TOML"),
    "year-missing": (SMALL.replace("first = 2025", "first = 2024"), r"no block \[2024\]"),
    "year-not-covered": (SMALL + "[2026]\n", "2026 is neither a setting nor a covered year"),
    "stray-key": ("contry = 1\n" + SMALL, "contry is neither"),
    "no-table": (SMALL.replace("[2025.makeup_days]", ""), r"no table \[2025.makeup_days\]"),
    "no-date": (
        SMALL.replace('2025-01-01 = "', '2025-13-01 = "'),
        r"\[2025.days_off\] 2025-13-01 is not a day of",
    ),
    "other-year": (SMALL.replace('2025-01-01 = "', '2023-01-01 = "'), "2023-01-01 is not a day of 2025"),
    "no-title": (SMALL.replace('title = "t"', ""), "each of its notices needs a number and a title"),
    "worked-weekday": (
        SMALL + '2025-01-02 = "x"\n',
        "2025-01-02 is a make-up working day, but no weekend day",
    ),
}


@pytest.mark.parametrize(("text", "complaint"), FAULTS.values(), ids=FAULTS.keys())
def test_a_wrong_calendar_file_is_refused_by_name_and_place(
    own_calendar: Callable[[str], Path], text: str, complaint: str
) -> None:
    with pytest.raises(UserError, match=complaint) as refused:
        load_calendar("own", workspace=own_calendar(text))
    assert "own.toml" in str(refused.value)


def test_a_guess_needs_a_country_that_holidays_knows(own_calendar: Callable[[str], Path]) -> None:
    workspace = own_calendar(SMALL.replace('"CN"', '"ZZ"'))
    with pytest.raises(UserError, match=r'own.toml: the holidays package does not know "ZZ"'):
        load_calendar("own", workspace=workspace, guess=True)


def test_reading_a_table_does_not_import_holidays() -> None:
    code = (
        "import sys; from tracker.adapters.calendars import load_calendar; load_calendar(); "
        "assert 'holidays' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
