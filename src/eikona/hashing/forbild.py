"""ForBild: cells at or above the median of their quadrant, after mirroring to a standard pose.

Source: Steinebach, "Robust hashing for efficient forensic analysis of image sets", ICDF2C 2011;
Steinebach, Liu, Yannikos, "ForBild: efficient robust image hashing", Proc. SPIE 8303, 2012.
Deviation: the 16 x 16 reduction is a Gaussian of half a cell over the plane's 64 x 64 means, with
weights rounded to 16 binary places; luma is ours. The threshold is the upper median.
"""

import functools

import numpy as np
from numpy.typing import NDArray

from eikona.hashing.plane_sums import PlaneSums

_SIDE = 16  # cells
_HALF = _SIDE // 2
_FINE = 64  # means a side that are reduced
_SPREAD = 0.5  # standard deviation of the Gaussian, in cells
_REACH = 3.0  # how far it is cut, in cells
_PLACES = 1 << 16  # of the weights


def forbild_grey(sums: PlaneSums) -> bytes:
    """Return the 16 x 16 grey values, row-major, mirrored so that the brightest is top left.

    Returns:
        256 bytes. ForBild's hash follows from them, and its second step weighs by them.
    """
    weights = gaussian()
    scale = _PLACES * _PLACES * (256 // _FINE) ** 2
    grey = np.floor(weights @ sums.cells(_FINE) @ weights.T / scale + 0.5)
    quadrants = grey.reshape(2, _HALF, 2, _HALF).max(axis=(1, 3))
    right, bottom = divmod(int(quadrants.T.argmax()), 2)  # left column first, as the reference
    if right:
        grey = grey[:, ::-1]
    if bottom:
        grey = grey[::-1]
    return grey.astype(np.uint8).tobytes()


def forbild(grey: bytes) -> bytes:
    """Return the 256-bit ForBild hash of ``forbild_grey``: row-major, first bit highest."""
    cells = np.frombuffer(grey, np.uint8).reshape(2, _HALF, 2, _HALF)
    quadrants = cells.transpose(0, 2, 1, 3).reshape(2, 2, _HALF * _HALF)
    medians = np.sort(quadrants, axis=2)[:, :, _HALF * _HALF // 2]
    return np.packbits(cells >= medians[:, None, :, None]).tobytes()


@functools.cache
def gaussian() -> NDArray[np.float64]:
    """Return weights of shape (16, 64), whole numbers that sum to ``_PLACES`` in each row."""
    cell = (np.arange(_SIDE) + 0.5)[:, None]
    mean = (np.arange(_FINE) + 0.5) * (_SIDE / _FINE)
    away = np.abs(mean - cell)
    weights = np.where(away < _REACH, np.exp(-0.5 * (away / _SPREAD) ** 2), 0.0)
    whole: NDArray[np.float64] = np.rint(weights / weights.sum(axis=1, keepdims=True) * _PLACES)
    for row, line in enumerate(whole[:_HALF]):
        line[4 * row + 1] += _PLACES - line.sum()  # what rounding left over
    whole[_HALF:] = whole[_HALF - 1 :: -1, ::-1]  # so that mirrored pictures mirror exactly
    return whole
