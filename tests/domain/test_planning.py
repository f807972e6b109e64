from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations, pairwise

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from tracker.adapters.files import load_calendar
from tracker.domain.bookings import shared_host
from tracker.domain.calendar import CalendarGap
from tracker.domain.drafts import best_channel
from tracker.domain.planning import spread_requests
from tracker.domain.rounds import (
    Applicant,
    Caps,
    Pin,
    PinMisplaced,
    PinOutsideWindow,
    QuestionMissing,
    RoundPlan,
    TooFewApplicants,
    WindowPast,
    WindowTooSmall,
)
from tracker.domain.terms import SHANGHAI, Channel, ChannelKind, Question, RequestKind, Unit, local_date

D, C = RequestKind.DISCLOSURE, RequestKind.CONSULTATION
CALENDAR = load_calendar("cn")
PLAN = RoundPlan(
    "city-2020", "市评估", (D, C), date(2020, 9, 21), date(2020, 10, 16), date(2020, 12, 31), {}, {}
)
QUESTIONS = (Question("d", D, "title", "text"), Question("c", C, "title", "text"))


def units_of(count: int) -> list[Unit]:
    return [Unit(f"u{n:03d}", f"JS-{n:03d}", f"第{n}局") for n in range(count)]


def mail_channels(units: list[Unit], in_one_domain: int = 0) -> list[Channel]:
    def address(place: int, unit: Unit) -> str:
        return f"{unit.unit_id}@city.test" if place < in_one_domain else f"xxgk@{unit.unit_id}.test"

    return [
        Channel(unit.unit_id, kind, ChannelKind.EMAIL, True, address(place, unit))
        for place, unit in enumerate(units)
        for kind in (D, C)
    ]


def people(count: int) -> list[Applicant]:
    return [Applicant(f"A{n:02d}", f"a{n:02d}@box.test", "甲", "ID") for n in range(count)]


def spread(units, channels, applicants=None, *, plan=PLAN, seed=7, questions=QUESTIONS, **more):
    return spread_requests(
        plan, units, channels, applicants or people(8), questions, CALENDAR, seed=seed, **more
    )


def wall(moment: datetime) -> datetime:
    return moment.astimezone(SHANGHAI)


UNITS = units_of(62)
CHANNELS = mail_channels(UNITS, in_one_domain=40)


# --- what is asked ---------------------------------------------------------------------------------


def test_each_unit_gets_one_request_of_each_kind_numbered_by_unit():
    planned = spread(UNITS, CHANNELS)
    assert len({(request.unit_id, request.kind) for request in planned}) == len(planned) == 124
    numbers = {request.reference: request.unit_id for request in planned}
    assert (numbers["city-2020-D0001"], numbers["city-2020-C0062"]) == ("u000", "u061")


def test_only_the_kinds_of_the_plan_are_asked():
    planned = spread(UNITS, CHANNELS, plan=replace(PLAN, kinds=(C,)))
    assert {request.kind for request in planned} == {C}


@pytest.mark.parametrize(
    ("joined_on", "left_on", "is_asked"),
    [
        (date(2020, 9, 21), None, True),
        (date(2020, 9, 22), None, False),
        (None, date(2020, 9, 21), False),
        (None, date(2021, 1, 1), True),
    ],
)
def test_only_units_that_belong_to_the_round_on_its_first_day_are_asked(joined_on, left_on, is_asked):
    unit = replace(UNITS[0], joined_on=joined_on, left_on=left_on)
    assert bool(spread([unit], CHANNELS)) is is_asked


def test_a_unit_that_leaves_during_the_window_is_asked_before_it_leaves():
    leaving = [replace(unit, left_on=date(2020, 9, 23)) for unit in UNITS[:20]]
    planned = spread(leaving, mail_channels(leaving))
    assert {wall(request.planned_at).date() for request in planned} == {date(2020, 9, 21), date(2020, 9, 22)}


def test_posted_letters_share_no_host_and_keep_only_the_spacing():
    post = [Channel(unit.unit_id, D, ChannelKind.POST, True, "示例街1号") for unit in UNITS]
    planned = spread(UNITS, post, plan=replace(PLAN, kinds=(D,), caps=Caps(per_host_per_hour=1)))
    times = sorted(request.planned_at for request in planned)
    assert len(times) == len(UNITS)
    assert min(later - earlier for earlier, later in pairwise(times)) < timedelta(hours=1)


