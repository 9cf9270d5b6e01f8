"""The hashes of the imagehash library, equal to its own bit for bit, for lists that exist already.

Source: imagehash 4.3 (``average_hash``, ``dhash``, ``phash``, ``whash``, default arguments apart
from ``hash_size``) on Pillow 12, SciPy 1.17's ``fftpack.dct`` and PyWavelets 1.9 (``wavedec2``,
``waverec2``, ``haar``).
Deviation: none in the result. A bit often hangs on the last bit of a float64: coefficients that
symmetry makes zero are rounding noise, and equal cells of a wavelet level differ by it. So the
transforms below keep the order of operations of those libraries. What that rests on: a build
without fused multiply-add, as all x86-64 wheels are, and a NumPy whose inverse real FFT is
pocketfft, as SciPy's is. Elsewhere phash and whash may differ in bits that are noise on both sides.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from eikona.domain.errors import UnknownAlgorithmError, UsageError
from eikona.hashing.lanczos import lanczos

_OVERSAMPLING = 4  # pixels per hash cell and axis that phash's DCT sees
_PI = Fraction("3.14159265358979323846264338327950288")
_HALF_ROOT = 0.7071067811865476  # both taps of the Haar filters, as PyWavelets spells them
_TILE_ROWS = 16  # at least so many, a power of two: four wavelet levels
_TILE_PIXELS = 1 << 16  # 512 KiB of float64, within the L2 cache

_Details = list[tuple[NDArray[np.float64], NDArray[np.float64]]]


def average_hash(grey: NDArray[np.uint8], hash_size: int = 8) -> NDArray[np.bool_]:
    """Return which of ``hash_size`` squared samples are above their mean.

    Args:
        grey: shape (h, w), uint8, as ``imagehash_hashes`` takes it.
        hash_size: cells per axis, at least 2.

    Returns:
        Shape (``hash_size``, ``hash_size``), bool, top row first.

    Raises:
        UsageError: ``hash_size`` is below 2, or ``grey`` has no pixels.
    """
    _check(hash_size)
    cells = lanczos(grey, width=hash_size, height=hash_size)
    return cells > np.mean(cells)


def dhash(grey: NDArray[np.uint8], hash_size: int = 8) -> NDArray[np.bool_]:
    """Return which samples have a brighter right neighbour.

    Arguments, shape and errors as for ``average_hash``.
    """
    _check(hash_size)
    cells = lanczos(grey, width=hash_size + 1, height=hash_size)
    return cells[:, 1:] > cells[:, :-1]


def phash(grey: NDArray[np.uint8], hash_size: int = 8) -> NDArray[np.bool_]:
    """Return which of the lowest DCT coefficients are above their median.

    Arguments, shape and errors as for ``average_hash``.
    """
    _check(hash_size)
    side = hash_size * _OVERSAMPLING
    square = lanczos(grey, width=side, height=side).astype(np.float64)
    by_column = _dct(square.T)[:, :hash_size]
    block = _dct(by_column.T)[:, :hash_size]
    return block > np.median(block)


def whash(grey: NDArray[np.uint8], hash_size: int = 8) -> NDArray[np.bool_]:
    """Return which Haar approximations are above their median, once the overall mean is taken out.

    Args:
        grey: shape (h, w), uint8, as ``imagehash_hashes`` takes it.
        hash_size: cells per axis, a power of two, at least 2.

    Returns:
        Shape (``hash_size``, ``hash_size``), bool, top row first.

    Raises:
        UsageError: ``hash_size`` is below 2 or no power of two, or ``grey`` has no pixels.
    """
    _check(hash_size)
    if not _is_power_of_two(hash_size):
        lower = 1 << (hash_size.bit_length() - 1)
        raise UsageError(
            f"whash needs a hash size that is a power of two, not {hash_size}: "
            f"take {lower} or {2 * lower}, or leave whash out"
        )
    natural = 1 << (max(1, min(grey.shape)).bit_length() - 1)
    side = max(natural, hash_size)
    cells = _haar_without_mean(lanczos(grey, width=side, height=side), hash_size)
    return cells > np.median(cells)


_HASHES: Mapping[str, Callable[[NDArray[np.uint8], int], NDArray[np.bool_]]] = MappingProxyType(
    {"average_hash": average_hash, "dhash": dhash, "phash": phash, "whash": whash}
)
NAMES = tuple(_HASHES)


def defined_at(hash_size: int) -> tuple[str, ...]:
    """Return the names of the hashes that exist at ``hash_size``: whash only at powers of two.

    Raises:
        UsageError: ``hash_size`` is below 2: no hash exists.
    """
    _check(hash_size)
    return NAMES if _is_power_of_two(hash_size) else tuple(n for n in NAMES if n != "whash")


def imagehash_hashes(
    grey: NDArray[np.uint8], hash_size: int = 8, *, names: Sequence[str] = NAMES
) -> dict[str, str]:
    """Return the imagehash hashes of one picture as that library prints them.

    Args:
        grey: shape (h, w), uint8: what Pillow's ``convert("L")`` gives for the first frame, all
            pixels decoded, not turned by EXIF, alpha dropped.
        hash_size: cells per axis, at least 2; a power of two where whash is among ``names``.
        names: which hashes, of ``NAMES``.

    Returns:
        Lower-case hex by name, in the order of ``names``; ``hash_size`` squared bits, row-major,
        first bit highest, zeros in front where they do not fill the first digit.

    Raises:
        UnknownAlgorithmError: a name is not one of ``NAMES``.
        UsageError: ``hash_size`` does not fit, or ``grey`` has no pixels.
    """
    for name in names:
        if name not in _HASHES:
            raise UnknownAlgorithmError(
                f"imagehash has no {name!r} here: choose from {', '.join(NAMES)}"
            )
    return {name: _hex(_HASHES[name](grey, hash_size)) for name in names}


def _check(hash_size: int) -> None:
    if hash_size < 2:
        raise UsageError(f"the hash size must be 2 or more, not {hash_size}")


def _is_power_of_two(number: int) -> bool:
    return number & (number - 1) == 0


def _hex(bits: NDArray[np.bool_]) -> str:
    digits = -(-bits.size // 4)
    padding = np.zeros(4 * digits - bits.size, np.bool_)
    padded = np.packbits(np.concatenate((padding, bits.ravel())))
    return padded.tobytes().hex()[:digits]


def _dct(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the unscaled DCT-II of each row, of even length, as pocketfft computes it.

    Neighbours are added and subtracted, an inverse real FFT turns the result, and a rotation of
    each pair from both ends gives the coefficients.
    """
    length = rows.shape[1]
    half = length // 2
    spectrum = np.empty((rows.shape[0], half + 1), np.complex128)
    spectrum[:, 0] = 2.0 * rows[:, 0]
    spectrum[:, -1] = 2.0 * rows[:, -1]
    left, right = rows[:, 1:-1:2], rows[:, 2:-1:2]
    spectrum.real[:, 1:-1] = left + right
    spectrum.imag[:, 1:-1] = right - left
    result = np.fft.irfft(spectrum, length, norm="forward")
    cosines = _cosines(length)
    near, far = cosines[1:half], cosines[length - 1 : half : -1]
    low, high = result[:, 1:half].copy(), result[:, :half:-1].copy()
    total, difference = near * high + far * low, near * low - far * high
    result[:, 1:half] = 0.5 * (total + difference)
    result[:, :half:-1] = 0.5 * (total - difference)
    result[:, half] *= cosines[half]
    return result


