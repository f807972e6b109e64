"""What a mail amounts to: an event for each request it surely answers, or an entry in the holding pen."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, bindparam, func
from sqlmodel import Session, col, select

from tracker.adapters.lexicons import load_lexicon
from tracker.domain.classify import Lexicon, classify
from tracker.domain.later_letters import goes_on
from tracker.domain.match import Doubt, Match
from tracker.domain.matching import match_message
from tracker.domain.message import Message
from tracker.domain.notices import days_named
from tracker.domain.receipt_numbers import receipt_numbers
from tracker.domain.sent import Everybody, SentLetters, SentRequest
from tracker.domain.terms import Classification, Event, EventKind, MessageKind, RequestKind, RequestState
from tracker.services.rounds import plan_of
from tracker.settings import Workspace
from tracker.store.database import reading
from tracker.store.queries import answer_in, sent_requests
from tracker.store.tables import (
    ApplicantRow,
    EventRow,
    RawMessageRow,
    ReceiptRow,
    RequestRow,
    RequestStateRow,
)

# A server stamp this much earlier than the arrival is believed; an older one is a forged or broken clock.
_LONGEST_TRANSIT = timedelta(days=2)
_SURE = 0.8
_BY_DEFAULT = 0.5
_BY_MACHINES = (
    MessageKind.AUTO_REPLY,
    MessageKind.BOUNCE,
    MessageKind.DELAY,
    MessageKind.READ_RECEIPT,
    MessageKind.UNKNOWN,
)
# Automatic replies and bounces print numbers of their own systems.
_GIVING_NUMBERS = frozenset(MessageKind) - {MessageKind.AUTO_REPLY, MessageKind.BOUNCE, MessageKind.DELAY}


def asked_of(workspace: Workspace) -> "Asked":
    """What was asked, as read at the last run, unless anything was sent or planned since."""
    with reading(workspace.engine) as session:
        query = select(func.max(EventRow.seq)).where(col(EventRow.kind).in_(_CHANGING_WHAT_WAS_ASKED))
        newest = session.exec(query).one() or 0
    known = _known.get(workspace.engine)
    if known is None or known[0] != newest:
        known = _known[workspace.engine] = (newest, Asked(workspace))
    known[1].lexicon = load_lexicon(workspace=workspace.root)
    return known[1]


class Asked:
    """What was asked from each mailbox; read once, and told what is learnt meanwhile."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.lexicon = load_lexicon(workspace=workspace.root)
        self._letters: dict[str, SentLetters] = {}

    def from_mailbox(self, mailbox: str) -> SentLetters:
        if mailbox not in self._letters:
            requests = self._requests.get(mailbox, [])
            self._letters[mailbox] = SentLetters(requests, self._everybody)
        return self._letters[mailbox]

    @cached_property
    def _requests(self) -> Mapping[str, Sequence[SentRequest]]:
        with reading(self._workspace.engine) as session:
            mailboxes = list(session.exec(select(ApplicantRow.mailbox)))
            return {each: _sent_from(session, self._workspace, each) for each in mailboxes}

    @cached_property
    def _everybody(self) -> Everybody:
        return Everybody(request for requests in self._requests.values() for request in requests)

    def learn(self, events: Iterable[Event]) -> None:
        """Who answered what under which numbers, for the messages that come later."""
        for event in (each for each in events if each.kind is EventKind.READ):
            for letters in self._letters.values():
                letters.learn(event.request or "", answer_in(event.payload))


_known: WeakKeyDictionary[Engine, tuple[int, Asked]] = WeakKeyDictionary()
_CHANGING_WHAT_WAS_ASKED = (
    EventKind.DISPATCHED,
    EventKind.SEND_UNSETTLED,
    EventKind.SEND_REFUSED,
    EventKind.SETTLED_NOT_SENT,
    EventKind.PLANNED,
    EventKind.REVIEWED,  # what a person corrected teaches otherwise
)


