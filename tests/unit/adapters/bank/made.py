"""Entries and fingerprints made up for tests."""

import zlib
from datetime import UTC, datetime

import numpy as np

from eikona.domain.bank import Entry
from eikona.domain.fingerprint import DecodeMode, Fingerprint
from eikona.hashing.registry import ALGORITHMS

CREATED = datetime(2026, 11, 21, 12, 30, 15, 123456, tzinfo=UTC)
USUAL = ("pdq", "phash", "dhash256", "forbild", "nmf")


def fingerprint(seed, names=USUAL, **more):
    random = np.random.default_rng(seed)
    facts = {
        "width": 640,
        "height": 480,
        "frames": 1,
        "frame": 0,
        "quality": 100,
        "decode": DecodeMode.EXACT,
        "image_format": "jpeg",
        "hashes": {name: random.bytes(ALGORITHMS[name].bits // 8) for name in names},
        "versions": {name: ALGORITHMS[name].id.version for name in names},
        "forbild_grey": random.bytes(256) if "forbild" in names else b"",
    }
    return Fingerprint(**(facts | more))


def entry(name, seed=None, names=USUAL, **more):
    of = fingerprint(
        zlib.crc32(name.encode("utf-8", "surrogatepass")) if seed is None else seed, names
    )
    return Entry(**({"name": name, "fingerprint": of, "created": CREATED} | more))


def files(bank):
    """Return the bytes of every file of a bank but the lock, by name."""
    return {
        str(path.relative_to(bank)): path.read_bytes()
        for path in sorted(bank.rglob("*"))
        if path.is_file() and path.name != "lock"
    }
