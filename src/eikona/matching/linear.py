"""Exact search by scanning: every code within a radius of every query, at any radius.

Codes lie as columns of 64-bit words, so that a scan reads only the words it needs. It goes through
them in tiles that fit a core's cache, and first computes a number that no distance is below:

    the OR of some words' differences has no more bits than these differences together.

Only rows where that number is within the radius have their distance computed. How many words go
into one OR, and how many ORs are counted, is chosen by the radius: what costs least on codes
whose bits are fair coins. A poor choice costs time and never a match.
"""

import functools
import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

WORD_BITS = 64
WORD_BYTES = 8

_TILE = 1 << 17  # words of one step, 1 MB: two such arrays stay in cache, and few steps are needed
_MOST_TOGETHER = 4  # words in one OR; more would nearly always have all bits set
_MOST_COUNTED = 8  # ORs that are counted before survivors are looked at
# Relative costs of one word's step in an XOR or OR, of counting its bits, of adding a count up, and
# of one survivor; measured with NumPy 2.4.
_COST_LOGIC, _COST_COUNT, _COST_ADD, _COST_SURVIVOR = 1.0, 3.0, 0.25, 120.0

Words = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Hits:
    """Pairs of a query and a code within the radius, ordered by query, then by row.

    Attributes:
        queries: number of the query, from 0.
        rows: number of the code, from 0.
        distances: bits that differ.
    """

    queries: NDArray[np.int64]
    rows: NDArray[np.int64]
    distances: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is counted first: ``counted`` ORs of ``together`` words each, from the first word on."""

    together: int
    counted: int


def word_columns(codes: NDArray[np.uint8]) -> Words:
    """Return codes as columns of words, the last word padded with zeros.

    Args:
        codes: shape (codes, bytes).

    Returns:
        Shape (words, codes).
    """
    return np.ascontiguousarray(word_rows(codes).T)


def word_rows(codes: NDArray[np.uint8]) -> Words:
    """Return codes as rows of words, the last word padded with zeros: shape (codes, words)."""
    number, width = codes.shape
    words = -(-width // WORD_BYTES)
    padded = np.zeros((number, words * WORD_BYTES), np.uint8)
    padded[:, :width] = codes
    return padded.view("<u8").astype(np.uint64, copy=False)


def hamming_within(columns: Words, queries: Words, radius: int) -> Hits:
    """Return every pair of a query and a code that differ in at most ``radius`` bits.

    Args:
        columns: the codes, shape (words, codes).
        queries: shape (queries, words).
        radius: in bits, at least 0.
    """
    words, codes = columns.shape
    plan = _plan(words, radius)
    wide = max(1, min(codes, _TILE))
    high = max(1, min(len(queries), _TILE // wide))
    scan = _Scan(columns, queries, radius, plan)
    found = [
        scan.tile(query, min(query + high, len(queries)), row, min(row + wide, codes))
        for row in range(0, codes, wide)  # a tile of codes stays in cache for all queries
        for query in range(0, len(queries), high)
    ]
    return _joined([hits for hits in found if hits is not None])


@dataclass(frozen=True, slots=True)
class _Buffers:
    """Memory of one tile of this shape (queries, rows), written over and over."""

    differing: Words
    other: Words
    bound: NDArray[np.unsignedinteger]
    count: NDArray[np.uint8]

    @classmethod
    def of(cls, shape: tuple[int, int], plan: _Plan) -> "_Buffers":
        # A count of more than three words may not fit a byte.
        kind = np.uint8 if plan.counted * WORD_BITS <= np.iinfo(np.uint8).max else np.uint16
        return cls(
            np.empty(shape, np.uint64),
            np.empty(shape, np.uint64),
            np.empty(shape, kind),
            np.empty(shape, np.uint8),
        )


@dataclass(frozen=True, slots=True)
class _Scan:
    """One scan: what is looked for, where and how."""

    columns: Words
    queries: Words
    radius: int
    plan: _Plan
    buffers: dict[tuple[int, int], _Buffers] = field(default_factory=dict)

    def tile(self, query: int, query_end: int, row: int, row_end: int) -> Hits | None:
        """Return the hits of some queries among some rows; None where there are none."""
        bound = self._bound(slice(query, query_end), slice(row, row_end)).ravel()
        if bound.min() > self.radius:
            return None
        queries, rows = np.divmod(np.flatnonzero(bound <= self.radius), row_end - row)
        queries, rows = queries + query, rows + row
        differing = self.columns[:, rows] ^ self.queries[queries].T
        distances = np.bitwise_count(differing).sum(axis=0, dtype=np.int64)
        within = distances <= self.radius
        return Hits(queries[within], rows[within], distances[within])

    def _bound(self, queries: slice, rows: slice) -> NDArray[np.unsignedinteger]:
        """Return numbers that the distances are not below, shape (queries, rows)."""
        shape = (queries.stop - queries.start, rows.stop - rows.start)
        if shape not in self.buffers:
            self.buffers[shape] = _Buffers.of(shape, self.plan)
        use = self.buffers[shape]
        for group in range(self.plan.counted):
            first = group * self.plan.together
            self._differ(first, queries, rows, use.differing)
            for word in range(first + 1, first + self.plan.together):
                self._differ(word, queries, rows, use.other)
                np.bitwise_or(use.differing, use.other, out=use.differing)
            if group == 0:
                np.bitwise_count(use.differing, out=use.bound)
            else:
                np.bitwise_count(use.differing, out=use.count)
                np.add(use.bound, use.count, out=use.bound)
        return use.bound

    def _differ(self, word: int, queries: slice, rows: slice, out: Words) -> None:
        np.bitwise_xor(self.columns[word, rows], self.queries[queries, word, None], out=out)


@functools.cache
def _plan(words: int, radius: int) -> _Plan:
    return min(_plans(words), key=lambda plan: _cost(plan, radius))


def _plans(words: int) -> list[_Plan]:
    return [
        _Plan(together, counted)
        for together in range(1, min(words, _MOST_TOGETHER) + 1)
        for counted in range(1, min(words // together, _MOST_COUNTED) + 1)
    ]


def _cost(plan: _Plan, radius: int) -> float:
    """Return what one code costs where each of its bits differs with probability one half."""
    logic = (2 * plan.together - 1) * plan.counted * _COST_LOGIC
    counting = plan.counted * _COST_COUNT + (plan.counted - 1) * _COST_ADD
    set_bits = 1 - 0.5**plan.together
    mean = plan.counted * WORD_BITS * set_bits
    deviation = math.sqrt(mean * (1 - set_bits))
    surviving = 0.5 * math.erfc((mean - radius - 0.5) / deviation / math.sqrt(2))
    return logic + counting + surviving * _COST_SURVIVOR


def _joined(found: list[Hits]) -> Hits:
    if not found:
        nothing = np.zeros(0, np.int64)
        return Hits(nothing, nothing, nothing)
    queries = np.concatenate([hits.queries for hits in found])
    order = np.argsort(queries, kind="stable")  # tiles came by rows
    return Hits(
        queries[order],
        np.concatenate([hits.rows for hits in found])[order],
        np.concatenate([hits.distances for hits in found])[order],
    )