def _sent_from(session: Session, workspace: Workspace, mailbox: str) -> list[SentRequest]:
    applicant = session.exec(select(ApplicantRow).where(ApplicantRow.mailbox == mailbox)).one()
    vault = workspace.vault
    name = vault.unseal(applicant.sealed)["name"]
    requests = sent_requests(session, mailbox)
    query = select(ReceiptRow).where(col(ReceiptRow.request).in_([r.reference for r in requests]))
    given = ((row.request, vault.unseal(row.sealed).get("receipt_no", "")) for row in session.exec(query))
    receipts = {reference: frozenset({number}) for reference, number in given if number}
    return [
        replace(r, applicant_name=name, numbers=r.numbers | receipts.get(r.reference, frozenset()))
        for r in requests
    ]


def answers_of(
    session: Session, arrival: RawMessageRow, message: Message, asked: Asked, now: datetime
) -> list[Event]:
    """The events a parsed mail amounts to; writes nothing."""
    lexicon = asked.lexicon
    sent = asked.from_mailbox(arrival.mailbox)
    match = _matched(arrival, message, sent, asked)
    asked_for = [sent.requests[reference] for reference in match.references]
    numbers = receipt_numbers(message, {each.reference: each.topic_pairs for each in asked_for})
    numbers = numbers or receipt_numbers(message, {each.reference: each.words for each in asked_for})
    events: list[Event] = []
    for request, state in _answered(session, match.references):
        seconds = _seconds_since(state.submitted_at, arrival.arrived_at)
        topic = sent.requests[request.reference].topic
        is_ours = match.is_surely_ours(request.reference)
        result = classify(message, RequestKind(request.kind), lexicon, seconds, topic, is_surely_ours=is_ours)
        result = goes_on(message, result, sent.decided_before(request.reference, arrival.arrived_at))
        if result.document_number in numbers.values():
            result = replace(result, document_number="")  # it is one request's, which bears it below
        if not is_ours and _is_unrelated(message, result, lexicon):
            continue  # the unit wrote, but not to the applicant who asked
        if state.state == RequestState.UNSETTLED and _proves_sending(result):
            events.append(_settled(request, arrival, now))
        events.append(
            reading_event(
                request,
                arrival,
                message,
                result,
                match,
                lexicon,
                now,
                review_below=plan_of(session, request.round).review_below,
                receipt_no=numbers.get(request.reference, ""),
            )
        )
    return events or [_held(arrival, message, match, lexicon, now)]


def _is_unrelated(message: Message, result: Classification, lexicon: Lexicon) -> bool:
    """Whether it answers nothing, read beside the request (`result`) or, then surely, by itself."""
    if result.kind is MessageKind.UNRELATED:
        return True
    alone = classify(message, None, lexicon, None)
    return alone.kind is MessageKind.UNRELATED and alone.confidence >= _SURE


def _answered(session: Session, references: Sequence[str]) -> Sequence[tuple[RequestRow, RequestStateRow]]:
    return session.exec(_REQUESTS, params={"references": references}).all() if references else []


_REQUESTS = (
    select(RequestRow, RequestStateRow)
    .join(RequestStateRow, col(RequestStateRow.reference) == col(RequestRow.reference))
    .where(col(RequestRow.reference).in_(bindparam("references", expanding=True)))
    .order_by(col(RequestRow.reference))
)


def _matched(arrival: RawMessageRow, message: Message, sent: SentLetters, asked: Asked) -> Match:
    """A letter that was meant for another applicant is for a person, who is told what it seems to answer."""
    match = match_message(message, arrival.arrived_at, sent)
    if not match.elsewhere:
        return match
    there = match_message(message, arrival.arrived_at, asked.from_mailbox(match.elsewhere))
    return replace(
        match,
        candidates=(*(there.references or there.candidates), *match.candidates),
        clues=(*there.clues, *match.clues),
        doubt=Doubt.ANOTHER_PERSON,
    )


def reading_event(
    request: RequestRow,
    arrival: RawMessageRow,
    message: Message,
    result: Classification,
    match: Match,
    lexicon: Lexicon,
    now: datetime,
    *,
    review_below: float,
    receipt_no: str = "",
    dated: tuple[datetime, str] | None = None,
) -> Event:
    """The machine's reading of a message as an answer to `request`.

    `dated`: when it counts as given and on what that rests, where no stamp of a mail server says so.
    """
    happened_at, basis = dated or replied_at(message, arrival.arrived_at)
    return Event(
        kind=EventKind.READ,
        happened_at=happened_at,
        known_at=now,
        actor=f"lexicon:{lexicon.version[:12]}",
        round=request.round,
        request=request.reference,
        source_sha256=arrival.sha256,
        payload={
            **_result(result),
            "days": days_named(message, result.kind),
            "writer": message.sender,
            "message_id": message.message_id,
            "receipt_no": receipt_no if result.kind in _GIVING_NUMBERS else "",
            "arrived_at": arrival.arrived_at.isoformat(),
            "time_basis": basis,
            "review_below": review_below,
            "match": match.kinds(request.reference),
            "scans": _unread_scans(message),
        },
        dedupe_key=f"read:{request.reference}:{arrival.sha256}:{_version(lexicon, message)}",
    )


