"""How much a picture hides: the amplitude that a mark may have at each place of the canvas.

Plain areas show even faint mottling, texture hides much, and an edge hides little beside it
although the area around has structure by any average. So structure counts only where all of a
neighbourhood has it: the least of a small window, not its mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eikona.marking.watermark.canvas import Canvas, blurred

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FINER_THAN = 1.5  # samples: coarser structure hides nothing of a mark
_AVERAGED = 1.5  # samples, before the least is taken
_WINDOW = 4  # samples to each side
_SMOOTHED = 2.0  # samples, after it
PLAIN = 1.2  # levels, root mean square, that are just not seen on a plain area
_TEXTURED = 2.0  # levels more for each level of structure
_MOST = 8.0  # levels


def hidden_amplitude(canvas: Canvas) -> NDArray[np.float32]:
    """Return how many levels of mark, root mean square, go unseen at each place."""
    luma = canvas.luma
    structure = blurred(np.abs(luma - blurred(luma, _FINER_THAN)), _AVERAGED)
    structure = blurred(_least_around(structure), _SMOOTHED)
    amplitude = np.sqrt(PLAIN**2 + (_TEXTURED * structure) ** 2)
    bounded: NDArray[np.float32] = np.minimum(amplitude, _MOST).astype(np.float32)
    return bounded


def _least_around(field: NDArray[np.float32]) -> NDArray[np.float32]:
    for axis in (0, 1):
        wide = [(0, 0), (0, 0)]
        wide[axis] = (_WINDOW, _WINDOW)
        padded = np.moveaxis(np.pad(field, wide, mode="edge"), axis, 0)
        size = field.shape[axis]
        least = padded[:size].copy()
        for shift in range(1, 2 * _WINDOW + 1):
            np.minimum(least, padded[shift : shift + size], out=least)
        field = np.moveaxis(least, 0, axis)
    return np.ascontiguousarray(field)
