"""Folds a picture onto one tile and asks how well the sync waves fit there.

Given how tiles lie in the picture, all samples that show the same place of the tile are averaged.
The transform of that average holds the mark's waves; the known phases of the sync waves, correlated
over all shifts and poses, say whether a mark is there and where its tile begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eikona.marking.watermark.canvas import FLOOR, Canvas
from eikona.marking.watermark.layout import MOST_CYCLES, SYNC_WAVES
from eikona.marking.watermark.tile import POSES, SHIFTS, Tile

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CELLS = 96  # of a tile, each way
_DAMPING = 0.15  # mean weights that a cell has at least
_PLAIN = 0.1  # levels above the floor: below is a border or a burnt-out sky, and holds nothing
_CALM = -0.3  # weight goes with structure to this power: marks are stronger there, noise more so
_LOUDEST = 2.0  # times the root mean square, that one sync wave may weigh
_LEAST = 1e-12


@dataclass(frozen=True, slots=True)
class Evidence:
    """The part of a canvas that is read.

    Attributes:
        weighted: fine structure times weight, shape (rows, columns), float32.
        weight: of each sample.
    """

    weighted: NDArray[np.float32]
    weight: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Fit:
    """How well sync waves fit.

    Attributes:
        z: the correlation in standard deviations of what chance gives at one shift.
        pose: which of the eight.
        shift: which of SHIFTS x SHIFTS.
        grid: all coefficients, shape (2 MOST_CYCLES + 1, 2 MOST_CYCLES + 1).
    """

    z: float
    pose: int
    shift: int
    grid: NDArray[np.complex128]


def evidence_of(canvas: Canvas) -> Evidence:
    """Weigh the samples of ``canvas``."""
    plain = canvas.around < FLOOR + _PLAIN
    weight = np.where(plain, np.float32(0), canvas.around ** np.float32(_CALM))
    return Evidence(canvas.fine * weight, weight.astype(np.float32))


def folded(evidence: Evidence, lie: NDArray[np.float64]) -> NDArray[np.complex128]:
    """Return the coefficients of the tile, averaged over the picture.

    Args:
        evidence: the picture.
        lie: tiles across and down for each sample across and down, shape (2, 2): rows are the
            tile's directions, columns the picture's.
    """
    rows, columns = evidence.weight.shape
    x, y = np.arange(columns) + 0.5, np.arange(rows) + 0.5
    cell = np.zeros((rows, columns), np.intp)
    for (per_x, per_y), stride in zip(lie, (1, _CELLS), strict=True):
        place = (_CELLS * per_x * x).astype(np.float32) + (_CELLS * per_y * y).astype(np.float32)[
            :, None
        ]
        cell += np.floor(place).astype(np.int32) % _CELLS * stride
    flat = cell.ravel()
    total = np.bincount(flat, evidence.weighted.ravel(), _CELLS * _CELLS)
    weight = np.bincount(flat, evidence.weight.ravel(), _CELLS * _CELLS)
    mean = total / (weight + _DAMPING * weight.mean() + _LEAST)
    transform = np.fft.fft2(mean.reshape(_CELLS, _CELLS))
    kept = np.arange(-MOST_CYCLES, MOST_CYCLES + 1) % _CELLS
    return np.asarray(transform[np.ix_(kept, kept)])


def fits(
    grid: NDArray[np.complexfloating], tile: Tile, poses: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the best z over all shifts, and that shift, for each of ``poses``."""
    found = grid.ravel()[tile.poses[poses, :SYNC_WAVES]]
    found = found / (np.sqrt(np.mean(np.abs(found) ** 2, axis=1, keepdims=True)) + _LEAST)
    found /= np.maximum(1, np.abs(found) / _LOUDEST)
    layout = tile.layout
    at = (layout.down[:SYNC_WAVES] % SHIFTS) * SHIFTS + layout.across[:SYNC_WAVES] % SHIFTS
    spectrum = np.zeros((len(poses), SHIFTS * SHIFTS), np.complex64)
    spectrum[:, at] = found * np.conj(layout.sync)
    agreement = np.fft.ifft2(spectrum.reshape(-1, SHIFTS, SHIFTS)).real.reshape(len(poses), -1)
    shift = agreement.argmax(axis=1)
    best = agreement[np.arange(len(poses)), shift] * SHIFTS**2
    chance = np.sqrt(0.5 * np.sum(np.abs(found) ** 2, axis=1)) + _LEAST
    return best / chance, shift


def fit(evidence: Evidence, lie: NDArray[np.float64], tile: Tile, pose: int | None = None) -> Fit:
    """Fold and correlate, in one pose or in all."""
    grid = folded(evidence, lie)
    poses = np.arange(POSES) if pose is None else np.array([pose])
    z, shift = fits(grid, tile, poses)
    best = int(z.argmax())
    return Fit(float(z[best]), int(poses[best]), int(shift[best]), grid)
