"""Whether one picture, or a part of it, lies in another: by local features, with proof."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from eikona.domain.alignment import NO_ALIGNMENT, Alignment, Row
from eikona.matching.guards import GUARDS, Evidence, reach
from eikona.matching.patchiness import patchiness
from eikona.matching.placed_features import PlacedFeatures
from eikona.matching.shared_motion import shared_motion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eikona.domain.local_features import LocalFeatures
    from eikona.matching.guards import Guard

_FEWEST = 3  # inliers; two features share a motion by chance


class Verifier:
    """One query, prepared to be verified against many entries.

    Args:
        query: the picture looked for.
        guards: what an alignment has to stand up to, by name; all there are unless given.
    """

    def __init__(self, query: LocalFeatures, guards: Mapping[str, Guard] = GUARDS) -> None:
        self._poses = tuple(PlacedFeatures.of(pose) for pose in (query, query.mirrored()))
        self._guards = tuple(guards.values())

    def align(self, entry: LocalFeatures) -> Alignment:
        """Return how the query lies on ``entry``, mirrored if that explains more places."""
        placed = PlacedFeatures.of(entry)
        features = min(self._poses[0].words.shape[1], placed.words.shape[1])
        best = replace(NO_ALIGNMENT, features=features)
        for pose in self._poses:
            found = shared_motion(pose, placed)
            if found is None or found.inliers.shape[1] <= best.inliers:
                continue
            evidence = Evidence(pose, placed, found)
            kept = np.arange(found.inliers.shape[1])
            for guard in self._guards:
                if kept.size < _FEWEST:
                    break
                kept = guard(evidence, kept)
            if kept.size >= _FEWEST and kept.size > best.inliers:
                pairs = found.inliers[:2, kept].T.tolist()
                mirrored = pose is not self._poses[0]
                best = Alignment(
                    inliers=len(pairs),
                    transform=_in_pixels(evidence, mirrored=mirrored),
                    mirrored=mirrored,
                    pairs=tuple((ours, theirs) for ours, theirs in pairs),
                    reach=reach(evidence, kept),
                    features=features,
                    patchiness=patchiness(evidence, kept),
                )
        return best


def verify(query: LocalFeatures, entry: LocalFeatures) -> Alignment:
    """Return how ``query`` lies on ``entry``, both possibly parts of one picture.

    For one query and many entries, ``Verifier`` prepares the query once.
    """
    return Verifier(query).align(entry)


def _in_pixels(evidence: Evidence, *, mirrored: bool) -> tuple[Row, Row]:
    """Return the motion between the pictures' own pixels, mirroring included."""
    query, grow = evidence.query, 1 / evidence.entry.scale
    rows = []
    for a, b, c in evidence.found.motion.tolist():
        along, across, shift = a * query.scale * grow, b * query.scale * grow, c * grow
        if mirrored:
            along, shift = -along, shift + along * query.width
        rows.append((along, across, shift))
    return rows[0], rows[1]
