"""Recorder's selectors as Playwright's locators."""

from collections.abc import Iterator, Sequence
from typing import Any

from playwright.sync_api import Frame, Locator


def locators(frame: Frame, alternatives: Sequence[Sequence[str]]) -> Iterator[Locator]:
    for chain in alternatives:
        place: Any = frame
        for selector in chain:
            place = _locator(place, selector)
        yield place


def _locator(place: Any, selector: str) -> Locator:
    way, slash, aim = selector.partition("/")
    found: Locator
    if not slash or way not in ("aria", "xpath", "text", "pierce"):
        found = place.locator(f"css={selector}")
    elif way == "aria":
        found = _by_name(place, aim)
    elif way == "text":
        found = place.get_by_text(aim)
    else:
        found = place.locator(f"{'xpath' if way == 'xpath' else 'css'}={aim}")
    return found


def _by_name(place: Any, aim: str) -> Locator:
    name, bracket, rest = aim.partition("[role=")
    found: Locator
    if bracket:
        found = place.get_by_role(rest.rstrip("]").strip("'\""), name=name, exact=True)
        return found
    found = place.get_by_label(name, exact=True).or_(place.get_by_placeholder(name, exact=True))
    for role in ("button", "link", "textbox", "combobox", "checkbox", "radio", "img"):
        found = found.or_(place.get_by_role(role, name=name, exact=True))
    return found
