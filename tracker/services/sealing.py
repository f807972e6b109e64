"""Sealing what is secret, always with the key that everything else in the workspace was sealed with."""

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session, select

from tracker.settings import Workspace
from tracker.store.secrets import Vault
from tracker.store.tables import ApplicantRow, ReceiptRow


def sealing_vault(session: Session, workspace: Workspace) -> Vault:
    """The vault; raises `UserError` where another key than before would leave records under two keys."""
    vault = workspace.vault
    applicant = session.exec(select(ApplicantRow).limit(1)).first()
    if applicant:
        vault.unseal(applicant.sealed)
    return vault


def keep_receipt(
    session: Session, workspace: Workspace, reference: str, receipt: Mapping[str, str], now: datetime
) -> None:
    sealed = sealing_vault(session, workspace).seal(receipt)
    session.add(ReceiptRow(request=reference, sealed=sealed, noted_at=now))
