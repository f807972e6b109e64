"""Every admissible reading of a case, attacked: whatever happens in whatever order, the answers hold together."""

from dataclasses import replace
from datetime import date, time, timedelta
from itertools import product
from random import Random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tracker.adapters.calendars import load_calendar
from tracker.adapters.rules import load_rules
from tracker.domain.assessment import assess
from tracker.domain.clocks import ClockName, ClockStart, named_clocks
from tracker.domain.deadlines import LineReason
from tracker.domain.facts import UNIT_SPOKE, Fact, FactKind, Facts, collect
from tracker.domain.readings import (
    Assessment,
    Choices,
    LegalReading,
    Plea,
    ReplyTime,
    Summary,
    choices_of,
    summarise,
)
from tracker.domain.remarks import RemarkCode, remarks_on
from tracker.domain.rules import RuleBook
from tracker.domain.terms import ChannelKind, Outcome, ReceiptBasis, Verdict

CN = load_calendar("cn", guess=True)
BOOK = load_rules("cn-disclosure")
K, V = FactKind, Verdict
ORDER = (ReceiptBasis.SUBMISSION, ReceiptBasis.SIGNATURE, ReceiptBasis.CONFIRMATION)


def fact(kind: FactKind, day: str, **more: object) -> Fact:
    return Fact(kind, date.fromisoformat(day), **more)  # type: ignore[arg-type]


def gathered(*facts: Fact, channel: ChannelKind = ChannelKind.EMAIL, as_of: str = "2021-12-31") -> Facts:
    return collect(facts, channel, date.fromisoformat(as_of))


def assessed(*facts: Fact, as_of: str = "2021-12-31", book: RuleBook = BOOK) -> Assessment:
    return assess(gathered(*facts, as_of=as_of), book, CN, date.fromisoformat(as_of))


def only(*facts: Fact, as_of: str = "2021-12-31") -> LegalReading:
    (reading,) = assessed(*facts, as_of=as_of).readings
    return reading


# Received on Thursday 2021-07-01.
DUE = "2021-07-29"
SUBMITTED = fact(K.SUBMITTED, "2021-07-01")
REPLY = fact(K.REPLY, "2021-08-10", outcome=Outcome.DISCLOSED)


# --- summing up -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdicts", "summary"),
    [
        ([], Summary.OPEN),
        ([V.IN_TIME], Summary.IN_TIME_UNDER_EVERY),
        ([V.IN_TIME, V.LATE], Summary.UNDER_SOME),
        ([V.LATE, V.OVERDUE], Summary.UNDER_NONE),
        *(([V.LATE, undecided], Summary.OPEN) for undecided in (V.PENDING, V.AWAITING_US, V.ABANDONED)),
        ([V.NOT_ASSESSABLE], Summary.OPEN),
    ],
)
def test_verdicts_are_summed_up(verdicts: list[Verdict], summary: Summary) -> None:
    assert summarise(verdicts) is summary


def test_choices_are_made_from_their_names_and_a_wrong_word_is_refused() -> None:
    assert choices_of({"receipt": "signature", "pause": "", "correction": None}) == Choices(
        ReceiptBasis.SIGNATURE
    )
    with pytest.raises(ValueError, match="sometimes"):
        choices_of({"pause": "sometimes"})


def test_without_any_date_of_receipt_there_is_no_reading() -> None:
    found = assessed(REPLY)
    assert (found.readings, found.summary, found.preferred(ORDER)) == ((), Summary.OPEN, None)


def test_a_correction_disputed_by_nobody_is_no_choice_and_a_late_one_is() -> None:
    notice, ours = fact(K.CORRECTION_NOTICE, "2021-07-12", days=10), fact(K.CORRECTED, "2021-07-19")
    assert only(SUBMITTED, notice, ours).choices.correction is None
    late = replace(notice, on=date(2021, 7, 13))
    assert [r.choices.correction for r in assessed(SUBMITTED, late, ours).readings] == [
        Plea.COUNTED,
        Plea.DISPUTED,
    ]


