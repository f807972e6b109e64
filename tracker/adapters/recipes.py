"""Recipe files: read, checked against the schema and against what a flow can know, and made a `Recipe`."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from tracker.adapters.files import find_file, find_files, read_utf8
from tracker.domain.recipes import (
    LETTER_VARIABLES,
    LOGIN_VARIABLES,
    PAGE_VARIABLES,
    PLACE_VARIABLES,
    RECEIPT_VARIABLES,
    CustomStep,
    Executor,
    Flow,
    FlowName,
    Limits,
    Recipe,
    Refusal,
    Step,
    names_made,
    variables_in,
)
from tracker.domain.terms import MessageKind, RequestKind
from tracker.errors import UserError
from tracker.i18n import _

FOLDER = "data/recipes"
FILE = "recipe.json"
_MOST_FAULTS_SHOWN = 10
_SENDING = (FlowName.SUBMIT, FlowName.RATE)
PENDING = "pending"  # what a status word means that says nothing has happened yet


def load_recipe(platform: str, workspace: Path | None = None) -> Recipe:
    """The recipe of a platform: the workspace's own, else the shipped one."""
    return read_recipe(find_file(f"{FOLDER}/{platform}/{FILE}", workspace))


def recipes_of(workspace: Path | None = None) -> dict[str, Recipe]:
    """Every recipe there is, by platform."""
    found = (read_recipe(path) for path in find_files(FOLDER, f"*/{FILE}", workspace))
    return {recipe.platform: recipe for recipe in found}


def read_recipe(path: Path) -> Recipe:
    """Raises `UserError` with one line a fault: where it is, and what would mend it."""
    return _parsed(path, read_utf8(path, str(path)))


@lru_cache(maxsize=256)
def _parsed(path: Path, text: str) -> Recipe:
    try:
        written = json.loads(text)
    except json.JSONDecodeError as fault:
        raise UserError(
            _("{path}:{line}: not valid JSON ({reason}): export the recording again, or correct it.").format(
                path=path, line=fault.lineno, reason=fault.msg
            )
        ) from None
    faults = list(_schema_faults(written)) or list(_meaning_faults(_recipe(written, "")))
    if faults:
        raise UserError("\n".join(f"{path}: {fault}" for fault in faults[:_MOST_FAULTS_SHOWN]))
    return _recipe(written, hashlib.sha256(text.encode()).hexdigest())


@cache
def _validator() -> Draft202012Validator:
    schema = json.loads(find_file(f"{FOLDER}/recipe.schema.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema, format_checker=FormatChecker())


def _schema_faults(written: Any) -> Iterator[str]:
    for fault in sorted(_validator().iter_errors(written), key=lambda one: list(map(str, one.path))):
        yield _("at {place}: {reason}").format(place=_place(fault.path), reason=fault.message[:300])


def _place(path: Any) -> str:
    return "/".join(str(part + 1) if isinstance(part, int) else part for part in path) or "/"


# --- from JSON ------------------------------------------------------------------------------------------


def _recipe(written: Mapping[str, Any], sha256: str) -> Recipe:
    verified = written.get("verified_on")
    return Recipe(
        platform=written["platform"],
        title=written["title"],
        executor=Executor(written["executor"]),
        kinds=frozenset(map(RequestKind, written["kinds"])),
        parameters=frozenset(written.get("parameters", {})),
        flows={name: _flow(written[name]) for name in FlowName if name in written},
        status_words={
            word: None if meaning == PENDING else MessageKind(meaning)
            for word, meaning in written.get("status_words", {}).items()
        },
        refusals={says: Refusal(meaning) for says, meaning in written.get("refusals", {}).items()},
        limits=Limits(**written.get("limits", {})),
        verified_on=date.fromisoformat(verified) if verified else None,
        sha256=sha256,
    )


def _flow(written: Mapping[str, Any]) -> Flow:
    steps = tuple(map(_step, written["steps"]))
    return Flow(written["title"], steps, written.get("timeout", 15_000) / 1000)


def _step(written: Mapping[str, Any]) -> Step:
    if written["type"] != "customStep":
        return Step(written["type"], {key: value for key, value in written.items() if key != "type"})
    placed = {key: written[key] for key in ("frame", "target", "timeout") if key in written}
    return Step(written["name"], {**written["parameters"], **placed}, is_custom=True)


def as_recording(flow: Flow) -> dict[str, Any]:
    """The flow as Recorder would export it: what other players of recordings take in."""
    return {
        "title": flow.title,
        "timeout": int(flow.timeout_seconds * 1000),
        "steps": [_written_step(step) for step in flow.steps],
    }


def _written_step(step: Step) -> dict[str, Any]:
    if not step.is_custom:
        return {"type": step.kind, **step.fields}
    placed = {key: step.fields[key] for key in ("frame", "target", "timeout") if key in step.fields}
    parameters = {key: value for key, value in step.fields.items() if key not in placed}
    return {"type": "customStep", "name": step.kind, "parameters": parameters, **placed}


# --- what the schema cannot say -------------------------------------------------------------------------


def _meaning_faults(recipe: Recipe) -> Iterator[str]:
    for name, flow in recipe.flows.items():
        yield from _flow_faults(recipe, name, flow)
    for says in recipe.refusals:
        try:
            re.compile(says)
        except re.error as fault:
            yield _("refusals: {pattern} is no regular expression ({reason}).").format(
                pattern=says, reason=fault
            )


def _flow_faults(recipe: Recipe, name: FlowName, flow: Flow) -> Iterator[str]:
    allowed = known_variables(recipe, name) | names_made(flow)
    for number, step in enumerate(flow.steps, 1):
        for variable in sorted(variables_in(step.fields) - allowed):
            yield _(
                "{flow}, step {number}: nothing is known as {{{{{variable}}}}} there; known are {known}."
            ).format(flow=name, number=number, variable=variable, known=", ".join(sorted(allowed)))
        if step.is_custom and step.kind == CustomStep.EXTRACT and not _ways(step):
            yield _("{flow}, step {number}: extract needs css, xpath, regex or json.").format(
                flow=name, number=number
            )
    marks = sum(1 for _step in flow.of_kind(CustomStep.SUBMIT))
    if name in _SENDING and marks != 1:
        yield _(
            "{flow}: exactly one customStep `submit` is needed, right before the step that sends; "
            "there are {marks}."
        ).format(flow=name, marks=marks)
    if name not in _SENDING and marks:
        yield _("{flow}: a customStep `submit` stands there, but looking up sends nothing.").format(flow=name)
    if name is FlowName.STATUS and not names_made(flow) & PAGE_VARIABLES:
        yield _("status: nothing is extracted; at least `status` or `reply_text` is needed.")


def _ways(step: Step) -> set[str]:
    return {"css", "xpath", "regex", "json", "rows"} & set(step.fields)


def known_variables(recipe: Recipe, name: FlowName) -> frozenset[str]:
    """What a flow may speak of. When submitting, `password` is one that we choose for this submission."""
    usual = LETTER_VARIABLES | PLACE_VARIABLES | LOGIN_VARIABLES | recipe.parameters
    made = names_made(recipe.flows[FlowName.SUBMIT])
    if name is FlowName.SUBMIT:
        return usual | {"password"}
    own = {FlowName.DETAIL: {"href"}, FlowName.RATE: {"grade"}}
    return usual | RECEIPT_VARIABLES | made | own.get(name, set())
