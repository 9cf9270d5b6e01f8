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

from eikona.native.address import address
from eikona.native.switch import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eikona.matching.placed_features import PlacedFeatures
    from eikona.matching.shared_motion import SharedMotion

_APART = np.array([3.0])  # fitted pixels that two inliers are apart, along one axis at least
_ROUNDEST = 0.6  # 2 s t / (s s + t t) of the factors s and t along the axes: a third at least
_FLATTEST = 4.0  # fitted pixels, standard deviation of places across their main direction


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
        return self.query.frames[:2, ours], self.entry.frames[:2, theirs]


Guard = Callable[[Evidence, "NDArray[np.int64]"], "NDArray[np.int64]"]
"""Takes the inliers that count so far, and returns those of them that still do."""

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
    places = np.ascontiguousarray(np.concatenate(evidence.places(kept)))
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


def spread_out(evidence: Evidence, kept: NDArray[np.int64]) -> NDArray[np.int64]:
    """Strike all if the places lie on one line in either picture: lines of text and edges do."""
    if kept.size and min(_across(places) for places in evidence.places(kept)) < _FLATTEST:
        return _NONE
    return kept


GUARDS: Mapping[str, Guard] = MappingProxyType(
    {
        "plausible-shape": plausible_shape,
        "one-a-place": one_a_place,
        "spread-out": spread_out,
    }
)


def _across(places: NDArray[np.float64]) -> float:
    """Return the deviation along the direction that has the least."""
    x, y = places - places.mean(axis=1)[:, None]
    xx, xy, yy = (float(np.mean(values)) for values in (x * x, x * y, y * y))
    least = (xx + yy) / 2 - math.hypot((xx - yy) / 2, xy)
    return math.sqrt(max(0.0, least))
