"""Filling in a form at most once: the claim is committed right before the click that sends."""

import random
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from tracker.adapters.portals.faults import SURELY_NOT_SENT, PageFault, PortalFault, Refused
from tracker.adapters.portals.player import Exhibit, Played, Playing, Surface, play
from tracker.clock import Clock
from tracker.domain.lifecycle import IllegalEvent
from tracker.domain.recipes import Executor, FlowName, Recipe, Refusal, names_made, variables_in
from tracker.domain.terms import Mode, ReceiptBasis, SendResult, local_date
from tracker.services.letters import FIRST_STEP
from tracker.services.platforms import note_failure, note_success, values_of
from tracker.services.sealing import keep_receipt
from tracker.services.sending import claim, midnight_before, outbox_row, sent_since, settle_claim
from tracker.settings import Workspace, instance_in
from tracker.store.database import writing
from tracker.store.events import canonical_json
from tracker.store.tables import ApplicantRow, OutboxRow, RequestRow

WITH_PERSON = "with_person"  # of an outbox row: no machine tries any more
_PAUSES = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=4))
_MOST_FAILURES = len(_PAUSES)
_PASSWORD_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
_SECRETS = frozenset({"password", "login_password"})
# No second try will help: a person has to look.
_FOR_PEOPLE = frozenset(
    {PageFault.NEEDS_BROWSER, PageFault.NO_BROWSER, PageFault.UNFIT_VALUE, PageFault.CERTIFICATE}
)


class Withdrawn(Exception):
    """The request may not be sent any more: a hold, or a person was quicker. Nothing was sent."""


class Submission:
    """One form on its way. Nothing is sent before `_claim` has committed."""

    flow = FlowName.SUBMIT

    def __init__(
        self,
        workspace: Workspace,
        request: RequestRow,
        recipe: Recipe,
        values: Mapping[str, str],
        clock: Clock,
    ) -> None:
        self.request, self.recipe = request, recipe
        self._workspace, self._values, self._clock = workspace, dict(values), clock
        self._is_claimed = False
        self._filled_in: list[Exhibit] = []

    def play(self, surface: Surface) -> Playing:
        def before_sending() -> None:
            if (
                self.recipe.executor is Executor.BROWSER
            ):  # by bare HTTP the request itself is what was filled in
                self._filled_in = _shown(surface, "submit")
            self._claim()

        flow = self.recipe.flows[self.flow]
        return play(self.recipe, flow, surface, self._values, before_sending, self._workspace.root)

    def finish(self, played: Played, surface: Surface) -> None:
        """The site took it: keep the receipt, what was shown, and what went over the wire."""
        now = self._clock()
        exhibits = [*self._filled_in, *played.exhibits, *_shown(surface, "receipt")]
        with writing(self._workspace.engine) as session:
            given = names_made(self.recipe.flows[FlowName.SUBMIT]) & set(played.values)
            receipt = {name: played.values[name] for name in given - self._asked()}
            if receipt:
                keep_receipt(session, self._workspace, self.request.reference, receipt, now)
            payload: dict[str, object] = {
                "by": "machine",
                "platform": self.recipe.platform,
                "recipe": self.recipe.sha256,
                "exhibits": keep_exhibits(session, self._workspace, exhibits, now),
            }
            if receipt.get("receipt_no"):  # the site has taken it in, and says so
                payload |= {
                    "receipt_on": local_date(now).isoformat(),
                    "receipt_basis": ReceiptBasis.SUBMISSION,
                }
            self._settle(session, SendResult.ACCEPTED, now, "", payload)
            note_success(session, self.recipe.platform)

    def fail(self, fault: Exception, surface: Surface | None) -> None:
        """Before the claim nothing was sent; behind it only what surely failed may be tried again."""
        if isinstance(fault, Withdrawn):
            return
        now = self._clock()
        exhibits = [*self._filled_in, *_shown(surface, "fault")] if surface and self._is_claimed else []
        with writing(self._workspace.engine) as session:
            if isinstance(fault, PortalFault):
                note_failure(session, self.recipe.platform, str(fault), now)
            if self._is_claimed:
                self._fail_behind_the_claim(session, fault, exhibits, now)
            else:
                self._put_off(session, fault, now)

    def give_back(self) -> None:
        """A person did not answer in time: back to the queue, for another hour."""
        now = self._clock()
        with writing(self._workspace.engine) as session:
            row = self._row(session)
            row.not_before = now + _PAUSES[1]
            session.add(row)

    # --- within -------------------------------------------------------------------------------------------

    def _claim(self) -> None:
        try:
            with writing(self._workspace.engine) as session:
                row = claim(session, self.request, self._row(session).id, self._clock())
        except IllegalEvent:  # a person handed it in meanwhile
            raise Withdrawn from None
        if row is None:
            raise Withdrawn
        self._is_claimed = True

    def _row(self, session: Session) -> OutboxRow:
        return outbox_row(session, self.request.reference) or self._write_row(session)

    def _write_row(self, session: Session) -> OutboxRow:
        """What is filled in, as evidence; the password is sealed, so that no crash behind the click loses it."""
        workspace, request, now = self._workspace, self.request, self._clock()
        if password := self._values.get("password"):
            keep_receipt(session, workspace, request.reference, {"password": password}, now)
        told = {name: text for name, text in self._values.items() if name not in _SECRETS}
        filled_in = canonical_json(
            {"platform": self.recipe.platform, "recipe": self.recipe.sha256, "values": told}
        )
        row = OutboxRow(
            request=request.reference,
            step=FIRST_STEP,
            instance_id=instance_in(session, workspace.root) or "",
            mailbox=session.get_one(ApplicantRow, request.applicant).mailbox,
            recipient=request.address,
            host=self.recipe.platform,
            message_id=f"form:{request.reference}:{FIRST_STEP}",
            raw_sha256=workspace.evidence.keep(session, filled_in.encode(), "application/json", now),
            status="queued",
            not_before=now,
        )
        session.add(row)
        session.flush()
        return row

    def _asked(self) -> set[str]:
        """What a person told us is used up: a captcha is no receipt."""
        steps = self.recipe.flows[FlowName.SUBMIT].steps
        return {step.fields["as"] for step in steps if step.is_custom and step.kind == "human"}

    def _settle(
        self, session: Session, result: SendResult, now: datetime, answer: str, payload: Mapping[str, object]
    ) -> None:
        settle_claim(session, self.request, self._row(session), result, now, answer, payload)

    def _fail_behind_the_claim(
        self, session: Session, fault: Exception, exhibits: Sequence[Exhibit], now: datetime
    ) -> None:
        payload = {"reason": str(fault), "exhibits": keep_exhibits(session, self._workspace, exhibits, now)}
        if isinstance(fault, Refused):
            self._settle(session, SendResult.DEFERRED, now, str(fault), payload)
            self._after_refusal(session, fault, now)
        elif isinstance(fault, PortalFault) and fault.kind in SURELY_NOT_SENT:
            self._settle(session, SendResult.DEFERRED, now, str(fault), payload)
        else:
            self._settle(session, SendResult.UNSETTLED, now, str(fault), payload)

    def _after_refusal(self, session: Session, fault: Refused, now: datetime) -> None:
        """A wrong captcha is asked again at once, three times; a limit is over tomorrow; a closed form is seen by a person."""
        row = self._row(session)
        if fault.meaning is Refusal.CLOSED:
            row.status = WITH_PERSON
        elif fault.meaning is Refusal.LIMIT:
            row.not_before = midnight_before(now) + timedelta(days=1, hours=9)
        else:
            row.failures += 1
            row.not_before = now if row.failures % 3 else now + _PAUSES[1]
        session.add(row)

    def _put_off(self, session: Session, fault: Exception, now: datetime) -> None:
        row = self._row(session)
        row.failures, row.answer = row.failures + 1, str(fault)
        is_for_people = isinstance(fault, PortalFault) and fault.kind in _FOR_PEOPLE
        if is_for_people or row.failures >= _MOST_FAILURES:
            row.status = WITH_PERSON
        else:
            row.not_before = now + _PAUSES[row.failures - 1]
        session.add(row)


