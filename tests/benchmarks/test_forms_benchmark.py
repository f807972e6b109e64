"""The benchmark of forms runs: what it compares went to the site and came back."""

import re

import pytest

from tests.benchmarks.forms import main


@pytest.mark.parametrize("browser", [0, pytest.param(1, marks=pytest.mark.needs("chromium"))])
def test_both_sides_of_the_benchmark_do_the_same_work(
    capsys: pytest.CaptureFixture[str], browser: int
) -> None:
    main(["--requests", "3", "--polls", "3", "--browser", str(browser)])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["submit", "poll", "memory", "browser"][: 3 + browser]
    assert all(re.search(r"ratio \d+\.\d\d$", line) for line in lines if "memory" not in line)