def assigned_event(
    arrival: RawMessageRow, references: Iterable[str], actor: str, now: datetime, reason: str
) -> Event:
    """A held message leaves the pen: it answers these requests, or none of ours."""
    return Event(
        kind=EventKind.ASSIGNED,
        happened_at=arrival.arrived_at,
        known_at=now,
        actor=actor,
        source_sha256=arrival.sha256,
        payload={"requests": list(references), "reason": reason},
        dedupe_key=f"assigned:{arrival.sha256}:{now.isoformat()}",
    )


def replied_at(message: Message, arrived_at: datetime) -> tuple[datetime, str]:
    """When an electronic reply counts as given, and on which stamp that rests.

    Of our own server's stamp (the topmost `Received`) and the arrival in the mailbox the earlier
    one: the reading in the unit's favour. The `Date:` header alone proves nothing.
    """
    for stamp in message.received[:1]:
        if arrived_at - _LONGEST_TRANSIT <= stamp < arrived_at:
            return stamp, "received_stamp"
    return arrived_at, "arrival"


def _held(arrival: RawMessageRow, message: Message, match: Match, lexicon: Lexicon, now: datetime) -> Event:
    result = classify(message, None, lexicon, None)
    if match.is_nobodys or match.references:
        result = _none_of_ours(result)
    return Event(
        kind=EventKind.HELD,
        happened_at=arrival.arrived_at,
        known_at=now,
        actor=f"lexicon:{lexicon.version[:12]}",
        source_sha256=arrival.sha256,
        payload={
            **_result(result),
            "candidates": list(match.candidates),
            "clues": [[clue.kind, clue.reference] for clue in match.clues],
            "doubt": match.doubt or (Doubt.WEAK if match.references else None),
            "scans": _unread_scans(message),
        },
        dedupe_key=f"held:{arrival.mailbox}:{arrival.sha256}:{_version(lexicon, message)}",
    )


def _none_of_ours(result: Classification) -> Classification:
    """What reads like an answer, but to somebody else or to nothing that was asked."""
    if result.kind in _BY_MACHINES or result.kind is MessageKind.UNRELATED:
        return result
    evidence = (f"reads like {result.label}", *result.evidence)
    return replace(
        result, kind=MessageKind.UNRELATED, outcome=None, confidence=_BY_DEFAULT, evidence=evidence
    )


def _unread_scans(message: Message) -> list[str]:
    return [a.sha256 for a in message.attachments if a.is_scan and a.text is None]


def _version(lexicon: Lexicon, message: Message) -> str:
    """What a reading rests on beside the message: the lexicon, and how many of its scans were read."""
    read = sum(1 for a in message.attachments if a.is_scan and a.text is not None)
    return f"{lexicon.version}:{read}" if read else lexicon.version


def _result(result: Classification) -> dict[str, object]:
    return {
        "kind": result.kind,
        "outcome": result.outcome,
        "confidence": round(result.confidence, 3),
        "evidence": list(result.evidence),
        "document_number": result.document_number,
    }


def _settled(request: RequestRow, arrival: RawMessageRow, now: datetime) -> Event:
    return Event(
        kind=EventKind.SETTLED_SENT,
        happened_at=arrival.arrived_at,
        known_at=now,
        actor="rule:answer-proves-sending",
        round=request.round,
        request=request.reference,
        source_sha256=arrival.sha256,
        dedupe_key=f"settled:{request.reference}",
    )


def _proves_sending(result: Classification) -> bool:
    return result.kind not in (MessageKind.UNKNOWN, MessageKind.UNRELATED)


def _seconds_since(submitted_at: datetime | None, arrived_at: datetime) -> float | None:
    return (arrived_at - submitted_at).total_seconds() if submitted_at else None
