"""How one request lives: the table of states, and the replay of its events into a history."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from tracker.domain.terms import (
    Event,
    EventKind,
    MessageKind,
    Outcome,
    ReceiptBasis,
    RequestState,
)

_S, _E, _M = RequestState, EventKind, MessageKind

SENDING: dict[tuple[RequestState | None, EventKind], RequestState] = {
    (None, _E.PLANNED): _S.PLANNED,
    (_S.PLANNED, _E.PLANNED): _S.PLANNED,  # anew, before anybody approved it
    (_S.PLANNED, _E.APPROVED): _S.APPROVED,
    (_S.APPROVED, _E.CLAIMED): _S.CLAIMED,
    (_S.APPROVED, _E.DISPATCHED): _S.SENT,  # by a person: nothing to claim
    (_S.APPROVED, _E.SEND_REFUSED): _S.CHANNEL_FAILED,  # a person found the channel closed
    (_S.APPROVED, _E.SEND_EXPIRED): _S.NOT_SENT,
    (_S.CLAIMED, _E.DISPATCHED): _S.SENT,
    (_S.CLAIMED, _E.SEND_DEFERRED): _S.APPROVED,
    (_S.CLAIMED, _E.SEND_REFUSED): _S.CHANNEL_FAILED,
    (_S.CLAIMED, _E.SEND_UNSETTLED): _S.UNSETTLED,
    (_S.UNSETTLED, _E.SETTLED_SENT): _S.SENT,
    (_S.UNSETTLED, _E.SETTLED_NOT_SENT): _S.NOT_SENT,
}

SENT_STATES = frozenset({_S.SENT, _S.ACKNOWLEDGED, _S.AWAITING_US, _S.EXTENDED, _S.REPLIED, _S.ABANDONED})
_WAITING = (_S.SENT, _S.ACKNOWLEDGED, _S.EXTENDED, _S.AWAITING_US)

# What a reading does to a request that was sent; a pair that is not listed changes nothing:
# an automatic reply never moves a state, and nothing undoes a reply.
RECEIVING: dict[tuple[RequestState, MessageKind | EventKind], RequestState] = {
    (_S.SENT, _M.ACKNOWLEDGEMENT): _S.ACKNOWLEDGED,
    (_S.SENT, _M.TRANSFER_NOTICE): _S.ACKNOWLEDGED,
    (_S.SENT, _M.BOUNCE): _S.CHANNEL_FAILED,
    (_S.CHANNEL_FAILED, _M.REPLY): _S.REPLIED,  # it arrived after all
    (_S.AWAITING_US, _E.CORRECTED): _S.ACKNOWLEDGED,
    **{(state, _M.REPLY): _S.REPLIED for state in _WAITING},
    **{(state, _M.CORRECTION_NOTICE): _S.AWAITING_US for state in _WAITING},
    **{(state, _M.FEE_NOTICE): _S.AWAITING_US for state in _WAITING},
    **{(state, _M.EXTENSION_NOTICE): _S.EXTENDED for state in _WAITING[:3]},
    **{(state, _M.THIRD_PARTY_NOTICE): _S.EXTENDED for state in _WAITING[:3]},
}


REVIEW_BELOW = 0.8  # where a reading does not say what its round asks for


class IllegalEvent(Exception):
    """An event that cannot follow from the state a request is in."""

    def __init__(self, request: str, state: RequestState | None, kind: EventKind) -> None:
        super().__init__(f"request {request}: {kind} cannot follow the state {state or 'none'}")
        self.request, self.state, self.kind = request, state, kind


@dataclass(frozen=True, slots=True)
class Reading:
    """The one reading of a message that counts: a person's, else the machine's newest."""

    message: str  # sha256 of the raw message
    kind: MessageKind
    outcome: Outcome | None
    at: datetime
    known_at: datetime
    is_by_person: bool
    confidence: float
    evidence: tuple[str, ...] = ()
    document_number: str = ""
    days: int | None = None  # working days that an extension or a correction notice names
    ended_on: date | None = None  # of a third-party pause, as far as the unit states it
    is_disputed: bool = False  # a correction notice that a person found to be a pretext
    arrived_at: datetime | None = None  # where `at` is the sending stamp
    review_below: float = REVIEW_BELOW
    is_contested: bool = False  # a machine, and surely, read it otherwise after a person had


@dataclass(frozen=True, slots=True)
class History:
    """What the events of one request amount to."""

    request: str
    state: RequestState | None = None
    submitted_at: datetime | None = None
    receipt_on: date | None = None  # signed for or handed in, as the person who sent it noted
    receipt_basis: ReceiptBasis | None = None
    corrected_at: tuple[datetime, ...] = ()
    looked_up_at: tuple[datetime, ...] = ()  # when the unit's page was seen without anything new
    readings: tuple[Reading, ...] = field(default=())

    def first(self, *kinds: MessageKind) -> Reading | None:
        return next((reading for reading in self.readings if reading.kind in kinds), None)

    def all_of(self, kind: MessageKind) -> list[Reading]:
        return [reading for reading in self.readings if reading.kind is kind]


def next_state(request: str, state: RequestState | None, kind: EventKind) -> RequestState:
    """The state after a sending event; raises `IllegalEvent` where the table has none."""
    try:
        return SENDING[state, kind]
    except KeyError:
        raise IllegalEvent(request, state, kind) from None


def replay(request: str, events: Iterable[Event]) -> History:
    """Fold the events of one request.

    Sending is folded as recorded (`seq`), since we did it. What the unit did is folded by when
    it happened, so that a mail read late or out of order counts where it belongs.
    """
    ordered = sorted(events, key=lambda event: event.seq)
    history = History(request)
    for event in ordered:
        if event.kind in _SENDING_KINDS:
            history = _after_sending(history, event)
        elif event.kind is EventKind.SIGNED_FOR:
            signed_on = date.fromisoformat(event.payload["receipt_on"])
            history = replace(history, receipt_on=signed_on, receipt_basis=ReceiptBasis.SIGNATURE)
    readings = effective_readings(ordered)
    corrected = _moments(ordered, EventKind.CORRECTED)
    return replace(
        history,
        state=_after_receiving(history.state, readings, corrected),
        readings=readings,
        corrected_at=corrected,
        looked_up_at=_moments(ordered, EventKind.LOOKED_UP),
    )


def _moments(events: Iterable[Event], kind: EventKind) -> tuple[datetime, ...]:
    return tuple(sorted(event.happened_at for event in events if event.kind is kind))


def effective_readings(events: Sequence[Event]) -> tuple[Reading, ...]:
    """One reading per message, oldest first: a person's word beats any machine's."""
    chosen: dict[str, Event] = {}
    contested: set[str] = set()
    arrivals: dict[str, str] = {}
    for event in events:
        if event.kind not in (EventKind.READ, EventKind.REVIEWED) or event.source_sha256 is None:
            continue
        if "arrived_at" in event.payload:  # a person reads what a machine saw arrive
            arrivals.setdefault(event.source_sha256, event.payload["arrived_at"])
        standing = chosen.get(event.source_sha256)
        if standing and standing.kind is EventKind.REVIEWED and event.kind is EventKind.READ:
            if _contradicts(event, standing):
                contested.add(event.source_sha256)
            continue
        contested.discard(event.source_sha256)
        chosen[event.source_sha256] = event
    readings = [
        replace(_reading(event, arrivals.get(message)), is_contested=message in contested)
        for message, event in chosen.items()
    ]
    return tuple(sorted(readings, key=lambda r: (r.at, r.known_at, r.message)))


def _contradicts(read: Event, reviewed: Event) -> bool:
    is_other = any(read.payload.get(name) != reviewed.payload.get(name) for name in ("kind", "outcome"))
    is_sure = float(read.payload.get("confidence", 1.0)) >= float(
        read.payload.get("review_below", REVIEW_BELOW)
    )
    return is_other and is_sure


_SENDING_KINDS = frozenset(kind for _, kind in SENDING)


def _after_sending(history: History, event: Event) -> History:
    state = next_state(history.request, history.state, event.kind)
    if event.kind is EventKind.SEND_UNSETTLED:
        # if it did go out, it went out then
        return replace(history, state=state, submitted_at=event.happened_at)
    if event.kind is not EventKind.DISPATCHED:
        return replace(history, state=state)
    receipt = event.payload.get("receipt_on")
    basis = event.payload.get("receipt_basis")
    return replace(
        history,
        state=state,
        submitted_at=event.happened_at,
        receipt_on=date.fromisoformat(receipt) if receipt else None,
        receipt_basis=ReceiptBasis(basis) if basis else None,
    )


def _after_receiving(
    state: RequestState | None, readings: Sequence[Reading], corrected: Sequence[datetime]
) -> RequestState | None:
    steps: list[tuple[datetime, MessageKind | EventKind]] = [(r.at, r.kind) for r in readings]
    steps += [(at, EventKind.CORRECTED) for at in corrected]
    for _, kind in sorted(steps, key=lambda step: step[0]):
        if state is not None:
            state = RECEIVING.get((state, kind), state)
    return state


def _reading(event: Event, arrived_at: str | None) -> Reading:
    payload = event.payload
    outcome, ended_on = payload.get("outcome"), payload.get("ended_on")
    return Reading(
        message=event.source_sha256 or "",
        kind=MessageKind(payload["kind"]),
        outcome=Outcome(outcome) if outcome else None,
        at=event.happened_at,
        known_at=event.known_at,
        is_by_person=event.kind is EventKind.REVIEWED,
        confidence=float(payload.get("confidence", 1.0)),
        evidence=tuple(payload.get("evidence", ())),
        document_number=payload.get("document_number", ""),
        days=payload.get("days", payload.get("extension_days")),  # as it was called first
        ended_on=date.fromisoformat(ended_on) if ended_on else None,
        is_disputed=bool(payload.get("disputed")),
        arrived_at=datetime.fromisoformat(arrived_at) if arrived_at else None,
        review_below=float(payload.get("review_below", REVIEW_BELOW)),
    )
