"""The NMF ring hash of the canonical plane, every sum in the order of ``hashing.nmf``."""

from typing import Any

import numpy as np

from eikona.native.jit import array, inlined

_PIXELS = 256 * 256
_LEVELS = 256
_RINGS = 32
_QUANTILES = 32
_UPDATES = 60
_ROOM = 99 * 32


def nmf(
    plane_at: Any,
    rings_at: Any,
    cuts_at: Any,
    share_at: Any,
    factors_at: Any,
    histogram_at: Any,
    room_at: Any,
    hash_at: Any,
) -> None:
    """Factorise the quantile means of the plane's rings.

    ``rings`` is the ring of each pixel, 32 outside all; ``cuts`` and ``share`` as in
    ``hashing.nmf``. ``factors`` are both factors, the base first, and change. ``histogram`` is room
    for 33 x 256 numbers, ``room`` for 99 x 32. ``hash`` takes 64 bytes.
    """
    plane = array(plane_at, (_PIXELS,))
    rings = array(rings_at, (_PIXELS,))
    cuts = array(cuts_at, (_RINGS * (_QUANTILES + 1),))
    share = array(share_at, (_RINGS,))
    factors = array(factors_at, (2, 2, _RINGS))
    histogram = array(histogram_at, ((_RINGS + 1) * _LEVELS,))
    room = array(room_at, (_ROOM,))
    lines = array(room_at, (_ROOM // _RINGS, _RINGS))
    out = array(hash_at, (2, _RINGS))
    base, coefficients = factors[0], factors[1]
    quantiles, transposed, totals, up_to_cut = lines[:32], lines[32:64], lines[64:66], room[2112:]
    for at in range(histogram.size):
        histogram[at] = 0
    for at in range(_PIXELS):
        histogram[np.int64(rings[at]) * _LEVELS + np.int64(plane[at])] += 1
    _sum_to_cuts(histogram, cuts, up_to_cut)
    for ring in range(_RINGS):
        for at in range(_QUANTILES):
            line = ring * (_QUANTILES + 1) + at
            # black rings must not divide by zero
            value = (up_to_cut[line + 1] - up_to_cut[line]) / share[ring] + 1.0
            quantiles[at, ring] = value
            transposed[ring, at] = value
    for _ in range(_UPDATES // 2):
        _update(coefficients, base, quantiles, totals)
        _update(base, coefficients, transposed, totals)
    _scale(coefficients, base, out)


@inlined
def _sum_to_cuts(histogram: Any, cuts: Any, up_to_cut: Any) -> None:
    """Sum the luma of the darkest pixels up to each cut, counted over all rings."""
    bin_ = 0
    pixels = total = 0.0
    for at in range(cuts.size):
        while pixels + histogram[bin_] < cuts[at]:
            pixels += histogram[bin_]
            total += np.float64(histogram[bin_] * (bin_ % _LEVELS))
            bin_ += 1
        up_to_cut[at] = total + np.float64(bin_ % _LEVELS) * (cuts[at] - pixels)


@inlined
def _update(factor: Any, other: Any, matrix: Any, totals: Any) -> None:
    for j in range(_RINGS):
        totals[0, j] = totals[1, j] = 0.0
    for i in range(_QUANTILES):
        for j in range(_RINGS):
            product = other[0, i] * factor[0, j] + other[1, i] * factor[1, j]
            ratio = matrix[i, j] / product
            totals[0, j] += other[0, i] * ratio
            totals[1, j] += other[1, i] * ratio
    for r in range(2):
        divisor = _sum_of_32(other[r])
        for j in range(_RINGS):
            factor[r, j] = factor[r, j] * totals[r, j] / divisor


@inlined
def _sum_of_32(values: Any) -> Any:
    """Add in the order of NumPy's pairwise sum."""
    a, b, c, d = values[0], values[1], values[2], values[3]
    e, f, g, h = values[4], values[5], values[6], values[7]
    for at in range(8, 32, 8):
        a += values[at]
        b += values[at + 1]
        c += values[at + 2]
        d += values[at + 3]
        e += values[at + 4]
        f += values[at + 5]
        g += values[at + 6]
        h += values[at + 7]
    return ((a + b) + (c + d)) + ((e + f) + (g + h))


@inlined
def _scale(coefficients: Any, base: Any, out: Any) -> None:
    largest = 0.0
    for r in range(2):
        total = _sum_of_32(base[r])  # the scale that the factors share
        for j in range(_RINGS):
            coefficients[r, j] *= total
            largest = max(largest, coefficients[r, j])
    for r in range(2):
        for j in range(_RINGS):
            out[r, j] = np.uint8(np.int32(coefficients[r, j] * (255.0 / largest) + 0.5))
