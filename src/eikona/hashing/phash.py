"""pHash: signs of the low-frequency DCT coefficients around their median.

Source: Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010, 3.2.1;
Krawetz, "Looks Like It", 2011, for the sizes.
Deviation: exact area means replace the mean filter and decimation. The DCT's cosines are rounded to
14 binary places, which makes every coefficient a whole number below 2^53: symmetric pictures get
true zeros instead of rounding noise, and every machine and language the same bits.
"""

import functools

import numpy as np

from eikona.hashing.mhash import above_median
from eikona.hashing.plane_sums import PlaneSums, Sums

_PLACES = 1 << 14  # of the cosines


def phash(sums: PlaneSums) -> bytes:
    """Return the 64-bit pHash: the low 8 x 8 of a 32 x 32 DCT, row-major, first bit highest."""
    return above_median(_low_frequencies(sums.cells(32), 8))


def phash256(sums: PlaneSums) -> bytes:
    """Return the 256-bit pHash: the low 16 x 16 of a 64 x 64 DCT, row-major."""
    return above_median(_low_frequencies(sums.cells(64), 16))


def phash_mean(sums: PlaneSums) -> bytes:
    """Return 64 bits: the low 8 x 8 against the mean of all but their first row."""
    low = _low_frequencies(sums.cells(32), 8)
    rest = low[1:]
    return np.packbits(low * rest.size > rest.sum()).tobytes()


def _low_frequencies(cells: Sums, kept: int) -> Sums:
    dct = _dct(cells.shape[0], kept)
    return dct @ cells @ dct.T


@functools.cache
def _dct(size: int, kept: int) -> Sums:
    """Rows 0 to ``kept`` - 1 of the DCT-II of ``size`` samples, orthonormal up to one factor."""
    frequency, sample = np.arange(kept)[:, None], np.arange(size)
    cosines = np.cos(np.pi * frequency * (2 * sample + 1) / (2 * size))
    cosines[0] = np.sqrt(0.5)
    whole: Sums = np.rint(cosines * _PLACES)
    return whole