def test_the_announced_channel_of_the_best_priority_is_taken():
    email = Channel("u000", D, ChannelKind.EMAIL, True, "a@u.test", priority=2)
    form = Channel("u000", D, ChannelKind.WEB_FORM, False, "http://u.test", priority=1)
    post = Channel("u000", D, ChannelKind.POST, True, "示例街1号", priority=3)
    assert best_channel([post, form, email], "u000", D) is email
    assert best_channel([post, form, email], "u000", C) is None


def test_a_unit_without_an_announced_channel_gets_a_request_without_one():
    channels = [replace(channel, announced=channel.unit_id != "u001") for channel in CHANNELS]
    planned = spread(UNITS, channels)
    findings = [request for request in planned if request.channel is None]
    assert [(request.unit_id, request.kind, request.address) for request in findings] == [
        ("u001", C, ""),
        ("u001", D, ""),
    ]
    assert findings[0].applicant != findings[1].applicant


def test_a_question_for_the_unit_comes_before_one_for_its_group_and_one_for_all():
    own, group = replace(QUESTIONS[0], question_id="own", unit_id="u000"), replace(QUESTIONS[0], group="g")
    group = replace(group, question_id="group")
    units = [UNITS[0], replace(UNITS[1], group="g"), UNITS[2]]
    planned = spread(units, CHANNELS, questions=(*QUESTIONS, own, group))
    assert [request.question_id for request in planned if request.kind is D] == ["own", "group", "d"]


def test_several_suitable_questions_are_drawn_from():
    questions = (*QUESTIONS, replace(QUESTIONS[0], question_id="d2"), replace(QUESTIONS[0], question_id="d3"))
    drawn = Counter(request.question_id for request in spread(UNITS, CHANNELS, questions=questions))
    assert min(drawn[name] for name in ("d", "d2", "d3")) >= 10


def test_a_unit_nobody_has_a_question_for_stops_the_plan_by_name():
    with pytest.raises(QuestionMissing, match='of kind consultation for unit "JS-000"') as refusal:
        spread(UNITS, CHANNELS, questions=QUESTIONS[:1])
    assert (refusal.value.unit, refusal.value.kind) == (UNITS[0], C)


# --- by whom ---------------------------------------------------------------------------------------


def overlaps_at(planned, host: str) -> dict[str, int]:
    """For each applicant, the pairs of their requests to units that share the host."""
    load = Counter(request.applicant for request in planned if request.address.endswith(f"@{host}"))
    return {applicant: len(list(combinations(range(count), 2))) for applicant, count in load.items()}


@pytest.mark.parametrize("seed", range(5))
def test_requests_to_one_mail_domain_are_shared_out_evenly(seed):
    overlaps = overlaps_at(spread(UNITS, CHANNELS, seed=seed), "city.test")
    # 80 requests among 8 applicants: 10 each is the minimum, which is 45 pairs each
    assert len(overlaps) == 8
    assert sum(overlaps.values()) <= 8 * 45 + 2
    assert max(overlaps.values()) <= 55


@pytest.mark.parametrize("seed", range(5))
def test_the_whole_load_is_shared_out_evenly_too(seed):
    load = Counter(request.applicant for request in spread(UNITS, CHANNELS, seed=seed))
    assert max(load.values()) - min(load.values()) <= 2


def test_a_platform_is_shared_like_a_mail_domain():
    forms = [
        replace(
            channel, channel=ChannelKind.WEB_FORM, address=f"http://{channel.unit_id}.test", platform="City"
        )
        for channel in CHANNELS
    ]
    assert {shared_host(channel) for channel in forms} == {"city"}
    assert shared_host(replace(forms[0], platform="")) == "u000.test"


def test_fewer_applicants_than_kinds_stop_the_plan():
    with pytest.raises(TooFewApplicants, match="1 applicants, but each unit is asked by 2"):
        spread(UNITS, CHANNELS, people(1))


# --- when ------------------------------------------------------------------------------------------

numbers = st.integers
plans = st.builds(
    lambda per_day, per_hour, spacing, start, length: replace(
        PLAN,
        starts_on=start,
        ends_on=start + timedelta(days=length),
        spacing_minutes=spacing,
        caps=Caps(per_account_per_day=per_day, per_unit_per_month=2, per_host_per_hour=per_hour),
    ),
    numbers(1, 6),
    numbers(1, 5),
    numbers(1, 40),
    st.dates(date(2020, 9, 14), date(2020, 10, 12)),
    numbers(0, 20),
)


