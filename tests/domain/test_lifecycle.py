"""The table of states, pair by pair, and what a replay may and may not depend on."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import permutations, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.lifecycle import (
    RECEIVING,
    SENDING,
    SENT_STATES,
    History,
    IllegalEvent,
    effective_readings,
    next_state,
    replay,
)
from tracker.domain.terms import (
    Event,
    EventKind,
    MessageKind,
    Outcome,
    ReceiptBasis,
    RequestState,
)

S, E, M = RequestState, EventKind, MessageKind
START = datetime(2020, 9, 17, 1, 0, tzinfo=UTC)
SILENT_KINDS = (M.AUTO_REPLY, M.DELAY, M.READ_RECEIPT, M.UNRELATED, M.UNKNOWN)

# The table as a reader of the design would write it down, apart from the code.
TABLE = {
    (None, E.PLANNED): S.PLANNED,
    (S.PLANNED, E.PLANNED): S.PLANNED,
    (S.PLANNED, E.APPROVED): S.APPROVED,
    (S.APPROVED, E.CLAIMED): S.CLAIMED,
    (S.APPROVED, E.DISPATCHED): S.SENT,
    (S.APPROVED, E.SEND_REFUSED): S.CHANNEL_FAILED,
    (S.APPROVED, E.SEND_EXPIRED): S.NOT_SENT,
    (S.CLAIMED, E.DISPATCHED): S.SENT,
    (S.CLAIMED, E.SEND_DEFERRED): S.APPROVED,
    (S.CLAIMED, E.SEND_REFUSED): S.CHANNEL_FAILED,
    (S.CLAIMED, E.SEND_UNSETTLED): S.UNSETTLED,
    (S.UNSETTLED, E.SETTLED_SENT): S.SENT,
    (S.UNSETTLED, E.SETTLED_NOT_SENT): S.NOT_SENT,
}
RECEIVED = {
    (S.SENT, M.ACKNOWLEDGEMENT): S.ACKNOWLEDGED,
    (S.SENT, M.TRANSFER_NOTICE): S.ACKNOWLEDGED,
    (S.SENT, M.BOUNCE): S.CHANNEL_FAILED,
    (S.SENT, M.REPLY): S.REPLIED,
    (S.SENT, M.CORRECTION_NOTICE): S.AWAITING_US,
    (S.SENT, M.FEE_NOTICE): S.AWAITING_US,
    (S.SENT, M.EXTENSION_NOTICE): S.EXTENDED,
    (S.SENT, M.THIRD_PARTY_NOTICE): S.EXTENDED,
    (S.ACKNOWLEDGED, M.REPLY): S.REPLIED,
    (S.ACKNOWLEDGED, M.CORRECTION_NOTICE): S.AWAITING_US,
    (S.ACKNOWLEDGED, M.FEE_NOTICE): S.AWAITING_US,
    (S.ACKNOWLEDGED, M.EXTENSION_NOTICE): S.EXTENDED,
    (S.ACKNOWLEDGED, M.THIRD_PARTY_NOTICE): S.EXTENDED,
    (S.EXTENDED, M.REPLY): S.REPLIED,
    (S.EXTENDED, M.CORRECTION_NOTICE): S.AWAITING_US,
    (S.EXTENDED, M.FEE_NOTICE): S.AWAITING_US,
    (S.EXTENDED, M.EXTENSION_NOTICE): S.EXTENDED,
    (S.EXTENDED, M.THIRD_PARTY_NOTICE): S.EXTENDED,
    (S.AWAITING_US, M.REPLY): S.REPLIED,
    (S.AWAITING_US, M.CORRECTION_NOTICE): S.AWAITING_US,
    (S.AWAITING_US, M.FEE_NOTICE): S.AWAITING_US,
    (S.AWAITING_US, E.CORRECTED): S.ACKNOWLEDGED,
    (S.CHANNEL_FAILED, M.REPLY): S.REPLIED,
}
# How a request gets into each state that can be reached, in sending events and in readings.
WAYS: dict[RequestState, tuple[tuple[EventKind, ...], tuple[MessageKind, ...]]] = {
    S.PLANNED: ((E.PLANNED,), ()),
    S.APPROVED: ((E.PLANNED, E.APPROVED), ()),
    S.CLAIMED: ((E.PLANNED, E.APPROVED, E.CLAIMED), ()),
    S.UNSETTLED: ((E.PLANNED, E.APPROVED, E.CLAIMED, E.SEND_UNSETTLED), ()),
    S.NOT_SENT: ((E.PLANNED, E.APPROVED, E.SEND_EXPIRED), ()),
    S.SENT: ((E.PLANNED, E.APPROVED, E.DISPATCHED), ()),
    S.ACKNOWLEDGED: ((E.PLANNED, E.APPROVED, E.DISPATCHED), (M.ACKNOWLEDGEMENT,)),
    S.AWAITING_US: ((E.PLANNED, E.APPROVED, E.DISPATCHED), (M.CORRECTION_NOTICE,)),
    S.EXTENDED: ((E.PLANNED, E.APPROVED, E.DISPATCHED), (M.EXTENSION_NOTICE,)),
    S.REPLIED: ((E.PLANNED, E.APPROVED, E.DISPATCHED), (M.REPLY,)),
    S.CHANNEL_FAILED: ((E.PLANNED, E.APPROVED, E.DISPATCHED), (M.BOUNCE,)),
}


def sending(*kinds: EventKind) -> list[Event]:
    return [
        Event(
            kind, START + timedelta(minutes=n), START + timedelta(minutes=n), "test", request="R1", seq=n + 1
        )
        for n, kind in enumerate(kinds)
    ]


SENT = sending(E.PLANNED, E.APPROVED, E.CLAIMED, E.DISPATCHED)


def read(
    kind: MessageKind,
    day: float,
    seq: int,
    *,
    message: str = "",
    by_person: bool = False,
    known: float | None = None,
    **payload: Any,
) -> Event:
    """A reading of a message that came `day` days after the start."""
    return Event(
        kind=E.REVIEWED if by_person else E.READ,
        happened_at=START + timedelta(days=day),
        known_at=START + timedelta(days=day if known is None else known),
        actor="reviewer" if by_person else "lexicon:1",
        request="R1",
        source_sha256=message or f"sha-{kind}-{day}",
        payload={"kind": kind, **payload},
        seq=seq,
    )


def corrected(day: float, seq: int) -> Event:
    at = START + timedelta(days=day)
    return Event(E.CORRECTED, at, at, "applicant", request="R1", seq=seq)


def in_state(state: RequestState) -> list[Event]:
    sent, readings = WAYS[state]
    events = sending(*sent)
    return events + [read(kind, 1, len(events) + 1) for kind in readings]


def state_after(*events: Event) -> RequestState | None:
    return replay("R1", [*SENT, *events]).state


# --- sending ------------------------------------------------------------------------------------------


def test_the_table_of_sending_is_the_one_written_here() -> None:
    assert SENDING == TABLE


@pytest.mark.parametrize(
    ("pair", "after"), TABLE.items(), ids=lambda x: "-".join(map(str, x)) if isinstance(x, tuple) else str(x)
)
def test_each_listed_event_leads_to_its_state(
    pair: tuple[RequestState | None, EventKind], after: RequestState
) -> None:
    assert next_state("R1", *pair) is after


@pytest.mark.parametrize(
    ("state", "kind"), [pair for pair in product([None, *RequestState], EventKind) if pair not in TABLE]
)
def test_any_other_event_is_illegal_and_names_request_state_and_event(
    state: RequestState | None, kind: EventKind
) -> None:
    with pytest.raises(IllegalEvent) as fault:
        next_state("R1", state, kind)
    assert (fault.value.request, fault.value.state, fault.value.kind) == ("R1", state, kind)
    assert (
        str(fault.value)
        == f"request R1: {kind.value} cannot follow the state {state.value if state else 'none'}"
    )


@pytest.mark.parametrize("twice", [E.PLANNED, E.APPROVED, E.CLAIMED, E.DISPATCHED])
def test_nothing_is_sent_approved_or_claimed_twice(twice: EventKind) -> None:
    with pytest.raises(IllegalEvent):
        replay("R1", [*SENT, Event(twice, START, START, "test", request="R1", seq=9)])


def test_a_deferred_letter_can_be_claimed_and_sent_again() -> None:
    kinds = (E.PLANNED, E.APPROVED, E.CLAIMED, E.SEND_DEFERRED, E.CLAIMED, E.DISPATCHED)
    history = replay("R1", sending(*kinds))
    assert (history.state, history.submitted_at) == (S.SENT, START + timedelta(minutes=5))


def test_sending_is_folded_as_recorded_whatever_its_times_and_order_of_arrival() -> None:
    backwards = [
        Event(kind, START - timedelta(days=n), START, "test", request="R1", seq=n)
        for n, kind in enumerate((E.PLANNED, E.APPROVED, E.DISPATCHED))
    ]
    for order in permutations(backwards):
        assert replay("R1", order).state is S.SENT


def test_a_request_without_events_has_no_state() -> None:
    assert replay("R1", []) == History("R1")


def test_a_reading_without_any_sending_moves_nothing_but_is_kept() -> None:
    history = replay("R1", [read(M.REPLY, 1, 1)])
    assert history.state is None
    assert len(history.readings) == 1


def test_an_unsettled_letter_counts_as_submitted_when_it_would_have_gone_out() -> None:
    unsettled = sending(E.PLANNED, E.APPROVED, E.CLAIMED, E.SEND_UNSETTLED)
    history = replay("R1", unsettled)
    assert (history.state, history.submitted_at) == (S.UNSETTLED, START + timedelta(minutes=3))
    later = START + timedelta(days=3)
    settled = Event(E.SETTLED_SENT, later, later, "lead", request="R1", seq=9)
    history = replay("R1", [*unsettled, settled])
    assert (history.state, history.submitted_at) == (S.SENT, START + timedelta(minutes=3))
    dropped = Event(E.SETTLED_NOT_SENT, later, later, "lead", request="R1", seq=9)
    assert replay("R1", [*unsettled, dropped]).state is S.NOT_SENT


def test_a_reply_read_before_its_letter_was_settled_counts_once_it_is() -> None:
    unsettled = sending(E.PLANNED, E.APPROVED, E.CLAIMED, E.SEND_UNSETTLED)
    reply = read(M.REPLY, 2, 5)
    assert replay("R1", [*unsettled, reply]).state is S.UNSETTLED
    later = START + timedelta(days=4)
    settled = Event(E.SETTLED_SENT, later, later, "lead", request="R1", seq=6)
    assert replay("R1", [*unsettled, reply, settled]).state is S.REPLIED


def test_what_the_person_who_sent_it_noted_about_receipt_is_kept() -> None:
    noted = {"receipt_on": "2020-09-21", "receipt_basis": "signature"}
    sent = Event(E.DISPATCHED, START, START, "a person", request="R1", payload=noted, seq=3)
    history = replay("R1", [*sending(E.PLANNED, E.APPROVED), sent])
    assert (history.receipt_on, history.receipt_basis) == (date(2020, 9, 21), ReceiptBasis.SIGNATURE)
    bare = replay("R1", SENT)
    assert (bare.receipt_on, bare.receipt_basis) == (None, None)


@pytest.mark.parametrize("noted", [{}, {"receipt_on": "2020-09-19", "receipt_basis": "handed_in"}])
def test_a_postal_receipt_that_comes_later_says_when_the_letter_was_signed_for(noted: dict[str, str]) -> None:
    posted = Event(E.DISPATCHED, START, START, "a person", request="R1", payload=noted, seq=3)
    later, payload = START + timedelta(days=9), {"receipt_on": "2020-09-21"}
    signed = Event(E.SIGNED_FOR, later, later, "a person", request="R1", payload=payload, seq=4)
    history = replay("R1", [*sending(E.PLANNED, E.APPROVED), posted, signed])
    assert (history.receipt_on, history.receipt_basis) == (date(2020, 9, 21), ReceiptBasis.SIGNATURE)
    assert (history.state, history.submitted_at) == (S.SENT, START)


# --- receiving ----------------------------------------------------------------------------------------


def test_the_table_of_receiving_is_the_one_written_here() -> None:
    assert RECEIVING == RECEIVED


@pytest.mark.parametrize("state", WAYS)
@pytest.mark.parametrize("kind", MessageKind)
def test_a_reading_moves_a_state_only_as_the_table_says(state: RequestState, kind: MessageKind) -> None:
    before = in_state(state)
    assert replay("R1", before).state is state
    after = replay("R1", [*before, read(kind, 5, 99, message="the-one")])
    assert after.state is RECEIVED.get((state, kind), state)
    assert after.readings[-1].message == "the-one"


@pytest.mark.parametrize("state", WAYS)
def test_a_correction_moves_only_a_request_that_waits_for_us(state: RequestState) -> None:
    history = replay("R1", [*in_state(state), corrected(5, 99)])
    assert history.state is (S.ACKNOWLEDGED if state is S.AWAITING_US else state)
    assert history.corrected_at == (START + timedelta(days=5),)


@pytest.mark.parametrize(("state", "kind"), list(product(WAYS, SILENT_KINDS)))
def test_automatic_mail_never_changes_a_state(state: RequestState, kind: MessageKind) -> None:
    events = [*in_state(state), *(read(kind, day, 50 + day) for day in range(3))]
    assert replay("R1", events).state is state


def test_every_state_that_a_sent_request_can_be_in_is_known_as_sent() -> None:
    assert {S.SENT, S.ACKNOWLEDGED, S.AWAITING_US, S.EXTENDED, S.REPLIED} <= SENT_STATES
    assert not SENT_STATES & {S.PLANNED, S.APPROVED, S.CLAIMED, S.UNSETTLED, S.NOT_SENT, S.CHANNEL_FAILED}


@pytest.mark.parametrize("kind", MessageKind)
def test_nothing_undoes_a_reply(kind: MessageKind) -> None:
    assert state_after(read(M.REPLY, 3, 10), read(kind, 4, 11)) is S.REPLIED


def test_a_reply_after_a_bounce_shows_that_it_arrived_after_all() -> None:
    assert state_after(read(M.BOUNCE, 0.01, 10)) is S.CHANNEL_FAILED
    assert state_after(read(M.BOUNCE, 0.01, 10), read(M.REPLY, 3, 11)) is S.REPLIED


def test_a_bounce_after_an_acknowledgement_does_not_fail_the_channel() -> None:
    assert state_after(read(M.ACKNOWLEDGEMENT, 1, 10), read(M.BOUNCE, 2, 11)) is S.ACKNOWLEDGED


def test_a_correction_before_its_notice_leaves_the_unit_waiting() -> None:
    assert state_after(corrected(1, 10), read(M.CORRECTION_NOTICE, 2, 11)) is S.AWAITING_US


def test_replies_read_out_of_order_count_by_when_they_happened() -> None:
    late_read = read(M.CORRECTION_NOTICE, 1, 12, known=9)
    early_read = read(M.REPLY, 2, 11, known=2)
    history = replay("R1", [*SENT, early_read, late_read])
    assert history.state is S.REPLIED
    assert [reading.kind for reading in history.readings] == [M.CORRECTION_NOTICE, M.REPLY]
    first = history.first(M.REPLY, M.CORRECTION_NOTICE)
    assert first is not None
    assert first.kind is M.CORRECTION_NOTICE


def test_of_two_replies_the_one_that_came_first_is_the_first_though_it_was_read_last() -> None:
    events = [*SENT, read(M.REPLY, 8, 10, message="second"), read(M.REPLY, 3, 11, message="first", known=20)]
    history = replay("R1", events)
    first = history.first(M.REPLY)
    assert first is not None
    assert first.message == "first"
    assert [reading.message for reading in history.all_of(M.REPLY)] == ["first", "second"]
    assert history.first(M.BOUNCE) is None


# --- whose reading counts -----------------------------------------------------------------------------


def test_a_persons_reading_beats_a_later_one_of_the_machine() -> None:
    events = [
        *SENT,
        read(M.REPLY, 3, 10, message="m", outcome="answer", confidence=0.99),
        read(M.AUTO_REPLY, 3, 11, message="m", by_person=True),
        read(M.REPLY, 3, 12, message="m", outcome="refused"),
    ]
    history = replay("R1", events)
    assert history.state is S.SENT
    (reading,) = history.readings
    assert (reading.kind, reading.is_by_person) == (M.AUTO_REPLY, True)


def test_a_persons_later_reading_replaces_the_earlier_one() -> None:
    events = [
        *SENT,
        read(M.AUTO_REPLY, 3, 10, message="m", by_person=True),
        read(M.REPLY, 3, 11, message="m", by_person=True, outcome="answer"),
    ]
    assert replay("R1", events).state is S.REPLIED


def test_a_reread_replaces_the_machines_own_reading() -> None:
    events = [
        *SENT,
        read(M.REPLY, 3, 10, message="m", outcome="answer"),
        read(M.ACKNOWLEDGEMENT, 3, 11, message="m"),
    ]
    history = replay("R1", events)
    assert history.state is S.ACKNOWLEDGED
    assert len(history.readings) == 1


def test_a_persons_reading_of_one_message_says_nothing_about_another() -> None:
    events = [*SENT, read(M.UNRELATED, 2, 10, message="a", by_person=True), read(M.REPLY, 3, 11, message="b")]
    assert replay("R1", events).state is S.REPLIED


def test_a_reading_that_rests_on_no_message_is_none() -> None:
    at = START + timedelta(days=1)
    assert effective_readings([Event(E.READ, at, at, "x", payload={"kind": "reply"})]) == ()


def test_a_reading_keeps_what_the_payload_says_and_is_certain_where_it_says_nothing() -> None:
    full = read(
        M.REPLY,
        3,
        10,
        outcome="refused",
        confidence=0.4,
        evidence=["不予公开"],
        document_number="延司公开〔2020〕第5号",
    )
    extension = read(M.EXTENSION_NOTICE, 2, 9, extension_days=10)
    first, second = effective_readings([full, extension])
    assert (first.days, first.confidence, first.outcome, first.evidence) == (10, 1.0, None, ())
    assert (second.outcome, second.confidence, second.evidence) == (Outcome.REFUSED, 0.4, ("不予公开",))
    assert second.document_number == "延司公开〔2020〕第5号"


# --- order --------------------------------------------------------------------------------------------


@st.composite
def receipts(draw: st.DrawFn) -> list[Event]:
    """Events of receiving at distinct times, each of its own message."""
    days = draw(st.lists(st.integers(1, 60), unique=True, max_size=6))
    kinds = st.sampled_from([*MessageKind, E.CORRECTED])
    return [
        corrected(day, 0) if kind is E.CORRECTED else read(kind, day, 0, by_person=draw(st.booleans()))
        for day in days
        for kind in [draw(kinds)]
    ]


def renumbered(events: Sequence[Event]) -> list[Event]:
    return [
        Event(
            e.kind,
            e.happened_at,
            e.known_at,
            e.actor,
            None,
            e.request,
            e.source_sha256,
            e.payload,
            "",
            n + 10,
        )
        for n, e in enumerate(events)
    ]


@given(receipts(), st.randoms())
def test_the_order_in_which_we_learn_of_things_changes_nothing(events: list[Event], chance: Any) -> None:
    told = list(events)
    chance.shuffle(told)
    assert replay("R1", [*SENT, *renumbered(told)]) == replay("R1", [*SENT, *renumbered(events)])


@given(receipts(), st.randoms())
def test_the_order_in_which_events_are_read_from_the_store_changes_nothing(
    events: list[Event], chance: Any
) -> None:
    stored = [*SENT, *renumbered(events)]
    mixed = list(stored)
    chance.shuffle(mixed)
    assert replay("R1", mixed) == replay("R1", stored)
