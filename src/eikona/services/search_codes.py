"""Finds the entries of a bank whose bare code is near, with no rule and no picture."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from eikona.domain.errors import BankLacksHashError, UsageError
from eikona.domain.fingerprint import Comparison
from eikona.hashing.registry import ALGORITHMS
from eikona.matching.linear import Hits, word_rows
from eikona.services.nearest_rows import Wanted, nearest_rows
from eikona.services.ports import Block, HashKey, SearchableBank

CodeMatches = list[list[tuple[str, int]]]


def search_codes(
    bank: SearchableBank, key: HashKey, codes: NDArray[np.uint8], radius: int
) -> CodeMatches:
    """Return for each code the (name, distance) of all entries within ``radius``, nearest first.

    Equally near ones stand by name.

    Args:
        bank: what to search.
        key: which hash.
        codes: shape (queries, key.size).
        radius: in bits, at least 0.

    Raises:
        UsageError: the radius is negative, or the hash is not compared by bits.
        BankLacksHashError: the bank has entries, and none has this hash in this length.
    """
    if radius < 0:
        raise UsageError(f"radius = {radius}: give 0 bits or more")
    blocks = _blocks(bank, key)
    words = word_rows(codes)
    queries, rows, distances = _live_hits(
        bank, [(block, block.within(words, radius)) for block in blocks]
    )
    order = np.lexsort((rows, distances, queries))
    ends = np.searchsorted(queries[order], np.arange(len(codes) + 1))
    found = list(zip(rows[order].tolist(), distances[order].tolist(), strict=True))
    named = [
        [(bank.name_at(row), distance) for row, distance in found[start:end]]
        for start, end in pairwise(ends.tolist())
    ]
    return [sorted(some, key=_nearest_first) for some in named]


def nearest_codes(
    bank: SearchableBank, key: HashKey, codes: NDArray[np.uint8], count: int
) -> CodeMatches:
    """Return for each code the (name, distance) of the ``count`` nearest entries, however far.

    Equally near ones stand by name, and of those at the farthest distance the first by name count.

    Args:
        bank: what to search.
        key: which hash.
        codes: shape (queries, key.size).
        count: at least 1; all entries if there are fewer.

    Raises:
        UsageError: the count is less than 1, or the hash is not compared by bits.
        BankLacksHashError: the bank has entries, and none has this hash in this length.
    """
    if count < 1:
        raise UsageError(f"nearest = {count}: ask for 1 or more")
    _blocks(bank, key)
    wanted = Wanted(key, word_rows(codes), np.arange(len(codes)), count, lambda _row: True)
    found = nearest_rows(bank, wanted)
    return [
        [(bank.name_at(row), distance) for distance, row in found[number]]
        for number in range(len(codes))
    ]


def _blocks(bank: SearchableBank, key: HashKey) -> Sequence[Block]:
    known = ALGORITHMS.get(key.name)
    if known is not None and known.comparison is Comparison.CORRELATION:
        raise UsageError(f"{key.name} is compared by correlation: search by a rule instead")
    blocks = bank.blocks(key)
    if len(bank) and not blocks:
        raise BankLacksHashError(
            f"no entry of the bank has {key.name} with {8 * key.size} bits: add some, or search"
            " for another hash"
        )
    return blocks


def _nearest_first(match: tuple[str, int]) -> tuple[int, str]:
    name, distance = match
    return distance, name


def _live_hits(
    bank: SearchableBank, found: list[tuple[Block, Hits]]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    nothing = np.zeros(0, np.int64)
    queries = np.concatenate([nothing, *(hits.queries for _, hits in found)])
    rows = np.concatenate([nothing, *(block.rows_at(hits.rows) for block, hits in found)])
    distances = np.concatenate([nothing, *(hits.distances for _, hits in found)])
    live = bank.are_live(rows)
    return queries[live], rows[live], distances[live]
