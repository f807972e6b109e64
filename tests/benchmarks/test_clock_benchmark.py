"""The benchmark measures what it says: the same questions, the same answers, every kind of case.

How long anything takes is for the run itself to print: no test here knows a time.
"""

import subprocess
import sys
from dataclasses import astuple

import pytest

from tests.benchmarks.cases import Case, random_cases
from tests.benchmarks.clock import laws, read_case, run_batch
from tests.benchmarks.peers import LOOK_UPS, OURS, Peer, counters, finders, random_pairs
from tests.checkout import ROOT
from tracker.domain.facts import FactKind, check_facts, collect
from tracker.domain.readings import Summary
from tracker.domain.terms import ChannelKind, RequestKind, Verdict

TESTED = (OURS, "holidays", "chinesecalendar", LOOK_UPS)  # numpy and pandas are checked by each run
PEERS = [
    pytest.param(peer, peers[0], id=f"{question}-{peer.name}")
    for question, peers in (("count", counters()), ("due-date", finders()))
    for peer in peers
    if peer.name in TESTED and peer is not peers[0]
]


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return list(random_cases(5_000))


@pytest.mark.parametrize("longest", [60, None])
@pytest.mark.parametrize(("peer", "ours"), PEERS)
def test_every_peer_answers_as_we_do(peer: Peer, ours: Peer, longest: int | None) -> None:
    pairs = random_pairs(100, longest)
    assert peer.answers(pairs) == ours.answers(pairs)


def test_the_quick_run_prints_every_row() -> None:
    command = [sys.executable, "-m", "tests.benchmarks.clock", "--quick"]
    printed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, encoding="utf-8").stdout
    tables = printed.split("\n\n")
    assert [table.split(",")[0] for table in tables[:3]] == ["One count", "One count", "One due date"]
    for table, peers in zip(tables, (counters(), counters(), finders()), strict=False):
        rows = [line.strip() for line in table.splitlines()[2:]]
        assert [peer.name for peer in peers if not any(row.startswith(peer.name) for row in rows)] == []
    batch = tables[3].splitlines()
    assert [line.split()[0] for line in batch[2:4]] == ["1,000", "2,000"]
    assert "(linear: 1)" in batch[4]


def test_the_cases_are_the_same_in_every_run(cases: list[Case]) -> None:
    assert list(random_cases(50)) == cases[:50]
    assert list(random_cases(50, seed=1)) != cases[:50]
    first, second = run_batch(200), run_batch(200)
    assert (first.requests, first.readings, first.verdicts) == (200, second.readings, second.verdicts)


def test_the_cases_could_be_true(cases: list[Case]) -> None:
    for case in cases:
        check_facts(collect(case.facts, case.channel, case.as_of))


def test_the_cases_use_every_kind_of_fact_and_channel(cases: list[Case]) -> None:
    known = [fact for case in cases for fact in collect(case.facts, case.channel, case.as_of).told]
    assert {fact.kind for fact in known} == set(FactKind)
    assert {case.channel for case in cases} == set(ChannelKind)
    assert {case.kind for case in cases} == set(RequestKind)
    assert any(fact.stamp_on and fact.stamp_on < fact.on for fact in known)
    assert any(fact.is_disputed for fact in known)


def test_the_cases_reach_every_verdict_summary_and_choice(cases: list[Case]) -> None:
    books = laws()
    found = [read_case(case, books[case.kind])[0] for case in cases]
    readings = [reading for assessment in found for reading in assessment.readings]
    assert {assessment.summary for assessment in found} == set(Summary)
    assert {reading.verdict for reading in readings} == {
        Verdict.IN_TIME,
        Verdict.LATE,
        Verdict.OVERDUE,
        Verdict.PENDING,
        Verdict.AWAITING_US,
        Verdict.ABANDONED,
    }
    assert all(
        any(chosen) for chosen in zip(*(astuple(reading.choices) for reading in readings), strict=True)
    )
