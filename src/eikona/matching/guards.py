"""Guards against motions that chance or sameness of patterns suggest, one by one.

Each looks at the matches that agree on a motion and strikes out those that prove nothing. They can
be left out one by one, to measure what each is worth.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from eikona.matching.outline import Outline
from eikona.matching.shared_motion import RATIO
from eikona.native.address import address
from eikona.native.switch import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eikona.matching.placed_features import PlacedFeatures
    from eikona.matching.shared_motion import SharedMotion

_APART = np.array([3.0])  # fitted pixels that two inliers are apart, along one axis at least
_ROUNDEST = 0.6  # 2 s t / (s s + t t) of the factors s and t along the axes: a third at least
_FLATTEST = 4.0  # fitted pixels, standard deviation of places across their main direction
_SMALLEST = 0.03  # of a picture's area, that places reach over in one of the two at least
_UNIFORM = 12.0  # times the variance of places all over a side is the side squared
_NEAR = 0.16  # of the root of the area that places surround: how far around a place agrees
_FILLED = 0.7  # of what chance would put near them, if it strewed as many all over that area


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a motion.

    Attributes:
        query: the picture that is looked for.
        entry: the picture that it may lie on.
        found: the motion and the matches that agree on it.
    """

    query: PlacedFeatures
    entry: PlacedFeatures
    found: SharedMotion

    def places(self, kept: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return x and y of these inliers, shape (2, n), in the query and in the entry."""
        ours, theirs = self.found.inliers[0, kept], self.found.inliers[1, kept]
        query, entry = self.query.frames[:2], self.entry.frames[:2]
        return np.take(query, ours, axis=1), np.take(entry, theirs, axis=1)


Guard = Callable[[Evidence, "NDArray[np.int64]"], "NDArray[np.int64]"]
"""Takes the inliers that count so far, three at least, and returns those that still do."""

_NONE = np.zeros(0, np.int64)


def plausible_shape(evidence: Evidence, kept: NDArray[np.int64]) -> NDArray[np.int64]:
    """Strike all if the motion turns the picture over, or flattens it to less than a third."""
    (a, b, _), (c, d, _) = evidence.found.motion
    area = a * d - b * c
    if area <= 0 or 2 * area < _ROUNDEST * (a * a + b * b + c * c + d * d):
        return _NONE
    return kept


def one_a_place(evidence: Evidence, kept: NDArray[np.int64]) -> NDArray[np.int64]:
    """Strike inliers at the place of a nearer one, in either picture: they say the same again."""
    places = np.concatenate(evidence.places(kept))
    compiled = kernels()
    if compiled is not None:
        alone = np.empty(kept.size, np.bool_)
        compiled.one_a_place(address(places), address(alone), address(_APART), kept.size)
        return kept[alone]
    near = (np.abs(places[:, :, None] - places[:, None, :]) < _APART).reshape(2, 2, kept.size, -1)
    close = np.triu(near.all(axis=1).any(axis=0), 1)
    alone = np.asarray(~close.any(axis=0))
    for at in np.flatnonzero(~alone):
        alone[at] = not (close[:at, at] & alone[:at]).any()
    return kept[alone]


def told_apart(evidence: Evidence, kept: NDArray[np.int64]) -> NDArray[np.int64]:
    """Strike inliers whose entry feature has another feature of the query nearly as near.

    The same test has been made the other way round, before the motion was sought. Letters, bricks
    and tiles pass once by chance, and hardly ever twice.
    """
    _, theirs, distances = evidence.found.inliers[:, kept]
    query, entry = evidence.query.words, np.take(evidence.entry.words, theirs, axis=1)
    compiled = kernels()
    if compiled is not None:
        bounds = (distances / RATIO).astype(np.uint64)
        alone = np.empty(kept.size, np.bool_)
        compiled.told_apart(
            *(address(query), address(entry), address(bounds), address(alone)),
            *(query.shape[1], kept.size),
        )
        return kept[alone]
    others = np.bitwise_count(query[0][:, None] ^ entry[0])
    others += np.bitwise_count(query[1][:, None] ^ entry[1])
    rivals = np.count_nonzero(others <= (distances / RATIO), axis=0)
    return np.asarray(kept[rivals == 1])


def spread_out(evidence: Evidence, kept: NDArray[np.int64]) -> NDArray[np.int64]:
    """Strike all if the places lie on one line in either picture: lines of text and edges do."""
    if min(_deviations(places)[0] for places in evidence.places(kept)) < _FLATTEST:
        return _NONE
    return kept


def far_reaching(evidence: Evidence, kept: NDArray[np.int64]) -> NDArray[np.int64]:
    """Strike all if the places are a spot of both pictures: logos and captions are."""
    pictures = evidence.query, evidence.entry
    for picture, places in zip(pictures, evidence.places(kept), strict=True):
        least, most = _deviations(places)
        if _UNIFORM * least * most >= _SMALLEST * picture.area:
            return kept
    return _NONE


def filled(evidence: Evidence, kept: NDArray[np.int64]) -> NDArray[np.int64]:
    """Strike all if much of what the places surround does not agree.

    Header and footer of a chat program, the rim of a form or a slide lie on each other as copies
    do, and what is between does not. Of a copy, whatever lies between agrees too.
    """
    pictures = evidence.query, evidence.entry
    inliers = evidence.found.inliers[:2, kept]
    share = _FILLED * (1 - math.exp(-kept.size * math.pi * _NEAR * _NEAR))
    for picture, places, own in zip(pictures, evidence.places(kept), inliers, strict=True):
        outline, features = Outline.around(places), picture.frames[:2]
        within = outline.holds(features)
        wanted = share * np.count_nonzero(within)
        within[own] = False  # each of them is near itself
        near = _NEAR * _NEAR * outline.area
        if kept.size + _near_any(features[:, within], places, near) >= wanted:
            return kept
    return _NONE


def _near_any(features: NDArray[np.float64], places: NDArray[np.float64], near: float) -> int:
    """Return how many features are within the root of ``near`` of one of the places."""
    dx, dy = features[0][:, None] - places[0], features[1][:, None] - places[1]
    apart = dx * dx
    apart += dy * dy
    return int(np.count_nonzero(apart.min(axis=1) <= near))


def reach(evidence: Evidence, kept: NDArray[np.int64]) -> float:
    """Return the share of a picture that places surround, of the two where it is larger."""
    pictures = evidence.query, evidence.entry
    return max(
        Outline.around(places).area / picture.area
        for picture, places in zip(pictures, evidence.places(kept), strict=True)
    )


def rare(shared_by_many: NDArray[np.bool_]) -> Guard:
    """Return a guard that strikes inliers of query features that much of a bank has too.

    Frames of chat programs, letter-boxes and watermarks lie on each other as copies do, and no pair
    alone tells all of them; a bank does.

    Args:
        shared_by_many: for each feature of the query, whether many entries have one alike that
            differ otherwise: copies of one picture, however many, make nothing common.
    """

    def strike(evidence: Evidence, kept: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.asarray(kept[~shared_by_many[evidence.found.inliers[0, kept]]])

    return strike


GUARDS: Mapping[str, Guard] = MappingProxyType(
    {
        "plausible-shape": plausible_shape,
        "told-apart": told_apart,
        "one-a-place": one_a_place,
        "spread-out": spread_out,
        "far-reaching": far_reaching,
        "filled": filled,
    }
)


def guards_of_bank(shared_by_many: NDArray[np.bool_]) -> Mapping[str, Guard]:
    """Return all guards and ``rare``, after which what is left has to stand up once more."""
    if not shared_by_many.any():
        return GUARDS
    once_more = {
        f"rare and {name}": GUARDS[name] for name in ("spread-out", "far-reaching", "filled")
    }
    return MappingProxyType({**GUARDS, "rare": rare(shared_by_many), **once_more})


def _deviations(places: NDArray[np.float64]) -> tuple[float, float]:
    """Return the least and the greatest standard deviation of places along any direction."""
    count = places.shape[1]
    x, y = places - (places.sum(axis=1) / count)[:, None]
    xx, xy, yy = (float((x * x).sum()), float((x * y).sum()), float((y * y).sum()))
    xx, xy, yy = xx / count, xy / count, yy / count
    middle, aside = (xx + yy) / 2, math.hypot((xx - yy) / 2, xy)
    return math.sqrt(max(0.0, middle - aside)), math.sqrt(middle + aside)
