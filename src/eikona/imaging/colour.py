"""Pictures in colour, upright and no larger than asked for: for people and for alterations.

Colour profiles are ignored, as in hashing: colours of a wide gamut look paler than they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image

from eikona.imaging.decoders import guarded
from eikona.imaging.luma import luma_of
from eikona.imaging.opening import open_encoded
from eikona.imaging.orientation import UPRIGHT

if TYPE_CHECKING:
    from eikona.domain.limits import Limits
    from eikona.imaging.opening import Encoded, Frame

_GAP = 2.0  # Pillow reduces by whole numbers down to so many times the side, then resamples
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_OVER_WHITE = frozenset({"RGBA", "LA", "PA", "La", "RGBa"})
_TO_RGB = frozenset({"L", "1", "P", "CMYK", "YCbCr", "HSV", "RGBX"})
_WHITE = (255, 255, 255)


def decode_colour(data: bytes, *, side: int, limits: Limits) -> Image.Image:
    """Return the first frame in RGB, upright, over white.

    Args:
        data: the whole file.
        side: longer side in pixels, at most.
        limits: what the file may ask for.

    Raises:
        InvalidImageError: it does not decode, or asks for more than ``limits`` allows.
    """
    encoded = open_encoded(data, limits)
    frame = encoded.frame(0)
    image = guarded(lambda: _small(encoded, frame, side))
    return image if frame.orientation == UPRIGHT else image.transpose(_TURNS[frame.orientation])


def _small(encoded: Encoded, frame: Frame, side: int) -> Image.Image:
    if encoded.name == "jpeg":  # decoded at a reduced scale, never below the side asked for
        frame.image.draft(frame.image.mode, (side, side))
    image = frame.load()
    if image.mode in _OVER_WHITE or "transparency" in image.info:
        small = _reduced((image.convert("LA") if image.mode == "La" else image), "RGBA", side)
        opaque = Image.new("RGB", small.size, _WHITE)
        opaque.paste(small, mask=small)
        return opaque
    if image.mode == "RGB" or image.mode in _TO_RGB:
        return _reduced(image, "RGB", side)
    return _reduced(Image.fromarray(luma_of(image)[0]), "RGB", side)


def _reduced(image: Image.Image, mode: str, side: int) -> Image.Image:
    if image.mode != mode:
        image = image.convert(mode)
    scale = min(1.0, side / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=_GAP)
