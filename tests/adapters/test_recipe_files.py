"""A recipe that cannot work is refused when it is read, with the place and the remedy."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.servers.portal import custom, recipe
from tracker.adapters.recipes import as_recording, load_recipe, read_recipe, recipes_of
from tracker.domain.recipes import Executor, FlowName
from tracker.errors import UserError


def written(folder: Path, content: object) -> Path:
    path = folder / "recipe.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    one = copy.deepcopy(recipe())
    change(one)
    return one


BAD = {
    "no JSON": ("{", "recipe.json:1: not valid JSON"),
    "no submit flow": (changed(lambda r: r.pop("submit")), "'submit' is a required property"),
    "an unknown executor": (
        changed(lambda r: r.update(executor="robot")),
        "at executor: 'robot' is not one of",
    ),
    "an unknown field": (changed(lambda r: r.update(urls=[])), "'urls' was unexpected"),
    "a step of an unknown type": (
        changed(lambda r: r["submit"]["steps"].insert(0, {"type": "teleport"})),
        "at submit/steps/1/type: 'teleport' is not one of",
    ),
    "a change without a selector": (
        changed(lambda r: r["submit"]["steps"].insert(0, {"type": "change", "value": "x"})),
        "at submit/steps/1: 'selectors' is a required property",
    ),
    "a custom step that nobody knows": (
        changed(lambda r: r["submit"]["steps"].insert(0, custom("solveCaptcha"))),
        "at submit/steps/1/name: 'solveCaptcha' is not one of",
    ),
    "a variable that nothing gives a value": (
        changed(lambda r: r["submit"]["steps"][1].update(value="{{salary}}")),
        "submit, step 2: nothing is known as {{salary}} there",
    ),
    "a captcha that is used before it is asked for": (
        changed(lambda r: r["submit"]["steps"][1].update(value="{{captcha}}")),
        "nothing is known as {{captcha}} there",
    ),
    "no mark before what sends": (
        changed(lambda r: r["submit"]["steps"].remove(custom("submit"))),
        "exactly one customStep `submit` is needed, right before the step that sends; there are 0",
    ),
    "a look-up that sends": (
        changed(lambda r: r["status"]["steps"].insert(0, custom("submit"))),
        "status: a customStep `submit` stands there",
    ),
    "an extraction without a way": (
        changed(lambda r: r["submit"]["steps"].append(custom("extract", **{"as": "receipt_no"}))),
        "extract needs css, xpath, regex or json",
    ),
    "a status that reads nothing": (
        changed(lambda r: r["status"].update(steps=[{"type": "navigate", "url": "{{origin}}/"}])),
        "status: nothing is extracted",
    ),
    "a refusal that is no pattern": (
        changed(lambda r: r["refusals"].update({"(": "limit"})),
        "no regular expression",
    ),
    "a day that is none": (changed(lambda r: r.update(verified_on="2026-13-01")), "at verified_on:"),
}


@pytest.mark.parametrize(("content", "said"), BAD.values(), ids=list(BAD))
def test_a_bad_recipe_is_named_with_its_place(tmp_path: Path, content: object, said: str) -> None:
    with pytest.raises(UserError) as caught:
        read_recipe(written(tmp_path, content))
    assert said in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_a_recipe_is_read_with_its_flows_words_and_limits(tmp_path: Path) -> None:
    found = read_recipe(written(tmp_path, recipe(has_captcha=True, verified_on="2026-11-20")))
    assert (found.platform, found.executor, found.needs_person) == ("portal", Executor.HTTP, True)
    assert list(found.flows) == [FlowName.SUBMIT, FlowName.STATUS, FlowName.LIST]
    assert found.status_words == {"待处理": None, "已受理": "acknowledgement", "已答复": "reply"}
    assert found.limits.per_applicant_per_day == 50
    assert len(found.sha256) == 64


def test_a_flow_goes_out_as_the_recording_it_came_as(tmp_path: Path) -> None:
    original = recipe(has_captcha=True)
    found = read_recipe(written(tmp_path, original))
    for name, flow in found.flows.items():
        assert as_recording(flow) == original[name]


def test_the_workspaces_own_recipe_comes_before_the_shipped_one(tmp_path: Path) -> None:
    place = tmp_path / "data/recipes/portal"
    place.mkdir(parents=True)
    written(place, recipe())
    assert load_recipe("portal", tmp_path).title == "测试平台"
    assert "portal" in recipes_of(tmp_path)
    with pytest.raises(UserError, match="no such file"):
        load_recipe("nowhere", tmp_path)


def test_every_shipped_recipe_can_be_read() -> None:
    for platform, found in recipes_of().items():
        assert found.platform == platform
