"""Where a mark lies: the keyed harmonics of its tile, which of them find it and which carry it.

The mark is periodic: one tile, repeated over the picture, is a sum of waves with whole numbers of
cycles across and down the tile. Some have known phases (*sync*), by which a reader finds the
tile; each of the others holds two signs of the message. The key chooses which is which.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_CYCLES = 20  # across or down a tile
LEAST_RADIUS, MOST_RADIUS = 5.5, 19.5  # cycles a tile: coarser is visible, finer does not last
SYNC_WAVES = 110


@dataclass(frozen=True, slots=True, repr=False)
class Layout:
    """The waves of a tile, sync first.

    Attributes:
        across: cycles across the tile, shape (waves,); negative ones lean the other way.
        down: cycles down the tile, 0 or more.
        radius: cycles along the wave.
        sync: the known phases as complex numbers of size 1, shape (SYNC_WAVES,).
        sign_of: scrambling of the message's signs, shape (places,); two places a message wave,
            its cosines first.
        bit_at: which code bit each place holds.
    """

    across: NDArray[np.int64]
    down: NDArray[np.int64]
    radius: NDArray[np.float64]
    sync: NDArray[np.complex128]
    sign_of: NDArray[np.float64]
    bit_at: NDArray[np.int64]


@functools.lru_cache(maxsize=8)
def layout_of(key: bytes, code_bits: int) -> Layout:
    """Return the layout that ``key`` gives for messages of ``code_bits``."""
    waves = sorted(
        (
            (u, v)
            for u in range(-MOST_CYCLES, MOST_CYCLES + 1)
            for v in range(MOST_CYCLES + 1)
            if (v > 0 or u > 0) and LEAST_RADIUS <= math.hypot(u, v) <= MOST_RADIUS
        ),
        key=lambda wave: _draw(key, "wave", *wave),
    )
    across, down = np.array(waves).T
    places = 2 * (len(waves) - SYNC_WAVES)
    order = sorted(range(places), key=lambda place: _draw(key, "place", place))
    bit_at = np.empty(places, np.int64)
    bit_at[order] = np.arange(places) % code_bits
    signs = [1.0 - 2.0 * (_draw(key, "sign", place)[0] & 1) for place in range(places)]
    quarters = [_draw(key, "phase", wave)[0] & 3 for wave in range(SYNC_WAVES)]
    return Layout(
        across,
        down,
        np.hypot(across, down),
        np.exp(0.5j * np.pi * np.array(quarters) + 0.25j * np.pi),
        np.array(signs),
        bit_at,
    )


def _draw(key: bytes, what: str, *numbers: int) -> bytes:
    text = f"eikona mark 1 {what} {numbers}"
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