@lru_cache(maxsize=16)
def _cosines(length: int) -> NDArray[np.float64]:
    """Return cos(pi k / (2 length)) for k from 0 to length - 1.

    pocketfft multiplies two roots of unity, of the low and of the high bits of k, and so does this:
    the products are not the nearest float64 to the cosine.
    """
    count = 4 * length  # roots on the whole circle
    low_bits = 1
    while 1 << (2 * low_bits) < (count + 2) // 2:
        low_bits += 1
    mask = (1 << low_bits) - 1
    result = np.empty(length)
    for k in range(length):
        fine, coarse = _root(k & mask, count), _root(k & ~mask, count)
        result[k] = fine.real * coarse.real - fine.imag * coarse.imag
    result.flags.writeable = False
    return result


def _root(k: int, count: int) -> complex:
    """Return e ** (2 pi i k / count), k in the first quarter, from an angle within 45 degrees."""
    if k == 0:
        return complex(1.0)
    unit = float(_PI / (4 * count))
    if 8 * k < count:
        return complex(math.cos(8 * k * unit), math.sin(8 * k * unit))
    rest = (2 * count - 8 * k) * unit
    return complex(math.sin(rest), math.cos(rest))


def _haar_without_mean(square: NDArray[np.uint8], cells: int) -> NDArray[np.float64]:
    """Return the Haar approximation of ``square`` / 255 by ``cells`` squared, the mean taken out.

    All levels are taken apart, the last approximation is set to zero, all are put together again,
    and the result is taken apart down to ``cells``: in exact arithmetic a subtraction, in float64
    not. Tiles of rows go through the lower levels one at a time, and are taken apart anew on the
    way back up, so that no detail of a large square has to be kept.

    Args:
        square: shape (n, n), uint8, n a power of two from ``cells`` up.
        cells: a power of two, at least 2.

    Returns:
        Shape (``cells``, ``cells``), float64.
    """
    side = square.shape[0]
    rows = min(side, max(_TILE_ROWS, _TILE_PIXELS // side))
    levels = min(_log2(rows), _log2(side // cells))
    ordered = square[:, _even_first(side)]

    def tiles() -> Iterator[NDArray[np.float64]]:
        return (ordered[top : top + rows] / 255.0 for top in range(0, side, rows))

    coarse = np.concatenate([_take_apart(tile, levels)[0] for tile in tiles()])
    last, details = _take_apart(coarse, _log2(coarse.shape[0]))
    coarse = _put_together(np.zeros_like(last), details)
    parts = np.split(coarse, side // rows)
    redone = [
        _take_apart(_put_together(part, _take_apart(tile, levels)[1]), levels)[0]
        for part, tile in zip(parts, tiles(), strict=True)
    ]
    coarse = np.concatenate(redone)
    result = np.empty((cells, cells))
    result[:, _even_first(cells)] = _take_apart(coarse, _log2(coarse.shape[0] // cells))[0]
    return result


def _take_apart(plane: NDArray[np.float64], levels: int) -> tuple[NDArray[np.float64], _Details]:
    """Return the approximation ``levels`` down and the details of each level, finest first.

    Columns stand even ones first at every level, so that neighbours are halves of a row.
    """
    details = []
    for _ in range(levels):
        scaled = plane * _HALF_ROOT
        low, high = scaled[0::2] + scaled[1::2], scaled[0::2] - scaled[1::2]
        low *= _HALF_ROOT
        high *= _HALF_ROOT
        half = plane.shape[1] // 2
        plane = low[:, :half] + low[:, half:]
        details.append((low[:, :half] - low[:, half:], high))
    return plane, details


def _put_together(plane: NDArray[np.float64], details: _Details) -> NDArray[np.float64]:
    """Return the plane that ``_take_apart`` would take apart to ``plane`` and ``details``."""
    for across, high in reversed(details):
        half = plane.shape[1]
        low = _joined_columns(plane, across)
        tall = _joined_columns(high[:, :half] + high[:, half:], high[:, :half] - high[:, half:])
        low *= _HALF_ROOT
        tall *= _HALF_ROOT
        plane = np.empty((2 * low.shape[0], 2 * half))
        np.add(low, tall, out=plane[0::2])
        np.subtract(low, tall, out=plane[1::2])
    return plane


def _joined_columns(
    sums: NDArray[np.float64], differences: NDArray[np.float64]
) -> NDArray[np.float64]:
    sums = sums * _HALF_ROOT
    differences = differences * _HALF_ROOT
    return np.concatenate((sums + differences, sums - differences), axis=1)


def _even_first(count: int) -> NDArray[np.intp]:
    """Return 0 to ``count`` - 1 with the even ones in front, they and the odd ones likewise."""
    order = np.zeros(1, np.intp)
    while order.size < count:
        order = np.concatenate((2 * order, 2 * order + 1))
    return order


def _log2(power: int) -> int:
    return power.bit_length() - 1
