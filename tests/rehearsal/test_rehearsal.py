"""The whole round: what was measured equals what the city did, however the clock walks and wherever it runs."""

import csv
import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.rehearsal.rehearsing import rehearse_as_process
from tracker.adapters.files import find_file
from tracker.rehearsal.run import SCENARIO, run_rehearsal

FEW = {"zichang", "yanchang", "sfpkfj", "sjyj", "sspj", "sxfj"}  # mail, a clerk, web form, post, phone


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@pytest.mark.xdist_group("rehearsal")
def test_measured_equals_what_the_city_did_for_all_124_requests(in_new_york):
    _folder, run = in_new_york
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Measured = what the city did, for all 124 requests" in run.stdout
    rows = {
        line.split("│")[1].strip(): line.split("│")[2].strip()
        for line in run.stdout.splitlines()
        if "│" in line
    }
    assert rows["read wrongly"] == "0"
    assert rows["not read"] == "0"


@pytest.mark.xdist_group("rehearsal")
def test_exported_verdicts_equal_the_literals_of_the_truth(in_new_york):
    """Read with csv alone: no code of ours stands between the exported file and the truth."""
    folder, _run = in_new_york
    truth_file = find_file(f"{SCENARIO}/truth.csv")
    with truth_file.open(encoding="utf-8", newline="") as file:
        truths = {(row["unit_id"], row["kind"]): row for row in csv.DictReader(file)}
    with (folder / "export" / "requests.csv").open(encoding="utf-8-sig", newline="") as file:
        measured = {(row["unit_id"], row["kind"]): row for row in csv.DictReader(file)}
    assert len(truths) == len(measured) == 124
    columns = ("channel", "replied_on", "response_days", "due_on", "verdict", "outcome")
    for key, truth in truths.items():
        assert {c: measured[key][c] for c in columns} == {c: truth[c] for c in columns}, key


@pytest.mark.xdist_group("rehearsal")
def test_every_page_of_the_rehearsal_says_so(in_new_york):
    folder, run = in_new_york
    assert "REHEARSAL" in run.stdout
    package = json.loads((folder / "export" / "datapackage.json").read_text(encoding="utf-8"))
    assert "演练" in package["title"]
    for name in ("requests.csv", "messages.csv", "events.csv", "units.csv"):
        first_row = (folder / "export" / name).read_text(encoding="utf-8-sig").splitlines()[1]
        assert "REHEARSAL" in first_row, name


@pytest.mark.xdist_group("rehearsal")
def test_the_commands_it_leaves_work_when_they_are_copied(in_new_york):
    _folder, run = in_new_york
    commands = [
        line.strip() for line in run.stdout.splitlines() if line.startswith("  ") and " --workspace " in line
    ]
    assert len(commands) == 2
    for command in commands:
        copied = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
        assert copied.returncode == 0, copied.stderr


@pytest.fixture
def small_scenario(tmp_path: Path) -> Path:
    """Six units of the city, closed at the end of October."""
    whole = find_file(f"{SCENARIO}/round.toml").parent
    small = tmp_path / "scenario"
    shutil.copytree(whole, small)
    for file in small.glob("*.csv"):
        with file.open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines)
            names = list(reader.fieldnames or [])
            rows = [row for row in reader if "unit_id" not in names or row["unit_id"] in FEW]
        with file.open("w", encoding="utf-8", newline="") as lines:
            writer = csv.DictWriter(lines, names)
            writer.writeheader()
            writer.writerows(rows)
    plan = small / "round.toml"
    text = plan.read_text(encoding="utf-8")
    plan.write_text(text.replace("closes_on = 2020-11-27", "closes_on = 2020-10-30"), encoding="utf-8")
    return small


@pytest.mark.timeout(300)
def test_the_rehearsal_exports_the_same_bytes_under_another_time_zone(small_scenario, tmp_path):
    for zone in ("America/New_York", "Asia/Kathmandu"):
        run = rehearse_as_process(tmp_path / zone, zone, small_scenario)
        assert run.returncode == 0, run.stderr
    assert hashes(tmp_path / "America/New_York/export") == hashes(tmp_path / "Asia/Kathmandu/export")


@pytest.mark.timeout(600)  # eight simulated weeks, every ten minutes of them
def test_jumping_and_walking_every_ten_minutes_measure_the_same(small_scenario, tmp_path):
    jumped = run_rehearsal(tmp_path / "jumped", scenario=small_scenario)
    walked = run_rehearsal(tmp_path / "walked", scenario=small_scenario, every_tick=True)
    assert jumped.differences == walked.differences == []
    assert (
        hashes(tmp_path / "jumped" / "export")["requests.csv"]
        == hashes(tmp_path / "walked" / "export")["requests.csv"]
    )


def test_a_folder_that_is_no_rehearsal_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    run = rehearse_as_process(tmp_path, "UTC")
    assert run.returncode == 1
    assert "exists and is no rehearsal" in run.stderr
    assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == "mine"
