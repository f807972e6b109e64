"""Writing processes beside a daemon: `python -m tests.acceptance.writers KIND WORKSPACE SECONDS`.

Each writes with hardly a pause until the time is over, then prints how often it did.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

from tests.acceptance.workspaces import answer, command, environment, message_ids
from tracker.clock import system_clock
from tracker.domain.terms import ChannelKind, MessageKind, RequestState
from tracker.services.contacts import record_contact
from tracker.services.imports import import_mail
from tracker.services.rounds import hold, release
from tracker.settings import Workspace, open_workspace
from tracker.store.database import reading
from tracker.store.queries import requests_in_state

ACTOR = "person:writer"
PAUSE_SECONDS = 0.005  # without one, the busiest keeps the lock from all others: it is not fair


def sent_by_mail(workspace: Workspace) -> list[tuple[str, str]]:
    """Reference and address of every request that went out by e-mail."""
    with reading(workspace.engine) as session:
        found = requests_in_state(session, *RequestState)
    return [
        (one.reference, one.address) for one, state in found if one.channel == "email" and state.submitted_at
    ]


def contacts(workspace: Workspace) -> Callable[[], None]:
    """`tracker record`, over and over."""
    references = cycle([reference for reference, _ in sent_by_mail(workspace)])

    def write() -> None:
        now = system_clock()
        record_contact(
            workspace,
            next(references),
            "phone",
            MessageKind.ACKNOWLEDGEMENT,
            None,
            now,
            ACTOR,
            now,
            note="call",
        )

    return write


def holds(workspace: Workspace) -> Callable[[], None]:
    """`tracker hold` and `tracker hold --release`."""

    def write() -> None:
        hold(workspace, "try", ACTOR, system_clock())
        release(workspace, ACTOR, system_clock())

    return write


def imports(workspace: Workspace) -> Callable[[], None]:
    """`tracker import mail`, a new letter each time."""
    letters = cycle(list(message_ids(workspace.root).items()))
    folder = workspace.root.parent
    numbers = iter(range(1, 1_000_000))

    def write() -> None:
        number = next(numbers)
        office, message_id = next(letters)
        file = folder / f"import-{number}.eml"
        file.write_bytes(answer(office, message_id, number=number))
        import_mail(workspace, [file], system_clock())

    return write


def tasks(workspace: Workspace) -> Callable[[], None]:
    """`tracker task done`, as a process each time."""
    with reading(workspace.engine) as session:
        waiting = requests_in_state(session, RequestState.APPROVED)
    references = iter([one.reference for one, _ in waiting if one.channel == ChannelKind.WEB_FORM])

    def write() -> None:
        words = ("task", "done", f"submit:{next(references)}", "--receipt-no", "12345678901234567890")
        subprocess.run(command(workspace.root, *words), env=environment(), check=True)

    return write


KINDS = {"contacts": contacts, "holds": holds, "imports": imports, "tasks": tasks}


def main(kind: str, folder: str, seconds: str) -> None:
    write, ends, count = KINDS[kind](open_workspace(Path(folder))), time.monotonic() + float(seconds), 0
    while time.monotonic() < ends:
        write()
        count += 1
        time.sleep(PAUSE_SECONDS)
    sys.stdout.write(f"{count}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
