"""What the database promises: one schema, aware times, a lock from the first statement, facts that cannot change."""

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import DateTime, create_engine, literal
from sqlalchemy.exc import OperationalError, StatementError
from sqlmodel import Session, SQLModel, select
from sqlmodel.sql.sqltypes import UTCDateTime

from tests.acceptance.workspaces import (
    CHEN,
    IDENTITY_NUMBER,
    OFFICES,
    answer,
    build,
    call,
    change,
    message_ids,
    rows,
)
from tests.servers.smtp_sink import HANG_UP, OK, ScriptedSmtp
from tracker.adapters.imap import FetchedBatch, FetchedMessage, Mark
from tracker.clock import system_clock
from tracker.domain.terms import SHANGHAI, Event, EventKind
from tracker.services.tick import tick as tick_at
from tracker.services.watch import Look
from tracker.settings import Workspace
from tracker.store import desk_tables, tables
from tracker.store.database import HEAD, open_database, reading, writing
from tracker.store.events import broken_seals, record, seal_events
from tracker.store.evidence import EvidenceStore
from tracker.store.migrations import alembic_config
from tracker.store.tables import EventRow, SealRow

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


# --- the schema ------------------------------------------------------------------------------------------


def test_there_is_one_newest_migration_and_it_is_the_one_the_code_opens_with() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_heads() == [HEAD]


def test_the_migrations_make_exactly_the_tables_of_the_code(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "tracker.db")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_a_database_of_the_first_version_keeps_what_it_held(tmp_path: Path) -> None:
    path = tmp_path / "tracker.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql(f"INSERT INTO evidence VALUES ('aa', 1, 'message/rfc822', '{_STORED}')")
        connection.exec_driver_sql(
            "INSERT INTO raw_message (id, sha256, source, mailbox, uid, arrived_at, arrival_basis, kept_at) "
            f"VALUES (7, 'aa', 'mail', 'a@mail.test', 5, '{_STORED}', 'internal_date', '{_STORED}')"
        )
        connection.exec_driver_sql("INSERT INTO mailbox_mark VALUES ('a@mail.test', 'INBOX', 1, 5)")
    engine.dispose()
    with reading(open_database(path)) as session:
        (kept,) = session.exec(select(tables.RawMessageRow))
        (mark,) = session.exec(select(tables.MailboxMarkRow))
    assert (kept.id, kept.sha256, kept.uid, kept.received) == (7, "aa", 5, "[]")
    assert (mark.last_uid, mark.missing) == (5, "[]")


_STORED = "2026-11-24 01:00:00.000000"
_OPEN = """
import sys
from pathlib import Path
from tracker.store.database import open_database
print(flush=True)
sys.stdin.readline()
open_database(Path(sys.argv[1]))
"""


def test_several_processes_may_open_a_new_database_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _OPEN, str(tmp_path / "tracker.db")]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    started = [subprocess.Popen(command, text=True, **pipes) for _ in range(4)]  # type: ignore[call-overload]
    for one in started:  # all have imported what they need and wait
        assert one.stdout.readline() == "\n"
    for one in started:
        one.stdin.write("\n")
        one.stdin.flush()
    ended = [(one.communicate(timeout=30)[1], one.returncode) for one in started]
    assert ended == [("", 0)] * 4


def test_a_commit_is_on_the_disk_before_it_returns(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "tracker.db")
    with engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30000}


# --- times -----------------------------------------------------------------------------------------------

TIMES = [
    column
    for table in SQLModel.metadata.sorted_tables
    for column in table.columns
    if isinstance(column.type, DateTime | UTCDateTime)
]


def test_every_column_of_a_time_is_of_the_one_kind() -> None:
    assert {type(column.type) for column in TIMES} == {UTCDateTime}
    fields = [
        f"{model.__tablename__}.{name}"
        for model in (vars(tables) | vars(desk_tables)).values()
        if isinstance(model, type) and issubclass(model, SQLModel) and model is not SQLModel
        for name, field in model.model_fields.items()
        if field.annotation in (datetime, datetime | None)
    ]
    assert sorted(fields) == sorted(f"{column.table.name}.{column.name}" for column in TIMES)


@pytest.mark.parametrize("column", TIMES, ids=str)
def test_a_time_without_a_zone_is_refused_and_one_with_a_zone_comes_back_in_utc(
    tmp_path: Path, column: object
) -> None:
    kind = column.type  # type: ignore[attr-defined]
    moment = datetime(2026, 3, 30, 23, 59, 30, 123456, tzinfo=SHANGHAI)
    with open_database(tmp_path / "tracker.db").connect() as connection:
        with pytest.raises(StatementError):
            connection.execute(select(literal(moment.replace(tzinfo=None), kind)))
        (stored,) = connection.execute(select(literal(moment, kind))).one()
    assert stored == moment
    assert stored.utcoffset() == timedelta(0)


