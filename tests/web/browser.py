"""Chromium at the desk, as an evaluator uses it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.web.desks import PASSWORD
from tracker.adapters.portals.browser import chromium_options

# where a run leaves its pictures, to be looked at
PICTURES = Path(os.environ.get("DESK_PICTURES", ".cache/desk-pictures"))


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium_options())
        try:
            yield browser
        finally:
            browser.close()


def log_in(browser: Browser, address: str, name: str, *, language: str = "en", width: int = 1280) -> Page:
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.add_cookies([{"name": "language", "value": language, "url": address}])
    page = context.new_page()
    page.goto(f"{address}/login")
    page.fill("#name", name)
    page.fill("#password", PASSWORD)
    page.click("button.main")
    page.wait_for_url(f"{address}/")
    return page


def picture(page: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
