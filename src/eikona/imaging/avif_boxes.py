"""The boxes of an AVIF file: whether one is cut short, and where the EXIF block hides.

Pillow parses that block while opening, refuses the image where it is broken, and warns. Orientation
stands in the image's own properties, so that nothing is lost when the decoder does not see EXIF.

Source: ISO/IEC 14496-12, 4.2 and 8.11.6; ISO/IEC 23008-12, annex A (Exif items).
"""

import struct
from collections.abc import Iterator

from eikona.domain.errors import CorruptImageError, TruncatedImageError

_KNOWN = frozenset({b"ftyp", b"meta", b"mdat", b"moov", b"free", b"idat"})
_EXIF = b"Exif"
_HIDDEN = b"hide"  # a type that no decoder asks for
_MOST_BOXES = 65536  # of one level


def without_exif(data: bytes) -> bytes:
    """Return ``data`` with its EXIF items renamed, so that no decoder parses them.

    Raises:
        TruncatedImageError: a box reaches beyond the end.
        CorruptImageError: there are absurdly many boxes.
    """
    places = [
        at
        for kind, start, end in _boxes(data, 0, len(data), outermost=True)
        if kind in {b"meta", b"moov"}
        for at in _exif_types(data, kind, start, end)
    ]
    if not places:
        return data
    renamed = bytearray(data)
    for at in places:
        renamed[at : at + 4] = _HIDDEN
    return bytes(renamed)


def _boxes(
    data: bytes, at: int, stop: int, *, outermost: bool = False
) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, start and end of the content of each box between ``at`` and ``stop``."""
    for _ in range(_MOST_BOXES):
        if at + 8 > stop:
            return
        size, kind = struct.unpack_from(">L4s", data, at)
        start = at + 8
        if size == 1 and start + 8 <= stop:
            (size,) = struct.unpack_from(">Q", data, start)
            start += 8
        end = at + size if size else stop
        if end > stop or end < start:
            if outermost and kind in _KNOWN:
                msg = "the AVIF file ends before its last pixel: it was cut short"
                raise TruncatedImageError(msg)
            return  # what follows the image is nobody's business
        yield kind, start, end
        at = end
    raise CorruptImageError("the AVIF file consists of absurdly many boxes")


def _exif_types(data: bytes, kind: bytes, start: int, end: int) -> Iterator[int]:
    """Yield where the types of EXIF items stand within one box."""
    if kind == b"infe":
        version = data[start] if start < end else 0
        at = start + (10 if version == 3 else 8)  # version and flags, item, protection
        if version >= 2 and data[at : at + 4] == _EXIF:
            yield at
        return
    skip = {b"meta": 4, b"iinf": 4 + (2 if data[start : start + 1] == b"\0" else 4)}.get(kind, 0)
    inner = {
        b"moov": {b"trak"},
        b"trak": {b"meta"},
        b"meta": {b"iinf"},
        b"iinf": {b"infe"},
    }[kind]
    for child, child_start, child_end in _boxes(data, start + skip, end):
        if child in inner:
            yield from _exif_types(data, child, child_start, child_end)
