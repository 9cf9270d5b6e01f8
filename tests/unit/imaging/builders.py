"""Encoded images made by the tests: by Pillow where it can, by hand where it cannot."""

import io
import struct
import zlib
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]


def photograph(width: int, height: int, seed: int = 0) -> Pixels:
    """Colour with a photograph's spectrum, amplitude falling as the frequency rises, and edges."""
    rng = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(height)[:, np.newaxis], np.fft.rfftfreq(width))
    falling = 1 / np.maximum(frequency, 1 / max(width, height))

    def clouds() -> NDArray[np.float64]:
        phases = np.exp(2j * np.pi * rng.random(frequency.shape))
        plane = np.fft.irfft2(falling * phases, (height, width))
        return plane / max(plane.std(), 1e-9)

    light = 40 * clouds()
    x, y = np.linspace(0, 1, width)[np.newaxis, :], np.linspace(0, 1, height)[:, np.newaxis]
    for _ in range(6):
        cx, cy, radius = rng.random(3) * (1, 1, 0.3)
        light[(x - cx) ** 2 + (y - cy) ** 2 < radius * radius] += rng.normal() * 40
    colours = [120 + light + 12 * clouds() for _ in range(3)]
    return np.clip(np.rint(np.stack(colours, axis=-1)), 0, 255).astype(np.uint8)


def noise(width: int, height: int, channels: int = 3, seed: int = 0) -> Pixels:
    rng = np.random.default_rng(seed)
    shape = (height, width, channels) if channels > 1 else (height, width)
    return rng.integers(0, 256, shape, dtype=np.uint8)


def luma_of_rgb(pixels: Pixels) -> Pixels:
    """The design's formula, written out."""
    r, g, b = (pixels[..., k].astype(np.int64) for k in range(3))
    return ((19595 * r + 38470 * g + 7471 * b + 32768) >> 16).astype(np.uint8)


def saved(image: Image.Image | Pixels, kind: str, **options: object) -> bytes:
    """Encode by Pillow; ``kind`` is Pillow's name of the format."""
    out = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(out, kind, **options)
    return out.getvalue()


# PNG


def chunk(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">L", len(body)) + kind + body + struct.pack(">L", zlib.crc32(kind + body))


def ihdr(width: int, height: int, depth: int = 8, colour: int = 2, interlaced: int = 0) -> bytes:
    return chunk(b"IHDR", struct.pack(">LLBBBBB", width, height, depth, colour, 0, 0, interlaced))


PNG = b"\x89PNG\r\n\x1a\n"


def png(
    width: int,
    height: int,
    rows: bytes,
    *,
    depth: int = 8,
    colour: int = 2,
    before: bytes = b"",
    after: bytes = b"",
) -> bytes:
    """A PNG of ``rows``, filter bytes included, with chunks around the pixels."""
    pixels = chunk(b"IDAT", zlib.compress(rows))
    return PNG + ihdr(width, height, depth, colour) + before + pixels + after + chunk(b"IEND")


def plain_rows(pixels: NDArray[np.generic]) -> bytes:
    """Rows as PNG packs them, each without a filter; 16-bit samples are given as ``>u2``."""
    return b"".join(b"\0" + row.tobytes() for row in pixels)


def packed_rows(samples: Pixels, depth: int) -> bytes:
    """Rows of 1, 2 or 4 bits a sample."""
    bits = np.unpackbits(samples[..., np.newaxis], axis=-1)[..., 8 - depth :]
    flat = bits.reshape(samples.shape[0], -1)
    return b"".join(b"\0" + np.packbits(row).tobytes() for row in flat)


_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))


def interlaced_png(pixels: Pixels) -> bytes:
    """RGB in seven passes."""
    height, width = pixels.shape[:2]
    rows = b"".join(
        plain_rows(pixels[y::row_step, x::column_step])
        for x, y, column_step, row_step in (*_ADAM7, (0, 1, 1, 2))
        if pixels[y::row_step, x::column_step].size
    )
    return (
        PNG
        + ihdr(width, height, interlaced=1)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND")
    )


def chunks_of(data: bytes) -> list[tuple[bytes, bytes]]:
    """Kind and body of each chunk of a PNG."""
    found, at = [], 8
    while at < len(data):
        length, kind = struct.unpack_from(">L4s", data, at)
        found.append((kind, data[at + 8 : at + 8 + length]))
        at += 12 + length
    return found


# EXIF


def exif(
    value: int,
    *,
    order: str = "<",
    kind: int = 3,
    count: int = 1,
    tag: int = 0x0112,
    entries: int = 1,
    at: int = 8,
) -> bytes:
    """A TIFF structure that holds an orientation, wrong in whatever way is asked for."""
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HL", 42, at)
    field = struct.pack(order + ("H2x" if kind == 3 else "L"), value)
    entry = struct.pack(order + "HHL", tag, kind, count) + field
    return head + struct.pack(order + "H", entries) + entry + b"\0\0\0\0"


