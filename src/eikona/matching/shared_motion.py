"""The motion that most matches between two pictures share.

A match of two features, with their places, sizes and angles, gives a whole similarity: shift,
turn and scale. Each match proposes its own, the others vote, and the winner is refitted as an
affine motion to those that agree. Any single true match is enough to find it, so that half of
them, or nine of ten, may be wrong.

Source: votes by Lowe, "Distinctive Image Features from Scale-Invariant Keypoints", 2004, section 7.
Deviation: matches vote on each other's motion instead of in bins of a Hough space.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eikona.native.address import address
from eikona.native.switch import kernels, picture_hashed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eikona.matching.placed_features import PlacedFeatures
    from eikona.native.loader import Kernels

    Floats = NDArray[np.float64]
    Numbers = NDArray[np.int32]

LONGEST_DISTANCE = 40  # bits of 128 that matched codes differ in at most
RATIO = 0.85  # of the second nearest code's distance that the nearest one's has to be below

_SEEDS = 96  # matches that propose a motion, the nearest first
_FEWEST = 3  # matches that agree, itself included
_REACH = 16.0  # fitted pixels of the entry that a proposal may be off
_REFITTED_REACH = 8.0  # likewise a refitted motion
_FACTOR = math.exp(0.6)  # that sizes may be off
_COSINE = math.cos(0.6)  # of the angle that turns may be off
_REFITS = 3
_WORTH_A_REFIT = 4  # matches
_WORTH = 2  # pictures' hashes: what kernels save on one pair
_RIDGE = 50.0  # squared pixels: how firmly a refit holds on to the motion before
_LIMITS = np.array(
    [
        *(LONGEST_DISTANCE, RATIO, _SEEDS, _FEWEST, _REACH, _REFITTED_REACH),
        *(_FACTOR, _COSINE, _REFITS, _WORTH_A_REFIT, _RIDGE),
    ],
    np.float64,
)


@dataclass(frozen=True, slots=True)
class SharedMotion:
    """What most matches agree on.

    Attributes:
        motion: shape (2, 3), from fitted pixels of the query to those of the entry.
        inliers: shape (3, matches): feature of the query, of the entry, bits that differ; those
            that agree on the motion, the nearest first.
        matches: how many matches there were.
    """

    motion: Floats
    inliers: Numbers
    matches: int


def shared_motion(query: PlacedFeatures, entry: PlacedFeatures) -> SharedMotion | None:
    """Return the motion that most matches share; None where no three do."""
    if not query.words.size or not entry.words.size:
        return None
    if kernels() is None:
        picture_hashed(_WORTH)
    compiled = kernels()
    if compiled is not None:
        return _compiled_motion(compiled, query, entry)
    matches = nearest_codes(query.words, entry.words)
    count = matches.shape[1]
    if count < _FEWEST:
        return None
    pairs = _pairs(query.frames, entry.frames, matches)
    motion = _elected(pairs)
    if motion is None:
        return None
    inlier = _agree(pairs, motion, _REACH)
    for _ in range(_REFITS):
        motion = _refitted(pairs[:, inlier], motion)
        inlier = _agree(pairs, motion, _REFITTED_REACH)
        if np.count_nonzero(inlier) < _WORTH_A_REFIT:
            break
    return SharedMotion(motion, matches[:, inlier], count) if inlier.any() else None


def _compiled_motion(
    compiled: Kernels, query: PlacedFeatures, entry: PlacedFeatures
) -> SharedMotion | None:
    features, entries = query.words.shape[1], entry.words.shape[1]
    motion = np.empty((2, 3))
    found = np.zeros(2, np.int32)  # matches, and inliers among them
    inliers = np.empty((3, features), np.int32)
    room = np.empty(entries + 130, np.int32)
    unsorted = np.empty((3, features), np.int32)
    places = np.empty((8, features))
    compiled.shared_motion(
        *(address(query.words), address(entry.words)),
        *(address(query.frames), address(entry.frames), address(_LIMITS)),
        *(address(room), address(unsorted), address(places)),
        *(address(motion), address(inliers), address(found)),
        *(features, entries),
    )
    matches, agreeing = (int(number) for number in found)
    return SharedMotion(motion, inliers[:, :agreeing], matches) if agreeing else None


def nearest_codes(query: NDArray[np.uint64], entry: NDArray[np.uint64]) -> Numbers:
    """Return each query code with its nearest entry code, if near, and much nearer than the next.

    Args:
        query: shape (2, n), the words of the codes.
        entry: shape (2, m), m at least 1.

    Returns:
        Shape (3, matches): number in ``query``, number in ``entry``, distance; by distance.
    """
    distances = np.bitwise_count(query[0][:, None] ^ entry[0]).astype(np.int32)
    distances += np.bitwise_count(query[1][:, None] ^ entry[1])
    nearest = distances.min(axis=1)
    rivals = np.count_nonzero(distances <= (nearest / RATIO)[:, None], axis=1)
    mine = np.flatnonzero((nearest <= LONGEST_DISTANCE) & (rivals == 1))
    mine = mine[np.argsort(nearest[mine], kind="stable")]
    return np.stack([mine, distances[mine].argmin(axis=1), nearest[mine]]).astype(np.int32)


def _pairs(query: Floats, entry: Floats, matches: Numbers) -> Floats:
    """Return x and y in the query, in the entry, the factor of size, the turn's cosine and sine."""
    ours, theirs = query[:, matches[0]], entry[:, matches[1]]
    return np.stack(
        [
            *(ours[0], ours[1], theirs[0], theirs[1]),
            theirs[2] / ours[2],
            theirs[3] * ours[3] + theirs[4] * ours[4],
            theirs[4] * ours[3] - theirs[3] * ours[4],
        ]
    )


