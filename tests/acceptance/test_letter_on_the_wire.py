"""What a unit, a mail server or a neighbour on the machine could see: nothing of the program, no password."""

import getpass
import json
import re
import socket
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.acceptance.workspaces import (
    CHEN,
    IDENTITY_NUMBER,
    PASSWORD,
    Daemon,
    build,
    call,
    rows,
    status,
    tick,
)
from tests.servers.dovecot import Dovecot
from tests.servers.smtp_sink import ScriptedSmtp, SmtpSink
from tracker.settings import password_variable

# on 127.0.0.1 the test server takes a password without TLS
pytestmark = [
    pytest.mark.needs("dovecot"),
    pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS"),
]

ZHAO, FROM_ENVIRONMENT = "zhao@citizens.test", "cong-huanjing-0815"
HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID",
    "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
}  # fmt: skip


def test_a_letter_names_neither_program_nor_host_nor_user_nor_reference(
    tmp_path: Path, dovecot: Dovecot
) -> None:
    folder = tmp_path / "workspace"
    with SmtpSink({CHEN: PASSWORD}) as server:
        build(folder, smtp_port=server.port, imap_port=dovecot.imap_port)
        assert tick(folder)["sent"] == 3
        letters = list(server.letters)
    references = [request["reference"] for request in status(folder)["requests"]]
    assert references[0].endswith("D0001")
    for letter in letters:
        message = message_from_bytes(letter.raw, policy=policy.default)
        assert set(message.keys()) == HEADERS
        assert re.fullmatch(r"<[0-9a-f]{24}@citizens\.test>", message["Message-ID"])
        assert message["Date"].endswith("+0800")
        assert letter.helo == "localhost.localdomain"
        head = letter.raw.partition(b"\r\n\r\n")[0].decode().lower()
        text = message.get_content()
        traces = {
            "tracker",
            "mystery",
            "shopper",
            "python",
            "smtplib",
            getpass.getuser(),
            socket.gethostname(),
        }
        assert [trace for trace in traces if trace.lower() in head] == []
        marks = {"tracker", "rehearsal", "演练", "D000", *references}
        assert [mark for mark in marks if mark in text + message["Subject"]] == []
        assert len({letter.recipient, message["To"]}) == 1


def test_passwords_stand_in_no_file_no_log_and_no_process_list(tmp_path: Path) -> None:
    folder = tmp_path / "workspace"
    # the environment's password is wrong on purpose: refusals are what gets logged
    with Dovecot({CHEN: PASSWORD, ZHAO: "another"}) as dovecot, ScriptedSmtp(auth=["535 5.7.8 no"]) as server:
        build(folder, smtp_port=server.port, imap_port=dovecot.imap_port, mailboxes=(CHEN, ZHAO))
        (folder / "passwords.toml").write_text(f'"{CHEN}" = "{PASSWORD}"\n')
        with Daemon(folder, **{password_variable(ZHAO): FROM_ENVIRONMENT}) as daemon:
            daemon.wait_for(lambda: len(server.letters) > 0)
            daemon.wait_for(
                lambda: rows(folder, "SELECT 1 FROM mailbox_health WHERE mailbox = ? AND failures > 0", ZHAO)
            )
            commands = b"".join(
                path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if _is_readable(path)
            )
            assert b"daemon" in commands
            assert not _secrets_in(commands)
            assert daemon.stop() == 0
        assert not _secrets_in(daemon.log.encode())
        kept = [path for path in folder.rglob("*") if path.is_file() and path.name != "passwords.toml"]
        assert [str(path) for path in kept if _secrets_in(path.read_bytes())] == []
        assert not _secrets_in(call(folder, "status", "--all", "--json").out.encode())


def test_an_applicant_s_identity_stands_in_no_row_and_no_log(tmp_path: Path, dovecot: Dovecot) -> None:
    folder = tmp_path / "workspace"
    with ScriptedSmtp() as server:
        build(folder, smtp_port=server.port, imap_port=dovecot.imap_port)
        with Daemon(folder) as daemon:
            daemon.wait_for(lambda: len(server.letters) == 3)
            assert daemon.stop() == 0
    secrets = (IDENTITY_NUMBER, "陈示例", "示例街1号")
    for place in (*folder.glob("tracker.db*"), daemon.log_file):
        assert [one for one in secrets if one.encode() in place.read_bytes()] == []
    payloads = json.dumps(rows(folder, "SELECT payload FROM event"), ensure_ascii=False)
    assert "@" not in payloads


def _is_readable(path: Path) -> bool:
    try:
        path.read_bytes()
    except OSError:
        return False
    return True


def _secrets_in(content: bytes) -> list[str]:
    return [secret for secret in (PASSWORD, FROM_ENVIRONMENT) if secret.encode() in content]
