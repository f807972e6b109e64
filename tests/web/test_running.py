"""The pages about how the round runs: mailboxes and their gaps, the audit of channels, the reference tables."""

import re
from datetime import timedelta

from tests.acceptance.workspaces import CHEN, change
from tests.web.desks import NOW, desk


def cells(page: str, after: str) -> list[list[str]]:
    """The rows of the first table behind a text, their headers first."""
    table = page.partition(after)[2].partition("</table>")[0]
    found = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in table.split("<tr")[1:]]
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in row] for row in found]


def test_a_gap_names_its_mailbox_by_address_to_the_lead_and_by_number_to_others(open_round):
    unread = NOW - timedelta(days=3)
    change(
        open_round.workspace.root,
        "UPDATE mailbox_health SET last_ok_at = ?, fault = ?",
        f"{unread:%Y-%m-%d %H:%M:%S.%f}",
        f"no login for {CHEN}",
    )
    with desk(open_round.workspace, lead="lead", wang="reviewer", olga="observer") as people:
        for name, mailbox in (("lead", CHEN), ("wang", "mailbox 1"), ("olga", "mailbox 1")):
            page, overview = people[name].get("/health"), people[name].get("/")
            headers, gap = cells(page, "Gaps in watching")
            assert headers == ["mailbox", "since", "until"]
            assert (gap[0], gap[2]) == (mailbox, "not over yet")
            for text in (page, overview):
                assert f"{mailbox}: not read for 72 hours: no login for {mailbox}." in text
                assert (CHEN in text) == (name == "lead")
