"""The SQLite file of a cache: made private, opened by one process a time, moved aside if damaged.

Readers and writers of several processes meet in SQLite's write-ahead log. Only opening, and putting
a new file in place of a damaged one, need a lock of our own: it is on a file beside the cache.
"""

import os
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from eikona.domain.errors import UsageError

Notify = Callable[[str], None]

_BUSY_S = 5.0  # how long another process's write is waited for
_PRIVATE_FILE, _PRIVATE_FOLDER = 0o600, 0o700
# What SQLite says of a file that is torn, no database, or without the tables it should have.
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_PRIMARY_CODE = 0xFF  # of an extended error code


@dataclass(frozen=True, slots=True)
class Layout:
    """What a cache file is known by, and how its tables are made.

    Attributes:
        application_id: SQLite's mark of whose file this is.
        version: of the tables.
        tables: SQL that makes them.
    """

    application_id: int
    version: int
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CacheFile:
    """An open cache.

    Attributes:
        connection: in autocommit mode.
        identity: device and inode, to tell later whether the path still means this file.
    """

    path: Path
    connection: sqlite3.Connection
    identity: tuple[int, int]


def open_cache_file(path: Path, layout: Layout, notify: Notify) -> CacheFile:
    """Open a cache, or make it where there is none or a damaged one.

    Args:
        path: of the cache; missing folders are made.
        layout: what it should hold.
        notify: told in a sentence where a damaged file was moved to.

    Raises:
        UsageError: it is a healthy database of another program.
        OSError: it cannot be made, read or written.
        sqlite3.Error: the same, as SQLite says it.
    """
    path.parent.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
    with _alone(path):
        try:
            return _open(path, layout)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
        _move_aside(path, notify)
        return _open(path, layout)


def replace_damaged(damaged: CacheFile, layout: Layout, notify: Notify) -> CacheFile:
    """Close a cache that proved damaged, and open a new one in its place.

    Raises:
        UsageError, OSError, sqlite3.Error: as for ``open_cache_file``.
    """
    damaged.connection.close()
    with _alone(damaged.path):
        # Another process may have replaced it already: then its new file must stay.
        if damaged.path.exists() and _identity(damaged.path) == damaged.identity:
            _move_aside(damaged.path, notify)
    return open_cache_file(damaged.path, layout, notify)


def is_damage(error: sqlite3.Error) -> bool:
    """Whether an error means that the file does not hold what it should."""
    return _code(error) in _DAMAGE


def is_busy(error: sqlite3.Error) -> bool:
    """Whether an error means that another process is writing for too long."""
    return _code(error) in _BUSY


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE


def _open(path: Path, layout: Layout) -> CacheFile:
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE))
    elif not stat.S_ISREG(path.stat().st_mode):
        raise OSError("it is not a regular file")
    connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
    try:
        connection.text_factory = _lenient
        _prepare(connection, layout, path)
    except BaseException:
        connection.close()
        raise
    return CacheFile(path, connection, _identity(path))


def _prepare(connection: sqlite3.Connection, layout: Layout, path: Path) -> None:
    (mark,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if (mark, version, tables) == (0, 0, 0):
        _make_tables(connection, layout)
    elif mark != layout.application_id:
        raise UsageError(f"{path} is a database of another program: name another file")
    elif version != layout.version:
        error = sqlite3.DatabaseError(f"of layout {version}")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error
    connection.execute("PRAGMA synchronous = NORMAL")  # a crash costs entries, never the file
    connection.execute("PRAGMA trusted_schema = OFF")


def _make_tables(connection: sqlite3.Connection, layout: Layout) -> None:
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    for statement in layout.tables:
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {layout.application_id:d}")
    connection.execute(f"PRAGMA user_version = {layout.version:d}")
    connection.execute("COMMIT")


def _move_aside(path: Path, notify: Notify) -> None:
    aside, number = path.with_name(f"{path.name}.damaged"), 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.damaged-{number}")
    path.replace(aside)
    for ending in ("-wal", "-shm"):  # SQLite would read them as parts of the new file
        part = path.with_name(path.name + ending)
        if part.exists():
            part.replace(aside.with_name(aside.name + ending))
    notify(f"the cache {path} was damaged: moved to {aside.name}, and begun anew")


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep every other process from opening or replacing the cache, where there are locks."""
    if sys.platform == "win32":
        yield
        return
    import fcntl  # noqa: PLC0415  not on Windows

    lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, _PRIVATE_FILE)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def _lenient(data: bytes) -> str:
    return data.decode(errors="replace")
