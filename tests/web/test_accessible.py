"""axe finds no violation of serious or critical level on any page, in light and dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.acceptance.workspaces import rows
from tests.web.browser import chromium, log_in
from tests.web.desks import NOW, PASSWORD, served
from tracker.services.accounts import Role, add_account

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.timeout(300)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_serious_fault(open_round, scheme):
    workspace = open_round.workspace
    add_account(workspace, "lead", Role.LEAD, PASSWORD, NOW)
    reference = open_round.references[0]
    ((message,),) = rows(workspace.root, "SELECT message FROM coding WHERE request = ?", reference)
    ((held,),) = rows(workspace.root, "SELECT sha256 FROM held_message")
    paths = ["/", "/queue", "/requests", "/arrived", "/pen", f"/pen/{held}", "/tasks", "/asks", "/health", "/audit", "/history", "/admin/units", "/admin/templates", "/export",
             "/units/unit-001", f"/requests/{reference}", f"/requests/{reference}/messages/{message}",
             f"/requests/{reference}/contact"]  # fmt: skip
    found = []
    with served(workspace) as address, chromium() as browser:
        page = log_in(browser, address, "lead")
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for path in paths:
            page.goto(address + path)
            for violation in Axe().run(page).response["violations"]:
                if violation["impact"] in ("serious", "critical"):
                    found.append((path, violation["id"], violation["nodes"][0]["html"][:120]))
    assert found == []
