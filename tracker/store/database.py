"""Opening the database, and the two kinds of session: reading, and writing under BEGIN IMMEDIATE."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import OperationalError
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlmodel import Session

_WAL_ATTEMPTS = 600  # for half a minute, as long as busy_timeout waits
HEAD = "0006"  # the newest migration; a test compares it with Alembic's


def open_database(path: Path) -> Engine:
    """Open (or make) the SQLite file and bring it to the newest migration."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    if _version(engine) != HEAD:
        _migrate(engine)
        _derive_anew(engine)
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """A short transaction that holds the write lock from its first statement.

    A transaction that reads first and writes later fails at once when another wrote in between.
    """
    with Session(engine.execution_options(is_writing=True)) as session:
        yield session
        session.commit()


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """One consistent snapshot; what is written in it is lost."""
    with Session(engine) as session:
        yield session


def _set_pragmas(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we begin ourselves
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout=30000")
    _switch_to_wal(cursor)
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _switch_to_wal(cursor: Any) -> None:
    """Where other processes open or close the same file, SQLite refuses this at once, whatever busy_timeout says."""
    for _attempt in range(_WAL_ATTEMPTS):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except OperationalError as fault:
            if "locked" not in str(fault):
                raise
            time.sleep(0.05)
    cursor.execute("PRAGMA journal_mode=WAL")


def _begin(connection: Connection) -> None:
    is_writing = connection.get_execution_options().get("is_writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")


def _version(engine: Engine) -> str | None:
    with engine.connect() as connection:
        tables = "SELECT name FROM sqlite_master WHERE name = 'alembic_version'"
        if connection.execute(text(tables)).first() is None:
            return None
        row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
        return row[0] if row else None


def _derive_anew(engine: Engine) -> None:
    """What an older version had not derived yet."""
    from tracker.store.events import all_coding_rows

    with writing(engine) as session:
        for row in all_coding_rows(session):
            session.merge(row)


def _migrate(engine: Engine) -> None:
    # Alembic takes a fifth of a second to import: only where there is something to do
    from alembic import command

    from tracker.store.migrations import alembic_config

    # begun before Alembic looks: else it commits every step, and two processes may both take the next one
    with engine.execution_options(is_writing=True).begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
