"""Raw evidence for download, and a letter's own page in a frame that can do nothing."""

from starlette.responses import Response

from tracker.errors import UserError
from tracker.i18n import _
from tracker.letters.showing import harmless_page
from tracker.services.case import files_of, mask_for, messages_of, note_identity_seen
from tracker.services.intake import kept_message
from tracker.services.rounds import find_request
from tracker.store.database import reading
from tracker.store.events import events_of_request
from tracker.store.queries import arrivals_of
from tracker.web.desk import AT_WORK, EVERYBODY, Call, Entry

_FRAME_POLICY = "default-src 'none'; style-src 'none'; sandbox; frame-ancestors 'self'"


def letter_page(call: Call) -> Response:
    """The letter as its writer laid it out, without anything that loads, runs or links."""
    reference, message = call.path("reference"), call.path("message")
    with reading(call.workspace.engine) as session:
        request = find_request(session, reference)
        if message not in messages_of(events_of_request(session, reference)):
            raise _unknown(message, reference)
        mask = mask_for(session, call.workspace, request.applicant, call.visit.role)
    page = mask(harmless_page(call.workspace.evidence.read(message)))
    return Response(page, media_type="text/html", headers={"content-security-policy": _FRAME_POLICY})


def evidence(call: Call) -> Response:
    """A file that the request's events rest on, byte for byte; it may name the applicant, so it is on record."""
    reference, sha256 = call.path("reference"), call.path("sha256")
    with reading(call.workspace.engine) as session:
        known = {
            one.sha256
            for one, _size, _type in files_of(session, call.workspace, events_of_request(session, reference))
        }
    if sha256 not in known:
        raise _unknown(sha256, reference)
    note_identity_seen(
        call.workspace, call.visit, "evidence", call.desk.clock(), request=reference, message=sha256
    )
    return _download(call.workspace.evidence.read(sha256), f"{reference}-{sha256[:16]}")


def attachment(call: Call) -> Response:
    reference, message, sha256 = (call.path(name) for name in ("reference", "message", "sha256"))
    with reading(call.workspace.engine) as session:
        if message not in messages_of(events_of_request(session, reference)):
            raise _unknown(message, reference)
        parsed = kept_message(call.workspace, session, arrivals_of(session, message)[0])
    found = next((file for file in parsed.attachments if file.sha256 == sha256), None)
    if found is None:
        raise _unknown(sha256, reference)
    note_identity_seen(
        call.workspace, call.visit, "attachment", call.desk.clock(), request=reference, message=message
    )
    suffix = found.name.rpartition(".")[2].lower() if "." in found.name else "bin"
    is_plain = suffix.isascii() and suffix.isalnum() and len(suffix) <= 5
    return _download(found.raw, f"{reference}-{sha256[:16]}.{suffix if is_plain else 'bin'}")


def _download(raw: bytes, name: str) -> Response:
    """Never shown in the page: a browser saves it under a name of ours."""
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(raw, media_type="application/octet-stream", headers=headers)


def _unknown(sha256: str, reference: str) -> UserError:
    return UserError(
        _("{message} is not a message of {reference}.").format(message=sha256[:12], reference=reference)
    )


_MESSAGE = "/requests/{reference}/messages/{message}"
ENTRIES = (
    Entry("GET", f"{_MESSAGE}/page", letter_page, EVERYBODY),
    Entry("GET", f"{_MESSAGE}/files/{{sha256}}", attachment, AT_WORK),
    Entry("GET", "/requests/{reference}/evidence/{sha256}", evidence, AT_WORK),
)
