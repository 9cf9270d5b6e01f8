"""How patchy an alignment is, against Moran's I written out, and by what it is to tell apart."""

import math

import numpy as np
import pytest

from eikona.matching.guards import Evidence
from eikona.matching.outline import Outline
from eikona.matching.patchiness import patchiness
from eikona.matching.placed_features import PlacedFeatures
from eikona.matching.shared_motion import SharedMotion

STRAIGHT = np.array([[1.0, 0, 0], [0, 1.0, 0]])


def lying(places, agrees):
    """Return evidence of two pictures with the same places, some of which agree."""
    frames = np.ones((5, len(places)))
    frames[:2] = places.T
    picture = PlacedFeatures(np.zeros((2, len(places)), np.uint64), frames, 1.0, 384, 384.0 * 384)
    those = np.flatnonzero(agrees)
    inliers = np.stack([those, those, np.zeros_like(those)]).astype(np.int32)
    return Evidence(picture, picture, SharedMotion(STRAIGHT, inliers, len(those)))


def written_out(places, agrees):
    """Return the sum over pairs of neighbours of what both are off the mean, over the variance."""
    outline = Outline.around(places[agrees].T)
    inside = outline.holds(places.T)
    places, share = places[inside], agrees[inside] - agrees[inside].mean()
    near = math.sqrt(5 * outline.area / (math.pi * len(places)))
    pairs = [
        share[a] * share[b]
        for a in range(len(places))
        for b in range(len(places))
        if 3 <= math.dist(places[a], places[b]) <= near
    ]
    return np.mean(pairs) / np.mean(share**2)


@pytest.mark.parametrize("seed", range(6))
def test_it_is_morans_i(seed):
    random = np.random.default_rng(seed)
    places = random.uniform(0, 384, (150, 2))
    agrees = random.random(150) < 0.5 + 0.3 * np.sin(places[:, 0] / 40)
    evidence = lying(places, agrees)
    kept = np.arange(int(agrees.sum()))
    assert patchiness(evidence, kept) == pytest.approx(written_out(places, agrees))


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_what_is_lost_by_chance_is_not_patchy_and_what_is_filled_in_is(share):
    random = np.random.default_rng(0)
    places = random.uniform(0, 384, (300, 2))
    kept = np.arange(300)
    by_chance = random.random(300) < share
    cells = (places // 64).astype(int).sum(axis=1) % 10 < 10 * share
    assert abs(patchiness(lying(places, by_chance), kept[: by_chance.sum()])) < 0.1
    assert patchiness(lying(places, cells), kept[: cells.sum()]) > 0.3


def test_few_features_and_such_as_all_agree_are_not_patchy():
    places = np.random.default_rng(0).uniform(0, 384, (40, 2))
    assert patchiness(lying(places, np.ones(40, bool)), np.arange(40)) == 0
    few = places[:11]
    assert patchiness(lying(few, np.arange(11) < 6), np.arange(6)) == 0
