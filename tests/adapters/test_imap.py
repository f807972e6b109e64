"""A mailbox is read to the last letter, from nowhere before its mark, and without leaving a trace."""

import logging
import socket
import threading
import time
from datetime import timedelta

import pytest

from tests.adapters.imap_boxes import (
    ME,
    MORNING,
    PASSWORD,
    Open,
    account,
    letter,
    marks_of,
    raws,
)
from tests.servers.dovecot import JUNK_BY_FLAG, Dovecot
from tests.servers.ports import HOST, free_port
from tests.servers.scripted_imap import SILENT, ScriptedImap
from tracker.adapters import imap
from tracker.adapters.imap import MailboxUnavailable, Mark
from tracker.adapters.imap_folders import junk_folders

JUNK = "垃圾邮件"
on_dovecot = pytest.mark.needs("dovecot")


@on_dovecot
class TestDovecot:
    def test_reading_leaves_no_flag(self, dovecot: Dovecot, opened: Open) -> None:
        dovecot.deliver(ME, letter(1), MORNING)
        dovecot.deliver(ME, letter(2), MORNING, flags="S")
        before = dovecot.flags(ME)
        assert len(raws(list(opened(dovecot.imap_port).fetch({}, MORNING)))) == 2
        after = {uid: flags.replace(b"\\Recent", b"").strip() for uid, flags in dovecot.flags(ME).items()}
        assert after == {uid: flags.replace(b"\\Recent", b"").strip() for uid, flags in before.items()}
        assert sorted(after.values()) == [b"", b"\\Seen"]

    def test_a_renumbered_folder_is_read_again(self, dovecot: Dovecot, opened: Open) -> None:
        for number in range(2):
            dovecot.deliver(ME, letter(number), MORNING + timedelta(hours=number))
        reader = opened(dovecot.imap_port)
        marks = marks_of(list(reader.fetch({}, None)))
        reader.close()
        dovecot.renumber(ME)
        (batch,) = reader.fetch(marks, None)
        assert batch.mark.uidvalidity != marks["INBOX"].uidvalidity
        assert sorted(raws([batch])) == [letter(0), letter(1)]
        (only_new,) = reader.fetch(marks, MORNING + timedelta(minutes=1))
        assert raws([only_new]) == [letter(1)]
        assert only_new.mark == batch.mark

    def test_uids_that_fell_behind_the_mark_are_a_renumbering_too(
        self, dovecot: Dovecot, opened: Open
    ) -> None:
        dovecot.deliver(ME, letter(1), MORNING)
        reader = opened(dovecot.imap_port)
        (first,) = reader.fetch({}, None)
        (again,) = reader.fetch({"INBOX": Mark(first.mark.uidvalidity, 1000)}, None)
        assert (raws([again]), again.mark) == ([letter(1)], first.mark)

    def test_idle_hears_a_new_letter_within_five_seconds(self, dovecot: Dovecot, opened: Open) -> None:
        reader = opened(dovecot.imap_port)
        marks = marks_of(list(reader.fetch({}, None)))
        threading.Timer(0.5, dovecot.deliver, (ME, letter(1))).start()
        started = time.monotonic()
        reader.wait(60, threading.Event())
        assert time.monotonic() - started < 5
        assert raws(list(reader.fetch(marks, None))) == [letter(1)]

    def test_a_letter_between_fetching_and_idling_is_news(self, dovecot: Dovecot, opened: Open) -> None:
        reader = opened(dovecot.imap_port)
        list(reader.fetch({}, None))
        dovecot.deliver(ME, letter(1))
        started = time.monotonic()
        reader.wait(60, threading.Event())
        assert time.monotonic() - started < 1

    def test_a_killed_server_is_told_and_found_again_when_it_is_back(
        self, dovecot: Dovecot, opened: Open
    ) -> None:
        reader = opened(dovecot.imap_port)
        marks = marks_of(list(reader.fetch({}, None)))
        dovecot.kill()
        with pytest.raises(MailboxUnavailable) as gone:
            list(reader.fetch(marks, None))
        assert not gone.value.is_login
        dovecot.start()
        dovecot.deliver(ME, letter(1))
        assert raws(list(reader.fetch(marks, None))) == [letter(1)]

    def test_a_restart_between_two_looks_is_no_fault_of_the_mailbox(
        self, dovecot: Dovecot, opened: Open
    ) -> None:
        reader = opened(dovecot.imap_port)
        marks = marks_of(list(reader.fetch({}, None)))
        dovecot.kill()
        dovecot.start()
        dovecot.deliver(ME, letter(1))
        assert raws(list(reader.fetch(marks, None))) == [letter(1)]

    def test_a_server_that_dies_while_idling_ends_the_waiting(
        self, dovecot: Dovecot, opened: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(imap, "_CALM", 0.1)
        reader = opened(dovecot.imap_port)
        list(reader.fetch({}, None))
        threading.Timer(0.5, dovecot.kill).start()
        started = time.monotonic()
        reader.wait(60, threading.Event())
        assert time.monotonic() - started < 5

    def test_junk_is_watched_by_flag_and_by_name(self, dovecot: Dovecot, opened: Open) -> None:
        for folder in (JUNK, JUNK_BY_FLAG, "Private"):
            dovecot.create_folder(ME, folder)
            dovecot.deliver(ME, letter(len(folder)), MORNING, folder=folder)
        batches = list(opened(dovecot.imap_port).fetch({}, MORNING))
        assert {batch.folder for batch in batches} == {"INBOX", JUNK, JUNK_BY_FLAG}
        assert sorted(raws(batches)) == sorted([letter(len(JUNK)), letter(len(JUNK_BY_FLAG))])

    def test_named_folders_are_watched_and_no_others(self, dovecot: Dovecot, opened: Open) -> None:
        for folder in (JUNK, "单位 回复"):
            dovecot.create_folder(ME, folder)
        reader = opened(dovecot.imap_port, folders=("INBOX", "单位 回复"))
        assert [batch.folder for batch in reader.fetch({}, None)] == ["INBOX", "单位 回复"]

    def test_inbox_alone_is_inbox_alone(self, dovecot: Dovecot, opened: Open) -> None:
        dovecot.create_folder(ME, JUNK)
        reader = opened(dovecot.imap_port, folders=("INBOX",))
        assert [batch.folder for batch in reader.fetch({}, None)] == ["INBOX"]

    def test_a_folder_may_be_watched_on_top_of_those_found(self, dovecot: Dovecot, opened: Open) -> None:
        for folder in (JUNK, "单位 回复", "病毒文件夹", "Private"):
            dovecot.create_folder(ME, folder)
        reader = opened(dovecot.imap_port, also_watch=("单位 回复", JUNK), junk_names=("病毒文件夹",))
        found = [batch.folder for batch in reader.fetch({}, None)]
        assert sorted(found) == sorted(["INBOX", JUNK, "病毒文件夹", "单位 回复"])

    def test_a_named_folder_that_is_missing_is_named(self, dovecot: Dovecot, opened: Open) -> None:
        with pytest.raises(MailboxUnavailable, match='no folder "Nowhere"; the server has: INBOX'):
            list(opened(dovecot.imap_port, folders=("INBOX", "Nowhere")).fetch({}, None))

    @pytest.mark.parametrize("security", ["tls", "starttls"])
    def test_mail_is_read_encrypted_from_a_server_whose_certificate_holds(
        self, dovecot: Dovecot, opened: Open, security: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        port = dovecot.imaps_port if security == "tls" else dovecot.imap_port
        dovecot.deliver(ME, letter(1), MORNING)
        with pytest.raises(MailboxUnavailable, match="certificate verify failed"):
            list(opened(port, security=security).fetch({}, None))
        monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
        reader = opened(port, security=security)
        assert raws(list(reader.fetch({}, MORNING))) == [letter(1)]
        threading.Timer(0.3, dovecot.deliver, (ME, letter(2))).start()
        started = time.monotonic()
        reader.wait(60, threading.Event())
        assert time.monotonic() - started < 5

    def test_neither_password_nor_letter_nor_address_gets_into_a_log(
        self, dovecot: Dovecot, opened: Open, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        dovecot.deliver(ME, letter(1), MORNING)
        list(opened(dovecot.imap_port).fetch({}, MORNING))
        for private in (PASSWORD, ME, "Text 1"):
            assert private not in caplog.text


def test_the_password_is_not_in_the_repr_of_an_account() -> None:
    assert PASSWORD not in repr(account(1))


def test_reading_asks_for_nothing_that_could_change_a_mailbox(opened: Open) -> None:
    with ScriptedImap({7: letter(1)}, capabilities="IMAP4rev1 ID") as server:
        assert raws(list(opened(server.port).fetch({"INBOX": Mark(1, 6)}, None))) == [letter(1)]
    harmless = {"CAPABILITY", "LOGIN", "ID", "LIST", "EXAMINE", "UID SEARCH", "UID FETCH"}
    assert set(server.commands) == harmless
    assert [line for line in server.lines if "BODY" in line] == [
        line for line in server.lines if "BODY.PEEK[]" in line
    ]


def test_we_introduce_ourselves_between_login_and_the_first_folder_where_that_is_offered(
    opened: Open,
) -> None:
    with ScriptedImap(capabilities="IMAP4rev1 ID") as server:
        list(opened(server.port).fetch({}, None))
    places = [server.commands.index(verb) for verb in ("LOGIN", "ID", "LIST", "EXAMINE")]
    assert places == sorted(places)
    assert not any("imapclient" in line.lower() or "tracker" in line.lower() for line in server.lines)


def test_a_server_that_does_not_offer_id_is_not_bothered_with_it(opened: Open) -> None:
    with ScriptedImap() as server:
        list(opened(server.port).fetch({}, None))
    assert "ID" not in server.commands


def test_a_letter_that_the_server_has_and_does_not_give_is_asked_for_at_each_look(opened: Open) -> None:
    with ScriptedImap({7: None, 8: letter(2)}) as server:
        reader = opened(server.port)
        (batch,) = reader.fetch({"INBOX": Mark(1, 6)}, None)
        assert (raws([batch]), batch.mark) == ([letter(2)], Mark(1, 8, frozenset({7})))
        assert batch.vanished == ()
        (again,) = reader.fetch(marks_of([batch]), None)
        assert (raws([again]), again.mark) == ([], batch.mark)
        server.letters[7] = letter(1)
        (at_last,) = reader.fetch(marks_of([again]), None)
        assert (raws([at_last]), at_last.mark) == ([letter(1)], Mark(1, 8))
        assert raws(list(reader.fetch(marks_of([at_last]), None))) == []


def test_a_missing_letter_that_is_deleted_is_asked_for_no_more(opened: Open) -> None:
    with ScriptedImap({8: letter(2)}) as server:
        (batch,) = opened(server.port).fetch({"INBOX": Mark(1, 8, frozenset({7}))}, None)
    assert (batch.messages, batch.mark, batch.vanished) == ((), Mark(1, 8), (7,))


def test_one_letter_that_cannot_be_given_does_not_keep_the_others_away(opened: Open) -> None:
    with ScriptedImap({uid: letter(uid) for uid in (7, 8, 9)}) as server:
        server.unwilling = {8}
        reader = opened(server.port)
        (batch,) = reader.fetch({"INBOX": Mark(1, 6)}, None)
        assert (raws([batch]), batch.mark) == ([letter(7), letter(9)], Mark(1, 9, frozenset({8})))
        server.letters[10] = letter(10)
        (more,) = reader.fetch(marks_of([batch]), None)
        assert (raws([more]), more.mark) == ([letter(10)], Mark(1, 10, frozenset({8})))
        assert server.connections == 1


def test_a_server_that_refuses_every_letter_is_unavailable_and_no_letter_is_given_up(opened: Open) -> None:
    with ScriptedImap({7: letter(7), 8: letter(8)}) as server:
        server.unwilling = {7, 8}
        reader = opened(server.port)
        with pytest.raises(MailboxUnavailable, match="cannot be converted"):
            list(reader.fetch({"INBOX": Mark(1, 6)}, None))
        server.unwilling = set()
        assert raws(list(reader.fetch({"INBOX": Mark(1, 6)}, None))) == [letter(7), letter(8)]


def test_folders_whose_names_are_no_modified_utf7_are_watched_and_asked_for_byte_for_byte(
    opened: Open,
) -> None:
    gbk = "广告邮件".encode("gbk").decode("utf-8", "surrogateescape")
    names = ("INBOX", "&V4NXPpCuTvY-", "订阅邮件", gbk, "A&B", "&2AA-")
    listing = "".join(f'* LIST () "/" "{name}"\r\n' for name in names) + "{tag} OK done"
    with ScriptedImap(answers={"LIST": listing}) as server:
        batches = list(opened(server.port, also_watch=("A&B",)).fetch({}, None))
        examined = [line.split(" ", 2)[2] for line in server.lines if " EXAMINE " in line]
    assert [batch.folder for batch in batches] == ["INBOX", "垃圾邮件", "订阅邮件", "广告邮件", "A&B"]
    assert (examined[:2], examined[-1]) == (['"INBOX"', '"&V4NXPpCuTvY-"'], '"A&B"')


def test_a_server_that_leaves_uidnext_out_is_asked_for_it(opened: Open) -> None:
    answers = {
        "EXAMINE": "* OK [UIDVALIDITY 1] ok\r\n{tag} OK done",
        "STATUS": "* STATUS INBOX (UIDNEXT 9)\r\n{tag} OK done",
    }
    with ScriptedImap(answers=answers) as server:
        (batch,) = opened(server.port).fetch({}, None)
    assert batch.mark == Mark(1, 8)


@pytest.mark.parametrize("stamp", ["NIL", '"yesterday"'])
def test_a_letter_without_a_stamp_of_arrival_is_missing_and_not_dropped(opened: Open, stamp: str) -> None:
    answer = f"* 1 FETCH (UID 7 INTERNALDATE {stamp} BODY[] hello)\r\n{{tag}} OK done"
    with ScriptedImap({7: letter(1)}, {"UID FETCH": answer}) as server:
        (batch,) = opened(server.port).fetch({"INBOX": Mark(1, 6)}, None)
    assert (batch.messages, batch.mark) == ((), Mark(1, 7, frozenset({7})))


def test_a_server_that_never_answers_is_given_up_within_the_timeout(opened: Open) -> None:
    with socket.create_server((HOST, 0)) as silent:
        started = time.monotonic()
        with pytest.raises(MailboxUnavailable, match=r"no answer within 0\.5 s") as gone:
            list(opened(silent.getsockname()[1], timeout_seconds=0.5).fetch({}, None))
    assert time.monotonic() - started < 3
    assert not gone.value.is_login


@pytest.mark.parametrize("command", ["LOGIN", "LIST", "EXAMINE", "UID SEARCH", "UID FETCH"])
@pytest.mark.parametrize("answer", [SILENT, "", "* BYE going down"])
def test_a_connection_lost_at_any_command_is_a_mailbox_unavailable_and_then_a_new_connection(
    opened: Open, command: str, answer: str
) -> None:
    with ScriptedImap({7: letter(1)}, {command: answer}) as server:
        reader = opened(server.port, timeout_seconds=0.3)
        with pytest.raises(MailboxUnavailable) as gone:
            list(reader.fetch({"INBOX": Mark(1, 6)}, None))
        assert not gone.value.is_login
        server.answers.clear()
        assert raws(list(reader.fetch({"INBOX": Mark(1, 6)}, None))) == [letter(1)]
        assert server.connections == 2


@pytest.mark.parametrize(
    ("answer", "reason", "is_login"),
    [
        ("NO [AUTHENTICATIONFAILED] 授权码错误", "[AUTHENTICATIONFAILED] 授权码错误", True),
        ("NO [UNAVAILABLE] try later", "[UNAVAILABLE] try later", False),
        (f"BAD what is LOGIN {ME} {PASSWORD}", "what is LOGIN *** ***", True),
    ],
)
def test_a_login_refusal_is_told_in_the_servers_words_without_ours(
    opened: Open, answer: str, reason: str, is_login: bool
) -> None:
    with (
        ScriptedImap(answers={"LOGIN": answer}) as server,
        pytest.raises(MailboxUnavailable) as refused,
    ):
        list(opened(server.port).fetch({}, None))
    assert reason in refused.value.reason
    assert refused.value.is_login is is_login


def test_a_login_refusal_names_the_server_and_what_to_look_at_and_ends_without_a_dot(opened: Open) -> None:
    with (
        ScriptedImap(answers={"LOGIN": "NO Authentication failed."}) as server,
        pytest.raises(MailboxUnavailable) as refused,
    ):
        list(opened(server.port).fetch({}, None))
    assert refused.value.reason == (
        f"login refused at {HOST}:{server.port}: Authentication failed; is IMAP switched on there, "
        "and is the password the authorisation code"
    )


def test_a_password_that_is_not_ascii_is_named_as_the_fault(opened: Open) -> None:
    with (
        ScriptedImap() as server,
        pytest.raises(MailboxUnavailable, match="must be ASCII") as refused,
    ):
        list(opened(server.port, password="密").fetch({}, None))
    assert refused.value.is_login
    assert "密" not in str(refused.value)


def test_a_line_of_a_letter_does_not_get_into_the_reason(opened: Open) -> None:
    with (
        ScriptedImap({7: letter(1)}, {"UID FETCH": "* whatever\r\nprivate words of a letter"}) as server,
        pytest.raises(MailboxUnavailable) as gone,
    ):
        list(opened(server.port).fetch({"INBOX": Mark(1, 6)}, None))
    assert "private" not in str(gone.value)


def test_starttls_is_demanded(opened: Open) -> None:
    with (
        ScriptedImap() as server,
        pytest.raises(MailboxUnavailable, match="does not offer STARTTLS"),
    ):
        list(opened(server.port, security="starttls").fetch({}, None))
    assert "LOGIN" not in server.commands


def test_nobody_listening_is_a_mailbox_unavailable(opened: Open) -> None:
    port = free_port()
    with pytest.raises(MailboxUnavailable) as gone:
        list(opened(port).fetch({}, None))
    assert gone.value.reason == f"no connection to {HOST}:{port}: Connection refused"
    assert not gone.value.is_login


def test_a_server_whose_idle_breaks_again_and_again_is_only_polled(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "_CALM", 0.01)
    with ScriptedImap(answers={"IDLE": "+ go\r\n* BYE tired"}, capabilities="IMAP4rev1 IDLE") as server:
        reader = opened(server.port)
        for _look in range(5):
            list(reader.fetch({}, None))
            reader.wait(0.1, threading.Event())
    assert server.commands.count("IDLE") == 3


@pytest.mark.parametrize("changes", [{"idle": False}, {}], ids=["not wanted", "not offered"])
def test_without_idle_waiting_is_only_waiting(opened: Open, changes: dict[str, bool]) -> None:
    offered = "IMAP4rev1 IDLE" if changes else "IMAP4rev1"
    with ScriptedImap(capabilities=offered) as server:
        reader = opened(server.port, **changes)
        list(reader.fetch({}, None))
        reader.wait(0.1, threading.Event())
    assert "IDLE" not in server.commands


def test_closing_does_not_wait_for_a_server_that_is_silent(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "_CLOSE_SECONDS", 0.2)
    with ScriptedImap(answers={"LOGOUT": SILENT}) as server:
        reader = opened(server.port)
        list(reader.fetch({}, None))
        started = time.monotonic()
        reader.close()
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    ("flags", "delimiter", "name", "is_junk"),
    [
        ((b"\\HasNoChildren", b"\\Junk"), b"/", "Gefiltert", True),
        ((b"\\HasNoChildren",), b"/", "垃圾邮件", True),
        ((b"\\HasNoChildren",), b".", "INBOX.Junk E-mail", True),
        ((b"\\HasNoChildren",), b"/", "JUNK EMAIL", True),
        ((b"\\HasNoChildren",), b"/", "其他文件夹/广告邮件", True),
        ((), None, "订阅邮件", True),
        ((b"\\Noselect",), b"/", "Spam", False),
        ((b"\\Sent",), b"/", "已发送", False),
        ((b"\\HasNoChildren",), b"/", "Junkers", False),
    ],
)
def test_junk_folders_are_known_by_flag_or_name(
    flags: tuple[bytes, ...], delimiter: bytes | None, name: str, is_junk: bool
) -> None:
    assert junk_folders([(flags, delimiter, name)]) == ((name,) if is_junk else ())
