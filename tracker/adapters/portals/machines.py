"""The machines that play recipes: bare HTTP, or one Chromium that is kept."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tracker.adapters.portals.faults import PageFault, PortalFault
from tracker.adapters.portals.http import HttpSurface
from tracker.adapters.portals.player import Surface
from tracker.adapters.portals.visitor import NO_HOSTS, Visitor
from tracker.clock import Clock
from tracker.domain.recipes import Executor

if TYPE_CHECKING:
    from tracker.adapters.portals.browser import Chromium


class Machines:
    """To be used from one thread only, and closed at the end."""

    def __init__(self, clock: Clock, hosts: Mapping[str, str] = NO_HOSTS) -> None:
        self._clock, self._hosts = clock, hosts
        self._chromium: Chromium | None = None

    def open(self, executor: Executor, timeout_seconds: float) -> Surface:
        """A fresh session. Raises `PortalFault` where there is no browser to be had."""
        if executor is Executor.HTTP:
            return HttpSurface(Visitor(self._clock, timeout_seconds, self._hosts))
        if self._chromium is None:
            try:
                from tracker.adapters.portals.browser import Chromium
            except ImportError:  # the extra `browser` is not installed
                raise PortalFault(PageFault.NO_BROWSER, "playwright") from None
            self._chromium = Chromium(self._clock, self._hosts)
        return self._chromium.open(timeout_seconds)

    def close(self) -> None:
        if self._chromium is not None:
            self._chromium.close()