def test_under_rules_that_know_no_correction_every_restart_is_disputed() -> None:
    old = [
        fact(K.SUBMITTED, "2018-07-02"),
        fact(K.CORRECTION_NOTICE, "2018-07-03", days=10),
        fact(K.CORRECTED, "2018-07-06"),
    ]
    assert [r.choices.correction for r in assessed(*old).readings] == [Plea.COUNTED, Plea.DISPUTED]


def test_the_preferred_reading_follows_the_order_of_receipt_and_the_wishes() -> None:
    facts = (
        SUBMITTED,
        fact(K.CONFIRMED, "2021-07-05"),
        fact(K.REPLY, "2021-08-03", stamp_on=date(2021, 8, 2), outcome=Outcome.DISCLOSED),
    )
    found = assessed(*facts)
    assert len(found.readings) == 4
    for receipt, reply_time in product((ReceiptBasis.SUBMISSION, ReceiptBasis.CONFIRMATION), ReplyTime):
        reading = found.preferred((receipt, *ORDER), Choices(reply_time=reply_time))
        assert reading is not None
        assert (reading.choices.receipt, reading.choices.reply_time) == (receipt, reply_time)
    usual = found.preferred(ORDER)
    assert usual is not None
    assert (usual.choices.receipt, usual.choices.reply_time) == (ReceiptBasis.SUBMISSION, ReplyTime.STAMP)


def test_of_two_notices_of_one_moment_the_undisputed_one_is_the_first() -> None:
    notices = [
        fact(K.CORRECTION_NOTICE, "2021-07-05", is_disputed=is_disputed) for is_disputed in (True, False)
    ]
    ours = fact(K.CORRECTED, "2021-07-08")
    (reading,) = assessed(SUBMITTED, *notices, ours).readings
    assert reading.deadline.counted_from == date(2021, 7, 8)


def test_a_second_notice_is_disputed_however_early_it_comes() -> None:
    facts = [
        fact(K.CORRECTION_NOTICE, "2021-07-05"),
        fact(K.CORRECTED, "2021-07-06"),
        fact(K.CORRECTION_NOTICE, "2021-07-07"),
        fact(K.CORRECTED, "2021-07-08"),
    ]
    told = [(r.choices.correction, r.deadline.counted_from.day) for r in assessed(SUBMITTED, *facts).readings]
    assert told == [(Plea.COUNTED, 8), (Plea.DISPUTED, 6)]


def test_what_was_said_on_the_day_of_the_answer_still_counts() -> None:
    reply = fact(K.REPLY, DUE, outcome=Outcome.DISCLOSED)
    assert str(only(SUBMITTED, fact(K.EXTENSION_NOTICE, DUE), reply).due_on) == "2021-08-26"
    crossed = only(SUBMITTED, fact(K.CORRECTION_NOTICE, "2021-07-05"), fact(K.CORRECTED, DUE), reply)
    assert (str(crossed.deadline.counted_from), crossed.response_days) == (DUE, 0)
    asked = only(SUBMITTED, fact(K.CORRECTION_NOTICE, "2021-07-12"), fact(K.REPLY, "2021-07-12"))
    assert (asked.due_on, asked.response_days) == (None, 7)


def test_rules_without_third_parties_know_no_pause() -> None:
    facts = [fact(K.THIRD_PARTY_NOTICE, "2021-07-02"), fact(K.THIRD_PARTY_END, "2021-07-06")]
    (reading,) = assessed(SUBMITTED, *facts, book=load_rules("cn-consultation")).readings
    assert (str(reading.due_on), reading.choices.pause) == ("2021-07-08", None)


def test_of_two_notices_the_open_one_says_how_long_it_waits() -> None:
    facts = [
        fact(K.CORRECTION_NOTICE, "2021-07-05", days=1),
        fact(K.CORRECTED, "2021-07-06"),
        fact(K.CORRECTION_NOTICE, "2021-07-07", days=10),
    ]
    assert assessed(SUBMITTED, *facts, as_of="2021-07-21").readings[0].verdict is V.AWAITING_US
    assert assessed(SUBMITTED, *facts, as_of="2021-07-22").readings[0].verdict is V.ABANDONED


