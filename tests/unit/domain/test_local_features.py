"""Local features as a value: bytes there and back, and the mirror."""

import struct

import pytest

from eikona.domain.errors import InvalidFingerprintError
from eikona.domain.local_features import LocalFeatures, fitted_scale


def one_feature(bits, x=0, y=0, size=8192, angle=0, margins=b""):
    code = sum(1 << (127 - bit) for bit in bits).to_bytes(16, "big")
    return LocalFeatures(640, 480, code, struct.pack("<4H", x, y, size, angle), margins)


def set_bits(code):
    number = int.from_bytes(code, "big")
    return {bit for bit in range(128) if number >> (127 - bit) & 1}


def test_bytes_hold_all_but_the_margins():
    features = LocalFeatures(640, 480, bytes(range(32)), bytes(range(100, 116)), bytes(256))
    data = features.to_bytes()
    again = LocalFeatures.from_bytes(data)
    assert again == LocalFeatures(640, 480, features.codes, features.geometry)
    assert again.to_bytes() == data
    assert len(data) == 12 + 2 * 24
    assert len(features) == len(again) == 2


def test_no_features_are_bytes_too():
    features = LocalFeatures(1, 1, b"", b"")
    assert LocalFeatures.from_bytes(features.to_bytes()) == features


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: data[:11],
        lambda data: data[:-1],
        lambda data: data + b"\0",
        lambda data: b"\x02" + data[1:],
        lambda data: data[:2] + b"\xff\xff" + data[4:],
        lambda data: data[:4] + bytes(4) + data[8:],
    ],
    ids=["empty", "no-head", "cut", "long", "version", "count", "width"],
)
def test_other_bytes_are_refused(spoil):
    data = LocalFeatures(640, 480, bytes(32), bytes(16)).to_bytes()
    with pytest.raises(InvalidFingerprintError, match="add the picture again"):
        LocalFeatures.from_bytes(spoil(data))


def test_does_not_show_what_it_knows():
    assert repr(one_feature([3])) == "LocalFeatures(width=640, height=480)"


@pytest.mark.parametrize("bit", [0, 1, 7, 8, 30, 64, 127])
def test_a_mirrored_bit_changes_row_and_direction(bit):
    row, column, direction = bit // 32, bit // 8 % 4, bit % 8
    margins = bytes(200 if number == bit else 0 for number in range(128))
    mirrored = one_feature([bit], margins=margins).mirrored()
    wanted = (3 - row) * 32 + column * 8 + (-direction) % 8
    assert set_bits(mirrored.codes) == {wanted}
    assert mirrored.margins.index(200) == wanted


@pytest.mark.parametrize(
    ("x", "mirrored_x", "angle", "mirrored_angle"),
    [(0, 65535, 0, 32768), (65535, 0, 32768, 0), (100, 65435, 16384, 16384), (7, 65528, 1, 32767)],
)
def test_a_mirror_exchanges_left_and_right(x, mirrored_x, angle, mirrored_angle):
    mirrored = one_feature([], x, 77, 5000, angle).mirrored()
    assert struct.unpack("<4H", mirrored.geometry) == (mirrored_x, 77, 5000, mirrored_angle)
    assert (mirrored.width, mirrored.height) == (640, 480)


def test_two_mirrors_are_none():
    features = LocalFeatures(31, 77, bytes(range(160)), bytes(range(80)), bytes(range(128)) * 10)
    assert features.mirrored() != features
    assert features.mirrored().mirrored() == features


def test_places_are_in_pixels_of_the_picture():
    features = one_feature([], x=16384 * 3, y=32768)
    assert features.place(0) == pytest.approx((480, 240), abs=0.01)


@pytest.mark.parametrize(
    ("width", "height", "longer"),
    [
        (4000, 3000, 384),
        (384, 100, 384),
        (300, 299, 300),
        (256, 9, 256),
        (40, 80, 256),
        (1, 1, 256),
    ],
)
def test_fits_large_pictures_down_and_small_ones_up(width, height, longer):
    assert max(width, height) * fitted_scale(width, height) == pytest.approx(longer)
