"""The benchmarks of intake and matching run, and measure what they say."""

import subprocess
import sys

import pytest

from tests.benchmarks import matching
from tests.benchmarks.mailbox import SIZES, letters
from tests.checkout import ROOT


def test_letters_have_the_size_they_are_named_for() -> None:
    for name, size in SIZES.items():
        sizes = [len(raw) for raw in letters(20, size, 100)]
        assert 0.6 * size < sum(sizes) / len(sizes) < 1.4 * size, name


def test_matching_is_measured_on_letters_that_match(capsys: pytest.CaptureFixture[str]) -> None:
    matching.main(["--letters", "20", "--largest", "1000"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["100", "1000"]
    assert all(" 8 of 20 matched" in line for line in lines)


@pytest.mark.needs("dovecot")
@pytest.mark.xdist_group("dovecot")
def test_the_intake_is_measured_from_dovecot_to_events() -> None:
    command = [
        sys.executable,
        "-m",
        "tests.benchmarks.intake",
        "--small",
        "30",
        "--big",
        "0",
        "--requests",
        "20",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "30 letters of 6 KB, 20 open requests" in done.stdout
    assert "ours" in done.stdout
    assert "understand" in done.stdout
