"""Distances between records, for whole grids of pairs at once.

Two arrays of records are taken whose shapes broadcast: ``a[:, None]`` and ``b`` give every pair.
Nothing is nearer than infinity where a hash is missing.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.robustness.hashers.hasher import Codes

Grid = NDArray[np.float64]
Distance = Callable[[Codes, Codes], Grid]
_FORBILD_FACTOR = 1000.0
_CELLS = (2, 8, 2, 8)  # quadrant row, row, quadrant column, column


def hamming(field: str, quality: int = 0) -> Distance:
    """Return a measure of how many bits of ``field`` differ.

    Args:
        field: its codes, a multiple of 8 bytes long.
        quality: pairs of which one has a lower quality are infinitely far apart.
    """

    def measure(a: Codes, b: Codes) -> Grid:
        return _where_usable(_bits(a[field], b[field]), a, b, quality)

    return measure


def nearest_orientation(field: str, quality: int = 0) -> Distance:
    """Return a measure of how many bits differ at least over eight orientations of the first.

    Args:
        field: of the code; ``field``_orientations holds it in all orientations.
        quality: as for ``hamming``.
    """

    def measure(a: Codes, b: Codes) -> Grid:
        ours, theirs = a[f"{field}_orientations"], b[field]
        least = _bits(ours[..., 0, :], theirs)
        for place in range(1, ours.shape[-2]):
            np.minimum(least, _bits(ours[..., place, :], theirs), out=least)
        return _where_usable(least, a, b, quality)

    return measure


def correlation(field: str, quality: int = 0) -> Distance:
    """Return a measure of one minus Pearson's correlation of the bytes of ``field``.

    Args:
        field: vectors of bytes.
        quality: as for ``hamming``.
    """

    def measure(a: Codes, b: Codes) -> Grid:
        (x, x_flat), (y, y_flat) = (_standardised(codes[field]) for codes in (a, b))
        alike = np.einsum("...k,...k->...", x, y).clip(-1, 1)
        flat = x_flat | y_flat
        if flat.any():
            equal = (a[field] == b[field]).all(axis=-1)
            alike = np.where(flat, equal, alike)
        return _where_usable(1 - alike, a, b, quality)

    return measure


def euclidean(field: str) -> Distance:
    """Return a measure of how far apart the vectors ``field`` are."""

    def measure(a: Codes, b: Codes) -> Grid:
        x, y = a[field], b[field]
        squared = np.zeros(np.broadcast_shapes(a.shape, b.shape))
        for place in range(x.shape[-1]):
            squared += (x[..., place] - y[..., place]) ** 2
        return _where_usable(np.sqrt(squared), a, b, 0)

    return measure


def forbild_weighted(a: Codes, b: Codes) -> Grid:
    """Measure ForBild's weighted distance, by the grey values of the first picture."""
    bits_a, bits_b = (
        np.unpackbits(codes["forbild"], axis=-1).astype(np.float64) for codes in (a, b)
    )
    cells = a["forbild_grey"].reshape(*a.shape, *_CELLS).astype(np.float64)
    quadrants = np.moveaxis(cells, -3, -2).reshape(*a.shape, 2, 2, 64)
    medians = np.sort(quadrants, axis=-1)[..., 32]
    off = (cells - medians[..., :, None, :, None]).reshape(*a.shape, 256) ** 2
    # A bit differs where exactly one is set: a + b - 2ab.
    differing = (off * bits_a).sum(axis=-1) + np.einsum(
        "...k,...k->...", off * (1 - 2 * bits_a), bits_b
    )
    same = off.sum(axis=-1) - differing
    count = _bits(a["forbild"], b["forbild"])
    with np.errstate(divide="ignore", invalid="ignore"):
        weighted = np.where(count == 0, 0.0, differing / same * count * _FORBILD_FACTOR)
    return _where_usable(np.where(np.isnan(weighted), np.inf, weighted), a, b, 1)


def lower_quality(a: Codes, b: Codes) -> NDArray[np.int64]:
    """Return the lower of the two qualities; 100 where the program gives none."""
    if "quality" not in (a.dtype.names or ()):
        return np.full(np.broadcast_shapes(a.shape, b.shape), 100)
    return np.minimum(a["quality"], b["quality"]).astype(np.int64)


def _bits(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> Grid:
    """Return how many bits of two arrays of codes differ, over their last axis."""
    x, y = (np.ascontiguousarray(codes).view(np.uint64) for codes in (a, b))
    count = np.zeros(np.broadcast_shapes(x.shape[:-1], y.shape[:-1]), np.uint16)
    for word in range(x.shape[-1]):
        count += np.bitwise_count(x[..., word] ^ y[..., word])
    return count.astype(np.float64)


def _standardised(codes: NDArray[np.uint8]) -> tuple[Grid, NDArray[np.bool_]]:
    """Return vectors of mean 0 and length 1, and which ones have no variance."""
    values = codes.astype(np.float64)
    values -= values.mean(axis=-1, keepdims=True)
    lengths = np.sqrt((values**2).sum(axis=-1, keepdims=True))
    flat = lengths == 0
    return values / np.where(flat, 1, lengths), flat[..., 0]


def _where_usable(grid: Grid, a: Codes, b: Codes, quality: int) -> Grid:
    usable = a["hashed"] & b["hashed"] & (lower_quality(a, b) >= quality)
    return np.where(usable, grid, np.inf)
