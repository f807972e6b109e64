"""Reference tables and the history of who did what: to be read; every change is an event made elsewhere."""

from starlette.responses import Response

from tracker.errors import UserError
from tracker.i18n import _
from tracker.services.accounts import Role
from tracker.services.reference import TABLES, history_page, table_page
from tracker.store.database import reading
from tracker.web.desk import LEAD_ONLY, NO_BLIND, Call, Entry

PER_PAGE = 100


def history(call: Call) -> Response:
    """All events, newest first."""
    page = call.page_number()
    with reading(call.workspace.engine) as session:
        rows, count = history_page(
            session, actor=call.query("actor"), start=(page - 1) * PER_PAGE, most=PER_PAGE
        )
    return call.show("history.html", rows=rows, count=count, page=page, pages=-(-count // PER_PAGE))


def table(call: Call) -> Response:
    name = call.path("table")
    if name not in TABLES:
        raise UserError(_("There is no such page."))
    return _show_table(call, name)


def accounts(call: Call) -> Response:
    """Who may log in: for who makes the accounts, not for who looks on."""
    return _show_table(call, "accounts")


def _show_table(call: Call, name: str) -> Response:
    page = call.page_number()
    with reading(call.workspace.engine) as session:
        found = table_page(
            session, call.workspace, name, call.round_name(), start=(page - 1) * PER_PAGE, most=PER_PAGE
        )
    tables = [one for one in TABLES if one != "accounts" or call.visit.role is Role.LEAD]
    return call.show(
        "table.html", name=name, tables=tables, found=found, page=page, pages=-(-found.count // PER_PAGE)
    )


ENTRIES = (
    Entry("GET", "/history", history, NO_BLIND),
    Entry("GET", "/admin/accounts", accounts, LEAD_ONLY),
    Entry("GET", "/admin/{table}", table, NO_BLIND),
)
