"""Fingerprints of files that were looked at before, so that what is unchanged need not be decoded.

Which file is that of last time, ``file_look`` says. What else decides a fingerprint (decode mode,
algorithms with their versions, limits) comes as one digest.

Errors are kept as well where reading the file again would bring the same: not those of time or
memory. They hold only for the version of Eikona and of the decoder that met them.

A cache never stands in the way: where it is damaged it is begun anew, where it cannot be read or
written the work goes on without it, and either is said.
"""

import functools
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from eikona.adapters.cache_file import (
    CacheFile,
    Layout,
    Notify,
    is_busy,
    is_damage,
    open_cache_file,
    replace_damaged,
)
from eikona.adapters.file_look import Look, look_at
from eikona.adapters.fingerprint_codec import decode, encode
from eikona.domain.errors import (
    DecoderCrashedError,
    DecodeTimeoutError,
    EikonaError,
    EmptySourceError,
    InvalidFingerprintError,
    InvalidImageError,
    OutOfMemoryError,
    UnsupportedFormatError,
)
from eikona.domain.fingerprint import Fingerprint

_LAYOUT = Layout(
    application_id=int.from_bytes(b"EkFp"),
    version=1,
    tables=(
        """CREATE TABLE pictures (
            id INTEGER PRIMARY KEY,
            settings BLOB NOT NULL,
            path BLOB NOT NULL,
            stamp TEXT NOT NULL,
            used INTEGER NOT NULL,
            fingerprint BLOB,
            code TEXT,
            message TEXT,
            maker TEXT,
            UNIQUE (settings, path)
        )""",
        "CREATE INDEX by_use ON pictures (used)",
    ),
)
_INSERT = (
    "INSERT OR REPLACE INTO pictures"
    " (settings, path, stamp, used, fingerprint, code, message, maker)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_ROWS_AT_ONCE = 500  # names in one query
_FLUSH_ROWS = 256
_FLUSH_S = 1.0  # what a crash may cost
_TRIM_EVERY = 64  # flushes
_TRIM_TO = 0.9  # of the bound, so that it is not reached again at once
_DAY_NS = 86_400 * 10**9
_LASTING = (InvalidImageError, EmptySourceError)
_PASSING = (  # another run, or another installation, may do better
    DecoderCrashedError,
    DecodeTimeoutError,
    OutOfMemoryError,
    UnsupportedFormatError,
)
Value = TypeVar("Value")


@dataclass(slots=True)
class FingerprintCache:
    """An open cache for one kind of fingerprint.

    Attributes:
        path: of its file.
        settings: digest of all that decides a fingerprint besides the file.
        maker: versions of what decodes; errors of others are not believed.
        notify: told in a sentence when something is wrong with the cache.
        max_bytes: how large its file may grow; what was not used for longest goes first.
        needs_features: whether local features are asked for: a fingerprint that was kept without
            is not known then, and one that was kept with them comes without where they are not.
        now_ns: the clock, nanoseconds since 1970.
    """

    path: Path
    settings: bytes
    maker: str
    notify: Notify
    max_bytes: int
    needs_features: bool = False
    now_ns: Callable[[], int] = time.time_ns
    _file: CacheFile | None = field(default=None, init=False)
    _rows: list[tuple[object, ...]] = field(default_factory=list, init=False)
    _used: list[int] = field(default_factory=list, init=False)
    _flushed_at: float = field(default_factory=time.monotonic, init=False)
    _flushes: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Open the file.

        Raises:
            UsageError: it is a database of another program.
        """
        try:
            self._file = open_cache_file(self.path, _LAYOUT, self.notify)
        except (OSError, sqlite3.Error) as error:
            self._give_up(error)

    def recall(
        self, paths: Sequence[str]
    ) -> list[tuple[Look | None, Fingerprint | EikonaError | None]]:
        """Look at files, and return what is known of each as it is now.

        Returns:
            For each path the look at it, None where there is no file to look at; and what it came
            to last time, None where that is not known.
        """
        looks = [look_at(path, self.now_ns()) for path in paths]
        known: dict[bytes, Fingerprint | EikonaError] = {}
        sought = [look for look in looks if look is not None]
        for start in range(0, len(sought), _ROWS_AT_ONCE):
            some = {look.path: look.stamp for look in sought[start : start + _ROWS_AT_ONCE]}
            known |= self._attempt(functools.partial(self._known, stamps=some)) or {}
        return [(look, known.get(look.path) if look else None) for look in looks]

    def keep(self, look: Look | None, value: Fingerprint | EikonaError) -> None:
        """Note what a file came to that was looked at before it was read."""
        if look is None or not look.settled:
            return
        result: tuple[object, ...]
        if isinstance(value, Fingerprint):
            result = (encode(value), None, None, None)
        elif isinstance(value, _LASTING) and not isinstance(value, _PASSING):
            result = (None, value.code, str(value), self.maker)
        else:
            return
        self._rows.append((self.settings, look.path, look.stamp, self._today(), *result))
        if len(self._rows) >= _FLUSH_ROWS or time.monotonic() - self._flushed_at > _FLUSH_S:
            self._flush()

    def close(self) -> None:
        """Put everything on the disk, and let go of the file."""
        self._flush()
        self._attempt(self._trim)
        if self._file is not None:
            self._file.connection.close()
            self._file = None

    def _known(
        self, database: sqlite3.Connection, stamps: dict[bytes, str]
    ) -> dict[bytes, Fingerprint | EikonaError]:
        places = ",".join("?" * len(stamps))
        rows = database.execute(
            "SELECT id, path, stamp, used, fingerprint, code, message, maker FROM pictures"  # noqa: S608  question marks
            f" WHERE settings = ? AND path IN ({places})",
            (self.settings, *stamps),
        )
        today = self._today()
        known: dict[bytes, Fingerprint | EikonaError] = {}
        for number, path, stamp, used, data, code, message, maker in rows:
            if stamps[path] != stamp or (data is None and maker != self.maker):
                continue
            value = _fingerprint(data) if data is not None else _error(code, message)
            if isinstance(value, Fingerprint):
                value = self._as_needed(value)
            if value is not None:
                known[path] = value
                if used != today:
                    self._used.append(number)
        return known

    def _as_needed(self, value: Fingerprint) -> Fingerprint | None:
        """Return what a run without a cache would make, as far as it is known."""
        if self.needs_features:
            return None if value.local_features is None else value
        return value if value.local_features is None else replace(value, local_features=None)

    def _flush(self) -> None:
        rows, used = self._rows, self._used
        self._rows, self._used, self._flushed_at = [], [], time.monotonic()
        if rows or used:
            self._attempt(lambda database: self._write(database, rows, used))
            self._flushes += 1
            if self._flushes % _TRIM_EVERY == 0:
                self._attempt(self._trim)

    def _write(
        self,
        database: sqlite3.Connection,
        rows: Iterable[tuple[object, ...]],
        used: Iterable[int],
    ) -> None:
        today = self._today()
        _in_transaction(
            database,
            (_INSERT, rows),
            ("UPDATE pictures SET used = ? WHERE id = ?", ((today, number) for number in used)),
        )

    def _trim(self, database: sqlite3.Connection) -> None:
        """Drop what was not used for longest until the file is well within its bound."""
        (page,) = database.execute("PRAGMA page_size").fetchone()
        (pages,) = database.execute("PRAGMA page_count").fetchone()
        (free,) = database.execute("PRAGMA freelist_count").fetchone()
        size = (pages - free) * page
        if size > self.max_bytes:
            (count,) = database.execute("SELECT count(*) FROM pictures").fetchone()
            excess = count - int(count * _TRIM_TO * self.max_bytes / size)
            delete = (
                "DELETE FROM pictures WHERE id IN"
                " (SELECT id FROM pictures ORDER BY used, id LIMIT ?)"
            )
            _in_transaction(database, (delete, [(excess,)]))
        if pages * page > self.max_bytes:
            database.executescript("PRAGMA incremental_vacuum")  # a row a page, without columns

    def _attempt(self, work: Callable[[sqlite3.Connection], Value]) -> Value | None:
        """Do something with the file; where that fails, mend the cache or go on without."""
        if self._file is None:
            return None
        try:
            return work(self._file.connection)
        except sqlite3.Error as error:
            if is_busy(error):
                return None
            if not is_damage(error):
                self._give_up(error)
                return None
        try:
            damaged, self._file = self._file, None
            self._file = replace_damaged(damaged, _LAYOUT, self.notify)
        except (OSError, sqlite3.Error, EikonaError) as error:
            self._give_up(error)
        return None

    def _give_up(self, error: Exception) -> None:
        self.notify(f"the cache {self.path} cannot be used, going on without it: {error}")
        if self._file is not None:
            self._file.connection.close()
            self._file = None

    def _today(self) -> int:
        return self.now_ns() // _DAY_NS


def _in_transaction(
    database: sqlite3.Connection, *statements: tuple[str, Iterable[tuple[object, ...]]]
) -> None:
    database.execute("BEGIN IMMEDIATE")
    try:
        for statement, rows in statements:
            database.executemany(statement, rows)
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


def _fingerprint(data: object) -> Fingerprint | None:
    try:
        return decode(data) if isinstance(data, bytes) else None
    except InvalidFingerprintError:
        return None


def _error(code: object, message: object) -> EikonaError | None:
    """Return the error that was kept; None where this version has no such error."""
    classes: list[type[EikonaError]] = [*_LASTING]
    for kind in classes:
        if kind.code == code:
            return kind(message)
        classes += kind.__subclasses__()
    return None
