"""A small workspace with requests that were sent and answered, and a desk before it."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from sqlmodel import select

from tests.acceptance.workspaces import CHEN, LONG_AGO, answer, build, change
from tests.servers.ports import HOST
from tracker.adapters.imap import FetchedMessage
from tracker.clock import Clock
from tracker.desk_settings import DeskSettings
from tracker.domain.terms import Event, EventKind
from tracker.services.accounts import Role, add_account
from tracker.services.intake import keep_fetched, take_in
from tracker.settings import Workspace
from tracker.store.database import writing
from tracker.store.events import record
from tracker.store.tables import RequestRow
from tracker.web.serving import listen, make_server

PASSWORD = "correct horse battery"
NOW = datetime.now(UTC)
BLIND = '{"instrument": "evaluation", "coders": 2, "is_blind": true}'
SENT_AT = LONG_AGO + timedelta(days=1)


@dataclass
class Answered:
    """A workspace; `references` of its requests in the order of their units."""

    workspace: Workspace
    references: list[str]


def answered_round(
    folder: Path, letters: dict[int, bytes], *, coding: str = "", offices: int = 3
) -> Answered:
    """Requests to offices, all sent, and letters in answer to them, by the place of the office."""
    names = [f"office@unit{n}.test" for n in range(1, offices + 1)]
    workspace = build(folder, smtp_port=1, imap_port=1, offices=names)
    if coding:
        change(folder, "UPDATE round SET plan = json_set(plan, '$.coding', json(?))", coding)
    change(
        folder,
        "INSERT INTO mailbox_health VALUES (?, ?, ?, 0, '')",
        CHEN,
        f"{LONG_AGO:%Y-%m-%d %H:%M:%S.%f}",
        f"{NOW:%Y-%m-%d %H:%M:%S.%f}",
    )
    references = _send_all(workspace)
    for place, raw in letters.items():
        deliver(workspace, raw, uid=place + 1)
    take_in(workspace, NOW)
    return Answered(workspace, references)


def _send_all(workspace: Workspace) -> list[str]:
    with writing(workspace.engine) as session:
        requests = sorted(session.exec(select(RequestRow)), key=lambda row: row.unit_id)
        for row in requests:
            event = Event(
                kind=EventKind.DISPATCHED,
                happened_at=SENT_AT,
                known_at=SENT_AT,
                actor="test",
                round=row.round,
                request=row.reference,
                payload={"by": "person"},
                dedupe_key=f"dispatched:{row.reference}",
            )
            record(session, [event])
        return [row.reference for row in requests]


def deliver(workspace: Workspace, raw: bytes, *, uid: int, at: datetime | None = None) -> None:
    arrived = at or SENT_AT + timedelta(days=3, minutes=uid)
    fetched = FetchedMessage(
        mailbox=CHEN, folder="INBOX", uidvalidity=1, uid=uid, internal_date=arrived, raw=raw
    )
    with writing(workspace.engine) as session:
        keep_fetched(session, workspace, [fetched], NOW)


def letter(office: int, number: int, text: str = "") -> bytes:
    return answer(f"office@unit{office}.test", "", number=number, text=text)


class Person:
    """Somebody who is logged in, without a browser."""

    def __init__(self, client: httpx.Client, name: str) -> None:
        self.client, self.name = client, name

    def get(self, path: str, status: int = 200) -> str:
        answered = self.client.get(path, follow_redirects=False)
        assert answered.status_code == status, f"{path}: {answered.status_code}\n{answered.text[-2000:]}"
        return answered.text

    def token(self) -> str:
        found = re.search(r'name="form_token" value="([^"]+)"', self.get("/queue"))
        assert found
        return found[1]

    def post(self, path: str, status: int = 303, **fields: str) -> str:
        fields.setdefault("form_token", self.token())
        named = {name.replace("__", "."): value for name, value in fields.items()}
        answered = self.client.post(path, data=named, follow_redirects=False)
        assert answered.status_code == status, f"{path}: {answered.status_code}\n{answered.text[-2000:]}"
        return answered.headers.get("location", answered.text)


@contextmanager
def served(workspace: Workspace, clock: Clock = lambda: NOW) -> Iterator[str]:
    """The desk on a port of this machine; gives its address."""
    listening = listen(DeskSettings(port=0))
    server = make_server(workspace, DeskSettings(), clock)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.005)
    try:
        yield f"http://{HOST}:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(5)


@contextmanager
def desk(workspace: Workspace, **roles: str) -> Iterator[dict[str, Person]]:
    """People at the desk by name; `roles`: name = role."""
    with served(workspace) as address:
        yield {name: log_in(workspace, address, name, Role(role)) for name, role in roles.items()}


def log_in(workspace: Workspace, address: str, name: str, role: Role) -> Person:
    add_account(workspace, name, role, PASSWORD, NOW)
    client = httpx.Client(base_url=address, trust_env=False, timeout=30)
    client.cookies.set("language", "en", domain=HOST)
    done = client.post("/login", data={"name": name, "password": PASSWORD})
    assert done.status_code == 303, done.text
    return Person(client, name)
