"""The boxes of an AVIF file: whether one is cut short, how large it claims to be, where EXIF hides.

Pillow parses the EXIF block while opening, refuses the image where it is broken, and warns.
Orientation stands in the image's own properties: nothing is lost when no decoder sees EXIF.

Source: ISO/IEC 14496-12, 4.2 and 8.11; ISO/IEC 23008-12, 6.5.3 (ispe) and annex A (Exif items).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from eikona.domain.errors import CorruptImageError, TruncatedImageError

_KNOWN = frozenset({b"ftyp", b"meta", b"mdat", b"moov", b"free", b"idat"})
_TELLING = frozenset({b"meta", b"moov"})  # one of them says what the file holds
_INSIDE = {
    b"moov": frozenset({b"trak"}),
    b"trak": frozenset({b"meta"}),
    b"meta": frozenset({b"iinf", b"iprp"}),
    b"iinf": frozenset({b"infe"}),
    b"iprp": frozenset({b"ipco"}),
    b"ipco": frozenset({b"ispe"}),
}
_EXIF = b"Exif"
_HIDDEN = b"hide"  # a type that no decoder asks for
_MOST_BOXES = 65536  # of one level


@dataclass(frozen=True, slots=True)
class Avif:
    """What the boxes say.

    Attributes:
        payload: the file with its EXIF items renamed, so that no decoder parses them.
        width: of the largest image that is described, in pixels; 0 where none is.
        height: of the same.
    """

    payload: bytes
    width: int
    height: int


def read_avif(data: bytes) -> Avif:
    """Walk the boxes.

    Raises:
        TruncatedImageError: a box reaches beyond the end, or those that matter are missing.
        CorruptImageError: there are absurdly many boxes.
    """
    boxes = list(_boxes(data, 0, len(data), outermost=True))
    told = [box for box in boxes if box[0] in _TELLING]
    # Small images may lie in a box inside the one that describes them.
    if not told or (all(box[0] != b"mdat" for box in boxes) and b"idat" not in data):
        raise _truncated()
    leaves = [leaf for box in told for leaf in _leaves(data, *box)]
    sizes = [
        struct.unpack_from(">LL", data, start + 4)
        for kind, start, end in leaves
        if kind == b"ispe" and end - start >= 12
    ]
    width, height = max(sizes, key=lambda size: size[0] * size[1], default=(0, 0))
    places = [
        at
        for kind, start, _ in leaves
        if kind == b"infe" and (at := _item_type(data, start)) and data[at : at + 4] == _EXIF
    ]
    if not places:
        return Avif(data, width, height)
    renamed = bytearray(data)
    for at in places:
        renamed[at : at + 4] = _HIDDEN
    return Avif(bytes(renamed), width, height)


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
                raise _truncated()
            return  # what follows the image is nobody's business
        yield kind, start, end
        at = end
    raise CorruptImageError("the AVIF file consists of absurdly many boxes")


def _leaves(data: bytes, kind: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield the boxes that hold no others, of those that are asked for."""
    if kind not in _INSIDE:
        yield kind, start, end
        return
    count_bytes = 2 if data[start : start + 1] == b"\0" else 4
    skip = {b"meta": 4, b"iinf": 4 + count_bytes}.get(kind, 0)
    for child, child_start, child_end in _boxes(data, start + skip, end):
        if child in _INSIDE[kind]:
            yield from _leaves(data, child, child_start, child_end)


def _item_type(data: bytes, start: int) -> int:
    """Return where the type of an item stands, behind version, flags, item and protection."""
    version = data[start] if start < len(data) else 0
    return start + {2: 8, 3: 10}[version] if version in {2, 3} else 0


def _truncated() -> TruncatedImageError:
    return TruncatedImageError("the AVIF file ends before its last pixel: it was cut short")
