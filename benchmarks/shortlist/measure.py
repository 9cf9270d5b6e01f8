"""How often a copy's original is on its shortlist, and how long that takes."""

import dataclasses
import time
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.shortlist.collecting import Copies
from eikona.domain.local_features import LocalFeatures
from eikona.matching.local_verification import Verifier
from eikona.matching.shortlist.probing import SearchedTable
from eikona.matching.shortlist.searching import Shortlist

Row = dict[str, object]
Alter = Callable[[LocalFeatures], LocalFeatures]
_DEPTHS = (1, 10, 20)
_AT = 10  # places, where what is missed is told by attack
_ALIGNED = 4  # inliers from which a copy is one that verification finds
_TIMED, _PASSES = 5, 3  # one query in so many is timed, so many times
_MS = 1000


@dataclasses.dataclass(frozen=True, slots=True)
class Measured:
    """What came of all queries.

    Attributes:
        queries: numbers of the copies asked.
        ranks: place of the original, from 0; far beyond any where it is not there.
        times: milliseconds of one processor, the least of some passes, of every fifth query.
        shared: share of each query's features that much of the bank has.
    """

    queries: np.ndarray
    ranks: np.ndarray
    times: np.ndarray
    shared: np.ndarray

    def row(self, asked: Copies, aligned: np.ndarray) -> Row:
        """Return what is published.

        Args:
            asked: what the queries are copies of.
            aligned: whether each copy lies on its original by verification.
        """
        ranks = self.ranks
        missed = self.queries[ranks >= _AT].tolist()
        names = [asked.attack(query) for query in missed]
        known = aligned[self.queries]
        return {
            "queries": len(ranks),
            "recall": {str(depth): round(float((ranks < depth).mean()), 6) for depth in _DEPTHS},
            "recall_aligned": {
                str(depth): round(float((ranks[known] < depth).mean()), 6) for depth in _DEPTHS
            },
            "missed": {name: names.count(name) for name in sorted(set(names))},
            "median": round(float(np.median(self.times)), 3),
            "p95": round(float(np.quantile(self.times, 0.95)), 3),
            "shared": round(float(self.shared.mean()), 5),
            "unit": "ms of one processor",
        }


def aligned(asked: Copies) -> np.ndarray:
    """Return whether each copy lies on its original, by verification."""
    return np.array(
        [
            Verifier(copy).align(asked.originals[asked.original(number)]).inliers >= _ALIGNED
            for number, copy in enumerate(asked.copies)
        ]
    )


def measure(
    asked: Copies,
    tables: Sequence[SearchedTable],
    *,
    every: int = 1,
    shortlist: Shortlist | None = None,
    alter: Alter = lambda one: one,
    first: int = 0,
) -> Measured:
    """Ask for every copy, or every so many.

    Args:
        asked: the queries.
        tables: the first holds the originals.
        every: so many copies, one is asked.
        shortlist: how.
        alter: what is done to a query first.
        first: row of the first original.
    """
    shortlist = shortlist or Shortlist()
    queries = np.arange(0, len(asked.copies), every)
    ranks, shared = [], []
    for number in queries.tolist():
        query = alter(asked.copies[number])
        found = shortlist.shortlist(query, tables, most=max(_DEPTHS))
        wanted = (0, first + asked.original(number))
        ranks.append(found.places.index(wanted) if wanted in found.places else 1 << 20)
        shared.append(found.shared_by_many.mean() if len(query) else 0)
    timed = [alter(asked.copies[number]) for number in queries[::_TIMED].tolist()]
    times = [[_time(shortlist, query, tables) for query in timed] for _ in range(_PASSES)]
    return Measured(queries, np.array(ranks), np.min(times, axis=0), np.array(shared))


def _time(shortlist: Shortlist, query: LocalFeatures, tables: Sequence[SearchedTable]) -> float:
    """Return milliseconds of one processor; other queries between passes take the caches."""
    begin = time.thread_time()
    shortlist.shortlist(query, tables, most=max(_DEPTHS))
    return (time.thread_time() - begin) * _MS


def without_margins(features: LocalFeatures) -> LocalFeatures:
    """Return features as a query that only knows codes brings them."""
    return dataclasses.replace(features, margins=b"")
