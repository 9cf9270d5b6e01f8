import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from eikona.domain.errors import CorruptImageError, TruncatedImageError
from eikona.imaging.png_chunks import Header, read_png
from tests.unit.imaging.builders import (
    PNG,
    chunk,
    chunks_of,
    exif,
    ihdr,
    packed_rows,
    photograph,
    plain_rows,
    png,
    saved,
)

RGB = photograph(12, 9)
ROWS = plain_rows(RGB)
PACKED = zlib.compress(ROWS)


def kinds(data):
    return [kind for kind, _ in chunks_of(data)]


def broken(part: bytes) -> bytes:
    """A chunk whose checksum is wrong."""
    return part[:-1] + bytes([part[-1] ^ 1])


# what a decoder is shown


def test_only_what_pixels_need_is_passed_on():
    extras = [b"iCCP", b"tEXt", b"zTXt", b"iTXt", b"gAMA", b"cHRM", b"pHYs", b"tIME", b"eXIf"]
    before = b"".join(chunk(kind, b"anything at all") for kind in (*extras, b"prVt", b"UNKN"))
    data = png(12, 9, ROWS, before=before, after=before)
    found = read_png(data, 10)
    assert kinds(found.payload) == [b"IHDR", b"IDAT", b"IEND"]
    assert found.header == Header(12, 9, 8, 2, interlaced=False)
    assert found.frames == 1
    assert found.exif == b"anything at all"
    with Image.open(io.BytesIO(found.payload)) as image:
        np.testing.assert_array_equal(np.asarray(image), RGB)


def test_every_piece_of_the_pixels_is_passed_on():
    pieces = [PACKED[k : k + 7] for k in range(0, len(PACKED), 7)]
    idats = chunk(b"IDAT").join(chunk(b"IDAT", piece) for piece in pieces)
    data = PNG + ihdr(12, 9) + idats + chunk(b"IEND")
    assert read_png(data, 10).payload == data


def test_palette_and_transparency_are_passed_on():
    before = chunk(b"PLTE", bytes(range(12))) + chunk(b"tRNS", bytes([0, 9, 255]))
    found = read_png(png(2, 1, b"\0\0\1", colour=3, before=before), 10)
    assert (b"PLTE", bytes(range(12))) in chunks_of(found.payload)
    assert (b"tRNS", bytes([0, 9, 255])) in chunks_of(found.payload)


def test_a_second_run_of_pixels_is_not():
    """Other decoders stop at the first too."""
    data = png(12, 9, ROWS, after=chunk(b"tEXt") + chunk(b"IDAT", b"more"))
    assert read_png(data, 10).payload == png(12, 9, ROWS)


@pytest.mark.parametrize("place", ["before", "after"])
def test_exif_counts_wherever_it_stands_and_only_when_it_is_sound(place):
    whole, other = chunk(b"eXIf", exif(6)), chunk(b"eXIf", exif(3))
    assert read_png(png(12, 9, ROWS, **{place: whole + other}), 10).exif == exif(6)
    assert read_png(png(12, 9, ROWS, **{place: broken(whole)}), 10).exif == b""
    assert read_png(png(12, 9, ROWS, **{place: broken(whole) + other}), 10).exif == exif(3)


@pytest.mark.parametrize(
    ("depth", "stored", "shown"),
    [
        (1, 1, 1),
        (1, 2, 0),
        (2, 3, 255),
        (2, 1, 85),
        (2, 5, 85),
        (4, 15, 255),
        (4, 2, 34),
        (8, 7, 7),
    ],
)
def test_a_transparent_grey_is_widened_as_its_samples_are(depth, stored, shown):
    rows = packed_rows(np.zeros((1, 8), np.uint8), depth)
    data = png(8, 1, rows, depth=depth, colour=0, before=chunk(b"tRNS", struct.pack(">H", stored)))
    assert (b"tRNS", struct.pack(">H", shown)) in chunks_of(read_png(data, 10).payload)


