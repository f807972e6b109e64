"""Recipes: how a platform's forms are filled in and looked up, as steps that Chrome's Recorder writes.

A recipe belongs to a platform and serves every unit on it; what differs is a variable, `{{name}}`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from tracker.domain.terms import MessageKind, RequestKind


class Executor(StrEnum):
    PERSON = "person"
    HTTP = "http"
    BROWSER = "browser"


class FlowName(StrEnum):
    SUBMIT = "submit"
    STATUS = "status"
    LIST = "list"  # a public list of requests or letters
    DETAIL = "detail"  # the page behind one entry of the list
    RATE = "rate"  # the satisfaction vote below an answer


class CustomStep(StrEnum):
    """What Recorder lacks; each is a step `{"type": "customStep", "name": ..., "parameters": {...}}`."""

    SUBMIT = "submit"  # the next step sends: what comes after it may have reached the unit
    HUMAN = "human"  # a person reads a captcha or an SMS and tells us
    UPLOAD = "upload"
    DIALOG = "dialog"  # an alert was shown, or must be before we go on
    XHR = "xhr"  # what the page's script sends and is answered, for executors without a script engine
    EXTRACT = "extract"
    EVIDENCE = "evidence"


class Refusal(StrEnum):
    """What a site means that did not take a submission."""

    WRONG_ANSWER = "wrong_answer"  # the captcha or code was wrong: ask again
    LIMIT = "limit"  # too many from us today: later
    CLOSED = "closed"  # the form takes nothing: a finding about the channel


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its `kind` is the type, or the name of a custom step; `fields` are as they were recorded."""

    kind: str
    fields: Mapping[str, Any]
    is_custom: bool = False

    @property
    def selectors(self) -> tuple[tuple[str, ...], ...]:
        """Alternatives, best first; each a chain through shadow roots."""
        given = self.fields.get("selectors", ())
        return tuple(tuple(one) if isinstance(one, list) else (one,) for one in given)

    @property
    def frame(self) -> tuple[int, ...]:
        return tuple(self.fields.get("frame", ()))


@dataclass(frozen=True, slots=True)
class Flow:
    """`timeout_seconds` bounds each step."""

    title: str
    steps: tuple[Step, ...]
    timeout_seconds: float = 15.0

    def of_kind(self, kind: CustomStep) -> Iterator[Step]:
        return (step for step in self.steps if step.is_custom and step.kind == kind)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a platform bears from us, beside the caps of the round."""

    per_applicant_per_day: int = 3
    seconds_between: float = 1.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """`status_words`: the site's own word for a state -> what it means to us, None: nothing has happened yet.

    `refusals`: a regular expression over what the site says -> what it means.
    """

    platform: str
    title: str
    executor: Executor
    kinds: frozenset[RequestKind]
    parameters: frozenset[str]
    flows: Mapping[FlowName, Flow]
    status_words: Mapping[str, MessageKind | None] = field(default_factory=dict)
    refusals: Mapping[str, Refusal] = field(default_factory=dict)
    limits: Limits = Limits()
    verified_on: date | None = None
    sha256: str = ""

    @property
    def needs_person(self) -> bool:
        return any(True for flow in self.flows.values() for _step in flow.of_kind(CustomStep.HUMAN))


# --- variables ------------------------------------------------------------------------------------------

# What a submission may speak of; a lookup knows the receipt's values too.
LETTER_VARIABLES = frozenset(
    {"unit_name", "applicant_name", "identity_number", "phone", "postal_address", "postcode", "email"}
    | {"question_title", "question_text", "kind"}
)
PLACE_VARIABLES = frozenset({"address", "origin"})  # the channel's web address, and its scheme and host
_ADDRESSES = PLACE_VARIABLES | {"href"}  # and that of a list's entry
LOGIN_VARIABLES = frozenset({"login_user", "login_password"})
RECEIPT_VARIABLES = frozenset({"receipt_no", "query_code", "password"})
# What a status page may be asked for; each is optional but the state or the text.
PAGE_VARIABLES = frozenset({"status", "reply_text", "reply_title", "shown_on", "received_on", "attachments"})

_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_NOT_PLAIN = re.compile(r"[^\w-]", re.ASCII)


class UnfitValue(Exception):
    """A value that cannot safely stand where the recipe puts it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def variables_in(value: Any) -> frozenset[str]:
    """The names of the variables anywhere in a step, a flow or a text."""
    if isinstance(value, str):
        return frozenset(_VARIABLE.findall(value))
    if isinstance(value, Flow):
        return variables_in([step.fields for step in value.steps])
    if isinstance(value, Mapping):
        return frozenset().union(*map(variables_in, value.values()))
    if isinstance(value, list | tuple):
        return frozenset().union(*map(variables_in, value))
    return frozenset()


def names_made(flow: Flow) -> frozenset[str]:
    """The variables that a flow's own steps give a value: read from the page, or told by a person."""
    makers = (CustomStep.EXTRACT, CustomStep.HUMAN)
    return frozenset(step.fields["as"] for kind in makers for step in flow.of_kind(kind))


def fill_step(step: Step, values: Mapping[str, str]) -> Step:
    """The step with every variable replaced, escaped for the place it stands in.

    Raises `KeyError` for a variable without a value, `UnfitValue` for one that cannot stand there.
    """
    return replace(step, fields={key: _filled(value, key, values) for key, value in step.fields.items()})


def fill_text(text: str, values: Mapping[str, str]) -> str:
    """A text with its variables replaced as they are."""
    return _VARIABLE.sub(lambda match: values[match[1]], text)


def _filled(value: Any, key: str, values: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {name: _filled(one, _place(key, name), values) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, key, values) for one in value]
    if isinstance(value, str) and _VARIABLE.search(value):
        escape = _escape_for(key, value)
        return _VARIABLE.sub(lambda match: escape(match[1], values[match[1]]), value)
    return value


def _place(key: str, name: str) -> str:
    """Fields of an XHR are named by the site: what stands in them is a text or a selector."""
    return "fields" if key == "fields" else name


def _escape_for(key: str, value: str) -> Any:
    if key in ("url", "href"):
        return _for_address
    if key == "expression":
        return lambda _name, text: json.dumps(text, ensure_ascii=False)
    if key in ("regex", "says"):
        return lambda _name, text: re.escape(text)
    if key == "xpath" or value.startswith("xpath/") or (key == "rows" and value.startswith(("/", "("))):
        return _for_xpath
    if key in ("css", "rows", "selectors", "picture") and not value.startswith(("text/", "aria/")):
        return _for_css
    return lambda _name, text: text


def _for_address(name: str, text: str) -> str:
    """An address stands as the roster or the page has it; everything else is one part of an address."""
    return text if name in _ADDRESSES else quote(text, safe="")


def _for_css(name: str, text: str) -> str:
    """Escaped as CSS.escape does; a backslash is refused, since readers of CSS do not agree on it."""
    if "\\" in text:
        raise UnfitValue(name)
    return _NOT_PLAIN.sub(lambda match: f"\\{ord(match[0]):x} ", text)


def _for_xpath(name: str, text: str) -> str:
    """XPath 1.0 has no escapes: a text with quotes cannot stand inside quotes."""
    if "'" in text or '"' in text:
        raise UnfitValue(name)
    return text
