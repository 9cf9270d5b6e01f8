"""Peaks of differences between layers; see ``hashing.local_features.extrema``."""

from typing import Any

import numpy as np

from eikona.native.jit import array, inlined

_LAYERS = 6
_DIFFERENCES = 5
_INNER = 3  # of them may hold peaks
_FIELDS = 5  # of a peak: layer, x, y, level, response
_LINES = 31  # of samples, in room


def extrema(
    layers_at: Any,
    limits_at: Any,
    room_at: Any,
    mask_at: Any,
    places_at: Any,
    out_at: Any,
    found_at: Any,
    most: int,
    height: int,
    width: int,
) -> None:
    """Add the distinct peaks of an octave to those found, up to ``most`` of them.

    ``room`` is for 31 rows of samples, ``mask`` for one, ``places`` for three numbers a candidate.
    ``found`` is how many peaks there are.
    """
    layers, limits = array(layers_at, (_LAYERS, height, width)), array(limits_at, (5,))
    places, out = array(places_at, (most, 3)), array(out_at, (most, _FIELDS))
    room, mask = array(room_at, (_LINES, width)), array(mask_at, (width,))
    found = array(found_at, (1,))
    first, border = np.float32(limits[0]), np.int64(limits[3])
    if min(height, width) <= 2 * border:
        return
    kept = found[0]
    for at in range(_candidates(layers, first, border, room, mask, places)):
        if kept < most and _refine(layers, places[at], limits, out[kept]):
            kept += 1
    found[0] = kept


@inlined
def _candidates(layers: Any, first: Any, border: Any, room: Any, mask: Any, places: Any) -> int:
    """List layer, y, x of samples that no neighbour in space and scale exceeds."""
    _, height, width = layers.shape
    differences = room[: 3 * _DIFFERENCES]  # three rows of each, one after the other
    highs, lows = room[15:20], room[20:25]
    high, low = room[25], room[26]
    found = 0
    for y in range(2):
        for layer in range(_DIFFERENCES):
            _subtract(layers[layer + 1, y], layers[layer, y], differences[3 * layer + y])
    for y in range(1, height - 1):
        for layer in range(_DIFFERENCES):
            newest = differences[3 * layer + (y + 1) % 3]
            _subtract(layers[layer + 1, y + 1], layers[layer, y + 1], newest)
            a, b, c = (
                differences[3 * layer],
                differences[3 * layer + 1],
                differences[3 * layer + 2],
            )
            tall, deep = highs[layer], lows[layer]
            for x in range(width):
                tall[x] = max(max(a[x], b[x]), c[x])
                deep[x] = min(min(a[x], b[x]), c[x])
        if border <= y < height - border:
            for layer in range(_INNER):
                a, b, c = highs[layer], highs[layer + 1], highs[layer + 2]
                d, e, f = lows[layer], lows[layer + 1], lows[layer + 2]
                for x in range(width):
                    high[x] = max(max(a[x], b[x]), c[x])
                    low[x] = min(min(d[x], e[x]), f[x])
                _mark_peaks(differences[3 * layer + 3 + y % 3], high, low, first, mask)
                for x in range(border, width - border):
                    if mask[x] and found < places.shape[0]:
                        places[found, 0], places[found, 1], places[found, 2] = layer + 1, y, x
                        found += 1
    return found


@inlined
def _subtract(upper: Any, lower: Any, out: Any) -> None:
    for x in range(out.size):
        out[x] = upper[x] - lower[x]


@inlined
def _mark_peaks(values: Any, high: Any, low: Any, first: Any, mask: Any) -> None:
    middle, peaks = values[1:], mask[1:]
    high_middle, high_right, low_middle, low_right = high[1:], high[2:], low[1:], low[2:]
    for x in range(values.size - 2):
        value = middle[x]
        top = value >= max(max(high[x], high_middle[x]), high_right[x]) and value > first
        bottom = value <= min(min(low[x], low_middle[x]), low_right[x]) and value < -first
        peaks[x] = np.uint8(top) | np.uint8(bottom)


@inlined
def _refine(layers: Any, place: Any, limits: Any, out: Any) -> Any:
    """Fit a parabola around a candidate, moving with it; say whether it is a distinct peak."""
    _, height, width = layers.shape
    contrast, edge, border = limits[1], limits[2], np.int64(limits[3])
    layer, y, x = np.int64(place[0]), np.int64(place[1]), np.int64(place[2])
    for _ in range(np.int64(limits[4])):
        value = _difference(layers, layer, y, x)
        right, left = _difference(layers, layer, y, x + 1), _difference(layers, layer, y, x - 1)
        lower, upper = _difference(layers, layer, y + 1, x), _difference(layers, layer, y - 1, x)
        after, before = _difference(layers, layer + 1, y, x), _difference(layers, layer - 1, y, x)
        gx, gy, gs = 0.5 * (right - left), 0.5 * (lower - upper), 0.5 * (after - before)
        xx, yy = (right + left) - 2 * value, (lower + upper) - 2 * value
        ss = (after + before) - 2 * value
        xy = 0.25 * (
            (_difference(layers, layer, y + 1, x + 1) - _difference(layers, layer, y + 1, x - 1))
            - (_difference(layers, layer, y - 1, x + 1) - _difference(layers, layer, y - 1, x - 1))
        )
        xs = 0.25 * (
            (_difference(layers, layer + 1, y, x + 1) - _difference(layers, layer + 1, y, x - 1))
            - (_difference(layers, layer - 1, y, x + 1) - _difference(layers, layer - 1, y, x - 1))
        )
        ys = 0.25 * (
            (_difference(layers, layer + 1, y + 1, x) - _difference(layers, layer + 1, y - 1, x))
            - (_difference(layers, layer - 1, y + 1, x) - _difference(layers, layer - 1, y - 1, x))
        )
        a, b, c = yy * ss - ys * ys, xs * ys - xy * ss, xy * ys - xs * yy
        d, e, f = xx * ss - xs * xs, xy * xs - xx * ys, xx * yy - xy * xy
        determinant = xx * a + xy * b + xs * c
        dx = -(gx * a + gy * b + gs * c) / determinant
        dy = -(gx * b + gy * d + gs * e) / determinant
        ds = -(gx * c + gy * e + gs * f) / determinant
        if abs(dx) < 0.5 and abs(dy) < 0.5 and abs(ds) < 0.5:
            response = abs(value + 0.5 * (gx * dx + gy * dy + gs * ds))
            trace = xx + yy
            out[0], out[1], out[2], out[3], out[4] = layer, x + dx, y + dy, layer + ds, response
            is_blob = f > 0 and trace * trace * edge < (edge + 1) ** 2 * f
            return response >= contrast and is_blob
        if not (abs(dx) < width and abs(dy) < height and abs(ds) < _LAYERS):
            return False
        x += np.int64(np.floor(dx + 0.5))
        y += np.int64(np.floor(dy + 0.5))
        layer += np.int64(np.floor(ds + 0.5))
        inside = border <= x < width - border and border <= y < height - border
        if not (inside and 1 <= layer <= _INNER):
            return False
    return False


@inlined
def _difference(layers: Any, layer: Any, y: Any, x: Any) -> Any:
    return np.float64(layers[layer + 1, y, x] - layers[layer, y, x])
