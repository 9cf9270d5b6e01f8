"""Kernels for local features and their alignment against NumPy: every bit is equal."""

import numpy as np
import pytest

from eikona.hashing.local_features.extraction import local_features
from eikona.matching.guards import GUARDS
from eikona.matching.local_verification import Verifier
from eikona.matching.placed_features import PlacedFeatures
from eikona.matching.shared_motion import shared_motion
from tests.unit.hashing import pictures
from tests.unit.hashing.local_features.scenes import scene, warped

PICTURES = {
    "terrazzo": scene("terrazzo"),
    "marble": scene("marble"),
    "turned": warped(scene("marble"), [[0.8, 0.3, 10], [-0.3, 0.8, 200]], 620, 480),
    "mirrored": scene("terrazzo")[40:400, 600:100:-1],
    "noise": pictures.noise(333, 257, 1),
    "coins": pictures.coins(150, 100, 2),
    "waves": pictures.waves(1000, 1400),
    "checkers": pictures.checkers(300, 300, 20),
    "flat": pictures.flat(20, 30, 4),
    "thin": pictures.noise(2000, 3, 3),
    "tall": pictures.waves(4, 900),
    "pixel": pictures.flat(1, 1, 255),
}


def test_features(with_kernels):
    for name, luma in PICTURES.items():
        expected = local_features(luma)
        with with_kernels():
            found = local_features(luma)
        assert found == expected, name
    assert len(expected) == 0


@pytest.mark.parametrize("seed", range(4))
def test_features_of_noise_in_random_sizes(with_kernels, seed):
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, random.integers(1, 40, 2), np.uint8)
    luma = np.kron(coarse, np.ones(random.integers(1, 30, 2), np.uint8))
    expected = local_features(luma)
    with with_kernels():
        assert local_features(luma) == expected


def test_alignments(with_kernels):
    features = [local_features(luma) for luma in PICTURES.values()]
    several = 0
    for query in features:
        plain = [Verifier(query, guards) for guards in (GUARDS, {})]
        for entry in features:
            expected = [verifier.align(entry) for verifier in plain]
            with with_kernels():
                assert [verifier.align(entry) for verifier in plain] == expected
            several += 0 < expected[0].inliers < len(query)
    assert several > 4


def test_motions_of_random_matches(with_kernels):
    random = np.random.default_rng(1)
    codes = random.integers(0, 1 << 62, (2, 120), np.uint64)
    for _ in range(20):
        frames = random.uniform(1, 300, (2, 5, 120))
        angles = random.uniform(0, 7, (2, 120))
        frames[:, 3], frames[:, 4] = np.cos(angles), np.sin(angles)
        frames[1, :, :30] = frames[0, :, :30]  # a fourth agrees
        query, entry = (PlacedFeatures(codes, frame, 1.0, 300, 90_000.0) for frame in frames)
        expected = shared_motion(query, entry)
        with with_kernels():
            found = shared_motion(query, entry)
        assert found.matches == expected.matches == 120
        assert expected.inliers.shape[1] >= 30
        np.testing.assert_array_equal(found.inliers, expected.inliers)
        np.testing.assert_array_equal(found.motion, expected.motion)