def _shown(surface: Surface, name: str) -> list[Exhibit]:
    """Evidence is worth much, and never worth losing the record of a submission."""
    try:
        return surface.exhibits(name)
    except PortalFault:
        return []


def keep_exhibits(
    session: Session, workspace: Workspace, exhibits: Sequence[Exhibit], now: datetime
) -> list[dict[str, str]]:
    """Keep the files; what an event or a snapshot says of them: name, media type, SHA-256."""
    return [
        {
            "name": one.name,
            "media_type": one.media_type,
            "sha256": workspace.evidence.keep(session, one.raw, one.media_type, now),
        }
        for one in exhibits
    ]


# --- before ---------------------------------------------------------------------------------------------


def platform_allows(session: Session, recipe: Recipe, mailbox: str, now: datetime) -> bool:
    """Whether the platform bears one more from this applicant today."""
    is_there = OutboxRow.host == recipe.platform
    today = sent_since(session, midnight_before(now), OutboxRow.mailbox == mailbox, is_there)
    return today < recipe.limits.per_applicant_per_day


def _new_password(workspace: Workspace, reference: str) -> str:
    """By chance; in a rehearsal the same in every run, as everything there is."""
    is_rehearsal = workspace.settings.mode is Mode.REHEARSAL
    chance = random.Random(reference) if is_rehearsal else secrets.SystemRandom()
    return "".join(chance.choice(_PASSWORD_LETTERS) for _ in range(10))


def values_for(session: Session, workspace: Workspace, request: RequestRow, recipe: Recipe) -> dict[str, str]:
    """What will be filled in; a password is chosen where the site wants one of us and none is kept yet."""
    values = values_of(session, workspace, request, recipe)
    if "password" in variables_in(recipe.flows[FlowName.SUBMIT]) and not values.get("password"):
        values["password"] = _new_password(workspace, request.reference)
    return values
