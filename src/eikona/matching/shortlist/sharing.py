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
_SAMPLE = 32  # pictures that are compared
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
    counts = np.sum([hits.counts[:, _NEAR] for hits in found], axis=0).reshape(2, features)
    is_many = counts.sum(axis=0) >= bound
    for feature in np.flatnonzero(is_many).tolist():
        is_many[feature] = _differ(feature, features, found, tables)
    return np.asarray(is_many)


def _differ(
    feature: int, features: int, found: Sequence[Hits], tables: Sequence[SearchedTable]
) -> bool:
    """Return whether pictures that share a feature differ otherwise."""
    sketches = []
    for hits, table in zip(found, tables, strict=True):
        mine = (hits.descriptors % features == feature) & (hits.distances <= _NEAR)
        sketches.append(table.postings.sketches[hits.rows[mine]])
    shared = np.concatenate(sketches)
    shared = np.ascontiguousarray(shared[:: max(1, len(shared) // _SAMPLE)][:_SAMPLE])
    values = np.sort(shared.view(np.uint8).reshape(-1, 8), axis=0)
    different = 1 + np.count_nonzero(np.diff(values, axis=0), axis=0)
    return bool(different.mean() >= _DIFFERENT * len(shared))
