"""One request as the desk shows it to one person: what happened, the letters, and how the days are counted."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from tracker.domain.coding import Codings, Stage, as_seen_blind, stages_of
from tracker.domain.lifecycle import Reading, replay
from tracker.domain.measure import measure_request
from tracker.domain.message import Message
from tracker.domain.terms import ChannelKind, Event, EventKind, RequestKind
from tracker.letters.showing import visible
from tracker.services.accounts import Role, Visit
from tracker.services.exhibits import Shown, evidence_of
from tracker.services.intake import CONTACT, PAGE, kept_message
from tracker.services.measuring import (
    MeasuredRequest,
    Standpoint,
    Surroundings,
    fixed_if_final,
    laws_of,
    standpoint,
)
from tracker.services.rounds import find_request
from tracker.services.statement import Statement
from tracker.settings import Workspace
from tracker.store.database import writing
from tracker.store.events import coding_of, events_of_request, record
from tracker.store.queries import arrivals_of, round_names
from tracker.store.tables import (
    ApplicantRow,
    EvidenceRow,
    QuestionRow,
    RawMessageRow,
    RequestRow,
    UnitRow,
)

_MASK = "○○"
_LONGEST_SHOWN = 40_000  # characters of one text on a page; the file has all
# What fills a log and tells a reviewer nothing.
_UNSHOWN = (EventKind.IDENTITY_SEEN,)


@dataclass(frozen=True, slots=True)
class AttachedFile:
    sha256: str
    name: str
    media_type: str
    size: int
    text: str | None


@dataclass(frozen=True, slots=True)
class Letter:
    """One message beside the coding form; texts are masked unless the reader may know the applicant."""

    sha256: str
    source: str
    arrived_at: datetime
    sender: str
    subject: str
    text: str
    signature: str
    quoted: str
    has_page: bool
    files: Sequence[AttachedFile] = ()
    faults: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class CodedLetter:
    """A message with where its coding stands. `reading` and `codings` are None as long as they are secret."""

    letter: Letter
    stage: Stage
    has_voted: bool
    reading: Reading | None
    codings: Codings | None


@dataclass(frozen=True, slots=True)
class Case:
    request: RequestRow
    unit: UnitRow
    question: QuestionRow
    is_blind: bool
    events: Sequence[Event]
    letters: Sequence[CodedLetter]
    measured: MeasuredRequest
    statement: Sequence[str]


def is_blind_for(session: Session, round_name: str, role: Role) -> bool:
    """Whether somebody of this role must not know what the machine or others made of a message."""
    return role is Role.REVIEWER and coding_of(session, round_name).is_blind


def is_blind_anywhere(session: Session, role: Role) -> bool:
    """The same for what is shown of all rounds together."""
    return any(is_blind_for(session, name, role) for name in round_names(session))


def case_of(session: Session, workspace: Workspace, reference: str, visit: Visit, now: datetime) -> Case:
    request = find_request(session, reference)
    is_blind = is_blind_for(session, request.round, visit.role)
    told, coding = events_of_request(session, reference), coding_of(session, request.round)
    seen = as_seen_blind(told, visit.actor, coding) if is_blind else told
    at = fixed_if_final(session, request.round, standpoint(now))
    measured = _measured(session, workspace, request, seen, at)
    mask = mask_for(session, workspace, request.applicant, visit.role)
    letters = []
    for sha256, (stage, codings, read) in stages_of(told, coding).items():
        letter, has_voted = letter_shown(session, workspace, sha256, mask), visit.actor in codings.coders
        is_secret = is_blind and not has_voted and stage is Stage.OPEN
        known = (None, None) if is_secret else (read, codings)
        letters.append(CodedLetter(letter, stage, has_voted, *known))
    return Case(
        request=request,
        unit=measured.unit,
        question=session.get_one(QuestionRow, (request.round, request.question_id)),
        is_blind=is_blind,
        events=[event for event in _with_arrivals(told, seen) if event.kind not in _UNSHOWN],
        letters=sorted(letters, key=lambda one: (one.letter.arrived_at, one.letter.sha256)),
        measured=measured,
        statement=_statement(measured, at.as_of),
    )


def messages_of(events: Sequence[Event]) -> list[str]:
    """The messages that count as answers to a request, whatever they were read as."""
    kinds = (EventKind.READ, EventKind.REVIEWED)
    return list(dict.fromkeys(e.source_sha256 or "" for e in events if e.kind in kinds))


def _with_arrivals(told: Sequence[Event], seen: Sequence[Event]) -> list[Event]:
    """Of a message whose reading is secret, that it came is not."""
    known = {event.seq for event in seen}
    hidden: dict[str | None, Event] = {}
    for event in told:
        if event.seq not in known and event.kind in (EventKind.READ, EventKind.REVIEWED):
            hidden.setdefault(event.source_sha256, event)
    arrivals = [
        Event(
            kind=EventKind.READ,
            happened_at=event.happened_at,
            known_at=event.known_at,
            actor="",
            request=event.request,
            source_sha256=sha256,
            seq=event.seq,
        )
        for sha256, event in hidden.items()
    ]
    return sorted([*seen, *arrivals], key=lambda event: (event.happened_at, event.seq))


def _measured(
    session: Session, workspace: Workspace, request: RequestRow, events: Sequence[Event], at: Standpoint
) -> MeasuredRequest:
    """The request as the events one may know tell it."""
    law = laws_of(session, workspace, request.round)[RequestKind(request.kind)]
    history = replay(request.reference, [event for event in events if at.knows(event)])
    channel = ChannelKind(request.channel) if request.channel else None
    surroundings = Surroundings(session, workspace, request.round, at)
    circumstances = surroundings.of(request.reference, request.applicant, request.channel)
    unit = session.get_one(UnitRow, (request.round, request.unit_id))
    return MeasuredRequest(request, unit, history, measure_request(history, channel, law, circumstances), law)


def _statement(measured: MeasuredRequest, as_of: date) -> list[str]:
    found = measured.measurement
    if found.facts is None or found.assessment is None:
        return []
    return Statement(found.facts, found.assessment, found.reading, measured.law, as_of).lines(every=False)


def letter_shown(session: Session, workspace: Workspace, sha256: str, mask: Callable[[str], str]) -> Letter:
    arrival = arrivals_of(session, sha256)[0]
    if arrival.source == CONTACT:
        return _contact_shown(workspace, arrival, mask)
    message = kept_message(workspace, session, arrival)
    return Letter(
        sha256=sha256,
        source=arrival.source,
        arrived_at=arrival.arrived_at,
        sender=mask(visible(f"{message.sender_name} <{message.sender}>")) if message.sender else "",
        subject=mask(visible(message.subject)),
        text=_shortened(mask(visible(message.reply_text))),
        signature=_shortened(mask(visible(message.signature))),
        quoted=_shortened(mask(visible(message.quoted_text))),
        has_page=arrival.source != PAGE and b"text/html" in workspace.evidence.read(sha256).lower(),
        files=_files(message, mask),
        faults=message.faults,
    )


def _files(message: Message, mask: Callable[[str], str]) -> list[AttachedFile]:
    return [
        AttachedFile(
            sha256=file.sha256,
            name=mask(visible(file.name)),
            media_type=file.media_type,
            size=len(file.raw),
            text=_shortened(mask(visible(file.text))) if file.text else None,
        )
        for file in message.attachments
    ]


def _contact_shown(workspace: Workspace, arrival: RawMessageRow, mask: Callable[[str], str]) -> Letter:
    contact = json.loads(workspace.evidence.read(arrival.sha256))
    return Letter(
        sha256=arrival.sha256,
        source=CONTACT,
        arrived_at=arrival.arrived_at,
        sender=contact["payload"].get("medium", ""),
        subject="",
        text=mask(contact["note"]),
        signature="",
        quoted="",
        has_page=False,
    )


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]} …"


# --- who the applicant is ---------------------------------------------------------------------------------


def mask_for(session: Session, workspace: Workspace, applicant: str, role: Role) -> Callable[[str], str]:
    """What takes an applicant's name, numbers and addresses out of a text; the lead reads it as it is."""
    return _mask([session.get_one(ApplicantRow, applicant)], workspace, role)


