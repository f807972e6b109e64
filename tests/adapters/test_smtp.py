"""Whatever a server does, each letter has one truthful receipt and goes out at most once."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from tests.servers.ports import HOST, free_port, make_certificate
from tests.servers.smtp_sink import HANG_UP, OK, STALL, Kill, ScriptedSmtp, SmtpSink
from tracker.adapters.smtp import NOT_APPROVED, SmtpAccount, login_fault, send_batch
from tracker.domain.terms import OutboundMessage, SendReceipt, SendResult

# on 127.0.0.1 the test server takes a password without TLS
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

ME, PASSWORD = "chen@mail.test", "an authorisation code"
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
ACCEPTED, DEFERRED, REFUSED, UNSETTLED = (
    SendResult.ACCEPTED,
    SendResult.DEFERRED,
    SendResult.REFUSED,
    SendResult.UNSETTLED,
)


def account(port: int, security: str = "plain", password: str = PASSWORD) -> SmtpAccount:
    return SmtpAccount(HOST, port, ME, password, security, "localhost.localdomain")  # type: ignore[arg-type]


def letter(recipient: str, text: bytes = b"Subject: one\r\n\r\nHello\r\n") -> OutboundMessage:
    return OutboundMessage(recipient, "first", ME, recipient, f"<{recipient}>", text)


def send(port: int, *letters: OutboundMessage, approved: bool = True, **options: object) -> list[SendReceipt]:
    security = options.pop("security", "plain")
    password = options.pop("password", PASSWORD)
    allowed = frozenset(one.recipient for one in letters) if approved else frozenset()
    options = {"timeout_seconds": 2, "final_timeout_seconds": 2} | options
    return send_batch(account(port, security, password), letters, allowed, lambda: NOW, **options)  # type: ignore[arg-type]


def results(receipts: list[SendReceipt]) -> list[SendResult]:
    return [receipt.result for receipt in receipts]


THREE = [letter("a@unit.test"), letter("b@unit.test"), letter("c@unit.test")]


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    with SmtpSink({ME: PASSWORD}) as server:
        yield server


def test_the_receipt_has_the_acceptance_line_and_the_moment_of_the_answer(sink: SmtpSink) -> None:
    assert send(sink.port, letter("a@unit.test")) == [
        SendReceipt("a@unit.test", "first", ACCEPTED, NOW, 250, "2.0.0 queued as 1")
    ]


def test_bytes_go_out_exactly_as_given(sink: SmtpSink) -> None:
    raw = "Subject: dots\r\n\r\n.\r\n..\r\n.a\r\n中文\r\nlast line\r\n.\r\n".encode()
    send(sink.port, letter("a@unit.test", raw))
    assert sink.letters[0].raw == raw


def test_a_batch_takes_one_connection_one_recipient_a_letter_and_a_neutral_name(sink: SmtpSink) -> None:
    receipts = send(sink.port, *THREE)
    assert results(receipts) == [ACCEPTED] * 3
    assert sink.connections == 1
    assert [(one.sender, one.recipient) for one in sink.letters] == [(ME, one.recipient) for one in THREE]
    assert {one.helo for one in sink.letters} == {"localhost.localdomain"}


def test_each_receipt_has_its_own_moment(sink: SmtpSink) -> None:
    ticks = count(1)
    receipts = send_batch(
        account(sink.port),
        THREE,
        frozenset(m.recipient for m in THREE),
        lambda: NOW.replace(second=next(ticks)),
    )
    assert [receipt.at.second for receipt in receipts] == [1, 2, 3]


def test_a_recipient_who_is_not_approved_is_refused_without_a_word_to_the_server() -> None:
    with ScriptedSmtp() as server:
        (receipt,) = send(server.port, letter("a@unit.test"), approved=False)
        assert (receipt.result, receipt.code, receipt.text) == (REFUSED, None, NOT_APPROVED)
        assert server.connections == 0


def test_approval_does_not_depend_on_upper_and_lower_case(sink: SmtpSink) -> None:
    approved = frozenset({"Office@Unit.test"})
    receipts = send_batch(account(sink.port), [letter("office@UNIT.test")], approved, lambda: NOW)
    assert results(receipts) == [ACCEPTED]


def test_only_the_unapproved_letter_of_a_batch_is_held_back(sink: SmtpSink) -> None:
    receipts = send_batch(account(sink.port), THREE, frozenset({"a@unit.test", "c@unit.test"}), lambda: NOW)
    assert results(receipts) == [ACCEPTED, REFUSED, ACCEPTED]
    assert [one.recipient for one in sink.letters] == ["a@unit.test", "c@unit.test"]


@pytest.mark.parametrize("place", ["rcpt", "data", "dot"])
@pytest.mark.parametrize(
    ("reply", "result"), [("550 5.1.1 no such user", REFUSED), ("451 4.7.1 greylisted", DEFERRED)]
)
def test_a_refusal_is_permanent_or_passing_and_the_next_letter_goes_on(
    place: str, reply: str, result: SendResult
) -> None:
    with ScriptedSmtp(**{place: [OK, reply]}) as server:
        receipts = send(server.port, *THREE)
        assert results(receipts) == [ACCEPTED, result, ACCEPTED]
        assert (receipts[1].code, receipts[1].text) == (int(reply[:3]), reply[4:])
        assert server.connections == 1
        assert len(server.letters) == 2


def test_a_refused_sender_is_our_fault_and_no_refusal_by_the_unit() -> None:
    with ScriptedSmtp(mail=["550 5.7.1 daily quota exceeded"]) as server:
        (receipt,) = send(server.port, THREE[0])
    assert (receipt.result, receipt.code) == (DEFERRED, 550)
    assert receipt.text == "sender refused: 5.7.1 daily quota exceeded"


@pytest.mark.parametrize("place", ["mail", "rcpt", "data"])
@pytest.mark.parametrize("act", [HANG_UP, STALL])
def test_a_connection_lost_before_the_letter_leaves_it_surely_unsent(place: str, act: str) -> None:
    with ScriptedSmtp(**{place: [act]}) as server:
        receipts = send(server.port, *THREE[:2], timeout_seconds=0.3)
        assert results(receipts) == [DEFERRED, ACCEPTED]
        assert receipts[0].text.startswith("connection lost before the letter was sent")
        assert [one.recipient for one in server.complete] == ["b@unit.test"]


@pytest.mark.parametrize("place", ["body", "dot"])
@pytest.mark.parametrize("act", [HANG_UP, STALL])
def test_no_answer_to_a_letter_is_unsettled_and_the_batch_goes_on_over_a_new_connection(
    place: str, act: str
) -> None:
    with ScriptedSmtp(**{place: [OK, act]}) as server:
        receipts = send(server.port, *THREE, final_timeout_seconds=0.3)
        assert results(receipts) == [ACCEPTED, UNSETTLED, ACCEPTED]
        assert receipts[1].code is None
        assert server.connections == 2
        recipients = [one.recipient for one in server.complete]
        assert len(recipients) == len(set(recipients))


def test_an_answer_that_makes_no_sense_is_unsettled() -> None:
    with ScriptedSmtp(dot=["what?"]) as server:
        assert results(send(server.port, *THREE[:2])) == [UNSETTLED, ACCEPTED]


def test_a_server_that_loses_letter_after_letter_gets_no_more_of_them() -> None:
    with ScriptedSmtp(dot=[HANG_UP] * 9) as server:
        receipts = send(server.port, *[letter(f"u{n}@unit.test") for n in range(6)])
        assert results(receipts) == [UNSETTLED] * 3 + [DEFERRED] * 3
        assert receipts[5].text.startswith("not tried, 3 connections in a row were lost")
        assert server.connections == 3


def test_a_service_that_closes_with_421_is_asked_again_over_a_new_connection() -> None:
    with ScriptedSmtp(rcpt=["421 4.3.2 shutting down"]) as server:
        assert results(send(server.port, *THREE[:2])) == [DEFERRED, ACCEPTED]
        assert server.connections == 2


@pytest.mark.parametrize("act", ["451 4.3.0 not now", HANG_UP, STALL])
def test_trouble_on_quit_after_the_250_is_accepted(act: str) -> None:
    with ScriptedSmtp(quit=[act]) as server:
        assert results(send(server.port, THREE[0], timeout_seconds=0.3)) == [ACCEPTED]


def test_a_server_that_hangs_up_after_its_250_has_accepted() -> None:
    with ScriptedSmtp(accepted=[HANG_UP]) as server:
        assert results(send(server.port, THREE[0])) == [ACCEPTED]
        assert len(server.letters) == 1


def test_nobody_listening_defers_the_whole_batch() -> None:
    receipts = send(free_port(), *THREE)
    assert results(receipts) == [DEFERRED] * 3
    assert receipts[0].text.startswith(f"no connection at {HOST}:")


@pytest.mark.parametrize("place", ["greeting", "ehlo", "auth"])
def test_a_server_that_stalls_while_connecting_is_tried_once_for_the_batch(place: str) -> None:
    with ScriptedSmtp(**{place: [STALL] * 3}) as server:
        assert results(send(server.port, *THREE, timeout_seconds=0.3)) == [DEFERRED] * 3
        assert server.connections == 1


def test_a_refused_login_is_our_fault_and_tells_no_password(
    sink: SmtpSink, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    receipts = send(sink.port, *THREE, password="wrong secret")
    assert results(receipts) == [DEFERRED] * 3
    assert {receipt.code for receipt in receipts} == {535}
    assert receipts[0].text.startswith("login refused at ")
    assert "wrong secret" not in f"{receipts} {caplog.text} {account(1, password='wrong secret')!r}"
    assert sink.letters == []


def test_530_at_any_place_is_about_our_login_too() -> None:
    with ScriptedSmtp(rcpt=["530 5.7.0 authentication required"]) as server:
        (receipt,) = send(server.port, THREE[0])
    assert (receipt.result, receipt.code) == (DEFERRED, 530)


def test_starttls_demands_it(sink: SmtpSink) -> None:
    receipts = send(sink.port, THREE[0], security="starttls")
    assert results(receipts) == [DEFERRED]
    assert "STARTTLS" in receipts[0].text
    assert sink.letters == []


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_letters_go_out_encrypted_to_a_server_whose_certificate_holds(
    security: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path)
    with SmtpSink({ME: PASSWORD}, security=security, certificate=certificate) as server:  # type: ignore[arg-type]
        unknown = send(server.port, THREE[0], security=security)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
        known = send(server.port, THREE[0], security=security)
        assert results(unknown + known) == [DEFERRED, ACCEPTED]
        assert "certificate verify failed" in unknown[0].text
        assert len(server.letters) == 1


def test_an_address_smtp_cannot_carry_is_refused_and_not_repeated_in_the_receipt(sink: SmtpSink) -> None:
    receipts = send(sink.port, letter("办公室@unit.test"), letter("b@unit.test"))
    assert results(receipts) == [REFUSED, ACCEPTED]
    assert "unit.test" not in receipts[0].text


def test_a_login_can_be_tried_without_a_letter(sink: SmtpSink) -> None:
    assert login_fault(account(sink.port)) == ""
    assert login_fault(account(sink.port, password="wrong")).startswith("login refused at ")
    assert sink.letters == []


_CHILD = """
import sys
from datetime import UTC, datetime
from tracker.adapters.smtp import SmtpAccount, send_batch
from tracker.domain.terms import OutboundMessage
sys.stdin.readline()
account = SmtpAccount("127.0.0.1", int(sys.argv[1]), "", "", "plain", "localhost")
raw = b"Subject: x\\r\\n\\r\\nx\\r\\n"
one = OutboundMessage("r", "s", "a@mail.test", "b@unit.test", "<1@mail.test>", raw)
send_batch(account, [one], frozenset({"b@unit.test"}), lambda: datetime.now(UTC))
"""


@pytest.mark.parametrize(
    ("place", "complete", "accepted"), [("rcpt", 0, 0), ("dot", 1, 0), ("accepted", 1, 1)]
)
def test_the_scripted_server_kills_a_sender_at_the_chosen_place(
    place: str, complete: int, accepted: int
) -> None:
    with ScriptedSmtp() as server:
        command = [sys.executable, "-c", _CHILD, str(server.port)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as child:
            server.at(place, Kill(child.pid))
            child.communicate("\n", timeout=20)
        assert child.returncode == -9
        assert (len(server.complete), len(server.letters)) == (complete, accepted)
