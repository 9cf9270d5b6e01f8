"""The directories of a TIFF: its pages, checked, and each copied into a TIFF of its own.

Tags are the way into a TIFF decoder: their number, types, counts and offsets are all the file's own
claim, and Pillow warns of many that real cameras write. A decoder is given one page whose directory
is written here anew, from the tags that pixels depend on, every value inside its bounds.

Source: TIFF 6.0, sections 2, 8, 9, 14 and 15; Adobe Photoshop TIFF technical notes; BigTIFF.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from eikona.domain.errors import CorruptImageError, TruncatedImageError, UnsupportedModeError

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_STRIP_OFFSETS, _ORIENTATION, _SAMPLES, _ROWS, _STRIP_BYTES = 273, 274, 277, 278, 279
_PLANAR, _TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_BYTES = 284, 322, 323, 324, 325
_TABLES = 347

_MOST_PIECES = 400_000  # strips or tiles: 100 megapixels in tiles of 16 x 16
_MOST_ENTRIES = 4096  # of a directory; real ones have a few dozen
_MOST_TILE_PIXELS = 1 << 24
# Most values of each tag that is copied: whatever is not named here never reaches a decoder.
_MOST_VALUES = {
    _WIDTH: 1,
    _HEIGHT: 1,
    _BITS: 8,
    _COMPRESSION: 1,
    _PHOTOMETRIC: 1,
    266: 1,  # FillOrder
    _STRIP_OFFSETS: _MOST_PIECES,
    _SAMPLES: 1,
    _ROWS: 1,
    _STRIP_BYTES: _MOST_PIECES,
    _PLANAR: 1,
    292: 1,  # T4Options
    293: 1,  # T6Options
    317: 1,  # Predictor
    320: 3 << 16,  # ColorMap
    _TILE_WIDTH: 1,
    _TILE_HEIGHT: 1,
    _TILE_OFFSETS: _MOST_PIECES,
    _TILE_BYTES: _MOST_PIECES,
    338: 8,  # ExtraSamples
    339: 8,  # SampleFormat
    _TABLES: 1 << 20,
    529: 3,  # YCbCrCoefficients
    530: 2,  # YCbCrSubSampling
    531: 1,  # YCbCrPositioning
    532: 6,  # ReferenceBlackWhite
}
_WHOLE = {1: "B", 3: "H", 4: "L", 6: "b", 8: "h", 9: "l", 13: "L", 16: "Q", 17: "q"}
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_SIZES |= {16: 8, 17: 8, 18: 8}
_BYTE, _SHORT, _LONG, _RATIONAL, _UNDEFINED = 1, 3, 4, 5, 7
# Tags whose values are copied as they stand; one of another type is left out.
_COPIED_KINDS = {
    _TABLES: frozenset({_BYTE, _UNDEFINED}),
    529: frozenset({_SHORT, _LONG, _RATIONAL}),
    532: frozenset({_SHORT, _LONG, _RATIONAL}),
}
# none, three of CCITT, LZW, JPEG, deflate, PackBits, deflate, LZMA, Zstandard, WebP
_COMPRESSIONS = frozenset({1, 2, 3, 4, 5, 7, 8, 32773, 32946, 34925, 50000, 50001})
_PIECEWISE = frozenset({_STRIP_OFFSETS, _STRIP_BYTES, _TILE_OFFSETS, _TILE_BYTES})


@dataclass(frozen=True, slots=True)
class TiffPage:
    """One page as its directory describes it.

    Attributes:
        at: where the directory stands in the file.
        width: as stored, in pixels.
        height: as stored.
        bits: of the first sample.
        orientation: 1 to 8; 1 where the tag is absent or absurd.
        white_is_zero: whether grey runs from white to black.
    """

    at: int
    width: int
    height: int
    bits: int
    orientation: int
    white_is_zero: bool


@dataclass(frozen=True, slots=True)
class _Reader:
    data: bytes
    order: str  # of bytes, as struct names it
    big: bool  # BigTIFF: 64-bit offsets

    @classmethod
    def of(cls, data: bytes) -> "_Reader":
        order = "<" if data[:2] == b"II" else ">"
        return cls(data, order, data[2:4] in {b"+\0", b"\0+"})

    def unpack(self, layout: str, at: int) -> tuple[int, ...]:
        try:
            return struct.unpack_from(self.order + layout, self.data, at)
        except (struct.error, OverflowError) as error:
            raise _truncated() from error

    def offset(self, at: int) -> int:
        return self.unpack("Q" if self.big else "L", at)[0]

    def directory(self, at: int) -> tuple[dict[int, "_Entry"], int]:
        """Return the first entry of each tag that matters, and where the next directory stands."""
        (count,) = self.unpack("Q" if self.big else "H", at)
        if count > _MOST_ENTRIES:
            raise CorruptImageError("the TIFF's directory has absurdly many entries")
        first, size = (at + 8, 20) if self.big else (at + 2, 12)
        entries: dict[int, _Entry] = {}
        for place in range(first, first + size * count, size):
            tag, kind = self.unpack("HH", place)
            if tag in _MOST_VALUES or tag == _ORIENTATION:
                entries.setdefault(tag, _Entry(tag, kind, place))
        return entries, self.offset(first + size * count)

    def value(self, entry: "_Entry") -> tuple[int, bytes]:
        """Return the count and the bytes of an entry's value."""
        count = self.offset(entry.at + 4)
        if not count or entry.kind not in _SIZES or count > _MOST_VALUES[entry.tag]:
            raise CorruptImageError(f"the TIFF's tag {entry.tag} has an absurd type or count")
        size = count * _SIZES[entry.kind]
        place, room = (entry.at + 12, 8) if self.big else (entry.at + 8, 4)
        if size > room:
            place = self.offset(place)
        if place + size > len(self.data):
            raise _truncated()
        return count, self.data[place : place + size]

    def numbers(self, entry: "_Entry") -> tuple[int, ...]:
        """Return an entry's value, whole numbers from 0."""
        count, value = self.value(entry)
        code = _WHOLE.get(entry.kind)
        numbers = struct.unpack(f"{self.order}{count}{code}", value) if code else (-1,)
        if min(numbers) < 0:
            raise CorruptImageError(f"the TIFF's tag {entry.tag} holds no whole numbers")
        return numbers


