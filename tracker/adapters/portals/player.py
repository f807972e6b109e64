"""Plays a flow, step by step, on whatever shows the pages: bare HTTP or a browser.

A generator: it yields what only a person can tell and is sent the answer; it returns what it read.
"""

import re
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Protocol

from tracker.adapters.portals.faults import PageFault, PortalFault, Refused
from tracker.domain.recipes import CustomStep, Flow, Recipe, Step, UnfitValue, fill_step
from tracker.letters.markup import text_of_markup
from tracker.letters.pages import Seen, extracted, extracted_rows


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One piece of evidence: what a page looked like, or what exactly went over the wire."""

    name: str
    media_type: str
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Question:
    """What a person has to read for us; `picture` is a PNG, JPEG or GIF, empty where only words ask."""

    name: str
    prompt: str
    picture: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Played:
    """What a flow read: values by name, the rows of each list, evidence, and the last page."""

    values: Mapping[str, str]
    rows: Mapping[str, Sequence[Mapping[str, str]]]
    exhibits: Sequence[Exhibit]
    seen: Seen


class Surface(Protocol):
    """Shows pages. Every method raises `PortalFault`, and takes selectors and frame from the step."""

    def navigate(self, step: Step) -> None: ...

    def click(self, step: Step, has_script: bool) -> bool:
        """`has_script`: what the click sends follows as an XHR step. False where nothing came of it
        that this surface could tell, since it runs no scripts."""

    def change(self, step: Step) -> None: ...

    def press(self, step: Step, has_script: bool) -> bool:
        """A key, in the field changed last; False as for `click`."""

    def wait_for(self, step: Step) -> None: ...

    def upload(self, step: Step, path: Path) -> None: ...

    def answer_dialogs(self, accept: bool) -> None: ...

    def script_answer(self, step: Step) -> None:
        """Have the answer that the page's script gets, by sending what it would or by waiting for it."""

    def picture(self, step: Step) -> bytes: ...

    def seen(self, frame: Sequence[int] = ()) -> Seen: ...

    def may_change(self) -> bool:
        """Whether the page may yet show more by itself; waits a moment where it may."""

    def would_send(self, step: Step) -> list[tuple[str, str]]:
        """What a click or an XHR step would send, name and value in order."""

    def exhibits(self, name: str) -> list[Exhibit]: ...

    def download(self, address: str) -> Exhibit:
        """A file that the page links, in the same session and from that page."""

    def close(self) -> None: ...


Playing = Generator[Question, str, Played]


def play(
    recipe: Recipe,
    flow: Flow,
    surface: Surface,
    values: Mapping[str, str],
    before_sending: Callable[[], None] = lambda: None,
    files: Path = Path(),
) -> Playing:
    """Play `flow`; `before_sending` is called right before the step that sends.

    Raises `PortalFault`, and `Refused` where the site says that it took nothing. `files` is where
    a step that uploads finds its file.
    """
    player = _Player(recipe, flow, surface, dict(values), before_sending, files)
    return (yield from player.play())


