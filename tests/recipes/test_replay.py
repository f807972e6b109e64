"""Google's own runner of recordings is the measure: the same recipe file, and the same fields at the site."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.adapters.portals.site import Site, running_site
from tests.checkout import ROOT
from tracker.adapters.portals.machines import Machines
from tracker.adapters.portals.player import play
from tracker.adapters.recipes import as_recording, read_recipe
from tracker.domain.recipes import Executor, Flow, FlowName, Recipe, fill_step

pytestmark = [pytest.mark.needs("chromium", "node"), pytest.mark.xdist_group("replay")]
REPLAY = ROOT / ".cache/replay"  # made by `make replay`
VALUES = {
    "applicant_name": "张 三",
    "question_text": "所需信息：镕㎡😀\n第二行",
    "unit_name": "市教育局",
    "captcha": "",
}


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site() as running:
        yield running


def recipe_on(site: Site, folder: Path, name: str) -> tuple[Recipe, Flow]:
    """A recipe of the tests, and its flow as it is played."""
    path = folder / f"{name}.json"
    shutil.copy(Path(__file__).parent / f"{name}.json", path)
    recipe = read_recipe(path)
    flow = recipe.flows[FlowName.SUBMIT]
    values = {**VALUES, "origin": site.address}
    steps = tuple(fill_step(step, values) for step in flow.steps)
    return recipe, Flow(flow.title, steps, flow.timeout_seconds)


def played_by_google(flow: Flow, folder: Path) -> None:
    if not (REPLAY / "node_modules").is_dir():
        message = "@puppeteer/replay is not there: run `make replay`"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    recording = folder / "recording.json"
    recording.write_text(json.dumps(as_recording(flow)), encoding="utf-8")
    chromium = shutil.which("chromium")
    script = Path(__file__).parent / "replay.mjs"
    words = ["node", str(script), str(recording), str(chromium), str(REPLAY)]
    subprocess.run(words, check=True, timeout=60)


def played_by_us(recipe: Recipe, flow: Flow, executor: Executor) -> None:
    with (
        closing(Machines(lambda: datetime.now(UTC))) as machines,
        closing(machines.open(executor, 5)) as surface,
        pytest.raises(StopIteration),
    ):
        next(play(recipe, flow, surface, {}))


@pytest.mark.parametrize("name", ["plain-form", "script-form"])
def test_the_same_fields_arrive_whoever_plays_the_recipe(site: Site, tmp_path: Path, name: str):
    recipe, flow = recipe_on(site, tmp_path, name)
    played_by_google(flow, tmp_path)
    for executor in (Executor.HTTP, Executor.BROWSER):
        played_by_us(recipe, flow, executor)
    theirs, *ours = site.received
    assert len(theirs) >= 2
    assert ours == [theirs, theirs]
