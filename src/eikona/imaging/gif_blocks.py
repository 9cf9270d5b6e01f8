"""The blocks of a GIF, walked without decoding one.

Source: GIF89a specification, sections 17 to 23.
"""

import re
import struct
from dataclasses import dataclass

from eikona.domain.errors import CorruptImageError, TruncatedImageError

_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_INTRODUCER = re.compile(rb"[\x21\x2c\x3b]")
_HEADER = 13  # bytes before the global colour table
_DESCRIPTOR = 10  # bytes of an image block before its colour table
_MOST_SUB_BLOCKS = 2_000_000  # 255 bytes each in what encoders write


@dataclass(frozen=True, slots=True)
class GifLayout:
    """What the blocks say.

    Attributes:
        frames: image blocks, counted up to the bound that was asked for.
        width: of a canvas that holds every counted frame, in pixels.
        height: of the same.
    """

    frames: int
    width: int
    height: int


def read_gif(data: bytes, most_frames: int) -> GifLayout:
    """Walk the blocks up to the trailer, or to frame number ``most_frames``.

    A missing trailer is let pass, as everywhere: nothing visible is missing.

    Raises:
        TruncatedImageError: the data end inside a block, or before any image.
        CorruptImageError: there is no image, or there are absurdly many blocks.
    """
    if len(data) < _HEADER:
        raise _truncated()
    width, height = struct.unpack_from("<HH", data, 6)
    frames, left = 0, _MOST_SUB_BLOCKS
    at = _HEADER + _colour_table_bytes(data[10])
    # Decoders step over stray bytes between blocks.
    while frames < most_frames and (found := _INTRODUCER.search(data, at)):
        at = found.start()
        if data[at] == _TRAILER:
            break
        if data[at] == _EXTENSION:
            at, left = _skip_sub_blocks(data, at + 2, left)
            continue
        if at + _DESCRIPTOR > len(data):
            raise _truncated()
        x, y, w, h, flags = struct.unpack_from("<HHHHB", data, at + 1)
        width, height, frames = max(width, x + w), max(height, y + h), frames + 1
        at += _DESCRIPTOR + _colour_table_bytes(flags)
        at, left = _skip_sub_blocks(data, at + 1, left)  # behind the minimum code size
    if not frames:
        if _INTRODUCER.search(data, at):
            raise CorruptImageError("the GIF holds no image")
        raise _truncated()
    return GifLayout(frames, width, height)


def _colour_table_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _skip_sub_blocks(data: bytes, at: int, left: int) -> tuple[int, int]:
    """Return where the chain that begins at ``at`` ends, and how many blocks may still come."""
    size = len(data)
    while at < size and (length := data[at]):
        at += length + 1
        left -= 1
        if not left:
            raise CorruptImageError("the GIF consists of absurdly many blocks")
    if at >= size:
        raise _truncated()
    return at + 1, left


def _truncated() -> TruncatedImageError:
    return TruncatedImageError("the GIF ends before its last pixel: it was cut short")
