"""Requests to one site as one citizen's browser makes them: cookies, Referer, bounds, and a record of each."""

import codecs
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from socket import IPPROTO_TCP, TCP_NODELAY
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import httpx

from tracker.adapters.portals.faults import PageFault, PortalFault
from tracker.clock import Clock
from tracker.letters.charsets import decode_text
from tracker.letters.markup import charset_in_markup
from tracker.letters.pages import is_block_page

LARGEST_PAGE = 10_000_000  # bytes as sent over the wire, and again as unpacked
_MOST_REDIRECTS = 10
_REFUSING = frozenset({400, 401, 403, 405, 412, 418, 429, 503, 521})
USER_AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)
_HEADERS = {
    "User-Agent": USER_AGENT,
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "zh-CN,zh;q=0.9",
    "Accept-Encoding": "gzip, deflate",
}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, byte for byte as far as HTTP lets us see them."""

    at: datetime
    method: str
    url: str
    request_headers: tuple[tuple[str, str], ...]
    request_body: bytes = field(repr=False)
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)  # still packed, as its Content-Encoding says


@dataclass(frozen=True, slots=True)
class Fetched:
    """The last answer after redirects, unpacked."""

    url: str
    status: int
    content_type: str
    raw: bytes = field(repr=False)
    disposition: str = ""

    @property
    def media_type(self) -> str:
        return self.content_type.partition(";")[0].strip().lower() or "application/octet-stream"

    @property
    def file_name(self) -> str:
        """As the site names the file, else the last part of its address."""
        for name, value in _parameters(self.disposition).items():
            if name == "filename*":
                charset, _tick, text = value.partition("''")
                return unquote(text, encoding=_charset(charset), errors="replace")
            if name == "filename":
                return decode_text(value.encode("latin-1", "replace"), None)[0]
        return unquote(urlsplit(self.url).path.rpartition("/")[2]) or "file"

    @property
    def text(self) -> str:
        """Decoded by what the bytes show, the header, then the page's own word: sites lie in each."""
        charset = _charset_of(self.content_type) or charset_in_markup(self.raw)
        return decode_text(self.raw, charset)[0]

    @property
    def charset(self) -> str:
        """What a form on this page is sent in: the header's word, then the page's, else UTF-8."""
        return _charset_of(self.content_type) or charset_in_markup(self.raw) or "utf-8"


@cache
def _tls() -> ssl.SSLContext:
    """The authorities that are trusted: reading them takes longer than a form."""
    return httpx.create_ssl_context(trust_env=False)


NO_HOSTS: Mapping[str, str] = MappingProxyType({})


class _Transport(httpx.HTTPTransport):
    """At once, and to where the hosts of a rehearsal really are; the site still sees its own name."""

    def __init__(self, hosts: Mapping[str, str]) -> None:
        # head and body of a POST go as two packets: the second must not wait for word of the first
        super().__init__(verify=_tls(), trust_env=False, socket_options=[(IPPROTO_TCP, TCP_NODELAY, 1)])
        self._hosts = hosts

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        target = self._hosts.get(request.url.host)
        if target is None:
            return super().handle_request(request)
        host, _colon, port = target.partition(":")
        place = request.url.copy_with(host=host, port=int(port))
        return super().handle_request(
            httpx.Request(
                request.method,
                place,
                headers=request.headers,
                stream=request.stream,
                extensions=request.extensions,
            )
        )


