"""`tracker recipe`: from a recording to a recipe that is tried without sending, with one line for every mistake."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.workspaces import build, call, rows
from tests.servers.portal import Portal, custom, recipe
from tracker.adapters.recipes import load_recipe
from tracker.domain.recipes import Executor, FlowName

REFERENCE = "small-D0001"


@pytest.fixture
def portal() -> Iterator[Portal]:
    with Portal() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, portal: Portal) -> Path:
    build(
        tmp_path / "w", smtp_port=1, imap_port=1, offices=(), forms=[f"{portal.address}/apply"],
        recipe=recipe(parameters={"dept": "单位"}), parameters="dept=7",
    )  # fmt: skip
    return tmp_path / "w"


def recording(folder: Path, portal: Portal) -> Path:
    """As Chrome's Recorder exports it: typed values as they were typed, nothing marked."""
    steps = [
        {"type": "setViewport", "width": 1280, "height": 900, "deviceScaleFactor": 1, "isMobile": False,
         "hasTouch": False, "isLandscape": False},
        {"type": "navigate", "url": f"{portal.address}/apply", "assertedEvents": [{"type": "navigation"}]},
        {"type": "change", "selectors": [["#name"]], "value": "陈示例", "target": "main"},
        {"type": "change", "selectors": [["#title"]], "value": "部门决算公开说明", "target": "main"},
        {"type": "change", "selectors": [["#text"]], "value": "好", "target": "main"},
        {"type": "click", "selectors": [["aria/提交"], ["#go"]], "offsetX": 3, "offsetY": 3,
         "assertedEvents": [{"type": "navigation", "url": f"{portal.address}/apply"}]},
    ]  # fmt: skip
    path = folder / "recorded.json"
    path.write_text(json.dumps({"title": "Recording 1", "steps": steps}), encoding="utf-8")
    return path


def test_a_recording_becomes_a_recipe_whose_values_are_variables(folder: Path, portal: Portal) -> None:
    done = call(
        folder, "recipe", "new", str(recording(folder, portal)), "--platform", "fresh", "--executor", "http",
        "--request", REFERENCE, "--extract", "receipt_no=#no", "--extract", "query_code=/查询码：(\\S+)/",
    )  # fmt: skip
    assert "Typed the same for everybody: 好" in done.talk
    made = load_recipe("fresh", folder)
    submit = made.flows[FlowName.SUBMIT]
    assert made.executor is Executor.HTTP
    assert [step.kind for step in submit.steps] == [
        "setViewport", "navigate", "change", "change", "change", "submit", "click", "extract", "extract",
    ]  # fmt: skip
    values = [step.fields.get("url") or step.fields.get("value") for step in submit.steps[1:4]]
    assert values == ["{{address}}", "{{applicant_name}}", "{{question_title}}"]


def test_a_value_can_be_marked_by_hand_and_a_second_flow_added(folder: Path, portal: Portal) -> None:
    words = (
        "recipe",
        "new",
        str(recording(folder, portal)),
        "--platform",
        "fresh",
        "--mark",
        "好=question_text",
    )
    call(folder, *words)
    made = load_recipe("fresh", folder)
    assert made.executor is Executor.PERSON
    assert made.flows[FlowName.SUBMIT].steps[4].fields["value"] == "{{question_text}}"
    call(folder, *words, "--flow", "status", "--extract", "status=#status", "--executor", "http")
    assert list(load_recipe("fresh", folder).flows) == [FlowName.SUBMIT, FlowName.STATUS]


def test_a_recipe_is_checked_against_the_roster(folder: Path) -> None:
    (found,) = call(folder, "recipe", "check", "--json").json
    assert (found["platform"], found["channels"], found["lacking"]) == ("portal", 1, [])
    path = folder / "data/recipes/portal/recipe.json"
    path.write_text(json.dumps(recipe(parameters={"dept": "单位", "sysid": "编号"})), encoding="utf-8")
    refused = call(folder, "recipe", "check", expect=1)
    assert "missing for portal: form-001 (sysid)" in refused.talk
    path.unlink()
    refused = call(folder, "recipe", "check", expect=1)
    assert "no recipe for the platform portal" in refused.talk


def test_a_trial_shows_what_would_be_sent_and_sends_nothing(folder: Path, portal: Portal) -> None:
    tried = call(folder, "recipe", "try", REFERENCE, "--json").json
    assert tried["would_send"] == [
        ["name", "陈示例"], ["title", "部门决算公开说明"], ["text", "请公开贵单位上年度部门决算公开说明。"],
    ]  # fmt: skip
    assert portal.entries == {}
    assert rows(folder, "SELECT * FROM outbox") == []


def test_a_trial_of_a_list_shows_its_rows(folder: Path, portal: Portal) -> None:
    portal.book({"title": "别人的申请"})
    tried = call(folder, "recipe", "try", REFERENCE, "--flow", "list", "--json").json
    assert tried["rows"] == {"list": [{"receipt_no": "2026-0001", "title": "别人的申请"}]}


def test_the_steps_are_shown_as_they_would_be_played_and_as_a_recording(folder: Path, portal: Portal) -> None:
    shown = call(folder, "recipe", "show", REFERENCE).out
    assert f"{portal.address}/apply" in shown
    assert "陈示例" in shown
    again = call(folder, "recipe", "show", REFERENCE, "--json").json
    assert again["steps"][0] == {"type": "navigate", "url": f"{portal.address}/apply"}
    assert again["steps"][4] == custom("submit")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("recipe", "try", "nothing"), "nothing: no such request"),
        (("recipe", "try", REFERENCE, "--flow", "status"), "nothing is known yet as query_code, receipt_no"),
        (("recipe", "try", REFERENCE, "--flow", "rate"), "the recipe has no flow rate; it has submit, status, list"),
        (("recipe", "check", "nowhere"), "no such file"),
        (("recipe", "release", "portal"), "its fuse is whole"),
        (("recipe", "new", "no.json", "--platform", "x"), "no.json"),
        (("recipe", "new", "round.toml", "--platform", "x"), "no recording: in Chrome's Recorder choose Export"),
    ],
)  # fmt: skip
def test_each_mistake_gets_one_clear_message(folder: Path, words: tuple[str, ...], said: str) -> None:
    here = [str(folder / word) if word.endswith((".json", ".toml")) else word for word in words]
    refused = call(folder, *here, expect=1)
    assert said in refused.talk
    assert refused.talk.count("\n") == 1
    assert refused.out == ""


def test_a_trial_on_a_changed_page_says_which_step_failed(folder: Path, portal: Portal) -> None:
    portal.trouble["/apply"] = "<p>网站升级中</p>"
    refused = call(folder, "recipe", "try", REFERENCE, expect=1)
    assert "page_changed: 2 change #name. Look at the page, and correct the recipe." in refused.talk


def test_a_recording_that_cannot_work_changes_no_recipe(folder: Path, portal: Portal) -> None:
    before = (folder / "data/recipes/portal/recipe.json").read_bytes()
    words = ("recipe", "new", str(recording(folder, portal)), "--platform", "portal")
    refused = call(folder, *words, "--flow", "status", expect=1)
    assert "status: nothing is extracted" in refused.talk
    assert (folder / "data/recipes/portal/recipe.json").read_bytes() == before
    assert sorted(path.name for path in (folder / "data/recipes/portal").iterdir()) == ["recipe.json"]
