"""What every command has in common: help, languages, JSON, exit codes, what goes to stdout and what to stderr."""

import json
import logging
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from tests.cli.conftest import Desk, environment, run
from tracker.cli import main
from tracker.cli.logs import FieldFormatter

MAIL = Path(__file__).parents[1] / "mail"
COMMANDS = set(
    "init check plan approve hold close daemon tick status deadline explain read record settle export "  # noqa: SIM905
    "verify rebuild rehearse".split()
) | {f"task {name}" for name in ("list", "show", "done")} | {
    *(f"review {name}" for name in ("list", "show", "confirm", "assign")),
    *(f"import {name}" for name in ("requests", "mail")),
}  # fmt: skip

# --- help and languages ----------------------------------------------------------------------------------

ALL_HELP = """
import io, json, sys
from contextlib import redirect_stdout
from tracker.cli import main
from tracker.cli.logs import FieldFormatter
from tracker.i18n import use_language
use_language(sys.argv[1])
from typer.main import get_command
from tracker.cli.app import app
pages = {}
for name, command in get_command(app).commands.items():
    for words in ([name, below] for below in command.commands) if hasattr(command, "commands") else ([name],):
        page = io.StringIO()
        with redirect_stdout(page):
            assert main([*words, "--help", "--lang", sys.argv[1]]) == 0
        pages[" ".join(words)] = page.getvalue()
json.dump(pages, sys.stdout)
"""


def help_pages(language: str) -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", ALL_HELP, language],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_every_command_has_help_in_both_languages():
    english, chinese = help_pages("en"), help_pages("zh-CN")
    assert set(english) == set(chinese) >= COMMANDS
    assert [name for name, page in english.items() if re.search("[一-鿿]", page)] == []
    assert [name for name, page in chinese.items() if not re.search("[一-鿿]", page)] == []
    for name, page in english.items():
        assert f"tracker {name}" in page


@pytest.mark.parametrize(
    "words",
    [
        ["--lang", "en", "deadline", "--kind", "consultation", "--received", "2020-01-17"],
        ["deadline", "--lang", "en", "--kind", "consultation", "--received", "2020-01-17"],
        ["deadline", "--kind", "consultation", "--received", "2020-01-17", "--lang=en"],
        ["--lang", "zh-CN", "deadline", "--kind", "consultation", "--received", "2020-01-17", "--lang", "en"],
    ],
    ids=["first", "in between", "last", "the last one counts"],
)
def test_the_language_is_understood_anywhere_on_the_line(capsys: pytest.CaptureFixture[str], words):
    assert main(words) == 0
    assert capsys.readouterr().out.startswith("Received on 2020-01-17; 5 working days; due on 2020-01-23.\n")


def test_the_language_comes_from_the_line_then_the_environment_then_the_workspace(approved: Desk):
    def first_line(*words: str, **env: str) -> str:
        return approved.run("explain", "sample-2026-C0001", *words, env=env).out.splitlines()[-1]

    english = "Verdict on "
    assert not first_line(TRACKER_LANG="").startswith(english)
    approved.change("tracker.toml", 'language = "zh-CN"', 'language = "en"')
    assert first_line(TRACKER_LANG="").startswith(english)
    assert not first_line(TRACKER_LANG="zh-CN").startswith(english)
    assert first_line("--lang", "en", TRACKER_LANG="zh-CN").startswith(english)


def test_the_version_is_shown(tmp_path: Path):
    done = run(tmp_path, "--version")
    assert (done.code, done.talk) == (0, "")
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", done.out)


