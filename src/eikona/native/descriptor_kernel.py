"""Directions and descriptors of places in a scale space; see ``hashing.local_features``."""

import math
from typing import Any

import numpy as np

from eikona.native.jit import array, inlined

_LAYERS = 6
_SPOT = 6  # numbers of a place: octave, layer, x, y, step across and down
_BINS = 36  # of a turn
_CELLS = 4  # along each side
_RIMMED = 6
_DIRECTIONS = 8
_VALUES = 128
_CLIP = 0.2
_SCALE = 512.0


def orientations(
    samples_at: Any,
    octaves_at: Any,
    spots_at: Any,
    window_at: Any,
    grid_at: Any,
    gradients_at: Any,
    histograms_at: Any,
    angles_at: Any,
    size: int,
    octaves: int,
    count: int,
    side: int,
) -> None:
    """Set the direction that most gradients around each spot have, in turns.

    ``window`` has ``side`` squared weights. ``grid`` is for (side + 2) squared numbers,
    ``gradients`` for 2 side squared, ``histograms`` for 2 x 36.
    """
    samples, table = array(samples_at, (size,)), array(octaves_at, (octaves, 3))
    spots, window = array(spots_at, (count, _SPOT)), array(window_at, (side, side))
    grid = array(grid_at, (side + 2, side + 2))
    gradients = array(gradients_at, (2, side, side))
    histograms, angles = array(histograms_at, (2, _BINS)), array(angles_at, (count,))
    turns, lengths = gradients[0], gradients[1]
    for at in range(count):
        _sample(samples, table, spots[at], grid)
        _gradients(grid, turns, lengths)
        angles[at] = _direction(turns, lengths, window, histograms[0], histograms[1])


def descriptors(
    samples_at: Any,
    octaves_at: Any,
    spots_at: Any,
    window_at: Any,
    cells_at: Any,
    shares_at: Any,
    grid_at: Any,
    gradients_at: Any,
    histograms_at: Any,
    levels_at: Any,
    codes_at: Any,
    margins_at: Any,
    size: int,
    octaves: int,
    count: int,
    side: int,
) -> None:
    """Set code and margins of each spot.

    ``window`` has ``side`` squared weights; ``cells`` and ``shares`` say for a row or column of the
    grid which of six cells it falls into first, and how much of it into the next. ``grid`` is for
    (side + 2) squared numbers, ``gradients`` for 2 side squared, ``histograms`` for 6 x 6 x 8,
    ``levels`` for 384.
    """
    samples, table = array(samples_at, (size,)), array(octaves_at, (octaves, 3))
    spots, window = array(spots_at, (count, _SPOT)), array(window_at, (side, side))
    cells, shares = array(cells_at, (side,)), array(shares_at, (side,))
    grid = array(grid_at, (side + 2, side + 2))
    gradients = array(gradients_at, (2, side, side))
    turns, lengths = gradients[0], gradients[1]
    histograms = array(histograms_at, (_RIMMED * _RIMMED * _DIRECTIONS,))
    levels = array(levels_at, (384,))
    codes, margins = array(codes_at, (count, 16)), array(margins_at, (count, _VALUES))
    for at in range(count):
        _sample(samples, table, spots[at], grid)
        _gradients(grid, turns, lengths)
        for value in range(histograms.size):
            histograms[value] = np.float32(0)
        _describe(turns, lengths, window, cells, shares, histograms)
        _quantise(histograms, levels[256:])
        _binarise(levels[256:], levels[:256], codes[at], margins[at])


@inlined
def _sample(samples: Any, table: Any, spot: Any, grid: Any) -> None:
    """Read a grid around a spot between four pixels each; the rim is repeated."""
    octave, layer = np.int64(spot[0]), np.int64(spot[1])
    height, width = table[octave, 1], table[octave, 2]
    begin = table[octave, 0] + layer * height * width
    x, y = np.float32(spot[2]), np.float32(spot[3])
    across, down = np.float32(spot[4]), np.float32(spot[5])
    middle = np.float32(0.5) * np.float32(grid.shape[0] - 1)
    right, bottom = np.float32(width - 1), np.float32(height - 1)
    for i in range(grid.shape[0]):
        v = np.float32(i) - middle
        line = grid[i]
        for j in range(grid.shape[0]):
            u = np.float32(j) - middle
            px = min(max(x + (u * across - v * down), np.float32(0)), right)
            py = min(max(y + (u * down + v * across), np.float32(0)), bottom)
            left, top = min(np.int64(px), width - 2), min(np.int64(py), height - 2)
            fx, fy = px - np.float32(left), py - np.float32(top)
            at = np.uint64(begin + top * width + left)
            beneath = at + np.uint64(width)
            a, b = samples[at], samples[at + np.uint64(1)]
            c, d = samples[beneath], samples[beneath + np.uint64(1)]
            upper, lower = a + fx * (b - a), c + fx * (d - c)
            line[j] = upper + fy * (lower - upper)


@inlined
def _gradients(grid: Any, directions: Any, lengths: Any) -> None:
    side = directions.shape[0]
    for i in range(side):
        left, right = grid[i + 1], grid[i + 1][2:]
        above, below = grid[i][1:], grid[i + 2][1:]
        direction, length = directions[i], lengths[i]
        for j in range(side):
            dx, dy = right[j] - left[j], below[j] - above[j]
            direction[j] = _turns(dy, dx)
            length[j] = math.sqrt(dx * dx + dy * dy)


