"""How much what agrees in an alignment, and what does not, lie in patches of their own.

Places of a copy are lost one by one: to noise, to another size, to a rival that looks alike. What
agrees and what does not are mixed. Of two invoices of one sender, two forms filled in or two plots
with the same axes, all of the print agrees and nothing of what was written does.

Source: Moran, "Notes on Continuous Stochastic Phenomena", 1950: his I, with 1 for agreeing places
and 0 for others, and neighbours that are as near as five of them would be if they lay evenly.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from eikona.matching.outline import Outline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eikona.matching.guards import Evidence

_NEIGHBOURS = 5  # on average
_SAME = 3.0  # fitted pixels: nearer features are of one place, and say the same
_FEWEST = 12  # features, below which neighbours say nothing


def patchiness(evidence: Evidence, kept: NDArray[np.int64]) -> float:
    """Return Moran's I: 0 where what agrees is mixed with the rest, 1 where each is by itself.

    Features count that lie within the outline of the places that agree, and are large enough to be
    seen in the other picture; of the two pictures, it is that of which more agrees.

    Args:
        evidence: what speaks for the motion; all matches that agree on it count as agreeing.
        kept: those that guards have left, whose outline it is.
    """
    (a, b, _), (c, d, _) = evidence.found.motion.tolist()
    grown = math.sqrt(abs(a * d - b * c))
    pictures = (evidence.query, evidence.entry), (evidence.entry, evidence.query)
    sides = zip(pictures, (grown, 1 / grown), (0, 1), evidence.places(kept), strict=True)
    most, found = 0.0, 0.0
    for (picture, other), scale, side, places in sides:
        frames, outline = picture.frames, Outline.around(places)
        seen = outline.holds(frames[:2]) & (frames[2] * scale >= other.frames[2].min())
        agrees = np.zeros(frames.shape[1], np.bool_)
        agrees[evidence.found.inliers[side]] = True
        agrees = agrees[seen]
        if agrees.size >= _FEWEST and agrees.mean() > most:
            most = float(agrees.mean())
            found = _moran(agrees, frames[:2, seen], outline.area)
    return found


def _moran(agrees: NDArray[np.bool_], places: NDArray[np.float64], area: float) -> float:
    x, y = places
    dx, dy = x[:, None] - x, y[:, None] - y
    apart = dx * dx
    apart += dy * dy
    near = (apart <= _NEIGHBOURS * area / (math.pi * agrees.size)) & (apart >= _SAME * _SAME)
    # in whole numbers, so that no order of summing matters
    count, agreeing = agrees.size, int(agrees.sum())
    pairs = int(near.sum())
    if not pairs or agreeing == count:
        return 0.0
    both = int((near[agrees][:, agrees]).sum())
    one = int(near[agrees].sum())
    share = agreeing / count
    covariance = (both - 2 * share * one + share * share * pairs) / pairs
    return covariance / (share * (1 - share))
