"""Receipts on a node's disk: one SQLite file, compressed, found by case or by place in the log."""

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
            self._whole = self._first_gap(0)
        except (sqlite3.Error, OSError) as error:
            raise QuorumError(f"{path} is no archive of receipts: {error}") from error

    @property
    def whole(self) -> int:
        """How many receipts from the first one on there are without a gap."""
        return self._whole

    def __contains__(self, position: int) -> bool:
        """Return whether the receipt of a decision is there."""
        return self._get("SELECT 1 FROM receipts WHERE position = ?", position) is not None

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
                self._file.execute("COMMIT")
                self._whole = self._first_gap(self._whole)
            except sqlite3.Error as error:
                if self._file.in_transaction:
                    self._file.execute("ROLLBACK")
                raise QuorumError(f"receipts cannot be kept: {error}") from error

    def of_case(self, name: str) -> bytes | None:
        """Return the content of a case's receipt, if it is there."""
        packed = self._get("SELECT receipt FROM receipts WHERE name = ?", name)
        if not isinstance(packed, bytes):
            return None
        return zlib.decompressobj().decompress(packed, RECEIPT_BYTES_MOST)

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
