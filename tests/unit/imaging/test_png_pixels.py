import zlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from eikona.imaging.png_chunks import read_png
from eikona.imaging.png_pixels import holds_every_row
from tests.unit.imaging.builders import (
    PNG,
    chunk,
    chunks_of,
    ihdr,
    interlaced_png,
    photograph,
    plain_rows,
    png,
)

ROWS = plain_rows(photograph(12, 9))
PACKED = zlib.compress(ROWS)


@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from([(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (4, 8), (6, 16)]),
)
def test_rows_are_counted_to_the_byte(width, height, kind):
    colour, depth = kind
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    size = height * (1 + -(-width * channels * depth // 8))
    for missing in (0, 1):
        data = png(width, height, bytes(size - missing), depth=depth, colour=colour)
        assert holds_every_row(read_png(data, 1)) == (not missing)


@given(st.integers(1, 20), st.integers(1, 20))
def test_rows_of_every_pass_are_counted_to_the_byte(width, height):
    whole = interlaced_png(np.zeros((height, width, 3), np.uint8))
    rows = zlib.decompress(dict(chunks_of(whole))[b"IDAT"])
    assert holds_every_row(read_png(whole, 1))
    packed = chunk(b"IDAT", zlib.compress(rows[:-1]))
    early = PNG + ihdr(width, height, interlaced=1) + packed + chunk(b"IEND")
    assert not holds_every_row(read_png(early, 1))


def test_rows_are_counted_across_pieces_and_behind_their_end():
    piece = len(PACKED) // 3
    parts = PACKED[:piece], PACKED[piece : 2 * piece], PACKED[2 * piece :] + b"garbage"
    data = PNG + ihdr(12, 9) + b"".join(chunk(b"IDAT", p) for p in parts) + chunk(b"IEND")
    assert holds_every_row(read_png(data, 1))
    data = png(12, 9, ROWS * 2)
    assert holds_every_row(read_png(data, 1))
