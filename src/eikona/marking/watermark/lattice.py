"""Finds how tiles lie in a picture that was turned, stretched and cut, before reading a wave.

A mark repeats, so the picture is like itself moved by a tile, in whatever direction and by whatever
length tiles now have. The autocorrelation of the fine structure, with every ring of frequencies
brought to one level, is searched for the lattice of its peaks: 30 degrees of turning, a factor of
four in size and an eighth in aspect at once, scored by table.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from eikona.marking.watermark.canvas import SHORT_SIDE
from eikona.marking.watermark.layout import LEAST_RADIUS, MOST_RADIUS
from eikona.marking.watermark.tile import TILES

if TYPE_CHECKING:
    from numpy.typing import NDArray

TILE_SIDE = SHORT_SIDE / TILES  # samples, of an unchanged picture
SMALLEST, LARGEST = 0.6, 2.4  # times that, which tiles may have
_OCTAVES = ((0.6, 0.85), (0.85, 1.2), (1.2, 1.7), (1.7, 2.4))  # searched each in its own band
_ANGLES = np.deg2rad(np.arange(-16.8, 16.9, 0.6))
_SIZE_STEP = 0.012  # of the logarithm
_ASPECTS = np.exp(np.arange(-0.12, 0.121, 0.015))  # width to height
_LAGS = np.array(
    [
        (1, 0),
        (0, 1),
        (1, 1),
        (1, -1),
        (2, 0),
        (0, 2),
        (2, 1),
        (2, -1),
        (1, 2),
        (-1, 2),
        (2, 2),
        (2, -2),
    ]
)
_LEAST_OVERLAP = 0.08  # of the picture with itself, moved
_LOUDEST = 8.0  # times its ring's mean, that one frequency may weigh
_AXES = 3  # frequencies beside each axis, where compression and borders have theirs
_RINGS = 256  # a sample
_SPREAD = 3  # steps of the search that one peak covers
_REFINEMENTS = (1.0, 0.5, 0.25, 0.12)  # samples
_MOVES = np.concatenate([np.zeros((1, 4)), np.eye(4), -np.eye(4)]).reshape(-1, 2, 2)
_STAY = 0
_CLIMBS = 6  # of each refinement
_OFFERED = 10  # of each octave, before refining
_LEAST_WEIGHT = 0.2
_MOST_FREQUENCY = 0.45  # cycles a sample


@dataclass(frozen=True, slots=True)
class _Lies:
    """Lies of one octave: the two sides of a tile, in samples.

    Attributes:
        vectors: shape (angles, sizes, aspects, 2, 2); columns are the sides.
        lags: whole samples of every lag, shape (lags, 2, lies).
    """

    vectors: NDArray[np.float64]
    lags: NDArray[np.int32]


@lru_cache(maxsize=len(_OCTAVES))
def _lies(octave: tuple[float, float]) -> _Lies:
    low, high = octave
    sizes = TILE_SIDE * np.exp(np.arange(math.log(low), math.log(high), _SIZE_STEP))
    angle, size, aspect = np.meshgrid(_ANGLES, sizes, _ASPECTS, indexing="ij")
    wide, tall = size * np.sqrt(aspect), size / np.sqrt(aspect)
    cos, sin = np.cos(angle), np.sin(angle)
    vectors = np.stack([cos * wide, -sin * tall, sin * wide, cos * tall], axis=-1)
    vectors = vectors.reshape(*angle.shape, 2, 2)
    lags = np.einsum("...ij,lj->li...", vectors, _LAGS)
    return _Lies(vectors, np.rint(lags).astype(np.int32).reshape(len(_LAGS), 2, -1))


def lies_in(field: NDArray[np.float32], count: int) -> list[NDArray[np.float64]]:
    """Return the likeliest ways that tiles lie in ``field``, best first.

    Args:
        field: weighted fine structure, shape (rows, columns).
        count: how many.

    Returns:
        Arrays as ``folding.folded`` takes them.
    """
    found = []
    for octave, likeness in zip(_OCTAVES, _likenesses(field), strict=True):
        scores = _scores(likeness, octave, field.shape)
        vectors = _lies(octave).vectors
        for _ in range(_OFFERED):
            at = np.unravel_index(scores.argmax(), scores.shape)
            found.append(_refined(vectors[at], likeness, field.shape))
            near = tuple(slice(max(0, k - _SPREAD), k + _SPREAD + 1) for k in at)
            scores[near] = -np.inf
    found.sort(key=lambda one: -one[0])
    return [np.asarray(np.linalg.inv(vectors), np.float64) for _, vectors in found[:count]]


def _likenesses(field: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Return the autocorrelation in the band of each octave, in standard deviations."""
    rows, columns = (_padded(2 * size) for size in field.shape)
    power = np.abs(np.fft.rfft2(field, (rows, columns))) ** 2
    down, across = np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)[None]
    radius = np.hypot(down, across).astype(np.float32)
    ring = (radius * _RINGS).astype(np.intp)
    mean = np.bincount(ring.ravel(), power.ravel()) / np.maximum(1, np.bincount(ring.ravel()))
    power = np.minimum(power / np.maximum(mean, 1e-12)[ring], _LOUDEST)
    inner = np.ones(power.shape, np.bool_)
    inner[np.abs(down[:, 0]) * rows < _AXES] = False
    inner[:, :_AXES] = False
    likenesses = []
    for low, high in _OCTAVES:
        side = TILE_SIDE * math.sqrt(low * high)
        band = inner & (radius >= 0.9 * LEAST_RADIUS / side)
        band &= radius <= min(_MOST_FREQUENCY, 1.1 * MOST_RADIUS / side)
        flat = np.where(band, power - power[band].mean(), 0).astype(np.float32)
        likeness = np.fft.irfft2(flat, (rows, columns))
        middle = likeness[
            field.shape[0] // 8 : field.shape[0], field.shape[1] // 8 : field.shape[1]
        ]
        likenesses.append((likeness / (middle.std() + 1e-30)).astype(np.float32))
    return likenesses


