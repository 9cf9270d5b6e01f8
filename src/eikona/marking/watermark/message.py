"""From a fit to what the mark says: soft bits, the identity, and how well they align."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from eikona.marking.watermark.layout import SYNC_WAVES
from eikona.marking.watermark.tile import SHIFTS, Tile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eikona.marking.watermark.folding import Fit

_FINE_STEPS = np.arange(-2, 2.1, 0.5) / (2 * SHIFTS)  # of a tile, around the best shift
_BANDS = (0.0, 8.0, 12.0, 99.0)  # cycles: how well sync fits there weighs the message there
_LEAST_GAIN = 0.08
_LOUDEST = 3.0  # times the root mean square, that one bit may weigh
_LEAST = 1e-12


def soft_bits(fit: Fit, tile: Tile) -> NDArray[np.float64]:
    """Return what ``fit`` says of each code bit, root mean square about 1, positive for 0."""
    waves = tile.levelled(fit.grid.ravel()[tile.poses[fit.pose]])
    waves = _aligned(waves, fit.shift, tile)
    radius = tile.layout.radius
    agreed = (waves[:SYNC_WAVES] * np.conj(tile.layout.sync)).real
    gain = np.ones(radius.size)
    for low, high in itertools.pairwise(_BANDS):
        inside = (radius >= low) & (radius < high)
        heard = agreed[inside[:SYNC_WAVES]]
        gain[inside] = max(_LEAST_GAIN, float(heard.mean()) if heard.size else 0.0)
    soft = tile.soft_bits(waves * gain)
    soft /= np.sqrt(np.mean(soft**2)) + _LEAST
    return np.clip(soft, -_LOUDEST, _LOUDEST)


def _aligned(waves: NDArray[np.complex128], shift: int, tile: Tile) -> NDArray[np.complex128]:
    """Move the tile to where its sync waves fit best, finer than shifts are told apart."""
    down, across = divmod(shift, SHIFTS)
    sync = waves[:SYNC_WAVES] * np.conj(tile.layout.sync)
    u, v = tile.layout.across[:SYNC_WAVES], tile.layout.down[:SYNC_WAVES]
    xs, ys = across / SHIFTS + _FINE_STEPS, down / SHIFTS + _FINE_STEPS
    along_x = np.exp(2j * np.pi * np.outer(xs, u))
    along_y = np.exp(2j * np.pi * np.outer(ys, v))
    agreement = ((along_y * sync) @ along_x.T).real
    row, column = np.unravel_index(agreement.argmax(), agreement.shape)
    moved: NDArray[np.complex128] = tile.moved(waves, float(xs[column]), float(ys[row]))
    return moved