class Visitor:
    """One session: its cookies, and every exchange so far. Nothing is kept from one visitor to the next."""

    def __init__(
        self, clock: Clock, timeout_seconds: float = 15.0, hosts: Mapping[str, str] = NO_HOSTS
    ) -> None:
        self.exchanges: list[Exchange] = []
        self._clock = clock
        self._client = httpx.Client(
            headers=_HEADERS,
            timeout=timeout_seconds,
            follow_redirects=False,
            trust_env=False,
            transport=_Transport(hosts),
        )

    def close(self) -> None:
        self._client.close()

    def fetch(
        self,
        method: str,
        url: str,
        *,
        referer: str = "",
        headers: Mapping[str, str] | None = None,
        **body: Any,
    ) -> Fetched:
        """Send one request and follow where it leads; `body` is httpx's content, data, files or json.

        Raises `PortalFault`; of a fault at a redirect, that what came before it was answered.
        """
        sent = {**({"Referer": referer} if referer else {}), **(headers or {})}
        for hop in range(_MOST_REDIRECTS):
            with _named_faults(is_first=hop == 0):
                request = self._client.build_request(method, url, headers=sent, **body)
                exchange, fetched = self._exchange(request)
            target = {name.lower(): value for name, value in exchange.headers}.get("location")
            if exchange.status not in (301, 302, 303, 307, 308) or not target:
                return accepted(fetched)
            if exchange.status in (301, 302, 303):
                method, body = "GET", {}
            url = urljoin(url, target)
        raise PortalFault(PageFault.REDIRECTS, url)

    def _exchange(self, request: httpx.Request) -> tuple[Exchange, Fetched]:
        at, url = self._clock(), str(request.url)
        answer = self._client.send(request, stream=True)
        try:
            packed = _bounded(answer.iter_raw())
        finally:
            answer.close()
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers.raw]
        exchange = Exchange(
            at=at,
            method=request.method,
            url=url,
            request_headers=tuple(
                (name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw
            ),
            request_body=request.read(),
            status=answer.status_code,
            reason=answer.reason_phrase,
            headers=tuple(headers),
            body=packed,
        )
        self.exchanges.append(exchange)
        return exchange, _unpacked(exchange)


def _bounded(chunks: Iterator[bytes]) -> bytes:
    found = bytearray()
    for chunk in chunks:
        found += chunk
        if len(found) > LARGEST_PAGE:
            raise PortalFault(PageFault.TOO_LARGE, f"> {LARGEST_PAGE} bytes")
    return bytes(found)


def _unpacked(exchange: Exchange) -> Fetched:
    """A page that unpacks to a thousand times its size is cut by the bound as well."""
    answer = httpx.Response(
        exchange.status,
        headers=[  # as bytes: sites write file names into them in any charset
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in exchange.headers
            if name.lower() != "transfer-encoding"
        ],
        stream=httpx.ByteStream(exchange.body),
    )
    raw = _bounded(answer.iter_bytes(65_536))
    told = {name.lower(): value for name, value in exchange.headers}
    disposition = told.get("content-disposition", "")
    return Fetched(exchange.url, exchange.status, told.get("content-type", ""), raw, disposition)


def accepted(fetched: Fetched) -> Fetched:
    """The page itself, unless its status or its text says that it is none: then raises `PortalFault`."""
    if fetched.status in (404, 410):
        raise PortalFault(PageFault.NOT_FOUND, fetched.url)
    if fetched.status in _REFUSING or (_is_markup(fetched) and is_block_page(fetched.text)):
        raise PortalFault(PageFault.BLOCKED, f"HTTP {fetched.status} {fetched.url}")
    if fetched.status >= 500:
        raise PortalFault(PageFault.SERVER_ERROR, f"HTTP {fetched.status} {fetched.url}")
    if fetched.status >= 400:
        raise PortalFault(PageFault.PAGE_CHANGED, f"HTTP {fetched.status} {fetched.url}")
    return fetched


def _is_markup(fetched: Fetched) -> bool:
    return "html" in fetched.content_type or not fetched.content_type


def _charset_of(content_type: str) -> str:
    return _parameters(content_type).get("charset", "")


def _parameters(header: str) -> dict[str, str]:
    """The parameters of a header such as Content-Type, by lower-case name; the better `filename*` first."""
    pairs = (part.partition("=") for part in header.split(";")[1:])
    found = {name.strip().lower(): value.strip().strip("\"'") for name, _equals, value in pairs}
    return dict(sorted(found.items(), key=lambda pair: pair[0] != "filename*"))


def _charset(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "utf-8"


@contextmanager
def _named_faults(is_first: bool) -> Iterator[None]:
    """httpx's errors by our names. Behind a redirect the submission was answered: nothing is `unreachable`."""
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout) as fault:
        is_certificate = "CERTIFICATE_VERIFY_FAILED" in str(fault) or "certificate" in str(fault)
        kind = PageFault.CERTIFICATE if is_certificate else PageFault.UNREACHABLE
        raise PortalFault(kind if is_first else PageFault.LOST, str(fault)) from None
    except httpx.TimeoutException as fault:
        raise PortalFault(PageFault.TIMED_OUT, str(fault)) from None
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as fault:
        raise PortalFault(PageFault.PAGE_CHANGED if is_first else PageFault.LOST, str(fault)) from None
    except httpx.HTTPError as fault:
        raise PortalFault(PageFault.LOST, str(fault)) from None
