"""The margins that a shortlist reads, and no others: a third of the bytes, and the same answers.

A query is kept and sent about with the margins of its key bits, and of the bits that its mirror
image has there. Margins that cost the same are made the same.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from eikona.domain.local_features import CODE_BYTES, GEOMETRY_BYTES, MARGIN_BYTES, LocalFeatures
from eikona.matching.shortlist.learned import FLIP_COSTS, KEY_BITS

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MARGINS = 256  # values
_SURE = _MARGINS - 1


def with_read_margins(features: LocalFeatures) -> LocalFeatures:
    """Return local features with all that a shortlist reads of their margins."""
    if not features.margins:
        return features
    bits, same = _read_bits(), _same_cost()
    margins = np.frombuffer(features.margins, np.uint8).reshape(-1, MARGIN_BYTES)
    read = np.full_like(margins, _SURE)
    read[:, bits] = same[margins[:, bits]]
    return replace(features, margins=read.tobytes())


@functools.cache
def _read_bits() -> NDArray[np.int64]:
    """Return the key bits, and where they are in a mirrored picture."""
    numbered = LocalFeatures(
        1, 1, bytes(CODE_BYTES), bytes(GEOMETRY_BYTES), bytes(range(MARGIN_BYTES))
    )
    origins = numbered.mirrored().margins
    return np.array(sorted({*KEY_BITS, *(origins[bit] for bit in KEY_BITS)}), np.int64)


@functools.cache
def _same_cost() -> NDArray[np.uint8]:
    """Return for each margin the least one that costs as much."""
    costs = [FLIP_COSTS[min(margin, len(FLIP_COSTS) - 1)] for margin in range(_MARGINS)]
    return np.array([costs.index(cost) for cost in costs], np.uint8)
