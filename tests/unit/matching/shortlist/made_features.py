"""Local features of no picture: random codes and places, and copies of them."""

import numpy as np

from eikona.domain.local_features import LocalFeatures

FEATURES = 80


def picture(seed, count=FEATURES):
    """Return features with random codes, all over a picture of 384 x 288."""
    random = np.random.default_rng([5, seed])
    geometry = random.integers(0, 65536, (count, 4)).astype("<u2")
    geometry[:, 2] = random.integers(10_000, 20_000, count)
    margins = random.integers(0, 60, (count, 128), np.uint8)
    codes = random.integers(0, 256, (count, 16), np.uint8)
    return LocalFeatures(384, 288, codes.tobytes(), geometry.tobytes(), margins.tobytes())


def copy(features, seed=0, *, flips=0.04, part=1.0, other=None):
    """Return a copy: bits flipped where margins are small, and only a part of the features.

    Args:
        features: of the original.
        seed: of all chance.
        flips: share of the bits.
        part: share of the features that come from the original, spread over it.
        other: features of a picture that fills the rest.
    """
    random = np.random.default_rng([7, seed])
    count = round(part * len(features))
    bits = np.unpackbits(np.frombuffer(features.codes, np.uint8).reshape(-1, 16), axis=1)
    margins = np.frombuffer(features.margins, np.uint8).reshape(-1, 128).copy()
    flipped = random.random(bits.shape) < flips
    margins[flipped] //= 8
    codes = np.packbits(bits ^ flipped, axis=1)[:count].tobytes()
    geometry, known = features.geometry[: 8 * count], margins[:count].tobytes()
    if other is not None:
        rest = len(other) - count
        codes += other.codes[: 16 * rest]
        geometry += other.geometry[: 8 * rest]
        known += other.margins[: 128 * rest]
    return LocalFeatures(features.width, features.height, codes, geometry, known)


def without_margins(features):
    return LocalFeatures(features.width, features.height, features.codes, features.geometry)