def most_within_an_hour(moments: list[datetime]) -> int:
    hour = timedelta(hours=1)
    return max(sum(first <= moment < first + hour for moment in moments) for first in moments)


@given(plan=plans, count=numbers(1, 16), applicants=numbers(2, 5), seed=numbers(0, 99))
def test_every_plan_keeps_caps_spacing_working_days_and_hours(plan, count, applicants, seed):
    channels = mail_channels(UNITS[:count], in_one_domain=count)
    try:
        planned = spread(UNITS[:count], channels, people(applicants), plan=plan, seed=seed)
    except WindowTooSmall:
        reject()
    times = sorted(wall(request.planned_at) for request in planned)
    assert all(plan.starts_on <= moment.date() <= plan.ends_on for moment in times)
    assert all(CALENDAR.is_working_day(moment.date()) for moment in times)
    assert all(plan.sends_from <= moment.time() < plan.sends_until for moment in times)
    spacing = timedelta(minutes=plan.spacing_minutes)
    assert all(later - earlier >= spacing for earlier, later in pairwise(times))
    of_account = Counter((request.applicant, local_date(request.planned_at)) for request in planned)
    assert max(of_account.values()) <= plan.caps.per_account_per_day
    assert most_within_an_hour(times) <= plan.caps.per_host_per_hour
    askers = Counter((request.applicant, request.unit_id) for request in planned)
    assert max(askers.values()) == 1
    assert all(request.expires_at - request.planned_at == timedelta(days=7) for request in planned)


@given(st.randoms(use_true_random=False), numbers(0, 99))
def test_the_order_of_the_rows_does_not_change_the_plan(random, seed):
    rows = [UNITS[:12], CHANNELS, people(5), [*QUESTIONS, replace(QUESTIONS[0], question_id="d2")]]
    shuffled = [random.sample(row, len(row)) for row in rows]
    units, channels, applicants, questions = rows
    expected = spread(units, channels, applicants, questions=questions, seed=seed)
    units, channels, applicants, questions = shuffled
    assert spread(units, channels, applicants, questions=questions, seed=seed) == expected


def test_another_seed_gives_another_plan():
    assert spread(UNITS, CHANNELS, seed=1) != spread(UNITS, CHANNELS, seed=2)


def test_one_seed_gives_this_plan_under_every_version_of_python():
    first = spread(UNITS, CHANNELS, seed=2020)[0]
    assert (first.reference, first.applicant, wall(first.planned_at).isoformat()) == (
        "city-2020-C0001",
        "A00",
        "2020-09-29T12:00:00+08:00",
    )


def test_requests_spread_over_all_working_days_of_the_window_make_up_days_included():
    days = {wall(request.planned_at).date() for request in spread(UNITS, CHANNELS)}
    assert date(2020, 9, 27) in days  # a working Sunday
    assert not days & {date(2020, 10, day) for day in range(1, 9)}
    assert len(days) == 16


def test_a_month_with_a_cap_of_one_leaves_the_second_kind_to_the_next_month():
    plan = replace(PLAN, caps=replace(PLAN.caps, per_unit_per_month=1))
    planned = spread(UNITS, CHANNELS, plan=plan)
    months = Counter((request.unit_id, wall(request.planned_at).month) for request in planned)
    assert set(months.values()) == {1}


def test_a_window_that_only_just_suffices_is_filled():
    # 9:00 to 17:00 every 30 minutes is 16 slots a day; one host takes 2 in any 60 minutes: all of them
    plan = replace(PLAN, spacing_minutes=30, ends_on=PLAN.starts_on, caps=Caps(16, 2, 2))
    assert len(spread(UNITS[:8], CHANNELS, plan=plan)) == 16


@pytest.mark.parametrize("seed", range(3))
def test_a_host_that_takes_three_requests_an_hour_gets_all_24_of_a_working_day(seed):
    # spread at random they would leave gaps too short for another one
    plan = replace(PLAN, spacing_minutes=7, ends_on=PLAN.starts_on, caps=Caps(per_host_per_hour=3))
    assert len(spread(UNITS[:12], CHANNELS, plan=plan, seed=seed)) == 24


def test_a_window_too_small_says_how_many_fit_and_how_many_are_needed():
    plan = replace(PLAN, spacing_minutes=30, ends_on=PLAN.starts_on)
    with pytest.raises(WindowTooSmall, match="only 16 of 20 requests fit") as refusal:
        spread(UNITS[:10], CHANNELS, plan=plan)
    assert (refusal.value.fits, refusal.value.needed) == (16, 20)


