"""Putting hits in order, and laying codes out."""

import numpy as np
import pytest

from eikona.matching.compiled import Layout, nearest_first
from tests.unit.matching.code_sets import as_tuples, layouts


@pytest.mark.parametrize("scale", [1, 1 << 31])  # the larger numbers do not fit one word together
def test_hits_are_ordered_by_query_distance_and_row(scale):
    random = np.random.default_rng(9)
    pieces = [random.integers(0, 5, (size, 3)) * [scale, scale, 1] for size in (0, 40, 1, 7)]
    plainly = sorted((q, d, r) for piece in pieces for q, r, d in piece.tolist())
    assert as_tuples(nearest_first(pieces)) == plainly


def test_no_hits_stay_none():
    for pieces in ([], [np.zeros((0, 3), np.int64)]):
        assert as_tuples(nearest_first(pieces)) == []


def test_codes_are_read_where_they_are_unless_they_lie_scattered():
    rows = np.random.default_rng(10).integers(0, 1 << 64, (9, 4), np.uint64)
    for name, columns in layouts(rows).items():
        layout = Layout.of(columns)
        assert (layout.codes, layout.words) == (9, 4)
        assert np.shares_memory(layout.numbers, columns) == (name != "scattered")
        words = layout.numbers if layout.in_rows else layout.numbers.T
        assert (words == rows).all()
