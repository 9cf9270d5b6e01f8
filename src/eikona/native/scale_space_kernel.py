"""A picture fitted and blurred into a scale space; see ``hashing.local_features``.

Every sum has the order that NumPy's code gives it. Samples at one distance are added before they
are weighed.
"""

from typing import Any

import numpy as np

from eikona.native.jit import array, inlined

_LAYERS = 6  # of an octave
_HALVED = 3  # the layer that the next octave begins with
_TAPS = 17  # numbers of a filter: how many taps, then the taps
_FILTERS = (_LAYERS + 1, _TAPS)


def fit(
    luma_at: Any,
    out_at: Any,
    room_at: Any,
    rows_at: Any,
    rows_shares_at: Any,
    row_taps: int,
    columns_at: Any,
    columns_shares_at: Any,
    column_taps: int,
    height: int,
    width: int,
    out_height: int,
    out_width: int,
) -> None:
    """Weigh rows of ``luma``, then columns; ``room`` is for one row of it."""
    _resize(
        array(luma_at, (height, width)),
        array(out_at, (out_height, out_width)),
        array(room_at, (width,)),
        array(rows_at, (out_height,)),
        array(rows_shares_at, (out_height, row_taps)),
        array(columns_at, (out_width,)),
        array(columns_shares_at, (out_width, column_taps)),
    )


@inlined
def _resize(
    samples: Any, out: Any, line: Any, rows: Any, downs: Any, columns: Any, acrosses: Any
) -> None:
    for y in range(out.shape[0]):
        for x in range(line.size):
            line[x] = np.float32(0)
        for tap in range(downs.shape[1]):
            share = downs[y, tap]
            if share != 0:
                source = samples[rows[y] + tap]
                for x in range(line.size):
                    line[x] += share * np.float32(source[x])
        for x in range(out.shape[1]):
            total = np.float32(0)
            first = np.uint64(columns[x])
            for tap in range(acrosses.shape[1]):
                total += acrosses[x, tap] * line[first + np.uint64(tap)]
            out[y, x] = total


def first_octave(
    fitted_at: Any, layers_at: Any, filters_at: Any, room_at: Any, height: int, width: int
) -> None:
    """Fill the octave that a fitted picture begins; ``room`` is for 32 numbers more than a row."""
    layers, filters = array(layers_at, (_LAYERS, height, width)), array(filters_at, _FILTERS)
    room = array(room_at, (width + 2 * (_TAPS - 1),))
    _blur(array(fitted_at, (height, width)), layers[0], filters[0], room)
    for layer in range(1, _LAYERS):
        _blur(layers[layer - 1], layers[layer], filters[layer], room)


def next_octave(
    before_at: Any, layers_at: Any, filters_at: Any, room_at: Any, height: int, width: int
) -> None:
    """Fill the octave after one of this height and width."""
    before = array(before_at, (_LAYERS, height, width))
    layers = array(layers_at, (_LAYERS, height // 2, width // 2))
    filters = array(filters_at, _FILTERS)
    room = array(room_at, (width // 2 + 2 * (_TAPS - 1),))
    _halve(before[_HALVED], layers[0])
    _blur(layers[0], layers[1], filters[_LAYERS], room)
    for layer in range(2, _LAYERS):
        _blur(layers[layer - 1], layers[layer], filters[layer], room)


@inlined
def _blur(source: Any, target: Any, line_of_taps: Any, room: Any) -> None:
    height, width = source.shape
    radius = np.int64(line_of_taps[0]) - 1
    taps = line_of_taps[1:]
    line = room[radius : radius + width]
    for y in range(height):
        middle = source[y]
        for x in range(width):
            line[x] = taps[0] * middle[x]
        for tap in range(1, radius + 1):
            above, below = source[max(y - tap, 0)], source[min(y + tap, height - 1)]
            share = taps[tap]
            for x in range(width):
                line[x] += share * (above[x] + below[x])
        for x in range(radius):
            room[x] = line[0]
            room[radius + width + x] = line[width - 1]
        out = target[y]
        for x in range(width):
            out[x] = taps[0] * line[x]
        for tap in range(1, radius + 1):
            left = room[radius - tap : radius - tap + width]
            right = room[radius + tap : radius + tap + width]
            share = taps[tap]
            for x in range(width):
                out[x] += share * (left[x] + right[x])


@inlined
def _halve(source: Any, target: Any) -> None:
    height, width = target.shape
    for y in range(height):
        upper, lower = source[2 * y], source[2 * y + 1]
        out = target[y]
        for x in range(width):
            at = np.uint64(2 * x)
            after = at + np.uint64(1)
            out[x] = np.float32(0.25) * ((upper[at] + upper[after]) + (lower[at] + lower[after]))
