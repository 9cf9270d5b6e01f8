"""ForBild against the figures that the public Rust implementation publishes in its tests."""

import json
from pathlib import Path

import numpy as np

from eikona.hashing.forbild import forbild

PUBLISHED = json.loads(Path("vectors/forbild.json").read_text())


def test_the_hash_of_published_grey_values_is_the_published_one():
    assert forbild(bytes.fromhex(PUBLISHED["grey"])).hex() == PUBLISHED["hash"]


def test_quadrants_are_compared_with_their_upper_median():
    """Raising one quadrant's values by a constant changes no bit."""
    grey = np.frombuffer(bytes.fromhex(PUBLISHED["grey"]), np.uint8).reshape(16, 16).copy()
    grey[8:, 8:] += 60
    assert forbild(grey.tobytes()).hex() == PUBLISHED["hash"]