def test_a_transparent_colour_of_16_bits_is_handed_out():
    body = struct.pack(">3H", 1, 515, 65535)
    data = png(1, 1, bytes(7), depth=16, before=chunk(b"tRNS", body))
    found = read_png(data, 10)
    assert found.key == (1, 515, 65535)
    assert b"tRNS" not in kinds(found.payload)


@pytest.mark.parametrize(
    ("colour", "body"),
    [(0, b""), (0, b"\0"), (0, bytes(3)), (2, bytes(5)), (4, bytes(2)), (6, bytes(6))],
)
def test_senseless_transparency_is_dropped(colour, body):
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    data = png(1, 1, bytes(1 + channels), colour=colour, before=chunk(b"tRNS", body))
    assert kinds(read_png(data, 10).payload) == [b"IHDR", b"IDAT", b"IEND"]


def test_damaged_or_late_transparency_is_dropped():
    trns = chunk(b"tRNS", bytes(6))
    for data in (png(12, 9, ROWS, before=broken(trns)), png(12, 9, ROWS, after=trns)):
        assert b"tRNS" not in kinds(read_png(data, 10).payload)


def test_too_long_palettes_and_transparencies_are_cut():
    before = chunk(b"PLTE", bytes(900)) + chunk(b"tRNS", bytes(300))
    found = dict(chunks_of(read_png(png(1, 1, b"\0\0", colour=3, before=before), 10).payload))
    assert (len(found[b"PLTE"]), len(found[b"tRNS"])) == (768, 256)


# damage


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(PNG + chunk(b"IDAT", PACKED) + chunk(b"IEND"), id="no header"),
        pytest.param(PNG + chunk(b"IHDR", bytes(12)) + chunk(b"IEND"), id="short header"),
        pytest.param(PNG + broken(ihdr(12, 9)) + chunk(b"IEND"), id="header checksum"),
        pytest.param(PNG + ihdr(0, 9) + chunk(b"IEND"), id="no width"),
        pytest.param(PNG + ihdr(12, 0) + chunk(b"IEND"), id="no height"),
        pytest.param(PNG + ihdr(12, 9, colour=5) + chunk(b"IEND"), id="colour type"),
        pytest.param(PNG + ihdr(12, 9) + chunk(b"IEND"), id="no pixels"),
        pytest.param(png(2, 1, b"\0\0\1", colour=3), id="no palette"),
        pytest.param(PNG + ihdr(12, 9) + broken(chunk(b"IDAT", PACKED)), id="pixel checksum"),
        pytest.param(
            png(12, 9, ROWS, before=broken(chunk(b"PLTE", bytes(3)))), id="palette checksum"
        ),
        pytest.param(png(12, 9, ROWS, before=chunk(b"te1t")), id="chunk name"),
        pytest.param(png(12, 9, ROWS, after=bytes(20)), id="zeros for a chunk"),
        pytest.param(png(12, 9, ROWS, before=chunk(b"teXt") * 210_000), id="too many chunks"),
    ],
)
def test_damage(data):
    with pytest.raises(CorruptImageError):
        read_png(data, 10)


def test_damage_to_what_pixels_do_not_need_is_no_damage():
    for place in ("before", "after"):
        data = png(12, 9, ROWS, **{place: broken(chunk(b"tEXt", b"k\0v"))})
        assert read_png(data, 10).payload == png(12, 9, ROWS)


def test_cut_anywhere_before_the_end_chunk():
    data = saved(RGB, "PNG")
    end_chunk = len(data) - 12
    for end in range(8, end_chunk):
        with pytest.raises(TruncatedImageError):
            read_png(data[:end], 10)
    for end in range(end_chunk, len(data)):
        assert read_png(data[:end], 10).payload == data


# animations

CONTROL = struct.pack(">LLLLHHBB", 12, 9, 0, 0, 1, 10, 0, 0)


def fctl(number: int, body: bytes = CONTROL) -> bytes:
    return chunk(b"fcTL", struct.pack(">L", number) + body)


def fdat(number: int) -> bytes:
    return chunk(b"fdAT", struct.pack(">L", number) + PACKED)


def actl(frames: int) -> bytes:
    return chunk(b"acTL", struct.pack(">LL", frames, 7))


