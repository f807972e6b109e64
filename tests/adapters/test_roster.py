from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from tracker.adapters.files import find_file
from tracker.adapters.roster import (
    read_applicants,
    read_channels,
    read_questions,
    read_roster,
    read_round,
    read_schedule,
    read_units,
    roster_files,
)
from tracker.domain.rounds import Caps, Pin
from tracker.domain.terms import Channel, ChannelKind, RequestKind, Unit
from tracker.errors import UserError

UNITS = [Unit("u1", "JS-0231", "市教育局"), Unit("u2", "JS-0232", "市水务局")]
ROUND = """
name = "city-2026"
title = "市评估"
starts_on = 2026-09-07
ends_on = 2026-09-18
closes_on = 2026-12-18
"""


@pytest.fixture
def write(tmp_path: Path):
    def write_file(name: str, *lines: str) -> Path:
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write_file


def faults_of(read, *arguments) -> list[str]:
    with pytest.raises(UserError) as refusal:
        read(*arguments)
    return str(refusal.value).splitlines()


# --- units -----------------------------------------------------------------------------------------


def test_a_unit_is_read_with_its_predecessors_and_dates(write):
    header = "unit_id,unit_code,name,group,predecessors,joined_on,left_on"
    path = write("units.csv", header, "u1,JS-1,市教育局,department,old-1; old-2,2020-09-01,2020/12/1")
    assert read_units(path) == [
        Unit("u1", "JS-1", "市教育局", "department", ("old-1", "old-2"), date(2020, 9, 1), date(2020, 12, 1))
    ]


UNIT_FAULTS = {
    "code-twice": (
        ["u1,A,x,,", "u2,B,y,,", "u3,A,z,,"],
        'units.csv:4: unit_code "A" stands in line 2 already: give each its own, or remove one row.',
    ),
    "id-twice": (
        ["u1,A,x,,", "u1,B,y,,"],
        'units.csv:3: unit_id "u1" stands in line 2 already: give each its own, or remove one row.',
    ),
    "no-name": (["u1,A,,,"], 'units.csv:2: unit "A" has no name: enter it.'),
    "no-code": (["u1,,x,,"], "units.csv:2: the cell unit_code is empty: fill it in."),
    "no-such-date": (
        ["u1,A,x,2020-02-30,"],
        'units.csv:2: joined_on is "2020-02-30", which is no date: write it as 2026-09-01.',
    ),
    "date-day-first": (
        ["u1,A,x,,01/09/2020"],
        'units.csv:2: left_on is "01/09/2020", which is no date: write it as 2026-09-01.',
    ),
    "left-before-joined": (
        ["u1,A,x,2020-09-02,2020-09-01"],
        'units.csv:2: unit "A" left on 2020-09-01, before it joined on 2020-09-02: correct one of the dates.',
    ),
}


@pytest.mark.parametrize(("rows", "sentence"), UNIT_FAULTS.values(), ids=UNIT_FAULTS)
def test_a_faulty_unit_is_refused_with_its_line(write, rows, sentence):
    path = write("units.csv", "unit_id,unit_code,name,joined_on,left_on", *rows)
    assert faults_of(read_units, path) == [sentence]


def test_all_faults_of_a_file_are_reported_at_once_in_order_of_lines(write):
    path = write("units.csv", "unit_id,unit_code,name", "u1,A,x", "u1,B,y", "u2,C,")
    assert [fault.split(":")[1] for fault in faults_of(read_units, path)] == ["3", "4"]


# --- channels --------------------------------------------------------------------------------------

CHANNEL_HEADER = "unit_id,kind,channel,announced,address,platform,priority"


def test_a_channel_is_read_with_its_kind_address_and_priority(write):
    path = write("channels.csv", CHANNEL_HEADER, "u1,disclosure,web_form,是,http://u1.test/form,city,2")
    assert read_channels(path, UNITS) == [
        Channel("u1", RequestKind.DISCLOSURE, ChannelKind.WEB_FORM, True, "http://u1.test/form", "city", 2)
    ]


@pytest.mark.parametrize(
    ("word", "announced"),
    [("yes", True), ("是", True), ("1", True), ("no", False), ("否", False), ("0", False)],
)
def test_announced_is_written_in_either_language(write, word, announced):
    path = write("channels.csv", CHANNEL_HEADER, f"u1,disclosure,post,{word},x,,")
    assert [channel.announced for channel in read_channels(path, UNITS)] == [announced]


