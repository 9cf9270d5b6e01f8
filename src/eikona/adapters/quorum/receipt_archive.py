"""Receipts on a node's disk: one SQLite file, compressed, found by case or by place in the log.

How many there are without a gap stands in the file's ``user_version``: to count them anew at each
start would read all of them.
"""

import sqlite3
import threading
import zlib
from collections.abc import Iterable
from pathlib import Path

from eikona.balloting.receipts import RECEIPT_BYTES_MOST, receipt_bytes
from eikona.domain.errors import QuorumError
from eikona.domain.receipt import Receipt

_TABLE = (
    "CREATE TABLE IF NOT EXISTS receipts"
    " (position INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, receipt BLOB NOT NULL)"
)


class ReceiptArchive:
    """For any thread; what ``add`` returned from outlives a power cut."""

    def __init__(self, path: Path) -> None:
        """Open an archive, or begin one.

        Raises:
            QuorumError: the file cannot be used.
        """
        self._lock = threading.Lock()
        try:
            path.touch(mode=0o600, exist_ok=True)
            self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._file.execute("PRAGMA journal_mode=WAL")
            self._file.execute("PRAGMA synchronous=FULL")
            self._file.execute(_TABLE)
            (said,) = self._file.execute("PRAGMA user_version").fetchone()
            self._whole = self._first_gap(said)
        except (sqlite3.Error, OSError) as error:
            raise QuorumError(f"{path} is no archive of receipts: {error}") from error

    @property
    def whole(self) -> int:
        """How many receipts from the first one on there are without a gap."""
        return self._whole

    def __contains__(self, position: int) -> bool:
        """Return whether the receipt of a decision is there."""
        return self._get("SELECT 1 FROM receipts WHERE position = ?", position) is not None

    @property
    def after_gap(self) -> int | None:
        """Position of the first receipt behind the first gap; None where there is no such one."""
        query = "SELECT min(position) FROM receipts WHERE position >= ?"
        found = self._get(query, self._whole)
        return found if isinstance(found, int) else None

    def add(self, receipts: Iterable[Receipt]) -> None:
        """Keep receipts; those of decisions that are there are passed by.

        Raises:
            QuorumError: they cannot be written.
        """
        rows = [
            (
                one.decision.position,
                one.decision.case.submission.id,
                zlib.compress(receipt_bytes(one)),
            )
            for one in receipts
        ]
        with self._lock:
            try:
                self._file.execute("BEGIN")
                self._file.executemany("INSERT OR IGNORE INTO receipts VALUES (?, ?, ?)", rows)
                whole = self._first_gap(self._whole)
                self._file.execute(f"PRAGMA user_version = {whole:d}")
                self._file.execute("COMMIT")
                self._whole = whole
            except sqlite3.Error as error:
                if self._file.in_transaction:
                    self._file.execute("ROLLBACK")
                raise QuorumError(f"receipts cannot be kept: {error}") from error

    def of_case(self, name: str) -> bytes | None:
        """Return the content of a case's receipt, if it is there."""
        return _unpacked(self._get("SELECT receipt FROM receipts WHERE name = ?", name))

    def at(self, position: int) -> bytes | None:
        """Return the content of the receipt at a place of the log, if it is there."""
        return _unpacked(self._get("SELECT receipt FROM receipts WHERE position = ?", position))

    def before(self, position: int, *, most_bytes: int) -> list[bytes]:
        """Return the receipts right before a place of the log, newest first, without a gap.

        Args:
            position: the first one that is not wanted any more.
            most_bytes: of all together; one receipt may be longer.
        """
        found: list[bytes] = []
        while (content := self.at(position - len(found) - 1)) is not None:
            most_bytes -= len(content)
            if found and most_bytes < 0:
                break
            found.append(content)
        return found

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._file.close()

    def _get(self, query: str, value: str | int) -> object:
        with self._lock:
            row = self._file.execute(query, (value,)).fetchone()
        return None if row is None else row[0]

    def _first_gap(self, start: int) -> int:
        rows = self._file.execute(
            "SELECT position FROM receipts WHERE position >= ? ORDER BY position", (start,)
        )
        for (position,) in rows:
            if position != start:
                break
            start += 1
        return start


def _unpacked(packed: object) -> bytes | None:
    if not isinstance(packed, bytes):
        return None
    return zlib.decompressobj().decompress(packed, RECEIPT_BYTES_MOST)
