"""The inside of a worker process: takes chunks of items, answers them, dies with its parent."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread
from typing import Any, Protocol

from eikona.domain.errors import EikonaError, OutOfMemoryError

IDLE = -1  # in place of an item's number while a worker computes nothing
OUT_OF_MEMORY_EXIT = 97  # exit status of a worker that could not even take its next chunk
BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")

Chunk = list[tuple[int, Any]]  # number and item
Answer = tuple[int, bool, Any]  # number, whether it went well, value or error


class Marker(Protocol):
    """A whole number in memory that parent and worker share."""

    value: int


def use_one_thread_each() -> None:
    """Keep NumPy from starting threads: processes are what runs in parallel.

    Works only before NumPy is imported, and leaves alone what the caller has set.
    """
    for name in BLAS_THREADS:
        os.environ.setdefault(name, "1")


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back while a process starts, so that it never meets one half-way."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def serve(
    *,
    function: Callable[[Any], Any],
    tasks: Connection,
    results: Connection,
    current: Marker,
    uncapped: Marker,
    max_memory_bytes: int | None,
    inherited: Iterable[Connection],
) -> None:
    """Answer chunks until the parent is gone.

    Args:
        function: what to do with each item.
        tasks: where chunks come from.
        results: where the seconds spent and the answers of each chunk go.
        current: number of the item that is being computed, so that the parent can name it when
            this process dies of it.
        uncapped: set to 1 where the system refuses to bound this process's memory.
        max_memory_bytes: address space that this process may have, in bytes.
        inherited: the parent's ends of pipes, which a fork copies: while any copy of one is open,
            the parent's death does not show.
    """
    for end in inherited:
        end.close()
    _ignore_interrupts()
    use_one_thread_each()
    if max_memory_bytes is not None and not _limit_memory(max_memory_bytes):
        uncapped.value = 1
    inbox: SimpleQueue[Chunk] = SimpleQueue()
    try:
        Thread(target=_receive, args=(tasks, inbox), daemon=True).start()
    except (RuntimeError, MemoryError):  # there is no room for its stack
        os._exit(OUT_OF_MEMORY_EXIT)
    while True:
        chunk = inbox.get()
        started = time.perf_counter()
        answers: list[Answer] = []
        for number, item in chunk:
            current.value = number
            answers.append((number, *_attempt(function, item)))
            current.value = IDLE
        results.send((time.perf_counter() - started, answers))


def _receive(tasks: Connection, inbox: SimpleQueue[Chunk]) -> None:
    """Pass chunks on, and end the process, whatever it is doing, when the parent is gone.

    A thread of its own empties the pipe at all times: parent and worker can never wait for each
    other with both pipes full.
    """
    try:
        while True:
            inbox.put(tasks.recv())
    except MemoryError:
        os._exit(OUT_OF_MEMORY_EXIT)
    except (EOFError, OSError):
        os._exit(0)


def _attempt(function: Callable[[Any], Any], item: object) -> tuple[bool, object]:
    try:
        return True, function(item)
    except EikonaError as error:
        return False, error
    except MemoryError:
        return False, OutOfMemoryError(
            "the picture needs more memory than a worker may have: raise that limit if you trust it"
        )
    except Exception as error:  # noqa: BLE001  a defect that one picture shows must not stop the rest
        kind = type(error).__name__
        return False, EikonaError(f"unexpected {kind}, a defect in Eikona: {error}")


def _ignore_interrupts() -> None:
    """Leave Ctrl-C, which reaches every process of the terminal, to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _limit_memory(max_bytes: int) -> bool:
    """Bound this process's address space, and tell whether the system lets us."""
    if sys.platform == "win32":
        return False
    import resource  # noqa: PLC0415  not on Windows

    try:
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        soft = max_bytes if hard == resource.RLIM_INFINITY else min(max_bytes, hard)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    except (ValueError, OSError):
        return False
    return True
