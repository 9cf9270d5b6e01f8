"""Every colour mode becomes luma, rounded to 8 bits and fine.

The rounded luma, L = (19595 R + 38470 G + 7471 B + 32768) >> 16, is the same in Python and in a
browser's canvas, and what every hash but PDQ starts from. PDQ's reference does not round, which is
up to 36 of 256 bits in pictures of little contrast, so the fine luma is kept beside it:
(299 R + 587 G + 114 B) / 1000 in float32.

Alpha goes over white first. Profiles are ignored, as in a canvas that is read with colour-space
conversion off. Samples wider than 8 bits are scaled, never clipped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from eikona.domain.errors import UnsupportedModeError
from eikona.imaging.pixels import pixels_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eikona.imaging.picture import FineLuma, Luma

_OPAQUE = frozenset({"L", "RGB", "1", "P", "CMYK", "YCbCr", "HSV", "RGBX"})
_TRANSLUCENT = frozenset({"RGBA", "LA", "PA", "La", "RGBa"})
_GREY = frozenset({"L", "1"})
_WHITE = (255, 255, 255)


def luma_of(image: Image.Image) -> tuple[Luma, FineLuma]:
    """Return the luma of a loaded image, rounded and fine.

    Args:
        image: any Pillow mode that stands for visible pixels.

    Returns:
        Two arrays of shape (height, width): uint8, and float32 from 0 to 255. Grey images have
        nothing to round, and both are the same uint8 array.

    Raises:
        UnsupportedModeError: the mode has no defined luma.
    """
    mode = image.mode
    if mode in _TRANSLUCENT or (mode in _OPAQUE and "transparency" in image.info):
        image = _over_white(image)
    elif mode == "LAB":
        image = _from_lab(image)
    elif mode.startswith("I;16"):
        return _grey(_high_byte(np.asarray(image)))
    elif mode in {"I", "F"}:
        return _grey(_stretched(np.asarray(image)))
    elif mode not in _OPAQUE:
        msg = f"images of colour mode {mode!r} are not supported: save as RGB, grey or palette"
        raise UnsupportedModeError(msg)
    if image.mode in _GREY:
        return _grey(pixels_of(image if image.mode == "L" else image.convert("L")))
    if image.mode != "RGB":
        image = image.convert("RGB")
    # Pillow's conversions from RGB are the two formulas above.
    return pixels_of(image.convert("L")), pixels_of(image.convert("F"))


def _grey(luma: Luma) -> tuple[Luma, Luma]:
    return luma, luma


def _over_white(image: Image.Image) -> Image.Image:
    translucent = image.convert("RGBA")
    opaque = Image.new("RGB", image.size, _WHITE)
    opaque.paste(translucent, mask=translucent.getchannel("A"))
    return opaque


def _from_lab(image: Image.Image) -> Image.Image:
    from PIL import ImageCms  # noqa: PLC0415  (rare, and slow to import)

    transform = ImageCms.buildTransform(
        ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB"
    )
    converted = ImageCms.applyTransform(image, transform)
    if converted is None:
        msg = "this Lab image could not be converted: save it as RGB"
        raise UnsupportedModeError(msg)
    return converted


def _high_byte(samples: NDArray[np.generic]) -> Luma:
    """Keep what Pillow keeps of 16-bit colour, so that grey and colour files agree."""
    return (samples.astype(np.uint16) >> 8).astype(np.uint8)


def _stretched(samples: NDArray[np.generic]) -> Luma:
    """Map 32-bit samples to 0 to 255.

    Such files do not say what white is. Whole numbers and fractions that fit a usual range keep
    it (1, 255 or 65535 is white); anything else is stretched from its least to its greatest value.
    """
    values = np.nan_to_num(samples.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    usual = (1.0, 255.0, 65535.0) if samples.dtype.kind == "f" else (255.0, 65535.0)
    white = next((white for white in usual if low >= 0 and high <= white), None)
    if white is None:
        values -= low
        white = (high - low) or 1.0
    return np.rint(values * (255.0 / white)).astype(np.uint8)
