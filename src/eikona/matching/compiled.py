"""Has compiled kernels where they pay, and lays out what they take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eikona.matching.linear import Hits
from eikona.native.switch import LOAD_FOR, kernels, prepare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from eikona.matching.linear import Words
    from eikona.native.loader import Kernels

    Numbers = NDArray[np.int64]

# Kernels save about 1.5 ns a comparison; the switch counts in pictures, of 0.6 ms each.
_COMPARISONS_PER_PICTURE = 400_000


class _Made:
    """How many comparisons this process has made without kernels."""

    comparisons = 0
    next_look = LOAD_FOR * _COMPARISONS_PER_PICTURE


def kernels_for(comparisons: int) -> Kernels | None:
    """Return the kernels if this process has them, or will have gained by getting them now.

    That is where this search is long, or where as many again as there were would have paid.

    Args:
        comparisons: of two codes, that are to be made.
    """
    if kernels() is None:
        _Made.comparisons += comparisons
        if _Made.comparisons >= _Made.next_look:
            _Made.next_look = 2 * _Made.comparisons
            prepare(_Made.comparisons // _COMPARISONS_PER_PICTURE)
    return kernels()


@dataclass(frozen=True, slots=True)
class Layout:
    """Codes in memory as kernels read them.

    Attributes:
        numbers: contiguous words, owned by somebody else or a copy.
        codes: how many codes they are.
        words: of a code.
        in_rows: whether the words of a code lie together, or those of one place in all codes.
    """

    numbers: Words
    codes: int
    words: int
    in_rows: bool

    @classmethod
    def of(cls, columns: Words) -> Layout:
        """Return the layout of codes, shape (words, codes), copied if they lie in neither way."""
        words, codes = columns.shape
        if columns.flags.c_contiguous:
            return cls(_plain(columns), codes, words, in_rows=False)
        return cls(_plain(np.ascontiguousarray(columns.T)), codes, words, in_rows=True)


def plain_queries(queries: Words) -> Words:
    """Return queries as kernels read them: shape (queries, words), contiguous."""
    return _plain(np.ascontiguousarray(queries))


def _plain(words: Words) -> Words:
    return np.require(words, np.uint64, "A")


def nearest_first(found: Sequence[Numbers]) -> Hits:
    """Return hits in order: by query, then by distance, then by row.

    Args:
        found: rows of (query, row, distance).
    """
    hits = np.concatenate([np.zeros((0, 3), np.int64), *found])
    query, row, distance = hits.T
    if not len(hits):
        return Hits(query, row, distance)
    rows, distances = int(row.max()) + 1, int(distance.max()) + 1
    if (int(query.max()) + 1) * rows * distances > np.iinfo(np.int64).max:
        order = np.lexsort((row, distance, query))
        return Hits(query[order], row[order], distance[order])
    together = (query * distances + distance) * rows + row  # sorts ten times as fast
    together.sort()
    together, row = np.divmod(together, rows)
    query, distance = np.divmod(together, distances)
    return Hits(query, row, distance)
