"""What a feature's surroundings look like: 4 x 4 histograms of 8 directions, one bit a value.

Source: Lowe 2004, section 6.
Deviation: gradients of a fixed grid in the frame of the feature. Values become bits at their
median.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eikona.domain.local_features import CODE_BYTES, MARGIN_BYTES
from eikona.hashing.local_features.patches import gradients
from eikona.native.address import address

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eikona.hashing.local_features.scale_space import ScaleSpace
    from eikona.native.loader import Kernels

    Floats = NDArray[np.float64]

_CELLS = 4  # along each side
_RIMMED = _CELLS + 2
_DIRECTIONS = 8
_VALUES = _CELLS * _CELLS * _DIRECTIONS
_CELL = 3.0  # blurs of the layer, side of a cell
_SIDE = 16  # grid points, over five cells
_STEP = 5 * _CELL / _SIDE  # blurs, from one grid point to the next
_WINDOW = 2.0  # cells, standard deviation of what gradients count
_CLIP = 0.2  # of a descriptor's length, above which a value counts no more
_SCALE = 512.0
_WHITE = 255


@dataclass(frozen=True, slots=True)
class Descriptors:
    """What features look like.

    Attributes:
        codes: shape (n, 16), uint8.
        margins: shape (n, 128), uint8: how far each value is from the median.
    """

    codes: NDArray[np.uint8]
    margins: NDArray[np.uint8]


def descriptors(
    space: ScaleSpace,
    spots: Floats,
    blurs: Floats,
    angles: NDArray[np.float32],
    compiled: Kernels | None,
) -> Descriptors:
    """Describe spots.

    Args:
        space: where the spots are.
        spots: shape (n, 4): octave, layer, x and y in samples of the octave.
        blurs: of each spot, in samples of the octave.
        angles: which way each points, in turns.
        compiled: kernels, where this process has them.
    """
    turned = angles.astype(np.float64) * (2 * np.pi)
    step = _STEP * blurs
    grids = np.column_stack([spots, step * np.cos(turned), step * np.sin(turned)])
    if compiled is not None:
        return _compiled_descriptors(compiled, space, grids)
    directions, lengths = gradients(space, grids, _SIDE)
    values = _quantised(_histograms(directions, lengths * _grid().window))
    in_order = np.sort(values, axis=1).astype(np.int64)
    middle = in_order[:, _VALUES // 2 - 1] + in_order[:, _VALUES // 2]
    doubled = 2 * values.astype(np.int64) - middle[:, None]
    margins = np.minimum(np.abs(doubled) >> 1, _WHITE).astype(np.uint8)
    return Descriptors(np.packbits(doubled > 0, axis=1), margins)


def _histograms(directions: NDArray[np.float32], lengths: NDArray[np.float32]) -> Floats:
    """Share each gradient among two cells each way and two directions, in order."""
    grid = _grid()
    turn = np.float32(_DIRECTIONS) - directions * np.float32(_DIRECTIONS)  # as OpenCV counts
    whole = turn.astype(np.int64)
    part = turn - whole.astype(np.float32)
    lower = lengths * grid.shares[:, None]
    upper = lengths - lower
    upper_right, lower_right = upper * grid.shares, lower * grid.shares
    out = np.zeros((len(lengths), _RIMMED, _RIMMED, _DIRECTIONS), np.float32)
    number = np.arange(len(lengths))[:, None, None]
    row, column = grid.cells[:, None], grid.cells
    for down, across, amount in (
        (0, 0, upper - upper_right),
        (0, 1, upper_right),
        (1, 0, lower - lower_right),
        (1, 1, lower_right),
    ):
        later = amount * part
        for direction, share in ((whole, amount - later), (whole + 1, later)):
            at = np.broadcast_arrays(number, row + down, column + across, direction % _DIRECTIONS)
            np.add.at(out, tuple(at), share)
    return out[:, 1:-1, 1:-1].reshape(-1, _VALUES).astype(np.float64)


def _quantised(values: Floats) -> NDArray[np.uint8]:
    """Scale to unit length, clip, scale again, round to 0 to 255."""
    clip = _CLIP * np.sqrt(np.cumsum(values * values, axis=1)[:, -1:])
    values = np.minimum(values, clip)
    length = np.sqrt(np.cumsum(values * values, axis=1)[:, -1:])
    values = values * (_SCALE / np.maximum(length, 1e-12)) + 0.5
    return np.minimum(values, _WHITE).astype(np.uint8)


def _compiled_descriptors(compiled: Kernels, space: ScaleSpace, grids: Floats) -> Descriptors:
    count = len(grids)
    found = Descriptors(
        np.empty((count, CODE_BYTES), np.uint8), np.empty((count, MARGIN_BYTES), np.uint8)
    )
    grid = _grid()
    patch = np.empty((_SIDE + 2) ** 2, np.float32)
    gradients_room = np.empty(2 * _SIDE**2, np.float32)
    histograms = np.empty(_RIMMED**2 * _DIRECTIONS, np.float32)
    levels = np.empty(256 + _VALUES, np.int32)
    compiled.descriptors(
        *(address(space.samples), address(space.octaves), address(grids)),
        *(address(grid.window), address(grid.cells), address(grid.shares)),
        *(address(patch), address(gradients_room), address(histograms)),
        *(address(levels), address(found.codes), address(found.margins)),
        *(space.samples.size, len(space.octaves), count, _SIDE),
    )
    return found


@dataclass(frozen=True, slots=True)
class _Grid:
    """How grid points count.

    Attributes:
        window: shape (16, 16), float32, less with the distance from the middle.
        cells: of six along a side, the rim included, the first that a row or column falls into.
        shares: how much of it falls into the next one.
    """

    window: NDArray[np.float32]
    cells: NDArray[np.int64]
    shares: NDArray[np.float32]


@functools.cache
def _grid() -> _Grid:
    away = (np.arange(_SIDE) - (_SIDE - 1) / 2) * (_STEP / _CELL)  # cells
    line = np.exp(-0.5 * (away / _WINDOW) ** 2)
    place = away + (_RIMMED - 1) / 2
    cells = np.floor(place)
    return _Grid(
        (line[:, None] * line).astype(np.float32),
        cells.astype(np.int64),
        (place - cells).astype(np.float32),
    )
