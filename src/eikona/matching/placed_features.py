"""Local features as arrays that two pictures are aligned by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eikona.domain.local_features import (
    CODE_BYTES,
    PLACE_STEPS,
    SIZE_OFFSET,
    SIZE_STEPS,
    TURN_STEPS,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eikona.domain.local_features import LocalFeatures


@dataclass(frozen=True, slots=True)
class PlacedFeatures:
    """Local features of one picture.

    Attributes:
        words: both halves of each code, shape (2, features), uint64.
        frames: shape (5, features), float64: x and y in fitted pixels, size likewise, cosine and
            sine of the angle.
        scale: fitted pixels a pixel of the picture.
        width: of the picture, in its own pixels.
        area: of the picture, in fitted pixels.
    """

    words: NDArray[np.uint64]
    frames: NDArray[np.float64]
    scale: float
    width: int
    area: float

    @classmethod
    def of(cls, features: LocalFeatures) -> PlacedFeatures:
        """Return the features of a picture as arrays."""
        numbers = np.frombuffer(features.geometry, "<u2").reshape(-1, 4).astype(np.float64)
        scale = features.scale
        turned = numbers[:, 3] * (2 * np.pi / TURN_STEPS)
        frames = np.empty((5, len(numbers)))
        np.multiply(numbers[:, 0] + 0.5, features.width * scale / PLACE_STEPS, out=frames[0])
        np.multiply(numbers[:, 1] + 0.5, features.height * scale / PLACE_STEPS, out=frames[1])
        np.exp2(numbers[:, 2] / SIZE_STEPS - SIZE_OFFSET, out=frames[2])
        np.cos(turned, out=frames[3])
        np.sin(turned, out=frames[4])
        words = np.frombuffer(features.codes, "<u8").reshape(-1, CODE_BYTES // 8)
        return cls(
            np.ascontiguousarray(words.T.astype(np.uint64, copy=False)),
            frames,
            scale,
            features.width,
            features.width * features.height * scale * scale,
        )
