"""Date and Received are kept as they came, from whatever bytes there are."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.acceptance.workspaces import CHEN, build, rows
from tracker.adapters.imap import FetchedBatch, FetchedMessage, Mark
from tracker.services.imports import import_mail
from tracker.services.raw_headers import date_header, message_id, received_headers
from tracker.services.watch import Look, keep_look

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
STAMPED = (
    b"Received: from mx.unit.test\r\n\tby mail.test; Tue, 24 Nov 2026 09:00:00 +0800\r\n"
    b"RECEIVED : by inner.unit.test\r\n"
    b"Date:Tue, 24 Nov 2026\r\n 08:59:00 +0800 (CST)\r\n"
    b"Message-ID:\r\n <7@unit.test>\r\n"
    b"Subject: Received: not me\r\n"
    b"\r\n"
    b"Date: in the text\r\nReceived: in the text\r\n"
)
RECEIVED = [
    "from mx.unit.test\tby mail.test; Tue, 24 Nov 2026 09:00:00 +0800",
    "by inner.unit.test",
]
DATE = "Tue, 24 Nov 2026 08:59:00 +0800 (CST)"


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"], ids=["CRLF", "LF"])
def test_fields_are_unfolded_in_their_order_and_the_text_is_not_read(line_end: bytes) -> None:
    raw = STAMPED.replace(b"\r\n", line_end)
    assert date_header(raw) == DATE
    assert json.loads(received_headers(raw)) == RECEIVED
    assert message_id(raw) == "<7@unit.test>"


def test_the_first_of_several_dates_counts_and_none_is_empty() -> None:
    assert date_header(b"Date: one\r\nDate: two\r\n\r\n") == "one"
    assert (date_header(b""), received_headers(b""), message_id(b"no header at all")) == ("", "[]", "")


def test_bytes_of_another_charset_stay_readable() -> None:
    assert date_header("Date: 星期二".encode()) == "星期二"
    assert date_header(b"Date: \xd0\xc7\xc6\xda") == "\\xd0\\xc7\\xc6\\xda"


@given(st.binary() | st.binary().map(lambda tail: b"Date: " + tail + b"\nReceived:" + tail))
def test_no_bytes_make_it_fail_and_all_it_says_can_be_stored(raw: bytes) -> None:
    (date_header(raw) + message_id(raw)).encode()
    assert all(isinstance(line, str) for line in json.loads(received_headers(raw)))
    received_headers(raw).encode()


@pytest.mark.parametrize("way", ["watched", "imported"])
def test_a_letter_is_kept_with_its_stamps(tmp_path: Path, way: str) -> None:
    folder = tmp_path / "workspace"
    workspace = build(folder, smtp_port=1, imap_port=1, is_approved=False)
    if way == "watched":
        message = FetchedMessage(CHEN, "INBOX", 1, 1, NOW, STAMPED)
        keep_look(workspace, Look(CHEN, NOW, (FetchedBatch(CHEN, "INBOX", Mark(1, 1), 1, 2, (message,)),)))
    else:
        (tmp_path / "one.eml").write_bytes(STAMPED)
        import_mail(workspace, [tmp_path / "one.eml"], NOW)
    ((kept_date, received),) = rows(folder, "SELECT date_header, received FROM raw_message")
    assert (kept_date, json.loads(received)) == (DATE, RECEIVED)


def test_mail_kept_before_the_columns_came_stays_and_the_new_ones_are_empty(tmp_path: Path) -> None:
    from alembic import command
    from sqlalchemy import create_engine, text

    from tracker.store.database import open_database
    from tracker.store.migrations import alembic_config

    path = tmp_path / "tracker.db"
    with create_engine(f"sqlite:///{path}").connect() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        stamp = "'2026-03-02 01:00:00.000000'"
        for table in (
            f"evidence (sha256, size, media_type, kept_at) VALUES ('ab', 1, 'message/rfc822', {stamp})",
            f"raw_message (sha256, source, mailbox, arrived_at, arrival_basis, kept_at)"
            f" VALUES ('ab', 'mail', '{CHEN}', {stamp}, 'internal_date', {stamp})",
        ):
            connection.execute(text(f"INSERT INTO {table}"))
        connection.commit()
    open_database(path)
    assert rows(tmp_path, "SELECT sha256, date_header, received FROM raw_message") == [("ab", "", "[]")]
