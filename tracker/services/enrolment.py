"""Writing down who and what a round asks: what the files say now, but for what approved requests rest on."""

import dataclasses
from collections.abc import Sequence

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from tracker.domain.rounds import Applicant, Roster
from tracker.domain.terms import Unit
from tracker.errors import UserError
from tracker.i18n import _
from tracker.services.sealing import sealing_vault
from tracker.settings import Workspace
from tracker.store.secrets import Vault
from tracker.store.tables import (
    ApplicantRow,
    ChannelRow,
    LoginRow,
    QuestionRow,
    RawMessageRow,
    RequestRow,
    UnitRow,
)


def write_roster(
    session: Session, workspace: Workspace, name: str, roster: Roster, approved: Sequence[RequestRow]
) -> None:
    """Put the roster in the place of what earlier plans of the round wrote.

    `approved` are the round's requests whose units, channels and questions stay as they were approved.
    """
    _write_units(session, name, roster, {request.unit_id for request in approved})
    _write_channels(session, name, roster, {(request.unit_id, request.kind) for request in approved})
    _write_questions(session, name, roster, {request.question_id for request in approved})
    _write_applicants(session, workspace, roster)
    session.flush()


def _write_units(session: Session, name: str, roster: Roster, fixed: set[str]) -> None:
    listed = {unit.unit_id for unit in roster.units}
    for row in session.exec(select(UnitRow).where(UnitRow.round == name)):
        if row.unit_id not in listed | fixed:
            session.delete(row)
    for unit in roster.units:
        if unit.unit_id not in fixed:
            session.merge(unit_row(name, unit))


def unit_row(round_name: str, unit: Unit) -> UnitRow:
    fields = dataclasses.asdict(unit) | {"predecessors": ";".join(unit.predecessors)}
    return UnitRow(round=round_name, **fields)


def _write_channels(session: Session, name: str, roster: Roster, fixed: set[tuple[str, str]]) -> None:
    """A channel that comes to those of an approved request is added: answers may come from its address."""
    known = set()
    for row in session.exec(select(ChannelRow).where(ChannelRow.round == name)):
        if (row.unit_id, row.kind) in fixed:
            known.add((row.unit_id, row.kind, row.channel, row.address))
        else:
            session.delete(row)
    for channel in roster.channels:
        if (channel.unit_id, channel.kind, channel.channel, channel.address) not in known:
            session.add(ChannelRow(round=name, **dataclasses.asdict(channel)))


def _write_questions(session: Session, name: str, roster: Roster, fixed: set[str]) -> None:
    asked = {question.question_id for question in roster.questions}
    for row in session.exec(select(QuestionRow).where(QuestionRow.round == name)):
        if row.question_id not in asked | fixed:
            session.delete(row)
    for question in roster.questions:
        if question.question_id not in fixed:
            fields = ("question_id", "kind", "title", "text")
            session.merge(QuestionRow(round=name, **{each: getattr(question, each) for each in fields}))


def _write_applicants(session: Session, workspace: Workspace, roster: Roster) -> None:
    vault = sealing_vault(session, workspace)
    for row in session.exec(_unused_applicants()).all():
        session.delete(row)
    session.flush()
    for applicant in roster.applicants:
        _write_applicant(session, vault, applicant)


def _unused_applicants() -> SelectOfScalar[ApplicantRow]:
    """Those of whom no request, no login and no letter knows."""
    return select(ApplicantRow).where(
        col(ApplicantRow.code).not_in(select(RequestRow.applicant)),
        col(ApplicantRow.code).not_in(select(LoginRow.applicant)),
        col(ApplicantRow.mailbox).not_in(select(RawMessageRow.mailbox)),
    )


def _write_applicant(session: Session, vault: Vault, applicant: Applicant) -> None:
    if session.get(ApplicantRow, applicant.code):
        return
    mailbox = applicant.mailbox.lower()
    other = session.exec(select(ApplicantRow.code).where(ApplicantRow.mailbox == mailbox)).first()
    if other:
        raise UserError(
            _("applicants.csv: the mailbox of {code} is that of {other} already: use one code.").format(
                code=applicant.code, other=other
            )
        )
    fields = dataclasses.asdict(applicant)
    identity = {name: fields[name] for name in ("name", "id_number", "phone", "address", "postcode")}
    session.add(ApplicantRow(code=applicant.code, mailbox=mailbox, sealed=vault.seal(identity)))
