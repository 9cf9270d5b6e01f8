"""What a table keeps of a descriptor, and what a query's bits cost to be flipped.

``KEY_BITS`` are chosen one by one: each is the bit that halves chance collisions most for what it
costs queries to be unsure of it. ``FLIP_COSTS`` say by its margin how unlikely a bit is to differ
in a copy. Both are learned by ``python -m benchmarks.shortlist learn`` from altered copies of
photographs; a change of either makes stored tables worthless and needs a new version of theirs.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eikona.domain.local_features import (
    CODE_BYTES,
    MARGIN_BYTES,
    PLACE_STEPS,
    SIZE_OFFSET,
    SIZE_STEPS,
    TURN_STEPS,
    LocalFeatures,
)
from eikona.matching.shortlist.learned import FLIP_COSTS, KEY_BITS, REST_BITS, UNSURE_COSTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_KEY_BITS = len(KEY_BITS)
COST_UNIT = 8  # a nat
_PLACE_STEP = 1.5  # fitted pixels
_BYTE_STEPS = 256
_ANGLE_SHIFT = _SIZE_SHIFT = 8  # from 16 bits to 8
_SKETCH_BITS = 16  # of a key, that sketches are drawn from
_SKETCH_ODDS = np.array(
    [
        0x9E3779B1,
        0x85EBCA77,
        0xC2B2AE3D,
        0x27D4EB2F,
        0x165667B1,
        0xD3A2646D,
        0xFD7046C5,
        0xB55A4F09,
    ],
    np.uint32,
)


@dataclass(frozen=True, slots=True)
class Descriptors:
    """Descriptors as tables keep them.

    Attributes:
        keys: all key bits, the most telling one highest; a table uses the first few.
        codes: the 64 bits kept beside the key.
        geometry: x, y, angle and size from the lowest byte up.
    """

    keys: NDArray[np.uint32]
    codes: NDArray[np.uint64]
    geometry: NDArray[np.uint32]


def descriptors_of(pictures: list[LocalFeatures], descriptors: int) -> Descriptors:
    """Return the first ``descriptors`` of each picture, those of one after those of the other."""
    codes = b"".join(one.codes[: CODE_BYTES * descriptors] for one in pictures)
    geometry = b"".join(one.geometry[: 8 * descriptors] for one in pictures)
    counts = [min(len(one), descriptors) for one in pictures]
    fitted = np.array([(one.width * one.scale, one.height * one.scale) for one in pictures])
    keys, rest = keys_and_codes(np.frombuffer(codes, np.uint8).reshape(-1, CODE_BYTES))
    numbers = np.frombuffer(geometry, "<u2").reshape(-1, 4)
    return Descriptors(keys, rest, _packed(numbers, np.repeat(fitted, counts, axis=0)))


def keys_and_codes(
    codes: NDArray[np.uint8], *, mirrored: bool = False
) -> tuple[NDArray[np.uint32], NDArray[np.uint64]]:
    """Return the key bits and the 64 bits beside them of codes.

    Args:
        codes: shape (n, 16).
        mirrored: whether to return those of the mirrored picture.
    """
    keys, rest = _parts(mirrored=mirrored)
    places = _EACH_BYTE + codes
    return (
        np.bitwise_or.reduce(np.take(keys, places), axis=1),
        np.bitwise_or.reduce(np.take(rest, places), axis=1),
    )


_EACH_BYTE = np.arange(CODE_BYTES) * _BYTE_STEPS


@functools.cache
def _parts(*, mirrored: bool) -> tuple[NDArray[np.uint32], NDArray[np.uint64]]:
    """Return what each value of each byte of a descriptor adds to key and code."""
    values = np.arange(_BYTE_STEPS)
    keys = np.zeros((CODE_BYTES, _BYTE_STEPS), np.uint32)
    for number, bit in enumerate(reversed(_bits(KEY_BITS, mirrored=mirrored))):
        keys[bit // 8] |= (values >> (7 - bit % 8) & 1).astype(np.uint32) << np.uint32(number)
    codes = np.zeros((CODE_BYTES, _BYTE_STEPS), np.uint64)
    for number, bit in enumerate(reversed(_bits(REST_BITS, mirrored=mirrored))):
        codes[bit // 8] |= (values >> (7 - bit % 8) & 1).astype(np.uint64) << np.uint64(number)
    return keys, codes


@functools.cache
def _bits(bits: tuple[int, ...], *, mirrored: bool) -> tuple[int, ...]:
    """Return which bits of a descriptor become these when the picture is mirrored."""
    if not mirrored:
        return bits
    numbered = LocalFeatures(1, 1, bytes(CODE_BYTES), bytes(8), bytes(range(MARGIN_BYTES)))
    origins = numbered.mirrored().margins
    return tuple(origins[bit] for bit in bits)


def _packed(numbers: NDArray[np.uint16], fitted: NDArray[np.float64]) -> NDArray[np.uint32]:
    places = (numbers[:, :2] + 0.5) * (fitted / (PLACE_STEPS * _PLACE_STEP))
    x, y = np.minimum(places.T, _BYTE_STEPS - 1).astype(np.uint32)
    angles = numbers[:, 3].astype(np.uint32) >> _ANGLE_SHIFT
    sizes = numbers[:, 2].astype(np.uint32) >> _SIZE_SHIFT
    packed: NDArray[np.uint32] = x | y << 8 | angles << 16 | sizes << 24
    return packed


def frames_of(geometry: NDArray[np.uint32]) -> NDArray[np.float32]:
    """Return x, y in fitted pixels, angle in turns, size in doublings: shape (n, 4)."""
    numbers = geometry[:, None] >> np.arange(0, 32, 8, dtype=np.uint32) & np.uint32(0xFF)
    return (numbers + np.float32(0.5)) * _FRAME_STEPS + _FRAME_OFFSETS


_FRAME_STEPS = np.array(
    [_PLACE_STEP, _PLACE_STEP, 1 / _BYTE_STEPS, (1 << _SIZE_SHIFT) / SIZE_STEPS], np.float32
)
_FRAME_OFFSETS = np.array([0, 0, 0, -SIZE_OFFSET], np.float32)


def sketches_of(keys: NDArray[np.uint32], counts: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return eight bytes a picture, each of one descriptor that a hash puts first.

    Two pictures that share a part s of all the keys of both have about 8 s bytes in common.

    Args:
        keys: of all descriptors, those of one picture after those of the other.
        counts: how many are each picture's.
    """
    sketches = np.zeros(len(counts), np.uint64)
    has = counts > 0
    begins = (np.cumsum(counts) - counts)[has]
    if not len(begins):
        return sketches
    telling = keys >> np.uint32(MOST_KEY_BITS - _SKETCH_BITS)
    for number, odd in enumerate(_SKETCH_ODDS):
        mixed = (telling + np.uint32(1)) * odd
        mixed ^= mixed >> np.uint32(15)
        mixed *= odd
        least = np.minimum.reduceat(mixed, begins)
        least ^= least >> np.uint32(16)
        sketches[has] |= (least & np.uint32(0xFF)).astype(np.uint64) << np.uint64(8 * number)
    return sketches


