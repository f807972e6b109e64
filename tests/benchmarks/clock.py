"""The benchmark of the legal clock: `python -m tests.benchmarks.clock [--requests N] [--quick]`.

First one count at a time, beside other packages on the same pairs in one run; then a batch of requests,
each read in every way. numpy and pandas come with `pip install -e '.[bench]'`; without them their rows
say so.
"""

import argparse
import resource
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, starmap
from random import Random
from statistics import median, quantiles
from time import perf_counter

from tests.benchmarks.cases import SEED, Case, random_cases
from tests.benchmarks.peers import OURS, PERIOD, Peer, Question, array_count, counters, finders, random_pairs
from tracker.adapters.calendars import load_calendar
from tracker.adapters.rules import load_rules
from tracker.domain.assessment import assess
from tracker.domain.facts import collect
from tracker.domain.measure import Law
from tracker.domain.readings import Assessment, LegalReading
from tracker.domain.terms import RequestKind

SIZES = (1_000, 10_000, 100_000)
_CHUNK = 1_000
_ONE_TURN = 0.02  # seconds: shorter turns measure the clock of the machine
_ALL_PAIRS_AT_ONCE = "numpy, all pairs in one call"
_NOT_INSTALLED = "not installed: pip install -e '.[bench]'"

Result = tuple[Assessment, LegalReading | None]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.clock")
    parser.add_argument("--requests", type=int, default=1_000_000, help="the largest batch")
    parser.add_argument("--quick", action="store_true", help="small numbers, to see that it runs")
    chosen = parser.parse_args(arguments)
    repeats = 3 if chosen.quick else 11
    short, long = (20, 3) if chosen.quick else (500, 30)
    _compare("One count, spans of 1 to 60 days", counters(), random_pairs(short, 60), repeats)
    _compare("One count, spans of any length", counters(), random_pairs(long, None), repeats)
    _compare(f"One due date, {PERIOD} working days", finders(), random_pairs(short, 60), repeats)
    run_batches(2_000 if chosen.quick else chosen.requests)


def _say(line: str = "") -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


# --- one at a time ---------------------------------------------------------------------------------------


def _compare(title: str, peers: Sequence[Peer], pairs: Sequence[Question], repeats: int) -> None:
    installed = [peer for peer in peers if peer.ask]
    expected = installed[0].answers(pairs)
    for peer in installed:
        if peer.answers(pairs) != expected:
            sys.exit(f"{title}: {peer.name} and ours differ, so that their times say nothing")
    _say(f"{title}: {len(installed)} give the same answers to the same {len(pairs)} questions")
    turns = {peer.name: _turn(peer, pairs) for peer in installed}
    if peers[0].ask is counters()[0].ask and (at_once := array_count(pairs)):
        turns[_ALL_PAIRS_AT_ONCE] = at_once
    _print_times([peer.name for peer in peers], _take_turns(turns, len(pairs), repeats))


def _turn(peer: Peer, pairs: Sequence[Question]) -> Callable[[], object]:
    questions = peer.questions(pairs)
    assert peer.ask
    ask = peer.ask
    return lambda: deque(starmap(ask, questions), maxlen=0)  # the least that a loop costs


def _take_turns(
    turns: Mapping[str, Callable[[], object]], count: int, repeats: int
) -> dict[str, list[float]]:
    """Microseconds per question of each turn. In every round the order is another, so noise hits all."""
    passes = {name: max(1, round(_ONE_TURN / _seconds(turn))) for name, turn in turns.items()}
    taken: dict[str, list[float]] = {name: [] for name in turns}
    dice = Random(SEED)
    for _ in range(repeats):
        for name in dice.sample(list(turns), len(turns)):
            taken[name].append(_seconds(turns[name], passes[name]) / count * 1e6)
    return taken


def _seconds(turn: Callable[[], object], passes: int = 1) -> float:
    begin = perf_counter()
    for _ in range(passes):
        turn()
    return (perf_counter() - begin) / passes


