"""Claiming, voting, disputing, deciding, reopening at the desk; and that every post only appends."""

import sqlite3
from datetime import timedelta
from pathlib import Path

from tests.acceptance.workspaces import rows
from tests.web.desks import NOW, Person, desk
from tracker.domain.coding import Stage
from tracker.services.coding import agreement_of
from tracker.services.queue import Subject, claim_next
from tracker.store.database import reading

REPLY = {
    "kind": "reply", "outcome": "disclosed", "channel_worked": "yes", "to_the_point": "yes", "has_title": "yes",
    "has_number": "no", "has_seal": "no", "has_remedy": "no", "has_reasons": "not_needed",
    "names_right_organ": "not_needed", "fee": "none", "satisfaction": "4",
}  # fmt: skip


def fields(answers: dict[str, str]) -> dict[str, str]:
    return {f"answer.{name}": value for name, value in answers.items()}


def vote(person: Person, subject: Subject, answers: dict[str, str], then: str = "", status: int = 303) -> str:
    path = f"/requests/{subject.request}/messages/{subject.message}/code"
    return person.post(path, status, then=then, **fields(answers))


def claimed(person: Person, stage: str = "open") -> Subject | None:
    path = person.post("/queue/next", stage=stage)
    parts = path.split("/")
    return Subject(parts[2], parts[4]) if path.startswith("/requests/") else None


def test_two_agree_and_the_reading_is_theirs(blind_round):
    with desk(blind_round.workspace, wang="reviewer", li="reviewer") as people:
        first = claimed(people["wang"])
        assert claimed(people["wang"]) == first  # reloading goes on with the same message
        assert first is not None
        vote(people["wang"], first, REPLY)
        assert count_of(blind_round, "reviewed") == 0
        vote(people["li"], first, REPLY | {"satisfaction": "1"})
        assert count_of(blind_round, "reviewed") == 1
        assert stage_of(blind_round, first) == "done"


def test_nobody_codes_twice_and_a_third_coder_is_refused(blind_round):
    with desk(blind_round.workspace, wang="reviewer", li="reviewer", zhao="reviewer") as people:
        subject = claimed(people["wang"])
        assert subject is not None
        vote(people["wang"], subject, REPLY)
        assert "already" in vote(people["wang"], subject, REPLY, status=409)
        vote(people["li"], subject, REPLY)
        assert "no further coder" in vote(people["zhao"], subject, REPLY, status=409)
        assert count_of(blind_round, "coded") == 2


def test_those_who_differ_do_not_decide_and_a_third_does_with_a_reason(blind_round):
    with desk(blind_round.workspace, wang="reviewer", li="reviewer", zhao="reviewer") as people:
        subject = claimed(people["wang"])
        assert subject is not None
        vote(people["wang"], subject, REPLY)
        vote(people["li"], subject, REPLY | {"outcome": "refused"})
        assert stage_of(blind_round, subject) == "disputed"
        assert count_of(blind_round, "reviewed") == 0
        path = f"/requests/{subject.request}/messages/{subject.message}"
        decide = fields(REPLY | {"outcome": "refused"})
        assert "somebody else" in people["li"].post(f"{path}/adjudicate", 409, reason="mine", **decide)
        assert "reason" in people["zhao"].post(f"{path}/adjudicate", 409, reason=" ", **decide)
        assert claimed(people["wang"], "disputed") is None
        assert claimed(people["zhao"], "disputed") == subject
        people["zhao"].post(f"{path}/adjudicate", reason="third page", **decide)
        assert stage_of(blind_round, subject) == "done"
        (outcome,) = rows(
            blind_round.workspace.root,
            "SELECT outcome FROM request_state WHERE reference = ?",
            subject.request,
        )
        assert outcome == ("refused",)
    with reading(blind_round.workspace.engine) as session:
        told = {one.question_id: one for one in agreement_of(session, blind_round.workspace, "small")}
    assert (told["outcome"].pairs, told["outcome"].agreeing) == (1, 0)
    assert (told["has_seal"].pairs, told["has_seal"].agreeing) == (1, 1)