def test_an_answer_that_waits_for_a_guessed_day_is_provisional() -> None:
    facts = [fact(K.SUBMITTED, "2026-12-10"), fact(K.CORRECTION_NOTICE, "2026-12-14", days=10)]
    assert not assessed(
        *facts[:1], fact(K.CORRECTION_NOTICE, "2026-12-14", days=9), as_of="2026-12-15"
    ).is_provisional
    assert not assessed(*facts, as_of="2026-12-15").is_provisional  # the tenth day is 28 December
    late = [fact(K.SUBMITTED, "2026-12-10"), fact(K.CORRECTION_NOTICE, "2026-12-15", days=10)]
    assert assessed(*late, as_of="2026-12-16").is_provisional


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        pytest.param([fact(K.FEE_NOTICE, DUE)], V.AWAITING_US, id="on-the-due-date"),
        pytest.param([fact(K.FEE_NOTICE, "2021-07-30")], V.OVERDUE, id="after-the-due-date"),
        pytest.param(
            [fact(K.FEE_NOTICE, DUE), fact(K.AUTO_REPLY, "2021-07-30")], V.AWAITING_US, id="auto-reply"
        ),
        pytest.param(
            [fact(K.FEE_NOTICE, "2021-07-05"), fact(K.TRANSFER_NOTICE, "2021-07-06")],
            V.OVERDUE,
            id="no-last-word",
        ),
        pytest.param(
            [fact(K.TRANSFER_NOTICE, "2021-07-05"), fact(K.FEE_NOTICE, "2021-07-06")],
            V.AWAITING_US,
            id="last-word",
        ),
        pytest.param(
            [fact(K.FEE_NOTICE, "2021-07-05"), fact(K.FEE_SETTLED, "2021-07-06")], V.OVERDUE, id="settled"
        ),
    ],
)
def test_a_fee_is_awaited_only_while_it_is_the_last_word_inside_the_period(
    told: list[Fact], verdict: Verdict
) -> None:
    assert only(SUBMITTED, *told).verdict is verdict


def test_two_readings_are_alike_when_they_answer_alike() -> None:
    first, second = only(SUBMITTED), only(SUBMITTED, fact(K.AUTO_REPLY, "2021-07-02"))
    marked = replace(second, choices=Choices(ReceiptBasis.SIGNATURE), bases=(), touched_on=FIRST_DAY)
    assert first == second == marked
    assert first != replace(second, verdict=V.LATE)


# --- the named clocks -----------------------------------------------------------------------------------


def test_each_clock_says_from_what_it_runs_and_in_which_days() -> None:
    facts = gathered(
        SUBMITTED,
        fact(K.AUTO_REPLY, "2021-07-01"),
        fact(K.CORRECTION_NOTICE, "2021-07-06", days=10),
        fact(K.CORRECTED, "2021-07-08"),
        fact(K.ACKNOWLEDGEMENT, "2021-07-09"),
        fact(K.REPLY, "2021-07-16", outcome=Outcome.REFUSED),
        fact(K.REPLY, "2021-07-20", outcome=Outcome.DISCLOSED),
    )
    reading = assess(facts, BOOK, CN, date(2021, 12, 31)).preferred(ORDER)
    assert reading is not None
    told = {
        clock.name: (str(clock.started_on)[5:], clock.start, clock.working_days, clock.calendar_days)
        for clock in named_clocks(facts, reading, CN).values()
    }
    assert told == {
        ClockName.FIRST_CONTACT: ("07-01", ClockStart.SUBMISSION, 3, 5),
        ClockName.ACKNOWLEDGEMENT: ("07-01", ClockStart.SUBMISSION, 6, 8),
        ClockName.FIRST_DECISION: ("07-08", ClockStart.CORRECTED, 6, 8),
        ClockName.FINAL_DECISION: ("07-08", ClockStart.CORRECTED, 8, 12),
    }