def mask_for_anybody(session: Session, workspace: Workspace, role: Role) -> Callable[[str], str]:
    """The same for a text that may name any applicant, since nobody knows yet whom it is for."""
    return _mask(session.exec(select(ApplicantRow)).all(), workspace, role)


def _mask(rows: Sequence[ApplicantRow], workspace: Workspace, role: Role) -> Callable[[str], str]:
    if role is Role.LEAD:
        return lambda text: text
    known = {word for row in rows for word in (row.mailbox, *workspace.vault.unseal(row.sealed).values())}
    words = sorted((word for word in known if len(word) > 1), key=len, reverse=True)

    def mask(text: str) -> str:
        for word in words:
            text = text.replace(word, _MASK)
        return text

    return mask


def note_identity_seen(
    workspace: Workspace, visit: Visit, what: str, now: datetime, *, request: str = "", message: str = ""
) -> None:
    """Somebody opened what names an applicant: the identity itself, or raw evidence."""
    event = Event(
        kind=EventKind.IDENTITY_SEEN,
        happened_at=now,
        known_at=now,
        actor=visit.actor,
        source_sha256=message or None,
        payload={"what": what, "request": request},
        dedupe_key=f"identity_seen:{visit.actor}:{what}:{request}:{message}:{now.isoformat()}",
    )
    with writing(workspace.engine) as session:
        record(session, [event])


# --- files ------------------------------------------------------------------------------------------------


def files_of(session: Session, workspace: Workspace, events: Sequence[Event]) -> list[tuple[Shown, int, str]]:
    """All raw evidence that events rest on, with size and media type, in their order."""
    shown = {one.sha256: one for one in evidence_of(session, workspace, events)}
    rows = session.exec(select(EvidenceRow).where(col(EvidenceRow.sha256).in_(list(shown))))
    kept = {row.sha256: row for row in rows}
    return [(one, kept[sha].size, kept[sha].media_type) for sha, one in shown.items() if sha in kept]
