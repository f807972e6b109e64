"""What real servers do on bad days, said by a script: nothing is lost, nothing hangs, and the fault is told."""

import threading
import time
from datetime import timedelta

import pytest

from tests.adapters.imap_boxes import MORNING, Open, letter, raws
from tests.servers.scripted_imap import SILENT, ScriptedImap, Torn
from tracker.adapters import imap
from tracker.adapters.imap import MailboxUnavailable, Mark

BEFORE = {"INBOX": Mark(1, 6)}
_HEAD = b'* 1 FETCH (UID 7 INTERNALDATE "02-Mar-2026 09:00:00 +0800" BODY[] '
LITERALS = {
    "lines of the protocol": b"Subject: a\r\n\r\n)\r\n* 2 EXPUNGE\r\nA3 OK done\r\n",
    "a literal's head": b"Subject: b\r\n\r\nBODY[] {12}\r\n",
    "nul, 8 bits and a lone LF": b"Subject: \xd0\xc5\xcf\xa2\n\n\x00\xff\r\n",
    "no line end": b"Subject: c\r\n\r\nend",
    "large": b"Subject: d\r\n\r\n" + b"0123456789abcdef\r\n" * 60_000,
}


@pytest.mark.parametrize("raw", LITERALS.values(), ids=LITERALS)
def test_a_literal_comes_byte_by_byte_as_it_is(opened: Open, raw: bytes) -> None:
    with ScriptedImap({7: raw, 8: letter(8)}) as server:
        assert raws(list(opened(server.port).fetch(BEFORE, None))) == [raw, letter(8)]


def test_a_short_letter_may_come_as_a_quoted_string(opened: Open) -> None:
    answer = _HEAD + b'"Subject: quoted \\"a\\"")\r\n'
    with ScriptedImap({7: letter(7)}, {"UID FETCH": answer.decode() + "{tag} OK done"}) as server:
        assert raws(list(opened(server.port).fetch(BEFORE, None))) == [b'Subject: quoted "a"']


@pytest.mark.parametrize(
    "line",
    [
        "* 2 EXPUNGE",
        "* 1 FETCH (FLAGS (\\Seen))",
        "* 8 FETCH (FLAGS (\\Seen))",
        "* 9 EXISTS",
        "* OK still here",
    ],
)
def test_what_is_said_within_the_answer_to_fetch_confuses_no_letter(opened: Open, line: str) -> None:
    with ScriptedImap({7: letter(7), 8: letter(8), 9: letter(9)}) as server:
        server.said_after_fetch = line
        (batch,) = opened(server.port).fetch(BEFORE, None)
    assert [(message.uid, message.raw) for message in batch.messages] == [(n, letter(n)) for n in (7, 8, 9)]
    assert batch.vanished == ()


def test_a_letter_withheld_once_is_asked_for_again(opened: Open) -> None:
    with ScriptedImap({7: letter(7), 8: letter(8), 9: letter(9)}) as server:
        server.withheld = {8}
        (batch,) = opened(server.port).fetch(BEFORE, None)
    assert raws([batch]) == [letter(7), letter(8), letter(9)]
    assert batch.vanished == ()


@pytest.mark.parametrize("body", [None, b""], ids=["NIL", "empty"])
def test_a_letter_without_a_body_is_asked_for_again_and_holds_up_no_other(
    opened: Open, body: bytes | None
) -> None:
    with ScriptedImap({7: letter(7), 8: body, 9: letter(9)}) as server:
        (batch,) = opened(server.port).fetch(BEFORE, None)
    assert raws([batch]) == [letter(7), letter(9)]
    assert (batch.vanished, batch.mark) == ((), Mark(1, 9, frozenset({8})))


_STARTED = _HEAD + b"{500}\r\nSubject: half of"
UNFINISHED = {
    "silent within a literal": _STARTED,
    "hung up within a literal": Torn(_STARTED),
    "silent within a line": b"* 1 FETCH (UID 7 INTERN",
    "hung up within a line": Torn(b"* 1 FETCH (UID 7 INTERN"),
    "BYE within the answer": Torn(_HEAD + b"{3}\r\nabc)\r\n* BYE shutting down\r\n"),
}


@pytest.mark.parametrize("answer", UNFINISHED.values(), ids=UNFINISHED)
def test_half_a_letter_is_none_and_comes_whole_the_next_time(opened: Open, answer: bytes) -> None:
    with ScriptedImap({7: letter(7)}, {"UID FETCH": answer}) as server:
        reader = opened(server.port, timeout_seconds=0.3)
        with pytest.raises(MailboxUnavailable) as gone:
            list(reader.fetch(BEFORE, None))
        assert "half of" not in gone.value.reason
        server.answers.clear()
        assert raws(list(reader.fetch(BEFORE, None))) == [letter(7)]


def test_a_look_that_breaks_half_way_has_marks_for_what_came(opened: Open) -> None:
    with ScriptedImap({uid: letter(uid) for uid in range(7, 127)}) as server:
        reader = opened(server.port)
        looking = reader.fetch(BEFORE, None)
        marks = [next(looking).mark, next(looking).mark]
        server.answers["UID FETCH"] = ""
        with pytest.raises(MailboxUnavailable):
            next(looking)
        server.answers.clear()
        (rest,) = reader.fetch({"INBOX": marks[-1] or BEFORE["INBOX"]}, None)
    assert marks == [Mark(1, 56), Mark(1, 106)]
    assert raws([rest]) == [letter(uid) for uid in range(107, 127)]


