"""The benchmark of the desk runs on a small round: every page it names is answered, on both sides."""

from pathlib import Path

import pytest

from tests.benchmarks.desk import main


@pytest.mark.timeout(300)
def test_every_page_is_answered_within_its_weight(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([str(tmp_path / "big"), "--requests", "300", "--asks", "2"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 34
    assert all("p95" in line for line in lines)
    assert [line.split(":")[0].split("  ")[0] for line in lines[-3:]] == ["claim", "Datasette", "Datasette"]
