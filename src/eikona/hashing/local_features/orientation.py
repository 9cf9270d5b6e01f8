"""Which way a place points: where most gradients around it do.

Source: Lowe 2004, section 5.
Deviation: one direction a place. Where there are as many places as features, further directions of
the same ones take the room of other places, and fewer copies are found.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from eikona.hashing.local_features.patches import gradients
from eikona.native.address import address

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eikona.hashing.local_features.scale_space import ScaleSpace
    from eikona.native.loader import Kernels

    Floats = NDArray[np.float64]

_BINS = 36  # of a turn
_SIDE = 13  # grid points
_STEP = 3.0 / 7  # blurs of the layer, from one grid point to the next
_WINDOW = 1.0  # blurs, standard deviation of what gradients count


def orientations(
    space: ScaleSpace, spots: Floats, blurs: Floats, compiled: Kernels | None
) -> NDArray[np.float32]:
    """Return the direction of each spot in turns, 0 to 1.

    Args:
        space: where the spots are.
        spots: shape (n, 4): octave, layer, x and y in samples of the octave.
        blurs: of each spot, in samples of the octave.
        compiled: kernels, where this process has them.
    """
    grids = np.column_stack([spots, _STEP * blurs, np.zeros(len(spots))])
    if compiled is not None:
        return _compiled_orientations(compiled, space, grids)
    directions, lengths = gradients(space, grids, _SIDE)
    bins = (directions * np.float32(_BINS) + np.float32(0.5)).astype(np.int64) % _BINS
    bins += _BINS * np.arange(len(spots))[:, None, None]
    weights = (_window() * lengths).astype(np.float64)
    raw = np.bincount(bins.ravel(), weights.ravel(), _BINS * len(spots)).reshape(-1, _BINS)
    near, far = (np.roll(raw, by, 1) + np.roll(raw, -by, 1) for by in (-1, -2))
    smooth = (6.0 * raw + 4.0 * near + far) / 16.0
    best = smooth.argmax(axis=1)
    rows = np.arange(len(spots))
    before, after = smooth[rows, best - 1], smooth[rows, (best + 1) % _BINS]
    bend = before + after - 2.0 * smooth[rows, best]
    bent = bend < 0
    angles = best.astype(np.float64)
    angles[bent] += 0.5 * (before - after)[bent] / bend[bent]
    angles /= _BINS
    return np.asarray(angles - np.floor(angles), np.float32)


def _compiled_orientations(
    compiled: Kernels, space: ScaleSpace, grids: Floats
) -> NDArray[np.float32]:
    angles = np.empty(len(grids), np.float32)
    grid = np.empty((_SIDE + 2) ** 2, np.float32)
    gradients_room = np.empty(2 * _SIDE**2, np.float32)
    histograms = np.empty(2 * _BINS)
    compiled.orientations(
        *(address(space.samples), address(space.octaves), address(grids), address(_window())),
        *(address(grid), address(gradients_room), address(histograms), address(angles)),
        *(space.samples.size, len(space.octaves), len(grids), _SIDE),
    )
    return angles


@functools.cache
def _window() -> NDArray[np.float32]:
    """Return what each grid point's gradient counts, less with its distance."""
    away = (np.arange(_SIDE) - (_SIDE - 1) / 2) * _STEP
    line = np.exp(-0.5 * (away / _WINDOW) ** 2)
    return np.asarray(line[:, None] * line, np.float32)
