"""All hashes of the canonical plane but NMF; their definitions stand in ``hashing``.

Every number is whole and below 2 ** 53, so that no order of summation changes a bit.
"""

from typing import Any

import numpy as np

from eikona.native.jit import array, inlined

_SIDE = 256  # of the plane
_FINE = 64  # cells a side of the finest grid
_GAUSSIAN_SCALE = 2.0**36  # of ForBild's weights twice, and of the sum over 4 x 4 cells


def plane_hashes(
    plane_at: Any, tables_at: Any, whole_room_at: Any, room_at: Any, out_at: Any
) -> None:
    """Hash ``plane`` of shape (256, 256).

    ``tables`` hold pHash's cosines for 8 of 32 and 16 of 64 and ForBild's weights, each followed by
    its transpose: 256, 1024 and 1024 numbers twice. ``whole_room`` is for 22 784 numbers, ``room``
    for 6720. ``out`` takes, in bytes: ahash 8, ahash256 32, mhash 8 and 32, dhash 8 and 32, phash 8
    and 32, phash-mean 8, forbild 32 and its grey values, 256.
    """
    plane = array(plane_at, (_SIDE, _SIDE))
    tables = array(tables_at, (4608,))
    bands = array(whole_room_at, (89, _SIDE))
    room = array(room_at, (6720,))
    out = array(out_at, (456,))
    for at in range(out.size):
        out[at] = 0
    cells64, cells32 = room[:4096], room[4096:5120]
    cells16, cells8 = room[5120:5376], room[5376:5440]
    between, block = room[5440:6464], room[6464:6720]
    _sum_strips(plane, bands, cells64)
    _coarser(cells64, cells32, 32)
    _coarser(cells32, cells16, 16)
    _coarser(cells16, cells8, 8)
    _above_mean(cells8, cells8, out[:8])
    _above_mean(cells16, cells16, out[8:40])
    _above_median(cells8, out[40:48])
    _above_median(cells16, out[48:80])
    _brighter_to_the_right(bands[80:88], bands[88], out[80:88])
    _brighter_to_the_right(bands[64:80], bands[88], out[88:120])
    low8 = block[:64]
    _product(tables[:256], cells32, tables[256:512], between, low8, np.uint64(8))
    _above_median(low8, out[120:128])
    _above_mean(low8, low8[8:], out[160:168])
    _product(tables[512:1536], cells64, tables[1536:2560], between, block, np.uint64(16))
    _above_median(block, out[128:160])
    _product(tables[2560:3584], cells64, tables[3584:4608], between, block, np.uint64(16))
    _forbild(block, out[168:200], out[200:456])


@inlined
def _sum_strips(plane: Any, bands: Any, cells64: Any) -> None:
    """Sum strips of 4, 16 and 32 rows into lines 0, 64 and 80 on, and cells of 4 x 4."""
    for strip in range(_FINE):
        line = bands[strip]
        for x in range(_SIDE):
            line[x] = (
                np.int32(plane[4 * strip, x])
                + np.int32(plane[4 * strip + 1, x])
                + np.int32(plane[4 * strip + 2, x])
                + np.int32(plane[4 * strip + 3, x])
            )
        for cell in range(_FINE):
            total = line[4 * cell] + line[4 * cell + 1] + line[4 * cell + 2] + line[4 * cell + 3]
            cells64[_FINE * strip + cell] = np.float64(total)
    for strip in range(16):
        for x in range(_SIDE):
            bands[64 + strip, x] = (
                bands[4 * strip, x]
                + bands[4 * strip + 1, x]
                + bands[4 * strip + 2, x]
                + bands[4 * strip + 3, x]
            )
    for strip in range(8):
        for x in range(_SIDE):
            bands[80 + strip, x] = bands[64 + 2 * strip, x] + bands[65 + 2 * strip, x]


@inlined
def _coarser(fine: Any, coarse: Any, side: int) -> None:
    for row in range(side):
        for column in range(side):
            at = 4 * side * row + 2 * column
            beneath = at + 2 * side
            coarse[side * row + column] = (
                fine[at] + fine[at + 1] + fine[beneath] + fine[beneath + 1]
            )


@inlined
def _pack(bits: Any, values: Any, factor: float, threshold: float) -> None:
    for at in range(values.size):
        if values[at] * factor > threshold:
            bits[at >> 3] |= np.uint8(128 >> (at & 7))


@inlined
def _above_mean(values: Any, averaged: Any, bits: Any) -> None:
    total = 0.0
    for at in range(averaged.size):
        total += averaged[at]
    _pack(bits, values, np.float64(averaged.size), total)


