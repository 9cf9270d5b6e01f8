"""The canonical plane: 256 x 256 exact area means, the common ground of nearly every hash.

Each cell is the mean of the luma over its part of the picture, pixels at the rim counted by the
area inside, rounded once, halves up:

    plane[i, j] = floor((S + floor(N / 2)) / N),  S = sum of r[i, y] c[j, x] luma[y, x],  N = h w

where r[i, y] is how much of pixel row y lies in band i, in 256ths of a pixel, and c likewise for
columns. All of it is whole numbers below 2^53, so that every language and processor gets the same
plane, whichever axis comes first.
"""

import functools
import math

import numpy as np
from numpy.typing import NDArray

from eikona.imaging.bands import Bands, Real, Reals, cut_into_bands
from eikona.imaging.picture import Luma, Plane

PLANE_SIDE = 256  # cells
_GROUP = 16  # output cells a block: fastest from 0.2 to 12 megapixels
_LEVELS = 256  # of grey
_EXACT_FLOAT32 = 1 << 24  # whole numbers below this survive float32 sums


def plane_of(luma: Luma) -> Plane:
    """Return the canonical plane of ``luma``.

    Args:
        luma: shape (rows, columns), uint8, any size from 1 x 1.

    Returns:
        Array of shape (256, 256), uint8.
    """
    height, width = luma.shape
    # Weights of a side share a divisor; without it the sums are smaller and still whole.
    row_unit, column_unit = math.gcd(height, PLANE_SIDE), math.gcd(width, PLANE_SIDE)
    per_column = height // row_unit
    per_cell = per_column * (width // column_unit)
    # Rows first: that pass reads the picture in small contiguous pieces.
    by_rows = _area_bands(height, _exact_kind(_LEVELS * per_column)).along_rows(luma)
    sums = _area_bands(width, _exact_kind(_LEVELS * per_cell)).along_columns(by_rows)
    sums += per_cell // 2
    sums /= per_cell  # quotients are 1 / per_cell apart at least, wider than either type rounds
    return sums.astype(np.uint8)


def _exact_kind(largest_sum: int) -> Real:
    return np.dtype(np.float32) if largest_sum < _EXACT_FLOAT32 else np.dtype(np.float64)


@functools.lru_cache(maxsize=128)
def _area_bands(size: int, kind: Real) -> Bands:
    """Return the matrix that sums ``size`` samples into 256 cells.

    Its weights are how much of a sample lies in a cell, in units of gcd(size, 256) / 256 sample.
    """
    edges = np.arange(PLANE_SIDE + 1) * size  # of cells, in 256ths of a sample
    unit = math.gcd(size, PLANE_SIDE)

    def overlap(out: NDArray[np.int64], sample: NDArray[np.int64]) -> Reals:
        begin = np.maximum(edges[out], sample * PLANE_SIDE)
        end = np.minimum(edges[out + 1], (sample + 1) * PLANE_SIDE)
        shared: Reals = np.maximum(end - begin, 0) / unit
        return shared

    reads = edges[:-1] // PLANE_SIDE, -(-edges[1:] // PLANE_SIDE)
    return cut_into_bands(reads, overlap, size=size, group=_GROUP, kind=kind)
