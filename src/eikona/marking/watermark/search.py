"""Looks for the mark: unchanged first, then at other sizes, then turned and stretched.

Each stage offers ways that tiles may lie, likeliest first; each is improved by small changes as
long as the sync waves fit better, and decoded only if they fit well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eikona.marking.watermark.folding import Evidence, Fit, fit, fits
from eikona.marking.watermark.improving import improved
from eikona.marking.watermark.lattice import LARGEST, SMALLEST, TILE_SIDE, lies_in
from eikona.marking.watermark.layout import MOST_CYCLES
from eikona.marking.watermark.tile import POSES, Tile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_UNCHANGED = np.array([0.996, 1.0, 1.004])  # tiles a tile: canvases are rounded to whole samples
_SIZES = np.arange(1 / LARGEST, 1 / SMALLEST, 0.006)
_STRETCHES = np.arange(0.85, 1.18, 0.006)
_SIZES_TRIED = 6
_LATTICES = 16  # scored by their sync waves
_LATTICES_TRIED = 6
_PROMISING = 4.6  # z of a size worth improving
_BLUR = 2  # sizes to each side that one fit covers


def candidates(evidence: Evidence, tile: Tile, *, turned: bool) -> Iterator[Fit]:
    """Yield fits, the cheapest to find first; those of turned pictures only if asked for."""
    for offered in (_as_it_is, _other_sizes, _stretched):
        for lie in offered(evidence, tile):
            yield improved(evidence, lie, tile, fit(evidence, lie, tile))
    if not turned:
        return
    turned_lies = [(fit(evidence, lie, tile), lie) for lie in lies_in(evidence.weighted, _LATTICES)]
    turned_lies.sort(key=lambda one: -one[0].z)
    for first, lie in turned_lies[:_LATTICES_TRIED]:
        yield improved(evidence, lie, tile, first)


def _as_it_is(evidence: Evidence, tile: Tile) -> Iterator[NDArray[np.float64]]:
    both = np.stack([_UNCHANGED, _UNCHANGED], axis=1)
    yield next(_promising(evidence, both, tile, 0.0))


def _other_sizes(evidence: Evidence, tile: Tile) -> Iterator[NDArray[np.float64]]:
    yield from _promising(evidence, np.stack([_SIZES, _SIZES], axis=1), tile, _PROMISING)


def _stretched(evidence: Evidence, tile: Tile) -> Iterator[NDArray[np.float64]]:
    """Offer lies of a picture that was stretched and not cut: its short side stays as it was."""
    rows, columns = evidence.weight.shape
    short, long = np.ones_like(_STRETCHES), _STRETCHES
    scales = (short, long) if columns <= rows else (long, short)
    yield from _promising(evidence, np.stack(scales, axis=1), tile, _PROMISING)


def _promising(
    evidence: Evidence, scales: NDArray[np.float64], tile: Tile, least: float
) -> Iterator[NDArray[np.float64]]:
    """Yield the lies that fit best among ``scales``: tiles a tile, across and down."""
    z = _fits_at(evidence, scales / TILE_SIDE, tile)
    for _ in range(_SIZES_TRIED):
        best = int(z.argmax())
        if z[best] < least:
            return
        yield np.diag(scales[best] / TILE_SIDE)
        z[max(0, best - _BLUR) : best + _BLUR + 1] = -np.inf


def _fits_at(evidence: Evidence, lies: NDArray[np.float64], tile: Tile) -> NDArray[np.float64]:
    """Return the best z over poses and shifts of each lie without a turn, by plain transforms."""
    rows, columns = evidence.weighted.shape
    z = np.empty(len(lies))
    for number, (per_column, per_row) in enumerate(lies):
        down, across = _powers(per_row, rows), _powers(per_column, columns)
        left = down.real @ evidence.weighted + 1j * (down.imag @ evidence.weighted)
        half = np.concatenate([(left @ np.conj(across[:0:-1]).T), left @ across.T], axis=1)
        grid = np.concatenate([np.conj(half[:0:-1, ::-1]), half])
        z[number] = fits(grid, tile, np.arange(POSES))[0].max()
    return z


def _powers(cycles: float, samples: int) -> NDArray[np.complex64]:
    """Return waves of 0 to MOST_CYCLES times ``cycles`` a sample, shape (cycles, samples)."""
    steps = np.ones((MOST_CYCLES + 1, samples), np.complex64)
    steps[1:] = np.exp(-2j * np.pi * cycles * (np.arange(samples) + 0.5))
    return np.multiply.accumulate(steps, axis=0)
