"""A surface in a real browser: one Chromium is kept, and each flow gets a fresh profile in it."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urljoin

from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    Frame,
    Locator,
    Page,
    Playwright,
    sync_playwright,
)

from tracker.adapters.portals.faults import PageFault, PortalFault
from tracker.adapters.portals.locators import locators
from tracker.adapters.portals.player import Exhibit
from tracker.adapters.portals.traffic import Traffic, named_fault
from tracker.adapters.portals.visitor import NO_HOSTS, USER_AGENT, Fetched, accepted
from tracker.adapters.portals.warc import MEDIA_TYPE, write_warc
from tracker.clock import Clock
from tracker.domain.recipes import Step
from tracker.letters.pages import Seen

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_OPTIONS = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-default-apps",
]  # fmt: skip
_LOOK_AGAIN_SECONDS = 0.01
_FORM_ENTRIES = """element => {
  const form = element.form || element.closest('form');
  if (!form) return [];
  const isSubmitter = ['submit', 'image'].includes(element.type) && element.form === form;
  return Array.from(isSubmitter ? new FormData(form, element) : new FormData(form))
    .map(([name, value]) => [name, typeof value === 'string' ? value : value.name]);
}"""
_KIND_OF_FIRST = """found => found.length === 0 ? null
  : found[0].tagName === 'SELECT' ? 'select' : found[0].type || ''"""
_CONTROL_VALUE = """element => 'value' in element ? String(element.value) : element.textContent.trim()"""


class Chromium:
    """Starts at the first flow that needs it. To be used from one thread only, as Playwright asks."""

    def __init__(self, clock: Clock, hosts: Mapping[str, str] = NO_HOSTS) -> None:
        self._clock, self._hosts = clock, hosts
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None

    def open(self, timeout_seconds: float) -> "BrowserSurface":
        if self._browser is None or not self._browser.is_connected():
            self.close()
            self._browser = self._start()
        context = self._browser.new_context(
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            user_agent=USER_AGENT,
            viewport={"width": 1280, "height": 900},
            accept_downloads=False,
        )
        return BrowserSurface(context, self._clock, timeout_seconds)

    def close(self) -> None:
        if self._playwright is not None:
            with suppress(Error):  # it died by itself
                if self._browser is not None:
                    self._browser.close()
            self._playwright.stop()
        self._browser = self._playwright = None

    def _start(self) -> Browser:
        options = chromium_options(self._hosts)
        self._playwright = sync_playwright().start()
        try:
            return self._playwright.chromium.launch(**options)
        except Error as fault:
            raise PortalFault(PageFault.NO_BROWSER, fault.message.splitlines()[0]) from None


def chromium_options(hosts: Mapping[str, str] = NO_HOSTS) -> dict[str, Any]:
    """How the installed Chromium is started. Raises `PortalFault` where there is none."""
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if program is None:
        raise PortalFault(PageFault.NO_BROWSER, "chromium")
    return {
        "executable_path": program,
        "args": [*_OPTIONS, *_mapping(hosts)],
        "chromium_sandbox": _may_sandbox(),
    }


def _mapping(hosts: Mapping[str, str]) -> list[str]:
    rules = ", ".join(f"MAP {host} {target}" for host, target in hosts.items())
    return [f"--host-resolver-rules={rules}"] if rules else []


def _may_sandbox() -> bool:
    """Chromium refuses its sandbox to root."""
    return hasattr(os, "geteuid") and os.geteuid() != 0


class BrowserSurface:
    def __init__(self, context: BrowserContext, clock: Clock, timeout_seconds: float) -> None:
        self._context, self._timeout = context, timeout_seconds
        self._traffic = Traffic(context, clock)
        self._heard = 0  # answers that an XHR step has waited for
        context.set_default_timeout(timeout_seconds * 1000)

    def close(self) -> None:
        self._context.close()

    # --- steps ------------------------------------------------------------------------------------------

    def navigate(self, step: Step) -> None:
        with self._faults():
            self._page.goto(step.fields["url"])
        self._settle()

    def click(self, step: Step, has_script: bool) -> bool:
        locator = self._find(step)
        with self._faults(), self._navigation_of(step):
            locator.click()
        if not has_script:
            self._settle()
        return True

    def change(self, step: Step) -> None:
        (locator, kind), value = self._find_control(step), step.fields["value"]
        with self._faults():
            if kind == "select":
                self._choose(locator, value)
            elif kind in ("checkbox", "radio"):
                locator.set_checked(value not in ("", "false", "off"))
            else:
                locator.fill(value)

    def press(self, step: Step, has_script: bool) -> bool:
        with self._faults(), self._navigation_of(step):
            self._page.keyboard.press(step.fields["key"])
        if not has_script:
            self._settle()
        return True

    def wait_for(self, step: Step) -> None:
        with self._faults():
            if step.kind == "waitForExpression":
                self._frame(step.frame).wait_for_function(step.fields["expression"])
            elif step.kind == "hover":
                self._find(step).hover()
            elif step.fields.get("count", 1):
                self._find(step)

    def upload(self, step: Step, path: Path) -> None:
        if not path.is_file():
            raise PortalFault(PageFault.UNFIT_VALUE, str(path))
        with self._faults():
            self._find(step).set_input_files(path)

    def answer_dialogs(self, accept: bool) -> None:
        self._traffic.accepts = accept

    def script_answer(self, step: Step) -> None:
        """Wait for an answer to an address like the step's that came since the last such step."""
        aim = step.fields["url"].partition("?")[0]
        if not self._until(lambda: any(aim in url for url, _body in self._traffic.answers[self._heard :])):
            raise PortalFault(PageFault.TIMED_OUT, step.fields["url"])
        self._heard = len(self._traffic.answers)

    # --- what is there ------------------------------------------------------------------------------------

    def picture(self, step: Step) -> bytes:
        with self._faults():
            taken: bytes = self._find(
                Step(step.kind, {**step.fields, "selectors": step.fields["picture"]})
            ).screenshot()
        return taken

    def seen(self, frame: Sequence[int] = ()) -> Seen:
        with self._faults():
            shown = self._frame(frame)
            answers = tuple(body for _url, body in self._traffic.answers)
            return Seen(shown.url, self._markup(shown), tuple(self._traffic.dialogs), answers)

    def may_change(self) -> bool:
        """Give scripts a moment."""
        self._pause()
        return True

    def would_send(self, step: Step) -> list[tuple[str, str]]:
        with self._faults():
            if not step.is_custom:
                return [(name, value) for name, value in self._find(step).evaluate(_FORM_ENTRIES)]
            frame = self._frame(step.frame)
            return [
                (name, self._value(step, aim.removesuffix("?")))
                for name, aim in step.fields.get("fields", {}).items()
                if not aim.endswith("?")
                or any(one.count() for one in locators(frame, [[aim.removesuffix("?")]]))
            ]

    def exhibits(self, name: str) -> list[Exhibit]:
        """The page as a picture and as an archive, and the exchanges since the last exhibit."""
        with self._faults():
            picture = self._page.screenshot(full_page=True)
            devtools = self._context.new_cdp_session(self._page)
            archive = devtools.send("Page.captureSnapshot", {"format": "mhtml"})["data"]
            devtools.detach()
        fresh, self._traffic.exchanges = self._traffic.exchanges, []
        found = [Exhibit(name, "image/png", picture), Exhibit(name, "multipart/related", archive.encode())]
        return [*found, Exhibit(name, MEDIA_TYPE, write_warc(fresh))] if fresh else found

    def download(self, address: str) -> Exhibit:
        url = urljoin(self._page.url, address)
        with self._faults():
            answer = self._context.request.get(url, headers={"Referer": self._page.url})
        told = answer.headers
        fetched = Fetched(
            url,
            answer.status,
            told.get("content-type", ""),
            answer.body(),
            told.get("content-disposition", ""),
        )
        accepted(fetched)
        return Exhibit(fetched.file_name, fetched.media_type, fetched.raw)

    # --- within -------------------------------------------------------------------------------------------

    @property
    def _page(self) -> Page:
        """The newest window: forms and links may open one."""
        return self._context.pages[-1]

    def _frame(self, path: Sequence[int]) -> Frame:
        frame = self._page.main_frame
        for number in path:
            if not self._until(lambda: number < len(frame.child_frames)):  # noqa: B023 - at once
                raise PortalFault(PageFault.PAGE_CHANGED, f"frame {number}")
            frame = frame.child_frames[number]
        return frame

    def _markup(self, frame: Frame) -> str:
        """A page that gives way to another has none for a moment."""
        found: list[str] = []

        def is_readable() -> bool:
            with suppress(Error):
                found.append(frame.content())
            return bool(found)

        if not self._until(is_readable):
            raise PortalFault(PageFault.TIMED_OUT, frame.url)
        return found[0]

    def _find(self, step: Step) -> Locator:
        return self._find_control(step)[0]

    def _find_control(self, step: Step) -> tuple[Locator, str]:
        """The first alternative that is there, and its kind of control; scripts may still have to make it."""
        found: list[tuple[Locator, str]] = []

        def is_there() -> bool:
            frame = self._frame(step.frame)
            kinds = ((one, one.evaluate_all(_KIND_OF_FIRST)) for one in locators(frame, step.selectors))
            first = next(((one.first, kind) for one, kind in kinds if kind is not None), None)
            found.extend([first] if first else [])
            return bool(found)

        with self._faults():
            if not self._until(is_there):
                raise PortalFault(PageFault.PAGE_CHANGED)
        return found[0]

    def _choose(self, locator: Locator, value: str) -> None:
        """By value, else by what is shown; scripts may still have to fill the list."""
        shown = (
            f"select => Array.from(select.options).some(o => o.value === {value!r} || o.label === {value!r})"
        )
        if not self._until(lambda: bool(locator.evaluate(shown))):
            raise PortalFault(PageFault.PAGE_CHANGED)
        by_value = "(select, value) => Array.from(select.options).some(o => o.value === value)"
        # by force: layui and its like hide the list that they dress up
        if locator.evaluate(by_value, value):
            locator.select_option(value=value, force=True)
        else:
            locator.select_option(label=value, force=True)

    def _value(self, step: Step, aim: str) -> str:
        if aim.startswith("="):
            return aim[1:]
        return str(self._find(Step("change", {**step.fields, "selectors": [[aim]]})).evaluate(_CONTROL_VALUE))

    def _until(self, is_true: Callable[[], bool]) -> bool:
        end = monotonic() + self._timeout
        while not is_true():
            if monotonic() > end:
                return False
            self._pause()
        return True

    def _pause(self) -> None:
        self._page.wait_for_timeout(_LOOK_AGAIN_SECONDS * 1000)

    @contextmanager
    def _navigation_of(self, step: Step) -> Iterator[None]:
        """Recorder notes which steps led to another page: then it is waited for."""
        asserted = step.fields.get("assertedEvents", ())
        if any(event.get("type") == "navigation" for event in asserted):
            with self._page.expect_navigation():
                yield
        else:
            yield

    def _settle(self) -> None:
        """Wait for the page loads that a step began, in every frame, and name what became of them."""
        with suppress(Error):  # a new page took the place of the one that was asked
            self._page.evaluate("0")  # a submission has begun once a script could run behind it
        if not self._until(lambda: not self._traffic.waiting):
            raise PortalFault(PageFault.TIMED_OUT, self._page.url)
        with self._faults():
            self._page.wait_for_load_state("domcontentloaded")
        if fault := self._traffic.take_fault():
            raise fault

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except Error as fault:
            raise (self._traffic.take_fault() or named_fault(fault.message)) from None
