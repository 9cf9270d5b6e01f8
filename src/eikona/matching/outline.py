"""The sixteen-sided outline around places of a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TURNS = np.arange(16) * (2 * np.pi / 16)
_AXES = np.stack([np.cos(_TURNS), np.sin(_TURNS)], axis=1)  # shape (16, 2)
_NEXT = (np.arange(16) + 1) % 16
_EDGE = 1e-6  # fitted pixels


@dataclass(frozen=True, slots=True)
class Outline:
    """How far places reach.

    Attributes:
        extents: in sixteen directions, fitted pixels.
        area: between the farthest in each, squared fitted pixels.
    """

    extents: NDArray[np.float64]
    area: float

    @classmethod
    def around(cls, places: NDArray[np.float64]) -> Outline:
        """Return the outline of places, x and y: shape (2, n), n at least 1."""
        along = _AXES @ places
        x, y = places[:, along.argmax(axis=1)]
        return cls(along.max(axis=1), abs(float((x * y[_NEXT] - y * x[_NEXT]).sum())) / 2)

    def holds(self, places: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which places lie within."""
        return np.asarray((_AXES @ places <= self.extents[:, None] + _EDGE).all(axis=0))
