"""Square patches around features, and the gradients inside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eikona.hashing.local_features.scale_space import ScaleSpace

    Floats = NDArray[np.float32]

# Of the arctangent of 0 to 1 as an odd polynomial, in turns: the highest power first.
_ARCTANGENT = (-0.0018657, 0.0083800, -0.0185310, 0.0308035, -0.0529387, 0.1591513)
_NOTHING = np.float32(1e-20)  # keeps the direction of a level place defined


def gradients(space: ScaleSpace, spots: NDArray[np.float64], side: int) -> tuple[Floats, Floats]:
    """Return directions in turns, 0 to 1, and lengths of gradients on grids around ``spots``.

    Args:
        space: where to look.
        spots: shape (n, 6): octave, layer, x and y in samples of the octave, and the way from one
            grid point to the next in a row of the grid, across and down.
        side: grid points along each side.

    Returns:
        Two arrays of shape (n, side, side), the directions relative to the grid.
    """
    directions = np.empty((len(spots), side, side), np.float32)
    lengths = np.empty_like(directions)
    for octave, layer in {(int(spot[0]), int(spot[1])) for spot in spots}:
        chosen = (spots[:, 0] == octave) & (spots[:, 1] == layer)
        patches = _patches(space.octave(octave)[layer], spots[chosen, 2:], side + 2)
        dx = patches[:, 1:-1, 2:] - patches[:, 1:-1, :-2]
        dy = patches[:, 2:, 1:-1] - patches[:, :-2, 1:-1]
        directions[chosen] = _turns(dy, dx)
        lengths[chosen] = np.sqrt(dx * dx + dy * dy)
    return directions, lengths


def _patches(samples: Floats, grids: NDArray[np.float64], side: int) -> Floats:
    """Sample between four pixels; the rim is repeated."""
    height, width = samples.shape
    x, y, across, down = (values[:, None, None] for values in grids.T.astype(np.float32))
    steps = np.arange(side, dtype=np.float32) - np.float32(0.5) * np.float32(side - 1)
    u, v = steps[None, None, :], steps[None, :, None]
    px = np.clip(x + (u * across - v * down), np.float32(0), np.float32(width - 1))
    py = np.clip(y + (u * down + v * across), np.float32(0), np.float32(height - 1))
    left = np.minimum(px.astype(np.int64), width - 2)
    top = np.minimum(py.astype(np.int64), height - 2)
    fx, fy = px - left.astype(np.float32), py - top.astype(np.float32)
    a, b = samples[top, left], samples[top, left + 1]
    c, d = samples[top + 1, left], samples[top + 1, left + 1]
    upper, lower = a + fx * (b - a), c + fx * (d - c)
    return np.asarray(upper + fy * (lower - upper))


def _turns(y: Floats, x: Floats) -> Floats:
    """Return the angles of (x, y) in turns, right a millionth of a turn; 0 for no direction."""
    far, near = np.maximum(np.abs(x), np.abs(y)), np.minimum(np.abs(x), np.abs(y))
    ratio = near / np.maximum(far, _NOTHING)
    square = ratio * ratio
    angle = np.full_like(ratio, _ARCTANGENT[0])
    for factor in _ARCTANGENT[1:]:
        angle = angle * square + np.float32(factor)
    angle = angle * ratio
    angle = np.where(np.abs(y) > np.abs(x), np.float32(0.25) - angle, angle)
    angle = np.where(x < 0, np.float32(0.5) - angle, angle)
    return np.where(y < 0, np.float32(1) - angle, angle)
