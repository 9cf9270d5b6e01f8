"""One worker process as its parent sees it: two pipes, and a number that says what it is at."""

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from eikona.adapters.worker import (
    IDLE,
    OUT_OF_MEMORY_EXIT,
    Chunk,
    Marker,
    interrupts_held,
    serve,
)
from eikona.domain.errors import DecoderCrashedError, EikonaError, OutOfMemoryError


@dataclass(slots=True, eq=False)
class WorkerProcess:
    """A process that was started and not ended.

    Attributes:
        process: the process itself.
        tasks: where chunks go in.
        results: where their answers come out; at its end when the process is dead.
        current: number of the item that is being computed, or ``IDLE``.
        uncapped: 1 where the system refuses to bound its memory.
        chunks: what was sent and is not answered, oldest first.
        seen: what ``current`` said when the clock was last looked at.
        seen_since: when it first said so.
    """

    process: BaseProcess
    tasks: Connection
    results: Connection
    current: Marker
    uncapped: Marker
    chunks: deque[Chunk] = field(default_factory=deque)
    seen: int = IDLE
    seen_since: float = 0.0

    @classmethod
    def start(
        cls,
        function: Callable[[Any], Any],
        *,
        start_method: str,
        max_memory_bytes: int | None,
        siblings: Iterable["WorkerProcess"],
    ) -> "WorkerProcess":
        """Start a process that serves ``function``; ``siblings`` are those that run already."""
        if start_method != "fork":
            # It would let Ctrl-C through again if it started while that is held back below.
            resource_tracker.ensure_running()
        context: Any = multiprocessing.get_context(start_method)
        task_end, tasks = context.Pipe(duplex=False)
        results, result_end = context.Pipe(duplex=False)
        current = context.RawValue("q", IDLE)
        uncapped = context.RawValue("b", 0)
        inherited = [tasks, results]
        for sibling in siblings:
            inherited += [sibling.tasks, sibling.results]
        process = context.Process(
            target=serve,
            kwargs={
                "function": function,
                "tasks": task_end,
                "results": result_end,
                "current": current,
                "uncapped": uncapped,
                "max_memory_bytes": max_memory_bytes,
                "inherited": inherited if start_method == "fork" else (),
            },
            daemon=True,
        )
        with interrupts_held():
            process.start()
            task_end.close()
            result_end.close()
        return cls(process, tasks, results, current, uncapped)

    def kill(self) -> None:
        """End the process at once; what it has answered can still be read."""
        self.process.kill()
        self.process.join()

    def close(self) -> None:
        """Let go of a process that was killed."""
        self.tasks.close()
        self.results.close()
        self.process.close()

    def cause_of_death(self) -> EikonaError:
        """Return the error of the item that a dead process was at."""
        if self.process.exitcode == OUT_OF_MEMORY_EXIT:
            return OutOfMemoryError("a worker had no memory left: raise its limit")
        return DecoderCrashedError(f"the process that decoded this image {self.how_it_ended()}")

    def how_it_ended(self) -> str:
        """Say it of a dead process, as the end of a sentence."""
        status = self.process.exitcode
        if status == OUT_OF_MEMORY_EXIT:
            return "had no memory left"
        if status is not None and status < 0:
            return f"was ended by {signal.Signals(-status).name}"
        return f"ended with status {status}"
