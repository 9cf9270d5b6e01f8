"""Lanczos-3 resampling of a grey plane in 8-bit fixed point, rows first, as Pillow 12 does it.

Source: Duchon, "Lanczos Filtering in One and Two Dimensions", J. Applied Meteorology 18, 1979; the
fixed-point arithmetic is that of Pillow 12's ``Image.resize`` for 8-bit channels.
Deviation: none in the result. Sums of products are exact integers in float64 whatever their order,
so they are left to matrix products over bands of the (sparse) filter matrix.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from eikona.domain.errors import UsageError

_LOBES = 3
_FRACTION_BITS = 22  # of a coefficient: 32 bits less 8 for the pixel, 1 for the sign, 1 spare
_BAND = 16  # outputs whose filters share one dense block
_STRIP_PIXELS = 1 << 18  # source pixels widened to float64 at a time: 2 MiB


@dataclass(frozen=True, slots=True, eq=False)
class _Band:
    """Filters of a run of neighbouring outputs.

    Attributes:
        outputs: which output samples.
        inputs: the source samples that they see.
        weights: shape (inputs, outputs), float64; whole multiples of 2 ** -22.
    """

    outputs: slice
    inputs: slice
    weights: NDArray[np.float64]


def lanczos(grey: NDArray[np.uint8], *, width: int, height: int) -> NDArray[np.uint8]:
    """Resample ``grey`` to ``width`` by ``height`` pixels, up or down.

    Rows are resampled first and rounded to 8 bits, then columns; a pass that would keep the length
    is left out. Extra memory stays at a few MB beside the plane between the passes, of shape
    (h, ``width``).

    Args:
        grey: shape (h, w), uint8, neither side 0.
        width: columns of the result, at least 1.
        height: rows of the result, at least 1.

    Returns:
        Shape (``height``, ``width``), uint8.

    Raises:
        UsageError: the plane is empty or no plane, or a side of the result is below 1.
    """
    if grey.ndim != 2 or grey.size == 0:
        raise UsageError(f"give a grey plane with at least one pixel, not shape {grey.shape}")
    if width < 1 or height < 1:
        raise UsageError(f"give a width and height of at least 1, not {width} x {height}")
    rows, columns = grey.shape
    plane = grey if width == columns else _resample_rows(grey, width)
    return plane if height == rows else _resample_columns(plane, height)


def _resample_rows(plane: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    rows, columns = plane.shape
    bands = _bands(columns, width)
    result = np.empty((rows, width), np.uint8)
    step = max(1, _STRIP_PIXELS // columns)
    for top in range(0, rows, step):
        strip = plane[top : top + step].astype(np.float64)
        for band in bands:
            sums = strip[:, band.inputs] @ band.weights
            result[top : top + step, band.outputs] = _rounded(sums)
    return result


def _resample_columns(plane: NDArray[np.uint8], height: int) -> NDArray[np.uint8]:
    rows, columns = plane.shape
    result = np.empty((height, columns), np.uint8)
    for band in _bands(rows, height):
        seen = plane[band.inputs].astype(np.float64)
        result[band.outputs] = _rounded(band.weights.T @ seen)
    return result


def _rounded(sums: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return ``sums`` to the nearest level, halves up, within 0 to 255; overwrites ``sums``."""
    sums += 0.5
    np.clip(sums, 0.0, 255.0, out=sums)
    return sums.astype(np.uint8)  # cuts the fraction off, which is the floor of what is left


@lru_cache(maxsize=32)
def _bands(length: int, outputs: int) -> tuple[_Band, ...]:
    """Return the filters from ``length`` samples to ``outputs`` samples, by bands."""
    first, weights = _coefficients(length, outputs)
    taps = weights.shape[1]
    bands = []
    for start in range(0, outputs, _BAND):
        stop = min(start + _BAND, outputs)
        low = int(first[start])
        high = min(int(first[stop - 1]) + taps, length)
        block = np.zeros((high - low + taps, stop - start))  # unused taps may reach past the end
        at = first[start:stop, np.newaxis] - low + np.arange(taps)
        block[at, np.arange(stop - start)[:, np.newaxis]] = weights[start:stop]
        block = np.ascontiguousarray(block[: high - low])
        block.flags.writeable = False
        bands.append(_Band(slice(start, stop), slice(low, high), block))
    return tuple(bands)


def _coefficients(length: int, outputs: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return where each output's filter begins and its taps, fixed-point values as fractions.

    Every float64 operation stands in Pillow's order, the sum of the taps too: rounding to 22 bits
    then hides what is left, the last bit of a sine.
    """
    scale = length / outputs
    stretch = max(scale, 1.0)  # the filter widens to cover the source, never narrows
    reach = _LOBES * stretch
    centre = (np.arange(outputs) + 0.5) * scale
    first = np.maximum((centre - reach + 0.5).astype(np.int64), 0)
    last = np.minimum((centre + reach + 0.5).astype(np.int64), length)
    tap = np.arange(int((last - first).max()))
    position = ((tap + first[:, np.newaxis]) - centre[:, np.newaxis] + 0.5) * (1.0 / stretch)
    weights = _windowed_sinc(position)
    weights[tap >= (last - first)[:, np.newaxis]] = 0.0
    weights /= np.cumsum(weights, axis=1)[:, -1:]  # cumsum adds one after another, sum() does not
    weights *= 1 << _FRACTION_BITS
    weights = np.trunc(weights + np.copysign(0.5, weights))
    return first, weights / (1 << _FRACTION_BITS)


def _windowed_sinc(position: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the Lanczos-3 kernel: sinc(x) sinc(x / 3) for -3 <= x < 3, else 0."""
    inside = (position >= -_LOBES) & (position < _LOBES)
    return np.where(inside, _sinc(position) * _sinc(position / _LOBES), 0.0)


def _sinc(position: NDArray[np.float64]) -> NDArray[np.float64]:
    angle = position * math.pi
    return np.divide(np.sin(angle), angle, out=np.ones_like(angle), where=angle != 0.0)
