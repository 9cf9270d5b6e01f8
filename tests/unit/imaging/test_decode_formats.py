"""Every format and colour mode becomes the luma that it stands for."""

import contextlib
import io
import struct

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

import eikona
from eikona.domain.errors import (
    CorruptImageError,
    InvalidImageError,
    NotAnImageError,
    UnsupportedFormatError,
    UnsupportedModeError,
)
from eikona.domain.fingerprint import DecodeMode
from eikona.domain.limits import DEFAULT_LIMITS
from eikona.imaging import decoders
from eikona.imaging.decode import decode, decode_grey_as_stored
from tests.unit.imaging import builders
from tests.unit.imaging.builders import (
    ORIENTED,
    chunk,
    exif,
    luma_of_rgb,
    noise,
    packed_rows,
    photograph,
    plain_rows,
    png,
    saved,
)

RGB = photograph(64, 48)
IMAGE = Image.fromarray(RGB)
GREY = IMAGE.convert("L")
ALPHA = Image.merge("RGBA", (*IMAGE.split(), Image.new("L", IMAGE.size, 255)))
PALETTE = IMAGE.quantize(256)
LUMA = luma_of_rgb(RGB)


def exact(data):
    return decode(data, mode=DecodeMode.EXACT, limits=DEFAULT_LIMITS)


def luma(data):
    return exact(data).luma


def error_of(data):
    with pytest.raises(InvalidImageError) as caught:
        exact(data)
    return caught.value


def assert_near(found, expected, *, mean):
    assert found.shape == expected.shape
    assert np.abs(found.astype(int) - expected).mean() <= mean


# formats without loss hold the luma exactly


@pytest.mark.parametrize(
    ("kind", "image", "options"),
    [
        ("PNG", IMAGE, {}),
        ("PNG", ALPHA, {}),
        ("WEBP", IMAGE, {"lossless": True}),
        ("WEBP", ALPHA, {"lossless": True, "exact": True}),
        ("TIFF", IMAGE, {}),
        ("TIFF", ALPHA, {}),
        ("TIFF", IMAGE, {"compression": "tiff_lzw"}),
        ("TIFF", IMAGE, {"compression": "tiff_adobe_deflate"}),
        ("TIFF", IMAGE, {"compression": "tiff_deflate"}),
        ("TIFF", IMAGE, {"compression": "packbits"}),
        ("TIFF", IMAGE, {"compression": "lzma"}),
        ("TIFF", IMAGE, {"compression": "zstd"}),
        ("TIFF", IMAGE, {"big_tiff": True}),
        ("TIFF", IMAGE, {"tiffinfo": {278: 5}, "compression": "tiff_lzw"}),
        ("BMP", IMAGE, {}),
    ],
)
def test_lossless_colour_is_exact(kind, image, options):
    picture = exact(saved(image, kind, **options))
    np.testing.assert_array_equal(picture.luma, LUMA)
    assert picture.image_format == kind.lower()
    assert picture.decode is DecodeMode.EXACT
    assert (picture.width, picture.height, picture.frames, picture.frame) == (64, 48, 1, 0)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "GIF"])
def test_lossless_grey_is_exact(kind):
    np.testing.assert_array_equal(luma(saved(GREY, kind)), np.asarray(GREY))


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "GIF"])
def test_a_palette_is_looked_up(kind):
    expected = luma_of_rgb(np.asarray(PALETTE.convert("RGB")))
    np.testing.assert_array_equal(luma(saved(PALETTE, kind)), expected)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "GIF"])
def test_black_and_white(kind):
    image = IMAGE.convert("1")
    np.testing.assert_array_equal(luma(saved(image, kind)), np.asarray(image.convert("L")))


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt"])
def test_fax_compression(compression):
    image = IMAGE.convert("1")
    found = luma(saved(image, "TIFF", compression=compression))
    np.testing.assert_array_equal(found, np.asarray(image.convert("L")))


# formats with loss come near


