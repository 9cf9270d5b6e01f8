import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eikona.imaging.orientation import exif_orientation, swaps_axes, upright
from tests.unit.imaging.builders import ORIENTED, exif


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("value", range(1, 9))
@pytest.mark.parametrize("mark", [b"", b"Exif\0\0"])
def test_reads_both_byte_orders_with_and_without_mark(order, value, mark):
    assert exif_orientation(mark + exif(value, order=order)) == value


@pytest.mark.parametrize("value", [0, 9, 255, 256, 1536, 65535])
@pytest.mark.parametrize("order", ["<", ">"])
def test_an_undefined_value_is_upright(value, order):
    assert exif_orientation(exif(value, order=order)) == 1


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(exif(6, kind=4), id="long"),
        pytest.param(exif(6, kind=2), id="text"),
        pytest.param(exif(6, kind=0), id="no such type"),
        pytest.param(exif(6, count=0), id="no value"),
        pytest.param(exif(6, count=2), id="two values"),
        pytest.param(exif(6, count=0xFFFFFFFF), id="huge count"),
        pytest.param(exif(6, at=0xFFFFFFF0), id="offset outside"),
        pytest.param(exif(6, at=10_000), id="offset behind the end"),
        pytest.param(exif(6, entries=0), id="no entries"),
        pytest.param(exif(6, tag=0x0100, entries=0xFFFF), id="huge entry count"),
        pytest.param(b"", id="empty"),
        pytest.param(b"Exif\0\0", id="mark alone"),
        pytest.param(b"II", id="order alone"),
        pytest.param(b"II+\0" + exif(6)[4:], id="other magic"),
        pytest.param(b"XX" + exif(6)[2:], id="other order"),
    ],
)
def test_what_makes_no_sense_is_upright(block):
    assert exif_orientation(block) == 1


def test_a_block_cut_anywhere_before_the_value_is_upright():
    block = exif(6)
    for end in range(len(block) - 6):
        assert exif_orientation(block[:end]) == 1
    assert exif_orientation(block[:22]) == 6  # the whole entry


def test_the_first_of_two_entries_counts():
    entry = struct.pack("<HHLH2x", 0x0112, 3, 1, 8)
    block = exif(6, entries=2)
    assert exif_orientation(block[:22] + entry + block[22:]) == 6


def test_other_entries_are_stepped_over():
    entry = struct.pack("<HHLL", 0x010F, 2, 40, 99_999)
    block = exif(3, entries=2)
    assert exif_orientation(block[:10] + entry + block[10:]) == 3


def test_gives_up_on_a_directory_that_is_absurdly_long():
    entry = struct.pack("<HHLL", 0x010F, 2, 40, 99_999)
    block = exif(3, entries=6001)
    assert exif_orientation(block[:10] + entry * 6000 + block[10:]) == 1


@given(st.binary(max_size=80))
def test_never_fails(tail):
    assert 1 <= exif_orientation(b"II*\0\x08\0\0\0" + tail) <= 8
    assert 1 <= exif_orientation(b"MM\0*\0\0\0\x08" + tail) <= 8


@pytest.mark.parametrize("value", range(1, 9))
def test_upright_undoes_what_the_standard_says_a_camera_stored(value):
    picture = np.arange(12, dtype=np.uint8).reshape(3, 4)
    stored = ORIENTED[value](picture)
    assert swaps_axes(value) == (stored.shape != picture.shape)
    turned = upright(stored, value)
    assert turned.flags.c_contiguous
    np.testing.assert_array_equal(turned, picture)


@pytest.mark.parametrize(
    ("value", "row", "column"),
    [
        (1, "top", "left"),
        (2, "top", "right"),
        (3, "bottom", "right"),
        (4, "bottom", "left"),
        (5, "left", "top"),
        (6, "right", "top"),
        (7, "right", "bottom"),
        (8, "left", "bottom"),
    ],
)
def test_row_and_column_0_lie_where_the_exif_standard_says(value, row, column):
    """CIPA DC-008, 4.6.5.1: "the 0th row is at the visual top of the image", and so on."""
    stored = np.zeros((3, 4), np.uint8)
    stored[0, :] += 1
    stored[:, 0] += 2
    shown = upright(stored, value)
    sides = {
        "top": shown[0],
        "bottom": shown[-1],
        "left": shown[:, 0],
        "right": shown[:, -1],
    }
    assert (sides[row] & 1).all()
    assert (sides[column] & 2).all()