@inlined
def _turns(y: Any, x: Any) -> Any:
    far, near = max(abs(x), abs(y)), min(abs(x), abs(y))
    ratio = near / max(far, np.float32(1e-20))
    square = ratio * ratio
    angle = np.float32(-0.0018657) * square + np.float32(0.0083800)
    angle = angle * square + np.float32(-0.0185310)
    angle = angle * square + np.float32(0.0308035)
    angle = angle * square + np.float32(-0.0529387)
    angle = angle * square + np.float32(0.1591513)
    angle = angle * ratio
    angle = np.float32(0.25) - angle if abs(y) > abs(x) else angle
    angle = np.float32(0.5) - angle if x < np.float32(0) else angle
    return np.float32(1) - angle if y < np.float32(0) else angle


@inlined
def _direction(directions: Any, lengths: Any, window: Any, raw: Any, smooth: Any) -> Any:
    for place in range(_BINS):
        raw[place] = 0.0
    for i in range(window.shape[0]):
        for j in range(window.shape[0]):
            nearest = np.int64(directions[i, j] * np.float32(_BINS) + np.float32(0.5))
            raw[nearest % _BINS] += np.float64(window[i, j] * lengths[i, j])
    best: Any = 0
    for place in range(_BINS):
        near = raw[(place + 1) % _BINS] + raw[(place + _BINS - 1) % _BINS]
        far = raw[(place + 2) % _BINS] + raw[(place + _BINS - 2) % _BINS]
        smooth[place] = (6.0 * raw[place] + 4.0 * near + far) / 16.0
        if smooth[place] > smooth[best]:
            best = place
    before, after = smooth[(best + _BINS - 1) % _BINS], smooth[(best + 1) % _BINS]
    bend = before + after - 2.0 * smooth[best]
    angle = np.float64(best)
    if bend < 0:
        angle += 0.5 * (before - after) / bend
    angle /= _BINS
    return np.float32(angle - np.floor(angle))


@inlined
def _describe(
    directions: Any, lengths: Any, window: Any, cells: Any, shares: Any, histograms: Any
) -> None:
    side = window.shape[0]
    eight = np.float32(_DIRECTIONS)
    for i in range(side):
        down = shares[i]
        for j in range(side):
            across = shares[j]
            turn = eight - directions[i, j] * eight  # as OpenCV counts
            whole = np.int64(turn)
            part = turn - np.float32(whole)
            first, second = np.uint64(whole & 7), np.uint64((whole + 1) & 7)
            length = lengths[i, j] * window[i, j]
            lower = length * down
            upper = length - lower
            upper_right, lower_right = upper * across, lower * across
            at = np.uint64((cells[i] * _RIMMED + cells[j]) * _DIRECTIONS)
            _share(histograms, at, first, second, upper - upper_right, part)
            at += np.uint64(_DIRECTIONS)
            _share(histograms, at, first, second, upper_right, part)
            at += np.uint64((_RIMMED - 1) * _DIRECTIONS)
            _share(histograms, at, first, second, lower - lower_right, part)
            at += np.uint64(_DIRECTIONS)
            _share(histograms, at, first, second, lower_right, part)


@inlined
def _share(histograms: Any, at: Any, first: Any, second: Any, amount: Any, part: Any) -> None:
    later = amount * part
    histograms[at + first] += amount - later
    histograms[at + second] += later


@inlined
def _quantise(histograms: Any, levels: Any) -> None:
    """Scale the inner 4 x 4 histograms to unit length, clip, scale again, round to 0 to 255."""
    total = 0.0
    for cell in range(_CELLS * _CELLS):
        at = _DIRECTIONS * (_RIMMED * (cell // _CELLS + 1) + cell % _CELLS + 1)
        for direction in range(_DIRECTIONS):
            unclipped = np.float64(histograms[at + direction])
            total += unclipped * unclipped
    clip = _CLIP * math.sqrt(abs(total))
    clipped = 0.0
    for cell in range(_CELLS * _CELLS):
        at = _DIRECTIONS * (_RIMMED * (cell // _CELLS + 1) + cell % _CELLS + 1)
        for direction in range(_DIRECTIONS):
            value = min(np.float64(histograms[at + direction]), clip)
            clipped += value * value
    scale = _SCALE / max(math.sqrt(abs(clipped)), 1e-12)
    for cell in range(_CELLS * _CELLS):
        at = _DIRECTIONS * (_RIMMED * (cell // _CELLS + 1) + cell % _CELLS + 1)
        for direction in range(_DIRECTIONS):
            value = min(np.float64(histograms[at + direction]), clip) * scale + 0.5
            levels[_DIRECTIONS * cell + direction] = np.int32(min(value, 255.0))


@inlined
def _binarise(levels: Any, counts: Any, code: Any, margins: Any) -> None:
    for level in range(counts.size):
        counts[level] = 0
    for at in range(_VALUES):
        counts[levels[at]] += 1
    low = 0
    below = np.int64(counts[0])
    while below < _VALUES // 2:
        low += 1
        below += np.int64(counts[low])
    high = low
    while below <= _VALUES // 2:
        high += 1
        below += np.int64(counts[high])
    for byte in range(_VALUES // 8):
        code[byte] = 0
    for at in range(_VALUES):
        doubled: Any = 2 * np.int64(levels[at]) - (low + high)
        if doubled > 0:
            code[at >> 3] |= np.uint8(128 >> (at & 7))
        margins[at] = np.uint8(min(abs(doubled) >> 1, 255))