def test_without_proof_of_submission_every_clock_starts_with_receipt_and_none_runs_backwards() -> None:
    facts = gathered(fact(K.FEE_NOTICE, "2021-07-02"), fact(K.CONFIRMED, "2021-07-05"))
    reading = assess(facts, BOOK, CN, date(2021, 12, 31)).readings[0]
    clocks = named_clocks(facts, reading, CN)
    assert set(clocks) == {ClockName.FIRST_CONTACT, ClockName.ACKNOWLEDGEMENT}
    for clock in clocks.values():
        assert (clock.start, clock.working_days, clock.calendar_days) == (ClockStart.RECEIPT, 0, 0)


# --- remarks --------------------------------------------------------------------------------------------

REMARKS = {
    "late": ([fact(K.CORRECTION_NOTICE, "2021-07-13")], [RemarkCode.CORRECTION_NOTICE_LATE]),
    "on-day-7": ([fact(K.CORRECTION_NOTICE, "2021-07-12")], []),
    "again": (
        [fact(K.CORRECTION_NOTICE, "2021-07-05"), fact(K.CORRECTION_NOTICE, "2021-07-06")],
        [RemarkCode.CORRECTION_NOTICE_AGAIN],
    ),
    "pretext": (
        [fact(K.CORRECTION_NOTICE, "2021-07-05", is_disputed=True)],
        [RemarkCode.CORRECTION_NOTICE_PRETEXT],
    ),
    "extension": ([fact(K.EXTENSION_NOTICE, DUE, days=20)], []),
    "extension-late": ([fact(K.EXTENSION_NOTICE, "2021-07-30", days=20)], [RemarkCode.EXTENSION_LATE]),
    "extension-again": (
        [fact(K.EXTENSION_NOTICE, DUE, days=5), fact(K.EXTENSION_NOTICE, "2021-08-02", days=5)],
        [RemarkCode.EXTENSION_AGAIN],
    ),
    "extension-too-long": ([fact(K.EXTENSION_NOTICE, DUE, days=21)], [RemarkCode.EXTENSION_TOO_LONG]),
    "extension-unnamed": ([fact(K.EXTENSION_NOTICE, DUE)], []),
    "pause-of-15": (
        [fact(K.THIRD_PARTY_NOTICE, "2021-07-05"), fact(K.THIRD_PARTY_END, "2021-07-26")],
        [],
    ),
    "pause-of-16": (
        [fact(K.THIRD_PARTY_NOTICE, "2021-07-05"), fact(K.THIRD_PARTY_END, "2021-07-27")],
        [RemarkCode.THIRD_PARTY_TOO_LONG],
    ),
    "fee": ([fact(K.FEE_NOTICE, "2021-07-05")], [RemarkCode.FEE_NOTICE]),
    "handed-on": ([fact(K.TRANSFER_NOTICE, "2021-07-05")], [RemarkCode.HANDED_ON]),
    "agree": ([replace(REPLY, on=date(2021, 7, 20)), REPLY], []),
    "contradict": (
        [fact(K.REPLY, "2021-07-20", outcome=Outcome.REFUSED), REPLY],
        [RemarkCode.REPLIES_CONTRADICT],
    ),
    "in-order": (
        [fact(K.TRANSFER_NOTICE, "2021-07-09"), fact(K.FEE_NOTICE, "2021-07-05")],
        [RemarkCode.FEE_NOTICE, RemarkCode.HANDED_ON],
    ),
}


@pytest.mark.parametrize(("told", "codes"), REMARKS.values(), ids=REMARKS.keys())
def test_what_deserves_a_persons_eye_is_remarked(told: list[Fact], codes: list[RemarkCode]) -> None:
    facts = gathered(SUBMITTED, *told)
    reading = assess(facts, BOOK, CN, date(2021, 12, 31)).preferred(ORDER)
    assert reading is not None
    assert [remark.code for remark in remarks_on(facts, reading, CN)] == codes


