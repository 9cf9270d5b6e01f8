"""NMF ring hash: how the luma of equal-area rings factorises, which turning hardly changes.

Source: Tang, Zhang, Zhang, "Robust Perceptual Image Hashing Based on Ring Partition and NMF", IEEE
TKDE 26(3), 2014; Lee, Seung, "Algorithms for Non-negative Matrix Factorization", NIPS 2000, for
the multiplicative updates of the divergence.
Deviation: rings of the canonical plane. Each ring gives 32 quantile means instead of its sorted
pixels cut to the shortest ring's length, so that the matrix is 32 x 32 whatever the picture. The
initial factors are fixed whole numbers, and every sum runs in a fixed order in float64.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eikona.imaging.plane import PLANE_SIDE
from eikona.native.address import address
from eikona.native.switch import kernels

if TYPE_CHECKING:
    from eikona.imaging.picture import Plane
    from eikona.native.loader import Kernels

_RINGS = 32
_QUANTILES = 32
_RANK = 2
_UPDATES = 60  # of one factor each, alternating, the coefficients first
_LEVELS = 256
_LARGEST = 255
_Floats = NDArray[np.float64]


def nmf(plane: Plane) -> bytes:
    """Return the NMF ring hash of ``plane``, to be compared by correlation.

    Args:
        plane: shape (256, 256), uint8.

    Returns:
        64 bytes: the two coefficient rows of 32 rings, from the innermost out, scaled so that the
        largest is 255.
    """
    compiled = kernels()
    if compiled is not None:
        return _compiled_nmf(compiled, plane)
    quantiles = _ring_quantiles(plane) + 1.0  # black rings must not divide by zero
    base, coefficients = (factor.copy() for factor in initial_factors())
    transposed = np.ascontiguousarray(quantiles.T)
    for _ in range(_UPDATES // 2):
        _update(coefficients, base, quantiles)
        _update(base, coefficients, transposed)
    coefficients *= np.add.reduce(base, axis=1)[:, None]  # the scale that the factors share
    coefficients *= _LARGEST / coefficients.max()
    coefficients += 0.5
    return coefficients.astype(np.uint8).tobytes()


def _compiled_nmf(compiled: Kernels, plane: Plane) -> bytes:
    rings, factors = _ring_tables(), np.concatenate(initial_factors())
    histogram = np.empty((_RINGS + 1) * _LEVELS, np.int32)
    room = np.empty(99 * _QUANTILES)
    out = np.empty(_RANK * _RINGS, np.uint8)
    compiled.nmf(
        *(address(plane), address(rings.members), address(rings.cuts), address(rings.share)),
        *(address(factors), address(histogram), address(room), address(out)),
    )
    return out.tobytes()


def _update(factor: _Floats, other: _Floats, matrix: _Floats) -> None:
    """Multiply ``factor`` in place by its divergence-lowering update, equations (4) and (5).

    Args:
        factor: shape (2, n).
        other: shape (2, m).
        matrix: shape (m, n), what the product of ``other`` and ``factor`` should be.
    """
    ratio = other.T @ factor  # two terms each, which have only one order
    np.divide(matrix, ratio, out=ratio)
    factor *= np.einsum("ri,ij->rj", other, ratio)  # adds i by i, unlike a matrix product
    factor /= np.add.reduce(other, axis=1)[:, None]


def _ring_quantiles(plane: Plane) -> _Floats:
    """Return mean luma of each 32nd of each ring, darkest first: shape (quantiles, rings).

    A pixel at the border of two quantiles counts in both by its share.
    """
    rings = _ring_tables()
    histogram = np.bincount(rings.offsets + plane.ravel(), minlength=(_RINGS + 1) * _LEVELS)
    histogram = histogram[: _RINGS * _LEVELS]
    pixels = np.zeros(histogram.size + 1)  # running count over all rings, each from dark to bright
    np.cumsum(histogram, out=pixels[1:])
    sums = np.zeros(histogram.size + 1)  # and the luma of that many pixels
    np.cumsum(histogram * rings.levels, out=sums[1:])
    reached = np.searchsorted(pixels[1:], rings.cuts)
    up_to_cut = sums[reached] + rings.levels[reached] * (rings.cuts - pixels[reached])
    per_ring = up_to_cut.reshape(_RINGS, _QUANTILES + 1)
    return ((per_ring[:, 1:] - per_ring[:, :-1]) / rings.share).T


@dataclass(frozen=True, slots=True)
class _RingTables:
    """Constants of the ring partition.

    Attributes:
        members: ring of each pixel, row-major; what lies outside all has ring 32.
        offsets: 256 times that.
        levels: luma of each bin of the histogram over rings.
        cuts: where quantiles begin and end, in pixels counted over all rings.
        share: pixels of one quantile, by ring.
    """

    members: NDArray[np.uint8]
    offsets: NDArray[np.intp]
    levels: NDArray[np.int64]
    cuts: _Floats
    share: _Floats


@functools.cache
def _ring_tables() -> _RingTables:
    doubled = 2 * np.arange(PLANE_SIDE) + 1 - PLANE_SIDE  # distance to the centre, in half pixels
    squared = doubled[:, None] ** 2 + doubled**2
    ring = np.minimum((squared - 1) * _RINGS // PLANE_SIDE**2, _RINGS).ravel()
    pixels = np.bincount(ring)[:_RINGS, None]
    before = np.cumsum(pixels)[:, None] - pixels
    cuts = before + pixels * (np.arange(_QUANTILES + 1) / _QUANTILES)
    levels = np.tile(np.arange(_LEVELS), _RINGS)
    offsets = (ring * _LEVELS).astype(np.intp)
    members = ring.astype(np.uint8)
    return _RingTables(members, offsets, levels, cuts.ravel(), pixels / _QUANTILES)


@functools.cache
def initial_factors() -> tuple[_Floats, _Floats]:
    """Return the factors that the updates start from, each of shape (2, 32), above 0 to 1.

    They come from the 32-bit linear congruential generator of Numerical Recipes (1664525 x +
    1013904223, started at 26): its upper 16 bits plus one, over 65536.
    """
    state, values = 26, []
    for _ in range(_RANK * (_QUANTILES + _RINGS)):
        state = (1664525 * state + 1013904223) % (1 << 32)
        values.append(((state >> 16) + 1) / (1 << 16))
    base, coefficients = np.split(np.array(values), [_RANK * _QUANTILES])
    return base.reshape(_RANK, _QUANTILES), coefficients.reshape(_RANK, _RINGS)