@dataclass(frozen=True, slots=True)
class _Entry:
    tag: int
    kind: int
    at: int  # where it stands


def tiff_pages(data: bytes) -> Iterator[TiffPage]:
    """Yield the pages in order; a directory that was seen before ends the chain.

    Raises:
        TruncatedImageError: a directory lies beyond the end.
        CorruptImageError: a directory makes no sense.
    """
    reader = _Reader.of(data)
    at = reader.offset(8 if reader.big else 4)
    seen: set[int] = set()
    while at and at not in seen:
        seen.add(at)
        entries, after = reader.directory(at)
        yield _page(reader, at, entries)
        at = after


def page_alone(data: bytes, page: TiffPage) -> bytes:
    """Return a TIFF that holds nothing but ``page``, without its orientation.

    The pixels stay where they are; the new directory stands behind them.

    Raises:
        TruncatedImageError: a value or a strip lies beyond the end.
        UnsupportedModeError: its compression is none of those that are let through.
        CorruptImageError: its tags make no sense.
    """
    reader = _Reader.of(data)
    start = len(data) + len(data) % 2
    entries = _entries(reader, page)
    packed = [struct.pack(reader.order + "H", len(entries))]
    values: list[bytes] = []
    at = start + 2 + 12 * len(entries) + 4
    for tag, (kind, count, value) in sorted(entries.items()):
        place = value.ljust(4, b"\0")
        if len(value) > 4:
            place = struct.pack(reader.order + "L", at)
            values.append(value + b"\0" * (len(value) % 2))
            at += len(values[-1])
        packed.append(struct.pack(reader.order + "HHL", tag, kind, count) + place)
    head = data[:2] + struct.pack(reader.order + "HL", 42, start)
    padding = b"\0" * (start - len(data))
    return b"".join([head, memoryview(data)[8:], padding, *packed, b"\0\0\0\0", *values])


def _page(reader: _Reader, at: int, entries: Mapping[int, _Entry]) -> TiffPage:
    found = {_WIDTH: 0, _HEIGHT: 0, _BITS: 1, _PHOTOMETRIC: 0}
    for tag in found.keys() & entries.keys():
        found[tag] = reader.numbers(entries[tag])[0]
    if not found[_WIDTH] or not found[_HEIGHT]:
        raise CorruptImageError("the TIFF does not say how large its image is")
    return TiffPage(
        at=at,
        width=found[_WIDTH],
        height=found[_HEIGHT],
        bits=found[_BITS],
        orientation=_orientation(reader, entries.get(_ORIENTATION)),
        white_is_zero=found[_PHOTOMETRIC] == 0,
    )


