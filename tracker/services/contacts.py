"""What people did or saw, entered by the same door as mail: a submission, a call, a letter, a visit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path

from sqlmodel import Session

from tracker.domain.lifecycle import IllegalEvent
from tracker.domain.notices import NO_TERMS, NoticeTerms
from tracker.domain.terms import (
    SHANGHAI,
    ChannelKind,
    EventKind,
    MessageKind,
    Outcome,
    ReceiptBasis,
    RequestKind,
    RequestState,
    local_date,
    outcomes_of,
)
from tracker.errors import UserError
from tracker.i18n import _
from tracker.services.answers import Asked
from tracker.services.intake import CONTACT, record_arrivals, understand
from tracker.services.rounds import changeable_request, start_round
from tracker.services.sealing import keep_receipt
from tracker.settings import Workspace
from tracker.store.database import reading, writing
from tracker.store.events import canonical_json, history_of
from tracker.store.evidence import keep_message
from tracker.store.queries import arrivals_of
from tracker.store.tables import ApplicantRow, RawMessageRow, RequestRow

MEDIA = ("phone", "sms", "wechat", "letter", "fax", "visit", "web")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a site or counter gave out; opaque strings, kept as secrets."""

    receipt_no: str = ""
    query_code: str = ""
    password: str = ""
    more: Mapping[str, str] = field(default_factory=dict)  # in whatever other shape, by the recipe's names

    def named(self) -> dict[str, str]:
        usual = {"receipt_no": self.receipt_no, "query_code": self.query_code, "password": self.password}
        return {name: text for name, text in {**usual, **self.more}.items() if text}


NO_RECEIPT = Receipt()


def record_submission(
    workspace: Workspace,
    reference: str,
    at: datetime,
    actor: str,
    now: datetime,
    *,
    received_on: date | None = None,
    receipt: Receipt = NO_RECEIPT,
    proof: Path | None = None,
) -> None:
    """A person handed the request in (web form, post, counter …) at `at`.

    `received_on` is the day the unit signed for it or took it, where that is known.
    """
    request = _request(workspace, reference)
    _refuse_future(at, now)
    payload: dict[str, object] = {"by": "person"}
    if received_on:
        _refuse_future(datetime.combine(received_on, time.min, SHANGHAI), now)
        if received_on < local_date(at):
            raise UserError(
                _(
                    "{reference}: received on {day}, before it was handed in: correct one of the dates."
                ).format(reference=reference, day=received_on)
            )
        basis = ReceiptBasis.HANDED_IN if request.channel == ChannelKind.IN_PERSON else ReceiptBasis.SIGNATURE
        payload |= {"receipt_on": received_on.isoformat(), "receipt_basis": basis}
    _enter(workspace, request, EventKind.DISPATCHED, at, payload, actor, now, receipt=receipt, proof=proof)


def record_closed_channel(
    workspace: Workspace,
    reference: str,
    at: datetime,
    reason: str,
    actor: str,
    now: datetime,
    proof: Path | None,
) -> None:
    """A person could not hand the request in: a finding about the channel."""
    request = _request(workspace, reference)
    _refuse_future(at, now)
    _enter(
        workspace, request, EventKind.SEND_REFUSED, at, {"by": "person"}, actor, now, note=reason, proof=proof
    )


def record_contact(
    workspace: Workspace,
    reference: str,
    medium: str,
    kind: MessageKind,
    outcome: Outcome | None,
    at: datetime,
    actor: str,
    now: datetime,
    *,
    note: str = "",
    terms: NoticeTerms = NO_TERMS,
    proof: Path | None = None,
) -> None:
    """A phone call, SMS, WeChat message, letter, fax or visit, with its own date and proof."""
    request = _request(workspace, reference)
    _refuse_future(at, now)
    check_outcome(RequestKind(request.kind), kind, outcome)
    _refuse_unless_sent(workspace, reference, at)
    payload: dict[str, object] = {"kind": kind, "outcome": outcome, "medium": medium, **terms.payload()}
    _enter(workspace, request, EventKind.REVIEWED, at, payload, actor, now, note=note, proof=proof)


def record_signature(
    workspace: Workspace,
    reference: str,
    signed_on: date,
    actor: str,
    now: datetime,
    proof: Path | None = None,
) -> None:
    """The post office's tracking shows that the unit signed for the letter on that day (Art. 31)."""
    request = _request(workspace, reference)
    at = datetime.combine(signed_on, time(12), SHANGHAI)
    _refuse_future(datetime.combine(signed_on, time.min, SHANGHAI), now)
    with reading(workspace.engine) as session:
        submitted_at = history_of(session, reference).submitted_at
    if submitted_at is None or local_date(submitted_at) > signed_on:
        raise UserError(
            _("{reference}: not posted before {day}, so it cannot have been signed for then.").format(
                reference=reference, day=signed_on
            )
        )
    _enter(
        workspace,
        request,
        EventKind.SIGNED_FOR,
        at,
        {"receipt_on": signed_on.isoformat()},
        actor,
        now,
        proof=proof,
    )