class _Player:
    def __init__(
        self,
        recipe: Recipe,
        flow: Flow,
        surface: Surface,
        values: dict[str, str],
        before_sending: Callable[[], None],
        files: Path,
    ) -> None:
        self._recipe, self._flow, self._surface, self._files = recipe, flow, surface, files
        self._values = values
        self._before_sending = before_sending
        self._rows: dict[str, list[dict[str, str]]] = {}
        self._exhibits: list[Exhibit] = []
        self._is_sending = False  # the mark is passed

    def play(self) -> Playing:
        for number, step in enumerate(self._flow.steps):
            try:
                filled = fill_step(step, self._values)
            except UnfitValue as fault:
                raise PortalFault(PageFault.UNFIT_VALUE, fault.name) from None
            if step.is_custom and step.kind == CustomStep.HUMAN:
                self._values[step.fields["as"]] = yield self._question(filled)
                continue
            try:
                has_acted = self._do(filled, self._script_follows(number))
            except PortalFault as fault:
                self._raise_if_refused()
                raise PortalFault(fault.kind, fault.detail or _where(number, step)) from fault
            if not has_acted and self._sends(number):
                raise PortalFault(PageFault.NEEDS_BROWSER, _where(number, step))
        return Played(self._values, self._rows, self._exhibits, self._surface.seen())

    def _question(self, step: Step) -> Question:
        picture = self._surface.picture(step) if "picture" in step.fields else b""
        return Question(step.fields["as"], step.fields["prompt"], picture)

    def _script_follows(self, number: int) -> bool:
        """Between a click that only a script hears and what that script sends, only waiting may stand."""
        for step in self._flow.steps[number + 1 :]:
            if step.is_custom and step.kind == CustomStep.XHR:
                return True
            if step.kind not in _WAITING:
                return False
        return False

    def _sends(self, number: int) -> bool:
        """Whether the step stands right behind the mark, and no XHR step speaks for it."""
        before = self._flow.steps[number - 1] if number else None
        is_marked = before is not None and before.is_custom and before.kind == CustomStep.SUBMIT
        return is_marked and not self._script_follows(number)

    def _do(self, step: Step, has_script: bool) -> bool:
        if step.is_custom:
            self._do_custom(step)
            return True
        surface = self._surface
        match step.kind:
            case "navigate":
                surface.navigate(step)
            case "click" | "doubleClick":
                return surface.click(step, has_script)
            case "change":
                surface.change(step)
            case "keyDown":
                return surface.press(step, has_script)
            case "waitForElement" | "waitForExpression" | "hover":
                surface.wait_for(step)
        return True  # what only concerns a window's size or place changes nothing that is sent

    def _do_custom(self, step: Step) -> None:
        surface = self._surface
        match step.kind:
            case CustomStep.SUBMIT:
                self._before_sending()
                self._is_sending = True
            case CustomStep.UPLOAD:
                surface.upload(step, self._files / step.fields["file"])
            case CustomStep.DIALOG:
                surface.answer_dialogs(step.fields.get("accept", True))
                self._expect_dialog(step)
            case CustomStep.XHR:
                surface.script_answer(step)
            case CustomStep.EXTRACT:
                self._extract(step)
            case CustomStep.EVIDENCE:
                self._exhibits += surface.exhibits(step.fields["as"])

    def _expect_dialog(self, step: Step) -> None:
        said = "\n".join(self._surface.seen().dialogs)
        if "says" in step.fields and not re.search(step.fields["says"], said):
            raise PortalFault(PageFault.PAGE_CHANGED, said)

    def _extract(self, step: Step) -> None:
        name = step.fields["as"]
        if "columns" in step.fields:
            self._rows[name] = extracted_rows(self._surface.seen(step.frame), step.fields)
            return
        found = self._found(step)
        if found is not None:
            self._values[name] = found
        elif not step.fields.get("optional"):
            raise PortalFault(PageFault.PAGE_CHANGED, name)

    def _found(self, step: Step) -> str | None:
        """What is required is waited for, unless the site says meanwhile that it took nothing."""
        end = monotonic() + self._flow.timeout_seconds
        while True:
            found = extracted(self._surface.seen(step.frame), step.fields)
            if found is not None or step.fields.get("optional"):
                return found
            self._raise_if_refused()
            if monotonic() > end or not self._surface.may_change():
                return None

    def _raise_if_refused(self) -> None:
        """Whether the site said that it took nothing, where a receipt was looked for in vain."""
        if not self._is_sending:
            return
        seen = self._surface.seen()
        said = "\n".join((*seen.dialogs, *seen.answers, text_of_markup(seen.markup)))
        for pattern, meaning in self._recipe.refusals.items():
            if found := re.search(pattern, said):
                raise Refused(meaning, _line_around(said, found))


_WAITING = frozenset({"waitForElement", "waitForExpression", "keyUp", "scroll", "hover"})


def _line_around(text: str, found: re.Match[str]) -> str:
    start = text.rfind("\n", 0, found.start()) + 1
    return text[start : text.find("\n", found.end()) if "\n" in text[found.end() :] else None].strip()[:200]


def _where(number: int, step: Step) -> str:
    aim = step.fields.get("as") or step.fields.get("url") or (step.selectors[0][-1] if step.selectors else "")
    return f"{number + 1} {step.kind} {aim}".strip()