@pytest.mark.parametrize(
    "idle",
    [
        "+ go\r\n* BYE tired",
        Torn(b"+ go\r\n"),
        b"+ go\r\n",
        b"+ go\r\nno answer to anything\r\n",
        "BAD what",
        SILENT,
    ],
    ids=["BYE", "hung up", "half-open", "nonsense", "refused", "no continuation"],
)
def test_waiting_survives_an_idle_that_breaks(
    opened: Open, idle: str | bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "_CALM", 0.01)
    with ScriptedImap(answers={"IDLE": idle}, capabilities="IMAP4rev1 IDLE") as server:
        reader = opened(server.port, timeout_seconds=0.3)
        list(reader.fetch({}, None))
        started = time.monotonic()
        reader.wait(0.3, threading.Event())
        assert time.monotonic() - started < 5
        server.letters[7] = letter(7)
        assert raws(list(reader.fetch({"INBOX": Mark(1, 0)}, None))) == [letter(7)]


@pytest.mark.parametrize("line", ["* 3", "nonsense", "* BYE tired", "* 3 FETCH (FLAGS"])
def test_waiting_survives_whatever_is_said_while_idling(
    opened: Open, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "_CALM", 0.01)
    with ScriptedImap(capabilities="IMAP4rev1 IDLE") as server:
        server.said_while_idling = line
        reader = opened(server.port)
        list(reader.fetch({}, None))
        reader.wait(0.5, threading.Event())
        server.letters[7] = letter(7)
        assert raws(list(reader.fetch({"INBOX": Mark(1, 0)}, None))) == [letter(7)]
        assert server.connections == 2


@pytest.mark.parametrize(("line", "is_news"), [("* 1 EXISTS", True), ("* OK still here", False)])
def test_waiting_ends_on_news_and_on_nothing_else(opened: Open, line: str, is_news: bool) -> None:
    with ScriptedImap(capabilities="IMAP4rev1 IDLE") as server:
        server.said_while_idling = line
        reader = opened(server.port)
        list(reader.fetch({}, None))
        started = time.monotonic()
        reader.wait(1.5, threading.Event())
        assert (time.monotonic() - started < 1.4) is is_news


def test_a_connection_that_died_unheard_is_replaced_without_a_fault(opened: Open) -> None:
    with ScriptedImap(answers={"NOOP": SILENT}) as server:
        reader = opened(server.port, timeout_seconds=0.3)
        list(reader.fetch({}, None))
        server.letters[7] = letter(7)
        assert raws(list(reader.fetch(BEFORE, None))) == [letter(7)]
        assert server.connections == 2


def test_looks_share_one_connection(opened: Open) -> None:
    with ScriptedImap({7: letter(7)}) as server:
        reader = opened(server.port)
        for _look in range(5):
            list(reader.fetch(BEFORE, None))
        assert (server.connections, server.commands.count("LOGIN")) == (1, 1)


def test_netease_opens_folders_to_those_who_introduce_themselves(opened: Open) -> None:
    with ScriptedImap({7: letter(7)}, capabilities="IMAP4rev1 ID", needs_id=True) as server:
        assert raws(list(opened(server.port).fetch(BEFORE, None))) == [letter(7)]


def test_a_folder_that_stays_shut_is_told_in_the_servers_words(opened: Open) -> None:
    with (
        ScriptedImap({7: letter(7)}, needs_id=True) as server,
        pytest.raises(MailboxUnavailable, match="Unsafe Login") as shut,
    ):
        list(opened(server.port).fetch(BEFORE, None))
    assert not shut.value.is_login


@pytest.mark.parametrize("uids", [{}, {7: letter(7), 8: letter(8)}], ids=["empty", "two letters"])
@pytest.mark.parametrize(
    "status", ["NO not the open folder", "* STATUS INBOX (MESSAGES 2)\r\n{tag} OK done", "OK"]
)
def test_a_server_that_never_says_uidnext_is_asked_for_its_last_letter(
    opened: Open, uids: dict[int, bytes], status: str
) -> None:
    answers = {"EXAMINE": "* OK [UIDVALIDITY 1] ok\r\n{tag} OK done", "STATUS": status}
    with ScriptedImap(uids, answers) as server:
        (batch,) = opened(server.port).fetch({}, None)
        assert batch.mark == Mark(1, max(uids, default=0))
        server.letters[9] = letter(9)
        (more,) = opened(server.port).fetch({"INBOX": batch.mark}, None)
    assert raws([more]) == [letter(9)]


@pytest.mark.parametrize("trusts_dates", [True, False])
def test_a_uidvalidity_that_changed_brings_everything_since_the_watching_began(
    opened: Open, trusts_dates: bool
) -> None:
    with ScriptedImap() as server:
        for number, hours in enumerate((-1, 1, 2)):
            server.deliver(letter(number), MORNING + timedelta(hours=hours))
        reader = opened(server.port, trusts_dates=trusts_dates)
        (before,) = reader.fetch({}, None)
        server.uidvalidity = 2
        (batch,) = reader.fetch({"INBOX": before.mark or BEFORE["INBOX"]}, MORNING)
        assert (raws([batch]), batch.mark) == ([letter(1), letter(2)], Mark(2, 3))
        assert any("SINCE" in line for line in server.lines) is trusts_dates


def test_a_letter_too_old_for_us_is_never_fetched(opened: Open) -> None:
    with ScriptedImap() as server:
        server.deliver(letter(1), MORNING - timedelta(hours=1))
        server.deliver(letter(2), MORNING)
        list(opened(server.port).fetch({}, MORNING))
        assert [line.split()[3] for line in server.lines if "BODY" in line] == ["2"]