def test_rules_without_extension_or_correction_remark_that_neither_counts() -> None:
    consultation = load_rules("cn-consultation")
    facts = gathered(
        SUBMITTED, fact(K.EXTENSION_NOTICE, "2021-07-05"), fact(K.CORRECTION_NOTICE, "2021-07-05")
    )
    reading = assess(facts, consultation, CN, date(2021, 12, 31)).preferred(ORDER)
    assert reading is not None
    assert {remark.code for remark in remarks_on(facts, reading, CN)} == {
        RemarkCode.EXTENSION_LATE,
        RemarkCode.CORRECTION_NOTICE_LATE,
    }


# --- attacked -------------------------------------------------------------------------------------------

TOLD = sorted(set(FactKind) - {K.SUBMITTED, K.SIGNED, K.CORRECTED, K.THIRD_PARTY_END, K.FEE_SETTLED})
FIRST_DAY = date(2023, 8, 1)
_LATER = timedelta(days=1)
# Verdicts that more waiting may still change, and into what.
TURNS = {V.PENDING: {V.PENDING, V.OVERDUE}, V.AWAITING_US: {V.AWAITING_US, V.ABANDONED, V.OVERDUE}}


class OneCase(RuleBasedStateMachine):
    """A case as it unfolds: facts of the day, facts learned late, several of one moment, and waiting."""

    @initialize(
        channel=st.sampled_from([ChannelKind.EMAIL, ChannelKind.WEB_FORM, ChannelKind.POST]),
        start=st.integers(0, 700),
        is_submitted=st.booleans(),
    )
    def submit(self, channel: ChannelKind, start: int, is_submitted: bool) -> None:
        self.channel, self.today = channel, FIRST_DAY + timedelta(start)
        self.facts = [Fact(K.SUBMITTED, self.today)] if is_submitted else []
        self.begin = self.today
        self.last = self.assess()

    def assess(self, facts: list[Fact] | None = None) -> Assessment:
        told = collect(self.facts if facts is None else facts, self.channel, self.today)
        return assess(told, BOOK, CN, self.today)

    @rule(
        kind=st.sampled_from(TOLD),
        ago=st.integers(0, 40),
        days=st.none() | st.integers(0, 30),
        early=st.integers(0, 3),
        outcome=st.sampled_from([Outcome.DISCLOSED, Outcome.REFUSED]),
        disputed=st.booleans(),
        hour=st.sampled_from([0, 9, 18]),
    )
    def learn(
        self,
        kind: FactKind,
        ago: int,
        days: int | None,
        early: int,
        outcome: Outcome,
        disputed: bool,
        hour: int,
    ) -> None:
        on = max(self.begin, self.today - timedelta(ago))
        is_reply = kind is K.REPLY
        self.facts.append(
            Fact(
                kind,
                on,
                time(hour),
                days=days if kind in (K.CORRECTION_NOTICE, K.EXTENSION_NOTICE) else None,
                stamp_on=max(self.begin, on - timedelta(early)) if is_reply else None,
                outcome=outcome if is_reply else None,
                is_disputed=disputed and kind is K.CORRECTION_NOTICE,
            )
        )
        self.last = self.assess()

    @rule(answer=st.sampled_from([K.CORRECTED, K.THIRD_PARTY_END, K.FEE_SETTLED]))
    def answer(self, answer: FactKind) -> None:
        self.facts.append(Fact(answer, self.today))
        self.last = self.assess()

    @rule()
    def sign(self) -> None:
        if self.channel is ChannelKind.POST:
            self.facts.append(Fact(K.SIGNED, self.today))
            self.last = self.assess()

    @rule(days=st.integers(1, 25))
    def wait(self, days: int) -> None:
        """Time alone decides nothing that was decided, and moves no due date."""
        before = self.last
        self.today += timedelta(days)
        self.last = self.assess()
        assert [r.choices for r in self.last.readings] == [r.choices for r in before.readings]
        for old, new in zip(before.readings, self.last.readings, strict=True):
            assert (new.due_on, new.replied_on, new.response_days) == (
                old.due_on,
                old.replied_on,
                old.response_days,
            )
            assert new.verdict in TURNS.get(old.verdict, {old.verdict})

    @rule(seed=st.integers(0, 2**32))
    def tell_again(self, seed: int) -> None:
        """Facts of one moment, and facts learned in another order, or twice over, read the same."""
        shuffled = list(self.facts)
        Random(seed).shuffle(shuffled)
        assert self.assess(shuffled) == self.last

    @rule(kind=st.sampled_from(TOLD), later=st.integers(1, 30))
    def say_more_after_the_first_decision(self, kind: FactKind, later: int) -> None:
        replies = [fact.on for fact in self.facts if fact.kind is K.REPLY]
        if replies and kind not in (K.CONFIRMED, K.ACKNOWLEDGEMENT, K.ACCEPTED):
            self.today = max(self.today, max(replies) + timedelta(later))
            self.facts.append(Fact(kind, self.today))
            before, self.last = self.last, self.assess()
            assert self.last == before

    @invariant()
    def no_count_is_negative_and_every_due_date_is_a_working_day_after_receipt(self) -> None:
        for reading in self.last.readings:
            assert (reading.response_days is None) == (reading.replied_on is None)
            assert reading.response_days is None or reading.response_days >= 0
            if reading.due_on:
                assert reading.due_on > reading.received_on
                assert CN.is_working_day(reading.due_on)
            for clock in named_clocks(self.gathered(), reading, CN).values():
                assert clock.working_days >= 0
                assert clock.calendar_days >= 0
            remarks_on(self.gathered(), reading, CN)

    def gathered(self) -> Facts:
        return collect(self.facts, self.channel, self.today)

    @invariant()
    def the_ledger_ends_on_the_due_date_and_numbers_the_day_of_the_answer(self) -> None:
        for reading in self.last.readings:
            ledger = reading.ledger(CN, self.today)
            if reading.due_on:
                end = ledger.lines[-1]
                assert (end.day, end.count, end.is_counted) == (
                    reading.due_on,
                    reading.deadline.working_days,
                    True,
                )
            else:
                assert ledger.lines[-1].reason in (LineReason.WAITING, LineReason.RECEIPT, *LineReason)
            if reading.replied_on and reading.replied_on >= reading.deadline.counted_from:
                (line,) = (x for x in (*ledger.lines, *ledger.overrun) if x.day == reading.replied_on)
                assert line.count == reading.response_days

    @invariant()
    def under_every_choice_exactly_one_reading_fits_each_date_of_receipt(self) -> None:
        received = {reading.received_on for reading in self.last.readings}
        for choice in product(Plea, Plea, ReplyTime):
            fitting = [reading.received_on for reading in self.last.readings if reading.fits(*choice)]
            assert len(fitting) == len(received)
            assert set(fitting) == received

    @invariant()
    def what_is_counted_is_in_the_units_favour(self) -> None:
        """But for an extension: the restart ends the period that it extended."""
        preferred = self.last.preferred(ORDER)
        is_extended = any(fact.kind is K.EXTENSION_NOTICE for fact in self.facts)
        if preferred and preferred.due_on and not is_extended:
            others = [r for r in self.last.readings if r.received_on == preferred.received_on and r.due_on]
            assert all(preferred.due_on >= r.due_on for r in others if r.replied_on == preferred.replied_on)

    @invariant()
    def the_summary_follows_from_the_verdicts(self) -> None:
        assert self.last.summary is summarise([reading.verdict for reading in self.last.readings])
        spoken = [fact for fact in self.facts if fact.kind in UNIT_SPOKE]
        if self.last.summary is Summary.IN_TIME_UNDER_EVERY:
            assert any(fact.kind is K.REPLY for fact in spoken)


OneCase.TestCase.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
TestOneCase = OneCase.TestCase
