"""Finds the k entries of a bank whose code is nearest, however far that is: exactly.

An index knows neither removals nor filters, so more codes are asked for than are wanted until
enough of them count. The farthest of the first k that count then bounds what may be among the
nearest: all within that distance are found, and ordered by distance, then by name.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eikona.matching.linear import Hits, Words
from eikona.services.ports import Block, HashKey, SearchableBank

_SPARE = 8  # codes that are asked for besides those wanted
_GROWTH = 4

Numbers = NDArray[np.int64]
Near = list[tuple[int, int]]  # distance, row


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to find.

    Attributes:
        key: which hash.
        codes: of all queries, shape (codes, words); a query may have several, of which the nearest
            counts.
        queries: the number of each code's query, shape (codes,).
        count: how many entries of each query.
        takes: whether an entry, by its number in the bank, counts.
    """

    key: HashKey
    codes: Words
    queries: Numbers
    count: int
    takes: Callable[[int], bool]


def nearest_rows(bank: SearchableBank, wanted: Wanted) -> Mapping[int, Near]:
    """Return the nearest entries of each query; equally near ones by name.

    Args:
        bank: what to search.
        wanted: what to find.
    """
    blocks = bank.blocks(wanted.key)
    longest = max((len(block.rows) for block in blocks), default=0)
    found: dict[int, Near] = {}
    missing, asked = np.unique(wanted.queries), wanted.count + _SPARE
    while missing.size:
        places = np.flatnonzero(np.isin(wanted.queries, missing))
        hits = [(block, block.nearest(wanted.codes[places], asked)) for block in blocks]
        sure = _sure_within(hits, wanted.queries[places], asked)
        near = _by_query(bank, hits, wanted.queries[places], wanted.takes)
        for query in missing.tolist():
            some = near.get(query, [])
            if len(some) < wanted.count and asked < longest:
                continue
            farthest = some[wanted.count - 1][0] if len(some) >= wanted.count else -1
            if farthest >= sure.get(query, farthest + 1):
                some = _all_within(bank, blocks, wanted, query, farthest)
            found[query] = _first(bank, some, wanted.count)
        missing = np.array([query for query in missing.tolist() if query not in found], np.int64)
        asked *= _GROWTH
    return found


def _sure_within(
    hits: Sequence[tuple[Block, Hits]], queries: Numbers, asked: int
) -> Mapping[int, int]:
    """Return, by query, the distance below which no code was left out; none where all are in."""
    sure: dict[int, int] = {}
    for _, found in hits:
        ends = np.cumsum(np.bincount(found.queries, minlength=len(queries)))
        full = np.flatnonzero(np.diff(ends, prepend=0) >= asked)
        last = found.distances[ends[full] - 1]
        for query, distance in zip(queries[full].tolist(), last.tolist(), strict=True):
            sure[query] = min(distance, sure.get(query, distance))
    return sure


def _by_query(
    bank: SearchableBank,
    hits: Sequence[tuple[Block, Hits]],
    queries: Numbers,
    takes: Callable[[int], bool],
) -> Mapping[int, Near]:
    """Return the entries that count, each once at its least distance, nearest first."""
    near: dict[int, Near] = {}
    for query, row, distance in _least(bank, hits, queries):
        if takes(row):
            near.setdefault(query, []).append((distance, row))
    return {query: sorted(some) for query, some in near.items()}


def _least(
    bank: SearchableBank, hits: Sequence[tuple[Block, Hits]], queries: Numbers
) -> Iterator[tuple[int, int, int]]:
    """Yield query, row and least distance of each pair that is not removed."""
    nothing = np.zeros(0, np.int64)
    numbers = np.concatenate([nothing, *(queries[found.queries] for _, found in hits)])
    rows = np.concatenate([nothing, *(block.rows_at(found.rows) for block, found in hits)])
    distances = np.concatenate([nothing, *(found.distances for _, found in hits)])
    live = bank.are_live(rows)
    numbers, rows, distances = numbers[live], rows[live], distances[live]
    order = np.lexsort((distances, rows, numbers))
    numbers, rows, distances = numbers[order], rows[order], distances[order]
    first = np.ones(len(rows), np.bool_)
    first[1:] = (np.diff(numbers) != 0) | (np.diff(rows) != 0)
    yield from zip(
        numbers[first].tolist(), rows[first].tolist(), distances[first].tolist(), strict=True
    )


def _all_within(
    bank: SearchableBank, blocks: Sequence[Block], wanted: Wanted, query: int, radius: int
) -> Near:
    """Return every entry that counts within a radius of one query, nearest first."""
    codes = wanted.codes[wanted.queries == query]
    hits = [(block, block.within(codes, radius)) for block in blocks]
    numbers = np.full(len(codes), query)
    return list(_by_query(bank, hits, numbers, wanted.takes).get(query, []))


def _first(bank: SearchableBank, near: Near, count: int) -> Near:
    """Return the first ``count`` by distance, then by name, of entries sorted by distance."""
    if len(near) > count:
        farthest = near[count - 1][0] if count else -1
        near = [(distance, row) for distance, row in near if distance <= farthest]
    named = sorted((distance, bank.name_at(row), row) for distance, row in near)
    return [(distance, row) for distance, _, row in named[:count]]
