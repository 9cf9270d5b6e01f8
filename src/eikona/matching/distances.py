"""Distances between two hashes of one algorithm."""

import math

import numpy as np
from numpy.typing import NDArray

_QUADRANT = 8  # ForBild cells a side
_FORBILD_FACTOR = 1000.0
_ROWS_AT_ONCE = 1 << 14  # whose intermediate values stay in the cache
_BIT = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1)  # of each byte value


def hamming(a: bytes, b: bytes) -> int:
    """Return how many bits of two equally long codes differ."""
    return (int.from_bytes(a) ^ int.from_bytes(b)).bit_count()


def correlation(a: bytes, b: bytes) -> float:
    """Return Pearson's correlation of two byte vectors, -1 to 1; 0 where one has no variance."""
    x, y = (np.frombuffer(code, np.uint8).astype(np.float64) for code in (a, b))
    x, y = x - x.mean(), y - y.mean()
    scale = math.sqrt(float(x @ x) * float(y @ y))
    if scale == 0:
        return 1.0 if a == b else 0.0
    return max(-1.0, min(1.0, float(x @ y) / scale))


def correlation_many(query: bytes, vectors: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return Pearson's correlation of one byte vector with each of many.

    Args:
        query: the vector, n bytes.
        vectors: the others, shape (m, n), uint8.

    Returns:
        Shape (m,): for each row what ``correlation`` returns, but for the last digits.
    """
    ours = np.frombuffer(query, np.uint8)
    x = ours - ours.mean()
    found = np.zeros(len(vectors))
    for start in range(0, len(vectors), _ROWS_AT_ONCE):
        rows = vectors[start : start + _ROWS_AT_ONCE]
        # The query's mean is taken off already, so that of a row adds nothing to the product.
        scale = np.sqrt(float(x @ x) * (rows.var(axis=1) * rows.shape[1]))
        flat = scale == 0
        part = (rows @ x) / np.where(flat, 1.0, scale)
        part[flat] = (rows[flat] == ours).all(axis=1)
        found[start : start + _ROWS_AT_ONCE] = part
    return np.clip(found, -1.0, 1.0)


def forbild_weighted(a: bytes, b: bytes, grey: bytes) -> float:
    """Return ForBild's weighted distance, WD = Var(D) / Var(S) * HD * 1000.

    Bits of cells close to their quadrant's median flip by chance; where only such bits differ, the
    distance is small.

    Source: Steinebach, Liu, Yannikos 2012, equation 1; Var is a sum of squares there, not a mean.

    Args:
        a: hash of the first picture, 32 bytes.
        b: hash of the second picture, 32 bytes.
        grey: 16 x 16 grey values of the first picture, 256 bytes, as ``forbild_grey`` gives them.

    Returns:
        0 for equal hashes; infinity where bits differ and no equal bit is off its median.
    """
    differs = np.unpackbits(
        np.frombuffer(bytes(x ^ y for x, y in zip(a, b, strict=True)), np.uint8)
    )
    count = int(differs.sum())
    if count == 0:
        return 0.0
    squared = _squared_to_median(grey)
    of_differing = float(squared[differs == 1].sum())
    of_same = float(squared[differs == 0].sum())
    if of_same == 0:
        return math.inf
    return of_differing / of_same * count * _FORBILD_FACTOR


def forbild_weighted_many(
    query: bytes, grey: bytes, codes: NDArray[np.uint8]
) -> NDArray[np.float64]:
    """Return ForBild's weighted distance of one picture to each of many.

    Args:
        query: hash of the first picture, 32 bytes.
        grey: its 16 x 16 grey values, 256 bytes.
        codes: hashes of the others, shape (n, 32), uint8.

    Returns:
        Shape (n,): for each row what ``forbild_weighted`` returns.
    """
    squared = _squared_to_median(grey).reshape(-1, 8)
    # What a byte of differing bits adds to the count (high half) and to the squares (low half):
    # 256 bits and 256 * 255**2 fit into 32 bits each.
    weights = (squared + (1 << 32)) @ _BIT.T.astype(np.int64)
    ours = np.frombuffer(query, np.uint8)
    sums = np.empty(len(codes), np.int64)
    for start in range(0, len(codes), _ROWS_AT_ONCE):
        differing = codes[start : start + _ROWS_AT_ONCE] ^ ours
        sums[start : start + _ROWS_AT_ONCE] = sum(
            weight.take(differing[:, place]) for place, weight in enumerate(weights)
        )
    count, of_differing = sums >> 32, sums & 0xFFFFFFFF
    of_same = squared.sum() - of_differing
    with np.errstate(divide="ignore", invalid="ignore"):  # where nothing is left to weigh by
        weighted: NDArray[np.float64] = of_differing / of_same * count * _FORBILD_FACTOR
    weighted[of_same == 0] = np.inf
    weighted[count == 0] = 0.0
    return weighted


def _squared_to_median(grey: bytes) -> NDArray[np.int64]:
    cells = np.frombuffer(grey, np.uint8).astype(np.int64)
    cells = cells.reshape(2, _QUADRANT, 2, _QUADRANT)
    quadrants = cells.transpose(0, 2, 1, 3).reshape(2, 2, _QUADRANT**2)
    medians = np.sort(quadrants, axis=2)[:, :, _QUADRANT**2 // 2]
    return ((cells - medians[:, None, :, None]) ** 2).ravel()
