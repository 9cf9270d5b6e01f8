"""Times searchers on one set of codes, in turns, and holds what they find against the truth."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.index.code_sets import CodeSet
from benchmarks.index.searchers import Pairs, Search, Searcher, Sized, resident_bytes

Row = dict[str, Any]
_TURN_S = 0.4  # for one searcher's single queries, then it is the next one's turn
_QUERIES_A_TURN = 100
_SLOW_S = 20.0  # a batch that takes longer is timed once


@dataclass(slots=True)
class _Built:
    searcher: Searcher
    search: Search
    facts: Row
    alone_ms: dict[int, list[float]] = field(default_factory=dict)  # by threads
    batch_s: dict[int, list[float]] = field(default_factory=dict)
    found: Pairs | None = None


def measure(
    found: Sequence[Searcher],
    codes: CodeSet,
    radius: int,
    rounds: int,
    threads: Sequence[int],
    say: Callable[[str], None],
    together: int = 1,
) -> list[Row]:
    """Return a row for each searcher.

    Single queries, or so many ``together``: milliseconds each, median and 99 %, on one thread and
    on as many as there are. Batches of all queries: seconds, the median of the rounds, by threads.
    Recall is the part of all pairs that
    Eikona's scan finds.
    """
    built = [_build(searcher, codes, threads, say) for searcher in found]
    for one in built:  # untimed: pages are mapped, kernels loaded, results compared
        result = one.search(codes.queries, radius, max(threads))
        one.found = one.searcher.pairs(result) if one.searcher.pairs else None
    truth = next(one.found for one in built if one.searcher.what == "eikona, scan")
    for number in range(rounds):
        say(f"{codes.name}: round {number + 1} of {rounds}")
        for one in built:
            for count in dict.fromkeys((1, max(threads))):
                _time_alone(one, codes.queries, radius, number, together, count)
            for count in threads:
                _time_batch(one, codes.queries, radius, count)
    return [_row(one, codes, radius, truth or set()) for one in built]


def _build(
    searcher: Searcher, codes: CodeSet, threads: Sequence[int], say: Callable[[str], None]
) -> _Built:
    say(f"{codes.name}: {searcher.what}")
    facts: Row = {"index_bytes": 0, "build_s": {}}
    search = None
    for count in threads if searcher.indexes and not searcher.is_slow else threads[-1:]:
        search = None
        before, began = resident_bytes(), time.perf_counter()
        search = searcher.build(codes.rows, count)
        facts["build_s"][str(count)] = _rounded(time.perf_counter() - began)
        facts["index_bytes"] = (
            search.index_bytes if isinstance(search, Sized) else max(0, resident_bytes() - before)
        )
    assert search is not None
    return _Built(searcher, search, facts)


def _time_alone(
    one: _Built,
    queries: NDArray[np.uint64],
    radius: int,
    number: int,
    together: int,
    threads: int,
) -> None:
    times = one.alone_ms.setdefault(threads, [])
    end = time.perf_counter() + _TURN_S
    for at in range(_QUERIES_A_TURN):
        first = (number * _QUERIES_A_TURN + at) * together % len(queries)
        query = queries[first : first + together]
        began = time.perf_counter()
        one.search(query, radius, threads)
        done = time.perf_counter()
        times.append((done - began) * 1000)
        if done > end:
            break


def _time_batch(one: _Built, queries: NDArray[np.uint64], radius: int, threads: int) -> None:
    times = one.batch_s.setdefault(threads, [])
    if one.searcher.pairs is None or (times and times[0] > _SLOW_S):
        return
    began = time.perf_counter()
    one.search(queries, radius, threads)
    times.append(time.perf_counter() - began)


def _row(one: _Built, codes: CodeSet, radius: int, truth: Pairs) -> Row:
    low, median, high, most = np.quantile(one.alone_ms[1], (0.25, 0.5, 0.75, 0.99))
    spread = one.alone_ms[max(one.alone_ms)]
    row: Row = {
        "set": codes.name,
        "codes_kind": codes.kind,
        "codes": len(codes.rows),
        "code_bytes": codes.rows.nbytes,
        "queries": len(codes.queries),
        "radius": radius,
        "what": one.searcher.what,
        "kind": one.searcher.kind,
        "alone_ms": _rounded(median),
        "alone_ms_iqr": [_rounded(low), _rounded(high)],
        "alone_ms_p99": _rounded(most),
        "alone_spread_ms": _rounded(np.quantile(spread, 0.5)),
        "alone_spread_ms_p99": _rounded(np.quantile(spread, 0.99)),
        "times_alone": len(one.alone_ms[1]),
        "batch_s": {
            str(count): _rounded(statistics.median(times))
            for count, times in one.batch_s.items()
            if times
        },
        "rounds": max((len(times) for times in one.batch_s.values()), default=0),
    }
    if one.searcher.indexes:
        row |= one.facts
    if one.found is not None:
        row["hits"] = len(one.found)
        row["recall"] = _rounded(len(one.found & truth) / len(truth)) if truth else 1.0
        row["wrong"] = len(one.found - truth)
    return row


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