# --- exit codes, stdout and stderr -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["fly"],
        ["task", "fly"],
        ["plan", "--bogus"],
        ["plan", "a.toml", "b.toml"],
        ["task", "done"],
        ["deadline", "--kind", "disclosure"],
        ["deadline", "--kind", "petition", "--received", "2026-11-24"],
        ["record", "X", "--kind", "gossip"],
        ["record", "X", "--days", "five"],
        ["settle", "X"],
        ["status", "--lang", "fr"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_2_and_says_so_on_stderr(capsys: pytest.CaptureFixture[str], words):
    assert main(["--lang", "en", *words]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err


def test_wrong_usage_of_a_process_exits_2(tmp_path: Path):
    done = run(tmp_path, "plan", "--bogus")
    assert (done.code, done.out) == (2, "")
    assert "--bogus" in done.talk


def test_data_goes_to_stdout_and_talk_to_stderr(desk: Desk):
    plan = desk.run("plan")
    assert "sample-2026-D0001" in plan.out
    assert "12 requests planned" not in plan.out
    assert re.search(
        r"sample-2026: 12 requests planned \(seed \d+\), 1 units without a usable channel\.", plan.talk
    )
    assert desk.call("approve").out == ""
    assert desk.call("task", "list").out == ""


def test_json_is_all_that_stdout_holds(approved: Desk):
    assert {found["subject"] for found in approved.call("check", "--json", expect=1).json} >= {
        "workspace",
        "key",
    }
    assert set(approved.json("status")) >= {"round", "state", "mode", "on_hold", "tasks", "verdicts"}
    assert len(approved.json("status", "--all")["requests"]) == 12
    assert approved.json("task", "list") == []
    assert approved.json("review", "list") == []
    assert set(approved.json("rebuild")) == {"requests", "held", "changed"}
    explained = approved.json("explain", "sample-2026-C0001")
    assert (explained["verdict"], explained["reason"]) == ("channel_failed", "channel_failed")
    assert approved.json("plan")["requests"] == []


# --- tables ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", ["40", "80", "132", ""], ids=["40", "80", "132", "not a terminal"])
def test_no_table_cuts_a_reference_a_date_or_a_name(planned: Desk, monkeypatch: pytest.MonkeyPatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    if not columns:
        monkeypatch.delenv("COLUMNS")
    references = [f"sample-2026-{letter}{n:04}" for letter in "CD" for n in range(1, 7)]
    shown = planned.call("status", "--all").out
    for word in [*references, "云州市教育局（示例）", "云岭县人民政府办公室（示例）"]:
        assert re.search(rf"(^|\W){re.escape(word)}(\W|$)", shown, re.M), word
    assert "…" not in shown
    if columns == "":
        lines = [line for line in shown.splitlines() if any(word in line for word in references)]
        assert len(lines) == len(references)


def test_brackets_in_a_table_are_shown_as_they_are(approved: Desk):
    assert (
        "an applicant's mailbox without an [[account]] in tracker.toml"
        in approved.call("check", expect=1).out
    )


# --- due dates -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "received", "due", "is_provisional"),
    [
        ("consultation", "2020-01-17", "2020-01-23", False),
        ("disclosure", "2020-01-17", "2020-02-21", False),
        ("consultation", "2020-09-27", "2020-10-10", False),
        ("disclosure", "2025-09-27", "2025-10-30", False),
        ("disclosure", "2026-02-13", "2026-03-19", False),
        ("disclosure", "2026-02-14", "2026-03-20", False),
        ("disclosure", "2026-11-20", "2026-12-18", False),
        ("disclosure", "2026-11-21", "2026-12-18", False),
        ("disclosure", "2026-11-22", "2026-12-18", False),
        ("disclosure", "2026-12-01", "2026-12-29", True),
    ],
)
def test_a_due_date_is_counted_with_its_ledger(
    capsys: pytest.CaptureFixture[str], kind, received, due, is_provisional
):
    assert main(["deadline", "--kind", kind, "--received", received, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert list(result) == ["received_on", "due_on", "working_days", "provisional", "ledger"]
    days = {"disclosure": 20, "consultation": 5}[kind]
    assert [*result.values()][:4] == [received, due, days, is_provisional]
    assert (result["ledger"][0]["day"], result["ledger"][-1]["day"]) == (received, due)
    assert sum(line["counted"] for line in result["ledger"]) == days
    assert all(one["day"] < other["day"] for one, other in pairwise(result["ledger"]))


def test_the_ledger_of_the_terminal_gives_a_reason_for_every_day(capsys: pytest.CaptureFixture[str]):
    assert main(["--lang", "en", "deadline", "--kind", "consultation", "--received", "2020-09-27"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Received on 2020-09-27; 5 working days; due on 2020-10-10."
    assert [line[:10] for line in lines[2:]] == [f"2020-{d}" for d in (
        "09-27", "09-28", "09-29", "09-30", "10-01", "10-02", "10-03", "10-04", "10-05", "10-06", "10-07",
        "10-08", "10-09", "10-10")]  # fmt: skip
    assert "make-up working day" in lines[-1]


# --- read ------------------------------------------------------------------------------------------------

KEYS = [
    "file",
    "subject",
    "from",
    "date",
    "kind",
    "outcome",
    "label",
    "evidence",
    "document_number",
    "attachments",
]


def test_read_gives_one_object_a_line_for_every_mail_file():
    files = sorted(MAIL.glob("*.eml"))
    done = run(MAIL, "read", *(file.name for file in files), "--json")
    assert (done.code, done.talk) == (0, "")
    seen = [json.loads(line) for line in done.out.splitlines()]
    assert [one["file"] for one in seen] == [file.name for file in files]
    for one in seen:
        assert set(one) >= set(KEYS), one["file"]
        assert one["label"] == (one["outcome"] if one["kind"] == "reply" else one["kind"])
        assert isinstance(one["evidence"], list)
        assert isinstance(one["attachments"], list)
        assert one["date"] is None or re.search(r"T.*\+08:00$", one["date"])


def test_read_shows_a_person_the_same(capsys: pytest.CaptureFixture[str]):
    assert main(["--lang", "en", "read", str(MAIL / "correction-notice-gbk-subject.eml")]) == 0
    assert re.search(r"label\W+correction_notice", capsys.readouterr().out)


# --- the daemon's log ------------------------------------------------------------------------------------


def test_a_log_line_is_a_fixed_phrase_and_its_fields():
    fields = {"levelname": "WARNING", "failures": 2, "reason": "no route to 100% of hosts"}
    record = logging.makeLogRecord({"msg": "mailbox_unavailable", **fields})
    line = FieldFormatter("%(asctime)s %(levelname)s %(message)s").format(record)
    assert re.fullmatch(
        r"\S+ \S+ WARNING mailbox_unavailable failures=2 reason=no route to 100% of hosts", line
    )
    plain = logging.makeLogRecord({"msg": "%d of %d", "args": (1, 2)})
    assert FieldFormatter("%(message)s").format(plain) == "1 of 2"
