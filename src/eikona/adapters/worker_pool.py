"""Runs a function over many items in worker processes that an item may kill, answers in order.

``multiprocessing.Pool`` hangs for ever and ``ProcessPoolExecutor`` gives up the whole run when a
worker dies. Here a worker that dies or takes too long costs the one item it was at: that item
fails by name, another worker takes its place, and the rest goes on.

Items travel in chunks of a few milliseconds of work, one chunk ahead of what each worker does.
"""

import itertools
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import connection
from typing import Any, Generic, TypeVar

from eikona.adapters.worker import IDLE, Answer, Chunk
from eikona.adapters.worker_process import WorkerProcess
from eikona.domain.errors import DecodeTimeoutError, EikonaError

Item = TypeVar("Item")
Value = TypeVar("Value")

_CHUNK_S = 0.02  # seconds of work that one chunk should be
_CHUNK_ITEMS = 8  # and never more items than this, since their cost is not known beforehand
_CHUNKS_EACH = 2  # chunks a worker holds: the one it computes and one that waits in the pipe
_WINDOW_PER_JOB = 256  # items that may be finished or begun ahead of the next one in order
_POLL_S = 0.25  # how often clocks are looked at while no answer comes
_IDLE_DEATHS = 5  # workers that may die in a row without having begun an item


@dataclass(frozen=True, slots=True)
class Done(Generic[Item, Value]):
    """What the function returned for one item."""

    item: Item
    value: Value


@dataclass(frozen=True, slots=True)
class Failed(Generic[Item]):
    """Why one item has no value."""

    item: Item
    error: EikonaError


