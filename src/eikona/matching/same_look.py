"""Tells whether two pictures show the same everywhere, so that nothing is lost with one of them.

Hashes see some 64 values a side: pages of one form, or two months of a calendar, are the same to
them. Here every part counts. Tones are fitted first, because a copy may be brighter or grey; what
is left in any one block must be no more than compression, scaling and sharpening leave there.
"""

import numpy as np
from numpy.typing import NDArray

from eikona.domain.fingerprint import Orientation

LONGEST_SIDE = 768  # samples: what is looked at is reduced to a square of at most this
SHORTEST_SIDE = 64  # samples: of smaller pictures nothing can be said
_DETAILED_SIDE = 256  # samples from which on letters of a page show
_BLOCK = 8  # samples a side
# Largest mean difference of a block, in 255ths of the picture's own contrast. Measured on 31
# photographs under 14 alterations: at most 33; on 15 pairs each of 5 kinds of forms: 54 or more.
_MOST = 45.0
_MOST_OF_SMALL = 12.0  # where letters are a few samples large, forms differ by 16 or more
# Copies differ about as much everywhere; a changed number differs in one place.
_BASE, _TIMES_USUAL = 10.0, 2.0
_TONES = 64
_LEAST_CONTRAST = 40.0  # grey levels that a flat picture is taken to have

Luma = NDArray[np.uint8]
Reals = NDArray[np.float32]


def side_for(*lengths: int) -> int:
    """Return the side of the square that two pictures are reduced to; 0 where one is too small.

    Args:
        lengths: widths and heights of both, in pixels.
    """
    side = min(LONGEST_SIDE, *lengths) // _BLOCK * _BLOCK
    return side if side >= SHORTEST_SIDE else 0


def turned(luma: Luma, orientation: Orientation) -> Luma:
    """Return a square picture as it lies when turned or mirrored so."""
    turns = {
        Orientation.ORIGINAL: lambda one: one,
        Orientation.ROTATE_90: lambda one: np.rot90(one, 1),
        Orientation.ROTATE_180: lambda one: np.rot90(one, 2),
        Orientation.ROTATE_270: lambda one: np.rot90(one, 3),
        Orientation.FLIP_TOP_BOTTOM: lambda one: one[::-1],
        Orientation.FLIP_LEFT_RIGHT: lambda one: one[:, ::-1],
        Orientation.TRANSPOSE: lambda one: one.T,
        Orientation.TRANSVERSE: lambda one: one[::-1, ::-1].T,
    }
    return np.ascontiguousarray(turns[orientation](luma))


def looks_the_same(one: Luma, other: Luma) -> bool:
    """Return whether two pictures show the same in every part.

    Args:
        one: luma of shape (side, side), side as from ``side_for``, lying as the other does.
        other: of the same shape.
    """
    most = _MOST if len(one) >= _DETAILED_SIDE else _MOST_OF_SMALL
    first, second = _smoothed(one), _smoothed(other)
    for known, seen in ((first, second), (second, first)):
        blocks = _differences(known, seen)
        worst, usual = float(blocks.max()), float(np.percentile(blocks, 99))
        if worst > min(most, _BASE + _TIMES_USUAL * usual):
            return False
    return True


def _smoothed(luma: Luma) -> Reals:
    """Return means of 3 x 3 samples: copies are shifted by parts of a sample when scaled."""
    padded = np.pad(luma.astype(np.float32), 1, mode="edge")
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    return np.asarray((rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / 9, np.float32)


def _differences(known: Reals, seen: Reals) -> Reals:
    """Return for each block how far ``seen`` is from what ``known`` lets expect of it."""
    width = 256 / _TONES
    tones = np.minimum(known / width, _TONES - 1).astype(np.intp)
    counts = np.bincount(tones.ravel(), minlength=_TONES)
    sums = np.bincount(tones.ravel(), weights=seen.ravel(), minlength=_TONES)
    there = np.flatnonzero(counts)
    expected = np.interp(known, (there + 0.5) * width, sums[there] / counts[there])
    low, high = np.percentile(seen, (1, 99))
    away = np.abs(seen - expected) * (255 / max(_LEAST_CONTRAST, float(high - low)))
    blocks = len(seen) // _BLOCK
    shape = (blocks, _BLOCK, blocks, _BLOCK)
    return np.asarray(away.reshape(shape).mean(axis=(1, 3)), np.float32)