def _elected(pairs: Floats) -> Floats | None:
    """Return the similarity of the match that most matches agree with."""
    x, y, u, v, size, cosine, sine = pairs
    along, across = size * cosine, size * sine
    right, down = u - (along * x - across * y), v - (across * x + along * y)
    seeds = (slice(0, _SEEDS), None)
    dx = along[seeds] * x - across[seeds] * y + right[seeds] - u
    dy = across[seeds] * x + along[seeds] * y + down[seeds] - v
    agree = dx * dx + dy * dy <= _REACH * _REACH
    agree &= (size >= size[seeds] / _FACTOR) & (size <= size[seeds] * _FACTOR)
    agree &= cosine[seeds] * cosine + sine[seeds] * sine >= _COSINE
    votes = np.count_nonzero(agree, axis=1)
    best = int(votes.argmax())
    if votes[best] < _FEWEST:
        return None
    return np.array(
        [[along[best], -across[best], right[best]], [across[best], along[best], down[best]]]
    )


def _agree(pairs: Floats, motion: Floats, reach: float) -> NDArray[np.bool_]:
    """Return which matches an affine motion takes to their places, sizes and turns."""
    x, y, u, v, size, cosine, sine = pairs
    (a, b, right), (c, d, down) = motion
    dx = a * x + b * y + right - u
    dy = c * x + d * y + down - v
    area = abs(a * d - b * c)
    along, across = a + d, c - b
    length = math.sqrt(along * along + across * across)
    grown = size * size
    agree = dx * dx + dy * dy <= reach * reach
    agree &= (grown >= area / (_FACTOR * _FACTOR)) & (grown <= area * (_FACTOR * _FACTOR))
    agree &= along * cosine + across * sine >= _COSINE * length
    return np.asarray(agree)


def _refitted(pairs: Floats, motion: Floats) -> Floats:
    """Return the affine motion nearest to ``pairs``, held to the old one by a ridge.

    Places are counted from their middle, where the shift does not depend on the rest.
    """
    count = pairs.shape[1]
    if count == 0:
        return motion
    x, y, u, v = pairs[:4]
    mx, my, mu, mv = (_sum(values) / count for values in (x, y, u, v))
    x, y, u, v = x - mx, y - my, u - mu, v - mv
    xx, xy, yy = _sum(x * x) + _RIDGE, _sum(x * y), _sum(y * y) + _RIDGE
    determinant = xx * yy - xy * xy
    rows = []
    for values, middle, (along, across, _) in ((u, mu, motion[0]), (v, mv, motion[1])):
        p, q = _sum(values * x) + _RIDGE * along, _sum(values * y) + _RIDGE * across
        a, b = (p * yy - q * xy) / determinant, (q * xx - p * xy) / determinant
        rows.append([a, b, middle - a * mx - b * my])
    return np.array(rows)


def _sum(values: Floats) -> float:
    """Add one after the other, as the kernel does."""
    return float(np.cumsum(values)[-1])
