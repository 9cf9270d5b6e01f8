"""What an image may ask of the machine is bounded before a pixel is decoded."""

import struct
import subprocess
import sys
import tracemalloc
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image

from eikona.domain.errors import CorruptImageError, InvalidImageError
from eikona.domain.limits import DEFAULT_LIMITS, Limits
from eikona.imaging import opening
from eikona.imaging.decode import decode, decode_frames
from eikona.imaging.opening import open_encoded
from tests.unit.imaging import builders
from tests.unit.imaging.builders import chunk, ihdr, photograph, plain_rows, png, saved

MEBIBYTE = 1 << 20


def refusal(data, limits=DEFAULT_LIMITS, *, most_bytes=20 * MEBIBYTE):
    """Return the error that refuses ``data``, having seen that little memory was taken."""
    tracemalloc.start()
    try:
        with pytest.raises(InvalidImageError) as caught:
            decode(data, limits=limits)
        assert tracemalloc.get_traced_memory()[1] < most_bytes + 3 * len(data)
    finally:
        tracemalloc.stop()
    return caught.value


def claiming(kind, width, height):
    """A small file of ``kind`` whose header claims another size."""
    data = bytearray(saved(photograph(16, 16), kind))
    if kind == "JPEG":
        at = data.index(b"\xff\xc0") + 5
        data[at : at + 4] = struct.pack(">HH", height, width)
    elif kind == "PNG":
        data[8:33] = ihdr(width, height)
    elif kind == "GIF":
        data[6:10] = struct.pack("<HH", width, height)
    elif kind == "BMP":
        data[18:26] = struct.pack("<LL", width, height)
    elif kind == "TIFF":
        pixels = np.zeros((1, 1), np.uint8)
        tags = {"t256": (4, [width]), "t257": (4, [height]), "t278": (4, [height])}
        return builders.grey_tiff(pixels, **tags)
    elif kind == "AVIF":
        at = data.index(b"ispe") + 8
        data[at : at + 8] = struct.pack(">LL", width, height)
    return bytes(data)


WEBP_CANVASES = {
    "VP8X": lambda w, h: builders.riff(
        (b"VP8X", bytes(4) + (w - 1).to_bytes(3, "little") + (h - 1).to_bytes(3, "little")),
        (b"VP8 ", bytes(30)),
    ),
    "VP8L": lambda w, h: builders.riff(
        (b"VP8L", b"\x2f" + struct.pack("<L", (w - 1) | (h - 1) << 14) + bytes(30))
    ),
    "VP8 ": lambda w, h: builders.riff(
        (b"VP8 ", b"\x50\0\0\x9d\x01\x2a" + struct.pack("<HH", w, h) + bytes(30))
    ),
}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "AVIF"])
def test_more_pixels_than_the_limit(kind):
    error = refusal(claiming(kind, 20_000, 20_000))
    assert error.code == "too_many_pixels"
    assert "max_pixels = 100,000,000" in str(error)
    assert "20000 x 20000" in str(error)


@pytest.mark.parametrize("form", WEBP_CANVASES)
def test_more_webp_pixels_than_the_limit(form):
    error = refusal(WEBP_CANVASES[form](16_000, 16_000))
    assert error.code == "too_many_pixels"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "AVIF"])
def test_the_limit_itself_is_fine_and_one_less_is_not(kind):
    data = saved(photograph(40, 30), kind)
    assert decode(data, limits=Limits(max_pixels=1200)).luma.size == 1200
    assert refusal(data, Limits(max_pixels=1199)).code == "too_many_pixels"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP"])
def test_a_100_megapixel_header_with_a_tiny_body(kind):
    error = refusal(claiming(kind, 10_000, 9_999))
    assert error.code == "implausible_size"
    assert "10000 x 9999" in str(error)


def test_a_100_megapixel_tiff_header_with_a_tiny_body():
    assert refusal(claiming("TIFF", 10_000, 9_999)).code == "truncated_image"


@pytest.mark.parametrize("kind", ["PNG", "GIF", "TIFF"])
def test_what_compresses_best_is_still_plausible(kind):
    """The emptiest of pictures, as small as encoders make them."""
    image = Image.new("1" if kind != "GIF" else "L", (5000, 4000))
    options = {"compression": "group4"} if kind == "TIFF" else {}
    picture = decode(saved(image, kind, optimize=True, **options), limits=DEFAULT_LIMITS)
    assert picture.luma.shape == (4000, 5000)