def _orientation(reader: _Reader, entry: _Entry | None) -> int:
    if entry is None or entry.kind != _SHORT or reader.offset(entry.at + 4) != 1:
        return 1
    (value,) = reader.unpack("H", entry.at + (12 if reader.big else 8))
    return value if 1 <= value <= 8 else 1


def _entries(reader: _Reader, page: TiffPage) -> dict[int, tuple[int, int, bytes]]:
    """Return type, count and bytes of every value that the new directory holds."""
    numbers: dict[int, tuple[int, ...]] = {}
    copied: dict[int, tuple[int, int, bytes]] = {}
    for tag, entry in reader.directory(page.at)[0].items():
        if tag in _COPIED_KINDS:
            if entry.kind in _COPIED_KINDS[tag]:
                copied[tag] = entry.kind, *reader.value(entry)
        elif tag != _ORIENTATION:
            numbers[tag] = reader.numbers(entry)
    _check(reader, numbers)
    return {tag: _packed(values, reader.order) for tag, values in numbers.items()} | copied


def _packed(values: tuple[int, ...], order: str) -> tuple[int, int, bytes]:
    kind, code = (_SHORT, "H") if max(values) < 1 << 16 else (_LONG, "L")
    return kind, len(values), struct.pack(f"{order}{len(values)}{code}", *values)


def _check(reader: _Reader, numbers: dict[int, tuple[int, ...]]) -> None:
    """Check what decides how much is read and allocated, and cut the tables to what is needed."""
    compression = numbers.get(_COMPRESSION, (1,))[0]
    if compression not in _COMPRESSIONS:
        msg = f"TIFF compression {compression} is not supported: save with LZW or deflate"
        raise UnsupportedModeError(msg)
    tiled = {_TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS} <= numbers.keys()
    needed = _tiles(numbers) if tiled else _strips(numbers)
    offsets, lengths = (_TILE_OFFSETS, _TILE_BYTES) if tiled else (_STRIP_OFFSETS, _STRIP_BYTES)
    for tag in _PIECEWISE - {offsets, lengths}:
        numbers.pop(tag, None)
    for tag in {offsets, lengths} & numbers.keys():
        if len(numbers[tag]) < needed:
            raise CorruptImageError("the TIFF lists fewer strips or tiles than its image has")
        numbers[tag] = numbers[tag][:needed]
    _check_places(reader, numbers, offsets, lengths)


def _check_places(
    reader: _Reader, numbers: Mapping[int, tuple[int, ...]], offsets: int, lengths: int
) -> None:
    if offsets not in numbers:
        raise CorruptImageError("the TIFF does not say where its pixels are")
    if max(max(values) for values in numbers.values()) >= 1 << 32:
        raise _truncated()
    ends = np.array(numbers[offsets], np.int64)
    if lengths in numbers:
        ends += np.array(numbers[lengths], np.int64)
    if int(ends.max()) > len(reader.data):
        raise _truncated()
    if numbers.get(_COMPRESSION, (1,))[0] == 1 and _raw_bytes(numbers) > len(reader.data):
        raise _truncated()


def _tiles(numbers: Mapping[int, tuple[int, ...]]) -> int:
    across, down = numbers[_TILE_WIDTH][0], numbers[_TILE_HEIGHT][0]
    if not across or not down or across * down > _MOST_TILE_PIXELS:
        raise CorruptImageError("the TIFF has tiles of an absurd size")
    columns = -(-numbers[_WIDTH][0] // across)
    return columns * -(-numbers[_HEIGHT][0] // down) * _planes(numbers)


def _strips(numbers: Mapping[int, tuple[int, ...]]) -> int:
    height = numbers[_HEIGHT][0]
    rows = numbers.get(_ROWS, (height,))[0]
    if not rows:
        raise CorruptImageError("the TIFF has strips of no rows")
    return -(-height // rows) * _planes(numbers)


def _planes(numbers: Mapping[int, tuple[int, ...]]) -> int:
    separate = numbers.get(_PLANAR, (1,))[0] == 2
    return numbers.get(_SAMPLES, (1,))[0] if separate else 1


def _raw_bytes(numbers: Mapping[int, tuple[int, ...]]) -> int:
    bits = numbers.get(_BITS, (1,))
    samples = numbers.get(_SAMPLES, (len(bits),))[0]
    return numbers[_WIDTH][0] * numbers[_HEIGHT][0] * bits[0] * samples // 8


def _truncated() -> TruncatedImageError:
    return TruncatedImageError("the TIFF ends before its last pixel: it was cut short")
