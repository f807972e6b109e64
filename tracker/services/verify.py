"""Are the events still those that were sealed, and the evidence files those that were kept?"""

from dataclasses import dataclass

from tracker.settings import Workspace
from tracker.store.database import reading
from tracker.store.events import broken_seals


@dataclass(frozen=True, slots=True)
class VerifyReport:
    broken_seals: list[int]
    broken_evidence: list[str]


def verify_workspace(workspace: Workspace) -> VerifyReport:
    with reading(workspace.engine) as session:
        return VerifyReport(broken_seals(session), workspace.evidence.faults(session))