def _padded(size: int) -> int:
    """Return the next length that transforms fast: a power of two, or three quarters of one."""
    power = 1 << (size - 1).bit_length()
    return power * 3 // 4 if size <= power * 3 // 4 else power


def _overlap(
    x: NDArray[np.floating], y: NDArray[np.floating], shape: tuple[int, ...]
) -> NDArray[np.float32]:
    rows, columns = shape
    inside = np.maximum(0, 1 - np.abs(x) / columns) * np.maximum(0, 1 - np.abs(y) / rows)
    return np.where(inside > _LEAST_OVERLAP, inside, 0).astype(np.float32)


def _scores(
    likeness: NDArray[np.float32], octave: tuple[float, float], shape: tuple[int, ...]
) -> NDArray[np.float32]:
    lies = _lies(octave)
    rows, columns = likeness.shape
    score = np.zeros(lies.lags.shape[2], np.float32)
    weight = np.zeros_like(score)
    for x, y in lies.lags:
        overlap = _overlap(x, y, shape)
        score += np.where(overlap > 0, likeness[y % rows, x % columns], 0)
        weight += overlap
    score /= np.sqrt(np.maximum(weight, _LEAST_WEIGHT))
    return score.reshape(lies.vectors.shape[:3])


def _refined(
    vectors: NDArray[np.float64], likeness: NDArray[np.float32], shape: tuple[int, ...]
) -> tuple[float, NDArray[np.float64]]:
    """Climb from one lie to the best near it, all four numbers free; return its score too."""
    score = -math.inf
    for step in _REFINEMENTS:
        for _ in range(_CLIMBS):
            tried = vectors + step * _MOVES
            scores = _between(likeness, tried, shape)
            best = int(scores.argmax())
            vectors, score = tried[best], float(scores[best])
            if best == _STAY:
                break
    return score, vectors


def _between(
    likeness: NDArray[np.float32], vectors: NDArray[np.float64], shape: tuple[int, ...]
) -> NDArray[np.float64]:
    """Score lies of any numbers: the autocorrelation is taken between samples."""
    x, y = np.moveaxis(vectors @ _LAGS.T, 1, 0)
    left, top = np.floor(x).astype(np.intp), np.floor(y).astype(np.intp)
    right, below = x - left, y - top
    rows, columns = likeness.shape
    value = np.zeros(x.shape)
    for down, share_down in ((0, 1 - below), (1, below)):
        for across, share_across in ((0, 1 - right), (1, right)):
            at = likeness[(top + down) % rows, (left + across) % columns]
            value += at * share_down * share_across
    overlap = _overlap(x, y, shape)
    total: NDArray[np.float64] = np.where(overlap > 0, value, 0).sum(axis=1)
    total /= np.sqrt(overlap.sum(axis=1) + _LEAST_WEIGHT)
    return total