def test_the_emptiest_jpeg_is_still_plausible():
    for options in ({}, {"progressive": True, "quality": 1}):
        data = saved(Image.new("L", (5000, 4000)), "JPEG", optimize=True, **options)
        assert decode(data, limits=DEFAULT_LIMITS).width == 5000


def test_gif_frame_outside_its_screen():
    data = builders.gif(1, 1, builders.gif_image(65_535, 65_535, 1, 1))
    assert refusal(data).code == "too_many_pixels"
    data = builders.gif(1, 1, b",\0\0\0\0\xff\xff\xff\xff\0\2\2\x44\1\0")
    assert refusal(data).code == "too_many_pixels"


CHILD = """
import resource, sys
from eikona.domain.errors import InvalidImageError
from eikona.domain.limits import Limits
from eikona.imaging import decode, opening, decoders
import PIL.WebPImagePlugin, PIL.PngImagePlugin, PIL.GifImagePlugin, PIL.TiffImagePlugin
import PIL.JpegImagePlugin, PIL.BmpImagePlugin, PIL.AvifImagePlugin
data = sys.stdin.buffer.read()
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (64 << 20), resource.RLIM_INFINITY))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    decode.decode(data, limits=Limits())
except InvalidImageError as error:
    print(error.code)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def in_64_mebibytes(data):
    """Decode in a process that may take so much more: outcome, and mebibytes that it took."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD], input=data, capture_output=True, check=True, timeout=60
    )
    *code, taken = done.stdout.decode().split()
    return (code or ["picture"])[0], int(taken)


@pytest.mark.parametrize("form", WEBP_CANVASES)
def test_a_refused_webp_canvas_is_never_allocated(form):
    code, taken = in_64_mebibytes(WEBP_CANVASES[form](16_000, 12_000))
    assert code == "too_many_pixels"
    assert taken < 20


def test_too_little_memory_has_an_error_of_its_own():
    """The child has room for 64 MiB; 80 megapixels need 320."""
    data = saved(Image.new("RGB", (10_000, 8_000)), "PNG")
    code, _ = in_64_mebibytes(data)
    assert code == "out_of_memory"


# bombs


