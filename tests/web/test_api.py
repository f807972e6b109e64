"""The desk as JSON: what it says is what its description promises, for whatever schemathesis thinks of."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.acceptance.workspaces import rows
from tests.web.desks import BLIND, NOW, answered_round, desk, letter
from tests.web.test_blind import subjects
from tests.web.test_coding import REPLY
from tracker.web.api import make_api
from tracker.web.desk import Desk

ALLOWED = {
    "GET /me": 3, "GET /rounds": 3, "GET /rounds/{name}/requests": 3, "GET /rounds/{name}/queue": 3,
    "POST /rounds/{name}/queue/next": 2, "GET /requests/{reference}": 3,
    "GET /requests/{reference}/messages/{message}": 3, "POST /requests/{reference}/messages/{message}/code": 2,
    "GET /pen": 3, "GET /tasks": 3,
}  # fmt: skip
ROLES = ("lead", "reviewer", "observer")


def posting(person):
    return {"x-form-token": person.client.get("/api/me").json()["form_token"]}


def test_it_says_what_the_pages_say(open_round):
    reference = open_round.references[0]
    with desk(open_round.workspace, wang="reviewer") as people:
        client = people["wang"].client
        assert client.get("/api/me").json()["role"] == "reviewer"
        (one,) = client.get("/api/rounds").json()
        assert one["stages"] == {"unasked": 0, "open": 2, "disputed": 0, "done": 0}
        listed = client.get("/api/rounds/small/requests", params={"q": reference}).json()
        assert (listed["count"], listed["requests"][0]["verdict"]) == (1, "in_time")
        shown = client.get(f"/api/requests/{reference}").json()
        assert shown["standing"] == listed["requests"][0]
        assert [event["kind"] for event in shown["events"]][-1] == "read"
        assert shown["letters"][0]["reading"]["outcome"] == "disclosed"
        assert client.get("/api/pen").json()["count"] == 1
        assert client.get("/api/rounds/small/requests?view=due").json()["count"] == 0
        assert client.get("/api/tasks").json()["count"] == len(client.get("/api/tasks").json()["tasks"])


def test_a_message_is_claimed_and_coded(open_round):
    with desk(open_round.workspace, wang="reviewer") as people:
        client, headers = people["wang"].client, posting(people["wang"])
        claimed = client.post("/api/rounds/small/queue/next", headers=headers).json()
        path = f"/api/requests/{claimed['request']}/messages/{claimed['message']}"
        wrong = client.post(f"{path}/code", headers=headers, json={"answers": {"kind": "nonsense"}})
        assert (wrong.status_code, "kind" in wrong.json()["detail"]) == (409, True)
        assert client.post(f"{path}/code", headers=headers, json={"answers": REPLY}).json() == {
            "stage": "done"
        }
        assert client.post(f"{path}/code", headers=headers, json={"answers": REPLY}).status_code == 409
        assert client.get(path).json()["has_voted"]
    assert rows(open_round.workspace.root, "SELECT actor FROM event WHERE kind = 'coded'") == [
        ("person:wang",)
    ]


def test_an_empty_queue_has_no_next(open_round):
    with desk(open_round.workspace, wang="reviewer") as people:
        headers = posting(people["wang"])
        path = "/api/rounds/small/queue/next?stage=disputed"
        assert people["wang"].client.post(path, headers=headers).status_code == 204


def test_each_route_opens_to_its_roles_only(open_round):
    described = make_api(Desk(open_round.workspace, lambda: NOW)).openapi()["paths"]
    assert {f"{method.upper()} {path}" for path, ways in described.items() for method in ways} == set(ALLOWED)
    filled = {"{name}": "small", "{reference}": open_round.references[0], "{message}": "0" * 64}
    with desk(open_round.workspace, lead="lead", reviewer="reviewer", observer="observer") as people:
        stranger = httpx.Client(base_url=people["lead"].client.base_url, trust_env=False)
        for route, roles in ALLOWED.items():
            method, path = route.split(" ")
            for mark, value in filled.items():
                path = path.replace(mark, value)
            for name, person in people.items():
                headers = posting(person)
                status = person.client.request(
                    method, f"/api{path}", headers=headers, json={"answers": {}}
                ).status_code
                assert (status == 403) == (name not in ROLES[:roles]), f"{name}: {route}: {status}"
                assert status < 500
                if method == "POST":
                    assert person.client.post(f"/api{path}", json={"answers": {}}).status_code == 403
                    other = headers | {"origin": "https://evil.test"}
                    assert (
                        person.client.post(f"/api{path}", headers=other, json={"answers": {}}).status_code
                        == 403
                    )
            assert stranger.request(method, f"/api{path}").status_code == 401, route


def test_it_keeps_what_a_blind_round_hides(tmp_path):
    answered = answered_round(tmp_path / "w", {1: letter(1, 1)}, coding=BLIND)
    (subject,) = subjects(answered)
    path = f"/api/requests/{subject.request}"
    with desk(answered.workspace, wang="reviewer", lead="lead") as people:
        wang, lead = people["wang"].client, people["lead"].client
        listed = wang.get("/api/rounds/small/requests", params={"verdict": "in_time"}).json()
        assert listed["count"] == 3
        assert {row["verdict"] for row in listed["requests"]} == {None}
        for shown in (wang.get(path).text, wang.get(f"{path}/messages/{subject.message}").text):
            assert "disclosed" not in shown
            assert '"reading":null,"votes":null' in shown
        assert lead.get(path).json()["letters"][0]["reading"]["outcome"] == "disclosed"
        headers = posting(people["lead"])
        refused = lead.post(
            f"{path}/messages/{subject.message}/code", headers=headers, json={"answers": REPLY}
        )
        assert refused.status_code == 409


@pytest.mark.timeout(300)
def test_schemathesis_finds_no_answer_that_is_not_described(open_round, tmp_path):
    with desk(open_round.workspace, lead="lead") as people:
        client = people["lead"].client
        address, token = str(client.base_url), posting(people["lead"])["x-form-token"]
        options = [f"--header=cookie: desk={client.cookies['desk']}", f"--header=x-form-token: {token}"]
        options += ["--max-examples=30", "--generation-deterministic", "--no-color"]
        program = Path(sys.executable).with_name("schemathesis")
        done = subprocess.run(
            [program, "run", f"{address}/api/openapi.json", *options],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-6000:]