@pytest.mark.parametrize(
    ("kind", "image", "options"),
    [
        ("JPEG", IMAGE, {"quality": 95}),
        ("JPEG", IMAGE, {"quality": 95, "progressive": True}),
        ("JPEG", IMAGE, {"quality": 95, "subsampling": 0}),
        ("JPEG", IMAGE, {"quality": 95, "keep_rgb": True}),
        ("JPEG", IMAGE, {"quality": 95, "restart_marker_blocks": 1}),
        ("JPEG", GREY, {"quality": 95}),
        ("JPEG", IMAGE.convert("CMYK"), {"quality": 95}),
        ("WEBP", IMAGE, {"quality": 95}),
        ("WEBP", ALPHA, {"quality": 95}),
        ("AVIF", IMAGE, {"quality": 95, "speed": 8}),
        ("AVIF", ALPHA, {"quality": 95, "speed": 8}),
        ("AVIF", GREY, {"quality": 95, "speed": 8}),
        ("TIFF", IMAGE, {"compression": "jpeg", "quality": 95}),
        ("TIFF", IMAGE.convert("CMYK"), {}),
        ("TIFF", IMAGE.convert("YCbCr"), {"compression": "tiff_lzw"}),
        ("TIFF", IMAGE.convert("LAB"), {}),
    ],
)
def test_lossy_colour_is_near(kind, image, options):
    assert_near(luma(saved(image, kind, **options)), LUMA, mean=3)


def test_ycck_by_adobe_marker():
    """Adobe's inverted YCCK is what libjpeg makes of CMYK when it may transform colours."""
    cmyk = saved(IMAGE.convert("CMYK"), "JPEG", quality=95)
    at = cmyk.index(b"\xff\xee\0\x0eAdobe") + 15
    assert cmyk[at] in {0, 2}
    # The marker alone decides how four components are read: told otherwise, colours differ.
    other = bytearray(cmyk)
    other[at] = 2 - cmyk[at]
    assert_near(luma(cmyk), LUMA, mean=3)
    assert np.abs(luma(bytes(other)).astype(int) - LUMA).mean() > 10


def test_a_jpeg_without_any_application_marker():
    data = saved(IMAGE, "JPEG", quality=95)
    size = struct.unpack_from(">H", data, 4)[0]
    assert_near(luma(data[:2] + data[4 + size :]), LUMA, mean=3)


# the same picture in every dress: an evasion where it fails


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "dress",
    [
        "rgb",
        "palette",
        "cmyk-jpeg",
        "cmyk-tiff",
        "grey-alpha",
        "rgba",
        "rgb16",
        "grey16",
        "grey",
        "lab",
        "ycbcr",
        "float",
    ],
)
def test_the_same_picture_in_every_dress_is_within_6_bits(dress, seed):
    image = Image.fromarray(photograph(320, 240, seed + 10))
    grey = image.convert("L")
    deep = (np.asarray(image).astype(np.uint32) * 257).astype(">u2")
    deep_grey = (np.asarray(grey).astype(np.uint32) * 257).astype(">u2")
    data = {
        "rgb": lambda: saved(image, "BMP"),
        "palette": lambda: saved(image.quantize(256), "PNG"),
        "cmyk-jpeg": lambda: saved(image.convert("CMYK"), "JPEG", quality=95),
        "cmyk-tiff": lambda: saved(image.convert("CMYK"), "TIFF"),
        "grey-alpha": lambda: saved(grey.convert("LA"), "PNG"),
        "rgba": lambda: saved(image.convert("RGBA"), "PNG"),
        "rgb16": lambda: png(320, 240, plain_rows(deep), depth=16),
        "grey16": lambda: png(320, 240, plain_rows(deep_grey), depth=16, colour=0),
        "grey": lambda: saved(grey, "PNG"),
        "lab": lambda: saved(image.convert("LAB"), "TIFF"),
        "ycbcr": lambda: saved(image.convert("YCbCr"), "TIFF", compression="tiff_lzw"),
        "float": lambda: saved(grey.convert("F"), "TIFF"),
    }[dress]()
    original = eikona.fingerprint(saved(image, "PNG"), algorithms=["pdq"])
    dressed = eikona.fingerprint(data, algorithms=["pdq"])
    assert original.quality >= 50
    bits = int.from_bytes(original.hashes["pdq"]) ^ int.from_bytes(dressed.hashes["pdq"])
    assert bits.bit_count() <= 6


