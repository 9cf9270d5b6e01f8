"""The tile as waves: drawn over a picture, measured in it, and seen in its eight poses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from eikona.marking.watermark.coding import CODE_BITS, code_signs
from eikona.marking.watermark.layout import MOST_CYCLES, SYNC_WAVES, Layout, layout_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

Phasors: TypeAlias = "NDArray[np.complex128]"  # one complex number a wave

TILES = 3.0  # along the short side
POSES = 8  # turns by 90 degrees, mirrored or not
SHIFTS = 64  # places of a tile that are told apart, each way
_WIDTH = 2 * MOST_CYCLES + 1
_FINER = -0.2  # amplitude goes with the radius to this power, turned around
_RING = 2.0  # cycles: waves of one ring have the same noise
_LEAST_ENERGY = 1e-12


@dataclass(frozen=True, slots=True)
class Tile:
    """What a key says of its tile, as arrays that readers and writers need.

    Attributes:
        layout: the waves.
        amplitude: of each wave, root mean square 1.
        rings: number of the ring that each wave lies in.
        poses: where in a full grid of coefficients, flattened, each wave is found when the picture
            was turned or mirrored, shape (POSES, waves).
    """

    layout: Layout
    amplitude: NDArray[np.float64]
    rings: NDArray[np.int64]
    poses: NDArray[np.int64]

    def message(self, identity: int, key: bytes) -> Phasors:
        """Return the wanted coefficients of all waves, for ``identity``."""
        signs = code_signs(identity, key)[self.layout.bit_at] * self.layout.sign_of
        half = signs.size // 2
        carried = (signs[:half] + 1j * signs[half:]) / np.sqrt(2)
        return np.asarray(np.concatenate([self.layout.sync, carried]) * self.amplitude)

    def soft_bits(self, waves: Phasors) -> NDArray[np.float64]:
        """Sum what the message waves say of each code bit: positive for 0."""
        carried = waves[SYNC_WAVES:]
        said = np.concatenate([carried.real, carried.imag]) * self.layout.sign_of
        return np.asarray(np.bincount(self.layout.bit_at, said, CODE_BITS), np.float64)

    def levelled(self, waves: Phasors) -> Phasors:
        """Divide by the root mean square of each ring."""
        energy = np.bincount(self.rings, np.abs(waves) ** 2) / np.maximum(
            1, np.bincount(self.rings)
        )
        levelled: Phasors = waves / np.sqrt(energy + _LEAST_ENERGY)[self.rings]
        return levelled

    def in_pose(self, waves: Phasors, pose: int) -> Phasors:
        """Return the waves of the upright tile that look like ``waves`` in ``pose``."""
        grid = np.zeros(_WIDTH * _WIDTH, np.complex128)
        grid[self.poses[pose]] = waves
        square = grid.reshape(_WIDTH, _WIDTH)
        square = square + np.conj(square[::-1, ::-1])
        turned: Phasors = square[self.layout.down + MOST_CYCLES, self.layout.across + MOST_CYCLES]
        return turned

    def moved(self, waves: Phasors, across: float, down: float) -> Phasors:
        """Move by a fraction of a tile each way."""
        turn = self.layout.across * across + self.layout.down * down
        moved: Phasors = waves * np.exp(2j * np.pi * turn)
        return moved


@lru_cache(maxsize=8)
def tile_of(key: bytes) -> Tile:
    """Return the tile of ``key``."""
    layout = layout_of(key, CODE_BITS)
    amplitude = layout.radius**-_FINER
    numbers = np.arange(_WIDTH * _WIDTH).reshape(_WIDTH, _WIDTH)
    rows, columns = layout.down + MOST_CYCLES, layout.across + MOST_CYCLES
    poses = [
        turned[:: 1 - 2 * flipped, :: 1 - 2 * mirrored][rows, columns]
        for turned in (numbers, numbers.T)
        for mirrored in (0, 1)
        for flipped in (0, 1)
    ]
    return Tile(
        layout,
        amplitude / np.sqrt(np.mean(amplitude**2)),
        (layout.radius // _RING).astype(np.int64),
        np.array(poses),
    )


@dataclass(frozen=True, slots=True)
class Waves:
    """All waves that a tile may have, on the samples of one picture or a part of it.

    Attributes:
        down: shape (rows, MOST_CYCLES + 1), complex64.
        across: shape (columns, 2 MOST_CYCLES + 1), complex64.
    """

    down: NDArray[np.complex64]
    across: NDArray[np.complex64]

    def drawn(self, waves: Phasors, tile: Tile) -> NDArray[np.float32]:
        """Return the sum of the waves with these coefficients, shape (rows, columns)."""
        grid = np.zeros((MOST_CYCLES + 1, _WIDTH), np.complex64)
        grid[tile.layout.down, tile.layout.across + MOST_CYCLES] = waves
        left = self.down @ grid
        # The real part alone is two real products instead of four.
        field = np.asarray(left.real @ self.across.real.T, np.float32)
        field -= left.imag @ self.across.imag.T
        field *= 2
        return field

    def measured(self, field: NDArray[np.float32], tile: Tile) -> Phasors:
        """Return how much of each wave is in ``field``: its sum against the wave."""
        grid = (np.conj(self.down).T @ field) @ np.conj(self.across)
        found: Phasors = grid[tile.layout.down, tile.layout.across + MOST_CYCLES].astype(
            np.complex128
        )
        return found


def waves_on(rows: range, columns: range, per_tile: tuple[float, float]) -> Waves:
    """Return the waves on these rows and columns of a picture.

    Args:
        rows: numbers of the rows.
        columns: numbers of the columns.
        per_tile: rows and columns a tile.
    """
    steps = [
        np.exp(2j * np.pi * np.outer((np.array(places) + 0.5) / length, cycles))
        for places, length, cycles in (
            (rows, per_tile[0], np.arange(MOST_CYCLES + 1)),
            (columns, per_tile[1], np.arange(-MOST_CYCLES, MOST_CYCLES + 1)),
        )
    ]
    return Waves(steps[0].astype(np.complex64), steps[1].astype(np.complex64))


def turned_cycles(tile: Tile, pose: int) -> NDArray[np.float64]:
    """Return where each wave is found in ``pose``: cycles across and down, shape (waves, 2)."""
    down, across = np.divmod(tile.poses[pose], _WIDTH)
    return np.stack([across - MOST_CYCLES, down - MOST_CYCLES], axis=1).astype(np.float64)
