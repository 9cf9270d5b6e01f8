"""All hashes of the canonical plane but NMF, by one compiled kernel."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from eikona.hashing.forbild import gaussian
from eikona.hashing.phash import dct
from eikona.native.address import address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from eikona.imaging.picture import Plane
    from eikona.native.loader import Kernels

_WIDTHS = {  # bytes that the kernel writes, in its order
    "ahash": 8,
    "ahash256": 32,
    "mhash": 8,
    "mhash256": 32,
    "dhash": 8,
    "dhash256": 32,
    "phash": 8,
    "phash256": 32,
    "phash-mean": 8,
    "forbild": 32,
    "forbild grey": 256,
}
COMPILED = frozenset({*_WIDTHS, "whash", "whash256"})
FORBILD_GREY = "forbild grey"
_BYTES = sum(_WIDTHS.values())
_WHOLE_ROOM, _ROOM = 89 * 256, 6720  # numbers


def compiled_hashes(compiled: Kernels, plane: Plane) -> Mapping[str, bytes]:
    """Return hashes by name, and ForBild's grey values.

    Args:
        compiled: the kernels.
        plane: shape (256, 256), uint8, contiguous.
    """
    whole_room, room = np.empty(_WHOLE_ROOM, np.int32), np.empty(_ROOM)
    out = np.empty(_BYTES, np.uint8)
    compiled.plane_hashes(
        *(address(plane), address(_tables())),
        *(address(whole_room), address(room), address(out)),
    )
    written = out.tobytes()
    hashes, at = {}, 0
    for name, width in _WIDTHS.items():
        hashes[name] = written[at : at + width]
        at += width
    hashes["whash"], hashes["whash256"] = hashes["mhash"], hashes["mhash256"]
    return hashes


@functools.cache
def _tables() -> NDArray[np.float64]:
    parts = (dct(32, 8), dct(64, 16), gaussian())
    return np.concatenate([turned.ravel() for part in parts for turned in (part, part.T)])
