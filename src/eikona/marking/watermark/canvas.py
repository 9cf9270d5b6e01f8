"""The canvas: luma brought to a short side of 256 samples, and what of it can be a mark.

Every picture is marked and read at this size, whatever its own. What can be a mark is the fine
structure measured by how much of it there is around: so a mark counts as much in a dim corner as
in foliage, and no strong edge drowns it.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from eikona.imaging.bands import Bands, Reals, cut_into_bands

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHORT_SIDE = 256  # samples
_GROUP = 16  # outputs a block
_FINER_THAN = 3.0  # samples: standard deviation of the blur that is taken away
_AROUND = 2.3  # samples: of the neighbourhood that structure is measured in
FLOOR = 0.6  # levels of structure that even a plain area counts as having
_MOST = 3.0  # times the structure around: what sticks out more is cut off
_REACH = 3.0  # standard deviations of a blur that are summed


@dataclass(frozen=True, slots=True)
class Canvas:
    """A picture at the size of the canvas.

    Attributes:
        luma: shape (rows, columns), float32.
        fine: the structure in it, divided by ``around`` and bounded, same shape.
        around: how much fine structure there is, in levels, at least ``FLOOR``.
    """

    luma: NDArray[np.float32]
    fine: NDArray[np.float32]
    around: NDArray[np.float32]


def canvas_of(luma: NDArray[Any]) -> Canvas:
    """Bring ``luma``, of any size and real type, to the canvas."""
    return canvas_from(reduced(luma, SHORT_SIDE))


def canvas_from(small: NDArray[np.float32]) -> Canvas:
    """Make a canvas of luma that has its size already."""
    detail = small - blurred(small, _FINER_THAN)
    around = np.sqrt(blurred(detail * detail, _AROUND)) + np.float32(FLOOR)
    return Canvas(small, np.clip(detail / around, -_MOST, _MOST), around)


def canvas_shape(height: int, width: int, short_side: int = SHORT_SIDE) -> tuple[int, int]:
    """Return the rows and columns that a picture has when its short side is so long."""
    scale = short_side / min(height, width)
    return max(short_side, round(height * scale)), max(short_side, round(width * scale))


def reduced(luma: NDArray[Any], short_side: int) -> NDArray[np.float32]:
    """Resize by cubic convolution, widened where it reduces."""
    height, width = luma.shape
    rows, columns = canvas_shape(height, width, short_side)
    small = _resampling(width, columns).along_columns(luma)[:, :columns]
    small = _resampling(height, rows).along_rows(small)[:rows]
    return np.ascontiguousarray(small, np.float32)


@functools.lru_cache(maxsize=32)
def _resampling(size: int, outputs: int) -> Bands:
    scale = size / outputs
    reach = 2 * max(scale, 1.0)
    padded = -(-outputs // _GROUP) * _GROUP
    centres = (np.minimum(np.arange(padded), outputs - 1) + 0.5) * scale - 0.5

    def weigh(out: NDArray[np.int64], sample: NDArray[np.int64]) -> Reals:
        weights = _cubic((sample - centres[out]) / max(scale, 1.0))
        weights[np.broadcast_to(sample, weights.shape) >= size] = 0
        total: Reals = weights.sum(axis=-1, keepdims=True)
        return weights / total

    first = np.clip(np.ceil(centres - reach).astype(np.int64), 0, size - 1)
    stop = np.clip(np.floor(centres + reach).astype(np.int64) + 1, 1, size)
    return cut_into_bands((first, stop), weigh, size=size, group=_GROUP, kind=np.dtype(np.float32))


def _cubic(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keys' cubic convolution kernel with a = -1/2."""
    x = np.abs(distance)
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))


def blurred(field: NDArray[np.float32], deviation: float) -> NDArray[np.float32]:
    """Blur by a Gaussian, in samples; what lies beyond the rim is its mirror image."""
    reach = math.ceil(_REACH * deviation)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2)
    weights = (weights / weights.sum()).astype(np.float32)
    for axis in (0, 1):
        size = field.shape[axis]
        wide = [(0, 0), (0, 0)]
        wide[axis] = (reach, reach)
        padded = np.pad(field, wide, mode="symmetric")
        out = np.zeros_like(field)
        for shift, weight in enumerate(weights):
            part = padded[shift : shift + size] if axis == 0 else padded[:, shift : shift + size]
            out += weight * part
        field = out
    return field


def enlarged(field: NDArray[np.float32], size: tuple[int, int], rows: range) -> NDArray[np.float32]:
    """Return these rows of ``field`` brought to ``size`` rows and columns, linearly."""
    down = _between(field.shape[0], size[0], np.array(rows))
    across = _between(field.shape[1], size[1], np.arange(size[1]))
    first, share = down
    wide = field[first] + share[:, None] * (field[first + 1] - field[first])
    first, share = across
    out: NDArray[np.float32] = wide[:, first]
    out += share * (wide[:, first + 1] - out)
    return out


def _between(
    samples: int, outputs: int, wanted: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the sample before each wanted output, and how far on it lies."""
    place = np.clip((wanted + 0.5) * (samples / outputs) - 0.5, 0, samples - 1)
    first = np.minimum(place.astype(np.int64), samples - 2)
    return first, (place - first).astype(np.float32)