def test_the_lead_reopens_with_a_reason_and_the_votes_stay_on_record(blind_round):
    with desk(blind_round.workspace, wang="reviewer", li="reviewer", lead="lead") as people:
        subject = claimed(people["wang"])
        assert subject is not None
        vote(people["wang"], subject, REPLY)
        vote(people["li"], subject, REPLY)
        path = f"/requests/{subject.request}/messages/{subject.message}/reopen"
        assert "reason" in people["lead"].post(path, 409, reason="")
        people["lead"].post(path, reason="the instrument changed")
        assert stage_of(blind_round, subject) == "open"
        assert count_of(blind_round, "coded") == 2
        vote(people["wang"], subject, REPLY)


def test_an_answer_that_is_missing_is_named_and_nothing_is_recorded(blind_round):
    with desk(blind_round.workspace, wang="reviewer") as people:
        subject = claimed(people["wang"])
        assert subject is not None
        page = vote(people["wang"], subject, REPLY | {"has_seal": ""}, status=422)
        assert "has_seal" in page
        assert count_of(blind_round, "coded") == 0


def test_two_people_never_hold_the_same_single_coded_message_and_a_lease_runs_out(open_round):
    workspace = open_round.workspace
    first = claim_next(workspace, "small", Stage.OPEN, "person:a", NOW)
    second = claim_next(workspace, "small", Stage.OPEN, "person:b", NOW)
    assert None not in (first, second)
    assert first != second
    assert claim_next(workspace, "small", Stage.OPEN, "person:c", NOW) is None
    later = NOW + timedelta(minutes=31)
    assert claim_next(workspace, "small", Stage.OPEN, "person:c", later) == first


def test_a_held_message_is_assigned_with_its_true_time_of_arrival(open_round):
    ((message, arrived),) = rows(open_round.workspace.root, "SELECT sha256, arrived_at FROM held_message")
    reference = open_round.references[2]
    with desk(open_round.workspace, wang="reviewer") as people:
        assert "office@unit9.test" in people["wang"].get(f"/pen/{message}")
        people["wang"].post(f"/pen/{message}", 409, decision="these")
        people["wang"].post(f"/pen/{message}", decision="these", other=reference)
    assert rows(open_round.workspace.root, "SELECT COUNT(*) FROM held_message") == [(0,)]
    ((coded_at,),) = rows(
        open_round.workspace.root, "SELECT arrived_at FROM coding WHERE message = ?", message
    )
    assert coded_at == arrived


# --- facts are only ever appended ------------------------------------------------------------------------

FACTS = ("event", "evidence", "raw_message", "request", "unit", "channel", "applicant", "question", "round",
         "receipt", "seal", "outbox", "round_file")  # fmt: skip


def facts(folder: Path) -> dict[str, set[tuple[object, ...]]]:
    with sqlite3.connect(folder / "tracker.db") as connection:
        return {table: set(connection.execute(f"SELECT * FROM {table}")) for table in FACTS}


def test_every_post_leaves_each_fact_as_it_was(open_round):
    folder = open_round.workspace.root
    ((held,),) = rows(folder, "SELECT sha256 FROM held_message")
    with desk(open_round.workspace, lead="lead", wang="reviewer") as people:
        wang, lead = people["wang"], people["lead"]
        subject = claimed(wang)
        assert subject is not None
        path = f"/requests/{subject.request}/messages/{subject.message}"
        reference = open_round.references[2]
        contact = {"medium": "phone", "kind": "acknowledgement", "outcome": "", "note": "您好"}
        posts = [
            lambda: wang.post(f"{path}/claim"),
            lambda: wang.post(f"{path}/release"),
            lambda: vote(wang, subject, REPLY),
            lambda: lead.post(f"{path}/reopen", reason="again"),
            lambda: wang.post(f"/pen/{held}", decision="none"),
            lambda: wang.post(f"/requests/{reference}/contact", **contact),
            lambda: lead.post(f"/requests/{reference}/identity", 200),
            lambda: wang.post("/asks/small-D0001", answer="x7"),
        ]
        for post in posts:
            before = facts(folder)
            post()
            after = facts(folder)
            assert {
                table: before[table] - after[table] for table in FACTS if before[table] - after[table]
            } == {}


def count_of(answered, kind: str) -> int:
    return int(rows(answered.workspace.root, "SELECT COUNT(*) FROM event WHERE kind = ?", kind)[0][0])


def stage_of(answered, subject: Subject) -> str:
    query = "SELECT stage FROM coding WHERE request = ? AND message = ?"
    return str(rows(answered.workspace.root, query, subject.request, subject.message)[0][0])
