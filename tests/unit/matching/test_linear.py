"""The scan against counting the bits of every pair, one after the other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eikona.matching import linear
from eikona.matching.linear import hamming_within, word_columns, word_rows

_WIDTHS = st.sampled_from([1, 7, 8, 9, 16, 24, 32, 40, 64, 72, 128])  # bytes of a code


def _plainly(codes, queries, radius):
    return [
        (q, r, distance)
        for q, query in enumerate(queries)
        for r, code in enumerate(codes)
        if (distance := (int.from_bytes(query) ^ int.from_bytes(code)).bit_count()) <= radius
    ]


def _array(codes, width):
    return np.frombuffer(b"".join(codes), np.uint8).reshape(len(codes), width)


def _scan(codes, queries, radius, width):
    hits = hamming_within(
        word_columns(_array(codes, width)), word_rows(_array(queries, width)), radius
    )
    return list(
        zip(hits.queries.tolist(), hits.rows.tolist(), hits.distances.tolist(), strict=True)
    )


@st.composite
def _banks(draw):
    width = draw(_WIDTHS)
    base = draw(st.binary(min_size=width, max_size=width))

    def near(bits):
        value = int.from_bytes(base)
        for bit in bits:
            value ^= 1 << bit
        return value.to_bytes(width)

    anything = st.binary(min_size=width, max_size=width)
    close = st.lists(st.integers(0, 8 * width - 1), max_size=40).map(near)
    code = st.one_of(st.just(bytes(width)), st.just(b"\xff" * width), close, anything)
    codes, queries = draw(st.lists(code, max_size=20)), draw(st.lists(code, max_size=9))
    return codes, queries, draw(st.integers(0, 8 * width)), width


@settings(max_examples=300, deadline=None)
@given(bank=_banks(), tile=st.sampled_from([1, 3, 16, 1 << 17]))
def test_finds_what_counting_every_pair_finds(bank, tile):
    before, linear._TILE = linear._TILE, tile
    try:
        assert _scan(*bank) == _plainly(*bank[:3])
    finally:
        linear._TILE = before


@pytest.mark.parametrize("width", [8, 16, 32, 64])
def test_every_radius_of_codes_at_every_distance(width):
    bits = 8 * width
    codes = [(((1 << n) - 1) << (bits - n)).to_bytes(width) for n in range(bits + 1)]
    queries = [bytes(width), b"\xff" * width]
    for radius in range(bits + 1):
        assert _scan(codes, queries, radius, width) == _plainly(codes, queries, radius)


@pytest.mark.parametrize("radius", [0, 8, 31, 50, 74, 100, 128, 200, 256])
def test_a_thousand_random_codes(radius):
    random = np.random.default_rng(5)
    codes = random.integers(0, 256, (1000, 32), np.uint8)
    queries = np.concatenate([codes[:20] ^ (random.random((20, 32)) < 0.15), codes[40:45]])
    hits = hamming_within(word_columns(codes), word_rows(queries), radius)
    distances = np.bitwise_count(queries[:, None] ^ codes).sum(axis=2)
    expected = np.nonzero(distances <= radius)
    assert np.array_equal(hits.queries, expected[0])
    assert np.array_equal(hits.rows, expected[1])
    assert np.array_equal(hits.distances, distances[expected])


@pytest.mark.parametrize("words", [1, 2, 3, 4, 8, 64])
def test_every_way_to_count_is_a_lower_bound(words):
    """Each plan alone finds all, whatever the cost model would choose."""
    random = np.random.default_rng(words)
    codes = random.integers(0, 256, (300, 8 * words), np.uint8)
    codes[::3] ^= codes[0]
    queries = codes[:7]
    distances = np.bitwise_count(queries[:, None] ^ codes).sum(axis=2, dtype=np.int64)
    for radius in (0, 20 * words, 30 * words, 64 * words):
        expected = int((distances <= radius).sum())
        for plan in linear._plans(words):
            scan = linear._Scan(word_columns(codes), word_rows(queries), radius, plan)
            hits = scan.tile(0, len(queries), 0, len(codes))
            assert (0 if hits is None else len(hits.rows)) == expected
