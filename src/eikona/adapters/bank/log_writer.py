"""Appends to a bank's log, and makes what was appended last: a few times a second, all at once."""

import os
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from eikona.adapters.bank.log_file import HEAD_BYTES, log_path, pack_head, pack_record
from eikona.adapters.bank.new_file import new_file, sync_folder

SYNC_EVERY_S = 0.005  # how long what was appended may wait for more
_NEW = os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0)


class LogWriter:
    """The one that appends to a log; a thread of its own calls ``fsync``."""

    def __init__(self, bank: Path, number: int, *, mode: int) -> None:
        """Begin a log that no manifest names yet.

        Raises:
            OSError: the disk is full or broken; nothing stays there.
        """
        self.number = number
        self.end = HEAD_BYTES
        path = log_path(bank, number)
        path.unlink(missing_ok=True)
        self._file = os.open(path, _NEW, mode)
        try:
            path.chmod(mode)
            _write(self._file, pack_head(number))
            os.fsync(self._file)
            sync_folder(bank)
        except BaseException:
            os.close(self._file)
            path.unlink(missing_ok=True)
            raise
        self._state = threading.Condition()
        self._wanted = HEAD_BYTES  # up to where there are records that are not marks
        self._safe = HEAD_BYTES
        self._waiting = 0
        self._is_idle = False  # whether the thread waits for something to do
        self._error: OSError | None = None
        self._is_closed = False
        self._thread: threading.Thread | None = None

    def append(self, payload: bytes) -> int:
        """Append a record that outlives this process, and soon a power cut; return where it ends.

        Raises:
            OSError: the disk is full or broken; nothing is appended.
        """
        with self._state:
            self._check()
            record = pack_record(payload, self._safe)
            try:
                _write(self._file, record)
            except BaseException:
                self._cut()
                raise
            self.end += len(record)
            self._wanted = self.end
            if self._thread is None:
                self._thread = threading.Thread(target=self._sync_on, daemon=True)
                self._thread.start()
            if self._is_idle:  # otherwise it comes by itself, and to wake it would take time here
                self._state.notify_all()
            return self.end

    def wait(self) -> None:
        """Return when all that was appended is on the disk for good.

        Raises:
            OSError: it cannot be brought there.
        """
        with self._state:
            wanted = self._wanted
            self._waiting += 1
            self._state.notify_all()
            try:
                while self._safe < wanted and self._error is None:
                    self._state.wait()
            finally:
                self._waiting -= 1
            self._check()

    def close(self) -> None:
        """End the thread; what was appended is made last first, where that is possible."""
        with self._state:
            if self._is_closed:
                return
            self._is_closed = True
            self._state.notify_all()
        if self._thread is not None:
            self._thread.join()
        os.close(self._file)

    def _sync_on(self) -> None:
        while True:
            with self._state:
                self._is_idle = True
                while self._safe >= self._wanted and not self._is_closed:
                    self._state.wait()
                self._is_idle = False
                if self._safe >= self._wanted or self._error is not None:
                    return
                until = time.monotonic() + SYNC_EVERY_S
                while not self._waiting and not self._is_closed:
                    left = until - time.monotonic()
                    if left <= 0 or not self._state.wait(left):
                        break
                wanted = self._wanted
            self._sync(wanted)

    def _sync(self, wanted: int) -> None:
        try:
            os.fsync(self._file)
        except OSError as error:
            with self._state:
                self._error = error
                self._state.notify_all()
            return
        with self._state:
            self._safe = wanted
            if self._wanted == wanted and self._error is None:
                self._mark()
            self._state.notify_all()

    def _mark(self) -> None:
        """Note what is safe behind it, for nothing may follow for long."""
        mark = pack_record(b"", self._safe)
        try:
            _write(self._file, mark)
        except OSError:
            self._cut()
        else:
            self.end += len(mark)
            self._wanted = self._safe = self.end

    def _cut(self) -> None:
        """Take back a record that was written in part."""
        try:
            os.ftruncate(self._file, self.end)
            os.lseek(self._file, self.end, os.SEEK_SET)
        except OSError as error:
            self._error = error

    def _check(self) -> None:
        if self._error is not None:
            raise OSError(self._error.errno, f"the log cannot be written: {self._error.strerror}")


def write_log(bank: Path, number: int, payloads: Iterable[bytes], *, mode: int) -> None:
    """Write a log that says all this, whole or not at all.

    Raises:
        OSError: the disk is full or broken; nothing stays there.
    """
    with new_file(log_path(bank, number), mode=mode) as file:
        file.write(pack_head(number))
        end = HEAD_BYTES
        for payload in payloads:
            end += file.write(pack_record(payload, end))
    sync_folder(bank)


def _write(file: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]
