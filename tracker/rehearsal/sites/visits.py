"""One request of a visitor with everything a platform wants to know of it."""

import json
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import UploadFile
from starlette.requests import Request

from .books import Upload

__all__ = ["Session", "Visit", "read_visit"]


@dataclass(slots=True)
class Session:
    """What a platform remembers of a visitor; `notes` are its own business."""

    key: str
    notes: dict[str, str] = field(default_factory=dict)
    visits: int = 0


@dataclass(frozen=True, slots=True)
class Visit:
    """`fields` of the body, whatever its encoding; `parts` of the path; `query` of the address."""

    host: str
    query: dict[str, str]
    parts: dict[str, str]
    fields: dict[str, str]
    uploads: dict[str, Upload]
    cookies: dict[str, str]
    referer: str
    session: Session

    @property
    def comes_from_here(self) -> bool:
        return urlsplit(self.referer).netloc == self.host


async def read_visit(request: Request, session: Session, encoding: str) -> Visit:
    session.visits += 1
    fields, uploads = await _body(request, encoding)
    return Visit(
        host=request.headers.get("host", ""),
        query=dict(request.query_params),
        parts=dict(request.path_params),
        fields=fields,
        uploads=uploads,
        cookies=dict(request.cookies),
        referer=request.headers.get("referer", ""),
        session=session,
    )


async def _body(request: Request, encoding: str) -> tuple[dict[str, str], dict[str, Upload]]:
    kind = request.headers.get("content-type", "").partition(";")[0]
    if kind == "multipart/form-data":
        return await _multipart(request)
    body = await request.body()
    if kind == "application/json":
        return _json(body), {}
    # gb18030 reads everything that a browser calls gbk
    charset = "gb18030" if encoding == "gbk" else encoding
    pairs = parse_qsl(body.decode("latin-1"), keep_blank_values=True, encoding=charset)
    return dict(pairs), {}


async def _multipart(request: Request) -> tuple[dict[str, str], dict[str, Upload]]:
    fields: dict[str, str] = {}
    uploads: dict[str, Upload] = {}
    async with request.form() as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                fields[name] = value.filename or ""
                if value.filename:
                    uploads[name] = (value.filename, value.content_type or "", await value.read())
            else:
                fields[name] = value
    return fields, uploads


def _json(body: bytes) -> dict[str, str]:
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in told.items()} if isinstance(told, dict) else {}
