"""From a planned request to its letter: the template, the question and the applicant's identity."""

import hashlib
from datetime import datetime

from sqlmodel import Session

from tracker.adapters.files import find_file, read_utf8
from tracker.domain.terms import OutboundMessage, RequestKind
from tracker.errors import UserError
from tracker.i18n import _
from tracker.letters.compose import Letter, TemplateError, check_template, compose
from tracker.services.rounds import plan_of
from tracker.settings import Workspace
from tracker.store.tables import ApplicantRow, QuestionRow, RequestRow, UnitRow

FIRST_STEP = "application"  # of a request; a corrected application is a later one


def letter_of(session: Session, workspace: Workspace, request: RequestRow) -> Letter:
    """The texts of one request, the applicant's identity unsealed."""
    applicant = session.get_one(ApplicantRow, request.applicant)
    question = session.get_one(QuestionRow, (request.round, request.question_id))
    identity = workspace.vault.unseal(applicant.sealed)
    return Letter(
        kind=RequestKind(request.kind),
        unit_name=session.get_one(UnitRow, (request.round, request.unit_id)).name,
        question_title=question.title,
        question_text=question.text,
        applicant_name=identity["name"],
        identity_number=identity["id_number"],
        phone=identity["phone"],
        postal_address=identity["address"],
        email=applicant.mailbox,
    )


def compose_letter(
    session: Session, workspace: Workspace, request: RequestRow, now: datetime
) -> OutboundMessage:
    """The final bytes of a request's letter, with a Message-ID that is the same however often it is made."""
    plan = plan_of(session, request.round)
    letter = letter_of(session, workspace, request)
    digest = hashlib.sha256(f"{plan.seed}:{request.reference}".encode()).hexdigest()[:24]
    message_id = f"<{digest}@{letter.email.rpartition('@')[2]}>"
    template = read_template(workspace, plan.templates[RequestKind(request.kind)])
    raw = compose(template, letter, recipient=request.address, message_id=message_id, date=now)
    return OutboundMessage(request.reference, FIRST_STEP, letter.email, request.address, message_id, raw)


def read_template(workspace: Workspace, name: str) -> str:
    """The text of a template; raises `UserError` with file and line if no letter can come of it."""
    path = find_file(f"templates/{name}", workspace.root)
    text = read_utf8(path, str(path))
    try:
        check_template(text)
    except TemplateError as fault:
        reason = fault.reason or _('unknown variable "{variable}"').format(variable=fault.variable)
        raise UserError(
            _("{path}:{line}: {reason}: correct the template.").format(
                path=path, line=fault.line, reason=reason
            )
        ) from None
    return text
