"""What only a person can read for a form: asked while its page waits, answered from the terminal or the desk."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from tracker.adapters.portals.faults import PageFault
from tracker.adapters.portals.player import Question
from tracker.settings import Workspace
from tracker.store.database import writing
from tracker.store.tables import AskRow, LookupRow, OutboxRow

ASK_LIFE = timedelta(minutes=10)  # sites let a session, and with it a captcha, die soon


def ask(workspace: Workspace, reference: str, question: Question, now: datetime) -> int:
    """Put a question before a person; returns its id."""
    with writing(workspace.engine) as session:
        row = AskRow(
            request=reference,
            name=question.name,
            prompt=question.prompt,
            picture=question.picture,
            asked_at=now,
            expires_at=now + ASK_LIFE,
        )
        session.add(row)
        session.flush()
        assert row.id is not None
        return row.id


def open_asks(session: Session, now: datetime) -> list[AskRow]:
    """Questions that a person can answer now, oldest first."""
    query = select(AskRow).where(
        col(AskRow.ended_at).is_(None), col(AskRow.answer).is_(None), AskRow.expires_at > now
    )
    return list(session.exec(query.order_by(col(AskRow.asked_at))))


def picture_of(session: Session, ask_id: int) -> bytes:
    """What a form shows that only a person can read; empty where it shows nothing."""
    return session.exec(select(AskRow.picture).where(AskRow.id == ask_id)).first() or b""


def answer_ask(workspace: Workspace, reference: str, answer: str, actor: str, now: datetime) -> bool:
    """Hand a person's answer to the form that waits for it; False where none waits (any more)."""
    with writing(workspace.engine) as session:
        row = next((one for one in open_asks(session, now) if one.request == reference), None)
        if row is None:
            return False
        row.answer, row.answered_at, row.answered_by = answer, now, actor
        session.add(row)
    return True


def call_forms(workspace: Workspace, now: datetime) -> int:
    """A person has time now: what went back to the queue unanswered is opened again. Returns how many."""
    with writing(workspace.engine) as session:
        asked = select(AskRow.request).where(col(AskRow.ended_at).is_not(None), col(AskRow.answer).is_(None))
        forms = session.exec(
            select(OutboxRow).where(
                col(OutboxRow.request).in_(asked), OutboxRow.status == "queued", OutboxRow.not_before > now
            )
        ).all()
        looks = session.exec(
            select(LookupRow).where(LookupRow.fault == PageFault.UNANSWERED, LookupRow.next_at > now)
        ).all()
        for form in forms:
            form.not_before = now
            session.add(form)
        for look in looks:
            look.next_at = now
            session.add(look)
    return len(forms) + len(looks)


def end_ask(workspace: Workspace, ask_id: int, now: datetime) -> None:
    with writing(workspace.engine) as session:
        row = session.get_one(AskRow, ask_id)
        row.ended_at = now
        session.add(row)


def end_asks(workspace: Workspace, now: datetime) -> None:
    """Questions of a worker that is gone cannot be answered any more: their pages went with it."""
    with writing(workspace.engine) as session:
        for row in session.exec(select(AskRow).where(col(AskRow.ended_at).is_(None))):
            row.ended_at = now
            session.add(row)
