"""pHash: signs of the low-frequency DCT coefficients around their median.

Source: Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010, 3.2.1;
Krawetz, "Looks Like It", 2011, for the sizes.
Deviation: exact area means replace the mean filter and decimation. The DCT's cosines are rounded to
14 binary places, which makes every coefficient a whole number below 2^53: symmetric pictures get
true zeros instead of rounding noise, and every machine and language the same bits.
"""

import functools
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from eikona.hashing.mhash import above_median
from eikona.hashing.plane_sums import PlaneSums

_PLACES = 1 << 14  # of the cosines
Coefficients: TypeAlias = NDArray[np.float64]


def phash(low: Coefficients) -> bytes:
    """Return the 64-bit pHash of ``low_frequencies(sums, 8)``, row-major, first bit highest."""
    return above_median(low)


def phash256(low: Coefficients) -> bytes:
    """Return the 256-bit pHash of ``low_frequencies(sums, 16)``, row-major, first bit highest."""
    return above_median(low)


def phash_mean(low: Coefficients) -> bytes:
    """Return 64 bits: ``low_frequencies(sums, 8)`` against the mean of all but their first row."""
    rest = low[1:]
    return np.packbits(low * rest.size > rest.sum()).tobytes()


def low_frequencies(sums: PlaneSums, kept: int) -> Coefficients:
    """Return the low ``kept`` x ``kept`` coefficients of a DCT over four times as many cells."""
    cells = sums.cells(4 * kept)
    rows = dct(4 * kept, kept)
    low: Coefficients = rows @ cells @ rows.T
    return low


@functools.cache
def dct(size: int, kept: int) -> Coefficients:
    """Return rows 0 to ``kept`` - 1 of the DCT-II of ``size`` samples, orthonormal but scaled."""
    frequency, sample = np.arange(kept)[:, None], np.arange(size)
    cosines = np.cos(np.pi * frequency * (2 * sample + 1) / (2 * size))
    cosines[0] = np.sqrt(0.5)
    whole: Coefficients = np.rint(cosines * _PLACES)
    return whole
