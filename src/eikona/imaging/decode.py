"""Decodes hostile bytes into pictures: structure and limits first, then pixels, then luma."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eikona.domain.errors import AnimationTooLargeError
from eikona.domain.fingerprint import DecodeMode
from eikona.imaging.decoders import guarded
from eikona.imaging.luma import luma_of
from eikona.imaging.opening import open_encoded
from eikona.imaging.orientation import UPRIGHT, swaps_axes, turned_ends, upright
from eikona.imaging.picture import Picture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL import Image, ImageFile

    from eikona.domain.limits import Limits
    from eikona.imaging.opening import Encoded, Frame
    from eikona.imaging.picture import Luma

_AUTO_EXACT_PIXELS = 1_000_000  # auto decodes up to this size in full
_SCALES = (8, 4, 2)  # what JPEG decoders can divide both sides by
SHORT_SIDE = 512  # pixels that a reduced decode keeps: PDQ stays within 12 of 256 bits
SHORT_SIDE_WITHOUT_PDQ = 256  # the plane's own side


def decode(
    data: bytes,
    *,
    mode: DecodeMode = DecodeMode.AUTO,
    short_side: int = SHORT_SIDE,
    limits: Limits,
) -> Picture:
    """Decode the first frame of an encoded image.

    Args:
        data: the whole file.
        mode: how much to decode; see ``DecodeMode``.
        short_side: pixels that a reduced-scale decode keeps at least on the shorter side.
        limits: bounds, all checked before pixels are decoded.

    Raises:
        InvalidImageError: the bytes do not decode; the subclass says why.
    """
    return _picture(open_encoded(data, limits), 0, mode=mode, short_side=short_side)


def decode_frames(data: bytes, *, samples: int, limits: Limits) -> Iterator[Picture]:
    """Decode frames of an animation, evenly spaced from the first to the last.

    Args:
        data: the whole file.
        samples: most frames to return.
        limits: as for ``decode``; ``max_animation_pixels`` bounds the work.

    Yields:
        Pictures in order; one for a still image.

    Raises:
        InvalidImageError: the bytes do not decode; the subclass says why.
    """
    encoded = open_encoded(data, limits)
    if encoded.pixels > limits.max_animation_pixels and encoded.frames > 1:
        msg = (
            f"{encoded.frames} frames hold {encoded.pixels:,} pixels, more than "
            f"max_animation_pixels = {limits.max_animation_pixels:,}: "
            "raise that limit if you trust the file"
        )
        raise AnimationTooLargeError(msg)
    for number in _spread(encoded.frames, samples):
        yield _picture(encoded, number, mode=DecodeMode.EXACT, short_side=SHORT_SIDE)


def decode_grey_as_stored(data: bytes, limits: Limits) -> tuple[Luma, int]:
    """Decode to grey as imagehash sees a file: no EXIF rotation, alpha dropped, profile ignored.

    A TIFF is turned as its tag says, since Pillow does so while loading one.

    Returns:
        Luma of shape (height, width), uint8, and the number of frames.

    Raises:
        InvalidImageError: the bytes do not decode; the subclass says why.
    """
    encoded = open_encoded(data, limits)
    frame = encoded.frame(0)
    grey = guarded(lambda: _grey(frame))
    luma = np.frombuffer(grey.tobytes(), np.uint8).reshape(grey.height, grey.width)
    if encoded.name == "tiff" and frame.orientation != UPRIGHT:
        luma = upright(luma, frame.orientation)
    return luma, encoded.frames


def _grey(frame: Frame) -> Image.Image:
    frame.load()  # for its checks: what it makes of the pixels is not what imagehash sees
    image = frame.image
    # Only says which grey would be transparent; Pillow warns where it cannot.
    image.info.pop("transparency", None)
    return image.convert("L")


def _spread(frames: int, samples: int) -> list[int]:
    if frames <= samples:
        return list(range(frames))
    last = max(samples - 1, 1)
    return [(frames - 1) * k // last for k in range(samples)]


def _picture(encoded: Encoded, number: int, *, mode: DecodeMode, short_side: int) -> Picture:
    frame = encoded.frame(number)
    width, height = frame.image.size
    used = _reduce(frame.image, encoded.name, mode, short_side)
    luma, fine = guarded(lambda: luma_of(frame.load()))
    if encoded.frames == 1:
        frame.image.close()  # its pixels would stand beside both copies while those are turned
    if frame.orientation != UPRIGHT:
        grey = fine is luma
        luma = upright(luma, frame.orientation)
        fine = luma if grey else upright(fine, frame.orientation)
        if swaps_axes(frame.orientation):
            width, height = height, width
    return Picture(
        luma,
        fine,
        width,
        height,
        encoded.frames,
        number,
        encoded.name,
        used,
        turned_ends(frame.orientation),
    )


def _reduce(image: ImageFile.ImageFile, name: str, mode: DecodeMode, short_side: int) -> DecodeMode:
    """Ask a JPEG for less than all its pixels where ``mode`` allows it; say what was done."""
    if name != "jpeg" or mode is DecodeMode.EXACT:
        return DecodeMode.EXACT
    width, height = image.size
    if mode is DecodeMode.AUTO and width * height <= _AUTO_EXACT_PIXELS:
        return DecodeMode.EXACT
    shorter = min(width, height)
    scale = next((s for s in _SCALES if -(-shorter // s) >= short_side), 1)
    drops_colour = mode is DecodeMode.FAST and image.mode == "RGB"
    if scale == 1 and not drops_colour:
        return DecodeMode.EXACT
    image.draft("L" if drops_colour else image.mode, (width // scale, height // scale))
    return mode
