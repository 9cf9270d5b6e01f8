"""The compiled scan, and what stands in for it, against counting the bits of every pair."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eikona.matching import scan
from eikona.matching.scan import scan_nearest, scan_within
from eikona.native import scan_kernel
from tests.unit.matching.code_sets import (
    ENGINES,
    as_tuples,
    codes_and_queries,
    engine,
    layouts,
    nearest,
    within,
)

_SIZES = st.sampled_from([0, 1, 2, 40, 511, 512, 513, 1200])  # about a block and its multiples
_WORDS = st.integers(1, 5)
_SEEDS = st.integers(0, 1 << 32)


@pytest.mark.parametrize("name", ENGINES)
@settings(max_examples=60, deadline=None)
@given(
    seed=_SEEDS,
    size=_SIZES,
    words=_WORDS,
    queries=st.sampled_from([0, 1, 5, 70]),
    share=st.floats(0, 1.1),
    threads=st.integers(1, 3),
)
def test_finds_what_counting_every_pair_finds(name, seed, size, words, queries, share, threads):
    rows, wanted = codes_and_queries(seed, size, words, queries)
    radius = int(share * 64 * words)
    for columns in layouts(rows).values():
        with engine(name):
            hits = scan_within(columns, wanted, radius, threads=threads)
        assert as_tuples(hits) == within(rows, wanted, radius)


@pytest.mark.parametrize("name", ENGINES)
@settings(max_examples=40, deadline=None)
@given(
    seed=_SEEDS,
    size=_SIZES,
    words=_WORDS,
    count=st.sampled_from([0, 1, 2, 9, 300, 5000]),
    threads=st.integers(1, 3),
)
def test_finds_the_nearest_and_of_equal_ones_the_first(name, seed, size, words, count, threads):
    rows, wanted = codes_and_queries(seed, size, words)
    for columns in layouts(rows).values():
        with engine(name):
            hits = scan_nearest(columns, wanted, count, threads=threads)
        assert as_tuples(hits) == nearest(rows, wanted, count)


def test_more_hits_than_there_was_room_for_are_all_found(monkeypatch):
    monkeypatch.setattr(scan, "_FIRST_ROOM", scan._BLOCK)
    rows, wanted = np.zeros((5000, 4), np.uint64), np.zeros((30, 4), np.uint64)
    with engine("compiled"):
        hits = scan_within(rows.T, wanted, 0)
    assert hits.queries.tolist() == [number for number in range(30) for _ in range(5000)]
    assert hits.rows.tolist() == list(range(5000)) * 30
    assert not hits.distances.any()


def test_nearest_codes_in_several_helpings_are_the_same(monkeypatch):
    rows, wanted = codes_and_queries(1, 700, 4, 50)
    with engine("compiled"):
        whole = as_tuples(scan_nearest(rows.T, wanted, 10))
        monkeypatch.setattr(scan, "_KEPT_BYTES", 1)
        assert as_tuples(scan_nearest(rows.T, wanted, 10)) == whole


@pytest.mark.parametrize("words", [1, 2, 3, 4, 6])
def test_every_bound_loses_nothing(monkeypatch, words):
    rows, wanted = codes_and_queries(2, 600, words)
    for bound, read, *_ in scan._BOUNDS:
        if read <= words:
            monkeypatch.setattr(scan, "_bound", lambda *_, bound=bound: bound)
            for radius in (0, 20, 33, 90):
                with engine("compiled"):
                    hits = as_tuples(scan_within(rows.T, wanted, radius))
                    assert hits == within(rows, wanted, radius)
                    first = as_tuples(scan_nearest(rows.T, wanted, 20))
                    assert first == nearest(rows, wanted, 20)


def test_wider_radii_take_bounds_that_read_more():
    chosen = [scan._bound(4, radius) for radius in range(257)]
    assert chosen == sorted(chosen)
    assert (chosen[31], chosen[74], chosen[256]) == (
        scan._ONE_PAIR,
        scan._TWO_PAIRS,
        scan._FOUR_WORDS,
    )


def test_constants_are_those_of_the_kernel():
    for name in ("BLOCK", "BOUND_WORDS"):
        assert getattr(scan, f"_{name}") == getattr(scan_kernel, name)
    for name in ("ONE_WORD", "ONE_PAIR", "TWO_WORDS", "TWO_PAIRS", "FOUR_WORDS"):
        assert getattr(scan, f"_{name}") == getattr(scan_kernel, name)
