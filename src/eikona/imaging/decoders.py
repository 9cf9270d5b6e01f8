"""Pillow's decoders: each called by name, and whatever it raises translated.

``Image.open`` would import every plug-in and offer hostile bytes to all of them.

Nothing here touches process-wide state such as warning filters, which other threads share: where
Pillow would warn of hostile metadata, it is not shown that metadata in the first place.
"""

from __future__ import annotations

import functools
import importlib
import io
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from eikona.domain.errors import (
    CorruptImageError,
    InvalidImageError,
    OutOfMemoryError,
    TooManyPixelsError,
    TruncatedImageError,
    UnsupportedModeError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import ImageFile

_CLASSES = {
    "png": ("PIL.PngImagePlugin", "PngImageFile"),
    "gif": ("PIL.GifImagePlugin", "GifImageFile"),
    "webp": ("PIL.WebPImagePlugin", "WebPImageFile"),
    "avif": ("PIL.AvifImagePlugin", "AvifImageFile"),
    "bmp": ("PIL.BmpImagePlugin", "BmpImageFile"),
    "heic": ("pillow_heif.as_plugin", "HeifImageFile"),
}
_UNSUPPORTED = ("cannot handle", "unsupported", "unknown pixel mode", "unknown data organization")
_WHOLE_FILE = 1 << 62  # bytes, more than any
_BOMBS = frozenset({"DecompressionBombError", "DecompressionBombWarning"})

T = TypeVar("T")


class _ImageClass(Protocol):
    def __call__(self, fp: io.BytesIO) -> ImageFile.ImageFile: ...


def open_with(name: str, data: bytes, *, cut_short: bool = False) -> ImageFile.ImageFile:
    """Let the decoder of format ``name`` read the header of ``data``.

    Args:
        name: jpeg, png, gif, webp, avif, tiff, bmp or heic.
        data: the whole file.
        cut_short: whether it is known to end too early.

    Raises:
        InvalidImageError: the decoder refuses; the subclass says why.
    """
    return guarded(lambda: _image_class(name)(io.BytesIO(data)), cut_short=cut_short)


def heic_is_installed() -> bool:
    """Whether the optional decoder for HEIC is there."""
    try:
        importlib.import_module("pillow_heif")
    except ImportError:
        return False
    return True


def guarded(step: Callable[[], T], *, cut_short: bool = False) -> T:
    """Run one step of a foreign decoder and translate whatever it raises.

    Decoders raise nearly every built-in error on hostile bytes, so that all are caught here.

    Args:
        step: what to run.
        cut_short: whether the data are known to end too early, which explains any failure.
    """
    try:
        return step()
    except InvalidImageError:
        raise
    except MemoryError as error:
        raise _out_of_memory() from error
    except Exception as error:
        raise _translated(error, cut_short=cut_short) from error


def _translated(error: Exception, *, cut_short: bool) -> InvalidImageError:
    said = str(error) or type(error).__name__
    lowered = said.lower()
    if cut_short or "truncat" in lowered:
        msg = "the image ends before its last pixel: it was cut short, get it again"
        return TruncatedImageError(msg)
    if "out of memory" in lowered:
        return _out_of_memory()
    if type(error).__name__ in _BOMBS:
        msg = "the image has more pixels than Pillow's own MAX_IMAGE_PIXELS allows"
        return TooManyPixelsError(msg)
    if lowered.startswith(_UNSUPPORTED):
        msg = f"the decoder says {said!r}: save the image as 8-bit RGB, grey or palette"
        return UnsupportedModeError(msg)
    return CorruptImageError(f"the image is damaged: the decoder says {said!r}")


def _out_of_memory() -> OutOfMemoryError:
    msg = "decoding needed more memory than there is: lower max_pixels or give more memory"
    return OutOfMemoryError(msg)


@functools.cache
def _image_class(name: str) -> _ImageClass:
    if name == "jpeg":
        return _jpeg_class()
    if name == "tiff":
        return _tiff_class()
    module, class_name = _CLASSES[name]
    return cast("_ImageClass", getattr(importlib.import_module(module), class_name))


def _jpeg_class() -> _ImageClass:
    from PIL.JpegImagePlugin import JpegImageFile  # noqa: PLC0415  only where it is needed

    class Jpeg(JpegImageFile):
        def _open(self) -> None:
            # Where no resolution is known, Pillow parses the EXIF block for one: slowly, and
            # warning of what it finds.
            self.info["dpi"] = (72, 72)
            super()._open()
            # All of it at once: Pillow would hand its decoder pieces, which takes 1 to 3 % longer.
            self.decodermaxblock = _WHOLE_FILE

    return Jpeg


def _tiff_class() -> _ImageClass:
    from PIL import Image  # noqa: PLC0415  only where it is needed
    from PIL.TiffImagePlugin import TiffImageFile  # noqa: PLC0415

    class Tiff(TiffImageFile):
        def load_prepare(self) -> None:
            # The size was checked; Pillow would compare it with a process-wide limit and warn.
            if self._im is None:
                self.im = Image.new(self.mode, self.size).im
            super().load_prepare()

    return Tiff
