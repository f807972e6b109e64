"""Recipes for their authors: taken from a recording, checked against the roster, tried without sending."""

import json
import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlmodel import Session, select

from tracker.adapters.files import read_utf8
from tracker.adapters.portals.machines import Machines
from tracker.adapters.portals.player import Played, Question, Surface, play
from tracker.adapters.recipes import FILE, FOLDER, as_recording, load_recipe, read_recipe, recipes_of
from tracker.clock import Clock
from tracker.domain.recipes import (
    PLACE_VARIABLES,
    CustomStep,
    Executor,
    Flow,
    FlowName,
    Recipe,
    Step,
    fill_step,
    names_made,
    variables_in,
)
from tracker.domain.terms import ChannelKind
from tracker.errors import UserError
from tracker.i18n import _
from tracker.services.platforms import channel_of, missing_values, parameters_of, recipe_of, values_of
from tracker.services.rounds import find_request
from tracker.settings import Workspace
from tracker.store.database import reading
from tracker.store.tables import ChannelRow

_TOO_SHORT = 2  # characters: a recorded value this short may be anything
_SECRET = re.compile(r"password|query_code|login")


# --- check ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Checked:
    """One recipe that can be read, and the units of the roster that lack a parameter it needs."""

    recipe: Recipe
    channels: int
    lacking: Sequence[str]


def check_recipes(workspace: Workspace, platform: str | None) -> list[Checked]:
    """Raises `UserError` for a recipe that cannot be read, and for a platform of the roster that has none."""
    recipes = (
        recipes_of(workspace.root) if platform is None else {platform: load_recipe(platform, workspace.root)}
    )
    with reading(workspace.engine) as session:
        query = select(ChannelRow).where(
            ChannelRow.channel == ChannelKind.WEB_FORM, ChannelRow.platform != ""
        )
        rows = list(session.exec(query))
    unknown = sorted({row.platform for row in rows} - set(recipes)) if platform is None else []
    if unknown:
        raise UserError(
            _(
                "channels.csv: no recipe for the platform {names}: its forms are for people. Record one, or correct the name."
            ).format(names=", ".join(unknown))
        )
    return [
        _checked(recipe, [row for row in rows if row.platform == name]) for name, recipe in recipes.items()
    ]


def _checked(recipe: Recipe, rows: Sequence[ChannelRow]) -> Checked:
    lacking = [
        f"{row.unit_id} ({', '.join(sorted(missing))})"
        for row in rows
        if (missing := recipe.parameters - set(parameters_of(row.parameters)))
    ]
    return Checked(recipe, len(rows), lacking)


# --- show and try ---------------------------------------------------------------------------------------


def filled_flow(workspace: Workspace, reference: str, name: FlowName) -> Flow:
    """The steps as they would be played for one request; what only the page or a person can tell stays open."""
    with reading(workspace.engine) as session:
        recipe, values = _recipe_and_values(session, workspace, reference, name)
    flow = recipe.flows[name]
    told = {made: "{{" + made + "}}" for made in names_made(flow) | {"password", "href"}}
    steps = tuple(fill_step(step, {**told, **values}) for step in flow.steps)
    return Flow(flow.title, steps, flow.timeout_seconds)


def recording_of(flow: Flow) -> dict[str, Any]:
    return as_recording(flow)


@dataclass(frozen=True, slots=True)
class Tried:
    """What a dry run came to: the fields that would be sent, or the values that were read."""

    would_send: Sequence[tuple[str, str]] = ()
    read: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)


class _Stopped(Exception):
    """The mark is reached: a dry run ends here."""


def try_flow(
    workspace: Workspace, reference: str, name: FlowName, clock: Clock, executor: Executor | None = None
) -> Generator[Question, str, Tried]:
    """Play a flow for one request and send nothing: a submission ends right before the step that sends.

    Yields what a person has to read, as the player does. Raises `PortalFault`.
    """
    with reading(workspace.engine) as session:
        recipe, values = _recipe_and_values(session, workspace, reference, name)
    flow = recipe.flows[name]
    if name is FlowName.SUBMIT:
        values.setdefault("password", "example-password")
    machine = executor or (Executor.HTTP if recipe.executor is Executor.PERSON else recipe.executor)
    with (
        closing(Machines(clock, workspace.settings.hosts)) as machines,
        closing(machines.open(machine, flow.timeout_seconds)) as surface,
    ):
        return (yield from _tried(recipe, flow, surface, values, workspace.root))


def _tried(
    recipe: Recipe, flow: Flow, surface: Surface, values: Mapping[str, str], files: Path
) -> Generator[Question, str, Tried]:
    def stop() -> None:
        raise _Stopped

    try:
        played: Played = yield from play(recipe, flow, surface, values, stop, files)
    except _Stopped:
        return Tried(would_send=surface.would_send(_sending_step(flow)))
    made = names_made(flow) & set(played.values)
    return Tried(read={made_name: played.values[made_name] for made_name in sorted(made)}, rows=played.rows)


def _sending_step(flow: Flow) -> Step:
    """The click behind the mark, or what a script sends because of it."""
    marks = (n for n, step in enumerate(flow.steps) if step.is_custom and step.kind == CustomStep.SUBMIT)
    behind = flow.steps[next(marks) + 1 :]
    return next((step for step in behind if step.is_custom and step.kind == CustomStep.XHR), behind[0])


