"""Which features of a query much of a bank has: frames of programs, letter-boxes, watermarks.

Thousands of copies of one picture share its features too, which is no reason to distrust them. So
pictures are counted that differ otherwise: where sketches of those that share a feature are mostly
the same, they are copies of each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from eikona.matching.shortlist.probing import Hits, SearchedTable

    Numbers = NDArray[np.int64]

MANY_SHARE = 0.01  # of a bank's pictures
FEWEST_MANY = 50  # pictures
_NEAR = 6  # bits of 64
_SAMPLE = 16  # pictures that are compared
_BYTES = 8  # of a sketch
_DIFFERENT = 0.6  # of their sketches' bytes, as many values as there are pictures


def shared_by_many(
    features: int, found: Sequence[Hits], tables: Sequence[SearchedTable]
) -> NDArray[np.bool_]:
    """Return for each feature of a query whether many pictures have one alike.

    Args:
        features: of the query.
        found: hits, by table.
        tables: in the same order.
    """
    pictures = sum(table.postings.pictures for table in tables)
    bound = max(FEWEST_MANY, MANY_SHARE * pictures)
    counts: Numbers = np.add.reduce([hits.counts[:, _NEAR] for hits in found])
    is_many = counts[:features] + counts[features:] >= bound
    if is_many.any():
        is_many &= _differ(is_many, found, tables)
    return np.asarray(is_many)


def _differ(
    wanted: NDArray[np.bool_], found: Sequence[Hits], tables: Sequence[SearchedTable]
) -> NDArray[np.bool_]:
    """Return for each feature that is wanted whether pictures that share it differ otherwise."""
    owners, sketches = [], []
    for hits, table in zip(found, tables, strict=True):
        mine = np.flatnonzero(np.tile(wanted, 2)[hits.descriptors])
        mine = mine[hits.distances[mine] <= _NEAR]
        owners.append(hits.descriptors[mine] % len(wanted))
        sketches.append(table.postings.sketches[hits.rows[mine]])
    order = np.argsort(np.concatenate(owners), kind="stable")
    counts = np.bincount(np.concatenate(owners), minlength=len(wanted))
    enough = np.flatnonzero(counts >= _SAMPLE)
    begins = (np.cumsum(counts) - counts)[enough]
    evenly = np.arange(_SAMPLE) * counts[enough, None] // _SAMPLE
    sample = np.concatenate(sketches)[order[begins[:, None] + evenly]]
    values = np.sort(sample[:, :, None].view(np.uint8), axis=1)
    values_differ = 1 + np.count_nonzero(np.diff(values, axis=1), axis=1)
    differ = np.zeros(len(wanted), np.bool_)
    differ[enough] = values_differ.sum(axis=1) >= _DIFFERENT * _SAMPLE * _BYTES
    return differ
