"""Does the parts of one job, on several threads if asked to."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_FEWEST_COMPARISONS = 25_000_000  # of two codes, 5 ms: below, threads cost more than they save
_FETCHED = 3  # comparisons: as long as fetching a code takes, for one query or for many

Part = TypeVar("Part")
Result = TypeVar("Result")


def threads_for(comparisons: int, codes: int = 0) -> int:
    """Return how many threads pay: one, or one a core.

    Args:
        comparisons: of two codes, that are to be made.
        codes: that may have to be fetched from memory for it, once each.
    """
    if comparisons + _FETCHED * codes < _FEWEST_COMPARISONS:
        return 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def do_parts(
    function: Callable[[Part], Result], parts: Sequence[Part], threads: int
) -> list[Result]:
    """Return ``function`` of each part, in the order of the parts whatever order they are done in.

    Args:
        function: lets other threads run while it works.
        parts: of the job.
        threads: at most; with 1, or one part, no thread is started.
    """
    if threads <= 1 or len(parts) <= 1:
        return [function(part) for part in parts]
    with ThreadPoolExecutor(min(threads, len(parts))) as pool:
        return list(pool.map(function, parts))


def cut(size: int, pieces: int, multiple: int = 1) -> list[tuple[int, int]]:
    """Return where to cut ``size`` things into at most so many even pieces, none of them empty.

    All pieces but the last are multiples of ``multiple``.
    """
    if size == 0:
        return []
    step = -(-size // max(1, pieces))
    step = -(-step // multiple) * multiple
    return [(begin, min(size, begin + step)) for begin in range(0, size, step)]
