"""The pages about how the round runs: mailboxes and their gaps, the audit of channels, the reference tables."""

import re
from datetime import datetime, timedelta
from pathlib import Path

from tests.acceptance.workspaces import CHEN, call, change, rows
from tests.servers.ports import HOST
from tests.web.desks import NOW, desk
from tracker.domain.terms import SHANGHAI


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


def test_the_audit_names_channels_as_other_pages_do_and_says_why_a_page_could_not_be_read(
    open_round, tmp_path: Path
):
    pages = tmp_path / "pages.csv"
    pages.write_text(
        f"unit_id,kind,url\nunit-001,guide,http://{HOST}:9/\nunit-001,consultation,http://{HOST}:9/\n"
    )
    call(open_round.workspace.root, "audit", "run", str(pages), expect=1)
    with desk(open_round.workspace, lead="lead") as people:
        _headers, *found = cells(people["lead"].get("/audit"), "Audit of channels")
    subjects = ["e-mail", "fax", "in person", "phone", "post", "satisfaction rating", "web form"]
    assert sorted(row[1] for row in found) == subjects
    for row in found:
        assert row[2] == "unknown"
        assert row[4].startswith("the site could not be reached")


def test_reference_tables_speak_in_words_and_local_time(open_round):
    with desk(open_round.workspace, lead="lead") as people:
        channels, accounts = (people["lead"].get(f"/admin/{name}") for name in ("channels", "accounts"))
    headers, first, *_rest = cells(channels, "<h1>")
    assert headers == ["unit id", "kind", "channel", "address", "platform", "priority"]
    assert first[1:3] == ["disclosure", "e-mail"]
    assert cells(accounts, "<h1>")[1] == ["lead", "lead", moment_in_english(NOW), ""]


def moment_in_english(moment: datetime) -> str:
    local = moment.astimezone(SHANGHAI)
    return f"{local.day} {local:%b %Y %H:%M}"


def test_the_list_of_keys_names_every_key_that_a_page_offers(open_round):
    ((message,),) = rows(
        open_round.workspace.root, "SELECT message FROM coding WHERE request = ?", open_round.references[0]
    )
    ((held,),) = rows(open_round.workspace.root, "SELECT sha256 FROM held_message")
    with desk(open_round.workspace, wang="reviewer") as people:
        for path in ("/queue", f"/pen/{held}", f"/requests/{open_round.references[0]}/messages/{message}"):
            page, _mark, listed = people["wang"].get(path).partition('<dialog id="keys">')
            offered, known = (set(re.findall(r"<kbd>(\w+)</kbd>", text)) for text in (page, listed))
            codes = set("123456789abcdefghijklmnopqrstuvwxyz") if "/messages/" in path else set("23456789")
            assert offered - codes <= known, path
            assert {"s", "0", "x"} <= known


def test_filters_and_columns_of_the_requests_page_have_words_of_their_own(open_round):
    with desk(open_round.workspace, lead="lead") as people:
        people["lead"].client.cookies.set("language", "zh-CN", domain=HOST)
        page = people["lead"].get("/requests")
    filters = re.findall(r"<label>([^<]+?) <", page)
    headers = cells(page, 'class="filters"')[0]
    assert len(filters) == len(set(filters)) == 4
    assert len(headers) == len(set(headers)) == 9
