"""What a PNG's decoder leaves to be done: missing rows noticed, one colour of 16 bits made white.

Source: W3C, Portable Network Graphics (third edition), section 8 for interlacing, 11.3.1 for tRNS.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np

from eikona.domain.errors import TruncatedImageError
from eikona.imaging.decoders import open_with
from eikona.imaging.png_chunks import pixel_data

if TYPE_CHECKING:
    from PIL import Image, ImageFile

    from eikona.imaging.png_chunks import Header, Png

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))
_ADAM7_LAST = (0, 1, 1, 2)  # as the others: first column, first row, column step, row step
_FED_AT_ONCE = 1 << 16  # bytes of compressed data
_UNPACKED_AT_ONCE = 1 << 20


def load_png(image: ImageFile.ImageFile, first: Png | None) -> Image.Image:
    """Decode a frame, check that all of it was there, and mend what the decoder leaves.

    Args:
        image: what the decoder opened.
        first: what was read of the file, for its first picture; later frames are taken as decoded.

    Raises:
        TruncatedImageError: the compressed data end before the last row.
    """
    image.load()
    if first is None:
        return image
    bottom = image.crop((0, image.height - 1, *image.size))
    if (first.header.interlaced or not np.asarray(bottom).any()) and not holds_every_row(first):
        msg = "the PNG's compressed data end before its last row: it was cut short"
        raise TruncatedImageError(msg)
    return image if first.key is None else _without_key(image, first.key, first.payload)


def _without_key(image: Image.Image, key: tuple[int, int, int], payload: bytes) -> Image.Image:
    """Make one colour of a 16-bit RGB image white, as over white it is.

    The decoder keeps the high bytes. Told that samples stand low byte first it keeps the others.
    """
    lows = open_with("png", payload)
    lows.tile = [tile._replace(args="RGB;16L") for tile in lows.tile]
    lows.load()
    pixels = np.array(image)
    matches = (pixels == np.array([value >> 8 for value in key])).all(axis=2)
    matches &= (np.asarray(lows) == np.array([value & 255 for value in key])).all(axis=2)
    pixels[matches] = 255
    from PIL import Image as images  # noqa: N813, PLC0415  rare

    return images.fromarray(pixels)


def holds_every_row(png: Png) -> bool:
    """Whether the first picture's compressed data unpack to all its rows.

    Decoders take data that end early for an image whose rest is black.
    """
    left = _unpacked_bytes(png.header)
    unpacker = zlib.decompressobj()
    for data in pixel_data(png):
        for at in range(0, len(data), _FED_AT_ONCE):
            part: bytes | memoryview = data[at : at + _FED_AT_ONCE]
            while left > 0 and len(part) and not unpacker.eof:
                left -= len(unpacker.decompress(part, _UNPACKED_AT_ONCE))
                part = unpacker.unconsumed_tail
    return left <= 0


def _unpacked_bytes(header: Header) -> int:
    """Return the bytes of all filtered rows."""
    bits = _CHANNELS[header.colour] * header.depth
    passes = (*_ADAM7, _ADAM7_LAST) if header.interlaced else ((0, 0, 1, 1),)
    total = 0
    for x, y, column_step, row_step in passes:
        columns = -(-(header.width - x) // column_step)
        rows = -(-(header.height - y) // row_step)
        if columns > 0 and rows > 0:
            total += rows * (1 + -(-columns * bits // 8))
    return total
