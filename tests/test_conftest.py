from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py").read_text(encoding="utf-8")
NEEDY = """
import pytest

@pytest.mark.needs("no-such-server")
def test_that_needs_a_server():
    raise AssertionError("must not run")

@pytest.mark.needs("python3")
def test_that_needs_what_is_there():
    pass
"""
WORKERS = [pytest.param([], id="one process"), pytest.param(["-n", "2"], id="two workers")]


@pytest.fixture
def needy(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(test_needy=NEEDY)
    return pytester


@pytest.mark.parametrize("workers", WORKERS)
def test_a_missing_program_is_a_skip_named_at_the_end_of_the_run(needy, monkeypatch, workers):
    monkeypatch.delenv("CI", raising=False)
    result = needy.runpytest_subprocess(*workers)
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "*missing system packages*",
            "apt-get install no-such-server * 1 not tested:",
            "*test_needy.py::test_that_needs_a_server",
        ]
    )


@pytest.mark.parametrize("workers", WORKERS)
def test_under_ci_a_missing_program_fails_the_run(needy, monkeypatch, workers):
    monkeypatch.setenv("CI", "true")
    result = needy.runpytest_subprocess(*workers)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["*no-such-server is not installed: apt-get install no-such-server*", "*missing system packages*"]
    )


def test_nothing_is_said_where_nothing_is_missing(needy, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    result = needy.runpytest_subprocess("-k", "what_is_there")
    result.assert_outcomes(passed=1, deselected=1)
    assert "missing system packages" not in result.stdout.str()
