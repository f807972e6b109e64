"""The benchmark of the desk runs on a small round: every page it names is answered, on both sides."""

from pathlib import Path

import pytest

from tests.benchmarks.desk import main, paths
from tracker.settings import open_workspace


@pytest.mark.timeout(300)
def test_every_page_is_answered_within_its_weight(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([str(tmp_path / "big"), "--requests", "300", "--asks", "2"])
    named = [line.split(" median ")[0].strip() for line in capsys.readouterr().out.splitlines()]
    more = ["message with its form", "claim", "Datasette: requests", "Datasette: requests of a verdict"]
    assert named == [*paths(open_workspace(tmp_path / "big")), *more]
