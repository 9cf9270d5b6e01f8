"""aHash: cells brighter than the mean of all.

Source: Krawetz, "Looks Like It", The Hacker Factor Blog, 2011.
Deviation: exact area means of the canonical plane replace the thumbnail.
"""

import numpy as np

from eikona.hashing.plane_sums import PlaneSums, Sums


def ahash(sums: PlaneSums) -> bytes:
    """Return the 64-bit aHash: 8 bytes, row-major over 8 x 8 cells, first bit highest."""
    return _above_mean(sums.cells(8))


def ahash256(sums: PlaneSums) -> bytes:
    """Return the 256-bit aHash: 32 bytes, row-major over 16 x 16 cells, first bit highest."""
    return _above_mean(sums.cells(16))


def _above_mean(cells: Sums) -> bytes:
    return np.packbits(cells * cells.size > cells.sum()).tobytes()