def jpeg_with_segment(data: bytes, marker: int, body: bytes) -> bytes:
    """Insert a segment behind the start of a JPEG."""
    return data[:2] + struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body + data[2:]


def with_exif(data: bytes, block: bytes) -> bytes:
    """Put an EXIF block into a JPEG, PNG or WebP without asking any encoder."""
    if data[:2] == b"\xff\xd8":
        return jpeg_with_segment(data, 0xE1, b"Exif\0\0" + block)
    if data.startswith(PNG):
        return data[:33] + chunk(b"eXIf", block) + data[33:]
    return webp_with_exif(data, block)


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"WEBP" + b"".join(
        kind + struct.pack("<L", len(part)) + part + b"\0" * (len(part) % 2)
        for kind, part in chunks
    )
    return b"RIFF" + struct.pack("<L", len(body)) + body


def webp_with_exif(data: bytes, block: bytes) -> bytes:
    """Wrap a simple WebP into the extended form with an EXIF chunk."""
    kind, (size,) = data[12:16], struct.unpack_from("<L", data, 16)
    image = data[20 : 20 + size]
    width, height = Image.open(io.BytesIO(data)).size
    canvas = struct.pack("<LHBHB", 8, width - 1, 0, height - 1, 0)
    return riff((b"VP8X", canvas), (kind, image), (b"EXIF", block))


# What a camera stores of an upright picture under each orientation, from the EXIF standard's table
# of where the 0th row and column lie.
ORIENTED: dict[int, Callable[[NDArray[np.generic]], NDArray[np.generic]]] = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: a.swapaxes(0, 1)[::-1],
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: a.swapaxes(0, 1)[:, ::-1],
}


# GIF


def gif(width: int, height: int, *blocks: bytes, trailer: bytes = b";") -> bytes:
    """Screen with a palette of four greys, then ``blocks``."""
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x81, 0, 0)
    return (
        screen
        + bytes(v for grey in (0, 85, 170, 255) for v in (grey,) * 3)
        + b"".join(blocks)
        + trailer
    )


