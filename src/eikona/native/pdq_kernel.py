"""PDQ's codes in eight orientations, and the sum of its quality; see ``hashing.pdq``."""

from typing import Any

import numpy as np

from eikona.native.jit import array, inlined

_SIDE = 64  # samples
_BITS = 256
_MIRRORINGS = 4


def pdq_quality(samples_at: Any, quality_at: Any) -> None:
    """Sum truncated differences between neighbours of 64 x 64 samples, unbounded."""
    samples = array(samples_at, (_SIDE, _SIDE))
    quality = array(quality_at, (1,))
    hundred, white = np.float32(100), np.float32(255)
    total = np.int32(0)
    for y in range(_SIDE):
        for x in range(_SIDE - 1):
            step = (samples[y, x + 1] * hundred - samples[y, x] * hundred) / white
            total += np.int32(abs(step))
    for y in range(_SIDE - 1):
        for x in range(_SIDE):
            step = (samples[y + 1, x] * hundred - samples[y, x] * hundred) / white
            total += np.int32(abs(step))
    quality[0] = total


def pdq_codes(
    coefficients_at: Any, places_at: Any, room_at: Any, above_at: Any, out_at: Any
) -> None:
    """Compare each mirroring of 16 x 16 coefficients with its lower median.

    ``coefficients`` are the bits of float32 numbers, whose magnitudes order as their bits do.
    ``places`` say which of 4 x 256 comparisons each of 8 x 256 bits is. ``room`` is for 256
    numbers, ``above`` for 1024 bytes. ``out`` takes 256 bytes.
    """
    coefficients = array(coefficients_at, (_BITS,))
    places = array(places_at, (8 * _BITS,))
    values = array(room_at, (_BITS,))
    above = array(above_at, (_MIRRORINGS * _BITS,))
    codes = array(out_at, (_BITS,))
    for mirroring in range(_MIRRORINGS):
        # rows and columns are counted from 1: the first, third, … change their sign
        odd_rows, odd_columns = np.int32(mirroring >> 1), np.int32(mirroring & 1)
        for at in range(_BITS):
            magnitude = coefficients[at] & np.int32(0x7FFFFFFF)
            negative = np.int32(coefficients[at] < 0)
            negative ^= odd_rows & (~np.int32(at >> 4) & np.int32(1))
            negative ^= odd_columns & (~np.int32(at) & np.int32(1))
            values[at] = (magnitude ^ -negative) + negative
        median = _lower_median(values)
        for at in range(_BITS):
            above[_BITS * mirroring + at] = np.uint8(values[at] > median)
    for byte in range(_BITS):
        bits = 0
        for bit in range(8):
            bits = 2 * bits + above[places[8 * byte + bit]]
        codes[byte] = np.uint8(bits)


@inlined
def _lower_median(values: Any) -> Any:
    """Find it by halving, since counting is quicker here than sorting."""
    low, high = np.int64(-0x7FFFFFFF), np.int64(0x7FFFFFFF)
    while low < high:
        middle = (low + high) >> 1
        bound = np.int32(middle)
        count = np.int32(0)
        for at in range(_BITS):
            count = np.int32(count + np.int32(values[at] <= bound))
        if count >= _BITS // 2:
            high = middle
        else:
            low = middle + 1
    return np.int32(low)
