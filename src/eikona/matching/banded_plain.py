"""The search of ``matching.banded`` in NumPy, for where compiled kernels are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eikona.matching.bands import RINGS, band_keys, ring_ends, ring_masks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eikona.matching.bands import BandTables
    from eikona.matching.linear import Words

    Numbers = NDArray[np.int64]

HEAVY = -1  # in place of a row: this query is to be scanned
_LIGHT_SHARE = 16  # a search with more candidates than this part of all codes is no gain


def search_plain(columns: Words, tables: BandTables, queries: Words, radius: int) -> Numbers:
    """Return hits as rows of (query, row, distance), or (query, ``HEAVY``, 0)."""
    found = [np.zeros((0, 3), np.int64)]
    for number, query in enumerate(queries):
        rows = _candidates(tables, query, radius)
        if rows is None:
            found.append(np.array([[number, HEAVY, 0]]))
            continue
        distances = np.bitwise_count(columns[:, rows] ^ query[:, None]).sum(axis=0, dtype=np.int64)
        near = distances <= radius
        numbers = np.full(np.count_nonzero(near), number)
        found.append(np.column_stack((numbers, rows[near], distances[near])))
    return np.concatenate(found)


def _candidates(tables: BandTables, query: Words, radius: int) -> Numbers | None:
    """Return the rows in all buckets probed, each once; None where they are too many."""
    plan = tables.plan
    masks, ends = ring_masks(plan.width), (0, *ring_ends(plan.width))
    rings, more = divmod(radius + 1, plan.bands)
    probed = min(RINGS, rings + (more > 0))
    starts, sizes = [], []
    for band in range(plan.bands):
        buckets = band_keys(query[:, None], band, plan.width) ^ masks[: ends[probed]]
        offsets = tables.offsets[band]
        start = offsets[buckets].astype(np.int64)
        starts.append(start + band * tables.ids.shape[1])
        size = offsets[buckets + np.uint64(1)] - start
        sane = (size >= 0) & (start + size <= tables.ids.shape[1])  # not in a damaged file
        sizes.append(np.where(sane, size, 0))
    # The bands where one ring more holds least have it.
    last = [size[ends[probed - 1] :].sum() for size in sizes]
    for band in np.argsort(last)[more:] if more else ():
        starts[band] = starts[band][: ends[rings]]
        sizes[band] = sizes[band][: ends[rings]]
    start, size = np.concatenate(starts), np.concatenate(sizes)
    if size.sum() * _LIGHT_SHARE > tables.ids.shape[1]:
        return None
    places = np.repeat(start - np.cumsum(size) + size, size) + np.arange(size.sum())
    rows = np.unique(tables.ids.ravel()[places]).astype(np.int64)
    return rows[: np.searchsorted(rows, tables.ids.shape[1])]
