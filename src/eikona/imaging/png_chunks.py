"""The chunks of a PNG: checked, counted, and copied without what no pixel depends on.

A decoder that also unpacks texts and profiles, and believes them, is a way in. It is given the
image alone: header, palette, transparency, pixels, frames. As in browsers, damage in a chunk of
pixels is an error, in any other it loses that chunk, and a faulty animation is a still image.

Source: W3C, Portable Network Graphics (third edition), sections 5, 11 and 12; 11.3.6 for APNG.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from eikona.domain.errors import CorruptImageError, TruncatedImageError

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MOST_CHUNKS = 200_000  # 250 bytes each in the largest file that is read
_GREY, _COLOUR, _PALETTE = 0, 2, 3  # colour types that tRNS applies to
_COLOUR_TYPES = frozenset({0, 2, 3, 4, 6})

Key = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Header:
    """The fields of IHDR."""

    width: int
    height: int
    depth: int  # bits a sample
    colour: int
    interlaced: bool


@dataclass(frozen=True, slots=True)
class Png:
    """A PNG without its metadata.

    Attributes:
        header: size and kind of its pixels.
        frames: pictures in it; a default image that stands outside the animation counts.
        payload: a PNG of the same pixels.
        exif: body of the eXIf chunk; empty where there is none.
        key: the colour that is transparent in 16-bit RGB, which 8-bit pixels cannot tell.
    """

    header: Header
    frames: int
    payload: bytes
    exif: bytes
    key: Key | None


@dataclass(frozen=True, slots=True)
class _Chunk:
    kind: bytes
    start: int  # of the whole chunk in the file
    end: int
    body: memoryview
    crc: int


@dataclass(slots=True)
class _Parts:
    """What was found so far."""

    header: Header
    palette: bytes = b""
    transparency: bytes = b""
    key: Key | None = None
    exif: bytes = b""
    pixels: tuple[int, int] | None = None  # where the run of IDAT chunks begins and ends
    plays: bytes | None = None  # how often an animation repeats; None in still images
    first: _Chunk | None = None  # fcTL in front of IDAT
    sequence: list[_Chunk] = field(default_factory=list)  # fcTL and fdAT behind IDAT
    later_frames: int = 0
    whole: bool = False  # IEND was reached


def read_png(data: bytes, most_frames: int) -> Png:
    """Walk all chunks.

    Args:
        data: the whole file.
        most_frames: how many frames to count at most.

    Raises:
        TruncatedImageError: the data end inside a chunk, or before the pixels.
        CorruptImageError: a chunk that the pixels need is damaged or missing.
    """
    chunks = _chunks(data)
    parts = _Parts(_header(next(chunks, None)))
    counted_all = True
    for chunk in chunks:
        if parts.later_frames > most_frames + 1:
            counted_all = False
            break
        _take(parts, chunk)
        parts.whole = chunk.kind == b"IEND"
    if parts.pixels is None:
        if parts.whole:
            raise CorruptImageError("the PNG holds no pixels")
        raise _truncated()
    if parts.header.colour == _PALETTE and not parts.palette:
        raise CorruptImageError("the PNG lacks its palette")
    if parts.plays is not None and counted_all and not parts.whole:
        raise _truncated()
    later = _animation(parts)
    payload = _payload(data, parts, later)
    return Png(parts.header, 1 + len(later), payload, parts.exif, parts.key)


def pixel_data(png: Png) -> Iterator[memoryview]:
    """Yield the pieces of the first picture's compressed data."""
    return (chunk.body for chunk in _chunks(png.payload) if chunk.kind == b"IDAT")


def _chunks(data: bytes) -> Iterator[_Chunk]:
    """Yield the chunks up to IEND, or up to the end where that is missing."""
    view, at = memoryview(data), len(_SIGNATURE)
    for _ in range(_MOST_CHUNKS):
        if at + 8 > len(data):
            return
        length, kind = struct.unpack_from(">L4s", data, at)
        end = at + 12 + length
        if not kind.isalpha():
            raise CorruptImageError("the PNG's chunks are damaged")
        if end > len(data) and kind != b"IEND":
            raise _truncated()
        crc = int.from_bytes(view[end - 4 : end], "big")
        yield _Chunk(kind, at, end, view[at + 8 : end - 4], crc)
        if kind == b"IEND":
            return
        at = end
    raise CorruptImageError("the PNG consists of absurdly many chunks")


def _is_sound(chunk: _Chunk) -> bool:
    return zlib.crc32(chunk.body, zlib.crc32(chunk.kind)) == chunk.crc


def _header(chunk: _Chunk | None) -> Header:
    if chunk is None:
        raise _truncated()
    if chunk.kind != b"IHDR" or len(chunk.body) != 13 or not _is_sound(chunk):
        raise CorruptImageError("the PNG's header is damaged")
    width, height, depth, colour, _, _, interlace = struct.unpack(">LLBBBBB", chunk.body)
    if colour not in _COLOUR_TYPES or not width or not height:
        raise CorruptImageError("the PNG's header is damaged")
    return Header(width, height, depth, colour, interlaced=bool(interlace))


