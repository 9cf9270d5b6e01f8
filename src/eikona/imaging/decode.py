"""Decodes hostile bytes into pictures: format by content, header before pixels, limits first.

Pillow's format classes are called by name, not through ``Image.open``: that imports one plug-in
instead of all, offers hostile bytes no format that is not on the list, and leaves the host's
global pixel limit alone.
"""

from __future__ import annotations

import functools
import importlib
import io
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

import numpy as np

from eikona.domain.errors import (
    AnimationTooLargeError,
    CorruptImageError,
    ImplausibleSizeError,
    InvalidImageError,
    NotAnImageError,
    OutOfMemoryError,
    TooManyFramesError,
    TooManyPixelsError,
    TruncatedImageError,
    UnsupportedFormatError,
)
from eikona.domain.fingerprint import DecodeMode
from eikona.imaging.header import count_gif_frames, riff_is_cut_short, webp_canvas
from eikona.imaging.luma import luma_of
from eikona.imaging.orientation import UPRIGHT, exif_orientation, swaps_axes, upright
from eikona.imaging.picture import Picture
from eikona.imaging.sniff import SNIFF_BYTES, sniff, sniff_undecodable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PIL import Image, ImageFile

    from eikona.domain.limits import Limits
    from eikona.imaging.picture import Luma

_CLASSES = {
    "jpeg": ("JpegImagePlugin", "JpegImageFile"),
    "png": ("PngImagePlugin", "PngImageFile"),
    "gif": ("GifImagePlugin", "GifImageFile"),
    "webp": ("WebPImagePlugin", "WebPImageFile"),
    "avif": ("AvifImagePlugin", "AvifImageFile"),
    "tiff": ("TiffImagePlugin", "TiffImageFile"),
    "bmp": ("BmpImagePlugin", "BmpImageFile"),
}
_ANIMATED = frozenset({"png", "gif", "webp", "avif", "tiff"})
_AUTO_EXACT_PIXELS = 1_000_000  # auto decodes up to this size in full
_SCALES = (8, 4, 2)  # what JPEG decoders can divide both sides by
SHORT_SIDE = 512  # pixels that a reduced decode keeps: PDQ stays within 12 of 256 bits
SHORT_SIDE_WITHOUT_PDQ = 256  # the plane's own side

# Most pixels that one byte can stand for, and the size from which that is worth checking. JPEG:
# one bit an 8x8 block is 512, arithmetic coding less. PNG: 1-bit pixels deflated 1032 to 1.
# GIF: 4095 pixels in a 12-bit code. The other formats have no such bound.
_PIXELS_PER_BYTE = {"jpeg": 4096, "png": 8256, "gif": 4096}
_PLAUSIBILITY_PIXELS = 16_000_000


T = TypeVar("T")


class _ImageClass(Protocol):
    def __call__(self, fp: io.BytesIO) -> ImageFile.ImageFile: ...


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
    image, name = _open(data, limits)
    frames = _count_frames(image, name, data, limits)
    return _picture(image, name, data, frames, mode=mode, short_side=short_side)


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
    image, name = _open(data, limits)
    frames = _count_frames(image, name, data, limits)
    if image.width * image.height * frames > limits.max_animation_pixels:
        msg = (
            f"{frames} frames of {image.width} x {image.height} exceed max_animation_pixels = "
            f"{limits.max_animation_pixels:,}: raise that limit if you trust the file"
        )
        raise AnimationTooLargeError(msg)
    for frame in _spread(frames, samples):
        if frame:
            _guarded(functools.partial(image.seek, frame), data)
        yield _picture(
            image, name, data, frames, mode=DecodeMode.EXACT, short_side=SHORT_SIDE, frame=frame
        )


def decode_grey_as_stored(data: bytes, limits: Limits) -> tuple[Luma, int]:
    """Decode to grey as imagehash sees a file: no EXIF rotation, alpha dropped, profile ignored.

    Returns:
        Luma of shape (height, width), uint8, and the number of frames.

    Raises:
        InvalidImageError: the bytes do not decode; the subclass says why.
    """
    image, name = _open(data, limits)
    frames = _count_frames(image, name, data, limits)
    grey = _guarded(lambda: image.convert("L"), data)
    return np.frombuffer(grey.tobytes(), np.uint8).reshape(grey.height, grey.width), frames


