"""Reads a mark from luma: the identity, how sure, and how often chance would give as much."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eikona.domain.errors import TooSmallToMarkError
from eikona.domain.mark import MarkPresence, MarkReading
from eikona.marking.watermark.canvas import canvas_of
from eikona.marking.watermark.coding import CHECK_BITS, code_signs, decode
from eikona.marking.watermark.folding import evidence_of
from eikona.marking.watermark.message import soft_bits
from eikona.marking.watermark.search import candidates
from eikona.marking.watermark.tile import tile_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

MOST_TRIES = 64  # decodings a picture
FALSE_POSITIVE_BOUND = MOST_TRIES / 2**CHECK_BITS
PRESENT_BELOW = 1e-6  # odds of chance, at which an identity counts as being in a picture
WORTH_DECODING = 4.8  # z
_SMALLEST_SIDE = 64  # pixels
_LONGEST_TO_SHORTEST = 16


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """One way to read a picture.

    Attributes:
        z: of the sync waves.
        soft: what it says of each code bit.
    """

    z: float
    soft: NDArray[np.float64]


def read(luma: NDArray[Any], key: bytes, *, turned: bool = True) -> MarkReading:
    """Look for a mark of ``key``.

    Args:
        luma: shape (rows, columns), any real type, 0 to 255.
        key: secret that it was marked with.
        turned: whether to look for it turned and stretched too, which takes twice as long.
    """
    tries, strongest = 0, 0.0
    for heard in hear(luma, key, turned=turned):
        strongest = max(strongest, heard.z)
        if heard.z < WORTH_DECODING or tries == MOST_TRIES:
            continue
        tries += 1
        identity = decode(heard.soft, key)
        if identity is not None:
            return MarkReading(identity, heard.z, tries, tries / 2**CHECK_BITS)
    return MarkReading(None, strongest, tries, tries / 2**CHECK_BITS)


def is_in(luma: NDArray[Any], identity: int, key: bytes) -> MarkPresence:
    """Ask whether one identity is in a picture, which needs less of the mark than reading does."""
    return presence(list(hear(luma, key)), identity, key)


def presence(heard: Sequence[Heard], identity: int, key: bytes) -> MarkPresence:
    """Judge ``identity`` by all ways to read a picture."""
    signs = code_signs(identity, key)
    best = max((_deviations(one.soft, signs) for one in heard), default=0.0)
    odds = min(1.0, len(heard) * 0.5 * math.erfc(best / math.sqrt(2)))
    return MarkPresence(best, odds, odds <= PRESENT_BELOW)


def _deviations(soft: NDArray[np.float64], signs: NDArray[np.float64]) -> float:
    """Return the agreement in standard deviations of what any other identity gives."""
    return float(soft @ signs) / (math.sqrt(float(soft @ soft)) or 1.0)


def hear(luma: NDArray[Any], key: bytes, *, turned: bool = True) -> Iterator[Heard]:
    """Yield the ways in which a picture might be read, the likeliest to be found first.

    Raises:
        TooSmallToMarkError: no mark survives at this size.
    """
    rows, columns = luma.shape
    if min(rows, columns) < _SMALLEST_SIDE:
        msg = f"{columns} x {rows} pixels: no mark is read below {_SMALLEST_SIDE} on a side"
        raise TooSmallToMarkError(msg)
    short = min(rows, columns) * _LONGEST_TO_SHORTEST
    luma = luma[:short, :short]  # the rest of a ribbon would only take memory
    tile = tile_of(key)
    for found in candidates(evidence_of(canvas_of(luma)), tile, turned=turned):
        yield Heard(found.z, soft_bits(found, tile))
