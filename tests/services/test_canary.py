"""Once a week each mailbox writes to itself; what comes back is a proof and nobody's answer."""

import re
import shutil
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.workspaces import CHEN, PASSWORD, build, call, rows
from tests.servers.scripted_imap import ScriptedImap
from tests.servers.smtp_sink import HANG_UP, ScriptedSmtp
from tracker.daemon import tick_once
from tracker.services import canary
from tracker.services.canary import canary_time
from tracker.services.health import health_of
from tracker.services.imports import import_mail
from tracker.settings import Workspace, open_workspace, read_settings

MONDAY = date(2026, 3, 2)
DUE = canary_time(CHEN, MONDAY)
WEEK, MINUTE = timedelta(days=7), timedelta(minutes=1)


class Post:
    """A mailbox server that gets what the mail server takes."""

    def __init__(self, smtp: ScriptedSmtp, imap: ScriptedImap) -> None:
        self.smtp, self.imap = smtp, imap

    def carry(self, when: datetime) -> None:
        stamp = b"Received: from mx.citizens.test; Tue, 3 Mar 2026 10:00:00 +0800\r\n"
        for letter in self.smtp.letters:
            self.imap.deliver(stamp + letter.raw, when)


@pytest.fixture
def post() -> Iterator[Post]:
    with ScriptedSmtp() as smtp, ScriptedImap(password=PASSWORD) as imap:
        yield Post(smtp, imap)


def workspace_in(folder: Path, post: Post, settings: str = 'canary = "weekly"\n') -> Workspace:
    return build(
        folder, smtp_port=post.smtp.port, imap_port=post.imap.port, is_approved=False, settings=settings
    )


def tick_at(workspace: Workspace, now: datetime) -> None:
    tick_once(workspace, lambda: now)


def canary_of(workspace: Workspace, now: datetime) -> tuple[str, str]:
    (one,) = health_of(workspace, now).mailboxes
    return (one.canary.state if one.canary else "none", one.fault)


def test_the_hour_is_by_day_on_a_working_day_and_jumps_from_week_to_week_and_mailbox_to_mailbox() -> None:
    mailboxes = [f"a{number}@citizens.test" for number in range(30)]
    times = [canary_time(mailbox, MONDAY + week * WEEK) for mailbox in mailboxes for week in range(10)]
    assert all(one.weekday() < 5 and 9 <= one.hour < 17 for one in times)
    assert {one.weekday() for one in times} == set(range(5))
    assert len({(one.weekday(), one.time()) for one in times}) > 200
    assert canary_time(CHEN, MONDAY) == DUE


def test_one_letter_a_week_goes_to_oneself_and_is_proof_when_it_comes_back(
    tmp_path: Path, post: Post
) -> None:
    workspace = workspace_in(tmp_path / "workspace", post)
    tick_at(workspace, DUE - MINUTE)
    assert (post.smtp.letters, canary_of(workspace, DUE)) == ([], ("none", ""))
    for minutes in (0, 1, 60, 60 * 24):
        tick_at(workspace, DUE + minutes * MINUTE)
    (letter,) = post.smtp.letters
    assert (letter.sender, letter.recipient) == (CHEN, CHEN)
    assert b"tracker" not in letter.raw.lower()
    assert canary_of(workspace, DUE + MINUTE) == ("waiting", "")
    post.carry(DUE)
    tick_at(workspace, DUE + 2 * MINUTE)
    assert canary_of(workspace, DUE + 2 * WEEK) == ("seen", "")
    kept = rows(workspace.root, "SELECT taken_in_at IS NOT NULL FROM raw_message")
    assert kept == [(1,)]
    assert rows(workspace.root, "SELECT * FROM held_message") == []
    assert rows(workspace.root, "SELECT seen_in FROM canary") == [("INBOX",)]
    tick_at(workspace, canary_time(CHEN, MONDAY + WEEK))
    assert len({letter.raw for letter in post.smtp.letters}) == 2


