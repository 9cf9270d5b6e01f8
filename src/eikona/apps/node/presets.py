"""Nodes as they are usually set up."""

from collections.abc import Mapping
from types import MappingProxyType

TYPES: Mapping[int, str] = MappingProxyType(  # the original's hash servers, with its thresholds
    {
        1: "threshold:ahash=5",
        2: "threshold:dhash=5",
        3: "threshold:phash-mean=10",
        4: "threshold:mhash=10",
    }
)
PRESETS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"robust": ("eikona",) * 4, "triple-a": tuple(TYPES.values())}
)
