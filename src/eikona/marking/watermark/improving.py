"""Moves a lie until sync waves fit best: small turns, stretches and shifts, found part by part.

The picture is cut into blocks, and what each holds of every sync wave is measured once. A small
change of the lie turns the phases of a block as far as its centre moves in the tile, so that
any change can be tried on these few numbers instead of on the picture.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from eikona.marking.watermark.folding import Evidence, Fit, fit
from eikona.marking.watermark.layout import SYNC_WAVES
from eikona.marking.watermark.tile import SHIFTS, Tile, turned_cycles

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLOCKS = 4  # each way
_STEPS = (0.016, 0.008, 0.004, 0.002)  # of a tile, that a rim of the picture moves
_ROUNDS = 6  # of each step
_LOUDEST = 2.0  # times the root mean square, that one wave may weigh
_LEAST = 1e-12
_DIRECTIONS = np.concatenate([np.eye(6), -np.eye(6)])  # two shifts, four numbers of the lie


def improved(evidence: Evidence, lie: NDArray[np.float64], tile: Tile, first: Fit) -> Fit:
    """Return a better fit near ``first``, which lies so, or that itself."""
    centres, held = _blocks(evidence, lie, tile, first)
    change = _climb(centres, held, tile, first.pose)
    rows, columns = evidence.weight.shape
    # The change is in tiles at the rim, the lie in tiles a sample.
    better = lie + change[2:].reshape(2, 2) / (0.5 * np.array([columns, rows]))
    found = fit(evidence, better, tile, first.pose)
    return found if found.z > first.z else first


def _blocks(
    evidence: Evidence, lie: NDArray[np.float64], tile: Tile, first: Fit
) -> tuple[NDArray[np.float64], NDArray[np.complex128]]:
    """Measure the sync waves in each block, turned so that they add up where ``first`` is right.

    Returns:
        Centres of the blocks, from -1 to 1 across and down, shape (blocks, 2), and what they hold,
        shape (blocks, SYNC_WAVES).
    """
    rows, columns = evidence.weight.shape
    cycles = turned_cycles(tile, first.pose)[:SYNC_WAVES]
    frequency = cycles @ lie  # across and down, cycles a sample
    x, y = np.arange(columns) + 0.5, np.arange(rows) + 0.5
    across = np.exp(-2j * np.pi * np.outer(x, frequency[:, 0])).astype(np.complex64)
    down = np.exp(-2j * np.pi * np.outer(y, frequency[:, 1])).astype(np.complex64)
    cuts_x = np.linspace(0, columns, _BLOCKS + 1).astype(int)
    cuts_y = np.linspace(0, rows, _BLOCKS + 1).astype(int)
    centres, held = [], []
    for left, right in itertools.pairwise(cuts_x):
        part = np.ascontiguousarray(evidence.weighted[:, left:right])
        wave = across[left:right]
        strip = (part @ wave.real + 1j * (part @ wave.imag)) * down
        for top, bottom in itertools.pairwise(cuts_y):
            held.append(strip[top:bottom].sum(axis=0))
            centres.append(((left + right) / columns - 1, (top + bottom) / rows - 1))
    amounts = np.array(held, np.complex128)
    whole = np.abs(amounts.sum(axis=0))
    amounts /= np.maximum(1, whole / (_LOUDEST * np.sqrt(np.mean(whole**2)) + _LEAST))
    at_row, at_column = divmod(first.shift, SHIFTS)
    layout = tile.layout
    shift = layout.across[:SYNC_WAVES] * at_column + layout.down[:SYNC_WAVES] * at_row
    amounts *= np.exp(2j * np.pi * shift / SHIFTS) * np.conj(layout.sync)
    return np.array(centres), amounts


def _climb(
    centres: NDArray[np.float64], held: NDArray[np.complex128], tile: Tile, pose: int
) -> NDArray[np.float64]:
    """Return the shift and the change of the lie under which ``held`` adds up to most."""
    cycles = turned_cycles(tile, pose)[:SYNC_WAVES]
    change = np.zeros(6)
    best = _sums(change[None], centres, held, cycles)[0]
    for step in _STEPS:
        for _ in range(_ROUNDS):
            tried = change + step * _DIRECTIONS
            sums = _sums(tried, centres, held, cycles)
            if sums.max() <= best:
                break
            change, best = tried[sums.argmax()], sums.max()
    return change


def _sums(
    changes: NDArray[np.float64],
    centres: NDArray[np.float64],
    held: NDArray[np.complex128],
    cycles: NDArray[np.float64],
) -> NDArray[np.float64]:
    moved = changes[:, None, :2] + np.einsum(
        "nij,bj->nbi", changes[:, 2:].reshape(-1, 2, 2), centres
    )
    phase = (-2 * np.pi * moved @ cycles.T).astype(np.float32)
    sums: NDArray[np.float64] = np.einsum("nbk,bk->n", np.cos(phase), held.real) - np.einsum(
        "nbk,bk->n", np.sin(phase), held.imag
    )
    return sums
