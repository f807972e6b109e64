"""The person who reads captchas, as a process of its own: python -m tracker.rehearsal.reader WORKSPACE

It sees what a person sees, the picture of an open question, and answers as the terminal and the desk do.
"""

import sys
import time
from pathlib import Path

from sqlmodel import col, select

from tracker.rehearsal.sites import read_picture
from tracker.services.asks import answer_ask
from tracker.settings import Workspace, open_workspace
from tracker.store.database import reading
from tracker.store.tables import AskRow

_LOOK_EVERY_SECONDS = 0.02


def read_captchas(workspace: Workspace) -> None:
    """Read until killed. The city's clock stands still while it waits: an answer counts as of its question."""
    waiting = select(AskRow).where(col(AskRow.ended_at).is_(None), col(AskRow.answer).is_(None))
    while True:
        with reading(workspace.engine) as session:
            asks = list(session.exec(waiting))
        for ask in asks:
            answer_ask(workspace, ask.request, read_picture(ask.picture), "person:reader", ask.asked_at)
        time.sleep(_LOOK_EVERY_SECONDS)


if __name__ == "__main__":
    read_captchas(open_workspace(Path(sys.argv[1])))
