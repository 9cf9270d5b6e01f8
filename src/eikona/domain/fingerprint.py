"""A fingerprint: all the hashes of one picture, with algorithm versions and quality."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eikona.domain.local_features import LocalFeatures

QUALITY_TO_MATCH = 50  # of 100: PDQ's own bound, below which a picture is too plain to match


class DecodeMode(StrEnum):
    """How much of an image is decoded before hashing."""

    AUTO = "auto"
    EXACT = "exact"
    FAST = "fast"


class Orientation(StrEnum):
    """The eight ways to lay a picture, named as Pillow's ``Image.Transpose`` names them.

    Rotations are counter-clockwise; transpose mirrors at the diagonal from the top left corner,
    transverse at the other one. The order is that of PDQ's reference implementation.
    """

    ORIGINAL = "original"
    ROTATE_90 = "rotate-90"
    ROTATE_180 = "rotate-180"
    ROTATE_270 = "rotate-270"
    FLIP_TOP_BOTTOM = "flip-top-bottom"
    FLIP_LEFT_RIGHT = "flip-left-right"
    TRANSPOSE = "transpose"
    TRANSVERSE = "transverse"


class Comparison(StrEnum):
    """How two hashes of one algorithm are compared."""

    HAMMING = "hamming"
    CORRELATION = "correlation"


@dataclass(frozen=True, slots=True, order=True)
class AlgorithmId:
    """One version of one hash algorithm; changed bits mean a new version."""

    name: str
    version: int

    def __str__(self) -> str:
        """Return ``name@version``."""
        return f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Hashes of one picture.

    Attributes:
        width: upright width of the image in pixels, before any reduction.
        height: upright height in pixels.
        frames: frames in the file; 1 for a still image.
        frame: which of them this fingerprint is of, from 0.
        quality: 0 to 100; below ``QUALITY_TO_MATCH`` the picture is too plain to match.
        decode: the mode that was used, ``exact`` wherever all pixels were decoded in full colour.
        image_format: ``jpeg``, ``png``, …
        hashes: bytes of each hash by algorithm name.
        versions: version of each algorithm in ``hashes``.
        pdq_orientations: PDQ code of the picture in each ``Orientation``, in that order; empty
            where PDQ was not asked for.
        forbild_grey: the 16 x 16 grey values, row-major, that ForBild's second step weighs by;
            empty where ForBild was not asked for.
        local_features: places that parts of the picture are found by; None where they were not
            asked for.
    """

    width: int
    height: int
    frames: int
    frame: int
    quality: int
    decode: DecodeMode
    image_format: str
    hashes: Mapping[str, bytes]
    versions: Mapping[str, int]
    pdq_orientations: tuple[bytes, ...] = field(default=(), repr=False)
    forbild_grey: bytes = field(default=b"", repr=False)
    local_features: LocalFeatures | None = None

    @property
    def hex(self) -> dict[str, str]:
        """Each hash as lower-case hex, by algorithm name."""
        return {name: code.hex() for name, code in self.hashes.items()}
