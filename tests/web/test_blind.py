"""Before the own vote nothing that a coder is shown depends on what the machine or the other coder made of a message."""

import re
from pathlib import Path

from tests.acceptance.workspaces import change, rows
from tests.web.desks import BLIND, NOW, Answered, Person, answered_round, desk, letter
from tests.web.test_coding import REPLY, vote
from tracker.domain.terms import Event, EventKind
from tracker.services.coding import code
from tracker.services.queue import Subject
from tracker.services.standings import refresh_standings
from tracker.store.database import writing
from tracker.store.events import derive_requests, record

CORRECTION = "政府信息公开补正告知书：您的申请内容不明确，请在收到本告知书之日起7个工作日内补正。"
# what differs from visit to visit
_TOKENS = re.compile(r'name="form_token" value="[^"]+"')


def subjects(answered: Answered) -> list[Subject]:
    found = rows(answered.workspace.root, "SELECT request, message FROM coding ORDER BY arrived_at")
    return [Subject(*row) for row in found]


def everything_shown(person: Person, answered: Answered) -> dict[str, str]:
    """Every page a reviewer can open, by path."""
    paths = ["/", "/queue", "/queue?stage=disputed", "/queue?stage=done", "/pen", "/tasks", "/requests",
             "/requests?verdict=in_time", "/requests?view=due", "/requests?view=objections", "/arrived",
             "/health", "/audit", "/units/unit-001", "/units/unit-002"]  # fmt: skip
    paths += [f"/requests/{reference}" for reference in answered.references]
    for subject in subjects(answered):
        paths.append(f"/requests/{subject.request}/messages/{subject.message}")
        paths.append(f"/api/requests/{subject.request}/messages/{subject.message}")
    paths += [f"/api/requests/{reference}" for reference in answered.references]
    paths += ["/api/rounds", "/api/rounds/small/requests", "/api/rounds/small/requests?verdict=in_time", "/api/pen",
              "/api/rounds/small/requests?view=due", "/api/rounds/small/queue", "/api/rounds/small/queue?stage=disputed",
              "/api/tasks"]  # fmt: skip
    return {path: _TOKENS.sub("", person.get(path)) for path in paths}


def round_read_as(folder: Path, kind: str, outcome: str, confidence: float) -> Answered:
    """The same letters in a round whose machine read the first of them as something of our choice."""
    answered = answered_round(folder, {1: letter(1, 1), 2: letter(2, 2)}, coding=BLIND)
    first = subjects(answered)[0]
    change(
        folder,
        "UPDATE event SET payload = json_set(payload, '$.kind', ?, '$.outcome', ?, '$.confidence', ?, "
        "'$.evidence', json_array(?)) WHERE kind = 'read' AND source_sha256 = ?",
        kind, outcome or None, confidence, f"GEHEIM-{kind}", first.message,
    )  # fmt: skip
    with writing(answered.workspace.engine) as session:
        derive_requests(session, [first.request])
    refresh_standings(answered.workspace, NOW)
    return answered


def test_a_reviewer_sees_the_same_bytes_whatever_the_machine_read(tmp_path):
    shown = []
    for number, reading in enumerate(
        [
            ("reply", "disclosed", 0.99),
            ("acknowledgement", "", 0.99),
            ("extension_notice", "", 0.3),
            ("bounce", "", 0.9),
            ("unrelated", "", 0.99),
        ]
    ):
        (tmp_path / str(number)).mkdir()
        answered = round_read_as(tmp_path / str(number) / "w", *reading)
        with desk(answered.workspace, wang="reviewer") as people:
            shown.append(everything_shown(people["wang"], answered))
    for other in shown[1:]:
        assert {path for path in other if other[path] != shown[0][path]} == set()
    assert not any("GEHEIM" in page for page in shown[0].values())


