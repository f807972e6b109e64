"""The evaluators' day in Chromium on the rehearsal's own workspace, as its last week ends."""

import shutil
from datetime import datetime

import pytest

from tests.acceptance.workspaces import change
from tests.web.browser import chromium
from tests.web.desks import served
from tests.web.evaluating import code_blind, prepare, spend
from tracker.domain.terms import SHANGHAI
from tracker.settings import open_workspace

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.timeout(600), pytest.mark.xdist_group("rehearsal")]
NOW = datetime(2020, 11, 26, 10, tzinfo=SHANGHAI)


def test_the_evaluators_day(in_new_york, tmp_path):
    shutil.copytree(in_new_york[0], tmp_path / "w")
    workspace = open_workspace(tmp_path / "w")
    change(workspace.root, "DELETE FROM event WHERE kind IN ('round_closed', 'round_final')")
    code_blind(workspace)
    day = prepare(workspace, NOW)
    with served(workspace, lambda: NOW) as address, chromium() as browser:
        spend(day, browser, address, "rehearsal")
