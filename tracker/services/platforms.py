"""Which recipe serves a request, what its variables are worth, and the fuse of a platform that fails."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlmodel import Session, col, select

from tracker.adapters.files import has_file
from tracker.adapters.recipes import FILE, FOLDER, load_recipe
from tracker.domain.recipes import LOGIN_VARIABLES, Executor, Flow, Recipe, variables_in
from tracker.domain.terms import ChannelKind
from tracker.errors import UserError
from tracker.i18n import _
from tracker.services.letters import letter_of
from tracker.services.sealing import sealing_vault
from tracker.settings import Workspace
from tracker.store.tables import (
    ApplicantRow,
    ChannelRow,
    FuseRow,
    LoginRow,
    ReceiptRow,
    RequestRow,
)

_BLOWS_AFTER = 5  # failures in a row, of whichever requests
_TRIES_AGAIN_AFTER = timedelta(hours=12)


def channel_of(session: Session, request: RequestRow) -> ChannelRow | None:
    query = select(ChannelRow).where(
        ChannelRow.round == request.round,
        ChannelRow.unit_id == request.unit_id,
        ChannelRow.kind == request.kind,
        ChannelRow.channel == request.channel,
        ChannelRow.address == request.address,
    )
    return session.exec(query.order_by(col(ChannelRow.priority))).first()


def recipe_of(session: Session, workspace: Workspace, request: RequestRow) -> Recipe | None:
    """The recipe of the request's platform; None where there is none, or it is not for this kind."""
    channel = channel_of(session, request) if request.channel == ChannelKind.WEB_FORM else None
    if channel is None or not channel.platform or not _exists(workspace, channel.platform):
        return None
    recipe = load_recipe(channel.platform, workspace.root)
    return recipe if request.kind in recipe.kinds else None


def machine_recipe_of(session: Session, workspace: Workspace, request: RequestRow) -> Recipe | None:
    """The recipe, if a machine is to play it and its fuse is whole."""
    recipe = recipe_of(session, workspace, request)
    if recipe is None or recipe.executor is Executor.PERSON or is_blown(session, recipe.platform):
        return None
    return recipe


def _exists(workspace: Workspace, platform: str) -> bool:
    return has_file(f"{FOLDER}/{platform}/{FILE}", workspace.root)


# --- variables ------------------------------------------------------------------------------------------


def values_of(session: Session, workspace: Workspace, request: RequestRow, recipe: Recipe) -> dict[str, str]:
    """What a recipe may speak of for one request: letter, place, the unit's parameters, login, receipt."""
    letter = letter_of(session, workspace, request)
    applicant = session.get_one(ApplicantRow, request.applicant)
    channel = channel_of(session, request)
    place = urlsplit(request.address)
    values = {
        "kind": request.kind,
        "unit_name": letter.unit_name,
        "applicant_name": letter.applicant_name,
        "identity_number": letter.identity_number,
        "phone": letter.phone,
        "postal_address": letter.postal_address,
        "postcode": workspace.vault.unseal(applicant.sealed).get("postcode", ""),
        "email": letter.email,
        "question_title": letter.question_title,
        "question_text": letter.question_text,
        "address": request.address,
        "origin": f"{place.scheme}://{place.netloc}",
    }
    values |= parameters_of(channel.parameters if channel else "")
    if any(variables_in(flow) & LOGIN_VARIABLES for flow in recipe.flows.values()):
        values |= login_of(session, workspace, request.applicant, recipe.platform)
    return values | receipt_of(session, workspace, request.reference)


def parameters_of(text: str) -> dict[str, str]:
    """`sysid=12;department=市教育局` as a mapping."""
    pairs = (part.partition("=") for part in text.split(";") if part.strip())
    return {name.strip(): value.strip() for name, _equals, value in pairs}


def receipt_of(session: Session, workspace: Workspace, reference: str) -> dict[str, str]:
    """Everything that the site gave out, or that we chose for it; a later note supplements an earlier one."""
    query = select(ReceiptRow).where(ReceiptRow.request == reference).order_by(col(ReceiptRow.id))
    found: dict[str, str] = {}
    for row in session.exec(query):
        found |= {name: text for name, text in workspace.vault.unseal(row.sealed).items() if text}
    return found


def missing_values(flow: Flow, values: Mapping[str, str], made: frozenset[str]) -> frozenset[str]:
    """The variables of a flow that nothing gives a value yet."""
    return frozenset(name for name in variables_in(flow) - made if not values.get(name))


# --- logins ---------------------------------------------------------------------------------------------


def login_of(session: Session, workspace: Workspace, applicant: str, platform: str) -> dict[str, str]:
    row = session.get(LoginRow, (applicant, platform))
    return workspace.vault.unseal(row.sealed) if row else {}


def keep_login(
    session: Session,
    workspace: Workspace,
    applicant: str,
    platform: str,
    user: str,
    password: str,
    now: datetime,
) -> None:
    """An applicant's own account on a platform, encrypted; a new one takes the old one's place."""
    if session.get(ApplicantRow, applicant) is None:
        raise UserError(_("{applicant}: no such applicant.").format(applicant=applicant))
    sealed = sealing_vault(session, workspace).seal({"login_user": user, "login_password": password})
    session.merge(LoginRow(applicant=applicant, platform=platform, sealed=sealed, noted_at=now))


# --- fuses ----------------------------------------------------------------------------------------------


def is_blown(session: Session, platform: str) -> bool:
    row = session.get(FuseRow, platform)
    return row is not None and row.blown_at is not None


def may_look(session: Session, platform: str, now: datetime) -> bool:
    """Looking does no harm: behind a blown fuse it is tried twice a day, so that a site's outage ends by itself."""
    row = session.get(FuseRow, platform)
    return row is None or row.blown_at is None or now - row.blown_at >= _TRIES_AGAIN_AFTER


def note_failure(session: Session, platform: str, fault: str, now: datetime) -> None:
    row = session.get(FuseRow, platform) or FuseRow(platform=platform)
    row.failures, row.fault = row.failures + 1, fault
    if row.failures >= _BLOWS_AFTER:
        row.blown_at = now
    session.add(row)


def note_success(session: Session, platform: str) -> None:
    if row := session.get(FuseRow, platform):
        session.delete(row)


def release_fuse(session: Session, platform: str) -> None:
    """A person has looked, and mended the recipe where it was torn: what was left to people is tried again."""
    if not is_blown(session, platform):
        raise UserError(
            _("{platform}: its fuse is whole; there is nothing to release.").format(platform=platform)
        )
    note_success(session, platform)
