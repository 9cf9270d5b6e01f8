"""Exact search by scanning every code, compiled: within a radius at any radius, and k nearest.

Most codes are settled by a bound that costs less than their distance and is never above it:

- Some words' differences have no more set bits than all words' differences.
- The OR of two words' differences has no more set bits than the two together.

So no code within the radius has a bound above it, and whole blocks of codes where the least bound
is above the radius hold no match. The others have all their distances computed. Which bound is
taken costs time alone: the cheapest that random codes, of which each bit differs with probability
one half, pass less than once in some 50 blocks.

Splitting the radius instead (of a distance up to 74 one half of the code has at most 37) helps
no scan: both halves have to be read and counted before a code is given up.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

import numpy as np

from eikona.matching.compiled import Layout, kernels_for, nearest_first, plain_queries
from eikona.matching.linear import WORD_BITS, Hits, hamming_within
from eikona.matching.parts import cut, do_parts
from eikona.native.address import address

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eikona.matching.linear import Words
    from eikona.native.loader import Kernels

    Numbers = NDArray[np.int64]
    Part = tuple[tuple[int, int], tuple[int, int]]  # from and to which query; and code

_BLOCK = 512  # codes; these four agree with ``native.scan_kernel``
_BOUND_WORDS = 4
_ONE_WORD, _ONE_PAIR, _TWO_WORDS, _TWO_PAIRS, _FOUR_WORDS = range(5)
_BOUNDS = (  # words read, bits counted, the chance that one of them is set; cheap first
    (_ONE_WORD, 1, 64, 0.5),
    (_ONE_PAIR, 2, 64, 0.75),
    (_TWO_WORDS, 2, 128, 0.5),
    (_TWO_PAIRS, 4, 128, 0.75),
    (_FOUR_WORDS, 4, 256, 0.5),
)
_PASSING = 0.02  # of blocks that random codes may make pass
_FIRST_ROOM, _MOST_ROOM = 1 << 13, 1 << 20  # hits
_MANY_QUERIES = 16  # a thread: then queries are shared out, else codes
_PARTS_A_THREAD = 4
_KEPT_BYTES = 1 << 26  # of candidates for nearest codes, at a time


def scan_within(columns: Words, queries: Words, radius: int, *, threads: int = 1) -> Hits:
    """Return every pair of a query and a code that differ in at most ``radius`` bits.

    Args:
        columns: the codes, shape (words, codes); best as contiguous columns, or the transpose of
            contiguous rows. Either is read as it is, memory-mapped files too.
        queries: shape (queries, words).
        radius: in bits, at least 0.
        threads: at most.

    Returns:
        Hits by query, then by distance, then by row.
    """
    layout, wanted = Layout.of(columns), plain_queries(queries)
    compiled = kernels_for(layout.codes * len(wanted))
    if compiled is None:
        hits = hamming_within(columns, queries, radius)
        return nearest_first([np.stack((hits.queries, hits.rows, hits.distances), axis=1)])

    def search(part: Part) -> list[Numbers]:
        return _scan_part(compiled, layout, wanted, radius, part)

    parts = _parts(layout.codes, len(wanted), threads)
    return nearest_first([found for part in do_parts(search, parts, threads) for found in part])


def _parts(codes: int, queries: int, threads: int) -> list[Part]:
    """Share out the queries if there are many, as each then reads all codes, else the codes."""
    if threads <= 1:
        return [((0, queries), (0, codes))] if codes and queries else []
    if queries >= threads * _MANY_QUERIES:
        pieces = min(threads * _PARTS_A_THREAD, queries // _MANY_QUERIES)
        return [(part, (0, codes)) for part in cut(queries, pieces) if codes]
    pieces = threads * _PARTS_A_THREAD
    return [((0, queries), part) for part in cut(codes, pieces, _BLOCK) if queries]


def _scan_part(
    compiled: Kernels, layout: Layout, queries: Words, radius: int, part: Part
) -> list[Numbers]:
    """Return hits as rows of (query, row, distance), in pieces as room was needed."""
    (first_query, end_query), (first_code, end_code) = part
    wanted = queries[first_query:end_query]
    block = np.empty((_BOUND_WORDS, _BLOCK), np.uint64)
    distances = np.empty(_BLOCK, np.int64)
    radius = min(radius, layout.words * WORD_BITS)
    room = _FIRST_ROOM
    sizes = (layout.codes, layout.words, layout.in_rows, len(wanted), radius)
    progress = (end_code, first_code, 0, 0)
    task = np.array((*sizes, _bound(layout.words, radius), room, *progress), np.int64)
    pieces = []
    while task[8] < end_code:
        found = np.empty((room, 3), np.int64)
        task[6], task[10] = room, 0
        compiled.scan_within(
            *(address(layout.numbers), address(wanted), address(found)),
            *(address(block), address(distances), address(task)),
        )
        hits = found[: task[10]]
        hits[:, 0] += first_query
        pieces.append(hits.copy() if len(hits) < room // 2 else hits)
        room = min(2 * room, _MOST_ROOM)
    return pieces


@functools.cache
def _bound(words: int, radius: int) -> int:
    """Return the cheapest bound that few blocks of random codes pass, or the tightest there is."""
    possible = [bound for bound in _BOUNDS if bound[1] <= words]
    for kind, _, bits, chance in possible:
        mean, deviation = bits * chance, math.sqrt(bits * chance * (1 - chance))
        below = 0.5 * math.erfc((mean - radius - 0.5) / deviation / math.sqrt(2))
        if below * _BLOCK < _PASSING:
            return kind
    return possible[-1][0]


def scan_nearest(columns: Words, queries: Words, count: int, *, threads: int = 1) -> Hits:
    """Return the ``count`` nearest codes of each query, of several at one distance the first rows.

    Args:
        columns: the codes, shape (words, codes), as ``scan_within`` takes them.
        queries: shape (queries, words).
        count: codes per query, at least 0; all of them if there are fewer.
        threads: at most.

    Returns:
        Hits by query, then by distance, then by row.
    """
    layout, wanted = Layout.of(columns), plain_queries(queries)
    most = min(count, layout.codes)
    if most == 0:
        return nearest_first([])
    compiled = kernels_for(layout.codes * len(wanted))

    def search(part: Part) -> Numbers:
        if compiled is None:
            return _nearest_plain(columns, queries, most, part)
        return _nearest_part(compiled, layout, wanted, most, part)

    found = do_parts(search, _nearest_parts(layout, len(wanted), most, threads), threads)
    return first_of_each(nearest_first(found), most)


def _nearest_parts(layout: Layout, queries: int, most: int, threads: int) -> list[Part]:
    """Share out as for a radius, and queries further so that what is kept fits memory."""
    together = max(1, _KEPT_BYTES // (16 * (2 * most + _BLOCK)))
    parts = _parts(layout.codes, queries, threads)
    return [
        ((begin + first, begin + end), codes)
        for (begin, stop), codes in parts
        for first, end in cut(stop - begin, -(-(stop - begin) // together))
    ]


def _nearest_part(
    compiled: Kernels, layout: Layout, queries: Words, most: int, part: Part
) -> Numbers:
    """Return at least the nearest codes among this part's, as rows of (query, row, distance)."""
    (first_query, end_query), (first_code, end_code) = part
    wanted, bits = queries[first_query:end_query], layout.words * WORD_BITS
    capacity = 2 * most + _BLOCK
    kept = np.empty((len(wanted), capacity, 2), np.int64)
    states = np.zeros((len(wanted), 3 + bits + 1), np.int64)
    states[:, 2] = bits
    block = np.empty((_BOUND_WORDS, _BLOCK), np.uint64)
    distances = np.empty(_BLOCK, np.int64)
    sizes = (layout.codes, layout.words, layout.in_rows, len(wanted), most, capacity)
    bounds = (_bound(layout.words, radius) for radius in range(bits + 1))
    task = np.array((*sizes, first_code, end_code, *bounds), np.int64)
    compiled.scan_nearest(
        *(address(layout.numbers), address(wanted), address(kept), address(states)),
        *(address(block), address(distances), address(task)),
    )
    number, place = np.nonzero(np.arange(capacity) < states[:, :1])
    return np.column_stack((number + first_query, kept[number, place]))


def _nearest_plain(columns: Words, queries: Words, most: int, part: Part) -> Numbers:
    """Do the same in NumPy."""
    (first_query, end_query), (first_code, end_code) = part
    found = [np.zeros((0, 3), np.int64)]
    for query in range(first_query, end_query):
        distances = np.zeros(end_code - first_code, np.int64)
        for column, word in zip(columns, queries[query], strict=True):
            distances += np.bitwise_count(column[first_code:end_code] ^ word)
        up_to = np.cumsum(np.bincount(distances))
        farthest = np.searchsorted(up_to, min(most, up_to[-1]))
        rows = np.flatnonzero(distances <= farthest)
        found.append(
            np.column_stack((np.full_like(rows, query), rows + first_code, distances[rows]))
        )
    return np.concatenate(found)


def first_of_each(hits: Hits, most: int) -> Hits:
    """Return the first ``most`` hits of each query; those of one query stand together."""
    starts = np.searchsorted(hits.queries, hits.queries)
    first = np.arange(hits.queries.size) - starts < most
    return Hits(hits.queries[first], hits.rows[first], hits.distances[first])
