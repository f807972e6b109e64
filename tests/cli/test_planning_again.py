"""Planning again: what nobody has approved follows the files, what was approved stays."""

import re
from typing import Any

from tests.cli.conftest import Desk

SEED = "seed = 20261207"
EMAIL = "SELECT reference, address FROM request WHERE channel = 'email' ORDER BY reference"
EVERYTHING = "SELECT * FROM request ORDER BY reference"


def by_request(requests: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(one["unit_id"], one["kind"]): one for one in requests}


def without_unit(desk: Desk, unit_id: str) -> None:
    for name in ("units.csv", "channels.csv", "questions.csv"):
        lines = (desk.folder / name).read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if unit_id not in line.split(",")]
        desk.write(name, "".join(kept))


def test_planning_again_without_a_change_changes_nothing(planned: Desk):
    before = planned.rows(EVERYTHING)
    events = planned.rows("SELECT count(*) FROM event WHERE kind = 'planned'")
    again = planned.json("plan")
    assert (len(again["requests"]), again["withdrawn"]) == (12, [])
    assert planned.rows(EVERYTHING) == before
    assert planned.rows("SELECT count(*) FROM event WHERE kind = 'planned'") == events


def test_a_corrected_address_replaces_the_drafted_one(planned: Desk):
    (address,) = planned.rows("SELECT address FROM request WHERE reference = 'sample-2026-D0005'")[0]
    reference = "sample-2026-D0005"
    planned.change("channels.csv", address, "corrected@yunzhou.test")
    planned.json("plan")
    assert (reference, "corrected@yunzhou.test") in planned.rows(EMAIL)
    assert planned.rows(f"SELECT count(*) FROM channel WHERE address = '{address}'") == [(0,)]
    planned.call("approve")
    assert (reference, "corrected@yunzhou.test") in planned.rows(EMAIL)


def test_a_unit_that_left_the_files_is_neither_asked_nor_approved(planned: Desk):
    before = by_request(planned.json("plan")["requests"])
    gone = {key: one["reference"] for key, one in before.items() if key[0] == "dangan"}
    without_unit(planned, "dangan")
    said = planned.call("plan").talk
    assert said.startswith(
        f"sample-2026: drafted before and withdrawn: {', '.join(sorted(gone.values()))}.\n"
    )
    found = planned.json("plan")["requests"]
    assert {key: one["reference"] for key, one in by_request(found).items()} == {
        key: one["reference"] for key, one in before.items() if key not in gone
    }
    assert planned.rows("SELECT count(*) FROM unit WHERE unit_id = 'dangan'") == [(0,)]
    assert planned.call("approve").talk.startswith(f"sample-2026: {len(found)} requests approved.")
    assert len(planned.json("status", "--all")["requests"]) == len(found)
    assert planned.json("rebuild")["changed"] == 0
    planned.call("export", str(planned.folder / "export"))
    events = (planned.folder / "export" / "events.csv").read_text(encoding="utf-8-sig")
    assert not any(re.search(rf",{reference},", events) for reference in gone.values())


def test_a_unit_that_comes_to_a_draft_gets_a_number_of_its_own(planned: Desk):
    before = {one["reference"] for one in planned.json("plan")["requests"]}
    units = (planned.folder / "units.csv").read_text(encoding="utf-8")
    planned.write("units.csv", units + "aaa,YS-0205,云州市林业局（示例）,department,,,\n")
    found = {one["reference"] for one in planned.json("plan")["requests"]}
    assert found - before == {"sample-2026-C0007", "sample-2026-D0007"}
    assert before < found


def test_a_draft_follows_round_toml_the_questions_and_the_applicants(planned: Desk):
    planned.change("round.toml", "# seed = 20261207 ", f"{SEED} ")
    planned.change("round.toml", "2026-12-07", "2026-12-08")
    planned.change("questions.csv", "2025年度城乡低保资金", "2024年度城乡低保资金")
    planned.change("applicants.csv", "a01@applicants.test", "a11@applicants.test")
    assert planned.json("plan")["seed"] == 20261207
    assert planned.rows('SELECT plan LIKE \'%"starts_on":"2026-12-08"%\', seed FROM round') == [(1, 20261207)]
    assert planned.rows("SELECT count(*) FROM question WHERE title LIKE '%2025年度城乡低保资金%'") == [(0,)]
    assert ("a11@applicants.test",) in planned.rows("SELECT mailbox FROM applicant")
    assert planned.rows("SELECT min(planned_at) >= '2026-12-08' FROM request") == [(1,)]
    files = planned.rows("SELECT path, count(*) FROM round_file GROUP BY path HAVING count(*) > 1")
    assert files == []


def test_a_draft_that_cannot_be_planned_any_more_stays_as_it_was(planned: Desk):
    before = planned.rows(EVERYTHING)
    planned.change("round.toml", "2026-12-18", "2026-12-07")
    planned.change("round.toml", "per_account_per_day = 20", "per_account_per_day = 1")
    assert "requests fit" in planned.refused_here("plan")
    assert planned.rows(EVERYTHING) == before


def test_nothing_that_was_approved_follows_the_files(approved: Desk):
    tables = ("request", "unit", "channel", "question", "applicant", "round")
    before = {name: sorted(map(repr, approved.rows(f"SELECT * FROM {name}"))) for name in tables}
    address = approved.rows(EMAIL)[0][1]
    approved.change("channels.csv", address, "other@yunzhou.test")
    approved.change("units.csv", "鹤山区", "白山区")
    approved.change("questions.csv", "2025年度城乡低保资金", "2024年度城乡低保资金")
    approved.change("round.toml", "2026-12-18", "2026-12-17")
    assert approved.json("plan")["requests"] == []
    added = approved.rows("SELECT * FROM channel WHERE address = 'other@yunzhou.test'")
    after = {name: sorted(map(repr, approved.rows(f"SELECT * FROM {name}"))) for name in tables}
    assert len(added) == 1  # an answer may come from there
    assert {**after, "channel": sorted({*after["channel"]} - set(map(repr, added)))} == before
