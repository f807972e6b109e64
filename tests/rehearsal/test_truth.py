"""The truth of the rehearsal adds up, and its days are right, counted by another package than ours."""

import csv
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import chinese_calendar
import pytest

from tracker.adapters.files import load_calendar
from tracker.adapters.roster import read_roster, read_round
from tracker.domain.planning import spread_requests
from tracker.domain.terms import local_date
from tracker.rehearsal.truth import Truth, read_scenario

FOLDER = Path(__file__).parents[2] / "data/rehearsals/yanan-2020"
SLOW_OR_SILENT_NAMES = (
    "市水务局 高新区管委会 市民政局 市商务局 市交运局 市机关事务服务中心 "
    "市退役军人事务局 市工信局 市教育局 市自然资源局 市城改办"
)
SLOW_OR_SILENT = set(SLOW_OR_SILENT_NAMES.split())
COUNTY_NAMES = (
    "子长市 南泥湾管委会 延长县 吴起县 新区管委会 宝塔区 黄龙县 黄陵县 高新区管委会 甘泉县 延川县 富县 "
    "安塞区 志丹县 宜川县 洛川县"
)
COUNTIES = set(COUNTY_NAMES.split())
NOTICE_TIME_LIMITS = {"disclosure": 20, "consultation": 5}


@pytest.fixture(scope="module")
def truths() -> tuple[Truth, ...]:
    return read_scenario(FOLDER).truths


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def working_days(start: date, end: date) -> int:
    days = (start + timedelta(days=n) for n in range(1, (end - start).days + 1))
    return sum(chinese_calendar.is_workday(day) for day in days)


def nth_working_day(start: date, n: int) -> date:
    day = start
    while n:
        day += timedelta(days=1)
        n -= chinese_calendar.is_workday(day)
    return day


def test_there_are_sixty_two_units_with_one_request_of_each_kind(truths: tuple[Truth, ...]) -> None:
    names = {row["name"] for row in rows("units.csv")}
    assert len(names) == 62
    assert names >= COUNTIES | SLOW_OR_SILENT
    assert {t.key for t in truths} == {
        (row["unit_id"], kind) for row in rows("units.csv") for kind in NOTICE_TIME_LIMITS
    }
    assert len(truths) == 124


def test_forty_units_share_one_mail_domain_and_every_address_is_invented() -> None:
    mail = [row for row in rows("channels.csv") if row["channel"] == "email"]
    assert len({row["unit_id"] for row in mail if row["address"].endswith("@yanan.test")}) == 40
    assert all(row["address"].endswith(".test") for row in mail)
    units_of = defaultdict(set)
    for row in mail:
        units_of[row["address"]].add(row["unit_id"])
    assert all(len(units) == 1 for units in units_of.values())


def test_letters_come_in_the_numbers_the_round_promises(truths: tuple[Truth, ...]) -> None:
    how = Counter(t.how for t in truths)
    assert how == {
        "site": 57, "thread": 18, "no_thread": 15, "clerk": 8, "attachment": 8, "person_channel": 18
    }  # fmt: skip
    assert sum(t.channel == "web_form" for t in truths) >= len(truths) / 2
    assert Counter(t.attachment for t in truths if t.how == "attachment") == {"docx": 4, "pdf": 4}
    assert sum(t.thread == "none" for t in truths) == 15
    assert {t.thread for t in truths if t.how == "clerk"} == {"headers", "subject", "short"}
    assert len({t.sender for t in truths if t.sender}) == 8
    assert {t.channel for t in truths if t.how == "person_channel"} == {
        "web_form", "post", "fax", "phone", "in_person"
    }  # fmt: skip


def test_twenty_units_share_one_platform_and_every_shape_of_site_is_used() -> None:
    by_platform = defaultdict(set)
    for row in rows("channels.csv"):
        if row["parameters"]:
            by_platform[row["platform"]].add(row["unit_id"])
            assert row["address"].startswith(f"http://{row['platform']}.test/")
    assert {platform: len(units) for platform, units in by_platform.items()} == {
        "xhr-code": 20, "iframe-gbk": 8, "alert-password": 7, "mailbox": 8, "captcha": 5, "classic": 3,
    }  # fmt: skip


def test_only_the_units_the_notice_names_fall_short_and_only_with_consultations(
    truths: tuple[Truth, ...],
) -> None:
    names = read_scenario(FOLDER).names
    short = [t for t in truths if t.verdict != "in_time"]
    assert {names[t.unit_id] for t in short} == SLOW_OR_SILENT
    assert {t.kind for t in short} == {"consultation"}
    assert Counter(t.verdict for t in short) == {"late": 6, "no_reply": 5}


def test_every_disclosure_request_is_answered_within_twenty_working_days(truths: tuple[Truth, ...]) -> None:
    days = [t.response_days for t in truths if t.kind == "disclosure"]
    assert all(n is not None and n <= 20 for n in days)


