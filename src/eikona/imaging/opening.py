"""Opens hostile bytes: format by content, structure and every limit checked, nothing decoded.

The structure of each container is walked by a small reader of our own. That tells a file that was
cut short from a damaged one, counts frames without decoding one, and keeps from the decoder the
metadata that no pixel depends on.
"""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from eikona.domain.errors import (
    ImplausibleSizeError,
    NotAnImageError,
    TooManyFramesError,
    TooManyPixelsError,
    TruncatedImageError,
    UnsupportedFormatError,
)
from eikona.imaging.avif_boxes import read_avif
from eikona.imaging.decoders import guarded, heic_is_installed, open_with
from eikona.imaging.gif_blocks import read_gif
from eikona.imaging.jpeg_markers import check_jpeg
from eikona.imaging.orientation import UPRIGHT, exif_orientation
from eikona.imaging.png_chunks import read_png
from eikona.imaging.png_pixels import load_png
from eikona.imaging.sniff import SNIFF_BYTES, sniff, sniff_undecodable
from eikona.imaging.tiff_directory import TiffPage, page_alone, tiff_pages
from eikona.imaging.webp_chunks import riff_is_cut_short, webp_canvas

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image, ImageFile

    from eikona.domain.limits import Limits

# Most pixels that one byte can stand for, and the size from which that is worth checking. JPEG:
# one bit an 8x8 block is 512, arithmetic coding less. PNG: 1-bit pixels deflated 1032 to 1.
# GIF: 4095 pixels in a 12-bit code. BMP: runs of 255 in two bytes. TIFF is checked by its strips;
# the other formats have no such bound.
_PIXELS_PER_BYTE = {"jpeg": 4096, "png": 8256, "gif": 4096, "bmp": 128}
_PLAUSIBILITY_PIXELS = 16_000_000


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, its header read and nothing of it decoded.

    Attributes:
        image: what Pillow opened.
        load: decodes it and returns what luma is made from, which may be another image. Grey
            pixels, which luma views in place, are not written again.
        orientation: 1 to 8, how the decoded pixels still have to be turned.
    """

    image: ImageFile.ImageFile
    load: Callable[[], Image.Image]
    orientation: int


@dataclass(frozen=True, slots=True)
class Encoded:
    """An image file whose structure and limits have been checked.

    Attributes:
        name: its format.
        frames: how many frames it has, at least 1.
        pixels: of all frames together.
        frame: opens one of them, ascending; raises ``InvalidImageError``.
    """

    name: str
    frames: int
    pixels: int
    frame: Callable[[int], Frame]


def open_encoded(data: bytes, limits: Limits) -> Encoded:
    """Check everything about ``data`` that can be checked before pixels are decoded.

    Raises:
        InvalidImageError: the bytes do not decode, or ask for more than ``limits`` allows.
    """
    name = _format(data)
    encoded = guarded(lambda: _OPENERS[name](data, limits))
    if encoded.frames > limits.max_frames:
        msg = (
            f"the animation has more than max_frames = {limits.max_frames} frames: "
            "raise that limit if you trust the file"
        )
        raise TooManyFramesError(msg)
    return replace(encoded, frame=functools.partial(_frame, encoded))


def _frame(encoded: Encoded, number: int) -> Frame:
    frame = guarded(lambda: encoded.frame(number))
    return frame if encoded.frames == 1 else replace(frame, load=lambda: _kept(frame.load()))


def _kept(image: Image.Image) -> Image.Image:
    """Copy grey pixels, which luma views in place: decoders paste the next frame into the same."""
    return image.copy() if image.mode == "L" else image


def _format(data: bytes) -> str:
    head = data[:SNIFF_BYTES]
    name = sniff(head)
    if name is not None and (name != "heic" or heic_is_installed()):
        return name
    other = name or sniff_undecodable(head)
    if other is not None:
        hint = "install eikona[heic]" if other == "heic" else "convert it to PNG or JPEG"
        msg = f"{other} images are not decoded here: {hint}"
        raise UnsupportedFormatError(msg)
    msg = "the bytes begin like no image format: check that this is an image file"
    raise NotAnImageError(msg)


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


def _open_still(data: bytes, limits: Limits, *, name: str) -> Encoded:
    """Open a format whose structure the decoder may judge itself."""
    image = open_with(name, data)
    _check_size(*image.size, name, len(data), limits)
    frame = Frame(image, functools.partial(_loaded, image), _exif_of(image))
    return Encoded(name, 1, image.width * image.height, lambda _: frame)


def _open_jpeg(data: bytes, limits: Limits) -> Encoded:
    check_jpeg(data)
    return _open_still(data, limits, name="jpeg")


def _open_bmp(data: bytes, limits: Limits) -> Encoded:
    size, start, header = (int.from_bytes(data[at : at + 4], "little") for at in (2, 10, 14))
    if len(data) < max(14 + header, start):
        msg = "the bitmap ends before its first pixel: it was cut short"
        raise TruncatedImageError(msg)
    cut_short = len(data) < size
    image = open_with("bmp", data, cut_short=cut_short)
    _check_size(*image.size, "bmp", len(data), limits)

    def load() -> Image.Image:
        loaded = _loaded(image, cut_short=cut_short)
        # Writers that know no alpha leave it empty: such an image is shown opaque everywhere.
        if loaded.mode == "RGBA" and loaded.getchannel("A").getbbox() is None:
            return loaded.convert("RGB")
        return loaded

    frame = Frame(image, load, UPRIGHT)
    return Encoded("bmp", 1, image.width * image.height, lambda _: frame)


def _open_png(data: bytes, limits: Limits) -> Encoded:
    png = read_png(data, limits.max_frames)
    header = png.header
    _check_size(header.width, header.height, "png", len(data), limits)
    image = open_with("png", png.payload)
    orientation = exif_orientation(png.exif)

    def frame(number: int) -> Frame:
        load = functools.partial(load_png, image, png if number == 0 else None)
        return Frame(_sought(image, number), load, orientation)

    return Encoded("png", png.frames, header.width * header.height * png.frames, frame)


def _open_gif(data: bytes, limits: Limits) -> Encoded:
    layout = read_gif(data, limits.max_frames + 1)
    first = read_gif(data, 1)
    _check_size(first.width, first.height, "gif", len(data), limits)
    image = open_with("gif", data)
    _check_size(*image.size, "gif", len(data), limits)

    def frame(number: int) -> Frame:
        if number:  # a later frame can enlarge the canvas
            _check_size(layout.width, layout.height, "gif", len(data), limits)
        return Frame(_sought(image, number), functools.partial(_loaded, image), UPRIGHT)

    return Encoded("gif", layout.frames, layout.width * layout.height * layout.frames, frame)


def _open_webp(data: bytes, limits: Limits) -> Encoded:
    if canvas := webp_canvas(data[:SNIFF_BYTES]):
        _check_size(*canvas, "webp", len(data), limits)  # opening one allocates its canvas
    return _open_animation(data, limits, name="webp", cut_short=riff_is_cut_short(data))


def _open_avif(data: bytes, limits: Limits) -> Encoded:
    avif = read_avif(data)
    _check_size(avif.width, avif.height, "avif", len(data), limits)
    return _open_animation(avif.payload, limits, name="avif")


def _open_animation(data: bytes, limits: Limits, *, name: str, cut_short: bool = False) -> Encoded:
    """Open a format whose decoder knows the number of frames from the header."""
    image = open_with(name, data, cut_short=cut_short)
    _check_size(*image.size, name, len(data), limits)
    frames = max(1, int(getattr(image, "n_frames", 1)))

    def frame(number: int) -> Frame:
        load = functools.partial(_loaded, image, cut_short=cut_short)
        return Frame(_sought(image, number), load, _exif_of(image))

    return Encoded(name, frames, image.width * image.height * frames, frame)


def _open_tiff(data: bytes, limits: Limits) -> Encoded:
    pages = list(itertools.islice(tiff_pages(data), limits.max_frames + 1))
    if not pages:
        msg = "the TIFF holds no image: it was cut short"
        raise TruncatedImageError(msg)

    def frame(number: int) -> Frame:
        page = pages[number]
        _check_size(page.width, page.height, "tiff", len(data), limits)
        image = open_with("tiff", page_alone(data, page))
        load = functools.partial(_load_tiff, image, page)
        return Frame(image, load, page.orientation)

    pixels = sum(page.width * page.height for page in pages)
    return Encoded("tiff", len(pages), pixels, frame)


def _load_tiff(image: ImageFile.ImageFile, page: TiffPage) -> Image.Image:
    """Decode a page and mend what Pillow leaves as stored."""
    loaded: Image.Image = _loaded(image)
    if loaded.mode == "I;16" and page.bits == 12:
        loaded = loaded.point(lambda sample: sample * 16)
    if loaded.mode == "I;16" and page.white_is_zero:
        loaded = loaded.point(lambda sample: sample * -1 + 65535)
    return loaded


def _loaded(image: ImageFile.ImageFile, *, cut_short: bool = False) -> ImageFile.ImageFile:
    guarded(image.load, cut_short=cut_short)
    return image


def _sought(image: ImageFile.ImageFile, number: int) -> ImageFile.ImageFile:
    if number:
        guarded(lambda: image.seek(number))
    return image


def _exif_of(image: ImageFile.ImageFile) -> int:
    exif = image.info.get("exif")
    return exif_orientation(exif) if exif else UPRIGHT


_OPENERS: dict[str, Callable[[bytes, Limits], Encoded]] = {
    "jpeg": _open_jpeg,
    "png": _open_png,
    "gif": _open_gif,
    "webp": _open_webp,
    "avif": _open_avif,
    "tiff": _open_tiff,
    "bmp": _open_bmp,
    "heic": functools.partial(_open_animation, name="heic"),
}
