"""Distances against numbers worked by hand and slow definitions."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eikona.matching.distances import (
    correlation,
    forbild_weighted,
    forbild_weighted_many,
    hamming,
)

codes = st.binary(min_size=32, max_size=32)


@given(a=codes, b=codes)
def test_hamming_counts_differing_bits(a, b):
    assert hamming(a, b) == sum(
        (x >> k & 1) != (y >> k & 1) for x, y in zip(a, b, strict=False) for k in range(8)
    )


def test_correlation_worked_by_hand():
    assert correlation(bytes([1, 2, 3]), bytes([10, 20, 30])) == pytest.approx(1)
    assert correlation(bytes([1, 2, 3]), bytes([3, 2, 1])) == pytest.approx(-1)
    assert correlation(bytes([1, 2, 3, 4]), bytes([1, 3, 2, 4])) == pytest.approx(0.8)


def test_correlation_of_a_constant_is_zero_unless_both_are_the_same():
    assert correlation(bytes([5, 5]), bytes([1, 9])) == 0
    assert correlation(bytes([5, 5]), bytes([5, 5])) == 1


def grey_with(values, elsewhere=100):
    """A 16 x 16 picture whose quadrant medians are all ``elsewhere``."""
    grey = np.full((16, 16), elsewhere, np.uint8)
    for (row, column), value in values.items():
        grey[row, column] = value
    return grey.tobytes()


def test_forbild_weighs_differing_bits_by_how_far_they_are_from_the_median():
    """One differing bit 10 from its median, equal bits 30 and 40: 100 / (900 + 1600) * 1 * 1000."""
    grey = grey_with({(0, 0): 110, (0, 9): 130, (15, 15): 60})
    a = bytes(32)
    b = bytes([0x80]) + bytes(31)
    assert forbild_weighted(a, b, grey) == pytest.approx(40.0)


def test_forbild_of_equal_hashes_is_zero():
    assert forbild_weighted(bytes(32), bytes(32), grey_with({})) == 0


def test_forbild_is_infinite_where_equal_bits_prove_nothing():
    assert forbild_weighted(bytes(32), b"\xff" + bytes(31), grey_with({(0, 0): 200})) == math.inf


@given(a=codes, b=codes, seed=st.integers(0, 2**32 - 1))
def test_forbild_agrees_with_a_loop(a, b, seed):
    grey = np.random.default_rng(seed).integers(0, 256, (16, 16), dtype=np.uint8)
    same = differing = count = 0
    for at in range(256):
        row, column = divmod(at, 16)
        top, left = row // 8 * 8, column // 8 * 8
        median = sorted(grey[top : top + 8, left : left + 8].ravel().tolist())[32]
        square = (int(grey[row, column]) - median) ** 2
        if (a[at // 8] ^ b[at // 8]) >> (7 - at % 8) & 1:
            differing, count = differing + square, count + 1
        else:
            same += square
    expected = 0.0 if not count else differing / same * count * 1000 if same else math.inf
    assert forbild_weighted(a, b, grey.tobytes()) == pytest.approx(expected)


@given(query=codes, others=st.lists(codes, max_size=20), seed=st.integers(0, 2**32 - 1))
def test_forbild_of_many_is_forbild_of_each(query, others, seed):
    levels = np.random.default_rng(seed).integers(0, 256, 5, dtype=np.uint8)
    grey = np.random.default_rng(seed).choice(levels, 256).tobytes()
    others = [query, bytes(255 - byte for byte in query), *others]
    rows = np.frombuffer(b"".join(others), np.uint8).reshape(-1, 32)
    found = forbild_weighted_many(query, grey, rows)
    assert found.tolist() == [forbild_weighted(query, other, grey) for other in others]


def test_forbild_of_many_goes_on_beyond_one_block(monkeypatch):
    monkeypatch.setattr("eikona.matching.distances._ROWS_AT_ONCE", 3)
    rows = np.random.default_rng(5).integers(0, 256, (8, 32), dtype=np.uint8)
    grey = bytes(range(256))
    found = forbild_weighted_many(bytes(32), grey, rows)
    assert found.tolist() == [forbild_weighted(bytes(32), row.tobytes(), grey) for row in rows]


def test_forbild_of_many_counts_the_largest_squares_there_are():
    grey = np.full((16, 16), 255, np.uint8)
    for top in (0, 8):
        for left in (0, 8):
            grey[top : top + 4, left : left + 8] = 0  # 32 of 64: the upper median is 255
    rows = np.full((1, 32), 255, np.uint8)
    rows[0, 31] = 0xFE
    grey[15, 14:] = 255, 254
    grey[8, 8] = 255
    found = forbild_weighted_many(bytes(32), grey.tobytes(), rows)
    assert found.tolist() == [127 * 255**2 * 255 * 1000]


def test_forbild_of_none():
    assert forbild_weighted_many(bytes(32), bytes(256), np.empty((0, 32), np.uint8)).size == 0