def _print_times(names: Sequence[str], taken: Mapping[str, list[float]]) -> None:
    ours = median(taken[OURS])
    _say(f"  {'':<30}{'µs each':>12}{'quartiles':>22}{'to ours':>12}")
    for name in [*names, *(name for name in taken if name not in names)]:
        if name not in taken:
            _say(f"  {name:<30}{_NOT_INSTALLED}")
            continue
        low, middle, high = quantiles(taken[name], n=4)
        spread = f"{low:,.3f} to {high:,.3f}"
        _say(f"  {name:<30}{middle:>12,.3f}{spread:>22}{middle / ours:>11,.2f}x")
    _say()


# --- the batch -------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Tally:
    """What one batch took and found; `seconds` without the time in which its cases were made."""

    requests: int = 0
    seconds: float = 0.0
    readings: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)

    @property
    def microseconds(self) -> float:
        return self.seconds / self.requests * 1e6

    def add(self, results: Sequence[Result], seconds: float) -> None:
        self.requests += len(results)
        self.seconds += seconds
        self.readings += sum(len(assessment.readings) for assessment, _ in results)
        self.verdicts.update(reading.verdict if reading else "no receipt" for _, reading in results)


def laws() -> dict[RequestKind, Law]:
    calendar = load_calendar("cn", guess=True)
    return {kind: Law(load_rules(f"cn-{kind}"), calendar) for kind in RequestKind}


def read_case(case: Case, law: Law) -> Result:
    """What the tracker does for one request: every reading, and the one that decides."""
    facts = collect(case.facts, case.channel, case.as_of)
    assessment = assess(facts, law.book, law.calendar, case.as_of)
    return assessment, assessment.preferred(law.receipt_order(case.channel), law.preferences)


def run_batch(requests: int, seed: int = SEED) -> Tally:
    tally, books = Tally(), laws()
    for chunk in _chunks(random_cases(requests, seed)):
        begin = perf_counter()
        results = [read_case(case, books[case.kind]) for case in chunk]
        tally.add(results, perf_counter() - begin)
    return tally


def _chunks(cases: Iterator[Case]) -> Iterator[list[Case]]:
    """Made before the clock runs, and forgotten afterwards."""
    while chunk := list(islice(cases, _CHUNK)):
        yield chunk


def run_batches(most: int) -> None:
    _say("A batch: every reading of each request, its verdicts, and the reading that decides")
    _say(f"  {'requests':>12}{'seconds':>12}{'µs each':>12}{'requests/s':>14}{'peak MiB':>12}")
    run_batch(_CHUNK)  # the first thousand also warm the interpreter up
    tallies = [_middle_of(size) for size in (*(size for size in SIZES if size < most), most)]
    smallest, largest = tallies[0], tallies[-1]
    _say(
        f"  one of {largest.requests:,} costs {largest.microseconds / smallest.microseconds:.2f} times "
        f"one of {smallest.requests:,} (linear: 1)"
    )
    _say(f"  {largest.readings / largest.requests:.2f} readings per request; the ones that decide say:")
    for verdict, count in largest.verdicts.most_common():
        _say(f"    {verdict:<16}{count / largest.requests:>8.1%}")


def _middle_of(size: int) -> Tally:
    """A small batch is run several times, on other cases each time; the middle one is printed."""
    runs = 9 if size < 10_000 else 3 if size < 100_000 else 1
    tally = sorted((run_batch(size, SEED + n) for n in range(runs)), key=lambda run: run.seconds)[runs // 2]
    _say(
        f"  {size:>12,}{tally.seconds:>12.3f}{tally.microseconds:>12.1f}"
        f"{size / tally.seconds:>14,.0f}{_peak_memory():>12.1f}"
    )
    return tally


def _peak_memory() -> float:
    """Of this whole run so far, in MiB: flat where it does not grow with the batch."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 / (1024 if sys.platform == "darwin" else 1)  # macOS counts bytes, Linux KiB


if __name__ == "__main__":
    main()