def bomb(size: int) -> bytes:
    packer = zlib.compressobj(9)
    block = bytes(MEBIBYTE)
    return b"".join(packer.compress(block) for _ in range(size // MEBIBYTE)) + packer.flush()


@pytest.fixture(scope="module")
def half_a_gibibyte():
    return bomb(512 * MEBIBYTE)


@pytest.mark.parametrize(
    "make",
    [
        lambda packed: chunk(b"iCCP", b"name\0\0" + packed),
        lambda packed: chunk(b"zTXt", b"key\0\0" + packed),
        lambda packed: chunk(b"iTXt", b"key\0\1\0\0\0" + packed),
        lambda packed: chunk(b"zTXt", b"key\0\0" + packed) * 8,
    ],
    ids=["iCCP", "zTXt", "iTXt", "eight"],
)
@pytest.mark.parametrize("place", ["before", "after"])
def test_packed_texts_and_profiles_of_a_png_are_never_unpacked(make, place, half_a_gibibyte):
    pixels = photograph(8, 8)
    data = png(8, 8, plain_rows(pixels), **{place: make(half_a_gibibyte)})
    tracemalloc.start()
    try:
        picture = decode(data, limits=DEFAULT_LIMITS)
        assert tracemalloc.get_traced_memory()[1] < MEBIBYTE
    finally:
        tracemalloc.stop()
    np.testing.assert_array_equal(picture.luma, builders.luma_of_rgb(pixels))


def test_a_png_whose_pixels_inflate_to_more_than_its_size(half_a_gibibyte):
    body = builders.PNG + ihdr(8, 8) + chunk(b"IDAT", half_a_gibibyte) + chunk(b"IEND")
    code, taken = in_64_mebibytes(body)
    assert code == "picture"
    assert taken < 20


def test_texts_that_look_like_what_a_decoder_keeps_for_itself():
    """Pillow files texts under their own key among what it knows of the image."""
    pixels = photograph(8, 8)
    for key in (b"transparency", b"exif", b"interlace", b"bbox", b"default_image", b"dpi"):
        data = png(8, 8, plain_rows(pixels), before=chunk(b"tEXt", key + b"\0junk"))
        found = decode(data, limits=DEFAULT_LIMITS).luma
        np.testing.assert_array_equal(found, builders.luma_of_rgb(pixels))


def test_a_jpeg_of_nothing_but_scans():
    """A progressive scan that says nothing costs a walk over all blocks."""
    data = saved(photograph(64, 64), "JPEG", progressive=True)
    at = data.rindex(b"\xff\xda")
    last = data[at:-2]
    assert decode(data, limits=DEFAULT_LIMITS).width == 64
    error = refusal(data[:-2] + last * 300 + b"\xff\xd9")
    assert error.code == "corrupt_image"
    assert "scans" in str(error)


def test_a_jpeg_of_nothing_but_junk():
    data = b"\xff\xd8\xff\xe0\0\4ab" + bytes(3_000_000) + saved(photograph(8, 8), "JPEG")[2:]
    assert refusal(data).code == "corrupt_image"
    data = b"\xff\xd8" + b"\xff" * 3_000_000
    assert refusal(data).code == "corrupt_image"


# TIFF claims


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"t256": (4, [0])}, "corrupt_image"),
        ({"t257": None}, "corrupt_image"),
        ({"t256": (4, [0xFFFFFFFF]), "t257": (4, [0xFFFFFFFF])}, "too_many_pixels"),
        ({"t273": None}, "corrupt_image"),
        ({"t273": (4, [0xFFFFFFF0])}, "truncated_image"),
        ({"t279": (4, [0xFFFFFFFF])}, "truncated_image"),
        ({"t278": (4, [0])}, "corrupt_image"),
        ({"t278": (4, [1])}, "corrupt_image"),  # asks for 8 strips, lists one
        ({"t258": (3, [8] * 9)}, "corrupt_image"),
        ({"t258": (3, [0])}, "unsupported_colour_mode"),
        ({"t277": (3, [65535])}, "truncated_image"),
        ({"t277": (3, [200])}, "truncated_image"),
        ({"t339": (3, [3] * 9)}, "corrupt_image"),
        ({"t322": (4, [0]), "t323": (4, [16]), "t324": (4, [16])}, "corrupt_image"),
        ({"t322": (4, [1 << 20]), "t323": (4, [1 << 20]), "t324": (4, [16])}, "corrupt_image"),
        ({"t322": (4, [16]), "t323": (4, [16]), "t324": (4, [9999])}, "truncated_image"),
        ({"t259": (3, [8]), "t278": (4, [0xFFFFFFFF])}, "corrupt_image"),
        ({"t262": (3, [99])}, "unsupported_colour_mode"),
        ({"t317": (3, [77]), "t259": (3, [5])}, "corrupt_image"),
    ],
)
def test_absurd_tags_of_a_tiff(changes, code):
    data = builders.grey_tiff(photograph(8, 8)[..., 0], **changes)
    assert refusal(data).code == code


def test_a_tiff_of_more_strips_than_any():
    pixels = np.zeros((1000, 1000), np.uint8)
    count = 500_000
    data = builders.grey_tiff(pixels, t273=(3, [16] * count), t278=(4, [1]))
    error = refusal(data, most_bytes=30 * MEBIBYTE)
    assert error.code == "corrupt_image"
    assert "273" in str(error)


def test_a_tiff_lists_more_strips_than_it_needs():
    pixels = photograph(8, 8)[..., 0]
    data = builders.grey_tiff(pixels, t273=(4, [16] * 9), t279=(4, [64] * 9))
    np.testing.assert_array_equal(decode(data, limits=DEFAULT_LIMITS).luma, pixels)