def test_a_window_without_a_working_day_fits_nothing():
    holiday = replace(PLAN, starts_on=date(2020, 10, 1), ends_on=date(2020, 10, 8))
    with pytest.raises(WindowTooSmall, match="only 0 of 124"):
        spread(UNITS, CHANNELS, plan=holiday)


def test_a_window_past_the_last_holiday_notice_is_not_guessed_at():
    with pytest.raises(CalendarGap):
        spread(UNITS, CHANNELS, plan=replace(PLAN, ends_on=CALENDAR.last + timedelta(days=1)))


# --- supplements and pins --------------------------------------------------------------------------


@given(numbers(1, 11), numbers(0, 99))
def test_a_supplement_moves_nothing_and_goes_on_numbering(count, seed):
    units = units_of(12)
    channels = mail_channels(units, in_one_domain=12)
    already = spread(units[:count], channels, people(4), seed=seed)
    supplement = spread(units, channels, people(4), seed=seed, already=already)
    assert {request.unit_id for request in supplement} == {unit.unit_id for unit in units[count:]}
    assert [request.reference for request in supplement if request.kind is D] == [
        f"city-2020-D{number:04d}" for number in range(count + 1, 13)
    ]
    times = sorted(request.planned_at for request in [*already, *supplement])
    assert all(later - earlier >= timedelta(minutes=3) for earlier, later in pairwise(times))
    assert most_within_an_hour(times) <= PLAN.caps.per_host_per_hour


def test_a_supplement_of_nothing_new_is_empty():
    assert spread(UNITS, CHANNELS, already=spread(UNITS, CHANNELS)) == []


def test_a_request_that_was_not_sent_is_planned_anew_under_a_new_reference():
    already = spread(UNITS, CHANNELS)
    (anew,) = spread(UNITS, CHANNELS, already=already, not_sent={"city-2020-D0062"})
    assert (anew.reference, anew.unit_id, anew.kind) == ("city-2020-D0063", "u061", D)


def test_nothing_is_planned_before_the_moment_of_planning():
    now = datetime.combine(date(2020, 10, 10), time(11), SHANGHAI)
    late = replace(UNITS[0], joined_on=date(2020, 10, 1))
    planned = spread([late, *UNITS[1:]], CHANNELS, not_before=now)
    assert min(request.planned_at for request in planned) >= now
    assert {request.unit_id for request in planned} >= {"u000"}


def test_a_pinned_request_has_its_applicant_and_time_exactly():
    moment = datetime(2020, 9, 20, 16, 59, 30, tzinfo=UTC)  # at night
    planned = spread(UNITS, CHANNELS, pins={("u005", D): Pin("A03", moment)})
    (pinned,) = [request for request in planned if (request.unit_id, request.kind) == ("u005", D)]
    (other,) = [request for request in planned if (request.unit_id, request.kind) == ("u005", C)]
    assert (pinned.applicant, pinned.planned_at, pinned.reference) == ("A03", moment, "city-2020-D0006")
    assert other.applicant != "A03"


@pytest.mark.parametrize("day", ["2020-09-06", "2020-10-04", "2030-01-02"], ids=["early", "off", "late"])
def test_a_pin_to_a_day_on_which_nothing_is_sent_stops_the_plan(day):
    moment = datetime.fromisoformat(f"{day}T10:00+08:00")
    with pytest.raises(PinOutsideWindow, match=f'for unit "u005" to {day}'):
        spread(UNITS, CHANNELS, pins={("u005", D): Pin("A03", moment)})


def test_a_window_that_is_past_is_named_as_past():
    with pytest.raises(WindowPast, match=f"ended on {PLAN.ends_on}"):
        spread(UNITS, CHANNELS, not_before=datetime(2021, 6, 1, tzinfo=UTC))


@pytest.mark.parametrize(("unit_id", "applicant"), [("u999", "A01"), ("u001", "A99")])
def test_a_pin_for_an_unknown_unit_or_applicant_stops_the_plan(unit_id, applicant):
    with pytest.raises(PinMisplaced, match=f'"{unit_id}" to applicant "{applicant}"'):
        spread(UNITS, CHANNELS, pins={(unit_id, D): Pin(applicant, datetime(2020, 9, 21, 2, tzinfo=UTC))})
