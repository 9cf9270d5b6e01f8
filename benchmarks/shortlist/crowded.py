"""Banks full of near-duplicates: of one picture, or of pictures in one frame.

A near-duplicate is drawn: it has four of five features of the picture, each bit flipped with a
chance of 4 %, and places off by a pixel or so.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.shortlist.collecting import Copies
from benchmarks.shortlist.kept import Kept
from eikona.domain.local_features import CODE_BYTES, MARGIN_BYTES, LocalFeatures

FRAME = 60  # features of a frame, of 300
SHARE = 5  # one entry in so many is a near-duplicate; all but one in so many have the frame
_KEPT, _FLIPS, _STEPS = 0.8, 0.04, 200


@dataclass(frozen=True, slots=True)
class Parts:
    """Features as arrays."""

    codes: np.ndarray
    geometry: np.ndarray
    margins: np.ndarray

    @classmethod
    def of(cls, features: LocalFeatures) -> "Parts":
        return cls(
            np.frombuffer(features.codes, np.uint8).reshape(-1, CODE_BYTES),
            np.frombuffer(features.geometry, "<u2").reshape(-1, 4),
            np.frombuffer(features.margins, np.uint8).reshape(-1, MARGIN_BYTES),
        )


def near_duplicate(features: LocalFeatures, random: np.random.Generator) -> LocalFeatures:
    """Return features as a copy of the picture might have them, without margins."""
    parts = Parts.of(features)
    kept = random.random(len(parts.codes)) < _KEPT
    flips = np.packbits(random.random((int(kept.sum()), MARGIN_BYTES)) < _FLIPS, axis=1)
    moved = parts.geometry[kept].astype(np.int64)
    moved[:, :2] += random.integers(-_STEPS, _STEPS + 1, (len(moved), 2))
    return LocalFeatures(
        features.width,
        features.height,
        (parts.codes[kept] ^ flips).tobytes(),
        np.clip(moved, 0, 0xFFFF).astype("<u2").tobytes(),
    )


def full_of_one(pictures: Iterator[LocalFeatures], one: LocalFeatures) -> Iterator[LocalFeatures]:
    """Yield pictures, every fifth of them replaced by a near-duplicate of one."""
    random = np.random.default_rng(23)
    for number, picture in enumerate(pictures):
        yield near_duplicate(one, random) if number % SHARE == 0 else picture


def framed(pictures: Iterator[LocalFeatures], frame: LocalFeatures) -> Iterator[LocalFeatures]:
    """Yield pictures, four of five of them in one frame."""
    random = np.random.default_rng(29)
    for number, picture in enumerate(pictures):
        yield picture if number % SHARE == 0 else _in_frame(picture, near_duplicate(frame, random))


def _in_frame(picture: LocalFeatures, frame: LocalFeatures) -> LocalFeatures:
    left = 300 - len(frame)
    return LocalFeatures(
        picture.width,
        picture.height,
        frame.codes + picture.codes[: CODE_BYTES * left],
        frame.geometry + picture.geometry[: 8 * left],
    )


def frame_of(features: LocalFeatures) -> LocalFeatures:
    """Return the first features of a picture: the frame that others are put in."""
    return LocalFeatures(
        features.width,
        features.height,
        features.codes[: CODE_BYTES * FRAME],
        features.geometry[: 8 * FRAME],
        features.margins[: MARGIN_BYTES * FRAME],
    )


def joined(first: LocalFeatures, second: LocalFeatures, most: int) -> LocalFeatures:
    """Return a query with up to ``most`` features of the first picture, and the second's."""
    count = min(most, len(first))
    left = 300 - count
    return LocalFeatures(
        second.width,
        second.height,
        first.codes[: CODE_BYTES * count] + second.codes[: CODE_BYTES * left],
        first.geometry[: 8 * count] + second.geometry[: 8 * left],
        first.margins[: MARGIN_BYTES * count] + second.margins[: MARGIN_BYTES * left],
    )


def collages(asked: Copies, one: LocalFeatures) -> Copies:
    """Return queries that show half of ``one`` beside each copy."""
    return Copies(asked.originals, Kept.of([joined(one, copy, 150) for copy in asked.copies]))


def in_frame(asked: Copies, frame: LocalFeatures) -> Copies:
    """Return the copies as queries in a frame."""
    return Copies(asked.originals, Kept.of([joined(frame, copy, FRAME) for copy in asked.copies]))