# PNG, bit by bit


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_png_grey_of_few_bits(depth):
    samples = noise(21, 9, 1) >> (8 - depth)
    rows = plain_rows(samples) if depth == 8 else packed_rows(samples, depth)
    expected = samples * (255 // ((1 << depth) - 1))
    np.testing.assert_array_equal(luma(png(21, 9, rows, depth=depth, colour=0)), expected)


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_png_palette_of_few_bits(depth):
    samples = noise(21, 9, 1) >> (8 - depth)
    rows = plain_rows(samples) if depth == 8 else packed_rows(samples, depth)
    colours = noise(1 << depth, 1)[0]
    data = png(21, 9, rows, depth=depth, colour=3, before=chunk(b"PLTE", colours.tobytes()))
    np.testing.assert_array_equal(luma(data), luma_of_rgb(colours)[samples])


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_png_grey_with_one_transparent_value(depth):
    """Pillow compares the widened samples with the value as stored: 2 and 4 bits escape it."""
    most = (1 << depth) - 1
    samples = (np.arange(24).reshape(4, 6) * 11 + 1) & most
    key = int(samples[2, 2])
    if depth == 16:
        rows = plain_rows(samples.astype(">u2"))
        shown = samples >> 8
    else:
        narrow = samples.astype(np.uint8)
        rows = plain_rows(narrow) if depth == 8 else packed_rows(narrow, depth)
        shown = samples * (255 // most)
    data = png(6, 4, rows, depth=depth, colour=0, before=chunk(b"tRNS", struct.pack(">H", key)))
    expected = np.where(samples == key, 255, shown)
    np.testing.assert_array_equal(luma(data), expected)


def test_png_rgb_with_one_transparent_colour():
    pixels = noise(6, 4)
    key = pixels[2, 3]
    body = struct.pack(">3H", *(0xAB00 + int(v) for v in key))  # only the low bytes count
    data = png(6, 4, plain_rows(pixels), before=chunk(b"tRNS", body))
    expected = np.where((pixels == key).all(axis=2), 255, luma_of_rgb(pixels))
    np.testing.assert_array_equal(luma(data), expected)


def test_png_rgb16_with_one_transparent_colour():
    """Two colours with the same high bytes are still two: else dark pictures could hide."""
    pixels = np.zeros((1, 3, 3), ">u2")
    pixels[0, 0], pixels[0, 1], pixels[0, 2] = (1, 2, 3), (1, 2, 4), (0x8001, 2, 3)
    data = png(
        3, 1, plain_rows(pixels), depth=16, before=chunk(b"tRNS", struct.pack(">3H", 1, 2, 3))
    )
    assert luma(data).tolist() == [[255, 0, (19595 * 128 + 32768) >> 16]]


@pytest.mark.parametrize("colour", [2, 6])
def test_png_rgb16_keeps_the_high_bytes(colour):
    pixels = noise(8, 5, 6 if colour == 2 else 8)
    if colour == 6:
        pixels[..., 6:] = 255
    found = luma(png(8, 5, plain_rows(pixels), depth=16, colour=colour))
    np.testing.assert_array_equal(found, luma_of_rgb(pixels[..., 0:6:2]))


@pytest.mark.parametrize("depth", [8, 16])
def test_png_grey_with_alpha_goes_over_white(depth):
    pixels = np.array([[[100, 255], [100, 0], [100, 128]]], np.uint8)
    rows = plain_rows(pixels) if depth == 8 else plain_rows(np.repeat(pixels, 2, axis=2))
    found = luma(png(3, 1, rows, depth=depth, colour=4))
    assert found.tolist() == [[100, 255, 177]]


def test_png_palette_with_alpha_for_each_entry():
    before = chunk(b"PLTE", bytes([0, 0, 0, 90, 90, 90])) + chunk(b"tRNS", bytes([0]))
    found = luma(png(2, 1, b"\0\0\1", colour=3, before=before))
    assert found.tolist() == [[255, 90]]


def test_png_interlaced():
    np.testing.assert_array_equal(luma(builders.interlaced_png(RGB)), LUMA)


def test_png_without_a_palette_that_it_needs():
    assert error_of(png(2, 1, b"\0\0\1", colour=3)).code == "corrupt_image"


# TIFF


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("big", [False, True])
def test_tiff_of_either_byte_order_and_offset_size(order, big):
    tags = builders.TIFF_RGB | {256: (3, [64]), 257: (3, [48]), 278: (3, [48]), 279: (4, [9216])}
    if big:
        tags[273] = (16, [16])
    data = builders.tiff(tags, RGB.tobytes(), order=order, big=big)
    np.testing.assert_array_equal(luma(data), LUMA)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("photometric", [0, 1])
def test_tiff_of_16_bits(order, photometric):
    samples = np.linspace(0, 65535, 64 * 48).reshape(48, 64).astype(order + "u2")
    tags = {
        258: (3, [16]),
        262: (3, [photometric]),
        279: (4, [6144]),
        256: (3, [64]),
        257: (3, [48]),
    }
    base = builders.TIFF_RGB | {277: (3, [1]), 278: (3, [48])}
    data = builders.tiff(base | tags, samples.tobytes(), order=order)
    if (order, photometric) == (">", 0):
        assert error_of(data).code == "unsupported_colour_mode"
        return
    shown = samples.astype(int) if photometric else 65535 - samples.astype(int)
    np.testing.assert_array_equal(luma(data), shown >> 8)


def test_tiff_of_12_bits_is_scaled():
    """Two samples in three bytes."""
    samples = [0, 0x800, 0xFFF, 0x123]
    bits = "".join(f"{sample:012b}" for sample in samples)
    pixels = int(bits, 2).to_bytes(6, "big")
    tags = builders.TIFF_RGB | {256: (3, [4]), 257: (3, [1]), 258: (3, [12]), 262: (3, [1])}
    data = builders.tiff(tags | {277: (3, [1]), 278: (3, [1]), 279: (3, [6])}, pixels)
    assert luma(data).tolist() == [[0, 128, 255, 18]]


@pytest.mark.parametrize("extra", [0, 1, 2])
def test_tiff_grey_with_a_second_sample(extra):
    """Unspecified, premultiplied alpha, alpha."""
    pixels = bytes([50, 128, 0, 0, 200, 255])
    tags = builders.TIFF_RGB | {
        256: (3, [3]),
        257: (3, [1]),
        258: (3, [8, 8]),
        262: (3, [1]),
        277: (3, [2]),
        278: (3, [1]),
        279: (3, [6]),
        338: (3, [extra]),
    }
    expected = {0: [50, 0, 200], 1: [177, 255, 200], 2: [152, 255, 200]}[extra]
    data = builders.tiff(tags, pixels)
    if (b"II", 1, (1,), 1, (8, 8), (extra,)) in TiffImagePlugin.OPEN_INFO:
        np.testing.assert_allclose(luma(data)[0], expected, atol=1)
    else:  # older Pillows know no such samples
        assert isinstance(error_of(data), UnsupportedModeError)


def test_tiff_in_tiles():
    tiles = [
        np.pad(RGB[y : y + 32, x : x + 32], ((0, max(0, y - 16)), (0, 0), (0, 0)))[:32]
        for y in (0, 32)
        for x in (0, 32)
    ]
    body = b"".join(tile.tobytes() for tile in tiles)
    tags = {k: v for k, v in builders.TIFF_RGB.items() if k not in {273, 278, 279}}
    tags |= {
        256: (3, [64]),
        257: (3, [48]),
        322: (3, [32]),
        323: (3, [32]),
        324: (4, [16 + 3072 * k for k in range(4)]),
        325: (4, [3072] * 4),
    }
    np.testing.assert_array_equal(luma(builders.tiff(tags, body)), LUMA)


def test_tiff_in_separate_planes():
    tags = builders.TIFF_RGB | {
        256: (3, [64]),
        257: (3, [48]),
        273: (4, [16, 16 + 3072, 16 + 6144]),
        278: (3, [48]),
        279: (4, [3072] * 3),
        284: (3, [2]),
    }
    body = b"".join(RGB[..., k].tobytes() for k in range(3))
    np.testing.assert_array_equal(luma(builders.tiff(tags, body)), LUMA)


def test_tiff_float_keeps_zero_to_one():
    image = Image.fromarray(np.array([[0, 0.25, 1]], np.float32))
    assert luma(saved(image, "TIFF")).tolist() == [[0, 64, 255]]


def test_tiff_in_a_mode_without_luma():
    data = builders.grey_tiff(np.zeros((2, 2), np.uint8), t258=(3, [7]))
    assert isinstance(error_of(data), UnsupportedModeError)


@pytest.mark.parametrize("compression", [6, 32809, 34676, 65000])
def test_tiff_compressions_that_are_not_let_through(compression):
    data = builders.grey_tiff(np.zeros((2, 2), np.uint8), t259=(3, [compression]))
    error = error_of(data)
    assert error.code == "unsupported_colour_mode"
    assert str(compression) in str(error)


# BMP


def test_bmp_of_4_bits():
    palette = b"".join(bytes([v, v, v, 0]) for v in range(0, 256, 17))
    data = builders.bmp(4, 2, bytes([0x89, 0xAB, 0, 0, 0x01, 0x23, 0, 0]), bits=4, palette=palette)
    assert luma(data).tolist() == [[0, 17, 34, 51], [136, 153, 170, 187]]


def test_bmp_of_16_bits():
    data = builders.bmp(2, 1, struct.pack("<HH", 0x7FFF, 0x001F), bits=16)
    assert luma(data).tolist() == [[255, 29]]


def test_bmp_of_32_bits_without_alpha():
    data = builders.bmp(1, 1, bytes([1, 2, 3, 0]), bits=32)
    assert luma(data).tolist() == [[2]]


def test_bmp_with_alpha_goes_over_white():
    pixels = bytes([0, 0, 0, 0, 0, 0, 0, 255])
    data = builders.bmp(2, 1, pixels, bits=32, compression=3, masks=builders.BMP_MASKS)
    assert luma(data).tolist() == [[255, 0]]


def test_bmp_whose_alpha_was_left_empty_is_opaque():
    pixels = bytes([9, 9, 9, 0, 0, 0, 0, 0])
    data = builders.bmp(2, 1, pixels, bits=32, compression=3, masks=builders.BMP_MASKS)
    assert luma(data).tolist() == [[9, 0]]


def test_bmp_from_top_to_bottom():
    up = builders.bmp(1, 2, bytes([1, 1, 1, 0, 5, 5, 5, 0]))
    down = builders.bmp(1, -2, bytes([1, 1, 1, 0, 5, 5, 5, 0]))
    assert luma(up).tolist() == [[5], [1]]
    assert luma(down).tolist() == [[1], [5]]


def test_bmp_in_runs():
    palette = b"".join(bytes([v, v, v, 0]) for v in (10, 20))
    data = builders.bmp(4, 2, b"\x04\1\0\0\2\0\2\1\0\0\0\1", bits=8, compression=1, palette=palette)
    assert luma(data).tolist() == [[10, 10, 20, 20], [20, 20, 20, 20]]


def test_bmp_of_an_unknown_kind():
    assert error_of(builders.bmp(2, 2, bytes(16), bits=7)).code == "unsupported_colour_mode"
    assert error_of(builders.bmp(2, 2, bytes(16), compression=9)).code == "unsupported_colour_mode"


# GIF


def test_gif_transparency_goes_over_white():
    data = builders.gif(
        2, 1, b"!\xf9\4\1\0\0\1\0", builders.gif_image(0, 0, 1, 1, index=1), trailer=b";"
    )
    assert luma(data).tolist() == [[255, 255]]


def test_gif_frame_smaller_than_its_screen():
    data = builders.gif(3, 2, builders.gif_image(1, 0, 2, 1, index=2))
    assert luma(data).tolist() == [[0, 170, 170], [0, 0, 0]]


def test_gif_of_palette_with_transparent_index():
    image = PALETTE.copy()
    data = saved(image, "GIF", transparency=image.getpixel((0, 0)))
    assert luma(data)[0, 0] == 255


# orientation


@pytest.mark.parametrize("value", range(1, 9))
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_exif_orientation_is_undone(kind, order, value):
    stored = np.ascontiguousarray(ORIENTED[value](np.asarray(GREY)))
    options = {"JPEG": {"quality": 100}, "PNG": {}, "WEBP": {"lossless": True}}[kind]
    picture = exact(builders.with_exif(saved(stored, kind, **options), exif(value, order=order)))
    assert (picture.width, picture.height) == (64, 48)
    assert_near(picture.luma, np.asarray(GREY), mean=1)
    assert picture.luma.flags.c_contiguous


@pytest.mark.parametrize("value", range(1, 9))
def test_exif_orientation_turns_the_fine_luma_too(value):
    stored = np.ascontiguousarray(np.stack([ORIENTED[value](RGB[..., k]) for k in range(3)], -1))
    picture = exact(builders.with_exif(saved(stored, "PNG"), exif(value)))
    np.testing.assert_array_equal(picture.luma, LUMA)
    assert np.abs(picture.fine_luma - picture.luma).max() <= 0.51


@pytest.mark.parametrize("value", range(1, 9))
def test_avif_is_turned_as_its_properties_say(value):
    stored = np.ascontiguousarray(ORIENTED[value](np.asarray(GREY)))
    picture = exact(saved(stored, "AVIF", quality=95, speed=8, exif=b"Exif\0\0" + exif(value)))
    assert (picture.width, picture.height) == (64, 48)
    assert_near(picture.luma, np.asarray(GREY), mean=3)


@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
@pytest.mark.parametrize("value", range(1, 9))
def test_tiff_is_turned_as_its_tag_says(value, compression):
    stored = np.ascontiguousarray(ORIENTED[value](np.asarray(GREY)))
    data = saved(stored, "TIFF", tiffinfo={274: value}, compression=compression)
    picture = exact(data)
    assert (picture.width, picture.height) == (64, 48)
    np.testing.assert_array_equal(picture.luma, np.asarray(GREY))


ABSURD = {
    "zero": exif(0),
    "nine": exif(9),
    "65535": exif(65535),
    "wrong type": exif(6, kind=4),
    "wrong count": exif(6, count=3),
    "huge entry count": exif(6, entries=65535, tag=256),
    "offset outside": exif(6, at=0x7FFFFFFF),
    "cut": exif(6)[:15],
    "empty": b"",
    "no TIFF": b"this is no TIFF structure",
}


@pytest.mark.parametrize("block", ABSURD.values(), ids=ABSURD)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_absurd_exif_is_upright_and_costs_no_picture(kind, block):
    plain = saved(IMAGE, kind)
    picture = exact(builders.with_exif(plain, block))
    assert (picture.width, picture.height) == (64, 48)
    np.testing.assert_array_equal(picture.luma, luma(plain))


@pytest.mark.parametrize("block", ABSURD.values(), ids=ABSURD)
def test_absurd_exif_in_avif(block):
    """Pillow writes what it can parse; so a sound block of the same length is replaced."""
    placeholder = b"II*\0\x08\0\0\0\0\0\0\0\0\0".ljust(max(len(block), 14), b"\xa5")
    data = saved(IMAGE, "AVIF", speed=10, exif=b"Exif\0\0" + placeholder)
    assert data.count(placeholder) == 1
    picture = exact(data.replace(placeholder, block.ljust(len(placeholder), b"\xa5")))
    assert (picture.width, picture.height) == (64, 48)


@pytest.mark.parametrize(
    "tag", [(3, [0]), (3, [9]), (3, [65535]), (4, [6]), (1, [6]), (3, [6, 6, 6])]
)
def test_absurd_orientation_in_tiff(tag):
    pixels = np.asarray(GREY)
    np.testing.assert_array_equal(luma(builders.grey_tiff(pixels, t274=tag)), pixels)


# content decides, and what surrounds it does not matter


def test_trailing_garbage_is_ignored():
    for name, data in builders.corpus().items():
        plain = luma(data)
        np.testing.assert_array_equal(luma(data + b"\xa5garbage\0\xff\xd8" * 9), plain, name)


def test_leading_garbage_is_no_image():
    for data in builders.corpus().values():
        with pytest.raises(NotAnImageError) as caught:
            exact(b"\n" + data)
        assert caught.value.code == "not_an_image"


@pytest.mark.parametrize("data", [b"x", b"<html></html>", b"\0" * 100, b"\xff" * 100, b"BM\0"])
def test_other_bytes_are_no_image(data):
    assert error_of(data).code == "not_an_image"


def test_a_wrong_extension_does_not_matter(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(saved(IMAGE, "PNG"))
    assert eikona.fingerprint(path).image_format == "png"


@pytest.mark.parametrize("data", [b"8BPS\0\1" + bytes(99), b"\0\0\1\0\1\0" + bytes(99)])
def test_known_formats_that_are_not_decoded(data):
    with pytest.raises(UnsupportedFormatError, match="convert it") as caught:
        exact(data)
    assert caught.value.code == "unsupported_format"


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100)


def test_heic_without_its_decoder(monkeypatch):
    monkeypatch.setattr("eikona.imaging.opening.heic_is_installed", lambda: False)
    with pytest.raises(UnsupportedFormatError, match=r"install eikona\[heic\]") as caught:
        exact(HEIC)
    assert caught.value.code == "unsupported_format"


def test_heic_is_an_image_or_an_error_whether_its_decoder_is_there_or_not():
    if not decoders.heic_is_installed():
        assert error_of(HEIC).code == "unsupported_format"
        return
    assert error_of(HEIC).code in {"corrupt_image", "truncated_image"}
    import pillow_heif  # noqa: PLC0415  an extra

    out = io.BytesIO()
    pillow_heif.from_pillow(IMAGE).save(out, quality=90)
    picture = exact(out.getvalue())
    assert picture.image_format == "heic"
    assert_near(picture.luma, LUMA, mean=3)


# damage


def test_a_corrupt_profile_does_not_matter():
    junk = b"\0\0\0\x10junk profile" * 3
    for kind in ("JPEG", "PNG", "WEBP", "TIFF", "AVIF"):
        plain = luma(saved(IMAGE, kind))
        np.testing.assert_array_equal(luma(saved(IMAGE, kind, icc_profile=junk)), plain)


def test_a_corrupt_packed_profile_in_png():
    for body in (b"name\0\0not zlib", b"name\0\7x", b"", b"no null"):
        data = png(64, 48, plain_rows(RGB), before=chunk(b"iCCP", body))
        np.testing.assert_array_equal(luma(data), LUMA)


def test_jpeg_profile_in_pieces_that_lack_one():
    plain = saved(IMAGE, "JPEG")
    data = builders.jpeg_with_segment(plain, 0xE2, b"ICC_PROFILE\0\5\xff" + bytes(50))
    np.testing.assert_array_equal(luma(data), luma(plain))


@pytest.mark.parametrize("at", [20, 60, 200])
def test_damage_in_pixels_of_a_png_shows(at):
    data = bytearray(saved(IMAGE, "PNG"))
    data[at + 30] ^= 0x40
    assert error_of(bytes(data)).code in {"corrupt_image", "truncated_image"}


def test_flips_in_a_jpeg_are_a_picture_or_an_error():
    data = saved(IMAGE, "JPEG")
    for bit in range(0, 8 * len(data), 37):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        with contextlib.suppress(InvalidImageError):
            assert exact(bytes(flipped)).luma.dtype == np.uint8


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 30_000), (30_000, 1), (2, 1)])
def test_extreme_shapes(width, height):
    pixels = noise(width, height, 1).reshape(height, width)
    for kind in ("PNG", "BMP", "TIFF", "GIF"):
        np.testing.assert_array_equal(luma(saved(pixels, kind)), pixels)
    assert luma(saved(pixels, "JPEG", quality=95)).shape == (height, width)
    for mode in DecodeMode:
        picture = decode(saved(pixels, "JPEG"), mode=mode, limits=DEFAULT_LIMITS)
        assert picture.luma.shape == (height, width)