def test_on_a_national_holiday_nobody_writes_to_oneself(tmp_path: Path, post: Post) -> None:
    holiday, monday = date(2026, 10, 1), date(2026, 9, 28)
    mailbox = next(
        name
        for name in (f"a{number}@citizens.test" for number in range(99))
        if canary_time(name, monday).date() == holiday
    )
    workspace = build(
        tmp_path / "workspace",
        smtp_port=post.smtp.port,
        imap_port=post.imap.port,
        is_approved=False,
        mailboxes=(mailbox,),
        settings='canary = "weekly"\n',
    )
    for days in range(4):  # Thursday to Sunday, all off
        tick_at(workspace, canary_time(mailbox, monday) + days * timedelta(days=1))
    assert post.smtp.letters == []


def test_a_canary_whose_message_id_the_provider_rewrote_is_known_by_the_token_in_its_subject(
    tmp_path: Path, post: Post
) -> None:
    workspace = workspace_in(tmp_path / "workspace", post)
    tick_at(workspace, DUE - MINUTE)
    tick_at(workspace, DUE)
    (letter,) = post.smtp.letters
    rewritten = re.sub(rb"(?m)^Message-ID: .*$", b"Message-ID: <their-own@provider.test>\r", letter.raw)
    assert rewritten != letter.raw
    post.imap.deliver(rewritten, DUE)
    tick_at(workspace, DUE + MINUTE)
    assert canary_of(workspace, DUE + MINUTE) == ("seen", "")
    assert rows(workspace.root, "SELECT * FROM held_message") == []


def test_a_letter_of_somebody_else_with_the_same_subject_word_is_no_canary(
    tmp_path: Path, post: Post
) -> None:
    workspace = workspace_in(tmp_path / "workspace", post)
    tick_at(workspace, DUE - MINUTE)
    tick_at(workspace, DUE)
    post.imap.deliver(f"From: {CHEN}\r\nSubject: 备忘 abcdef012345\r\n\r\nx\r\n".encode(), DUE)
    tick_at(workspace, DUE + MINUTE)
    assert canary_of(workspace, DUE + MINUTE) == ("waiting", "")
    assert len(rows(workspace.root, "SELECT * FROM held_message")) == 1


def test_a_canary_that_does_not_come_within_a_day_is_a_fault_of_the_mailbox(
    tmp_path: Path, post: Post
) -> None:
    workspace = workspace_in(tmp_path / "workspace", post)
    tick_at(workspace, DUE - MINUTE)
    tick_at(workspace, DUE)
    assert canary_of(workspace, DUE + timedelta(hours=24)) == ("waiting", "")
    late = DUE + timedelta(hours=24, minutes=1)
    state, fault = canary_of(workspace, late)
    assert (state, fault) == ("missing", f"the letter to itself sent on {DUE.date()} did not arrive")
    tick_at(workspace, late)
    (line,) = call(workspace.root, "health", clock=lambda: late, expect=1).talk.splitlines()
    assert line == f"{CHEN}: {fault}"
    assert call(workspace.root, "status", "--json", clock=lambda: late).json["mailboxes"][0]["fault"] == fault
    next_one = canary_time(CHEN, MONDAY + WEEK)
    tick_at(workspace, next_one)
    assert canary_of(workspace, next_one)[0] == "missing"  # the next one does not hide it while it waits
    post.carry(next_one)
    tick_at(workspace, next_one + MINUTE)
    assert canary_of(workspace, next_one + MINUTE) == ("seen", "")


def test_a_letter_that_was_deferred_is_tried_again_and_one_of_unknown_outcome_never(
    tmp_path: Path, post: Post
) -> None:
    workspace = workspace_in(tmp_path / "workspace", post)
    tick_at(workspace, DUE - MINUTE)
    post.smtp.at("rcpt", "451 later")
    tick_at(workspace, DUE)
    tick_at(workspace, DUE + 59 * MINUTE)
    assert post.smtp.letters == []
    post.smtp.at("dot", HANG_UP)
    tick_at(workspace, DUE + 60 * MINUTE)
    assert rows(workspace.root, "SELECT status FROM canary") == [("unsettled",)]
    tick_at(workspace, DUE + 200 * MINUTE)
    assert (len(post.smtp.complete), post.smtp.letters) == (1, [])


