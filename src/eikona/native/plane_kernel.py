"""The canonical plane of luma, in 32-bit whole numbers; see ``imaging.plane`` for its definition.

Places along a side are counted in 256ths of a sample: cell i begins at i times the side, sample y
at 256 y. A sample that an edge cuts counts on both sides of it, by the part there.

Rows are summed first, along which the processor adds many columns at once. Then four rows of sums
are interleaved, so that columns are summed for four rows at once.
"""

from typing import Any

import numpy as np

from eikona.native.jit import array, inlined

_SIDE = 256  # cells, and parts of a sample
_LANES = 4  # rows at once


def plane(luma_at: Any, plane_at: Any, room_at: Any, height: int, width: int) -> None:
    """Reduce ``luma`` of shape (height, width), of less than 2 ** 23 pixels.

    ``room`` is for 8 (width + 1) + 1024 numbers of 32 bits.
    """
    luma = array(luma_at, (height, width))
    out = array(plane_at, (_SIDE, _SIDE))
    room = array(room_at, (8 * (width + 1) + _LANES * _SIDE,))
    rows = room[: _LANES * width]
    woven = room[_LANES * width : _LANES * (2 * width + 1)]
    cells = room[_LANES * (2 * width + 1) : _LANES * (2 * width + 1 + _SIDE)]
    for lane in range(_LANES):
        woven[_LANES * width + lane] = 0  # behind the last sample, read with weight 0
    # Half a unit more than rounding needs keeps quotients clear of whole numbers, from which they
    # are 1 / pixels apart at least: the product with a rounded inverse then has the same floor.
    half = np.float64((height * width) // 2) + 0.5
    inverse = 1.0 / np.float64(height * width)
    for top in range(0, _SIDE, _LANES):
        for lane in range(_LANES):
            _sum_rows(luma, rows[lane * width : (lane + 1) * width], top + lane)
        _weave(rows, woven, width)
        _sum_columns(woven, cells, width)
        for lane in range(_LANES):
            line = out[top + lane]
            for cell in range(_SIDE):
                rounded = (np.float64(cells[_LANES * cell + lane]) + half) * inverse
                line[cell] = np.uint8(np.int32(rounded))


@inlined
def _sum_rows(luma: Any, sums: Any, cell: int) -> None:
    height, width = luma.shape
    begin, end = cell * height, (cell + 1) * height
    first, last = begin // _SIDE, (end + _SIDE - 1) // _SIDE
    weight = np.int32(min(end, (first + 1) * _SIDE) - begin)
    for x in range(width):
        sums[x] = weight * np.int32(luma[first, x])
    for y in range(first + 1, last):
        weight = np.int32(min(end, (y + 1) * _SIDE) - y * _SIDE)
        for x in range(width):
            sums[x] += weight * np.int32(luma[y, x])


@inlined
def _weave(rows: Any, woven: Any, width: int) -> None:
    for x in range(width):
        woven[_LANES * x] = rows[x]
        woven[_LANES * x + 1] = rows[width + x]
        woven[_LANES * x + 2] = rows[2 * width + x]
        woven[_LANES * x + 3] = rows[3 * width + x]


@inlined
def _sum_columns(woven: Any, cells: Any, width: int) -> None:
    """Sum each of the four rows, written out for the compiler to see that they go together."""
    one, two, three = np.uint64(1), np.uint64(2), np.uint64(3)
    at = np.uint64(0)  # unsigned, or each index is tested for counting from the end
    cut_a = cut_b = cut_c = cut_d = np.int32(0)  # what the cell before took of the first sample
    for cell in range(_SIDE):
        end = (cell + 1) * width
        stop = np.uint64(_LANES * (end // _SIDE))
        a = b = c = d = np.int32(0)
        while at < stop:
            a = np.int32(a + woven[at])
            b = np.int32(b + woven[at + one])
            c = np.int32(c + woven[at + two])
            d = np.int32(d + woven[at + three])
            at += np.uint64(_LANES)
        part = np.int32(end % _SIDE)
        next_a = np.int32(woven[at] * part)
        next_b = np.int32(woven[at + one] * part)
        next_c = np.int32(woven[at + two] * part)
        next_d = np.int32(woven[at + three] * part)
        to = np.uint64(_LANES * cell)
        cells[to] = np.int32(a * _SIDE + next_a - cut_a)
        cells[to + one] = np.int32(b * _SIDE + next_b - cut_b)
        cells[to + two] = np.int32(c * _SIDE + next_c - cut_c)
        cells[to + three] = np.int32(d * _SIDE + next_d - cut_d)
        cut_a, cut_b, cut_c, cut_d = next_a, next_b, next_c, next_d