def test_no_real_unit_charges_refuses_or_turns_away(truths: tuple[Truth, ...]) -> None:
    assert {t.outcome for t in truths if t.outcome} == {
        "disclosed", "already_public", "partly_disclosed", "not_held", "not_responsible", "other_regime",
        "needs_creation", "answer", "referred",
    }  # fmt: skip
    assert all(t.label == t.outcome for t in truths)


def test_the_judicial_bureau_announces_no_fax_for_disclosure_requests() -> None:
    (ssfj,) = [row["unit_id"] for row in rows("units.csv") if row["name"] == "市司法局"]
    unannounced = [row for row in rows("channels.csv") if row["announced"] == "no"]
    assert [(r["unit_id"], r["kind"], r["channel"]) for r in unannounced] == [(ssfj, "disclosure", "fax")]


def test_the_first_channel_of_a_request_is_the_one_the_truth_names(truths: tuple[Truth, ...]) -> None:
    first = {
        (row["unit_id"], row["kind"]): row["channel"]
        for row in rows("channels.csv")
        if row["priority"] == "1"
    }
    assert first == {t.key: t.channel for t in truths}


def test_days_are_those_that_chinesecalendar_counts(truths: tuple[Truth, ...]) -> None:
    for t in truths:
        due_on = nth_working_day(t.received_on, NOTICE_TIME_LIMITS[t.kind])
        assert t.due_on == nth_working_day(due_on, t.extended_days or 0), t.key
        if t.replied_on is None:
            assert (t.response_days, t.verdict) == (None, "no_reply")
            continue
        assert t.response_days == working_days(t.received_on, t.replied_on), t.key
        assert t.verdict == ("in_time" if t.replied_on <= t.due_on else "late"), t.key


def test_instants_agree_with_their_dates(truths: tuple[Truth, ...]) -> None:
    for t in truths:
        assert (t.replied_at.date() if t.replied_at else None) == t.replied_on
        if t.notice_at:
            assert working_days(t.received_on, t.notice_at.date()) <= 20
            assert t.replied_at
            assert t.notice_at < t.replied_at
        posted_later = t.received_on > t.sent_on
        assert posted_later == (t.channel == "post")


def test_replies_use_the_make_up_days_and_the_last_minute(truths: tuple[Truth, ...]) -> None:
    on = Counter(t.replied_on for t in truths)
    assert on[date(2020, 9, 27)] >= 5
    assert on[date(2020, 10, 10)] >= 2
    last = [t for t in truths if t.replied_at and t.replied_on == t.due_on and t.replied_at.hour == 23]
    assert len(last) == 7
    assert any(f"{t.replied_at:%H:%M:%S}" == "23:59:30" for t in last)


def test_the_schedule_keeps_to_office_hours_and_spares_every_applicant(truths: tuple[Truth, ...]) -> None:
    planned = rows("schedule.csv")
    times = defaultdict(list)
    for row in planned:
        at = datetime.fromisoformat(row["planned_at"])
        assert chinese_calendar.is_workday(at.date())
        assert 9 <= at.hour < 17
        times[row["applicant"]].append(at)
    for moments in times.values():
        assert max(Counter(at.date() for at in moments).values()) <= 12
        assert all(later - earlier >= timedelta(minutes=3) for earlier, later in pairwise(sorted(moments)))
    assert {
        (r["unit_id"], r["kind"], r["applicant"], datetime.fromisoformat(r["planned_at"]).date())
        for r in planned
    } == {(*t.key, t.applicant, t.sent_on) for t in truths}


def test_no_applicant_asks_one_unit_twice(truths: tuple[Truth, ...]) -> None:
    assert max(Counter((t.unit_id, t.applicant) for t in truths).values()) == 1
    assert len({t.applicant for t in truths}) == 8


def test_every_unit_that_answers_a_consultation_says_something_of_its_own(truths: tuple[Truth, ...]) -> None:
    answers = read_scenario(FOLDER).answers
    assert set(answers) == {t.unit_id for t in truths if t.outcome == "answer"}
    assert len(set(answers.values())) == len(answers)


def test_every_unit_has_a_question_of_each_kind_with_a_title_of_its_own() -> None:
    titles = read_scenario(FOLDER).titles
    assert len(titles) == len(set(titles.values())) == 124
    assert all("REHEARSAL" in row["text"] for row in rows("questions.csv"))


def test_the_files_are_a_round_that_the_tracker_can_plan_as_pinned(truths: tuple[Truth, ...]) -> None:
    plan, roster = read_round(FOLDER / "round.toml"), read_roster(FOLDER / "round.toml")
    planned = spread_requests(
        plan, roster.units, roster.channels, roster.applicants, roster.questions, load_calendar("cn"),
        seed=plan.seed or 0, pins=roster.pins,
    )  # fmt: skip
    assert {(p.unit_id, p.kind, p.channel, p.applicant, local_date(p.planned_at)) for p in planned} == {
        (*t.key, t.channel, t.applicant, t.sent_on) for t in truths
    }
