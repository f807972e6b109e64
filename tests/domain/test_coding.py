"""Votes, disputes, adjudications and reopenings of one message, and what a blind coder may know."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from tracker.adapters.instruments import load_instrument
from tracker.domain.coding import Stage, as_seen_blind, codings_of, stages_of
from tracker.domain.instrument import AnswerFault, check_answers
from tracker.domain.rounds import Coding
from tracker.domain.terms import Event, EventKind, RequestKind

START = datetime(2026, 3, 2, 1, tzinfo=UTC)
MESSAGE = "m" * 64
ONE, TWO = Coding(), Coding("evaluation", 2, True)
_numbers = count(1)


def event(what: EventKind, actor: str = "machine", /, **payload: object) -> Event:
    number = next(_numbers)
    at = START + timedelta(hours=number)
    return Event(what, at, at, actor, "r", "r-1", MESSAGE, payload, f"{what}:{number}", number)


def read(kind: str = "reply", confidence: float = 0.95) -> Event:
    outcome = "disclosed" if kind == "reply" else None
    return event(EventKind.READ, kind=kind, outcome=outcome, confidence=confidence)


def vote(actor: str, /, **answers: str) -> Event:
    return event(EventKind.CODED, actor, answers={"kind": "reply", "outcome": "disclosed", **answers})


def stage(events: list[Event], coding: Coding) -> Stage:
    return stages_of(events, coding)[MESSAGE][0]


def test_with_one_coder_a_sure_notice_is_not_asked_about_and_a_reply_is():
    assert stage([read("acknowledgement")], ONE) is Stage.UNASKED
    assert stage([read("acknowledgement", 0.5)], ONE) is Stage.OPEN
    assert stage([read()], ONE) is Stage.OPEN
    assert stage([read(), vote("a")], ONE) is Stage.DONE


def test_in_a_blind_round_everything_is_coded_by_two():
    assert stage([read("acknowledgement")], TWO) is Stage.OPEN
    assert stage([read(), vote("a")], TWO) is Stage.OPEN
    assert stage([read(), vote("a"), vote("b")], TWO) is Stage.DONE


def test_one_differing_or_absent_answer_is_a_dispute_that_a_third_decides():
    told = [read(), vote("a", has_seal="yes"), vote("b")]
    assert stage(told, TWO) is Stage.DISPUTED
    assert codings_of(told, MESSAGE).differing == ("has_seal",)
    told.append(event(EventKind.ADJUDICATED, "c", answers={"kind": "reply"}, reason="seen"))
    assert stage(told, TWO) is Stage.DONE


def test_reopening_ends_every_vote_and_keeps_it_on_record():
    told = [read(), vote("a"), vote("b"), event(EventKind.REOPENED, "lead", reason="new rule")]
    assert stage(told, TWO) is Stage.OPEN
    assert codings_of(told, MESSAGE).votes == ()
    assert stage([*told, vote("a")], TWO) is Stage.OPEN


def test_a_blind_coder_knows_of_no_reading_before_the_own_vote():
    sent = event(EventKind.PLANNED, "rule", kind="disclosure")
    told = [sent, read(), vote("a")]
    assert as_seen_blind(told, "b", TWO) == [sent]
    assert as_seen_blind(told, "a", TWO) == told


def test_who_decides_between_two_coders_sees_what_they_chose():
    told = [read(), vote("a"), vote("b", has_seal="yes")]
    assert as_seen_blind(told, "c", TWO) == told


# --- the instrument -------------------------------------------------------------------------------------

WHOLE = {
    "kind": "reply", "outcome": "refused", "channel_worked": "yes", "to_the_point": "yes", "has_title": "yes",
    "has_number": "yes", "has_seal": "yes", "has_remedy": "yes", "has_reasons": "yes",
    "names_right_organ": "not_needed", "fee": "none", "satisfaction": "4",
}  # fmt: skip


def test_answers_that_do_not_apply_fall_away():
    instrument = load_instrument("evaluation")
    assert check_answers(instrument, RequestKind.DISCLOSURE, WHOLE) == WHOLE
    notice = check_answers(instrument, RequestKind.DISCLOSURE, WHOLE | {"kind": "acknowledgement"})
    assert notice == {"kind": "acknowledgement", "channel_worked": "yes"}
    answer = check_answers(instrument, RequestKind.CONSULTATION, WHOLE | {"outcome": "answer"})
    assert "has_seal" not in answer
    assert answer["satisfaction"] == "4"


@pytest.mark.parametrize(
    ("wrong", "question", "why"),
    [
        ({"kind": ""}, "kind", "missing"),
        ({"kind": "letter"}, "kind", "unknown_code"),
        ({"outcome": ""}, "outcome", "missing"),
        ({"outcome": "answer"}, "outcome", "unknown_code"),  # of a consultation
        ({"has_seal": ""}, "has_seal", "missing"),
        ({"has_seal": "maybe"}, "has_seal", "unknown_code"),
    ],
)
def test_a_missing_or_unknown_answer_is_named(wrong, question, why):
    with pytest.raises(AnswerFault) as fault:
        check_answers(load_instrument("evaluation"), RequestKind.DISCLOSURE, WHOLE | wrong)
    assert (fault.value.question_id, fault.value.why) == (question, why)
