"""robots.txt binds what a machine reads for itself: guide pages and lists. A citizen's own look-up is not crawling."""

from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

from tracker.adapters.portals.faults import PageFault, PortalFault
from tracker.adapters.portals.visitor import USER_AGENT, Visitor


class Robots:
    """What each host allows, asked once."""

    def __init__(self) -> None:
        self._rules: dict[str, RobotFileParser] = {}

    def check(self, visitor: Visitor, url: str) -> None:
        """Raises `PortalFault` where the host's robots.txt does not want a page read by machines."""
        place = urlsplit(url)
        host = f"{place.scheme}://{place.netloc}"
        if host not in self._rules:
            self._rules[host] = _read(visitor, host)
        if not self._rules[host].can_fetch(USER_AGENT, url):
            raise PortalFault(PageFault.ROBOTS, url)


def _read(visitor: Visitor, host: str) -> RobotFileParser:
    rules = RobotFileParser()
    try:
        rules.parse(visitor.fetch("GET", f"{host}/robots.txt").text.splitlines())
    except PortalFault as fault:
        if fault.kind not in (PageFault.NOT_FOUND, PageFault.BLOCKED, PageFault.PAGE_CHANGED):
            raise
        rules.parse([])  # none: everything is allowed (RFC 9309, 2.3.1.3)
    return rules
