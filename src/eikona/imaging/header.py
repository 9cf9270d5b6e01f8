"""Reads from headers what Pillow would only tell after allocating or decoding.

Source: RFC 9649 (WebP), sections 2.5 to 2.7; GIF89a specification, sections 17 to 23.
"""

import struct

_VP8X_FLAGS = 20  # offset of the extended header's flags; its canvas size follows at 24
_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B  # GIF block introducers
_GIF_HEADER = 13  # bytes before the global colour table


def webp_canvas(head: bytes) -> tuple[int, int] | None:
    """Return width and height of a WebP image, or None where the header is cut short.

    Args:
        head: the first 30 bytes of the file, or more.
    """
    kind = head[12:16]
    try:
        if kind == b"VP8X":
            width, high_width, height, high_height = struct.unpack_from("<HBHB", head, 24)
            return width + (high_width << 16) + 1, height + (high_height << 16) + 1
        if kind == b"VP8L":
            (packed,) = struct.unpack_from("<L", head, 21)
            return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
        if kind == b"VP8 ":
            width, height = struct.unpack_from("<HH", head, 26)
            return width & 0x3FFF, height & 0x3FFF
    except struct.error:
        return None
    return None


def riff_is_cut_short(data: bytes) -> bool:
    """Whether a RIFF container says that it is longer than it is."""
    return data[:4] == b"RIFF" and int.from_bytes(data[4:8], "little") + 8 > len(data)


def count_gif_frames(data: bytes, most: int) -> int:
    """Count image blocks of a GIF without decoding one, up to ``most``.

    Returns:
        The count; what stands before the damage where the file is damaged.
    """
    frames, at = 0, _GIF_HEADER + _colour_table_bytes(data[10:11])
    while frames < most and at < len(data):
        introducer = data[at]
        if introducer == _EXTENSION:
            at = _skip_sub_blocks(data, at + 2)
        elif introducer == _IMAGE:
            frames += 1
            at += 10 + _colour_table_bytes(data[at + 9 : at + 10])
            at = _skip_sub_blocks(data, at + 1)
        elif introducer == _TRAILER:
            break
        else:
            at += 1  # decoders skip stray bytes between blocks
    return frames


def _colour_table_bytes(flags: bytes) -> int:
    if not flags or not flags[0] & 0x80:
        return 0
    return 3 << ((flags[0] & 7) + 1)


def _skip_sub_blocks(data: bytes, at: int) -> int:
    while at < len(data) and data[at]:
        at += data[at] + 1
    return at + 1
