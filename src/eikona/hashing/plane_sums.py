"""Sums of the canonical plane over coarser grids, each computed once for all the hashes.

All are whole numbers that their float types hold exactly, so that hashes compare means without
rounding one: a sum over equal areas orders as the mean does.
"""

import functools
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from eikona.imaging.picture import Plane
from eikona.imaging.plane import PLANE_SIDE

_FINEST = 64  # cells a side of the finest grid that a hash asks for
Sums: TypeAlias = NDArray[np.float64]
_Real = TypeVar("_Real", np.float32, np.float64)


class PlaneSums:
    """Sums of one plane over grids of equal cells.

    Args:
        plane: shape (256, 256), uint8.
    """

    def __init__(self, plane: Plane) -> None:
        strips = plane.reshape(_FINEST, PLANE_SIDE // _FINEST, PLANE_SIDE)
        finest = strips[:, 0].astype(np.float32)
        for strip in range(1, strips.shape[1]):
            finest += strips[:, strip]
        self._bands = {_FINEST: finest}
        self._cells: dict[int, Sums] = {}

    def cells(self, side: int) -> Sums:
        """Return the sums over side x side cells; ``side`` divides 64."""
        if side not in self._cells:
            if side == _FINEST:
                self._cells[side] = _pair(_pair(self._bands[side].T)).T.astype(np.float64)
            else:
                self._cells[side] = _pair(_pair(self.cells(2 * side)).T).T
        return self._cells[side]

    def tall_cells(self, rows: int, columns: int) -> NDArray[np.float32]:
        """Return sums over ``rows`` x ``columns`` cells where only ``rows`` divides 64.

        Pixels at a cell's rim count by the area inside, in units of 1 / ``columns`` pixel.
        """
        cells: NDArray[np.float32] = self._band(rows) @ _column_weights(columns)
        return cells

    def _band(self, rows: int) -> NDArray[np.float32]:
        """Return the sums of ``rows`` strips of equal height, pixel columns left apart."""
        if rows not in self._bands:
            self._bands[rows] = _pair(self._band(2 * rows))
        return self._bands[rows]


def _pair(sums: NDArray[_Real]) -> NDArray[_Real]:
    """Add neighbours along the first axis."""
    return sums[0::2] + sums[1::2]


@functools.cache
def _column_weights(columns: int) -> NDArray[np.float32]:
    """Return the overlap of every pixel column with every cell, in 1 / ``columns`` pixel."""
    pixel = np.arange(PLANE_SIDE)[:, None] * columns
    cell = np.arange(columns) * PLANE_SIDE
    overlap = np.minimum(pixel + columns, cell + PLANE_SIDE) - np.maximum(pixel, cell)
    weights: NDArray[np.float32] = np.maximum(overlap, 0).astype(np.float32)
    return weights
