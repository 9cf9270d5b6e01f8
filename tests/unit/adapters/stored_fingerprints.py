"""Fingerprints that no picture has, to be stored and found again."""

import numpy as np

from eikona.domain.fingerprint import DecodeMode, Fingerprint

ALGORITHMS = {"pdq": 256, "ahash": 64, "phash": 64, "forbild": 256}


def fingerprint_of(seed, *, quality=90, **changes):
    """Return a fingerprint of random hashes."""
    generator = np.random.default_rng(seed)
    hashes = {name: generator.bytes(bits // 8) for name, bits in ALGORITHMS.items()}
    facts = {
        "width": 640,
        "height": 480,
        "frames": 1,
        "frame": 0,
        "quality": quality,
        "decode": DecodeMode.EXACT,
        "image_format": "jpeg",
        "hashes": hashes,
        "versions": dict.fromkeys(hashes, 1),
        "pdq_orientations": (hashes["pdq"], *(generator.bytes(32) for _ in range(7))),
        "forbild_grey": generator.bytes(256),
    }
    return Fingerprint(**(facts | changes))
