"""What local features bring to a search: entries a shortlist names, and proof of how they lie."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eikona.domain.fingerprint import Fingerprint
from eikona.domain.local_features import LocalFeatures
from eikona.matching.guards import guards_of_bank
from eikona.matching.local_verification import Verifier
from eikona.matching.parts import do_parts, threads_for
from eikona.matching.shortlist.searching import Shortlist, Shortlisted
from eikona.native.switch import kernels
from eikona.services.ports import FeatureBlock, SearchableBank

LISTED = 20  # entries of a shortlist
_LISTED_AGAIN = 100  # entries that are listed at a time after some that do not count
_WORK = 25_000_000  # comparisons of two codes that one query takes as long as, some 5 ms


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What local features say of one query.

    Attributes:
        rows: numbers of entries that may show the same, the likeliest first.
        verifier: tells whether an entry does. It distrusts what much of the bank shows.
    """

    rows: NDArray[np.int64]
    verifier: Verifier


def look_up_features(
    bank: SearchableBank,
    queries: Sequence[Fingerprint],
    counts: Callable[[int], bool] = lambda _row: True,
) -> list[LookedUp | None]:
    """Return what local features say of each query; None where it or the bank has none.

    Args:
        bank: where to look.
        queries: with local features or without.
        counts: whether an entry, by its number, counts. Those that do not take no place of a list.
    """
    blocks = bank.feature_blocks()
    if not blocks:
        return [None] * len(queries)

    def look_up(query: Fingerprint) -> LookedUp | None:
        features = query.local_features
        if not features:
            return None
        found = Shortlist().shortlist(features, [block.table for block in blocks], most=LISTED)
        guards = guards_of_bank(found.shared_by_many)
        rows = np.array(_listed(features, blocks, found, counts), np.int64)
        return LookedUp(rows, Verifier(features, guards))

    return do_parts(look_up, queries, threads_for_queries(len(queries)))


def _listed(
    features: LocalFeatures,
    blocks: Sequence[FeatureBlock],
    found: Shortlisted,
    counts: Callable[[int], bool],
) -> list[int]:
    """Return the entries listed that count, listing again without the others if need be."""
    listed: list[int] = []
    masks: dict[int, NDArray[np.bool_]] = {}
    most = LISTED
    while True:
        rows = [blocks[table].start + row for table, row in found.places]
        counting = [counts(row) for row in rows]
        listed += [row for row, does in zip(rows, counting, strict=True) if does]
        if all(counting) or len(rows) < most or len(listed) >= LISTED:
            return listed[:LISTED]
        for table, row in found.places:  # those that count are listed already
            _mask(masks, blocks, table)[row] = True
        tables = [
            replace(block.table, dead=masks.get(number, block.table.dead))
            for number, block in enumerate(blocks)
        ]
        most = _LISTED_AGAIN
        found = Shortlist().shortlist(features, tables, most=most)


def _mask(
    masks: dict[int, NDArray[np.bool_]], blocks: Sequence[FeatureBlock], table: int
) -> NDArray[np.bool_]:
    if table not in masks:
        dead = blocks[table].table.dead
        pictures = blocks[table].table.postings.pictures
        masks[table] = np.zeros(pictures, np.bool_) if dead is None else dead.copy()
    return masks[table]


def threads_for_queries(queries: int) -> int:
    """Return how many threads pay to verify so many queries: kernels let others run."""
    return 1 if kernels() is None else threads_for(_WORK * queries)