# as imagehash sees a file


@pytest.mark.parametrize("value", range(1, 9))
def test_compat_ignores_exif(value):
    data = builders.with_exif(saved(IMAGE, "PNG"), exif(value))
    grey, frames = decode_grey_as_stored(data, DEFAULT_LIMITS)
    np.testing.assert_array_equal(grey, LUMA)
    assert frames == 1


def test_compat_sees_what_pillow_sees():
    files = builders.corpus()
    del files["avif-turned"]  # Pillow's EXIF for it is made up
    del files["tiff-big"]  # which Pillow takes for another kind of file
    for name, data in files.items():
        grey, _ = decode_grey_as_stored(data, DEFAULT_LIMITS)
        with Image.open(io.BytesIO(data)) as image:
            np.testing.assert_array_equal(grey, np.asarray(image.convert("L")), name)


@pytest.mark.parametrize("value", [1, 3, 6])
def test_compat_sees_a_tiff_as_pillow_turns_it(value):
    data = saved(IMAGE, "TIFF", tiffinfo={274: value})
    grey, _ = decode_grey_as_stored(data, DEFAULT_LIMITS)
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        np.testing.assert_array_equal(grey, np.asarray(image.convert("L")))


def test_compat_drops_alpha_without_a_warning():
    before = chunk(b"PLTE", bytes(6)) + chunk(b"tRNS", bytes([0, 128]))
    grey, _ = decode_grey_as_stored(png(2, 1, b"\0\0\1", colour=3, before=before), DEFAULT_LIMITS)
    assert grey.tolist() == [[0, 0]]


def test_compat_refuses_what_is_refused_elsewhere():
    with pytest.raises(CorruptImageError):
        decode_grey_as_stored(png(2, 1, b"\0\0\1", colour=3), DEFAULT_LIMITS)
    with pytest.raises(InvalidImageError) as caught:
        decode_grey_as_stored(png(4, 4, bytes(26)), DEFAULT_LIMITS)
    assert caught.value.code == "truncated_image"
