"""The holding pen as pages show it: each message with ranked candidates and what speaks for each."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from tracker.domain.terms import EventKind
from tracker.errors import UserError
from tracker.i18n import _
from tracker.services.accounts import Role
from tracker.services.case import Letter, letter_shown, mask_for_anybody
from tracker.settings import Workspace
from tracker.store.events import to_event
from tracker.store.tables import EventRow, HeldMessageRow, QuestionRow, RequestRow, UnitRow


@dataclass(frozen=True, slots=True)
class Candidate:
    request: RequestRow
    unit: UnitRow
    question: QuestionRow
    clues: Sequence[str]  # kinds of clue that speak for it


@dataclass(frozen=True, slots=True)
class HeldLetter:
    letter: Letter
    doubt: str
    candidates: Sequence[Candidate]


def held_messages(session: Session, *, start: int, most: int) -> tuple[list[HeldMessageRow], int]:
    """A page of the pen, oldest first, and how many messages it holds."""
    count = session.exec(select(func.count()).select_from(HeldMessageRow)).one()
    query = select(HeldMessageRow).order_by(col(HeldMessageRow.arrived_at), col(HeldMessageRow.sha256))
    return list(session.exec(query.offset(start).limit(most))), count


def next_held(session: Session) -> str | None:
    query = select(HeldMessageRow.sha256).order_by(col(HeldMessageRow.arrived_at), col(HeldMessageRow.sha256))
    return session.exec(query.limit(1)).first()


def held_letter(session: Session, workspace: Workspace, sha256: str, role: Role) -> HeldLetter:
    row = session.get(HeldMessageRow, sha256)
    if row is None:
        raise UserError(_("{message} is not in the holding pen.").format(message=sha256[:12]))
    held = to_event(session.exec(select(EventRow).where(EventRow.seq == row.seq)).one())
    assert held.kind is EventKind.HELD
    clues: dict[str, list[str]] = {}
    for kind, reference in held.payload["clues"]:
        clues.setdefault(reference, []).append(kind)
    return HeldLetter(
        letter=letter_shown(session, workspace, sha256, mask_for_anybody(session, workspace, role)),
        doubt=held.payload["doubt"] or "",
        candidates=[
            _candidate(session, reference, clues.get(reference, []))
            for reference in held.payload["candidates"]
        ],
    )


def _candidate(session: Session, reference: str, clues: Sequence[str]) -> Candidate:
    request = session.get_one(RequestRow, reference)
    return Candidate(
        request,
        session.get_one(UnitRow, (request.round, request.unit_id)),
        session.get_one(QuestionRow, (request.round, request.question_id)),
        list(dict.fromkeys(clues)),
    )
