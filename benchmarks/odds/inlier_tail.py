"""Counts inliers between pictures of different photographs, and fits the tail of their number."""

import hashlib
import math
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.odds.aligned_pool import AlignedPool
from benchmarks.odds.alignment_run import Aligned
from eikona.matching import guards, shared_motion
from eikona.matching.local_verification import Verifier

TAIL_FROM = 4  # inliers
_RESAMPLES = 1000
_SAID_EVERY = 50_000


@dataclass(frozen=True, slots=True)
class Verified:
    """Pairs that align before guards, and what guards leave.

    Attributes:
        found: shape (m, 3): both pictures and the inliers before guards, 4 or more.
        inliers: shape (m,): after guards.
        reach: shape (m,): share of a picture that those surround.
    """

    found: NDArray[np.int32]
    inliers: NDArray[np.int16]
    reach: NDArray[np.float32]

    def part(self, wanted: NDArray[np.bool_]) -> "Verified":
        """Return the pairs of which both pictures are wanted."""
        kept = wanted[self.found[:, 0]] & wanted[self.found[:, 1]]
        return Verified(self.found[kept], self.inliers[kept], self.reach[kept])


@dataclass(frozen=True, slots=True)
class InlierTail:
    """An exponential from 4 inliers on.

    Attributes:
        per_inlier: the chance falls by exp(per_inlier) with each inlier.
        low: 2.5 % quantile of that.
        high: 97.5 % quantile.
        chance_at: the chance of a pair to have so many inliers, and its 2.5 and 97.5 % quantiles.
    """

    per_inlier: float
    low: float
    high: float
    chance_at: dict[int, tuple[float, float, float]]


def verified(pool: AlignedPool, aligned: Aligned, folder: Path) -> Verified:
    """Return the pairs of a run after all guards; what was verified before is kept in ``folder``.

    Runs only ever grow at their end, so that what is kept is of the first pairs.
    """
    path = folder / f"guarded-{verifier_version()}.npy"
    kept = np.load(path, allow_pickle=False) if path.exists() else np.zeros((0, 2), np.float32)
    found = aligned.found
    values = np.zeros((len(found), 2), np.float32)
    values[: len(kept)] = kept
    query, verifier = -1, None
    for place in range(len(kept), len(found)):
        one, other, _ = found[place].tolist()
        if one != query or verifier is None:
            query, verifier = one, Verifier(pool.features(one))
        alignment = verifier.align(pool.features(other))
        values[place] = alignment.inliers, alignment.reach
        if place % _SAID_EVERY == 0:
            sys.stderr.write(f"{place} of {len(found)} pairs through the guards\n")
    np.save(path, values)
    return Verified(found, values[:, 0].astype(np.int16), values[:, 1])


def pairs_among(pool: AlignedPool, aligned: Aligned, wanted: NDArray[np.bool_]) -> int:
    """Return how many pairs of a run are of two wanted pictures."""
    done = aligned.done[wanted[aligned.done]]
    same = np.bincount(pool.photo[done])
    return len(done) * (len(done) - 1) // 2 - int((same * (same - 1) // 2).sum())


def fit(pool: AlignedPool, of: Verified, pairs: int, at: tuple[int, ...]) -> InlierTail:
    """Return the tail, its error from resampling the photographs.

    The number of inliers beyond four is taken for geometric; one pair of five inliers and no
    others is added to what is seen, so that seeing none does not stand for never.
    """
    near = of.inliers >= TAIL_FROM
    beyond = of.inliers[near].astype(np.int64) - TAIL_FROM
    photos = pool.photo[of.found[near, :2]]
    rate, seen = _rate(beyond, np.ones(len(beyond)))
    draw = np.random.default_rng(0)
    count = int(pool.photo.max()) + 1
    resampled = []
    for _ in range(_RESAMPLES):
        times = np.bincount(draw.integers(0, count, count), minlength=count)
        resampled.append(_rate(beyond, (times[photos[:, 0]] * times[photos[:, 1]]).astype(float)))
    low, high = np.quantile([one for one, _ in resampled], (0.025, 0.975)).tolist()
    return InlierTail(
        rate,
        low,
        high,
        {
            inliers: (
                _chance(rate, seen, inliers, pairs),
                *np.quantile(
                    [_chance(*one, inliers, pairs) for one in resampled], (0.025, 0.975)
                ).tolist(),
            )
            for inliers in at
        },
    )


def most_likely_seen(pairs: int) -> float:
    """Return the upper end of the 95 % band of a count, by Wilson and Hilferty's approximation."""
    return (pairs + 1) * (1 - 1 / (9 * (pairs + 1)) + 1.96 / (3 * math.sqrt(pairs + 1))) ** 3


def _rate(beyond: NDArray[np.int64], weights: NDArray[np.float64]) -> tuple[float, float]:
    seen = float(weights.sum())
    mean = (float((weights * beyond).sum()) + 1) / (seen + 1)
    return math.log1p(1 / mean), max(seen, 1.0)


def _chance(rate: float, seen: float, inliers: int, pairs: int) -> float:
    return seen / pairs * math.exp(-rate * (inliers - TAIL_FROM))


def verifier_version() -> str:
    """Return what tells the rules of alignment apart."""
    sources = (Path(module.__file__ or "").read_bytes() for module in (guards, shared_motion))
    return hashlib.sha256(b"".join(sources)).hexdigest()[:12]
