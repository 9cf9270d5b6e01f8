"""The canonical plane: 256 x 256 exact area means, the common ground of nearly every hash.

Each cell is the mean of the luma over its part of the picture, pixels at the rim counted by the
area inside, rounded once, halves up:

    plane[i, j] = floor((S + floor(N / 2)) / N),  S = sum of r[i, y] c[j, x] luma[y, x],  N = h w

where r[i, y] is how much of pixel row y lies in band i, in 256ths of a pixel, and c likewise for
columns. All of it is whole numbers below 2^53, so that every language and processor gets the same
plane, whichever axis comes first.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from eikona.imaging.bands import Bands, Real, Reals, cut_into_bands
from eikona.native.address import address
from eikona.native.switch import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eikona.imaging.picture import Luma, Plane
    from eikona.native.loader import Kernels

PLANE_SIDE = 256  # cells
_GROUP = 16  # output cells a block: fastest from 0.2 to 12 megapixels
_LEVELS = 256  # of grey
_LONGEST_BAND = 32_768  # samples of a side that is summed by bands, whose matrix is as long
_LONGEST_CACHED = 1536  # samples; the bands of such a side take up to 0.4 MB
_CACHED_BANDS = 256  # sides; photographs of one collection have some dozens
_EXACT_FLOAT32 = 1 << 24  # whole numbers below this survive float32 sums
_COMPILED_BELOW = 1 << 23  # pixels, whose sums 32 bits hold


def plane_of(luma: Luma) -> Plane:
    """Return the canonical plane of ``luma``.

    Args:
        luma: shape (rows, columns), uint8, any size from 1 x 1.

    Returns:
        Array of shape (256, 256), uint8.
    """
    compiled = kernels()
    if compiled is not None and luma.size < _COMPILED_BELOW:
        return _compiled_plane(compiled, luma)
    height, width = luma.shape
    # Weights of a side share a divisor; without it the sums are smaller and still whole.
    per_row = width // math.gcd(width, PLANE_SIDE)
    per_column = height // math.gcd(height, PLANE_SIDE)
    per_cell = per_row * per_column
    # Rows first, which is faster, unless that would widen a thin picture before shortening it.
    if height >= PLANE_SIDE or height >= width:
        sums = _sum_columns(_sum_rows(luma, _LEVELS * per_column), _LEVELS * per_cell)
    else:
        sums = _sum_rows(_sum_columns(luma, _LEVELS * per_row), _LEVELS * per_cell)
    sums += per_cell // 2
    sums /= per_cell  # quotients are 1 / per_cell apart at least, wider than either type rounds
    return np.ascontiguousarray(sums.astype(np.uint8))


def _compiled_plane(compiled: Kernels, luma: Luma) -> Plane:
    luma = np.ascontiguousarray(luma)
    height, width = luma.shape
    plane = np.empty((PLANE_SIDE, PLANE_SIDE), np.uint8)
    room = np.empty(8 * (width + 1) + 4 * PLANE_SIDE, np.int32)
    compiled.plane(address(luma), address(plane), address(room), height, width)
    return plane


def _sum_rows(samples: NDArray[Any], largest_sum: int) -> Reals:
    """Sum shape (n, k) to (256, k), in gcd(n, 256) / 256 rows."""
    if samples.shape[0] > _LONGEST_BAND:
        return _long_sums(samples)
    return _bands(samples.shape[0], largest_sum).along_rows(samples)


def _sum_columns(samples: NDArray[Any], largest_sum: int) -> Reals:
    """Sum shape (k, n) to (k, 256), in gcd(n, 256) / 256 columns."""
    if samples.shape[1] > _LONGEST_BAND:
        return _long_sums(samples.T).T
    return _bands(samples.shape[1], largest_sum).along_columns(samples)


def _bands(size: int, largest_sum: int) -> Bands:
    """Return ``_area_bands`` of a type that is exact, cached if the side recurs and is small."""
    kind = np.dtype(np.float32 if largest_sum < _EXACT_FLOAT32 else np.float64)
    build = _area_bands if size <= _LONGEST_CACHED else _area_bands.__wrapped__
    return build(size, kind)


@functools.lru_cache(maxsize=_CACHED_BANDS)
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


def _long_sums(samples: NDArray[Any]) -> Reals:
    """Do what a very long side's bands would, in time and memory that grow with its length only.

    Args:
        samples: whole numbers of shape (n, k), n above 256.

    Returns:
        Array of shape (256, k), float64, exact.
    """
    size = samples.shape[0]
    first, inside = np.divmod(np.arange(PLANE_SIDE + 1) * size, PLANE_SIDE)
    whole = np.add.reduceat(samples, first[:-1], axis=0, dtype=np.float64) * PLANE_SIDE
    # A cell begins inside its first sample and ends inside the first sample of the next one.
    rim = samples[first[:-1]] * inside[:-1, None].astype(np.float64)
    whole -= rim
    whole[:-1] += rim[1:]
    whole /= math.gcd(size, PLANE_SIDE)
    return whole
