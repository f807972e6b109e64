"""The clock against cases whose dates were counted on the printed calendar (how-counted.md)."""

import tomllib
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tracker.services.clock import Shelf, answer, state_case

CASES: list[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("cases.toml").read_text(encoding="utf-8")
)["case"]
DIMENSIONS = ("receipt", "correction", "pause", "reply_time")


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES])
def test_the_clock_counts_as_the_printed_calendar_does(case):
    expected = case["expected"]
    answered = answer(case["input"])
    assert readings_of(answered, like=expected) == readings_of(expected, like=expected), case["counting"]
    assert answered["summary"] == expected["summary"]
    assert answered["provisional"] == expected["provisional"]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES])
def test_the_due_date_is_the_last_counted_line_of_the_ledger(case):
    stated = state_case(case["input"], "case", Shelf(), date.max)
    for reading in stated.assessment.readings:
        ledger = reading.ledger(stated.law.calendar, stated.as_of)
        counted = [line for line in ledger.lines if line.is_counted]
        if reading.due_on:
            assert (counted[-1].day, counted[-1].count) == (reading.due_on, reading.deadline.working_days)
        if reading.replied_on and reading.replied_on >= reading.received_on:
            (line,) = (x for x in (*ledger.lines, *ledger.overrun) if x.day == reading.replied_on)
            assert line.count == reading.response_days


def readings_of(answered: dict[str, Any], like: dict[str, Any]) -> list[dict[str, Any]]:
    """In the order of their dimensions; of what a case does not state only the dimensions are kept."""
    stated = {dimensions_of(reading): reading.keys() for reading in like["readings"]}
    return [
        {
            key: str(reading[key]) if isinstance(reading[key], date) else reading[key]
            for key in reading
            if key in stated.get(dimensions_of(reading), DIMENSIONS)
        }
        for reading in sorted(answered["readings"], key=dimensions_of)
    ]


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
