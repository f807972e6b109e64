"""What can go wrong on a site, by name: each has one remedy, and nothing else is raised by the executors."""

from enum import StrEnum

from tracker.domain.recipes import Refusal


class PageFault(StrEnum):
    PAGE_CHANGED = "page_changed"  # what the recipe looks for is not there
    SERVER_ERROR = "server_error"  # 5xx
    NOT_FOUND = "not_found"  # 404, 410
    BLOCKED = "blocked"  # a firewall's page, whatever its status; 400, 403, 405, 412, 429
    REDIRECTS = "redirects"  # without end
    TOO_LARGE = "too_large"
    CERTIFICATE = "certificate"
    UNREACHABLE = "unreachable"  # no connection: nothing was sent
    TIMED_OUT = "timed_out"
    LOST = "lost"  # the connection broke after something had been sent
    NEEDS_BROWSER = "needs_browser"  # only a script would do something here
    NO_BROWSER = "no_browser"  # the extra `browser`, or Chromium, is not installed
    ROBOTS = "robots"  # robots.txt does not want it read by machines
    UNANSWERED = "unanswered"  # nobody answered in time what the page asked
    BROKEN = "broken"  # an error of our own
    UNFIT_VALUE = "unfit_value"  # a value that cannot safely stand where the recipe puts it


# Faults that come before a byte of the submission can have reached the site.
SURELY_NOT_SENT = frozenset(
    {PageFault.UNREACHABLE, PageFault.CERTIFICATE, PageFault.NEEDS_BROWSER, PageFault.UNFIT_VALUE}
)


class PortalFault(Exception):
    def __init__(self, kind: PageFault, detail: str = "") -> None:
        super().__init__(f"{kind}: {detail}" if detail else str(kind))
        self.kind, self.detail = kind, detail


class Refused(Exception):
    """The site said that it did not take the submission; `words` are its own."""

    def __init__(self, meaning: Refusal, words: str) -> None:
        super().__init__(f"{meaning}: {words}")
        self.meaning, self.words = meaning, words
