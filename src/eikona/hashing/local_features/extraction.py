"""From luma to local features, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eikona.domain.local_features import (
    MOST_FEATURES,
    PLACE_STEPS,
    SIZE_OFFSET,
    SIZE_STEPS,
    TURN_STEPS,
    LocalFeatures,
    fitted_scale,
)
from eikona.hashing.local_features.description import descriptors
from eikona.hashing.local_features.extrema import extrema
from eikona.hashing.local_features.fitting import fit
from eikona.hashing.local_features.orientation import orientations
from eikona.hashing.local_features.scale_space import layer_sigma, scale_space
from eikona.hashing.local_features.selection import select
from eikona.native.switch import kernels, picture_hashed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eikona.imaging.picture import Luma

    Floats = NDArray[np.float64]

_LARGE = MOST_FEATURES // 3  # features that are kept for their size
_WORTH = 160  # pictures' hashes: what kernels save on one picture's features


def local_features(luma: Luma, *, size: tuple[int, int] | None = None) -> LocalFeatures:
    """Return up to 300 local features of a picture.

    The same picture always gives the same ones, whatever the processor, the number of threads and
    whether kernels are compiled; without them it takes some ten times as long.

    Args:
        luma: shape (height, width), uint8, any size from 1 x 1.
        size: width and height of the upright picture, where ``luma`` is a reduction of it.
    """
    if kernels() is None:
        picture_hashed(_WORTH)
    compiled = kernels()
    width, height = size or luma.shape[::-1]
    fitted = fit(luma, compiled)
    # A picture that was decoded at a reduced scale is measured in pixels of its full size.
    across, down = width / fitted.shape[1], height / fitted.shape[0]
    space = scale_space(fitted, compiled)
    found = extrema(space, compiled)
    zoom = np.exp2(found.octave.astype(np.float64))
    blurs = layer_sigma(found.level)
    places = np.stack(
        [(found.x + 0.5) * zoom / fitted.shape[1], (found.y + 0.5) * zoom / fitted.shape[0]]
    )
    sizes = blurs * zoom * (fitted_scale(width, height) * np.sqrt(across * down))
    chosen = select(places, sizes, found.response, most=MOST_FEATURES, large=_LARGE)
    spots = np.column_stack([found.octave, found.layer, found.x, found.y])[chosen]
    angles = orientations(space, spots, blurs[chosen], compiled)
    described = descriptors(space, spots, blurs[chosen], angles, compiled)
    return LocalFeatures(
        width,
        height,
        described.codes.tobytes(),
        _packed(places[:, chosen], sizes[chosen], angles.astype(np.float64)),
        described.margins.tobytes(),
    )


def _packed(places: Floats, sizes: Floats, angles: Floats) -> bytes:
    """Return geometry as ``LocalFeatures`` holds it."""
    numbers = np.empty((places.shape[1], 4), "<u2")
    numbers[:, :2] = np.clip(places.T * PLACE_STEPS, 0, PLACE_STEPS - 1)
    numbers[:, 2] = np.clip(np.rint((np.log2(sizes) + SIZE_OFFSET) * SIZE_STEPS), 0, 0xFFFF)
    numbers[:, 3] = np.rint(angles * TURN_STEPS).astype(np.int64) % TURN_STEPS
    return numbers.tobytes()