LATER = fctl(1) + fdat(2) + fctl(3) + fdat(4) + fdat(5)
ANIMATED = png(12, 9, ROWS, before=actl(3) + fctl(0), after=LATER)
DEFAULT_ASIDE = png(12, 9, ROWS, before=actl(2), after=fctl(0) + fdat(1) + fctl(2) + fdat(3))
STILL = png(12, 9, ROWS)


@pytest.mark.parametrize("data", [ANIMATED, DEFAULT_ASIDE])
def test_frames_are_counted_and_passed_on(data):
    found = read_png(data, 10)
    assert found.frames == 3
    assert found.payload == data
    with Image.open(io.BytesIO(found.payload)) as image:
        assert image.n_frames == 3


@pytest.mark.parametrize("claimed", [0, 1, 2, 9, 0xFFFFFFFF])
def test_the_claimed_number_is_replaced_by_the_true_one(claimed):
    data = png(12, 9, ROWS, before=actl(claimed) + fctl(0), after=LATER)
    assert read_png(data, 10).payload == ANIMATED


def test_counting_ends_beyond_the_limit():
    for most in (1, 2, 3, 50):
        count = read_png(many_frames(100), most).frames
        assert most < count <= most + 2


def many_frames(count: int) -> bytes:
    later = b"".join(fctl(2 * k + 1) + fdat(2 * k + 2) for k in range(count - 1))
    return png(12, 9, ROWS, before=actl(count) + fctl(0), after=later)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(fctl(0), LATER, id="no acTL"),
        pytest.param(broken(actl(3)) + fctl(0), LATER, id="acTL checksum"),
        pytest.param(chunk(b"acTL", bytes(7)) + fctl(0), LATER, id="acTL too short"),
        pytest.param(fctl(0), actl(3) + LATER, id="acTL too late"),
        pytest.param(actl(3) + fctl(0) + fctl(1), LATER, id="two controls before the pixels"),
        pytest.param(actl(3) + fctl(0) + fdat(1), LATER, id="data before the pixels"),
        pytest.param(actl(3) + fctl(1), LATER, id="first number"),
        pytest.param(actl(3) + fctl(0), LATER.replace(fctl(3), fctl(9)), id="number"),
        pytest.param(actl(3) + fctl(0), fdat(1) + LATER, id="data without control"),
        pytest.param(actl(3) + fctl(0), fctl(1) + fctl(2) + fdat(3), id="control without data"),
        pytest.param(actl(3) + fctl(0, CONTROL[:-1]), LATER, id="control too short"),
        pytest.param(
            actl(3) + fctl(0, struct.pack(">L", 11) + CONTROL[4:]), LATER, id="small first"
        ),
        pytest.param(
            actl(3) + fctl(0),
            fctl(1, struct.pack(">LL", 0xFFFFFFFF, 9) + CONTROL[8:]) + fdat(2),
            id="too wide",
        ),
        pytest.param(
            actl(3) + fctl(0),
            fctl(1, CONTROL[:8] + struct.pack(">L", 1) + CONTROL[12:]) + fdat(2),
            id="outside",
        ),
        pytest.param(actl(3) + fctl(0), fctl(1, bytes(22)) + fdat(2), id="no size"),
    ],
)
def test_a_faulty_animation_is_a_still_image(before, after):
    found = read_png(png(12, 9, ROWS, before=before, after=after), 10)
    assert found.frames == 1
    assert found.payload == STILL


def test_a_last_frame_without_data_does_not_count():
    data = png(12, 9, ROWS, before=actl(3) + fctl(0), after=fctl(1) + fdat(2) + fctl(3))
    assert read_png(data, 10).frames == 2


def test_damaged_frames_are_damage():
    data = ANIMATED.replace(fdat(2), broken(fdat(2)))
    with pytest.raises(CorruptImageError, match="fdAT"):
        read_png(data, 10)


def test_an_animation_cut_anywhere():
    for end in range(8, len(ANIMATED) - 12):
        with pytest.raises(TruncatedImageError):
            read_png(ANIMATED[:end], 10)
