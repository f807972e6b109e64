"""What a unit's page amounts to: a reading of what stands there for a request of ours, with both its dates."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from sqlmodel import Session

from tracker.adapters.recipes import PENDING
from tracker.domain.classify import classify
from tracker.domain.match import Clue, ClueKind, Match
from tracker.domain.message import Attachment, Message
from tracker.domain.terms import SHANGHAI, Classification, Event, MessageKind, RequestKind, local_date
from tracker.services.answers import Asked, reading_event
from tracker.services.rounds import plan_of
from tracker.settings import Workspace
from tracker.store.queries import topic_asked
from tracker.store.tables import RawMessageRow, RequestRow, RequestStateRow

_BY_THE_SITE = 0.95  # confidence of what the recipe says a state's word means
_DOUBTFUL = 0.5
_NOON = time(12)
Snapshot = Mapping[str, Any]


def page_events(
    session: Session,
    arrival: RawMessageRow,
    snapshot: Snapshot,
    message: Message,
    asked: Asked,
    now: datetime,
) -> list[Event]:
    """The events of a kept snapshot (see services.lookups for its form): none while nothing has happened yet.

    The page was opened with the request's own number: whose answer it is needs no guess.
    """
    request = session.get_one(RequestRow, snapshot["request"])
    result = _reading(message, snapshot, request, topic_asked(session, request), asked)
    if result is None:
        return []
    match = Match((request.reference,), clues=(Clue(ClueKind.NUMBER, request.reference),))
    return [
        reading_event(
            request,
            arrival,
            message,
            result,
            match,
            asked.lexicon,
            now,
            review_below=plan_of(session, request.round).review_below,
            dated=appeared_at(session, snapshot),
        )
    ]


def appeared_at(session: Session, snapshot: Snapshot) -> tuple[datetime, str]:
    """The earliest moment at which it can have stood there, and on what that rests.

    The site's own date is believed, which is in the unit's favour; without one it is the last look
    that did not show it. The latest moment, our first sight of it, is the arrival.
    """
    first_seen = datetime.fromisoformat(snapshot["first_seen_at"])
    submitted_at = session.get_one(RequestStateRow, snapshot["request"]).submitted_at or first_seen
    last_without = snapshot["last_seen_without_at"]
    not_before = datetime.fromisoformat(last_without) if last_without else submitted_at
    told = snapshot["shown_on"] or snapshot["received_on"]
    shown_on = date.fromisoformat(told) if told else None
    if shown_on and local_date(submitted_at) <= shown_on <= local_date(first_seen):
        noon = datetime.combine(shown_on, _NOON, SHANGHAI)
        same_day = not_before if local_date(not_before) == shown_on else submitted_at
        return min(max(noon, same_day), first_seen), "site_date"
    return not_before, "last_look_without"


def page_message(sha256: str, snapshot: Snapshot, files: tuple[Attachment, ...]) -> Message:
    return Message(sha256=sha256, subject=snapshot["title"], reply_text=snapshot["text"], attachments=files)


def files_of(workspace: Workspace, snapshot: Snapshot) -> list[Attachment]:
    """The files that the page linked, as they were fetched."""
    return [
        Attachment(one["name"], one["media_type"], one["sha256"], workspace.evidence.read(one["sha256"]))
        for one in snapshot["attachments"]
    ]


def _reading(
    message: Message, snapshot: Snapshot, request: RequestRow, topic: str, asked: Asked
) -> Classification | None:
    """By the text, else by the site's word for the state; None where neither says that anything happened."""
    word, meaning = snapshot["status"], snapshot["meaning"]
    told = (f"status: {word}",) if word else ()
    if message.reply_text or message.attachments:
        result = classify(message, RequestKind(request.kind), asked.lexicon, None, topic)
        confidence = result.confidence
        if meaning not in ("", PENDING) and meaning != result.kind:
            confidence = min(confidence, _DOUBTFUL)  # the site calls it otherwise
        return Classification(
            result.kind, result.outcome, confidence, (*told, *result.evidence), result.document_number
        )
    if meaning == PENDING or not word:
        return None
    if meaning and meaning != MessageKind.REPLY:
        return Classification(MessageKind(meaning), confidence=_BY_THE_SITE, evidence=told)
    # answered, they say, but no answer stands there; or a word that the recipe does not know
    return Classification(MessageKind.UNKNOWN, confidence=0.0, evidence=told)
