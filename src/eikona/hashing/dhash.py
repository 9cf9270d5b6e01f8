"""dHash: cells darker than their right neighbour.

Source: Krawetz, "Kind of Like That", The Hacker Factor Blog, 2013.
Deviation: exact area means of the canonical plane replace the thumbnail.
"""

import numpy as np

from eikona.hashing.plane_sums import PlaneSums


def dhash(sums: PlaneSums) -> bytes:
    """Return the 64-bit dHash: 8 bytes, row-major over 8 rows of 9 cells, first bit highest."""
    return _brighter_to_the_right(sums, 8)


def dhash256(sums: PlaneSums) -> bytes:
    """Return the 256-bit dHash: 32 bytes, row-major over 16 rows of 17 cells."""
    return _brighter_to_the_right(sums, 16)


def _brighter_to_the_right(sums: PlaneSums, side: int) -> bytes:
    cells = sums.tall_cells(side, side + 1)
    return np.packbits(cells[:, 1:] > cells[:, :-1]).tobytes()
