"""Eikona's local features, kept apart from its hashes."""

import importlib.metadata
from typing import Any

import numpy as np

import eikona
from benchmarks.robustness.hashers.hasher import Codes, Hasher
from eikona.domain.local_features import (
    CODE_BYTES,
    GEOMETRY_BYTES,
    LOCAL_FEATURES,
    MOST_FEATURES,
    LocalFeatures,
)
from eikona.native.switch import COMPILE_FOR, prepare


def features_hasher() -> Hasher:
    """Return local features, with empty places after the last one."""
    prepare(COMPILE_FOR)
    return Hasher(
        name="features",
        versions={
            "local": str(LOCAL_FEATURES.version),
            "pillow": importlib.metadata.version("Pillow"),
        },
        fields={
            "sides": ("u4", (2,)),
            "count": ("u2", ()),
            "codes": ("u1", (MOST_FEATURES * CODE_BYTES,)),
            "geometry": ("u1", (MOST_FEATURES * GEOMETRY_BYTES,)),
        },
        compute=_compute,
    )


def features_in(record: Codes) -> LocalFeatures:
    """Return the local features that one record holds."""
    count = int(record["count"])
    width, height = record["sides"].tolist()
    codes = record["codes"].tobytes()[: count * CODE_BYTES]
    geometry = record["geometry"].tobytes()[: count * GEOMETRY_BYTES]
    return LocalFeatures(width, height, codes, geometry)


def _compute(data: bytes) -> dict[str, Any]:
    found = eikona.fingerprint(data, algorithms=["pdq"], local_features=True).local_features
    return {
        "sides": (found.width, found.height),
        "count": len(found),
        "codes": _padded(found.codes, MOST_FEATURES * CODE_BYTES),
        "geometry": _padded(found.geometry, MOST_FEATURES * GEOMETRY_BYTES),
    }


def _padded(data: bytes, length: int) -> np.ndarray:
    return np.frombuffer(data.ljust(length, b"\0"), np.uint8)
