"""Sealing what is secret, always with the key that everything else in the workspace was sealed with."""

from sqlmodel import Session, select

from tracker.settings import Workspace
from tracker.store.secrets import Vault
from tracker.store.tables import ApplicantRow


def sealing_vault(session: Session, workspace: Workspace) -> Vault:
    """The vault; raises `UserError` where another key than before would leave records under two keys."""
    vault = workspace.vault
    applicant = session.exec(select(ApplicantRow).limit(1)).first()
    if applicant:
        vault.unseal(applicant.sealed)
    return vault
