"""Sums of the canonical plane over coarser grids, each computed once for all the hashes.

All are whole numbers, kept in float types that hold them exactly, so that hashes compare means
without rounding one: a sum over equal areas orders as the mean does.
"""

import functools

import numpy as np
from numpy.typing import NDArray

from eikona.imaging.picture import Plane
from eikona.imaging.plane import PLANE_SIDE

_FINEST = 64  # cells a side of the finest grid that a hash asks for
Sums = NDArray[np.float64]


class PlaneSums:
    """Sums of one plane over grids of equal cells.

    Args:
        plane: shape (256, 256), uint8.
    """

    def __init__(self, plane: Plane) -> None:
        rows = plane.reshape(_FINEST, PLANE_SIDE // _FINEST, PLANE_SIDE)
        self._bands: NDArray[np.uint32] = rows[:, 0].astype(np.uint32)
        for part in range(1, rows.shape[1]):
            self._bands += rows[:, part]
        self._cells = {_FINEST: _pair(_pair(self._bands.T)).T}

    def cells(self, side: int) -> Sums:
        """Return the sums over side x side cells; ``side`` divides 64."""
        return self._whole_cells(side).astype(np.float64)

    def tall_cells(self, rows: int, columns: int) -> Sums:
        """Return sums over ``rows`` x ``columns`` cells where only ``rows`` divides 64.

        Pixels at a cell's rim count by the area inside, in units of 1 / ``columns`` pixel.
        """
        bands = self._bands
        while bands.shape[0] > rows:
            bands = _pair(bands)
        return bands.astype(np.float64) @ _column_weights(columns)

    def _whole_cells(self, side: int) -> NDArray[np.uint32]:
        if side not in self._cells:
            finer = self._whole_cells(2 * side)
            self._cells[side] = _pair(_pair(finer).T).T
        return self._cells[side]


def _pair(sums: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Add neighbours along the first axis."""
    return sums[0::2] + sums[1::2]


@functools.cache
def _column_weights(columns: int) -> Sums:
    """Return the overlap of every pixel column with every cell, in 1 / ``columns`` pixel."""
    pixel = np.arange(PLANE_SIDE)[:, None] * columns
    cell = np.arange(columns) * PLANE_SIDE
    overlap = np.minimum(pixel + columns, cell + PLANE_SIDE) - np.maximum(pixel, cell)
    weights: Sums = np.maximum(overlap, 0.0)
    return weights