def test_two_who_both_saw_it_due_send_it_once(
    tmp_path: Path, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = workspace_in(tmp_path / "workspace", post)
    tick_at(workspace, DUE - MINUTE)
    monkeypatch.setattr(canary, "_due", lambda workspace, _now: list(workspace.accounts.values()))
    tick_at(workspace, DUE)
    tick_at(workspace, DUE)
    assert len(post.smtp.letters) == 1


def test_a_refused_letter_is_told_at_once(tmp_path: Path, post: Post) -> None:
    workspace = workspace_in(tmp_path / "workspace", post)
    tick_at(workspace, DUE - MINUTE)
    post.smtp.at("rcpt", "550 no such user")
    tick_at(workspace, DUE)
    state, fault = canary_of(workspace, DUE)
    assert state == "not_sent"
    assert "550 no such user" in fault


def test_a_week_that_began_without_us_is_made_up_for_at_the_mailboxs_own_time_of_day(
    tmp_path: Path, post: Post
) -> None:
    workspace = workspace_in(tmp_path / "workspace", post)
    later = datetime.combine(MONDAY + timedelta(days=4), DUE.timetz())
    tick_at(workspace, later - MINUTE)
    tick_at(workspace, later - MINUTE)
    assert post.smtp.letters == []
    tick_at(workspace, later)
    assert len(post.smtp.letters) == 1


@pytest.mark.parametrize("reason", ["off", "hold", "copy", "never read", "foreign server"])
def test_none_is_sent_when_it_may_not_be(tmp_path: Path, post: Post, reason: str) -> None:
    settings = 'canary = "off"\n' if reason == "off" else 'canary = "weekly"\n'
    folder = tmp_path / "workspace"
    workspace = workspace_in(folder, post, settings)
    if reason == "never read":
        post.imap.answers["EXAMINE"] = "NO not now"
    tick_at(workspace, DUE - MINUTE)
    if reason == "hold":
        call(folder, "hold")
    elif reason == "copy":
        shutil.copytree(folder, tmp_path / "copy")
        workspace = open_workspace(tmp_path / "copy")
    elif reason == "foreign server":  # a rehearsal sends to this machine only
        text = (
            (folder / "tracker.toml").read_text().replace('smtp_host = "127.0.0.1"', 'smtp_host = "mx.test"')
        )
        (folder / "tracker.toml").write_text(text)
        workspace = open_workspace(folder)
    tick_at(workspace, DUE)
    assert post.smtp.connections == 0
    assert rows(workspace.root, "SELECT * FROM canary") == []


def test_a_stranger_with_an_account_but_no_applicant_sends_none(tmp_path: Path, post: Post) -> None:
    workspace = workspace_in(tmp_path / "workspace", post)
    rows(workspace.root, "UPDATE applicant SET mailbox = 'other@citizens.test'")
    tick_at(workspace, DUE - MINUTE)
    tick_at(workspace, DUE)
    assert post.smtp.letters == []


def test_a_canary_in_a_mail_archive_is_no_answer_and_no_proof(tmp_path: Path, post: Post) -> None:
    workspace = workspace_in(tmp_path / "workspace", post)
    tick_at(workspace, DUE - MINUTE)
    tick_at(workspace, DUE)
    (tmp_path / "one.eml").write_bytes(post.smtp.letters[0].raw)
    import_mail(workspace, [tmp_path / "one.eml"], DUE)
    assert rows(workspace.root, "SELECT * FROM held_message") == []
    assert canary_of(workspace, DUE)[0] == "waiting"


@pytest.mark.parametrize(
    ("text", "has_canary"),
    [
        ("", False), ('mode = "rehearsal"', False), ('mode = "pilot"', True), ('mode = "live"', True),
        ('mode = "live"\ncanary = "off"', False), ('canary = "weekly"', True),
    ],
)  # fmt: skip
def test_real_rounds_have_canaries_unless_told_otherwise(tmp_path: Path, text: str, has_canary: bool) -> None:
    (tmp_path / "tracker.toml").write_text(text)
    assert read_settings(tmp_path).has_canary is has_canary
