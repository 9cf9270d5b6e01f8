"""The database as a whole: opened, brought up to date, read by many, written by one."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from eikona.adapters.database.migrating import migrate
from eikona.adapters.database.records import DatabaseRecords
from eikona.adapters.database.writer import Writer
from eikona.domain.errors import StoreError
from eikona.services.store.records import Records

BUSY_MS = 60_000  # that another process may hold the database, such as a backup
_READERS_MOST = 32
_OWNER_ONLY = 0o600

Value = TypeVar("Value")


class Database:
    """Implements ``Store``; for any thread."""

    def __init__(self, path: Path) -> None:
        """Open a database, or make one, and bring it up to this version.

        Raises:
            StoreError: it cannot be opened, or is of a newer version.
        """
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            path.touch(mode=_OWNER_ONLY)
            self._writing = _engine(path, reads=False)
            with self._writing.connect() as connection:
                migrate(connection)
        except (SQLAlchemyError, OSError) as error:
            raise StoreError(f"{path} cannot be used as database: {error}") from error
        self._reading = _engine(path, reads=True)
        self.committed: Callable[[], None] = _nothing  # told after each commit
        self._writer = Writer(self._writing, self._tell)

    def read(self, work: Callable[[Records], Value]) -> Value:
        """Return what ``work`` finds in one consistent state of the database.

        Raises:
            StoreError: the database cannot be read.
        """
        with self._records() as records:
            return work(records)

    def write(self, work: Callable[[Records], Value]) -> Value:
        """Do all of ``work`` or, if it raises, nothing; return once it is on disk.

        Raises:
            OverloadedError: too much waits to be written.
            StoreError: the database cannot be written.
        """
        return self._writer.run(lambda connection: work(DatabaseRecords(connection)))

    def waiting(self) -> int:
        """Return how many pieces of work wait to be written."""
        return self._writer.waiting()

    def close(self) -> None:
        """Write what waits, then close."""
        self._writer.close()
        self._reading.dispose()
        self._writing.dispose()

    def _tell(self) -> None:
        self.committed()

    @contextmanager
    def _records(self) -> Iterator[Records]:
        try:
            with self._reading.connect() as connection:
                yield DatabaseRecords(connection)
        except SQLAlchemyError as error:
            raise StoreError(f"the database cannot be read: {error}") from error


def _nothing() -> None:
    """Tell nobody."""


def _engine(path: Path, *, reads: bool) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={
            "isolation_level": None,  # transactions begin where this module says so
            "timeout": BUSY_MS / 1000,
            "check_same_thread": False,
        },
        poolclass=QueuePool,
        pool_size=_READERS_MOST if reads else 1,
        max_overflow=_READERS_MOST if reads else 0,
    )
    event.listen(engine, "connect", _prepare_reader if reads else _prepare_writer)
    event.listen(engine, "begin", _begin_reading if reads else _begin_writing)
    return engine


def _begin_reading(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_writing(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _prepare(connection: sqlite3.Connection) -> None:
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # an answered request outlives a power cut
        f"busy_timeout={BUSY_MS}",
        "foreign_keys=ON",
        "secure_delete=ON",  # what is deleted is gone from the file too
        "trusted_schema=OFF",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_writer(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    _prepare(connection)


def _prepare_reader(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    _prepare(connection)
    connection.execute("PRAGMA query_only=ON")