def record_look(
    workspace: Workspace, reference: str, at: datetime, actor: str, now: datetime, proof: Path | None = None
) -> None:
    """A person looked at the unit's page at `at`, and nothing new stood there."""
    request = _request(workspace, reference)
    _refuse_future(at, now)
    _refuse_unless_sent(workspace, reference, at)
    _enter(workspace, request, EventKind.LOOKED_UP, at, {"by": "person"}, actor, now, proof=proof)


def record_correction(
    workspace: Workspace, reference: str, at: datetime, actor: str, now: datetime, proof: Path | None = None
) -> None:
    """We answered the unit's correction notice (or paid, or proved identity) at `at`."""
    request = _request(workspace, reference)
    _refuse_future(at, now)
    with reading(workspace.engine) as session:
        state = history_of(session, reference).state
    if state is not RequestState.AWAITING_US:
        raise UserError(
            _("{reference}: the unit is not waiting for us (state {state}).").format(
                reference=reference, state=state
            )
        )
    _enter(workspace, request, EventKind.CORRECTED, at, {}, actor, now, proof=proof)


def check_outcome(kind: RequestKind, message_kind: MessageKind, outcome: Outcome | None) -> None:
    """A reply has an outcome of its kind of request, and nothing else has one."""
    allowed = outcomes_of(kind) if message_kind is MessageKind.REPLY else frozenset({None})
    if outcome not in allowed:
        if message_kind is not MessageKind.REPLY:
            raise UserError(_("{kind}: only a reply has an outcome: leave it out.").format(kind=message_kind))
        names = ", ".join(sorted(str(name) for name in allowed if name))
        raise UserError(
            _("{kind} for a {request_kind}: the outcome must be one of: {names}").format(
                kind=message_kind, request_kind=kind, names=names
            )
        )


def _request(workspace: Workspace, reference: str) -> RequestRow:
    with reading(workspace.engine) as session:
        return changeable_request(session, reference)


def _refuse_future(at: datetime, now: datetime) -> None:
    if at > now:
        raise UserError(
            _("{at} is still to come: correct the date.").format(
                at=f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
            )
        )


def _not_open(fault: IllegalEvent) -> UserError:
    return UserError(
        _("{reference}: not open for submission (state {state}).").format(
            reference=fault.request, state=fault.state
        )
    )


def _refuse_unless_sent(workspace: Workspace, reference: str, at: datetime) -> None:
    with reading(workspace.engine) as session:
        history = history_of(session, reference)
    if history.submitted_at is None or at < history.submitted_at:
        raise UserError(
            _(
                "{reference}: nothing was sent before {at}, so nothing can answer it: check the date and the reference."
            ).format(reference=reference, at=f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}")
        )


def _enter(
    workspace: Workspace,
    request: RequestRow,
    event: EventKind,
    at: datetime,
    payload: dict[str, object],
    actor: str,
    now: datetime,
    *,
    note: str = "",
    receipt: Receipt = NO_RECEIPT,
    proof: Path | None = None,
) -> None:
    """Keep the contact as canonical bytes (without the secret codes), and take it in like a mail.

    All in one transaction: of two people who do the same task at once, the second is refused whole.
    """
    proof_bytes = _read_proof(proof)
    with writing(workspace.engine) as session:
        contact: dict[str, object] = {
            "event": event,
            "round": request.round,
            "request": request.reference,
            "at": at.isoformat(),
            "actor": actor,
            "payload": payload,
            "note": note,
            "proof": workspace.evidence.keep(session, proof_bytes, "application/octet-stream", now)
            if proof_bytes
            else "",
        }
        sha256 = _keep_contact(session, workspace, request, contact, at, now)
        if receipt != NO_RECEIPT:
            keep_receipt(session, workspace, request.reference, receipt.named(), now)
        if event is EventKind.DISPATCHED:
            start_round(session, request.round, now)
        (arrival,) = arrivals_of(session, sha256)
        try:
            events = understand(workspace, session, arrival, Asked(workspace), now)
            record_arrivals(session, [(arrival, events)], now)
        except IllegalEvent as fault:
            raise _not_open(fault) from None


def _keep_contact(
    session: Session,
    workspace: Workspace,
    request: RequestRow,
    contact: dict[str, object],
    at: datetime,
    now: datetime,
) -> str:
    raw = canonical_json(contact).encode()
    sha256 = workspace.evidence.keep(session, raw, "application/json", now)
    mailbox = session.get_one(ApplicantRow, request.applicant).mailbox
    keep_message(
        session,
        RawMessageRow(
            sha256=sha256, source=CONTACT, mailbox=mailbox, arrived_at=at, arrival_basis="person", kept_at=now
        ),
    )
    return sha256


def _read_proof(proof: Path | None) -> bytes | None:
    if proof is None:
        return None
    try:
        return proof.read_bytes()
    except OSError as fault:
        raise UserError(
            _("{path}: cannot read the proof ({fault}).").format(path=proof, fault=fault.strerror)
        ) from None