# --- writing and reading ---------------------------------------------------------------------------------


def can_write(path: Path) -> bool:
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        return True


def test_a_writer_has_the_lock_from_its_first_read_on_and_a_reader_never(tmp_path: Path) -> None:
    path = tmp_path / "tracker.db"
    engine = open_database(path)
    with reading(engine) as session:
        session.exec(select(EventRow)).all()
        assert can_write(path)
    with writing(engine) as session:
        session.exec(select(EventRow)).all()
        assert not can_write(path)
    assert can_write(path)


def event(number: int, **changes: object) -> Event:
    fields = {"actor": "rule:test", "payload": {"n": number}, "dedupe_key": f"test:{number}"} | changes
    return Event(EventKind.HOLD_SET, NOW, NOW, **fields)  # type: ignore[arg-type]


def numbers(session: Session) -> list[str]:
    return [row.dedupe_key for row in session.exec(select(EventRow))]


def test_those_who_read_and_then_write_wait_for_each_other(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "tracker.db")

    def count_up() -> None:
        for _ in range(25):
            with writing(engine) as session:
                record(session, [event(len(numbers(session)))])

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(engine) as session:
        assert len(numbers(session)) == 100


def test_a_step_that_fails_writes_nothing(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "tracker.db")

    def step() -> None:
        with writing(engine) as session:
            record(session, [event(1)])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        step()
    with reading(engine) as session:
        assert numbers(session) == []


def test_what_is_written_while_reading_is_lost(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "tracker.db")
    with reading(engine) as session:
        record(session, [event(1)])
    with reading(engine) as session:
        assert numbers(session) == []


def test_the_same_fact_is_recorded_once(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "tracker.db")
    with writing(engine) as session:
        assert record(session, [event(1), event(1, actor="rule:other"), event(2)]) == 2
        assert record(session, [event(2)]) == 0


def test_an_event_without_a_time_zone_is_refused(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "tracker.db")
    naive = Event(EventKind.HOLD_SET, NOW.replace(tzinfo=None), NOW, "rule:test", dedupe_key="naive")
    with pytest.raises(StatementError), writing(engine) as session:
        record(session, [naive])


# --- seals -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("deed", "broken"),
    [
        ("UPDATE event SET payload = '{\"n\":9,\"v\":1}' WHERE seq = 2", [1]),
        ("UPDATE event SET happened_at = '2026-11-23 01:00:00.000000' WHERE seq = 5", [2]),
        ("UPDATE event SET actor = 'person:lead' WHERE seq = 6", [2]),
        ("DELETE FROM event WHERE seq = 6", [2]),
        ("UPDATE event SET seq = CASE seq WHEN 1 THEN -2 ELSE -1 END WHERE seq IN (1, 2);"
         "UPDATE event SET seq = -seq WHERE seq < 0", [1]),
        ("UPDATE seal SET head = REPLACE(head, '0', '1') WHERE n = 1", [1, 2]),
        ("UPDATE event SET actor = 'person:lead' WHERE seq = 7", []),
    ],
    ids=["payload", "time", "actor", "deleted", "swapped", "the seal itself", "not sealed yet"],
)  # fmt: skip
def test_a_change_to_a_sealed_event_breaks_its_seal(tmp_path: Path, deed: str, broken: list[int]) -> None:
    engine = open_database(tmp_path / "tracker.db")
    for first in (1, 4):
        with writing(engine) as session:
            record(session, [event(number) for number in range(first, first + 3)])
            seal_events(session, NOW)
    with writing(engine) as session:
        record(session, [event(7)])
        assert broken_seals(session) == []
    with closing(sqlite3.connect(tmp_path / "tracker.db")) as behind:
        behind.executescript(deed)
    with reading(engine) as session:
        assert broken_seals(session) == broken


def test_each_seal_begins_where_the_last_ended_and_none_is_empty(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "tracker.db")
    for number in range(3):
        with writing(engine) as session:
            record(session, [event(number)])
            seal_events(session, NOW)
            assert seal_events(session, NOW) is None
    with reading(engine) as session:
        seals = session.exec(select(SealRow)).all()
    assert [(seal.n, seal.first_seq, seal.last_seq) for seal in seals] == [(1, 1, 1), (2, 2, 2), (3, 3, 3)]


# --- evidence --------------------------------------------------------------------------------------------


def test_the_same_bytes_are_kept_once_and_nothing_half_written_stays(tmp_path: Path) -> None:
    engine, store = open_database(tmp_path / "tracker.db"), EvidenceStore(tmp_path / "evidence")
    with writing(engine) as session:
        names = {store.keep(session, b"a letter", "message/rfc822", NOW) for _ in range(2)}
    (name,) = names
    assert [path.name for path in tmp_path.glob("evidence/*/*")] == [name]
    assert store.read(name) == b"a letter"


