"""Whether all is well: mailboxes and daemon, the audit of channels, the export."""

import tempfile
import zipfile
from io import BytesIO
from pathlib import Path

from starlette.responses import Response

from tracker.errors import UserError
from tracker.i18n import _
from tracker.services.accounts import Role
from tracker.services.audit import confirm_finding, findings
from tracker.services.export import export_round
from tracker.services.health import Health, coverage_log, health_of, without_addresses
from tracker.web.desk import AT_WORK, EVERYBODY, LEAD_ONLY, Call, Entry, go_to


def health(call: Call) -> Response:
    now = call.desk.clock()
    known, shown = health_of(call.workspace, now), health_seen(call)
    return call.show(
        "health.html",
        health=shown,
        names={one.mailbox: seen.mailbox for one, seen in zip(known.mailboxes, shown.mailboxes, strict=True)},
        gaps=[entry for entry in coverage_log(call.workspace, now) if entry["entry"] == "gap"],
    )


def health_seen(call: Call) -> Health:
    """A mailbox's address tells who the applicant is: for the lead only."""
    found = health_of(call.workspace, call.desk.clock())
    return found if call.visit.role is Role.LEAD else without_addresses(found)


def audit(call: Call) -> Response:
    return call.show("audit.html", findings=findings(call.workspace))


def post_audit(call: Call) -> Response:
    """A person has looked: their word stands over what the machine read of a unit's pages."""
    if call.text("announced") not in ("yes", "no"):
        raise UserError(_("Say whether it is announced."))
    is_announced = call.text("announced") == "yes"
    unit, subject, now = call.text("unit"), call.text("subject"), call.desk.clock()
    confirm_finding(call.workspace, unit, subject, is_announced, call.visit.actor, now, call.text("reason"))
    return go_to("/audit", "confirmed")


def export_page(call: Call) -> Response:
    return call.show("export.html", name=call.round_name())


def export_file(call: Call) -> Response:
    """The whole Data Package as one file; made anew each time, in a folder that is gone afterwards."""
    name = call.round_name()
    with tempfile.TemporaryDirectory(prefix="tracker-export-") as folder:
        target = Path(folder) / "export"
        export_round(call.workspace, name, target, call.desk.clock(), None)
        packed = BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
            for path in sorted(target.rglob("*")):
                if path.is_file():
                    file.write(path, path.relative_to(target))
    headers = {"content-disposition": f'attachment; filename="{name}.zip"'}
    return Response(packed.getvalue(), media_type="application/zip", headers=headers)


ENTRIES = (
    Entry("GET", "/health", health, EVERYBODY),
    Entry("GET", "/audit", audit, EVERYBODY),
    Entry("POST", "/audit", post_audit, AT_WORK),
    Entry("GET", "/export", export_page, LEAD_ONLY),
    Entry("GET", "/export.zip", export_file, LEAD_ONLY),
)
