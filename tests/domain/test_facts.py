"""The facts of a case: any order in, one order out, and what cannot be true is refused."""

from datetime import date, datetime, time
from itertools import permutations

import pytest

from tracker.domain.facts import Fact, FactFault, FactKind, check_facts, collect
from tracker.domain.terms import ChannelKind, Outcome, local_date

K = FactKind
LATER = date(2021, 12, 31)


def fact(kind: FactKind, day: str, **more: object) -> Fact:
    return Fact(kind, date.fromisoformat(day), **more)  # type: ignore[arg-type]


SUBMITTED = fact(K.SUBMITTED, "2021-07-01")


def test_facts_are_the_same_in_whatever_order_they_were_told() -> None:
    told = [
        SUBMITTED,
        fact(K.CORRECTION_NOTICE, "2021-07-05", days=10),
        fact(K.CORRECTED, "2021-07-05"),
        fact(K.EXTENSION_NOTICE, "2021-07-05", days=5),
        fact(K.EXTENSION_NOTICE, "2021-07-05", days=20),
    ]
    found = {collect(order, ChannelKind.EMAIL, LATER).told for order in permutations(told)}
    assert len(found) == 1


def test_of_one_day_the_earlier_hour_comes_first_and_of_one_moment_the_longer_extension() -> None:
    morning = fact(K.EXTENSION_NOTICE, "2021-07-05", time=time(9), days=5)
    evening = fact(K.EXTENSION_NOTICE, "2021-07-05", time=time(18), days=20)
    assert collect([evening, morning], ChannelKind.EMAIL, LATER).of(K.EXTENSION_NOTICE)[0] is morning
    short, long, unnamed = (fact(K.EXTENSION_NOTICE, "2021-07-06", days=n) for n in (5, 20, None))
    assert collect([short, long, unnamed], ChannelKind.EMAIL, LATER).told == (unnamed, long, short)


def test_a_reply_stands_where_it_was_sent() -> None:
    first = fact(K.REPLY, "2021-07-09", stamp_on=date(2021, 7, 6), outcome=Outcome.REFUSED)
    second = fact(K.REPLY, "2021-07-08", outcome=Outcome.DISCLOSED)
    assert collect([second, first], ChannelKind.EMAIL, LATER).of(K.REPLY) == (first, second)


def test_what_happened_after_the_day_asked_for_is_not_known() -> None:
    facts = collect([SUBMITTED, fact(K.REPLY, "2021-07-09")], ChannelKind.EMAIL, date(2021, 7, 8))
    assert facts.told == (SUBMITTED,)
    assert facts.of(K.REPLY) == ()


@pytest.mark.parametrize(
    ("facts", "submitted", "confirmed"),
    [
        pytest.param([], None, None, id="nothing"),
        pytest.param([SUBMITTED], "2021-07-01", None, id="submitted"),
        pytest.param([SUBMITTED, fact(K.ACCEPTED, "2021-07-02")], "2021-07-02", None, id="accepted"),
        pytest.param([fact(K.CONFIRMED, "2021-07-05")], None, "2021-07-05", id="confirmed-only"),
        pytest.param(
            [SUBMITTED, fact(K.CONFIRMED, "2021-07-05"), fact(K.ACKNOWLEDGEMENT, "2021-07-02")],
            "2021-07-01",
            "2021-07-02",
            id="the-first-of-two",
        ),
        pytest.param(
            [fact(K.ACCEPTED, "2021-07-05"), fact(K.CONFIRMED, "2021-07-02")],
            "2021-07-05",
            None,
            id="confirmed-before-it-was-accepted",
        ),
        pytest.param([SUBMITTED, fact(K.AUTO_REPLY, "2021-07-02")], "2021-07-01", None, id="auto-reply"),
    ],
)
def test_submission_and_confirmation_are_facts_apart(
    facts: list[Fact], submitted: str | None, confirmed: str | None
) -> None:
    found = collect(facts, ChannelKind.EMAIL, LATER)
    assert found.submitted_on == (date.fromisoformat(submitted) if submitted else None)
    assert found.confirmed_on == (date.fromisoformat(confirmed) if confirmed else None)


def test_a_moment_without_its_zone_has_no_date() -> None:
    naive = datetime(2021, 7, 1, 9)  # noqa: DTZ001 - what is refused here
    with pytest.raises(ValueError, match="naive datetime 2021-07-01T09:00:00: every moment needs its zone"):
        local_date(naive)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (fact(K.REPLY, "2021-06-30"), "before_submission"),
        (fact(K.SIGNED, "2021-07-02"), "signed_without_post"),
        (fact(K.CORRECTED, "2021-07-05"), "corrected_without_notice"),
        (fact(K.THIRD_PARTY_END, "2021-07-05"), "end_without_notice"),
        (fact(K.FEE_SETTLED, "2021-07-05"), "settled_without_notice"),
    ],
)
def test_a_fact_that_the_others_do_not_allow_is_refused(wrong: Fact, why: str) -> None:
    with pytest.raises(FactFault, match=why) as refused:
        check_facts(collect([SUBMITTED, wrong], ChannelKind.EMAIL, LATER))
    assert (refused.value.fact, refused.value.why) == (wrong, why)


def test_an_answer_is_allowed_from_the_day_of_its_notice_on_and_a_signature_for_a_letter() -> None:
    allowed = [
        SUBMITTED,
        fact(K.SIGNED, "2021-07-02"),
        fact(K.CORRECTED, "2021-07-05"),
        fact(K.CORRECTION_NOTICE, "2021-07-05"),
        fact(K.THIRD_PARTY_NOTICE, "2021-07-05"),
        fact(K.THIRD_PARTY_END, "2021-07-06"),
        fact(K.FEE_NOTICE, "2021-07-07"),
        fact(K.FEE_SETTLED, "2021-07-08"),
    ]
    check_facts(collect(allowed, ChannelKind.POST, LATER))
    early = fact(K.THIRD_PARTY_END, "2021-07-04")
    with pytest.raises(FactFault, match="end_without_notice"):
        check_facts(collect([*allowed, early], ChannelKind.POST, LATER))
