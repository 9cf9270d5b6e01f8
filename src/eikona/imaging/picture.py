"""A picture: decoded luma plus where it came from."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from eikona.domain.fingerprint import DecodeMode

Luma: TypeAlias = NDArray[np.uint8]  # shape (height, width), 0 black to 255 white
FineLuma: TypeAlias = NDArray[np.float32] | NDArray[np.uint8]  # the same before rounding
Plane: TypeAlias = NDArray[np.uint8]  # shape (256, 256)


@dataclass(frozen=True, slots=True)
class Picture:
    """One decoded frame, upright.

    Attributes:
        luma: shape (rows, columns), uint8; smaller than ``height`` x ``width`` where the image
            was decoded at a reduced scale.
        fine_luma: the same before rounding, float32; the same array for grey images.
        width: upright width of the image in pixels, before any reduction.
        height: upright height in pixels.
        frames: frames in the file.
        frame: which one this is, from 0.
        image_format: ``jpeg``, ``png``, …
        decode: exact where every pixel was decoded in full colour, else what made it cheaper.
        ends_turned: whether the last rows, and columns, were turned to be first: where the image
            was reduced, the one that stands for fewer pixels than the others is then the first.
    """

    luma: Luma
    fine_luma: FineLuma
    width: int
    height: int
    frames: int
    frame: int
    image_format: str
    decode: DecodeMode
    ends_turned: tuple[bool, bool] = (False, False)