def _spread(frames: int, samples: int) -> list[int]:
    if frames <= samples:
        return list(range(frames))
    last = max(samples - 1, 1)
    return [(frames - 1) * k // last for k in range(samples)]


def _open(data: bytes, limits: Limits) -> tuple[ImageFile.ImageFile, str]:
    """Return the image with its header read and every limit on it checked."""
    name = _format(data)
    if name == "webp" and (size := webp_canvas(data[:SNIFF_BYTES])):
        _check_size(*size, name, len(data), limits)  # opening one allocates its canvas
    image = _guarded(lambda: _image_class(name)(io.BytesIO(data)), data)
    _check_size(image.width, image.height, name, len(data), limits)
    return image, name


def _format(data: bytes) -> str:
    head = data[:SNIFF_BYTES]
    name = sniff(head)
    if name in _CLASSES or (name == "heic" and _register_heic()):
        return name
    other = name or sniff_undecodable(head)
    if other is not None:
        hint = "install eikona[heic]" if other == "heic" else "convert it to PNG or JPEG"
        msg = f"{other} images are not decoded here: {hint}"
        raise UnsupportedFormatError(msg)
    msg = "the bytes begin like no image format: check that this is an image file"
    raise NotAnImageError(msg)


def _register_heic() -> bool:
    try:
        importlib.import_module("pillow_heif")
    except ImportError:
        return False
    return True


def _image_class(name: str) -> _ImageClass:
    if name == "heic":
        module = importlib.import_module("pillow_heif.as_plugin")
        return cast("_ImageClass", module.HeifImageFile)
    module_name, class_name = _CLASSES[name]
    module = importlib.import_module(f"PIL.{module_name}")
    return cast("_ImageClass", getattr(module, class_name))


def _check_size(width: int, height: int, name: str, size: int, limits: Limits) -> None:
    pixels = width * height
    if pixels > limits.max_pixels:
        msg = (
            f"the header claims {width} x {height} = {pixels:,} pixels, more than max_pixels = "
            f"{limits.max_pixels:,}: raise that limit if you trust the file"
        )
        raise TooManyPixelsError(msg)
    most = _PIXELS_PER_BYTE.get(name)
    if most is not None and pixels > _PLAUSIBILITY_PIXELS and pixels > most * size:
        msg = (
            f"the header claims {width} x {height} pixels, which {size:,} bytes of {name} cannot "
            "hold: the file is cut short or made to exhaust memory"
        )
        raise ImplausibleSizeError(msg)


def _count_frames(image: ImageFile.ImageFile, name: str, data: bytes, limits: Limits) -> int:
    if name not in _ANIMATED:
        return 1
    if name == "gif":
        frames = count_gif_frames(data, limits.max_frames + 1)
    else:
        frames = _guarded(lambda: int(getattr(image, "n_frames", 1)), data)
    if frames > limits.max_frames:
        msg = (
            f"the animation has more than max_frames = {limits.max_frames} frames: "
            "raise that limit if you trust the file"
        )
        raise TooManyFramesError(msg)
    return max(frames, 1)


def _picture(
    image: ImageFile.ImageFile,
    name: str,
    data: bytes,
    frames: int,
    *,
    mode: DecodeMode,
    short_side: int,
    frame: int = 0,
) -> Picture:
    width, height = image.size
    used = _reduce(image, name, mode, short_side)
    luma, fine = _guarded(lambda: luma_of(_loaded(image)), data)
    if name == "tiff":  # Pillow turns these while loading
        height, width = luma.shape
    else:
        orientation = exif_orientation(image.info["exif"]) if "exif" in image.info else UPRIGHT
        if orientation != UPRIGHT:
            grey = fine is luma
            luma = upright(luma, orientation)
            fine = luma if grey else upright(fine, orientation)
            if swaps_axes(orientation):
                width, height = height, width
    return Picture(luma, fine, width, height, frames, frame, name, used)


def _loaded(image: ImageFile.ImageFile) -> Image.Image:
    image.load()
    return image


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


def _guarded(step: Callable[[], T], data: bytes) -> T:
    """Run one step of a foreign decoder and translate whatever it raises.

    Decoders raise nearly every built-in error on hostile bytes, so that all are caught here.
    """
    try:
        return step()
    except InvalidImageError:
        raise
    except MemoryError as error:
        msg = "decoding needed more memory than there is: lower max_pixels or give more memory"
        raise OutOfMemoryError(msg) from error
    except Exception as error:
        said = str(error) or type(error).__name__
        cut_short = isinstance(error, EOFError) or "truncat" in said.lower()
        if cut_short or riff_is_cut_short(data):
            msg = "the image ends before its last pixel: it was cut short, get it again"
            raise TruncatedImageError(msg) from error
        msg = f"the image is damaged: the decoder says {said!r}"
        raise CorruptImageError(msg) from error