def test_a_reviewer_sees_nothing_of_what_the_other_coder_chose(tmp_path):
    shown = []
    for number, outcome in enumerate(["disclosed", "refused"]):
        (tmp_path / str(number)).mkdir()
        answered = answered_round(tmp_path / str(number) / "w", {1: letter(1, 1)}, coding=BLIND)
        (subject,) = subjects(answered)
        answers = REPLY | {"outcome": outcome, "remark": f"BEMERKUNG-{outcome}"}
        code(answered.workspace, subject, answers, "person:li", NOW)
        with desk(answered.workspace, wang="reviewer", lead="lead") as people:
            shown.append(everything_shown(people["wang"], answered))
            assert f"BEMERKUNG-{outcome}" in people["lead"].get(
                f"/requests/{subject.request}/messages/{subject.message}"
            )
    assert shown[0] == shown[1]
    assert not any("BEMERKUNG" in page or "person:li" in page or ">li<" in page for page in shown[0].values())


def test_what_follows_from_a_reading_is_as_secret(tmp_path):
    """That we corrected the request, that the page is looked at no more: both tell what was read."""
    shown = []
    for number, kinds in enumerate([(), (EventKind.CORRECTED, EventKind.LOOKED_UP)]):
        (tmp_path / str(number)).mkdir()
        answered = answered_round(tmp_path / str(number) / "w", {1: letter(1, 1)}, coding=BLIND)
        with writing(answered.workspace.engine) as session:
            record(session, [follow(answered.references[0], kind) for kind in kinds])
        refresh_standings(answered.workspace, NOW)
        with desk(answered.workspace, wang="reviewer", lead="lead") as people:
            shown.append(everything_shown(people["wang"], answered))
            page = people["lead"].get(f"/requests/{answered.references[0]}")
            assert ("we corrected the request" in page) == bool(kinds)
    assert shown[0] == shown[1]


def follow(reference: str, kind: EventKind) -> Event:
    key = f"{kind}:{reference}"
    return Event(kind, NOW, NOW, "person:li", round="small", request=reference, dedupe_key=key)


def test_naming_a_round_that_is_not_blind_shows_no_more(tmp_path):
    answered = answered_round(tmp_path / "w", {1: letter(1, 1, CORRECTION)}, coding=BLIND)
    change(
        answered.workspace.root,
        "INSERT INTO round SELECT 'open', json_remove(plan, '$.coding'), seed, created_at FROM round",
    )
    with writing(answered.workspace.engine) as session:
        planned = Event(EventKind.ROUND_PLANNED, NOW, NOW, "person:li", round="open", dedupe_key="open")
        record(session, [planned])
    with desk(answered.workspace, wang="reviewer", lead="lead") as people:
        task = f"answer:{answered.references[0]}"
        assert task in people["lead"].get("/tasks?round=open")
        assert task not in people["wang"].get("/tasks?round=open")
        people["wang"].get(f"/tasks/{task}?round=open", 404)
        people["wang"].post(f"/tasks/{task}", 409)


def test_the_lead_of_a_blind_round_codes_nothing(blind_round):
    subject = subjects(blind_round)[0]
    with desk(blind_round.workspace, lead="lead") as people:
        path = f"/requests/{subject.request}/messages/{subject.message}"
        assert "answer.kind" not in people["lead"].get(path)
        assert "codes nothing" in vote(people["lead"], subject, REPLY, status=409)


def test_after_the_own_vote_both_are_shown(blind_round):
    subject = subjects(blind_round)[0]
    code(blind_round.workspace, subject, REPLY | {"remark": "BEMERKUNG"}, "person:li", NOW)
    with desk(blind_round.workspace, wang="reviewer") as people:
        path = f"/requests/{subject.request}/messages/{subject.message}"
        assert "BEMERKUNG" not in people["wang"].get(path)
        vote(people["wang"], subject, REPLY)
        assert "BEMERKUNG" in people["wang"].get(path)
        assert "read by" in people["wang"].get(path)
