"""The channel audit on the simulated sites: what each guide announces, what it does not, and a vote that works once."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.workspaces import CHEN, build, call, change, rows
from tests.web.desks import desk
from tracker.rehearsal.sites import UNITS, Books, Note, Sites, Unit
from tracker.services.audit import findings
from tracker.services.forms import FormWorker
from tracker.services.tick import tick
from tracker.settings import open_workspace

NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)
SEEN = ("2026-02-01 00:00:00", "2026-03-01 00:00:00")
RECIPE = Path(__file__).parents[2] / "data/rehearsals/yanan-2020/data/recipes/mailbox/recipe.json"


@pytest.fixture(scope="module")
def sites() -> Iterator[Sites]:
    books = {name: Books(name[:2].upper(), lambda: NOW) for name in ("iframe_gbk", "xhr_code", "mailbox")}
    with Sites(books) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    build(tmp_path / "workspace", smtp_port=1, imap_port=1)
    return tmp_path / "workspace"


def units() -> list[tuple[str, Unit]]:
    return [(name, unit) for name in ("iframe_gbk", "xhr_code") for unit in UNITS[name]]


def pages_csv(folder: Path, lines: list[str]) -> Path:
    path = folder / "pages.csv"
    path.write_text("unit_id,kind,url\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def announced_in(unit: Unit) -> dict[str, bool]:
    told = unit.channels
    return {
        "web_form": told.online,
        "email": bool(told.email),
        "fax": bool(told.fax),
        "post": bool(told.postal_address),
        "phone": bool(told.phone),
        "in_person": bool(told.counter),
    }


def test_each_guide_is_read_for_the_channels_it_announces(folder: Path, sites: Sites) -> None:
    lines = [f"{u.code},guide,{sites.address(name)}/guide/{u.code}" for name, u in units()]
    call(folder, "audit", "run", str(pages_csv(folder, lines)))
    found = call(folder, "audit", "list", "--json").json
    for name, unit in units():
        mine = [one for one in found if one["unit_id"] == unit.code]
        assert {one["subject"]: one["is_announced"] for one in mine} == announced_in(unit), (name, unit)
        assert all(one["snippet"] for one in mine if one["is_announced"])
    faxes = {one["unit_id"]: one["value"] for one in found if one["subject"] == "fax" and one["value"]}
    assert faxes == {unit.code: unit.channels.fax for _, unit in units() if unit.channels.fax}
    assert len({one["sha256"] for one in found}) == len(units())
    call(folder, "verify")


def test_a_persons_word_stands_beside_what_was_read(folder: Path, sites: Sites) -> None:
    name, unit = next((n, u) for n, u in units() if not u.channels.fax)
    call(
        folder,
        "audit",
        "run",
        str(pages_csv(folder, [f"{unit.code},guide,{sites.address(name)}/guide/{unit.code}"])),
    )
    call(folder, "audit", "confirm", unit.code, "fax", "--no")
    call(folder, "audit", "confirm", unit.code, "email", "--no", "--reason", "a picture only")
    found = {one["subject"]: one for one in call(folder, "audit", "list", "--json").json}
    assert (found["fax"]["is_announced"], found["fax"]["confirmed"]) == (False, False)
    assert (found["email"]["is_announced"], found["email"]["confirmed"]) == (bool(unit.channels.email), False)
    assert found["post"]["confirmed"] is None
    with desk(open_workspace(folder), wang="reviewer", olga="observer") as people:
        assert "/audit" not in people["olga"].get("/audit").partition("<main")[2]
        assert "done=confirmed" in people["wang"].post(
            "/audit", unit=unit.code, subject="post", announced="yes"
        )
        people["wang"].post("/audit", 409, unit=unit.code, subject="telepathy", announced="yes")
        people["wang"].post("/audit", 409, unit=unit.code, subject="post")
    (post,) = [one for one in call(folder, "audit", "list", "--json").json if one["subject"] == "post"]
    assert post["confirmed"] is True
    refused = call(folder, "audit", "confirm", unit.code, "telepathy", "--yes", expect=1)
    assert "nothing was read about this" in refused.talk


def test_a_page_that_cannot_be_read_says_nothing_about_the_unit(folder: Path, sites: Sites) -> None:
    lines = [f"gone,guide,{sites.address('xhr_code')}/guide/999", "silent,guide,http://127.0.0.1:9/"]
    refused = call(folder, "audit", "run", str(pages_csv(folder, lines)), expect=1)
    assert "0 of 2 pages read" in refused.talk
    found = call(folder, "audit", "list", "--json").json
    assert {one["is_announced"] for one in found} == {None}
    assert {one["fault"].split(":")[0] for one in found} == {"not_found", "unreachable"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("u,guides,http://u.test/", 'pages.csv:2: "guides" is no kind of page'),
        ("u,guide,u.test", 'pages.csv:2: "u.test" is no web'),
    ],
)
def test_a_bad_row_is_named(folder: Path, line: str, said: str) -> None:
    assert said in call(folder, "audit", "run", str(pages_csv(folder, [line])), expect=1).talk


# --- the satisfaction rating ------------------------------------------------------------------------------


@pytest.fixture
def consulted(tmp_path: Path) -> Iterator[tuple[Path, Books, str]]:
    """A consultation that went to the mailbox site and was answered there; its reference."""
    moment = NOW
    books = Books("MA", lambda: moment)
    with Sites({"mailbox": books}) as running:
        workspace = build(
            tmp_path / "consulted",
            smtp_port=1,
            imap_port=1,
            offices=(),
            forms=[f"{running.address('mailbox')}/mailbox/write.do"],
            recipe=json.loads(RECIPE.read_text(encoding="utf-8")),
            kind="consultation",
            parameters="dept=501",
            planned_at=NOW - timedelta(days=30),
            phone="13000000001",
        )
        change(workspace.root, "INSERT INTO mailbox_health VALUES (?, ?, ?, 0, '')", CHEN, *SEEN)
        with closing(FormWorker(workspace, lambda: moment)) as worker:
            worker.turn()
            (sent,) = books.submissions
            books.note(
                sent.number,
                Note("answered", NOW, "您好，部门决算公开在我单位网站“财政预决算”栏目，点开即可查看。"),
            )
            moment = NOW + timedelta(days=2)
            worker.turn()
        tick(workspace, moment, lambda: moment)
        ((reference, state),) = rows(workspace.root, "SELECT reference, state FROM request_state")
        assert state == "replied"
        yield workspace.root, books, reference


def test_an_answer_is_rated_once_and_what_the_site_said_is_kept(consulted: tuple[Path, Books, str]) -> None:
    folder, books, reference = consulted
    said = call(folder, "audit", "rate", reference, "--grade", "满意").talk
    assert "评价成功" in said
    assert list(books.votes.values()) == ["满意"]
    again = call(folder, "audit", "rate", reference, expect=1)
    assert again.talk.count("\n") == 1
    assert list(books.votes.values()) == ["满意"]
    events = rows(folder, "SELECT kind FROM event WHERE kind LIKE 'rat%' ORDER BY seq")
    assert events == [("rating_claimed",), ("rated",)]


def test_a_page_with_a_rating_offers_one(consulted: tuple[Path, Books, str], folder: Path) -> None:
    """Only who holds the code sees the form: a public list of the same site offers nothing."""
    root, _books, _reference = consulted
    (address,) = {row for (row,) in rows(root, "SELECT address FROM channel")}
    listed = address.replace("write.do", "list.do")
    call(folder, "audit", "run", str(pages_csv(folder, [f"u501,consultation,{listed}"])))
    (found,) = findings(open_workspace(folder))
    assert (found.subject, found.is_announced) == ("rating", False)