def test_a_later_page_larger_than_the_limit():
    pages = [Image.new("L", size) for size in ((10, 10), (40, 40))]
    data = saved(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    assert decode(data, limits=Limits(max_pixels=100)).frames == 2
    with pytest.raises(InvalidImageError) as caught:
        list(decode_frames(data, samples=2, limits=Limits(max_pixels=100)))
    assert caught.value.code == "too_many_pixels"


# frames


ANIMATED = ["GIF", "PNG", "WEBP", "AVIF", "TIFF"]


def animation(kind, count):
    frames = [Image.new("RGB", (16, 16), (k * 7 % 256, k * 13 % 256, k)) for k in range(count)]
    options = {"speed": 10} if kind == "AVIF" else {}
    return saved(frames[0], kind, save_all=True, append_images=frames[1:], **options)


@pytest.mark.parametrize("kind", ANIMATED)
def test_more_frames_than_the_limit(kind):
    data = animation(kind, 12)
    assert open_encoded(data, Limits(max_frames=12)).frames == 12
    error = refusal(data, Limits(max_frames=11))
    assert error.code == "too_many_frames"
    assert "max_frames = 11" in str(error)
    assert refusal(data, Limits(max_frames=1)).code == "too_many_frames"


def many_pngs(count):
    """An APNG of a few bytes a frame."""
    body = zlib.compress(b"\0\0\0\0")
    parts = [builders.PNG, ihdr(1, 1), chunk(b"acTL", struct.pack(">LL", count, 0))]
    control = struct.pack(">LLLLHHBB", 1, 1, 0, 0, 1, 10, 0, 0)
    parts += [chunk(b"fcTL", struct.pack(">L", 0) + control), chunk(b"IDAT", body)]
    for k in range(1, count):
        parts.append(chunk(b"fcTL", struct.pack(">L", 2 * k - 1) + control))
        parts.append(chunk(b"fdAT", struct.pack(">L", 2 * k) + body))
    return b"".join([*parts, chunk(b"IEND")])


@pytest.mark.parametrize(
    "make",
    [
        lambda n: builders.gif(1, 1, builders.gif_image(0, 0, 1, 1) * n),
        many_pngs,
        lambda n: builders.riff(
            (b"VP8X", b"\2\0\0\0" + bytes(6)),
            (b"ANIM", bytes(6)),
            *[(b"ANMF", bytes(16) + saved(Image.new("RGB", (1, 1)), "WEBP", lossless=True)[12:])]
            * n,
        ),
    ],
    ids=["gif", "apng", "webp"],
)
def test_an_animated_bomb(make):
    data = make(20_000)
    assert len(data) < 3_000_000
    assert refusal(data).code == "too_many_frames"
    assert open_encoded(make(500), DEFAULT_LIMITS).frames == 500


def test_a_tiff_of_many_pages():
    """Directories of one entry each; the first is whole."""
    data = bytearray(builders.grey_tiff(np.zeros((1, 1), np.uint8)))
    entry = struct.pack("<HHLL", 256, 3, 1, 1) + struct.pack("<HHLL", 257, 3, 1, 1)
    for _ in range(2000):
        at = len(data)
        data[-4:] = struct.pack("<L", at)
        data += struct.pack("<H", 2) + entry + struct.pack("<L", 0)
    assert refusal(bytes(data)).code == "too_many_frames"
    assert open_encoded(bytes(data), Limits(max_frames=3000)).frames == 2001


def test_counting_frames_decodes_none():
    """All frames but the first are rubbish inside sound containers."""
    junk = b"\xa5" * 20
    control = struct.pack(">LLLLHHBB", 4, 4, 0, 0, 1, 10, 0, 0)
    frames = [
        part
        for k in range(1, 5)
        for part in (
            chunk(b"fcTL", struct.pack(">L", 2 * k - 1) + control),
            chunk(b"fdAT", struct.pack(">L", 2 * k) + junk),
        )
    ]
    head = chunk(b"acTL", struct.pack(">LL", 5, 0)) + chunk(b"fcTL", bytes(4) + control)
    data = png(4, 4, plain_rows(photograph(4, 4)), before=head, after=b"".join(frames))
    assert decode(data, limits=DEFAULT_LIMITS).frames == 5
    bad = b",\0\0\0\0\4\0\4\0\0\2" + b"\x14" + junk + b"\0"
    data = builders.gif(4, 4, builders.gif_image(0, 0, 4, 4), bad * 4)
    assert decode(data, limits=DEFAULT_LIMITS).frames == 5


# frames that are held at once


@pytest.mark.parametrize("moving", ["all", "corner"])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "1", "P"])
@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP", "TIFF", "AVIF"])
def test_each_picture_keeps_its_own_pixels(kind, mode, moving):
    """Decoders paste one frame into the memory of another."""
    greys = (10, 200, 100, 30)
    frames = [Image.new("L", (32, 24), grey if moving == "all" else 60) for grey in greys]
    for frame, grey in zip(frames, greys, strict=True):
        frame.paste(grey, (0, 0, 8, 8))
    frames = [frame.convert(mode) for frame in frames]
    options = {"speed": 10} if kind == "AVIF" else {"lossless": True} if kind == "WEBP" else {}
    data = saved(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    every = [
        (picture, picture.luma.copy(), picture.fine_luma.copy())
        for picture in decode_frames(data, samples=9, limits=DEFAULT_LIMITS)
    ]
    assert len({luma.tobytes() for _, luma, _ in every}) >= (2 if mode == "1" else 4)
    for picture, luma, fine in every:
        np.testing.assert_array_equal(picture.luma, luma)
        np.testing.assert_array_equal(picture.fine_luma, fine)


def test_grey_frames_of_an_apng():
    frames = [Image.new("L", (8, 8), grey) for grey in (10, 100, 200)]
    data = saved(frames[0], "PNG", save_all=True, append_images=frames[1:])
    pictures = list(decode_frames(data, samples=3, limits=DEFAULT_LIMITS))
    assert [int(picture.luma[0, 0]) for picture in pictures] == [10, 100, 200]


# what our own readers would let through


def test_a_width_of_two_types():
    """Each reader of the directory once took another of the two."""
    data = bytearray(builders.grey_tiff(photograph(48, 40)[..., 0], t255=(3, [48])))
    at = data.index(struct.pack("<HHL", 255, 3, 1))
    data[at : at + 12] = struct.pack("<HHLL", 256, 7, 1, 48)
    assert refusal(bytes(data)).code == "corrupt_image"


@pytest.mark.parametrize("error", [KeyError(256), IndexError(), struct.error("short")])
def test_no_foreign_error_escapes_while_opening(monkeypatch, error):
    def fail(*_):
        raise error

    data = saved(photograph(8, 8), "TIFF")
    with monkeypatch.context() as patched:
        patched.setattr(opening, "page_alone", fail)
        assert refusal(data).code == "corrupt_image"
    monkeypatch.setattr(opening, "tiff_pages", fail)
    with pytest.raises(CorruptImageError):
        open_encoded(data, DEFAULT_LIMITS)


# warnings and global state


def test_nothing_warns_and_no_filter_is_touched():
    """Filters are the process's: another thread would see them change."""
    before = list(warnings.filters)
    grey = photograph(8, 8)[..., 0]
    hostile = {
        "jpeg": builders.with_exif(saved(photograph(8, 8), "JPEG"), builders.exif(6)[:20]),
        "acTL": png(8, 8, bytes(200), before=chunk(b"acTL", bytes(8)) * 2),
        "tiff": builders.grey_tiff(grey, t282=(4, [1, 2, 3]), t305=(3, [9] * 50)),
        "far": builders.grey_tiff(grey, t700=(16, [2**63] * 3)),
    }
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for name, data in hostile.items():
            assert decode(data, limits=DEFAULT_LIMITS).width == 8, name
    assert caught == []
    assert warnings.filters == before


def test_a_large_tiff_does_not_meet_pillows_limit(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    data = saved(photograph(40, 30), "TIFF")
    assert decode(data, limits=DEFAULT_LIMITS).width == 40
    data = saved(photograph(40, 30), "TIFF", compression="tiff_lzw")
    assert decode(data, limits=DEFAULT_LIMITS).width == 40


def test_pillows_own_limit_keeps_its_meaning_elsewhere(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    error = refusal(builders.gif(1, 1, builders.gif_image(0, 0, 40, 30)))
    assert error.code == "too_many_pixels"
    assert "MAX_IMAGE_PIXELS" in str(error)
    assert Image.MAX_IMAGE_PIXELS == 100


def test_an_image_needs_little_more_than_its_pixels():
    """4 bytes of RGBX, 1 of luma, 4 of fine luma; the rest is slack of a small process."""
    data = saved(Image.effect_noise((2000, 1500), 30).convert("RGB"), "JPEG")
    code, taken = in_64_mebibytes(data)
    assert code == "picture"
    assert taken <= 12 * 2000 * 1500 / MEBIBYTE