@inlined
def _above_median(values: Any, bits: Any) -> None:
    """Find the two in the middle by halving, since counting is quicker here than sorting."""
    half = values.size // 2
    low = high = np.int64(values[0])
    for at in range(values.size):
        low, high = min(low, np.int64(values[at])), max(high, np.int64(values[at]))
    while low < high:
        middle = (low + high) >> 1
        if _count_to(values, np.float64(middle)) >= half:
            high = middle
        else:
            low = middle + 1
    lower = upper = np.float64(low)
    if _count_to(values, lower) == half:
        upper = np.float64(np.inf)
        for at in range(values.size):
            if values[at] > lower:
                upper = min(upper, values[at])
    _pack(bits, values, 2.0, lower + upper)


@inlined
def _count_to(values: Any, bound: float) -> int:
    count = 0
    for at in range(values.size):
        count += values[at] <= bound
    return count


@inlined
def _brighter_to_the_right(bands: Any, cells: Any, bits: Any) -> None:
    """Compare neighbours of one cell more than there are bands, weighed by the area inside."""
    rows = bands.shape[0]
    columns = rows + 1
    for row in range(rows):
        x = 0
        cut = np.int32(0)
        for cell in range(columns):
            end = (cell + 1) * _SIDE
            total = np.int32(0)
            while x < end // columns:
                total += bands[row, x]
                x += 1
            part = np.int32(end % columns)
            after = bands[row, min(x, _SIDE - 1)] * part  # behind the end, part is 0
            cells[cell] = total * columns + after - cut
            cut = after
        for cell in range(rows):
            if cells[cell + 1] > cells[cell]:
                at = rows * row + cell
                bits[at >> 3] |= np.uint8(128 >> (at & 7))


@inlined
def _product(left: Any, cells: Any, right: Any, between: Any, out: Any, kept: Any) -> None:
    """Set ``out`` to left x cells x right, of kept, 4 kept squared and kept columns.

    Places are unsigned: others are tested for counting from the end, one by one.
    """
    size = np.uint64(4) * kept
    one, two, three = np.uint64(1), np.uint64(2), np.uint64(3)
    for row in range(kept):
        to = size * row
        for column in range(size):
            between[to + column] = 0.0
        for inner in range(np.uint64(0), size, np.uint64(4)):
            a, b = left[to + inner], left[to + inner + one]
            c, d = left[to + inner + two], left[to + inner + three]
            if a == 0.0 and b == 0.0 and c == 0.0 and d == 0.0:
                continue  # half of ForBild's weights
            at = size * inner
            for column in range(size):
                between[to + column] += (
                    a * cells[at + column]
                    + b * cells[at + size + column]
                    + c * cells[at + two * size + column]
                    + d * cells[at + three * size + column]
                )
    for row in range(kept):
        to = kept * row
        for column in range(kept):
            out[to + column] = 0.0
        for inner in range(size):
            weight = between[size * row + inner]
            for column in range(kept):
                out[to + column] += weight * right[kept * inner + column]


@inlined
def _forbild(means: Any, bits: Any, grey: Any) -> None:
    brightest = -1.0
    right = bottom = False
    for quadrant in range(4):  # left column first, as the reference
        x, y = 8 * (quadrant >> 1), 8 * (quadrant & 1)
        for at in range(64):
            value = np.floor(means[16 * (y + (at >> 3)) + x + (at & 7)] / _GAUSSIAN_SCALE + 0.5)
            if value > brightest:
                brightest, right, bottom = value, x > 0, y > 0
    for y in range(16):
        for x in range(16):
            mirrored = 16 * (15 - y if bottom else y) + (15 - x if right else x)
            grey[16 * y + x] = np.uint8(np.int32(np.floor(means[mirrored] / _GAUSSIAN_SCALE + 0.5)))
    for quadrant in range(4):
        corner = 8 * (quadrant & 1) + 128 * (quadrant >> 1)
        median = _upper_median(grey, corner)
        for at in range(64):
            place = corner + 16 * (at >> 3) + (at & 7)
            if grey[place] >= median:
                bits[place >> 3] |= np.uint8(128 >> (place & 7))


@inlined
def _upper_median(grey: Any, corner: int) -> int:
    """Return the greatest level that at least 32 of the quadrant's 64 cells reach."""
    low, high = 0, 255
    while low < high:
        middle = (low + high + 1) >> 1
        count = 0
        for at in range(64):
            count += grey[corner + 16 * (at >> 3) + (at & 7)] >= middle
        if count >= 32:
            low = middle
        else:
            high = middle - 1
    return low
