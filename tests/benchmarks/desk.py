"""The benchmark of the desk: `python -m tests.benchmarks.desk FOLDER [--asks N] [--requests N]`.

How long the desk needs for each of its pages, and for handing out the next message, with a big round
before it (made in FOLDER where it is not there yet); and in the same run how long Datasette needs for
its page of the same table. Both serve from a process of their own; times are those a client on the same
machine sees, one question at a time, the answer read to its end.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

import httpx

from tests.acceptance.workspaces import rows
from tests.benchmarks.big_round import AS_OF, build_big_round
from tests.servers.ports import HOST, free_port
from tests.web.desks import served
from tracker.domain.terms import Verdict
from tracker.services.accounts import Role, accounts, add_account, begin_visit, visit_of
from tracker.services.standings import refresh_standings
from tracker.settings import Workspace, open_workspace
from tracker.store.database import reading

PAGE_LIMIT, CLAIM_LIMIT = 150, 30  # milliseconds at the 95th percentile
WEIGHT_LIMIT = 300  # kilobytes of a page
_REVIEWERS = 12
_PEER_PATHS = {
    "requests": "/tracker/standing?_sort=reference&_size=50",
    "requests of a verdict": f"/tracker/standing?_sort=reference&_size=50&verdict={Verdict.IN_TIME}",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """`seconds` of each ask; `weight` of the largest answer in bytes."""

    name: str
    seconds: Sequence[float]
    weight: int

    @property
    def p95(self) -> float:
        """Milliseconds."""
        return quantiles(self.seconds, n=20)[-1] * 1000

    def line(self, limit: int | None) -> str:
        told = f"{self.name:28} median {median(self.seconds) * 1000:6.1f} ms, p95 {self.p95:6.1f} ms"
        told += f", {self.weight / 1000:5.1f} kB" if self.weight else ""
        return told if limit is None or self.p95 <= limit else f"{told}  ABOVE {limit} ms"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.desk")
    parser.add_argument("folder", type=Path, help="the workspace of the big round; made where it is missing")
    parser.add_argument("--asks", type=int, default=60, help="how often each page is asked for")
    parser.add_argument("--requests", type=int, default=100_000, help="of a round that is made")
    chosen = parser.parse_args(arguments)
    workspace = prepared(chosen.folder, chosen.requests)
    with _desk(workspace) as ask_as:
        lead = ask_as("lead")
        for name, path in paths(workspace).items():
            _say(_figure(name, chosen.asks, lambda path=path: lead.get(path)).line(PAGE_LIMIT))
        people = [ask_as(f"reviewer{number}") for number in range(1, _REVIEWERS + 1)]
        coded = people[0].post("/queue/next", stage="open").headers["location"]
        _say(_figure("message with its form", chosen.asks, lambda: people[0].get(coded)).line(PAGE_LIMIT))
        people[0].post(f"{coded}/release")
        _say(_claims(people, chosen.asks).line(CLAIM_LIMIT))
    with _datasette(workspace) as peer:
        for name, path in _PEER_PATHS.items():
            asks = max(chosen.asks // 5, 2)  # it needs a second for each
            _say(_figure(f"Datasette: {name}", asks, lambda path=path: peer.get(path)).line(None))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def prepared(folder: Path, requests: int) -> Workspace:
    """The big round, every request measured, and everybody's account."""
    if not folder.exists():
        build_big_round(folder, requests, 3 * requests)
    workspace = open_workspace(folder)
    refresh_standings(workspace, AS_OF)
    with reading(workspace.engine) as session:
        known = {account.name for account in accounts(session)}
    names = {"lead": Role.LEAD} | {f"reviewer{n}": Role.REVIEWER for n in range(1, _REVIEWERS + 1)}
    for name in names.keys() - known:
        add_account(workspace, name, names[name], "correct horse battery", AS_OF)
    return workspace


