"""Letters in the holding pen whose applicant nobody knows: each page and command shows them all the same."""

import pytest

from tests.acceptance.workspaces import APPLICANT_NAME, CHEN, IDENTITY_NUMBER, Done, call, change, rows
from tests.web.desks import NOW, Answered, answered_round, desk, letter

TO_NOBODY = (
    "From: xxgk@shuiwu.test\n"
    "To: someone@elsewhere.test\n"
    "Subject: answer\n"
    "Date: Thu, 10 Sep 2026 09:00:00 +0800\n"
    "Content-Type: text/plain; charset=utf-8\n\n"
    f"{APPLICANT_NAME}（{IDENTITY_NUMBER}，{CHEN}）：现答复如下。\n"
)


@pytest.fixture
def stray(tmp_path) -> tuple[Answered, str]:
    """A letter to nobody of ours was brought in from a file; gives its SHA-256, too."""
    answered = answered_round(tmp_path / "w", {1: letter(1, 1)})
    (tmp_path / "stray.eml").write_text(TO_NOBODY, encoding="utf-8")
    call(answered.workspace.root, "import", "mail", str(tmp_path / "stray.eml"))
    ((message,),) = rows(answered.workspace.root, "SELECT sha256 FROM held_message WHERE mailbox = ''")
    return answered, message


def test_a_letter_to_nobody_of_ours_is_shown_and_names_no_applicant_but_to_the_lead(stray):
    answered, message = stray
    roles = {"lead": "lead", "wang": "reviewer", "zhou": "observer"}
    with desk(answered.workspace, **roles) as people:
        for name, person in people.items():
            page = person.get(f"/pen/{message}")
            assert "xxgk@shuiwu.test" in page
            for secret in (APPLICANT_NAME, IDENTITY_NUMBER, CHEN):
                assert (secret in page) == (name == "lead"), (name, secret)


def test_every_page_bears_a_letter_to_nobody_of_ours(stray):
    answered, message = stray
    with desk(answered.workspace, lead="lead") as people:
        for path in (
            "/",
            "/pen",
            "/tasks",
            "/arrived",
            "/requests",
            "/queue",
            "/health",
            "/history",
            "/export.zip",
        ):
            people["lead"].client.get(path).raise_for_status()
        assert message in people["lead"].get("/api/pen")


@pytest.mark.parametrize(
    "words",
    [
        ("task", "list"),
        ("task", "show", "held:{message:.12}"),
        ("review", "list"),
        ("review", "show", "{message}"),
        ("status", "--all"),
        ("explain", "{reference}"),
        ("reread", "--apply"),
        ("rebuild",),
        ("verify",),
        ("export", "{folder}"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_every_command_bears_a_letter_to_nobody_of_ours(stray, tmp_path, words):
    answered, message = stray
    reference = answered.references[0]
    asked = [each.format(message=message, reference=reference, folder=tmp_path / "out") for each in words]
    assert isinstance(call(answered.workspace.root, *asked), Done)


def test_a_letter_to_nobody_of_ours_is_assigned(stray):
    answered, message = stray
    with desk(answered.workspace, wang="reviewer") as people:
        people["wang"].post(f"/pen/{message}", decision="these", other=answered.references[2])
    assert rows(answered.workspace.root, "SELECT COUNT(*) FROM held_message") == [(0,)]
    read = rows(
        answered.workspace.root,
        "SELECT request FROM event WHERE source_sha256 = ? AND kind = 'read'",
        message,
    )
    assert read == [(answered.references[2],)]


def test_a_letter_that_arrived_in_two_mailboxes_is_one_message(stray):
    """It was brought in before its applicant was known, and once more afterwards."""
    answered, message = stray
    change(
        answered.workspace.root,
        "INSERT INTO raw_message (sha256, source, mailbox, date_header, received, arrived_at, arrival_basis, kept_at)"
        " SELECT sha256, source, ?, date_header, received, arrived_at, arrival_basis, kept_at FROM raw_message"
        " WHERE sha256 = ?",
        CHEN,
        message,
    )
    call(answered.workspace.root, "review", "show", message[:10])
    call(answered.workspace.root, "review", "assign", message[:10], answered.references[2], clock=lambda: NOW)
