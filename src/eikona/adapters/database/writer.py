"""One thread that writes: callers queue, what waits together is committed together.

SQLite has one writer at a time, and turns others away once they have waited too long. Here nobody
is turned away: pieces of work run one after the other, each in a savepoint of its own, and one
commit, with one flush of the disk, serves all that were waiting.
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from eikona.domain.errors import OverloadedError, StoreError

_WAITING_MOST = 2000  # pieces of work; more than that and callers are sent away at once
_TOGETHER_MOST = 128  # pieces of work in one commit
_END_S = 30.0

Value = TypeVar("Value")


@dataclass(slots=True)
class _Job:
    work: Callable[[Connection], Any]
    answer: "Future[Any]" = field(default_factory=Future)


class Writer:
    """For any thread."""

    def __init__(self, engine: Engine, committed: Callable[[], None]) -> None:
        """Begin to write through connections of ``engine``.

        Args:
            engine: whose transactions begin with the right to write.
            committed: called after each commit.
        """
        self._committed = committed
        self._engine = engine
        self._jobs: queue.Queue[_Job | None] = queue.Queue(_WAITING_MOST)
        self._turn = threading.Lock()
        self._is_open = True
        self._thread = threading.Thread(target=self._run, name="database writer", daemon=True)
        self._thread.start()

    def run(self, work: Callable[[Connection], Value]) -> Value:
        """Do a piece of work, and return what it returns once that is on disk.

        Args:
            work: must change nothing but the database: a commit that fails undoes only that.

        Raises:
            OverloadedError: too much waits already; nothing was done.
            StoreError: the database refuses; nothing was done.
        """
        job = _Job(work)
        with self._turn:
            if not self._is_open:
                raise StoreError("the server is ending")
            try:
                self._jobs.put_nowait(job)
            except queue.Full:
                raise OverloadedError("too much is waiting to be written: try again") from None
        answer: Value = job.answer.result()
        return answer

    def waiting(self) -> int:
        """Return how many pieces of work wait."""
        return self._jobs.qsize()

    def close(self) -> None:
        """Do what waits, then end."""
        with self._turn:
            if not self._is_open:
                return
            self._is_open = False
        self._jobs.put(None)
        self._thread.join(_END_S)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            taken = [job]
            try:
                done = self._do_all(taken)
            except Exception as error:  # noqa: BLE001  whatever it was, callers wait for an answer
                for job in taken:
                    if not job.answer.done():
                        job.answer.set_exception(_refused(error))
                continue
            for job, value in done:
                job.answer.set_result(value)
            self._committed()

    def _do_all(self, taken: list[_Job]) -> list[tuple[_Job, Any]]:
        """Do what waits and commit it; return what each piece of work gave."""
        done: list[tuple[_Job, Any]] = []
        with self._engine.begin() as connection:
            while True:
                _do(connection, taken[-1], done)
                if len(taken) == _TOGETHER_MOST or (job := self._next()) is None:
                    return done
                taken.append(job)

    def _next(self) -> _Job | None:
        try:
            job = self._jobs.get_nowait()
        except queue.Empty:
            return None
        if job is None:
            self._jobs.put(None)  # the last: nothing is put after it
        return job


def _do(connection: Connection, job: _Job, done: list[tuple[_Job, Any]]) -> None:
    savepoint = connection.begin_nested()
    try:
        value = job.work(connection)
    except BaseException as error:  # noqa: BLE001  it is raised again where it was asked for
        savepoint.rollback()
        job.answer.set_exception(error)
        return
    savepoint.commit()
    done.append((job, value))


def _refused(error: Exception) -> StoreError:
    refused = StoreError(f"the database refuses to write: {error}")
    refused.__cause__ = error
    return refused
