"""How many matches share a motion, for one picture against many: the verifier before its guards.

The nearest codes are sought in a loop of its own, twice as fast over many entries in a row; votes
and refits are the verifier's own. Guards only ever strike inliers out, so that no pair with fewer
inliers here than are asked for can have as many in the end.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from eikona.domain.local_features import LocalFeatures
from eikona.matching import shared_motion as library
from eikona.matching.placed_features import PlacedFeatures
from eikona.native.alignment_kernel import _mark, _pair, _refit, _sort_by_distance, _vote
from eikona.native.ones_kernel import ones

_MOST_BITS = 128


@dataclass(frozen=True, slots=True)
class Placed:
    """The features of many pictures, one after the other.

    Attributes:
        low: shape (features,): first halves of the codes.
        high: second halves.
        frames: shape (5, features).
        offsets: shape (pictures + 1,).
    """

    low: NDArray[np.uint64]
    high: NDArray[np.uint64]
    frames: NDArray[np.float64]
    offsets: NDArray[np.int64]

    @classmethod
    def of(cls, pictures: Sequence[LocalFeatures]) -> "Placed":
        """Return ``pictures`` side by side."""
        placed = [PlacedFeatures.of(picture) for picture in pictures]
        words = np.concatenate([one.words for one in placed], axis=1)
        frames = np.concatenate([one.frames for one in placed], axis=1)
        offsets = np.cumsum([0, *(one.words.shape[1] for one in placed)])
        return cls(words[0].copy(), words[1].copy(), np.ascontiguousarray(frames), offsets)


def inliers_before_guards(
    query: LocalFeatures, entries: Placed, first: int, last: int
) -> NDArray[np.int64]:
    """Return how many inliers ``Verifier`` without guards finds, the better of both poses.

    Args:
        query: the picture looked for.
        entries: where it is looked for.
        first: number of the first entry.
        last: number after the last entry.
    """
    best = np.zeros(last - first, np.int64)
    for pose in (query, query.mirrored()):
        placed = PlacedFeatures.of(pose)
        if placed.words.size:
            _aligned(
                *(placed.words[0].copy(), placed.words[1].copy(), placed.frames),
                *(entries.low, entries.high, entries.frames, entries.offsets),
                *(first, last, library._LIMITS, best),  # noqa: SLF001  the verifier's own
            )
    return best


@numba.njit(error_model="numpy", cache=True)
def _aligned(
    low, high, frames, lows, highs, all_frames, offsets, first, last, limits, best
):  # pragma: no cover  (compiled)
    features = low.size
    longest = 1
    for entry in range(first, last):
        longest = max(longest, offsets[entry + 1] - offsets[entry])
    distances = np.empty(longest, np.int64)
    starts = np.empty(_MOST_BITS + 2, np.int32)
    unsorted, matches = np.empty((3, features), np.int32), np.empty((3, features), np.int32)
    places, motion = np.empty((8, features)), np.empty((2, 3))
    for entry in range(first, last):
        begin, end = offsets[entry], offsets[entry + 1]
        count = _matched(low, high, lows[begin:end], highs[begin:end], limits, distances, unsorted)
        if count < limits[3]:
            continue
        _sort_by_distance(unsorted, count, starts, matches)
        _pair(frames, all_frames[:, begin:end], matches, count, places)
        seeds = np.int64(limits[2])
        votes = _vote(places, count, seeds, limits[4], limits[6], limits[7], motion)
        if votes < limits[3]:
            continue
        inlier = places[7]
        agreeing = _mark(places, count, limits[4], limits[6], limits[7], motion, inlier)
        for _ in range(np.int64(limits[8])):
            _refit(places, count, inlier, limits[10], motion)
            agreeing = _mark(places, count, limits[5], limits[6], limits[7], motion, inlier)
            if agreeing < limits[9]:
                break
        best[entry - first] = max(best[entry - first], agreeing)


@numba.njit(error_model="numpy")
def _matched(low, high, lows, highs, limits, distances, matches):  # pragma: no cover  (compiled)
    entries = lows.size
    count = 0
    for row in range(low.size):
        a, b = low[row], high[row]
        nearest = np.int64(_MOST_BITS + 1)
        for at in range(entries):
            distance = np.int64(ones(a ^ lows[at]) + ones(b ^ highs[at]))
            distances[at] = distance
            nearest = min(nearest, distance)
        if nearest > limits[0]:
            continue
        bound = np.int64(np.float64(nearest) / limits[1])
        rivals = np.int64(0)
        for at in range(entries):
            rivals += np.int64(distances[at] <= bound)
        if rivals == 1:
            place = 0
            for at in range(entries):  # to the end, without a branch
                place = at if distances[at] == nearest else place
            matches[0, count], matches[1, count], matches[2, count] = row, place, nearest
            count += 1
    return count
