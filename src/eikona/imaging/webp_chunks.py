"""Reads from a WebP's header what its decoder only tells after allocating the canvas.

Source: RFC 9649, sections 2.5 to 2.7.
"""

import struct


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
    """Whether a RIFF container says that it is longer than it is, or lacks even its header."""
    return len(data) < 12 or int.from_bytes(data[4:8], "little") + 8 > len(data)