def test_units_without_a_channel_and_unannounced_mail_without_address_are_no_faults(write):
    path = write("channels.csv", CHANNEL_HEADER, "u1,disclosure,email,no,,,1")
    assert [channel.unit_id for channel in read_channels(path, UNITS)] == ["u1"]


CHANNEL_FAULTS = {
    "no-mail-address": (
        "u1,disclosure,email,yes,,,1",
        'unit "u1" has no e-mail address but its channel is email: '
        "enter the address, or write no under announced.",
    ),
    "bad-mail-address": (
        "u1,disclosure,email,yes,xxgk＠city.test,,1",
        'unit "u1": "xxgk＠city.test" is no e-mail address: enter one, as in xxgk@city.example.',
    ),
    "bad-web-address": (
        "u1,disclosure,web_form,yes,www.city.test,,1",
        'unit "u1": "www.city.test" is no web address: start it with http:// or https://.',
    ),
    "unknown-channel": (
        "u1,disclosure,e-mail,yes,a@b.test,,1",
        'unknown channel "e-mail": write one of email, web_form, post, fax, phone, in_person.',
    ),
    "unknown-kind": (
        "u1,disclosures,email,yes,a@b.test,,1",
        'unknown kind "disclosures": write one of disclosure, consultation.',
    ),
    "unknown-unit": (
        "u9,disclosure,email,yes,a@b.test,,1",
        'there is no unit "u9" in the list of units: correct it, or add the unit there.',
    ),
    "neither-yes-nor-no": ("u1,disclosure,post,maybe,,,1", 'announced is "maybe": write yes or no.'),
    "bad-priority": (
        "u1,disclosure,post,yes,,,first",
        'priority is "first": write 1 for the first choice, then 2, 3, …',
    ),
}


@pytest.mark.parametrize(("row", "sentence"), CHANNEL_FAULTS.values(), ids=CHANNEL_FAULTS)
def test_a_faulty_channel_is_refused_with_its_line(write, row, sentence):
    path = write("channels.csv", CHANNEL_HEADER, "u2,consultation,email,yes,a@b.test,,1", row)
    assert faults_of(read_channels, path, UNITS) == [f"channels.csv:3: {sentence}"]


def test_the_same_channel_twice_is_refused_but_a_second_address_is_not(write):
    rows = [f"u1,disclosure,email,yes,{address}@b.test,,1" for address in ("x", "y", "x")]
    (fault,) = faults_of(read_channels, write("channels.csv", CHANNEL_HEADER, *rows), UNITS)
    assert fault.startswith('channels.csv:4: channel "u1 disclosure email x@b.test" stands in line 2 already')


# --- applicants, questions, schedule ---------------------------------------------------------------

APPLICANT_HEADER = "applicant,name,mailbox,identity,phone,postal_address,postcode"


def test_an_applicant_shows_no_identity_in_its_repr(write):
    row = "A1,甲示例,A1@box.test,610000190001010000,000001,示例街1号,716000"
    (applicant,) = read_applicants(write("applicants.csv", APPLICANT_HEADER, row))
    assert (applicant.name, applicant.id_number) == ("甲示例", "610000190001010000")
    assert repr(applicant) == "Applicant(code='A1', mailbox='a1@box.test')"


def test_a_mailbox_of_two_applicants_is_refused_without_showing_it(write):
    path = write("applicants.csv", APPLICANT_HEADER, "A1,甲,a@box.test,1,,,", "A2,乙,A@box.test,2,,,")
    assert faults_of(read_applicants, path) == [
        "applicants.csv:3: mailbox stands in line 2 already: give each its own, or remove one row."
    ]


def test_an_applicant_without_proof_of_identity_is_refused(write):
    path = write("applicants.csv", APPLICANT_HEADER, "A1,甲,a@box.test,,,,")
    assert faults_of(read_applicants, path) == ["applicants.csv:2: the cell identity is empty: fill it in."]


def test_a_question_for_an_unknown_unit_is_refused_where_the_units_are_known(write):
    path = write("questions.csv", "question_id,kind,title,text,unit_id", "q1,disclosure,t,x,u9")
    assert [question.unit_id for question in read_questions(path)] == ["u9"]
    assert faults_of(read_questions, path, UNITS)[0].startswith('questions.csv:2: there is no unit "u9"')


def test_a_time_of_the_schedule_is_wall_time_in_shanghai_unless_it_names_its_offset(write):
    path = write(
        "schedule.csv",
        "unit_id,kind,applicant,planned_at",
        "u1,disclosure,A1,2020-09-08T09:30",
        "u2,disclosure,A1,2020-09-08T09:30:00+00:00",
    )
    assert read_schedule(path) == {
        ("u1", RequestKind.DISCLOSURE): Pin("A1", datetime(2020, 9, 8, 1, 30, tzinfo=UTC)),
        ("u2", RequestKind.DISCLOSURE): Pin("A1", datetime(2020, 9, 8, 9, 30, tzinfo=UTC)),
    }