def gif_image(x: int, y: int, width: int, height: int, index: int = 1) -> bytes:
    """One image of one colour: each pixel a literal code, the table cleared before it grows."""
    codes = []
    for k in range(width * height):
        if k % 2 == 0:
            codes.append(4)  # clear
        codes.append(index)
    codes.append(5)  # end
    bits = sum(code << 3 * k for k, code in enumerate(codes))
    packed = bits.to_bytes(-(-3 * len(codes) // 8), "little")
    blocks = [packed[k : k + 255] for k in range(0, len(packed), 255)]
    return (
        b","
        + struct.pack("<HHHHB", x, y, width, height, 0)
        + b"\2"
        + b"".join(bytes([len(block)]) + block for block in blocks)
        + b"\0"
    )


# TIFF


def tiff(
    tags: dict[int, tuple[int, Sequence[int]]],
    pixels: bytes,
    *,
    order: str = "<",
    big: bool = False,
    after: int = 0,
) -> bytes:
    """A TIFF of one directory behind its pixels, which begin at byte 16.

    ``tags`` maps a tag to type and values; a strip's offset is given by the test.
    """
    sizes = {1: "B", 3: "H", 4: "L", 16: "Q"}
    start = 16 + len(pixels) + len(pixels) % 2
    mark = b"II" if order == "<" else b"MM"
    if big:
        head = mark + struct.pack(order + "HHHQ", 43, 8, 0, start)
    else:
        head = (mark + struct.pack(order + "HL", 42, start)).ljust(16, b"\0")
    room, word = (8, "Q") if big else (4, "L")
    directory = struct.pack(order + ("Q" if big else "H"), len(tags))
    values = b""
    at = start + len(directory) + len(tags) * (20 if big else 12) + room
    for tag, (kind, numbers) in sorted(tags.items()):
        value = struct.pack(f"{order}{len(numbers)}{sizes[kind]}", *numbers)
        directory += struct.pack(order + "HH" + word, tag, kind, len(numbers))
        if len(value) > room:
            directory += struct.pack(order + word, at + len(values))
            values += value
        else:
            directory += value.ljust(room, b"\0")
    return (
        head
        + pixels.ljust(start - 16, b"\0")
        + directory
        + struct.pack(order + word, after)
        + values
    )


def grey_tiff(pixels: Pixels, **changes: tuple[int, Sequence[int]]) -> bytes:
    """An uncompressed grey TIFF; ``t256=(3, [1])`` replaces a tag, ``t256=None`` drops it."""
    height, width = pixels.shape
    tags = {
        256: (3, [width]),
        257: (3, [height]),
        258: (3, [8]),
        259: (3, [1]),
        262: (3, [1]),
        273: (4, [16]),
        277: (3, [1]),
        278: (4, [height]),
        279: (4, [width * height]),
    }
    tags |= {int(name[1:]): tag for name, tag in changes.items()}
    return tiff({k: v for k, v in tags.items() if v is not None}, pixels.tobytes())


# BMP


def bmp(
    width: int,
    height: int,
    pixels: bytes,
    *,
    bits: int = 24,
    compression: int = 0,
    palette: bytes = b"",
    masks: Iterable[int] = (),
) -> bytes:
    """A Windows bitmap with a version 4 header where masks are given, else version 3."""
    mask_bytes = b"".join(struct.pack("<L", mask) for mask in masks)
    size = 108 if mask_bytes else 40
    colours = len(palette) // 4
    info = struct.pack(
        "<LllHHLLllLL", size, width, height, 1, bits, compression, len(pixels), 0, 0, colours, 0
    )
    info = (info + mask_bytes).ljust(size, b"\0")
    start = 14 + len(info) + len(palette)
    head = b"BM" + struct.pack("<LHHL", start + len(pixels), 0, 0, start)
    return head + info + palette + pixels


# one small file of every kind that the decoders know


def corpus() -> dict[str, bytes]:
    """Small files that between them reach most of every decoder."""
    rgb = photograph(48, 40)
    image = Image.fromarray(rgb)
    grey = image.convert("L")
    alpha = image.convert("RGBA")
    alpha.putalpha(grey)
    frames = [Image.fromarray(photograph(32, 24, seed)) for seed in range(4)]
    animated = {"save_all": True, "append_images": frames[1:]}
    deep = (rgb.astype(">u2") * 257).astype(">u2")
    palette = image.quantize(16)
    files = {
        "jpeg": saved(image, "JPEG", quality=80),
        "jpeg-progressive": saved(image, "JPEG", progressive=True),
        "jpeg-grey": saved(grey, "JPEG"),
        "jpeg-cmyk": saved(image.convert("CMYK"), "JPEG"),
        "jpeg-restarts": saved(image, "JPEG", restart_marker_blocks=2),
        "jpeg-exif": with_exif(saved(image, "JPEG"), exif(6)),
        "png": saved(image, "PNG"),
        "png-grey16": png(48, 40, plain_rows(deep[..., 0]), depth=16, colour=0),
        "png-rgb16": png(48, 40, plain_rows(deep), depth=16),
        "png-palette": saved(palette, "PNG", transparency=3),
        "png-interlaced": interlaced_png(rgb),
        "png-alpha": saved(alpha, "PNG"),
        "png-exif": with_exif(saved(image, "PNG"), exif(5)),
        "png-text": png(
            8, 8, b"\0" * 200, before=chunk(b"zTXt", b"k\0\0" + zlib.compress(b"text"))
        ),
        "apng": saved(frames[0], "PNG", **animated),
        "gif": saved(palette, "GIF"),
        "gif-animated": saved(frames[0], "GIF", disposal=2, **animated),
        "gif-transparent": saved(palette, "GIF", transparency=2),
        "webp": saved(image, "WEBP"),
        "webp-lossless": saved(image, "WEBP", lossless=True),
        "webp-alpha": saved(alpha, "WEBP"),
        "webp-animated": saved(frames[0], "WEBP", **animated),
        "webp-exif": with_exif(saved(image, "WEBP"), exif(3)),
        "avif": saved(image, "AVIF", speed=10),
        "avif-alpha": saved(alpha, "AVIF", speed=10),
        "avif-turned": saved(image, "AVIF", speed=10, exif=b"Exif\0\0" + exif(6)),
        "avif-animated": saved(frames[0], "AVIF", speed=10, **animated),
        "tiff": saved(image, "TIFF"),
        "tiff-pages": saved(frames[0], "TIFF", compression="tiff_lzw", **animated),
        "tiff-palette": saved(palette, "TIFF"),
        "tiff-1bit": saved(image.convert("1"), "TIFF", compression="group4"),
        "tiff-float": saved(grey.convert("F"), "TIFF"),
        "tiff-big": tiff(TIFF_RGB | {273: (16, [16])}, rgb.tobytes(), order=">", big=True),
        "bmp": saved(image, "BMP"),
        "bmp-palette": saved(palette, "BMP"),
        "bmp-1bit": saved(image.convert("1"), "BMP"),
        "bmp-rle": bmp(4, 2, b"\x04\x01\0\0\x04\0\0\1", bits=8, compression=1, palette=bytes(16)),
        "bmp-alpha": bmp(2, 2, bytes(range(16)), bits=32, compression=3, masks=BMP_MASKS),
    }
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "zstd", "lzma"):
        files[f"tiff-{compression}"] = saved(image, "TIFF", compression=compression)
    return files


TIFF_RGB = {
    256: (3, [48]),
    257: (3, [40]),
    258: (3, [8, 8, 8]),
    259: (3, [1]),
    262: (3, [2]),
    273: (4, [16]),
    277: (3, [3]),
    278: (4, [40]),
    279: (4, [48 * 40 * 3]),
}
BMP_MASKS = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
