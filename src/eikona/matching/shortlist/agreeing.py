"""How many of a candidate's hits agree on one motion.

Each hit proposes the similarity that takes its place, size and angle in the query to those in the
picture. The proposal that most hits agree with, by weight, is taken; hits at the place of another
one say the same again and count once.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from eikona.native.address import address
from eikona.native.switch import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Numbers = NDArray[np.int64]

_REACH = np.float32(20.0)  # fitted pixels that a place may be off
_FACTOR = np.float32(math.exp(0.6))  # that sizes may be off
_COSINE = np.float32(math.cos(0.6))  # of the angle that turns may be off
_APART = np.float32(4.0)  # fitted pixels, along one axis at least, between hits that both count
_LIMITS = np.array([_REACH, _FACTOR, _COSINE, _APART])
SEEDS = 64  # hits that propose


def pairs_of(ours: Floats, theirs: Floats) -> Floats:
    """Return x, y, u, v, the factor of size, cosine and sine of the turn of each hit: (7, n).

    Args:
        ours: frames in the query, shape (n, 4).
        theirs: frames in the pictures.
    """
    turn = (theirs[:, 2] - ours[:, 2]) * np.float32(2 * np.pi)
    pairs = np.empty((7, len(ours)), np.float32)
    pairs[0], pairs[1], pairs[2], pairs[3] = ours[:, 0], ours[:, 1], theirs[:, 0], theirs[:, 1]
    np.exp2(theirs[:, 3] - ours[:, 3], out=pairs[4])
    np.cos(turn, out=pairs[5])
    np.sin(turn, out=pairs[6])
    return pairs


def agree(pairs: Floats, weights: Numbers, ends: Numbers) -> NDArray[np.bool_]:
    """Return which hits agree on their candidate's motion, and count.

    Args:
        pairs: shape (7, n).
        weights: shape (n,).
        ends: where the hits of each candidate end.
    """
    compiled = kernels()
    if compiled is None:
        return agree_plain(pairs, weights, ends)
    kept = np.empty(len(weights), np.bool_)
    worth = weights.astype(np.int32)
    compiled.agree(
        *(address(pairs), address(worth), address(ends), address(_LIMITS), address(kept)),
        *(len(weights), len(ends), SEEDS),
    )
    return kept


def agree_plain(pairs: Floats, weights: Numbers, ends: Numbers) -> NDArray[np.bool_]:
    """Return which hits agree on their candidate's motion, and count.

    Args:
        pairs: shape (7, n).
        weights: shape (n,).
        ends: where the hits of each candidate end.
    """
    kept = np.zeros(pairs.shape[1], np.bool_)
    begin = 0
    for end in ends.tolist():
        kept[begin:end] = _agreeing(pairs[:, begin:end], weights[begin:end])
        begin = end
    return kept


def _agreeing(pairs: Floats, weights: Numbers) -> NDArray[np.bool_]:
    x, y, u, v, size, cosine, sine = pairs
    seeds = (slice(0, SEEDS), None)
    along, across = (size * cosine)[seeds], (size * sine)[seeds]
    dx, dy = x - x[seeds], y - y[seeds]
    right = u[seeds] + (along * dx - across * dy) - u
    down = v[seeds] + (across * dx + along * dy) - v
    agree = right * right + down * down < _REACH * _REACH
    agree &= (size <= size[seeds] * _FACTOR) & (size[seeds] <= size * _FACTOR)
    agree &= cosine[seeds] * cosine + sine[seeds] * sine >= _COSINE
    kept = agree[int((agree * weights).sum(axis=1).argmax())].copy()
    near = (np.abs(x - x[:, None]) < _APART) & (np.abs(y - y[:, None]) < _APART)
    near |= (np.abs(u - u[:, None]) < _APART) & (np.abs(v - v[:, None]) < _APART)
    for at in np.flatnonzero(kept):
        kept[at] = not (near[at, :at] & kept[:at]).any()
    return np.asarray(kept)
