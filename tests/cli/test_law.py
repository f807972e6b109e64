"""The clock, the calendar and explanations on the command line: what a lawyer, a lead and a unit see."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Desk, run
from tracker.domain.terms import SHANGHAI

SENT = (
    "reference,kind,unit,applicant,to,subject,message_id,sent_at,body\n"
    "R-1,disclosure,云州市水务局,张示例 <zhang@citizens.test>,xxgk@shuiwu.test,"
    "政府信息公开申请：农村饮水工程验收结果,<r1@citizens.test>,{sent_at},请公开农村饮水安全工程验收结果。\n"
)
NEW_YEAR = """
number = "国办发明电〔2026〕99号"
title = "关于2027年部分节假日安排的通知"
issued_on = 2026-12-05
year = 2027
[days_off]
2026-12-31 = "休息日（由 2026-12-27 调休）"
2027-01-01 = "元旦"
[makeup_days]
2026-12-27 = "调休上班（2026-12-31 休息）"
"""
DISPUTE: dict[str, Any] = {
    "kind": "disclosure",
    "channel": "web_form",
    "facts": [
        {"kind": "submitted", "at": "2021-11-24"},
        {"kind": "confirmed", "at": "2021-12-02"},
        {"kind": "reply", "at": "2021-12-28", "outcome": "disclosed"},
    ],
    "as_of": "2022-01-31",
}


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def case_file(folder: Path, case: object) -> str:
    path = folder / "case.json"
    path.write_text(json.dumps(case, ensure_ascii=False), encoding="utf-8")
    return path.name


def changed(**entries: object) -> dict[str, Any]:
    return DISPUTE | entries


@pytest.fixture
def sent(desk: Desk) -> Desk:
    """One request of 1 December 2026, due on the first day that no notice covers."""
    desk.now = day("2026-12-02 09:00")
    desk.write("sent.csv", SENT.format(sent_at="2026-12-01T09:30"))
    desk.call("import", "requests", str(desk.folder / "sent.csv"))
    desk.now = day("2026-12-10 09:00")
    return desk


# --- clock ----------------------------------------------------------------------------------------------


def test_the_clock_needs_no_workspace_and_gives_every_reading_with_its_ledger(tmp_path: Path) -> None:
    done = run(tmp_path, "clock", case_file(tmp_path, DISPUTE), "--json")
    assert (done.code, done.talk) == (0, "")
    answer = done.json
    told = [(r["receipt"], r["due_on"], r["response_days"], r["verdict"]) for r in answer["readings"]]
    assert told == [
        ("submission", "2021-12-22", 24, "late"),
        ("confirmation", "2021-12-30", 18, "in_time"),
    ]
    assert (answer["summary"], answer["provisional"]) == ("under_some", False)
    assert [line["day"] for line in answer["ledger"] if line["counted"]][-1] == "2021-12-22"
    assert [line["count"] for line in answer["overrun"]][-1] == 24
    assert answer["ledger"][0]["article"].startswith("《民事诉讼法》第八十五条")


def test_the_clock_tells_it_in_words_that_can_be_sent(tmp_path: Path) -> None:
    told = run(tmp_path, "clock", case_file(tmp_path, DISPUTE)).out.splitlines()
    assert told[0] == "Summary: in time only under some readings"
    assert "*1. received when submitted" in told
    assert (
        "     received on 2021-12-02; 20 working days, due on 2021-12-30; "
        "answered on 2021-12-28 after 18 working days: in time"
    ) in told
    assert "2021-12-02 Thu   6  working day  <- confirmed by the unit" in told
    assert told.index("--- the due date is past ---") == told.index("2021-12-22 Wed  20  working day") + 1
    chinese = run(tmp_path, "clock", "case.json", "--lang", "zh-CN").out
    assert chinese.startswith("结论：只按部分读法按期\n")
    assert "——— 以下已过到期日 ———" in chinese


def test_with_every_each_reading_has_its_ledger(tmp_path: Path) -> None:
    answer = run(tmp_path, "clock", case_file(tmp_path, DISPUTE), "--every", "--json").json
    ends = [[line["day"] for line in r["ledger"] if line["counted"]][-1] for r in answer["readings"]]
    assert ends == ["2021-12-22", "2021-12-30"]
    text = run(tmp_path, "clock", "case.json", "--every").out
    assert "2021-12-30 Thu  20  working day" in text


def test_a_list_of_cases_gives_a_list_of_answers(tmp_path: Path) -> None:
    name = case_file(tmp_path, [DISPUTE, changed(facts=DISPUTE["facts"][::2])])
    assert [a["summary"] for a in run(tmp_path, "clock", name, "--json").json] == ["under_some", "under_none"]
    assert run(tmp_path, "clock", name).out.count("Summary: ") == 2


def test_without_a_day_the_clock_reads_a_case_as_of_today_and_without_receipt_counts_nothing(
    desk: Desk,
) -> None:
    open_case = {
        "kind": "disclosure",
        "channel": "email",
        "facts": [{"kind": "submitted", "at": "2026-11-02"}],
    }
    path = str(desk.folder / case_file(desk.folder, open_case))
    desk.now = day("2026-11-30 09:00")
    assert desk.json("clock", path)["readings"][0]["verdict"] == "pending"
    desk.now = day("2026-12-01 09:00")
    assert desk.json("clock", path)["readings"][0]["verdict"] == "overdue"
    case_file(desk.folder, {"kind": "disclosure", "channel": "post", "facts": []})
    assert desk.json("clock", path)["ledger"] == []
    assert desk.call("clock", path).out == "No date of receipt is known, so nothing can be counted.\n"


def test_another_law_is_another_file(tmp_path: Path) -> None:
    """A moment is dated where the law counts: half past midnight in London is the 16th there."""
    case = {
        "kind": "disclosure",
        "channel": "email",
        "rules": "uk-foi",
        "facts": [{"kind": "submitted", "at": "2009-03-16T00:30:00+00:00"}],
        "as_of": "2009-04-17",
    }
    (reading,) = run(tmp_path, "clock", case_file(tmp_path, case), "--json").json["readings"]
    assert (reading["received_on"], reading["due_on"]) == ("2009-03-16", "2009-04-16")


WRONG = {
    "no-case": ([], None),
    "number": (3, "case.json: a case is needed"),
    "kind": (changed(kind="petition"), "case.json: kind = petition: one of disclosure, consultation"),
    "channel": (changed(channel=None), "case.json: channel = None: one of email"),
    "facts": (changed(facts={}), "case.json: facts: a list is needed"),
    "unknown": (changed(fact=[]), "case.json: unknown entry fact: remove it"),
    "fact": (changed(facts=["submitted"]), "case.json: facts[0]: a fact is needed"),
    "fact-kind": (changed(facts=[{"kind": "sent", "at": "2021-11-24"}]), "facts[0]: kind = sent: one of"),
    "fact-entry": (changed(facts=[{"kind": "reply", "on": "2021-11-24"}]), "facts[0]: unknown entry on"),
    "no-date": (changed(facts=[{"kind": "reply"}]), "facts[0]: at = None: not a date"),
    "30-february": (changed(facts=[{"kind": "reply", "at": "2021-02-30"}]), "at = 2021-02-30: not a date"),
    "naive": (
        changed(facts=[{"kind": "submitted", "at": "2021-11-24T09:00:00"}]),
        "facts[0]: at = 2021-11-24T09:00:00: a time needs its offset",
    ),
    "naive-as-of": (changed(as_of="2021-11-24T09:00:00"), "as_of = 2021-11-24T09:00:00: a time needs"),
    "days": (
        changed(facts=[{"kind": "extension_notice", "at": "2021-12-01", "days": -5}]),
        "facts[0]: days = -5: a whole number of at least 0",
    ),
    "outcome": (
        changed(facts=[{"kind": "reply", "at": "2021-12-01", "outcome": "maybe"}]),
        "outcome = maybe: one of",
    ),
    "end-before-start": (
        changed(facts=[*DISPUTE["facts"], {"kind": "third_party_end", "at": "2021-12-01"}]),
        "third party heard on 2021-12-01: no third-party notice came before it",
    ),
    "before-submission": (
        changed(facts=[DISPUTE["facts"][0], {"kind": "reply", "at": "2021-11-23"}]),
        "reply on 2021-11-23: it lies before the submission: correct one of the dates (《条例》第三十一条",
    ),
    "state": (
        changed(facts=[DISPUTE["facts"][0], {"kind": "corrected", "at": "2021-12-01"}]),
        "we corrected the request on 2021-12-01: no correction notice came before it: "
        "add the notice, or remove it (《条例》第三十条)",
    ),
    "signed": (
        changed(facts=[DISPUTE["facts"][0], {"kind": "signed", "at": "2021-12-01"}]),
        "signed for on 2021-12-01: only a posted application is signed for",
    ),
    "outside": (
        changed(facts=[{"kind": "submitted", "at": "2029-12-20"}], as_of="2029-12-21"),
        "case.json: 2030-01-01 is outside the calendar, which covers 2007-01-01 to 2029-12-31.",
    ),
    "no-rules": (
        changed(facts=[{"kind": "submitted", "at": "2007-06-01"}]),
        "case.json: received on 2007-06-01, but the rules cn-disclosure hold from 2008-05-01 on",
    ),
    "unknown-rules": (changed(rules="cn-petition"), "data/rules/cn-petition.toml: no such file"),
    "in-a-list": ([DISPUTE, changed(kind="x")], "case.json[1]: kind = x: one of"),
}


@pytest.mark.parametrize(("case", "complaint"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_case_is_refused_by_its_place_in_one_sentence(
    tmp_path: Path, case: object, complaint: str | None
) -> None:
    done = run(tmp_path, "clock", case_file(tmp_path, case), "--json")
    if complaint is None:
        assert (done.code, done.json) == (0, [])
        return
    assert (done.code, done.out, done.talk.count("\n")) == (1, "", 1)
    assert complaint in done.talk


def test_a_file_that_is_no_json_is_refused_by_its_line(tmp_path: Path) -> None:
    (tmp_path / "case.json").write_text('{"kind": "disclosure",\n"channel" "email"}')
    done = run(tmp_path, "clock", "case.json")
    assert done.talk.startswith("case.json:2: not valid JSON (Expecting ':' delimiter): correct this line")
    assert done.code == 1


# --- calendar -------------------------------------------------------------------------------------------


def test_the_calendar_names_each_notice_and_each_day(tmp_path: Path) -> None:
    shown = run(tmp_path, "calendar", "show", "--year", "2020", "--json").json
    notices = {n["number"]: n["issued_on"] for n in shown["notices"] if n["year"] == 2020}
    assert notices == {"国办发明电〔2019〕16号": "2019-11-21", "国办发明电〔2020〕1号": "2020-01-26"}
    days = {d["day"]: (d["reason"], d["notice"]) for d in shown["days"]}
    assert days["2020-01-31"] == ("day_off", "国办发明电〔2020〕1号")
    assert days["2020-01-30"] == ("day_off", "国办发明电〔2019〕16号")
    assert days["2020-09-27"] == ("makeup_day", "国办发明电〔2019〕16号")
    assert "2020-02-01" in run(tmp_path, "calendar", "show", "--year", "2020").out
    assert "From 2026-12-29 on it is a marked guess" in run(tmp_path, "calendar", "show").out


@pytest.mark.parametrize(
    ("received", "kind", "known_on", "due"),
    [
        pytest.param(
            "2020-01-17", "disclosure", "2020-01-25", "2020-02-19", id="before-the-extension-of-2020"
        ),
        pytest.param(
            "2020-01-17", "disclosure", "2020-01-26", "2020-02-21", id="on-the-day-of-the-extension"
        ),
        pytest.param("2019-04-28", "consultation", "2019-03-21", "2019-05-06", id="labour-day-2019-before"),
        pytest.param("2019-04-28", "consultation", "2019-03-22", "2019-05-07", id="labour-day-2019-after"),
        pytest.param(
            "2019-04-26", "consultation", "2019-03-21", "2019-05-06", id="labour-day-2019-from-friday"
        ),
        pytest.param("2019-04-26", "consultation", "2019-03-22", "2019-05-06", id="labour-day-2019-amended"),
        pytest.param("2015-08-28", "consultation", "2015-05-12", "2015-09-04", id="victory-day-2015-before"),
        pytest.param("2015-08-28", "consultation", "2015-05-13", "2015-09-07", id="victory-day-2015-amended"),
    ],
)
def test_a_date_can_be_counted_as_it_was_known_on_a_day(
    tmp_path: Path, received: str, kind: str, known_on: str, due: str
) -> None:
    """Counted on the printed calendar with and without the amendment.

    2020: 19 January works; 31 January works and Saturday 1 February too, before the amendment. 2019: only
    1 May is off before it, 2 and 3 May too and the Sundays 28 April and 5 May work after it. 2015: 3 and
    4 September are off and Sunday the 6th works, after it.
    """
    words = ("deadline", "--kind", kind, "--received", received, "--known-on", known_on, "--json")
    assert run(tmp_path, *words).json["due_on"] == due


def test_a_year_without_a_notice_was_a_guess_on_the_day_it_was_shown(tmp_path: Path) -> None:
    words = ("deadline", "--received", "2019-12-20", "--known-on", "2019-11-20", "--json")
    assert run(tmp_path, *words).json["provisional"] is True
    assert run(tmp_path, *words[:-2], "2019-11-21", "--json").json["provisional"] is False


def test_the_calendar_agrees_with_the_package_and_says_where_it_does_not(desk: Desk) -> None:
    assert "agrees with the package" in desk.call("calendar", "check").talk
    desk.write("notice.toml", NEW_YEAR)
    desk.call("calendar", "add", str(desk.folder / "notice.toml"))
    assert (
        "2026-12-31: a day off in cn, a working day in holidays-"
        in desk.call("calendar", "check", expect=1).talk
    )


def test_a_new_notice_says_what_it_changed_and_due_dates_follow(sent: Desk) -> None:
    sent.call("record", "R-1", "--by", "phone", "--kind", "acknowledgement", "--at", "2026-12-01T09:30")
    before = sent.json("explain", "R-1")
    assert (before["due_on"], before["provisional"]) == ("2026-12-29", True)
    sent.write("notice.toml", NEW_YEAR)
    report = sent.json("calendar", "add", str(sent.folder / "notice.toml"))
    assert [(d["day"], d["before"], d["was_guess"], d["after"]) for d in report["days"][:2]] == [
        ("2026-12-27", "weekend", False, "makeup_day"),
        ("2026-12-31", "working_day", True, "day_off"),
    ]
    assert [(d["reference"], d["before"], d["after"], d["is_provisional"]) for d in report["due_dates"]] == [
        ("R-1", "2026-12-29", "2026-12-28", False)
    ]
    after = sent.json("explain", "R-1")
    assert (after["due_on"], after["provisional"]) == ("2026-12-28", False)
    assert after["calendar"]["version"] != before["calendar"]["version"]
    assert sent.rows("SELECT kind, actor FROM event WHERE kind = 'calendar_changed'") == [
        ("calendar_changed", "person:tester")
    ]
    assert sent.json("deadline", "--received", "2026-12-01")["due_on"] == "2026-12-28"
    then = sent.json("explain", "R-1", "--known-on", "2026-12-04")
    assert (then["due_on"], then["provisional"]) == ("2026-12-29", True)


def test_an_amendment_can_make_days_ordinary_again(sent: Desk) -> None:
    sent.write(
        "notice.toml",
        'number = "X"\ntitle = "调整"\nissued_on = 2026-12-05\nyear = 2026\nordinary_days = [2026-10-10]\n'
        '[days_off]\n2026-12-08 = "临时放假"\n[makeup_days]\n',
    )
    days = sent.json("calendar", "add", str(sent.folder / "notice.toml"))["days"]
    assert [(d["day"], d["after"]) for d in days] == [("2026-10-10", "weekend"), ("2026-12-08", "day_off")]
    assert (
        sent.json("calendar", "show", "--year", "2026", "--known-on", "2026-12-04")["days"]
        != sent.json("calendar", "show", "--year", "2026")["days"]
    )


NOTICES = {
    "no-toml": ("number =", "notice.toml:1: not valid TOML"),
    "no-year": (NEW_YEAR.replace("year = 2027", ""), "year and issued_on are needed"),
    "no-date": (NEW_YEAR.replace("issued_on = 2026-12-05", ""), "year and issued_on are needed"),
    "no-number": (NEW_YEAR.replace("number", "numbr"), "unknown entry numbr"),
    "no-days": (NEW_YEAR.replace("[days_off]", "[days_of]"), "unknown entry days_of"),
    "wrong-day": (NEW_YEAR.replace("2027-01-01", "2028-01-01"), "2028-01-01 is not a day of 2027"),
    "skips": (NEW_YEAR.replace("2027-01-01", "2028-01-01").replace("2026-12", "2027-12").replace(
        "year = 2027", "year = 2028").replace("issued_on = 2027", "issued_on = 2026"),
        "the notice of 2027 comes first"),
    "weekday": (NEW_YEAR.replace("2026-12-27 = ", "2026-12-30 = "), "2026-12-30 is a make-up working day"),
    "known": (NEW_YEAR.replace("2026〕99", "2025〕7"), "has 国办发明电〔2025〕7号 already"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "complaint"), NOTICES.values(), ids=NOTICES.keys())
def test_a_wrong_notice_is_refused_and_nothing_is_written(desk: Desk, text: str, complaint: str) -> None:
    desk.write("notice.toml", text)
    assert complaint in desk.refused_here("calendar", "add", str(desk.folder / "notice.toml"))
    assert not (desk.folder / "data").exists()


def test_the_same_notice_is_not_added_twice(desk: Desk) -> None:
    desk.write("notice.toml", NEW_YEAR)
    desk.call("calendar", "add", str(desk.folder / "notice.toml"))
    assert "has 国办发明电〔2026〕99号 already: nothing was changed" in desk.refused_here(
        "calendar", "add", str(desk.folder / "notice.toml")
    )


# --- explain --------------------------------------------------------------------------------------------


def test_an_explanation_can_be_asked_as_things_were_known(sent: Desk) -> None:
    """Recorded on the 10th that the unit confirmed on the 3rd: on the 4th nobody knew."""
    sent.call("record", "R-1", "--by", "phone", "--kind", "acknowledgement", "--at", "2026-12-03T15:00")
    assert [r["receipt"] for r in sent.json("explain", "R-1")["readings"]] == ["submission", "confirmation"]
    then = sent.json("explain", "R-1", "--known-on", "2026-12-09")
    assert [r["receipt"] for r in then["readings"]] == ["submission"]
    assert sent.json("explain", "R-1", "--known-on", "2026-12-01")["readings"] == []  # not even imported
    now = sent.json("explain", "R-1", "--known-on", "2026-12-10")
    assert [r["receipt"] for r in now["readings"]] == ["submission", "confirmation"]


def test_what_a_person_says_about_a_notice_moves_the_clock(sent: Desk) -> None:
    sent.now = day("2026-12-25 09:00")
    at = ("--by", "letter", "--at")
    sent.call(
        "record", "R-1", *at, "2026-12-02T10:00", "--kind", "third_party_notice", "--ended-on", "2026-12-04"
    )
    assert {r.get("pause"): r["due_on"] for r in sent.json("explain", "R-1")["readings"]} == {
        "counted": "2026-12-31",
        "disputed": "2026-12-29",
    }
    sent.call(
        "record", "R-1", *at, "2026-12-07T10:00", "--kind", "correction_notice", "--days", "5", "--disputed"
    )
    explained = sent.json("explain", "R-1")
    assert explained["verdict"] == "abandoned"
    assert [remark["remark"] for remark in explained["remarks"]] == ["correction_notice_pretext"]
    assert {r["correction"] for r in explained["readings"]} == {"counted", "disputed"}


def test_a_round_with_a_provisional_date_cannot_become_final(sent: Desk) -> None:
    sent.now = day("2027-03-01 09:00")
    name = sent.json("status")["round"]
    sent.call("close", "--round", name)
    assert "1 due dates are provisional" in sent.refused_here("close", "--final", "--round", name)


def test_the_round_says_by_which_reading_results_are_shown(desk: Desk) -> None:
    text = (desk.folder / "round.toml").read_text(encoding="utf-8")
    desk.write("round.toml", text + '\n[readings]\nreceipt = "confirmation"\nreply_time = "arrival"\n')
    desk.call("plan")
    ((plan,),) = desk.rows("SELECT plan FROM round")
    assert json.loads(plan)["readings"] == {
        "receipt": "confirmation",
        "correction": None,
        "pause": None,
        "reply_time": "arrival",
    }
    desk.write("round.toml", text + '\n[readings]\nreceipt = "postmark"\n')
    assert "readings.receipt = postmark: one of submission, confirmation" in desk.refused_here("plan")
