"""WARC files (ISO 28500) of exchanges: what any web archive viewer shows offline."""

import io
import uuid
from collections.abc import Iterable

from warcio.statusandheaders import StatusAndHeaders
from warcio.timeutils import datetime_to_iso_date
from warcio.warcwriter import WARCWriter

from tracker.adapters.portals.visitor import Exchange

MEDIA_TYPE = "application/warc"


def write_warc(exchanges: Iterable[Exchange]) -> bytes:
    """Request and response records of each exchange, the bodies as they were sent."""
    file = io.BytesIO()
    writer = WARCWriter(file, gzip=True)
    for exchange in exchanges:
        date = datetime_to_iso_date(exchange.at.replace(tzinfo=None), use_micros=False)
        response = writer.create_warc_record(
            exchange.url,
            "response",
            payload=io.BytesIO(exchange.body),
            http_headers=StatusAndHeaders(
                f"{exchange.status} {exchange.reason}".strip(), list(exchange.headers), protocol="HTTP/1.1"
            ),
            warc_headers_dict={"WARC-Date": date, "WARC-Record-ID": _record_id("response", exchange)},
        )
        request = writer.create_warc_record(
            exchange.url,
            "request",
            payload=io.BytesIO(exchange.request_body),
            http_headers=StatusAndHeaders(
                f"{exchange.method} {_path(exchange.url)} HTTP/1.1",
                list(exchange.request_headers),
                is_http_request=True,
            ),
            warc_headers_dict={"WARC-Date": date, "WARC-Record-ID": _record_id("request", exchange)},
        )
        writer.write_request_response_pair(request, response)
    return file.getvalue()


def _record_id(kind: str, exchange: Exchange) -> str:
    """The same for the same exchange, so that evidence of the same thing has the same hash."""
    return f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{kind} {exchange!r} {exchange.body!r}')}>"


def _path(url: str) -> str:
    rest = url.partition("://")[2]
    return "/" + rest.partition("/")[2].partition("#")[0]