def _take(parts: _Parts, chunk: _Chunk) -> None:
    """Keep what the pixels need of ``chunk``."""
    if chunk.kind == b"IDAT":
        if parts.pixels is None or parts.pixels[1] == chunk.start:  # one unbroken run
            _demand_sound(chunk)
            parts.pixels = (parts.pixels or (chunk.start, 0))[0], chunk.end
    elif chunk.kind in {b"fcTL", b"fdAT"}:
        _take_frame(parts, chunk)
    elif chunk.kind == b"eXIf":
        if not parts.exif and _is_sound(chunk):
            parts.exif = bytes(chunk.body)
    elif parts.pixels is None:
        _take_before_pixels(parts, chunk)


def _take_before_pixels(parts: _Parts, chunk: _Chunk) -> None:
    if chunk.kind == b"PLTE":
        _demand_sound(chunk)
        parts.palette = bytes(chunk.body[:768])
    elif chunk.kind == b"tRNS" and _is_sound(chunk):
        _take_transparency(parts, bytes(chunk.body))
    elif chunk.kind == b"acTL" and len(chunk.body) == 8 and _is_sound(chunk):
        parts.plays = bytes(chunk.body[4:])


def _take_transparency(parts: _Parts, body: bytes) -> None:
    """Bring the transparent value to the scale that the decoder compares at."""
    colour, depth = parts.header.colour, parts.header.depth
    if colour == _PALETTE:
        parts.transparency = body[:256]
    elif colour == _GREY and len(body) == 2:
        value = int.from_bytes(body, "big") & ((1 << depth) - 1)
        # Samples of 2 and 4 bits are widened to 8 and then compared.
        scale = {2: 85, 4: 17}.get(depth, 1)
        parts.transparency = struct.pack(">H", value * scale)
    elif colour == _COLOUR and len(body) == 6:
        red, green, blue = struct.unpack(">3H", body)
        if depth == 16:
            parts.key = red, green, blue
        else:
            parts.transparency = struct.pack(">3H", red & 255, green & 255, blue & 255)


def _take_frame(parts: _Parts, chunk: _Chunk) -> None:
    if parts.plays is None:
        return
    _demand_sound(chunk)
    if parts.pixels is not None:
        parts.sequence.append(chunk)
        parts.later_frames += chunk.kind == b"fcTL"
    elif chunk.kind == b"fcTL" and parts.first is None:
        parts.first = chunk
    else:
        parts.plays = None  # faulty


def _animation(parts: _Parts) -> list[list[_Chunk]]:
    """Return the later frames, each its fcTL and its fdATs; none where the animation is faulty."""
    if parts.plays is None:
        return []
    header, first = parts.header, parts.first
    if first is not None and not _covers(first, header):
        return []
    frames: list[list[_Chunk]] = []
    for number, chunk in enumerate(parts.sequence, 0 if first is None else 1):
        if int.from_bytes(chunk.body[:4], "big") != number:
            return []
        if chunk.kind == b"fcTL":
            if not _fits(chunk, header) or (frames and len(frames[-1]) < 2):
                return []
            frames.append([chunk])
        elif not frames or len(chunk.body) < 4:
            return []
        else:
            frames[-1].append(chunk)
    if frames and len(frames[-1]) < 2:
        frames.pop()  # cut short, or counted no further
    return frames


def _fits(control: _Chunk, header: Header) -> bool:
    if len(control.body) != 26:
        return False
    width, height, x, y = struct.unpack_from(">4L", control.body, 4)
    return bool(width and height and x + width <= header.width and y + height <= header.height)


def _covers(control: _Chunk, header: Header) -> bool:
    """Whether the first frame, number 0, is the whole canvas, as it must be."""
    whole = struct.pack(">5L", 0, header.width, header.height, 0, 0)
    return len(control.body) == 26 and control.body[:20] == whole


def _payload(data: bytes, parts: _Parts, later: list[list[_Chunk]]) -> bytes:
    view = memoryview(data)
    pieces: list[bytes | memoryview] = [view[: len(_SIGNATURE) + 25]]  # and IHDR
    if later and parts.plays is not None:
        frames = len(later) + (parts.first is not None)
        pieces.append(_packed(b"acTL", struct.pack(">L", frames) + parts.plays))
    if parts.palette:
        pieces.append(_packed(b"PLTE", parts.palette))
    if parts.transparency:
        pieces.append(_packed(b"tRNS", parts.transparency))
    if later and parts.first is not None:
        pieces.append(view[parts.first.start : parts.first.end])
    if parts.pixels is not None:
        pieces.append(view[slice(*parts.pixels)])
    for frame in later:
        pieces += [view[chunk.start : chunk.end] for chunk in frame]
    pieces.append(_packed(b"IEND", b""))
    return b"".join(pieces)


def _packed(kind: bytes, body: bytes) -> bytes:
    crc = struct.pack(">L", zlib.crc32(body, zlib.crc32(kind)))
    return struct.pack(">L", len(body)) + kind + body + crc


def _demand_sound(chunk: _Chunk) -> None:
    if not _is_sound(chunk):
        raise CorruptImageError(f"the PNG's {chunk.kind.decode()} chunk is damaged")


def _truncated() -> TruncatedImageError:
    return TruncatedImageError("the PNG ends before its last pixel: it was cut short")
