"""Whether all is well: mailboxes and daemon, the audit of channels, the export."""

import tempfile
import zipfile
from io import BytesIO
from pathlib import Path

from starlette.responses import Response

from tracker.services.audit import findings
from tracker.services.export import export_round
from tracker.services.health import coverage_log, health_of
from tracker.web.desk import EVERYBODY, NO_BLIND, Call, Entry

_MOST_SHOWN = 200


def health(call: Call) -> Response:
    now = call.desk.clock()
    entries = coverage_log(call.workspace, now)
    return call.show(
        "health.html",
        health=health_of(call.workspace, now),
        gaps=[entry for entry in entries if entry["entry"] == "gap"],
        entries=entries[-_MOST_SHOWN:][::-1],
    )


def audit(call: Call) -> Response:
    return call.show("audit.html", findings=findings(call.workspace))


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
    Entry("GET", "/export", export_page, NO_BLIND),
    Entry("GET", "/export.zip", export_file, NO_BLIND),
)
