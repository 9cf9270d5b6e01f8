"""Counts distances between pictures of different photographs, and fits their lower tail."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.odds.pool import Pool
from eikona.deciding.odds import DHASH_PART

_ROWS_AT_ONCE = 512
_STEP = 2  # bits: half of a PDQ code is set, so distances are even but for ties
_BITS = 256
_NEAR = 96  # bits, up to which pairs are kept one by one
_NEAR_TOGETHER = 112  # likewise with dHash
_RESAMPLES = 500


@dataclass(frozen=True, slots=True)
class Counted:
    """All pairs of a pool.

    Attributes:
        counts: pairs at each whole distance from 0.
        near: shape (m, 3): distance and both photographs of each pair that is near.
        photos: how many photographs there are.
    """

    counts: NDArray[np.int64]
    near: NDArray[np.int64]
    photos: int

    @property
    def pairs(self) -> int:
        return int(self.counts.sum())


@dataclass(frozen=True, slots=True)
class Tail:
    """An exponential below a distance.

    Attributes:
        below: the distance, up to which it was fitted.
        seen: pairs up to there.
        per_bit: the chance falls by exp(per_bit) with each bit less.
        chance_at: the chance of a pair at a distance, and its 2.5 and 97.5 % quantiles.
    """

    below: int
    seen: int
    per_bit: float
    chance_at: dict[int, tuple[float, float, float]]


def count(pool: Pool, *, with_dhash: bool = False) -> Counted:
    """Return the distances of all pairs from different photographs.

    Args:
        pool: the pictures.
        with_dhash: of PDQ and a quarter of dHash's distance, rounded up, instead of PDQ alone.
    """
    photos = pool.photos
    gradients = np.unpackbits(pool.dhash, axis=1).astype(np.float32) * 2 - 1
    signs = np.unpackbits(pool.codes, axis=2).astype(np.float32) * 2 - 1
    plain = np.ascontiguousarray(signs[:, 0])
    counts = np.zeros(_BITS + _BITS // DHASH_PART + 1, np.int64)
    near, nearest = [], _NEAR_TOGETHER if with_dhash else _NEAR
    for start in range(0, len(photos), _ROWS_AT_ONCE):
        block = signs[start : start + _ROWS_AT_ONCE]
        best = np.full((len(block), len(photos)), -256.0, np.float32)
        for orientation in range(8):
            np.maximum(best, block[:, orientation] @ plain.T, out=best)
        distances = ((_BITS - best) / 2).astype(np.int64)
        if with_dhash:
            other = (_BITS - gradients[start : start + _ROWS_AT_ONCE] @ gradients.T) / 2
            distances += np.ceil(other / DHASH_PART).astype(np.int64)
        rows = np.arange(start, start + len(block))
        wanted = (np.arange(len(photos)) > rows[:, None]) & (photos != photos[rows, None])
        counts += np.bincount(distances[wanted], minlength=len(counts))
        row, column = np.nonzero(wanted & (distances <= nearest))
        near.append(np.stack([distances[row, column], photos[rows[row]], photos[column]], axis=1))
    kept = counts if with_dhash else counts[: _BITS + 1]
    return Counted(kept, np.concatenate(near), int(photos.max()) + 1)


def fit(counted: Counted, below: int, at: tuple[int, ...], step: int = _STEP) -> Tail:
    """Return the tail below a distance, its error from resampling the photographs.

    The excess below ``below`` is taken for geometric in steps of ``step`` bits; the
    maximum-likelihood rate follows from its mean.
    """
    near = counted.near[counted.near[:, 0] <= below]
    per_bit, seen = _rate(near, np.ones(len(near)), below, step)
    draw = np.random.default_rng(0)
    resampled = []
    for _ in range(_RESAMPLES):
        drawn = draw.integers(0, counted.photos, counted.photos)
        times = np.bincount(drawn, minlength=counted.photos)
        weights = (times[near[:, 1]] * times[near[:, 2]]).astype(np.float64)
        if np.any(weights[near[:, 0] < below]):
            resampled.append(_rate(near, weights, below, step))
    return Tail(
        below=below,
        seen=len(near),
        per_bit=per_bit,
        chance_at={
            distance: (
                _chance(per_bit, seen, below - distance, counted.pairs),
                *np.quantile(
                    [_chance(*one, below - distance, counted.pairs) for one in resampled],
                    (0.025, 0.975),
                ).tolist(),
            )
            for distance in at
        },
    )


def _rate(
    near: NDArray[np.int64], weights: NDArray[np.float64], below: int, step: int
) -> tuple[float, float]:
    seen = float(weights.sum())
    steps = float((weights * (below - near[:, 0])).sum()) / seen / step
    return math.log1p(1 / steps) / step, seen


def _chance(per_bit: float, seen: float, bits: int, pairs: int) -> float:
    return seen / pairs * math.exp(-per_bit * bits)
