"""Median hash: cells brighter than the median of all. Also wHash on this plane.

Source: Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010, 3.3.1
(block mean value); for wHash: Petrov, "Wavelet image hash in Python", 2016.
Deviation: exact area means of the canonical plane. The approximation band of a Haar transform of
the plane is these very means times a constant, so that wHash has the same bits.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eikona.hashing.plane_sums import PlaneSums


def mhash(sums: PlaneSums) -> bytes:
    """Return the 64-bit median hash: 8 bytes, row-major over 8 x 8 cells, first bit highest."""
    return above_median(sums.cells(8))


def mhash256(sums: PlaneSums) -> bytes:
    """Return the 256-bit median hash: 32 bytes, row-major over 16 x 16 cells."""
    return above_median(sums.cells(16))


def above_median(values: NDArray[np.floating[Any]]) -> bytes:
    """Pack which of an even number of whole ``values`` lie above their median."""
    ordered = np.sort(values, axis=None)
    half = values.size // 2
    return np.packbits(2 * values > ordered[half - 1] + ordered[half]).tobytes()
