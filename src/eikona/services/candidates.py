"""Finds pairs of a query and an entry that a rule may take for copies: within one of its bounds."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eikona.deciding.rules import Bound
from eikona.domain.fingerprint import Comparison, Fingerprint
from eikona.hashing.registry import ALGORITHMS
from eikona.matching.distances import correlation_many, forbild_weighted_many
from eikona.matching.linear import word_rows
from eikona.services.ports import Block, HashKey, SearchableBank

_WEIGHTED = "forbild-weighted"
_ROUNDING = 1e-9  # what a distance may be off that is computed for many pairs at once
_ROWS_AT_ONCE = 1 << 14  # of codes that are put together from columns

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs of a query and an entry that a rule may take for copies."""

    queries: Rows
    rows: Rows


def candidates(bank: SearchableBank, queries: Sequence[Fingerprint], bound: Bound) -> Candidates:
    """Return the pairs within one bound; removed entries may be among them."""
    name = "forbild" if bound.algorithm == _WEIGHTED else bound.algorithm
    known = ALGORITHMS[name]
    blocks = bank.blocks(HashKey(name, known.id.version, known.bits // 8))
    if bound.algorithm == _WEIGHTED:
        found = _near_each(blocks, queries, bound, _weighted_to)
    elif known.comparison is Comparison.CORRELATION:
        found = _near_each(blocks, queries, bound, correlated_to(name))
    else:
        found = _within_bits(blocks, queries, bound)
    parts = list(found)
    nothing = np.zeros(0, np.int64)
    return Candidates(
        np.concatenate([nothing, *(part.queries for part in parts)]),
        np.concatenate([nothing, *(part.rows for part in parts)]),
    )


def _within_bits(
    blocks: Sequence[Block], queries: Sequence[Fingerprint], bound: Bound
) -> Iterator[Candidates]:
    """Scan for codes within so many bits, of PDQ in all eight orientations."""
    codes = [
        (number, code)
        for number, query in enumerate(queries)
        for code in codes_of(query, bound.algorithm)
    ]
    numbers = np.array([number for number, _ in codes])
    joined = np.frombuffer(b"".join(code for _, code in codes), np.uint8)
    words = word_rows(joined.reshape(len(codes), -1))
    for block in blocks:
        hits = block.within(words, int(bound.distance))
        yield Candidates(numbers[hits.queries], block.rows_at(hits.rows))


def codes_of(query: Fingerprint, name: str) -> Sequence[bytes]:
    """Return the codes to look for: of PDQ in all orientations that are known."""
    if name == "pdq" and query.pdq_orientations:
        return query.pdq_orientations
    return (query.hashes[name],)


Measure = Callable[[Fingerprint, Block], NDArray[np.float64]]


def _near_each(
    blocks: Sequence[Block], queries: Sequence[Fingerprint], bound: Bound, measure: Measure
) -> Iterator[Candidates]:
    """Measure every entry from one query after the other."""
    for number, query in enumerate(queries):
        for block in blocks:
            near = measure(query, block) <= bound.distance + _ROUNDING
            rows = block.rows_at(np.flatnonzero(near))
            yield Candidates(np.full(len(rows), number), rows)


def correlated_to(name: str) -> Measure:
    """Return what measures the distance of every entry of a block by one minus a correlation."""

    def measure(query: Fingerprint, block: Block) -> NDArray[np.float64]:
        return 1.0 - correlation_many(query.hashes[name], block.values.view(np.uint8))

    return measure


def _weighted_to(query: Fingerprint, block: Block) -> NDArray[np.float64]:
    columns = block.values.view(np.uint64)
    if not query.forbild_grey:
        return np.full(columns.shape[1], np.inf)
    parts = [
        forbild_weighted_many(
            query.hashes["forbild"],
            query.forbild_grey,
            np.ascontiguousarray(columns[:, start : start + _ROWS_AT_ONCE].T).view(np.uint8),
        )
        for start in range(0, columns.shape[1], _ROWS_AT_ONCE)
    ]
    return np.concatenate(parts)
