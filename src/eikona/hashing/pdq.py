"""PDQ: signs of 16 x 16 low-frequency DCT coefficients around their median, in 8 orientations.

Source: Meta, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", 2019,
and the C++ reference in ThreatExchange.
Deviation: the reference's two running means, its decimation and its DCT are linear, so they are two
thin matrices here: C = D T(h) luma T(w)' D'. Coefficients that are zero but for rounding become
zero: of symmetric pictures, where the reference's bits are its rounding noise, every machine then
gives the same code.
"""

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eikona.imaging.bands import Bands, Reals, cut_into_bands
from eikona.imaging.picture import FineLuma

_SIDE = 64  # samples a side that the DCT sees
_KEPT = 16  # coefficients kept a side, the constant one left out
_GROUP = 8  # samples a block
_SMALLEST_SIDE = 5  # pixels: the reference hashes nothing narrower
_QUALITY_DIVISOR = 90  # of the summed gradient, as the reference has it
_FULL_QUALITY = 100
_WHITE = 255
_NOISE = 2.0**-10  # coefficients below this are rounding noise; others reach hundreds
_BITS = _KEPT * _KEPT
_BYTES = _BITS // 8


@dataclass(frozen=True, slots=True)
class PdqTransform:
    """What PDQ keeps of one picture.

    Attributes:
        coefficients: DCT rows and columns 1 to 16, shape (16, 16), float32.
        quality: 0 to 100.
    """

    coefficients: NDArray[np.float32]
    quality: int


def pdq_transform(luma: FineLuma, full_size: tuple[int, int] | None = None) -> PdqTransform:
    """Filter, decimate and transform ``luma``.

    Args:
        luma: shape (rows, columns), 0 to 255, not rounded. Below 5 pixels on a side all is zero.
        full_size: height and width of the image in pixels, where ``luma`` was decoded at a half, a
            quarter or an eighth of them. PDQ then samples where it would have in the full image.
    """
    height, width = luma.shape
    if min(height, width) < _SMALLEST_SIDE:
        return PdqTransform(np.zeros((_KEPT, _KEPT), np.float32), 0)
    full_height, full_width = full_size or luma.shape
    rows, columns = _sampler(height, full_height), _sampler(width, full_width)
    samples = columns.along_columns(rows.along_rows(luma))
    dct = _dct()
    coefficients = (dct @ samples @ dct.T).astype(np.float32, copy=False)
    coefficients[np.abs(coefficients) < _NOISE] = 0.0
    return PdqTransform(coefficients, _quality(samples))


def pdq(transform: PdqTransform) -> bytes:
    """Return the 256-bit PDQ code, bytes as the C++ reference prints them: last bit first."""
    return pdq_orientations(transform)[0]


def pdq_orientations(transform: PdqTransform) -> tuple[bytes, ...]:
    """Return the codes of the picture in all eight orientations.

    Mirroring a picture negates every second coefficient of one axis, and transposing it transposes
    them, so no second transform is needed.

    Returns:
        Eight codes of 32 bytes in the order of ``domain.fingerprint.Orientation``.
    """
    mirrored = (transform.coefficients * _SIGNS).reshape(len(_SIGNS), _BITS)
    # The reference's median is the lower one of the two in the middle.
    median = np.partition(mirrored, _BITS // 2 - 1, axis=1)[:, _BITS // 2 - 1, None]
    codes = np.packbits((mirrored > median).take(_PLACES)).tobytes()
    return tuple(codes[at : at + _BYTES] for at in range(0, len(codes), _BYTES))


def _quality(samples: Reals) -> int:
    """Sum of truncated differences between neighbours, scaled: flat pictures score low."""
    scaled = samples * np.float32(_FULL_QUALITY)
    down = (scaled[1:] - scaled[:-1]) / np.float32(_WHITE)
    across = (scaled[:, 1:] - scaled[:, :-1]) / np.float32(_WHITE)
    gradient = sum(int(np.abs(steps).astype(np.int32).sum()) for steps in (down, across))
    return min(_FULL_QUALITY, gradient // _QUALITY_DIVISOR)


@functools.cache
def _dct() -> NDArray[np.float32]:
    """Rows 1 to 16 of the orthonormal DCT-II of 64 samples."""
    frequency, sample = np.arange(1, _KEPT + 1)[:, None], np.arange(_SIDE)
    angles = np.pi * frequency * (2 * sample + 1) / (2 * _SIDE)
    rows: NDArray[np.float64] = np.sqrt(2 / _SIDE) * np.cos(angles)
    return rows.astype(np.float32)


@functools.lru_cache(maxsize=128)
def _sampler(size: int, full: int) -> Bands:
    """Return T(full): two running means and the choice of 64 samples, as one banded matrix.

    Args:
        size: samples there are.
        full: samples of the full image; each of the ``size`` stands for the mean of a few of them.
    """
    window = -(-full // (2 * _SIDE))
    scale = -(-full // size)
    chosen = ((np.arange(_SIDE) + 0.5) * full / _SIDE).astype(np.int64)
    begin, end = _window(chosen, window, full)
    first, last = _window(begin, window, full)[0], _window(end - 1, window, full)[1]

    def weigh(out: NDArray[np.int64], sample: NDArray[np.int64]) -> NDArray[np.float64]:
        total = np.zeros(np.broadcast_shapes(out.shape, sample.shape))
        left, right = scale * sample, scale * (sample + 1)
        for step in range(window):  # each mean of the second pass that this output averages
            centre = begin[out] + step
            inner, outer = _window(np.minimum(centre, full - 1), window, full)
            inside = np.maximum(np.minimum(right, outer) - np.maximum(left, inner), 0)
            total += inside * (centre < end[out]) / ((outer - inner) * (end[out] - begin[out]))
        return total

    reads = first // scale, -(-last // scale)
    return cut_into_bands(reads, weigh, size=size, group=_GROUP, kind=np.dtype(np.float32))


def _window(
    centre: NDArray[np.int64], window: int, size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and one past the last sample of the running mean at ``centre``, cut at the ends."""
    half = (window + 2) // 2
    return np.maximum(0, centre + half - window), np.minimum(size, centre + half)


def _orientation_tables() -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Signs that mirror the coefficients, and where each bit of each orientation then stands.

    Mirroring left to right negates odd columns, top to bottom odd rows: four sets of bits. The
    other four orientations are their transposes.
    """
    odd = np.where(np.arange(1, _KEPT + 1) % 2 == 1, -1.0, 1.0).astype(np.float32)
    same = np.ones(_KEPT, np.float32)
    signs = np.stack([np.outer(r, c) for r in (same, odd) for c in (same, odd)])
    bits = np.arange(len(signs) * _BITS).reshape(-1, _KEPT, _KEPT)
    places = np.concatenate([bits, bits.transpose(0, 2, 1)]).reshape(-1, _BITS)
    return signs, places[[0, 5, 3, 6, 2, 1, 4, 7], ::-1].ravel()


_SIGNS, _PLACES = _orientation_tables()
