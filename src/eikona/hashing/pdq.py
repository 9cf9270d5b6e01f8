"""PDQ: signs of 16 x 16 low-frequency DCT coefficients around their median, in 8 orientations.

Source: Meta, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", 2019,
and the C++ reference in ThreatExchange.
Deviation: the reference's two running means, its decimation and its DCT are linear, so they are two
thin matrices here: C = D T(h) luma T(w)' D'. Coefficients that are zero but for rounding become
zero: of symmetric pictures, where the reference's bits are its rounding noise, every machine then
gives the same code. Sides above 16,384 pixels are averaged in runs first.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from eikona.imaging.bands import Bands, Reals, cut_into_bands
from eikona.native.address import address
from eikona.native.switch import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eikona.imaging.picture import FineLuma
    from eikona.native.loader import Kernels

_SIDE = 64  # samples a side that the DCT sees
_KEPT = 16  # coefficients kept a side, the constant one left out
_GROUP = 8  # samples a block
_SMALLEST_SIDE = 5  # pixels: the reference hashes nothing narrower
_QUALITY_DIVISOR = 90  # of the summed gradient, as the reference has it
_FULL_QUALITY = 100
_WHITE = 255
_LONGEST = 16_384  # samples of a side; what is longer is averaged in runs first
_LONGEST_CACHED = 1536  # samples; the matrix of such a side takes up to 0.1 MB
_CACHED_SIDES = 256  # photographs of one collection have some dozens
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


def pdq_transform(
    luma: FineLuma,
    full_size: tuple[int, int] | None = None,
    ends_turned: tuple[bool, bool] = (False, False),
) -> PdqTransform:
    """Filter, decimate and transform ``luma``.

    Args:
        luma: shape (rows, columns), 0 to 255, not rounded. Below 5 pixels on a side all is zero.
        full_size: height and width of the image in pixels, where ``luma`` was decoded at a half, a
            quarter or an eighth of them. PDQ then samples where it would have in the full image.
        ends_turned: whether the row, and the column, that stands for a rest of fewer pixels is the
            first one, not the last.
    """
    height, width = luma.shape
    if min(height, width) < _SMALLEST_SIDE:
        return PdqTransform(np.zeros((_KEPT, _KEPT), np.float32), 0)
    full_height, full_width = full_size or luma.shape
    # Rows first, which is faster, unless that would widen a thin picture before shortening it.
    if height >= _SIDE or height >= width:
        by_rows = _filter_rows(luma, full_height, end_turned=ends_turned[0])
        samples = _filter_columns(by_rows, full_width, end_turned=ends_turned[1])
    else:
        by_columns = _filter_columns(luma, full_width, end_turned=ends_turned[1])
        samples = _filter_rows(by_columns, full_height, end_turned=ends_turned[0])
    dct = _dct()
    coefficients = (dct @ samples @ dct.T).astype(np.float32, copy=False)
    coefficients[np.abs(coefficients) < _NOISE] = 0.0
    return PdqTransform(coefficients, _quality(samples))


def _filter_rows(luma: NDArray[Any], full: int, *, end_turned: bool) -> Reals:
    """Return the 64 filtered samples along the first axis: shape (n, k) to (64, k)."""
    size = luma.shape[0]
    if size <= _LONGEST:
        return _sampler_of(size, full, end_turned=end_turned).along_rows(luma)
    run = -(-size // _LONGEST)
    starts = np.arange(0, size, run)
    counts = np.diff(np.append(starts, size))[:, None]
    means = np.add.reduceat(luma, starts, axis=0, dtype=np.float64) / counts
    return _sampler_of(len(starts), len(starts), end_turned=False).along_rows(means)


def _filter_columns(luma: NDArray[Any], full: int, *, end_turned: bool) -> Reals:
    """Return the 64 filtered samples along the second axis: shape (k, n) to (k, 64)."""
    if luma.shape[1] > _LONGEST:
        return _filter_rows(luma.T, full, end_turned=end_turned).T
    return _sampler_of(luma.shape[1], full, end_turned=end_turned).along_columns(luma)


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
    compiled = kernels()
    if compiled is not None:
        return _split(_compiled_codes(compiled, transform.coefficients))
    mirrored = (transform.coefficients * _SIGNS).reshape(len(_SIGNS), _BITS)
    # The reference's median is the lower one of the two in the middle.
    median = np.partition(mirrored, _BITS // 2 - 1, axis=1)[:, _BITS // 2 - 1, None]
    return _split(np.packbits((mirrored > median).take(_PLACES)).tobytes())


def _compiled_codes(compiled: Kernels, coefficients: NDArray[np.float32]) -> bytes:
    coefficients = np.ascontiguousarray(coefficients)
    room, above = np.empty(_BITS, np.int32), np.empty(len(_SIGNS) * _BITS, np.uint8)
    codes = np.empty(2 * len(_SIGNS) * _BYTES, np.uint8)
    compiled.pdq_codes(
        *(address(coefficients), address(_PLACES), address(room), address(above), address(codes)),
    )
    return codes.tobytes()


def _split(codes: bytes) -> tuple[bytes, ...]:
    return tuple(codes[at : at + _BYTES] for at in range(0, len(codes), _BYTES))


def _quality(samples: Reals) -> int:
    """Sum of truncated differences between neighbours, scaled: flat pictures score low."""
    compiled = kernels()
    if compiled is not None and samples.flags.c_contiguous and samples.dtype == np.float32:
        total = np.empty(1, np.int32)
        compiled.pdq_quality(address(samples), address(total))
        return min(_FULL_QUALITY, int(total[0]) // _QUALITY_DIVISOR)
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


def _sampler_of(size: int, full: int, *, end_turned: bool) -> Bands:
    """Return ``_sampler``, from the cache for sides that recur and need little memory."""
    build = _sampler if size <= _LONGEST_CACHED else _sampler.__wrapped__
    return build(size, full, end_turned=end_turned)


@functools.lru_cache(maxsize=_CACHED_SIDES)
def _sampler(size: int, full: int, *, end_turned: bool) -> Bands:
    """Return T(full): two running means and the choice of 64 samples, as one banded matrix.

    Args:
        size: samples there are.
        full: samples of the full image; each of ours is the mean of a few of them.
        end_turned: whether the one that may stand for fewer than the others is the first.
    """
    scale = -(-full // size)
    reads, weights = _reference_filter(full)
    total = np.zeros((_SIDE, weights.shape[1] + 1))  # running sums, to add up any stretch at once
    np.cumsum(weights, axis=1, out=total[:, 1:])
    lead = scale * size - full if end_turned else 0

    def weigh(out: NDArray[np.int64], sample: NDArray[np.int64]) -> NDArray[np.float64]:
        left = np.clip(scale * sample - lead - reads[0][out], 0, weights.shape[1])
        right = np.clip(scale * (sample + 1) - lead - reads[0][out], 0, weights.shape[1])
        weight: NDArray[np.float64] = total[out, right] - total[out, left]
        return weight

    ours = (reads[0] + lead) // scale, -(-(reads[1] + lead) // scale)
    return cut_into_bands(ours, weigh, size=size, group=_GROUP, kind=np.dtype(np.float32))


def _reference_filter(
    size: int,
) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float64]]:
    """Return what the reference reads for each of its 64 samples, and the weights from there on.

    Each sample is a mean of up to ``window`` means of up to ``window`` pixels; a mean adds its
    share to a run of pixels, which is a step up at the first and a step down behind the last.
    """
    window = -(-size // (2 * _SIDE))
    chosen = ((np.arange(_SIDE) + 0.5) * size / _SIDE).astype(np.int64)
    begin, end = _window(chosen, window, size)
    first, last = _window(begin, window, size)[0], _window(end - 1, window, size)[1]
    centre = begin[:, None] + np.arange(window)
    inner, outer = _window(np.minimum(centre, size - 1), window, size)
    share = (centre < end[:, None]) / ((outer - inner) * (end - begin)[:, None])
    steps = np.zeros((_SIDE, int((last - first).max()) + 2 * window + 1))
    line = np.arange(_SIDE)[:, None]
    np.add.at(steps, (line, inner - first[:, None]), share)
    np.add.at(steps, (line, outer - first[:, None]), -share)
    return (first, last), np.cumsum(steps, axis=1)


def _window(
    centre: NDArray[np.int64], window: int, size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and one past the last sample of the running mean at ``centre``, cut at the ends."""
    half = (window + 2) // 2
    return np.maximum(0, centre + half - window), np.minimum(size, centre + half)


def _orientation_tables() -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Signs that mirror the coefficients, and where each bit of each orientation then stands.

    Mirroring left to right negates odd columns, top to bottom odd rows: four sets of bits. The
    other four orientations are their transposes.
    """
    odd = np.where(np.arange(1, _KEPT + 1) % 2 == 1, -1.0, 1.0).astype(np.float32)
    same = np.ones(_KEPT, np.float32)
    signs = np.stack([np.outer(r, c) for r in (same, odd) for c in (same, odd)])
    bits = np.arange(len(signs) * _BITS, dtype=np.int32).reshape(-1, _KEPT, _KEPT)
    places = np.concatenate([bits, bits.transpose(0, 2, 1)]).reshape(-1, _BITS)
    return signs, places[[0, 5, 3, 6, 2, 1, 4, 7], ::-1].ravel()


_SIGNS, _PLACES = _orientation_tables()
