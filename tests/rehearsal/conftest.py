import subprocess
from pathlib import Path

import pytest

from tests.rehearsal.rehearsing import rehearse_as_process


@pytest.fixture(scope="session")
def in_new_york(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A whole rehearsal, for all tests that only look at it; they are kept on one worker."""
    folder = tmp_path_factory.mktemp("new-york") / "rehearsal"
    return folder, rehearse_as_process(folder, "America/New_York")