def usable_cpus() -> int:
    """Return how many processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def default_start_method() -> str:
    """Return how to start workers here.

    Fork is the quickest by far (a worker is there in milliseconds with NumPy already loaded) and
    sound on Linux as long as the process has one thread: a lock that another thread holds would
    stay locked in the child. With more threads a fork server, which has one thread, does it.
    Elsewhere system libraries do not survive a fork, so workers start from nothing.
    """
    if sys.platform != "linux":
        return "spawn"
    return "fork" if threading.active_count() == 1 else "forkserver"


def run_in_workers(
    function: Callable[[Item], Value],
    items: Iterable[Item | Done[Item, Value] | Failed[Item]],
    *,
    jobs: int | None = None,
    timeout_s: float = 60.0,
    max_memory_bytes: int | None = None,
    start_method: str | None = None,
) -> Generator[Done[Item, Value] | Failed[Item], None, None]:
    """Yield what ``function`` makes of each item, in the order of ``items``.

    Items are taken as workers become free, never all at once. Close the generator to end the
    workers early; they also end when this process does, however it ends.

    Args:
        function: called in a worker; must be picklable, as must items and values.
        items: what to call it with; a ``Done`` or ``Failed`` among them is an answer that is known
            already, and keeps its place.
        jobs: most workers at one time; None for one a usable processor.
        timeout_s: seconds that one item may take.
        max_memory_bytes: address space of each worker, in bytes; where the system refuses to
            bound it, a warning is logged once and the run goes on.
        start_method: ``fork``, ``spawn`` or ``forkserver``; None for the best one here.

    Yields:
        ``Done``, or ``Failed`` with the function's own ``EikonaError``, ``DecoderCrashedError``
        where the worker died, ``DecodeTimeoutError`` or ``OutOfMemoryError``.

    Raises:
        EikonaError: workers die before they begin.
        OSError: the system starts no more processes.
    """
    run = _Run(
        function=function,
        items=enumerate(items),
        jobs=jobs or usable_cpus(),
        timeout_s=timeout_s,
        max_memory_bytes=max_memory_bytes,
        start_method=start_method or default_start_method(),
    )
    try:
        yield from run.answers()
    finally:
        run.stop()


@dataclass(slots=True)
class _Run:
    """All that is under way between one iterable and its answers."""

    function: Callable[[Any], Any]
    items: "enumerate[Any]"
    jobs: int
    timeout_s: float
    max_memory_bytes: int | None
    start_method: str
    workers: list[WorkerProcess] = field(default_factory=list)
    again: deque[tuple[int, Any]] = field(default_factory=deque)  # items whose worker died
    finished: dict[int, Done[Any, Any] | Failed[Any]] = field(default_factory=dict)
    taken: int = 0  # items taken from ``items``
    given: int = 0  # answers yielded
    item_s: float = _CHUNK_S  # what an item costs, smoothed
    idle_deaths: int = 0
    warned: bool = False  # that the memory of workers is not bounded

    def answers(self) -> Generator[Done[Any, Any] | Failed[Any], None, None]:
        while True:
            self._feed()
            while (answer := self.finished.pop(self.given, None)) is not None:
                self.given += 1
                yield answer
            if self.given == self.taken:
                self._feed()
                if self.given == self.taken:
                    return
            if self.given not in self.finished:
                self._wait()

    def stop(self) -> None:
        while self.workers:
            worker = self.workers.pop()
            worker.kill()
            worker.close()

    def _feed(self) -> None:
        """Give every worker work, new workers included."""
        for depth in range(_CHUNKS_EACH):
            for slot in range(self.jobs):
                if slot < len(self.workers) and len(self.workers[slot].chunks) > depth:
                    continue
                chunk = self._next_chunk()
                if not chunk:
                    return
                self._give(slot, chunk)

    def _next_chunk(self) -> Chunk:
        size = max(1, min(_CHUNK_ITEMS, int(_CHUNK_S / self.item_s)))
        if self.again:
            return [self.again.popleft()]
        room = self.given + _WINDOW_PER_JOB * self.jobs - self.taken
        chunk: Chunk = []
        for number, item in itertools.islice(self.items, max(0, room)):
            self.taken += 1
            if isinstance(item, Done | Failed):
                self.finished[number] = item
                continue
            chunk.append((number, item))
            if len(chunk) == size:
                break
        return chunk

    def _give(self, slot: int, chunk: Chunk) -> None:
        if slot == len(self.workers):
            self.workers.append(
                WorkerProcess.start(
                    self.function,
                    start_method=self.start_method,
                    max_memory_bytes=self.max_memory_bytes,
                    siblings=self.workers,
                )
            )
        worker = self.workers[slot]
        worker.chunks.append(chunk)
        with suppress(BrokenPipeError, ConnectionResetError):  # it died: its end is seen in _wait
            worker.tasks.send(chunk)

    def _wait(self) -> None:
        """Take what answers there are, waiting a moment for the first, and mind the clocks."""
        by_pipe = {worker.results: worker for worker in self.workers}
        for pipe in connection.wait(list(by_pipe), timeout=min(_POLL_S, self.timeout_s / 4)):
            worker = by_pipe[pipe]  # type: ignore[index]  # only these were waited for
            if not self._take(worker):
                self._replace(worker, None)
        now = time.monotonic()
        for worker in list(self.workers):
            number = worker.current.value
            if number != worker.seen:
                worker.seen, worker.seen_since = number, now
            elif number != IDLE and now - worker.seen_since > self.timeout_s:
                self._replace(
                    worker,
                    DecodeTimeoutError(f"decoding took longer than {self.timeout_s:g} s"),
                )

    def _take(self, worker: WorkerProcess) -> bool:
        """Book the answers of one chunk; False where the worker is dead instead."""
        try:
            spent_s, answers = worker.results.recv()
        except (EOFError, OSError):
            return False
        if worker.uncapped.value and not self.warned:
            self.warned = True
            _warn_of_no_cap()
        chunk = worker.chunks.popleft()
        self._book(chunk, answers)
        self.item_s += 0.2 * (spent_s / len(chunk) - self.item_s)
        self.idle_deaths = 0
        return True

    def _book(self, chunk: Chunk, answers: list[Answer]) -> None:
        for (_, item), (number, well, outcome) in zip(chunk, answers, strict=True):
            self.finished[number] = Done(item, outcome) if well else Failed(item, outcome)

    def _replace(self, worker: WorkerProcess, error: EikonaError | None) -> None:
        """Put a new worker where one died, blame the item it was at, do its other items again."""
        worker.kill()
        while worker.chunks and self._take(worker):
            pass  # what it had answered before it died is good
        blamed, end = worker.current.value, worker.how_it_ended()
        error = error or worker.cause_of_death()
        for number, item in itertools.chain.from_iterable(worker.chunks):
            if number == blamed:
                self.finished[number] = Failed(item, error)
                self.idle_deaths = 0
            else:
                self.again.append((number, item))
        self.again = deque(sorted(self.again, key=lambda pair: pair[0]))
        self.workers.remove(worker)
        worker.close()
        if blamed == IDLE:
            self.idle_deaths += 1
        if self.idle_deaths > _IDLE_DEATHS:
            raise EikonaError(
                f"worker processes die before they begin, the last one {end}: have fewer of them,"
                " or let each have more memory"
            )


def _warn_of_no_cap() -> None:
    import logging  # noqa: PLC0415  hardly ever needed

    logging.getLogger(__name__).warning(
        "the system refuses to bound the memory of worker processes: they run without that limit"
    )
