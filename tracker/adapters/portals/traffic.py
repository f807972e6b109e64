"""What goes over the wire of one browser profile: page loads and their faults, bodies, alerts, a record of each."""

import base64
from contextlib import suppress
from typing import Any

from playwright.sync_api import BrowserContext, CDPSession, Dialog, Error, Page, Request, Response

from tracker.adapters.portals.faults import PageFault, PortalFault
from tracker.adapters.portals.visitor import LARGEST_PAGE, Exchange, Fetched, accepted
from tracker.clock import Clock

_KEPT = frozenset({"document", "xhr", "fetch"})  # of the rest the picture and the archive tell


class Traffic:
    """`waiting`: page loads on their way. `fault`: of the newest page load, until it is taken.

    `answers`: address and body of what scripts were answered. `accepts`: what every dialog is told.
    """

    def __init__(self, context: BrowserContext, clock: Clock) -> None:
        self.dialogs: list[str] = []
        self.answers: list[tuple[str, str]] = []
        self.exchanges: list[Exchange] = []
        self.waiting: set[Request] = set()
        self.fault: PortalFault | None = None
        self.accepts = True
        self._context, self._clock = context, clock
        self._bodies: dict[str, bytes] = {}  # by address, as they came over the wire
        context.on("request", self._on_request)
        context.on("requestfinished", self._on_finished)
        context.on("requestfailed", self._on_failed)
        context.on("dialog", self._on_dialog)
        self._listen(context.new_page())
        context.on("page", self._listen)  # windows that a form or a link opens

    def take_fault(self) -> PortalFault | None:
        fault, self.fault = self.fault, None
        return fault

    def _listen(self, page: Page) -> None:
        """Have pages and answers before they are read: their bytes as sent, and no more than is borne."""
        devtools = self._context.new_cdp_session(page)
        devtools.on("Fetch.requestPaused", lambda event: self._on_answer(devtools, event))
        kinds = ("Document", "XHR", "Fetch")
        patterns = [{"resourceType": kind, "requestStage": "Response"} for kind in kinds]
        devtools.send("Fetch.enable", {"patterns": patterns})

    def _on_answer(self, devtools: CDPSession, event: dict[str, Any]) -> None:
        answer, url = {"requestId": event["requestId"]}, event["request"]["url"]
        with suppress(Error):  # the page was left meanwhile
            if _length_of(event) > LARGEST_PAGE:
                self.fault = PortalFault(PageFault.TOO_LARGE, url)
                devtools.send("Fetch.failRequest", {**answer, "errorReason": "BlockedByClient"})
                return
            if event.get("responseStatusCode", 0) // 100 == 2:
                body = devtools.send("Fetch.getResponseBody", answer)
                raw = body["body"]
                self._bodies[url] = base64.b64decode(raw) if body["base64Encoded"] else raw.encode()
            devtools.send("Fetch.continueRequest", answer)

    def _on_request(self, request: Request) -> None:
        if request.is_navigation_request():
            self.waiting.add(request)

    def _on_finished(self, request: Request) -> None:
        with suppress(Error):  # the page was left meanwhile
            response = request.response()
            if response and request.resource_type in _KEPT:
                self._keep(request, response)
        self.waiting.discard(request)

    def _on_failed(self, request: Request) -> None:
        reason = request.failure or "ERR_ABORTED"  # a load that another replaced is no fault
        if request in self.waiting and "ERR_ABORTED" not in reason:
            self.fault = self.fault or named_fault(reason)
        self.waiting.discard(request)

    def _on_dialog(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.accept() if self.accepts else dialog.dismiss()

    def _keep(self, request: Request, response: Response) -> None:
        body = self._bodies.pop(request.url, None)
        if body is None:
            body = b"" if 300 <= response.status < 400 else response.body()
        self.exchanges.append(_exchange(request, response, body, self._clock))
        if request.is_navigation_request():
            self.fault = _fault_of(_fetched(response, body))
        elif request.resource_type in ("xhr", "fetch"):
            self.answers.append((request.url, _fetched(response, body).text))


def _length_of(event: dict[str, Any]) -> int:
    headers = {one["name"].lower(): one["value"] for one in event.get("responseHeaders", ())}
    return int(headers.get("content-length", "0"))


def _exchange(request: Request, response: Response, body: bytes, clock: Clock) -> Exchange:
    """The browser hands bodies over unpacked: the headers that told how they were packed are left out."""
    unpacked = {"content-encoding", "content-length", "transfer-encoding"}
    return Exchange(
        at=clock(),
        method=request.method,
        url=request.url,
        request_headers=tuple((one["name"], one["value"]) for one in request.headers_array()),
        request_body=request.post_data_buffer or b"",
        status=response.status,
        reason=response.status_text,
        headers=tuple(
            (one["name"], one["value"])
            for one in response.headers_array()
            if one["name"].lower() not in unpacked
        ),
        body=body,
    )


def _fetched(response: Response, body: bytes) -> Fetched:
    return Fetched(response.url, response.status, response.headers.get("content-type", ""), body)


def _fault_of(page: Fetched) -> PortalFault | None:
    try:
        accepted(page)
    except PortalFault as fault:
        return fault
    return None


def named_fault(message: str) -> PortalFault:
    detail = message.splitlines()[0]
    for sign, kind in (
        ("ERR_CERT", PageFault.CERTIFICATE),
        ("ERR_SSL", PageFault.CERTIFICATE),
        ("ERR_CONNECTION_REFUSED", PageFault.UNREACHABLE),
        ("ERR_NAME_NOT_RESOLVED", PageFault.UNREACHABLE),
        ("ERR_ADDRESS_UNREACHABLE", PageFault.UNREACHABLE),
        ("ERR_INTERNET_DISCONNECTED", PageFault.UNREACHABLE),
        ("ERR_TOO_MANY_REDIRECTS", PageFault.REDIRECTS),
        ("TIMED_OUT", PageFault.TIMED_OUT),
        ("Timeout", PageFault.TIMED_OUT),
    ):
        if sign in message:
            return PortalFault(kind, detail)
    return PortalFault(PageFault.LOST, detail)
