"""Eikona, as its users call it."""

import importlib.metadata
from typing import Any

import numpy as np

import eikona
from benchmarks.robustness.hashers.hasher import Hasher
from eikona.hashing.registry import OWN_ALGORITHMS


def eikona_hasher() -> Hasher:
    """Return every hash of the registry, with PDQ in all orientations and ForBild's grey."""
    versions = {name: str(OWN_ALGORITHMS[name].id.version) for name in OWN_ALGORITHMS}
    return Hasher(
        name="eikona",
        versions=versions | {"pillow": importlib.metadata.version("Pillow")},
        fields={
            **{name: ("u1", (OWN_ALGORITHMS[name].bits // 8,)) for name in OWN_ALGORITHMS},
            "pdq_orientations": ("u1", (8, 32)),
            "forbild_grey": ("u1", (256,)),
            "quality": ("u1", ()),
        },
        compute=_compute,
    )


def _compute(data: bytes) -> dict[str, Any]:
    found = eikona.fingerprint(data, algorithms=tuple(OWN_ALGORITHMS))
    orientations = b"".join(found.pdq_orientations)
    return {
        **{name: np.frombuffer(code, np.uint8) for name, code in found.hashes.items()},
        "pdq_orientations": np.frombuffer(orientations, np.uint8).reshape(8, 32),
        "forbild_grey": np.frombuffer(found.forbild_grey, np.uint8),
        "quality": found.quality,
    }