def paths(workspace: Workspace) -> Mapping[str, str]:
    """Every page that the lead can open; of lists also one far behind, of requests the one with most messages."""
    (busiest,) = rows(
        workspace.root, "SELECT request FROM coding GROUP BY request ORDER BY COUNT(*) DESC LIMIT 1"
    )[0]
    sql = "SELECT message FROM coding WHERE request = ? ORDER BY stage = 'open' DESC"
    (message,) = rows(workspace.root, sql, busiest)[0]
    (held,) = rows(workspace.root, "SELECT sha256 FROM held_message ORDER BY arrived_at LIMIT 1")[0]
    far = rows(workspace.root, "SELECT COUNT(*) / 50 FROM standing")[0][0] // 2 + 1
    return {
        "overview": "/",
        "queue": "/queue",
        "queue, far behind": f"/queue?page={far}",
        "queue to decide": "/queue?stage=disputed",
        "requests": "/requests",
        "requests, far behind": f"/requests?page={far}",
        "requests of a verdict": f"/requests?verdict={Verdict.IN_TIME}",
        "requests of a group and kind": "/requests?group=group-07&kind=consultation",
        "requests by a word": "/requests?q=教育",
        "requests by a rare word": f"/requests?q={busiest}",
        "due this week": "/requests?view=due",
        "open to objection": "/requests?view=objections",
        "arrived since yesterday": "/arrived",
        "request": f"/requests/{busiest}",
        "message": f"/requests/{busiest}/messages/{message}",
        "letter's own page": f"/requests/{busiest}/messages/{message}/page",
        "contact": f"/requests/{busiest}/contact",
        "unit": "/units/u00017",
        "holding pen": "/pen",
        "held message": f"/pen/{held}",
        "tasks": "/tasks",
        "forms that wait": "/asks",
        "health": "/health",
        "audit": "/audit",
        "history": "/history",
        "history, far behind": f"/history?page={far}",
        "export": "/export",
        "units": "/admin/units",
        "channels": "/admin/channels?page=100",
        "applicants": "/admin/applicants",
    }


def _figure(name: str, asks: int, ask: Callable[[], httpx.Response]) -> Figure:
    """The first two asks warm both sides up and are not counted."""
    seconds, weight = [], 0
    for number in range(asks + 2):
        begin = perf_counter()
        answer = ask()
        if number >= 2:
            seconds.append(perf_counter() - begin)
        assert answer.status_code == 200, f"{name}: {answer.status_code} {answer.text[-500:]}"
        weight = max(weight, len(answer.content))
    assert weight <= WEIGHT_LIMIT * 1000, f"{name}: {weight} bytes"
    return Figure(name, seconds, weight)


def _claims(people: Sequence["Person"], asks: int) -> Figure:
    """Reviewers by turns, each with a message of the own while the others claim theirs."""
    seconds: list[float] = []
    held: list[tuple[Person, str]] = []
    for number in range(asks + 2):
        person = people[number % len(people)]
        if len(held) == len(people):
            holder, subject = held.pop(0)
            assert holder.post(f"{subject}/release").status_code == 303
        begin = perf_counter()
        answer = person.post("/queue/next", stage="open")
        if number >= 2:
            seconds.append(perf_counter() - begin)
        assert answer.headers["location"].startswith("/requests/"), answer.headers
        held.append((person, answer.headers["location"]))
    for holder, subject in held:
        holder.post(f"{subject}/release")
    return Figure("claim", seconds, 0)


# --- the two servers --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at the desk, logged in beforehand: a password takes its time on purpose."""

    client: httpx.Client
    form_token: str

    def get(self, path: str) -> httpx.Response:
        return self.client.get(path)

    def post(self, path: str, **fields: str) -> httpx.Response:
        return self.client.post(path, data={"form_token": self.form_token, **fields})


@contextmanager
def _desk(workspace: Workspace) -> Iterator[Callable[[str], Person]]:
    """The desk in a process of its own; gives what makes people by their account's name."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(workspace.root, theirs), daemon=True)
    process.start()
    address = ours.recv()

    def person(name: str) -> Person:
        token = begin_visit(workspace, name, AS_OF)
        visit = visit_of(workspace, token, AS_OF)
        assert visit
        client = httpx.Client(base_url=address, cookies={"desk": token}, trust_env=False, timeout=60)
        return Person(client, visit.form_token)

    try:
        yield person
    finally:
        ours.send("end")
        process.join(10)


def _serve(folder: Path, pipe: Connection) -> None:
    with served(open_workspace(folder), lambda: AS_OF) as address:
        pipe.send(address)
        pipe.recv()


@contextmanager
def _datasette(workspace: Workspace) -> Iterator[httpx.Client]:
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "datasette",
        "serve",
        str(workspace.root / "tracker.db"),
        "--port",
        str(port),
    ]
    command += ["--setting", "sql_time_limit_ms", "30000"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with httpx.Client(base_url=f"http://{HOST}:{port}", trust_env=False, timeout=60) as client:
        try:
            while True:
                assert process.poll() is None, "Datasette did not start: `pip install -e '.[bench]'`"
                try:
                    client.get("/-/versions.json")
                    break
                except httpx.ConnectError:
                    time.sleep(0.1)
            yield client
        finally:
            process.terminate()
            process.wait(10)


if __name__ == "__main__":
    main()
