"""What matching one letter costs by the number of open requests: `python -m tests.benchmarks.matching`."""

import argparse
import csv
import io
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median
from time import perf_counter

from tests.benchmarks.mailbox import MAILBOX, SIZES, letters, requests_csv
from tracker.domain.matching import match_message
from tracker.domain.message import Message
from tracker.domain.sent import SentLetters, SentRequest
from tracker.letters.parse import parse

SIZES_OF_ROUNDS = (100, 1_000, 10_000, 100_000)
NOW = datetime(2026, 4, 1, tzinfo=UTC)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.matching")
    parser.add_argument("--letters", type=int, default=300)
    parser.add_argument("--largest", type=int, default=100_000, help="open requests of one mailbox")
    chosen = parser.parse_args(arguments)
    first = 0.0
    for size in (size for size in SIZES_OF_ROUNDS if size <= chosen.largest):
        sent = SentLetters(_requests(size))
        messages = [parse(raw) for raw in letters(chosen.letters, SIZES["small"], size)]
        seconds, matched = _turn(messages, sent)
        first = first or seconds
        sys.stdout.write(
            f"{size:>7} open requests {1e6 * seconds:8.0f} us a letter  {seconds / first:5.2f} times the first"
            f"  {matched} of {len(messages)} matched\n"
        )


def _requests(size: int) -> list[SentRequest]:
    rows = csv.DictReader(io.StringIO(requests_csv(size)))
    return [
        SentRequest(
            row["reference"], MAILBOX, row["unit"], row["unit"], frozenset({row["to"]}), row["subject"], row["body"],
            frozenset({row["message_id"]}), datetime.fromisoformat(row["sent_at"]), applicant_name="陈示例",
        )
        for row in rows
    ]  # fmt: skip


def _turn(messages: Sequence[Message], sent: SentLetters) -> tuple[float, int]:
    """Median seconds of a letter, and how many were matched."""
    times, matched = [], 0
    for message in messages:
        started = perf_counter()
        found = match_message(message, NOW, sent)
        times.append(perf_counter() - started)
        matched += bool(found.references)
    return median(times), matched


if __name__ == "__main__":
    main()
