"""The corpus of law cases, counted on the printed calendar (how-counted.md), is fit to judge a clock by."""

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

CASES: list[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("cases.toml").read_text(encoding="utf-8")
)["case"]
DIMENSIONS = ("receipt", "correction", "pause", "reply_time")


def dimensions_of(reading: dict[str, Any]) -> tuple[str, ...]:
    return tuple(f"{key}={reading[key]}" for key in DIMENSIONS if key in reading)


# --- the file itself -------------------------------------------------------------------------------------


def test_there_are_at_least_eighty_cases_each_with_an_id_of_its_own():
    assert len(CASES) >= 80
    assert [name for name, count in Counter(case["id"] for case in CASES).items() if count > 1] == []


def test_every_case_says_where_it_comes_from_and_how_it_was_counted():
    assert [case["id"] for case in CASES if not (case["title"] and case["source"] and case["counting"])] == []


def test_at_least_twenty_cases_were_recounted_day_by_day():
    assert sum(case.get("recounted", False) for case in CASES) >= 20


def test_no_case_states_two_readings_with_the_same_key():
    for case in CASES:
        keys = [dimensions_of(reading) for reading in case["expected"]["readings"]]
        assert len(keys) == len(set(keys)), case["id"]