# --- a workspace in which something happened ---------------------------------------------------------------


def arrival(uid: int, raw: bytes, now: datetime) -> FetchedMessage:
    return FetchedMessage(CHEN, "INBOX", 1, uid, now, raw)


@pytest.fixture
def lived_in(tmp_path: Path) -> Workspace:
    """Sent, unsettled, replied and held: a little of everything."""
    folder = tmp_path / "workspace"
    with ScriptedSmtp(dot=[OK, HANG_UP]) as server:
        workspace = build(folder, smtp_port=server.port, imap_port=1, web_forms=1)
        tick_at(workspace, system_clock(), system_clock, [Look(CHEN, system_clock())])
    now = system_clock()
    letters = message_ids(folder)
    answered = rows(folder, "SELECT recipient FROM outbox WHERE status = 'sent' ORDER BY id")[0][0]
    mails = (
        arrival(1, answer(answered, letters[answered]), now),
        arrival(2, answer("somebody@elsewhere.test", "", number=2), now),
    )
    batch = FetchedBatch(CHEN, "INBOX", Mark(1, 2), 1, 3, mails)
    tick_at(workspace, now, system_clock, [Look(CHEN, now, (batch,))])
    return workspace


STATES = "SELECT reference, state FROM request_state ORDER BY reference"


def derived(folder: Path) -> list[object]:
    return [rows(folder, f"SELECT * FROM {table} ORDER BY 1") for table in ("request_state", "held_message")]


def test_a_rebuild_after_all_kinds_of_things_changes_nothing(lived_in: Workspace) -> None:
    folder = lived_in.root
    assert {state for _, state in rows(folder, STATES)} == {"sent", "unsettled", "replied", "approved"}
    report = call(folder, "rebuild", "--json").json
    assert report == {"requests": len(OFFICES) + 1, "held": 1, "changed": 0}


@pytest.mark.parametrize(
    "deed",
    [
        "UPDATE request_state SET state = 'replied', outcome = 'disclosed' WHERE state = 'sent'",
        "UPDATE request_state SET submitted_at = '2026-01-01 00:00:00.000000' WHERE state = 'replied'",
        "DELETE FROM request_state WHERE state = 'unsettled'",
        "INSERT INTO request_state VALUES ('small-D9999', 'replied', NULL, NULL, NULL, 0, 1)",
        "DELETE FROM held_message",
        "UPDATE held_message SET candidates = 'small-D0001'",
    ],
)
def test_a_rebuild_repairs_whatever_was_derived(lived_in: Workspace, deed: str) -> None:
    folder = lived_in.root
    before = derived(folder)
    change(folder, deed)
    assert derived(folder) != before
    assert call(folder, "rebuild", "--json").json["changed"] > 0
    assert derived(folder) == before
    assert call(folder, "rebuild", "--json").json["changed"] == 0


def test_verify_finds_evidence_that_was_changed_or_is_gone(lived_in: Workspace) -> None:
    folder = lived_in.root
    assert call(folder, "verify").out == "All seals and all evidence are whole.\n"
    ((first, second, *_),) = [[row[0] for row in rows(folder, "SELECT sha256 FROM evidence ORDER BY sha256")]]
    lived_in.evidence.path(first).write_bytes(b"another letter")
    lived_in.evidence.path(second).unlink()
    refused = call(folder, "verify", expect=1).talk
    assert first in refused
    assert second in refused
    assert refused.count("\n") == 1


def test_verify_finds_an_event_that_was_changed_after_its_sealing(lived_in: Workspace) -> None:
    change(lived_in.root, "UPDATE event SET actor = 'person:other' WHERE kind = 'approved' AND seq < 10")
    assert "Seals that do not fit: [1]" in call(lived_in.root, "verify", expect=1).talk


def test_an_applicant_s_identity_can_be_read_with_the_key_only(lived_in: Workspace) -> None:
    ((sealed,),) = rows(lived_in.root, "SELECT sealed FROM applicant")
    assert IDENTITY_NUMBER.encode() not in sealed
    assert lived_in.vault.unseal(sealed)["id_number"] == IDENTITY_NUMBER


def test_a_lock_that_is_never_released_is_told_and_not_waited_for_without_end(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "tracker.db")
    with closing(sqlite3.connect(tmp_path / "tracker.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with engine.execution_options(is_writing=True).connect() as connection:
            raw = connection.connection.driver_connection
            assert raw is not None
            raw.execute("PRAGMA busy_timeout = 50")
            with pytest.raises(OperationalError, match="database is locked"):
                connection.begin()