def test_a_schedule_with_a_bad_time_or_a_request_twice_is_refused(write):
    row = "u1,disclosure,A1,2020-09-08T09:30"
    path = write("schedule.csv", "unit_id,kind,applicant,planned_at", row, row, "u2,disclosure,A1,8.9.2020")
    assert [fault[:30] for fault in faults_of(read_schedule, path)] == [
        'schedule.csv:3: request "u1 di',
        'schedule.csv:4: "8.9.2020" is ',
    ]


# --- round.toml ------------------------------------------------------------------------------------


def test_a_short_round_has_both_kinds_and_the_defaults(write):
    plan = read_round(write("round.toml", ROUND))
    assert plan.kinds == (RequestKind.DISCLOSURE, RequestKind.CONSULTATION)
    assert (plan.seed, plan.calendar, plan.caps) == (None, "cn", Caps(20, 2, 12))
    assert plan.rules[RequestKind.CONSULTATION] == "cn-consultation"
    assert plan.templates[RequestKind.DISCLOSURE] == "disclosure.txt.j2"
    assert (plan.sends_from, plan.sends_until) == (time(9), time(17))


ROUND_FAULTS = {
    "unknown-entry": ("start_on = 2026-09-07", "unknown entry start_on: remove it, or correct it to one of "),
    "unknown-cap": (
        "[caps]\nper_week = 3",
        "unknown entry caps.per_week: remove it, or correct it to one of ",
    ),
    "unknown-kind-of-rules": ('[rules]\npetition = "x"', "unknown entry rules.petition: "),
    "kind": ('kinds = ["petition"]', "kinds = ['petition']: a list of disclosure, consultation is needed."),
    "cap-too-high": ("[caps]\nper_unit_per_month = 11", "caps.per_unit_per_month = 11: at most 10, "),
    "cap-too-low": (
        "[caps]\nper_account_per_day = 0",
        "caps.per_account_per_day = 0: a whole number of at least 1",
    ),
    "seed": ("seed = true", "seed = True: a whole number of at least 0 is needed."),
    "hour": ('sends_from = "9 Uhr"', 'sends_from = 9 Uhr: a time of day is needed, such as "09:00".'),
    "hours": ('sends_from = "18:00"', "sends_until = 17:00:00: it must be later than sends_from."),
    "text": ("calendar = 3", "calendar = 3: a text in quotes is needed."),
    "table": ("caps = 3", "caps = 3: a table is needed: write [caps]."),
}


@pytest.mark.parametrize(("line", "sentence"), ROUND_FAULTS.values(), ids=ROUND_FAULTS)
def test_a_faulty_round_is_refused_by_entry(write, line, sentence):
    path = write("round.toml", ROUND + line)
    (fault,) = faults_of(read_round, path)
    assert fault.startswith(f"{path}: {sentence}")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('name = "city-2026"', "", "name is missing: add it."),
        (
            '"city-2026"',
            '"市 2026"',
            "name = 市 2026: only letters, digits and single hyphens, such as city-2026.",
        ),
        ("2026-09-18", "2026-09-01", "ends_on = 2026-09-01: it must not be before starts_on."),
        ("2026-12-18", "2026-09-17", "closes_on = 2026-09-17: it must not be before ends_on."),
        (
            "2026-09-07",
            '"2026-09-07"',
            "starts_on = 2026-09-07: a date is needed, such as 2026-09-07 without quotes.",
        ),
    ],
)
def test_a_round_with_a_wrong_or_missing_decision_is_refused(write, old, new, sentence):
    path = write("round.toml", ROUND.replace(old, new))
    assert faults_of(read_round, path) == [f"{path}: {sentence}"]


def test_the_sample_roster_is_complete_and_carries_every_default():
    round_file = find_file("data/rosters/sample/round.toml")
    plan, roster = read_round(round_file), read_roster(round_file)
    assert (len(roster.units), len(roster.applicants), roster.pins) == (6, 3, {})
    assert [path.name for path in roster_files(round_file)][:2] == ["round.toml", "units.csv"]
    bare = type(plan)(plan.name, plan.title, plan.kinds, plan.starts_on, plan.ends_on, plan.closes_on, {}, {})
    assert replace(plan, rules={}, templates={}) == bare
