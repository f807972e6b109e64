"""The holding pen: messages that are not surely one request's, with their candidates and the reason of each."""

from starlette.responses import Response

from tracker.errors import UserError
from tracker.i18n import _
from tracker.services.pen import held_letter, held_messages, next_held
from tracker.services.review import assign
from tracker.store.database import reading
from tracker.web.desk import AT_WORK, EVERYBODY, Call, Entry, go_to

PER_PAGE = 50


def pen(call: Call) -> Response:
    page = call.page_number()
    with reading(call.workspace.engine) as session:
        rows, count = held_messages(session, start=(page - 1) * PER_PAGE, most=PER_PAGE)
    return call.show("pen.html", rows=rows, count=count, page=page, pages=-(-count // PER_PAGE))


def held(call: Call) -> Response:
    with reading(call.workspace.engine) as session:
        found = held_letter(session, call.workspace, call.path("message"), call.visit.role)
    return call.show("held.html", found=found)


def post_held(call: Call) -> Response:
    """ "Belongs here", "to several", "to none of ours", "not for us at all": each names its requests."""
    message, decision, reason = call.path("message"), call.text("decision"), call.text("reason")
    if decision in ("none", "foreign"):
        references = []
        reason = reason or (
            _("not for us at all") if decision == "foreign" else _("an answer to none of ours")
        )
    else:
        references = [call.text("only")] if call.text("only") else _chosen(call)
        if not references:
            raise UserError(_("Choose a request, or say that it is none of ours."))
    assign(call.workspace, message, references, call.visit.actor, call.desk.clock(), reason)
    with reading(call.workspace.engine) as session:
        following = next_held(session)
    return go_to(f"/pen/{following}" if following else "/pen", "assigned")


def _chosen(call: Call) -> list[str]:
    ticked = [str(value) for value in call.form.getlist("reference") if value]
    return list(dict.fromkeys(ticked + call.text("other").replace(",", " ").replace("，", " ").split()))


ENTRIES = (
    Entry("GET", "/pen", pen, EVERYBODY),
    Entry("GET", "/pen/{message}", held, EVERYBODY),
    Entry("POST", "/pen/{message}", post_held, AT_WORK),
)