@dataclass(frozen=True, slots=True)
class Query:
    """A query's descriptors: those of the picture, then those of its mirror image.

    Attributes:
        features: of the picture; half as many as descriptors.
        keys: shape (2 features,).
        codes: likewise.
        costs: of flipping each key bit, shape (2 features, key bits), uint8, in ``COST_UNIT``.
        frames: shape (2 features, 4), as ``frames_of`` returns them.
    """

    features: int
    keys: NDArray[np.uint32]
    codes: NDArray[np.uint64]
    costs: NDArray[np.uint8]
    frames: NDArray[np.float32]

    @classmethod
    def of(cls, features: LocalFeatures) -> Query:
        """Return a query for a picture's features, with or without margins."""
        codes = np.frombuffer(features.codes, np.uint8).reshape(-1, CODE_BYTES)
        poses = [keys_and_codes(codes, mirrored=mirrored) for mirrored in (False, True)]
        return cls(
            len(features),
            np.concatenate([keys for keys, _ in poses]),
            np.concatenate([rest for _, rest in poses]),
            np.concatenate([_costs(features, mirrored=False), _costs(features, mirrored=True)]),
            _frames(features),
        )


def _frames(features: LocalFeatures) -> NDArray[np.float32]:
    """Return the frames of features, and those they have in the mirrored picture."""
    numbers = np.frombuffer(features.geometry, "<u2").reshape(-1, 4)
    scale = features.scale / PLACE_STEPS
    frames = np.empty((2, len(numbers), 4), np.float32)
    frames[:, :, 0] = (numbers[:, 0] + 0.5) * (features.width * scale)
    frames[:, :, 1] = (numbers[:, 1] + 0.5) * (features.height * scale)
    frames[:, :, 2] = numbers[:, 3] / TURN_STEPS
    frames[:, :, 3] = numbers[:, 2] / SIZE_STEPS - SIZE_OFFSET
    frames[1, :, 0] = np.float32(features.width * features.scale) - frames[1, :, 0]
    frames[1, :, 2] = np.float32(0.5) - frames[1, :, 2]
    return frames.reshape(-1, 4)


def _costs(features: LocalFeatures, *, mirrored: bool) -> NDArray[np.uint8]:
    if not features.margins:
        return np.tile(np.array(UNSURE_COSTS, np.uint8), (len(features), 1))
    margins = np.frombuffer(features.margins, np.uint8).reshape(-1, MARGIN_BYTES)
    known = np.take(margins, _bits(KEY_BITS, mirrored=mirrored), axis=1)
    return np.take(_FLIP_COSTS, known, mode="clip")


_FLIP_COSTS = np.array(FLIP_COSTS, np.uint8)