def _recipe_and_values(
    session: Session, workspace: Workspace, reference: str, name: FlowName
) -> tuple[Recipe, dict[str, str]]:
    request = find_request(session, reference)
    recipe = recipe_of(session, workspace, request)
    if recipe is None:
        channel = channel_of(session, request)
        raise UserError(
            _("{reference}: no recipe: its channel is {channel}, its platform {platform}.").format(
                reference=reference, channel=request.channel, platform=(channel and channel.platform) or "-"
            )
        )
    if name not in recipe.flows:
        raise UserError(
            _("{platform}: the recipe has no flow {flow}; it has {flows}.").format(
                platform=recipe.platform, flow=name, flows=", ".join(recipe.flows)
            )
        )
    values = values_of(session, workspace, request, recipe)
    made = names_made(recipe.flows[name]) | {"password", "href"}
    missing = missing_values(recipe.flows[name], values, made)
    if missing and name is not FlowName.SUBMIT:
        raise UserError(
            _("{reference}: nothing is known yet as {names}: submit first, or note the receipt.").format(
                reference=reference, names=", ".join(sorted(missing))
            )
        )
    return recipe, {**dict.fromkeys(variables_in(recipe.flows[name]) - made, ""), **values}


# --- new ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Imported:
    """Where the recipe was written, which values became variables, and which typed values stayed as they are."""

    path: Path
    marked: Mapping[str, str]
    literal: Sequence[str]


def import_recording(
    workspace: Workspace,
    file: Path,
    platform: str,
    name: FlowName,
    *,
    executor: Executor | None = None,
    title: str = "",
    reference: str | None = None,
    marks: Mapping[str, str] | None = None,
    extracts: Mapping[str, str] | None = None,
) -> Imported:
    """Make a recording the flow `name` of a platform's recipe in this workspace.

    Recorded values equal to one of the request's, or named in `marks` (value -> variable), become
    variables. `extracts` (variable -> CSS selector, or /regular expression/) are read at the end.
    """
    recorded = _read_recording(file)
    path = workspace.root / FOLDER / platform / FILE
    if path.exists():
        envelope = json.loads(read_utf8(path, str(path)))
    else:
        usual = Executor.PERSON if executor is None else executor
        envelope = {
            "platform": platform,
            "title": title or recorded["title"],
            "executor": usual,
            "kinds": ["disclosure", "consultation"],
        }
    known = {**_values_by_text(workspace, reference), **(marks or {})}
    marked: dict[str, str] = {}
    steps = [_with_variables(step, known, marked) for step in recorded["steps"]]
    if name is FlowName.SUBMIT:
        steps = _with_mark(steps)
    steps += [_extract(variable, aim) for variable, aim in (extracts or {}).items()]
    envelope |= {key: value for key, value in (("executor", executor), ("title", title)) if value}
    envelope[name] = {"title": recorded["title"], "timeout": recorded.get("timeout", 15_000), "steps": steps}
    _write_checked(path, envelope)
    literal = [step["value"] for step in steps if step["type"] == "change" and "{{" not in step["value"]]
    return Imported(path, marked, literal)


def _read_recording(file: Path) -> dict[str, Any]:
    text = read_utf8(file, str(file))
    try:
        recorded = json.loads(text)
        steps = recorded["steps"]
        if not isinstance(steps, list) or not all("type" in step for step in steps):
            raise TypeError
    except (json.JSONDecodeError, KeyError, TypeError):
        raise UserError(
            _("{file}: no recording: in Chrome's Recorder choose Export, then JSON.").format(file=file)
        ) from None
    return {"title": "", **recorded}


def _values_by_text(workspace: Workspace, reference: str | None) -> dict[str, str]:
    """What was typed for a request -> the name of its variable."""
    if reference is None:
        return {}
    with reading(workspace.engine) as session:
        request = find_request(session, reference)
        values = values_of(session, workspace, request, _no_recipe())
    return {text: name for name, text in values.items() if len(text) > _TOO_SHORT}


def _no_recipe() -> Recipe:
    return Recipe("", "", Executor.PERSON, frozenset(), frozenset(), {})


def _with_variables(step: dict[str, Any], known: Mapping[str, str], marked: dict[str, str]) -> dict[str, Any]:
    """Whole values only, and the channel's address at the beginning of an address."""
    found = dict(step)
    if step["type"] == "change" and (variable := known.get(step["value"])):
        found["value"] = "{{" + variable + "}}"
        marked[step["value"]] = variable
    if step["type"] == "navigate":
        for text, variable in sorted(known.items(), key=lambda pair: -len(pair[0])):
            if variable in PLACE_VARIABLES and step["url"].startswith(text):
                found["url"] = "{{" + variable + "}}" + step["url"].removeprefix(text)
                marked[text] = variable
                break
    return found


def _with_mark(steps: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The last click or Enter that led to another page is taken for the one that sends, else the last at all."""
    acting = [n for n, step in enumerate(steps) if step["type"] in ("click", "keyDown")]
    leading = [n for n in acting if steps[n].get("assertedEvents")]
    place = (leading or acting or [len(steps)])[-1]
    mark = {"type": "customStep", "name": CustomStep.SUBMIT, "parameters": {}}
    return [*steps[:place], mark, *steps[place:]]


def _extract(variable: str, aim: str) -> dict[str, Any]:
    is_pattern = len(aim) > 2 and aim.startswith("/") and aim.endswith("/")
    how = {"regex": aim[1:-1]} if is_pattern else {"css": aim}
    return {"type": "customStep", "name": CustomStep.EXTRACT, "parameters": {"as": variable, **how}}


def _write_checked(path: Path, envelope: Mapping[str, Any]) -> None:
    """Written beside, read back as a recipe, and only then put in its place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft.json")
    draft.write_text(json.dumps(envelope, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    try:
        read_recipe(draft)
    except UserError:
        draft.unlink()
        raise
    draft.replace(path)
