"""The NMF ring hash as the Unihasher project computes it, for its decision tree on pictures.

Source: Cp-Youfy/unihasher 0.1.3, ``NMF_Hash.py``, after Tang, Zhang, Zhang 2014.
Deviation: works on luma from the start, where the original resizes and blurs three channels and
takes luma last. Coefficients above 255 wrap around, as the original's cast does on x86.
"""

import functools

import numpy as np
from numpy.typing import NDArray

from eikona.imaging.picture import Luma

_MAX_SIDE = 512  # pixels
_RINGS = 32
_RANK = 2
_ITERATIONS = 60
_SEED = 26
_TINY = np.float32(1e-4)  # keeps divisors above zero
_Floats = NDArray[np.float32]


def nmf_unihasher(luma: Luma) -> bytes:
    """Return Unihasher's NMF hash, to be compared by correlation.

    Args:
        luma: shape (rows, columns), uint8.

    Returns:
        64 bytes: two coefficient rows of 32 rings.
    """
    side = min(*luma.shape, _MAX_SIDE)
    matrix = _ring_matrix(_blur(_resize(luma, side)))
    coefficients = _factorise(matrix)
    return (np.round(coefficients).astype(np.int64) & 0xFF).astype(np.uint8).tobytes()


def _resize(luma: Luma, side: int) -> Luma:
    """Sample a ``side`` x ``side`` grid bilinearly, without smoothing first."""
    height, width = luma.shape
    top, down = _neighbours(height, side)
    left, right = _neighbours(width, side)
    rows = luma[top].astype(np.float32)
    rows += (luma[np.minimum(top + 1, height - 1)] - rows) * down[:, None]
    out = rows[:, left]
    out += (rows[:, np.minimum(left + 1, width - 1)] - out) * right
    return np.rint(out).astype(np.uint8)


def _neighbours(size: int, side: int) -> tuple[NDArray[np.intp], _Floats]:
    at = np.clip((np.arange(side) + 0.5) * (size / side) - 0.5, 0, size - 1)
    before = np.floor(at).astype(np.intp)
    return before, (at - before).astype(np.float32)


def _blur(luma: Luma) -> Luma:
    """Gaussian of 3 x 3 and standard deviation 1, mirrored at the border pixel."""
    side = np.exp(np.float32(-0.5))
    weights = np.array([side, 1, side], np.float32) / (1 + 2 * side)
    smooth = luma.astype(np.float32)
    for _ in range(2):  # once an axis
        padded = np.pad(smooth, ((1, 1), (0, 0)), mode="reflect" if len(smooth) > 1 else "edge")
        smooth = (padded[:-2] + padded[2:]) * weights[0] + padded[1:-1] * weights[1]
        smooth = smooth.T
    return np.rint(smooth).astype(np.uint8)


def _ring_matrix(square: Luma) -> _Floats:
    """Return sorted ring pixels, one ring a column, cut to the shortest ring, zeros below."""
    order, stops, rows = _rings(square.shape[0])
    pixels = square.ravel()[order]
    starts = np.concatenate([[0], stops[:-1]])
    shortest = min(int((stops - starts).min()), rows)
    matrix = np.zeros((max(rows, 1), _RINGS), np.float32)
    for ring, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        matrix[:shortest, ring] = np.sort(pixels[start:stop])[:shortest]
    return matrix


@functools.lru_cache(maxsize=16)
def _rings(side: int) -> tuple[NDArray[np.intp], NDArray[np.intp], int]:
    """Return pixel places grouped by ring, where each group stops, and a ring's nominal area."""
    centre = side / 2 + 0.5 if side % 2 == 0 else (side + 1) / 2
    along = (np.arange(1, side + 1, dtype=np.float32) - np.float32(centre)) ** 2
    squared = (along + along[:, None]).ravel()
    area = np.floor(np.pi * (side - centre) ** 2 / _RINGS)
    radii = np.empty(_RINGS, np.float32)
    radii[0] = np.sqrt(area / np.pi)
    for ring in range(1, _RINGS - 1):
        radii[ring] = np.sqrt((area + np.pi * radii[ring - 1] ** 2) / np.pi)
    radii[-1] = side - centre
    member = np.searchsorted(radii**2, squared, side="left")
    order = np.argsort(member, kind="stable")
    stops = np.searchsorted(member[order], np.arange(_RINGS), side="right")
    return order, stops, int(area)


def _factorise(matrix: _Floats) -> _Floats:
    rows, columns = matrix.shape
    draw = np.random.RandomState(_SEED)
    base = draw.uniform(0, 1, (rows, _RANK)).astype(np.float32)
    coefficients = draw.uniform(0, 1, (_RANK, columns)).astype(np.float32)
    for _ in range(_ITERATIONS):
        ratio = matrix / (base @ coefficients + _TINY)
        coefficients *= base.T @ ratio
        coefficients /= base.sum(axis=0)[:, None] + _TINY
        ratio = matrix / (base @ coefficients + _TINY)
        base *= ratio @ coefficients.T
        base /= coefficients.sum(axis=1) + _TINY
    return coefficients
