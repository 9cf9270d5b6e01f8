"""The banded index against counting the bits of every pair."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eikona.matching import banded, banded_plain
from eikona.matching.banded import BandedIndex
from eikona.matching.bands import BandPlan, build_tables
from tests.unit.matching.code_sets import (
    ENGINES,
    as_tuples,
    codes_and_queries,
    engine,
    layouts,
    nearest,
    within,
)

_PLANS = {  # words: some cover all bits, others leave some out
    1: [BandPlan(3, 12), BandPlan(1, 10), BandPlan(8, 8)],
    2: [BandPlan(5, 9), BandPlan(16, 8)],
    4: [BandPlan(11, 10), BandPlan(16, 12), BandPlan(7, 11)],
    5: [BandPlan(13, 9)],
}


@st.composite
def _indexes(draw):
    words = draw(st.sampled_from(sorted(_PLANS)))
    size = draw(st.sampled_from([0, 1, 2, 60, 1500]))
    rows, wanted = codes_and_queries(draw(st.integers(0, 1 << 32)), size, words)
    return rows, wanted, draw(st.sampled_from(_PLANS[words]))


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("may_scan", [False, True])
@settings(max_examples=60, deadline=None)
@given(
    index=_indexes(),
    radius=st.one_of(st.integers(0, 50), st.integers(0, 320)),
    threads=st.integers(1, 3),
    layout=st.sampled_from(["rows", "columns", "scattered"]),
)
def test_finds_what_counting_every_pair_finds(name, may_scan, index, radius, threads, layout):
    rows, wanted, plan = index
    columns = layouts(rows)[layout]
    before = banded.SCAN_WORD_NS, banded_plain._LIGHT_SHARE
    if not may_scan:  # bands alone, however dear
        banded.SCAN_WORD_NS, banded_plain._LIGHT_SHARE = 1e9, 0
    try:
        with engine(name):
            index = BandedIndex(columns, build_tables(columns, plan))
            hits = index.within(wanted, radius, threads=threads)
    finally:
        banded.SCAN_WORD_NS, banded_plain._LIGHT_SHARE = before
    assert as_tuples(hits) == within(rows, wanted, radius)


@pytest.mark.parametrize("name", ENGINES)
@settings(max_examples=30, deadline=None)
@given(index=_indexes(), count=st.sampled_from([0, 1, 3, 40, 5000]), threads=st.integers(1, 3))
def test_finds_the_nearest_and_of_equal_ones_the_first(name, index, count, threads):
    rows, wanted, plan = index
    with engine(name):
        index = BandedIndex(rows.T, build_tables(rows.T, plan))
        hits = index.nearest(wanted, count, threads=threads)
    assert as_tuples(hits) == nearest(rows, wanted, count)


@pytest.mark.parametrize("name", ENGINES)
def test_more_hits_than_there_was_room_for_are_all_found_once(monkeypatch, name):
    monkeypatch.setattr(banded, "_FIRST_ROOM", 16)
    monkeypatch.setattr(banded, "SCAN_WORD_NS", 1e9)
    monkeypatch.setattr(banded_plain, "_LIGHT_SHARE", 0)
    rows, wanted = np.zeros((5000, 4), np.uint64), np.zeros((3, 4), np.uint64)
    with engine(name):
        hits = BandedIndex(rows.T, build_tables(rows.T, BandPlan(11, 10))).within(wanted, 31)
    assert hits.queries.tolist() == [number for number in range(3) for _ in range(5000)]
    assert hits.rows.tolist() == list(range(5000)) * 3


def test_queries_that_are_scanned_stand_among_the_others():
    random = np.random.default_rng(6)
    rows = random.integers(0, 1 << 64, (60_000, 4), np.uint64)
    rows[:50_000] = 0
    wanted = np.stack([rows[-1], np.zeros(4, np.uint64), rows[-2]])
    with engine("compiled"):
        hits = BandedIndex.build(rows.T).within(wanted, 20)
    assert as_tuples(hits) == within(rows, wanted, 20)


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize(("size", "words"), [(60_000, 4), (60_000, 1), (300, 4)])
def test_an_index_with_the_usual_plan_finds_all(name, size, words):
    rows, wanted = codes_and_queries(8, size, words, 12)
    with engine(name):
        index = BandedIndex.build(rows.T, threads=2)
        assert (index.tables is None) == (size == 300)
        for radius in (0, 8 * words - 1, 12 * words):
            hits = index.within(wanted, radius, threads=2)
            assert as_tuples(hits) == within(rows, wanted, radius)
        assert as_tuples(index.nearest(wanted, 5)) == nearest(rows, wanted, 5)


@pytest.mark.parametrize("name", ENGINES)
def test_tables_of_a_damaged_file_lead_to_no_place_outside_of_the_codes(name):
    rows, wanted = codes_and_queries(5, 1500, 4)
    tables = build_tables(rows.T, BandPlan(16, 8))
    random = np.random.default_rng(6)
    for array in (tables.offsets, tables.ids):
        places = random.integers(0, array.size, array.size // 10)
        array.ravel()[places] = random.integers(0, 1 << 32, len(places), np.uint32)
    with engine(name):
        hits = BandedIndex(rows.T, tables).within(wanted, 40)
    assert set(as_tuples(hits)) <= set(within(rows, wanted, 40))


@pytest.mark.parametrize("radius", [10, 80])
def test_tables_for_one_radius_are_built_where_they_reach_it(monkeypatch, radius):
    monkeypatch.setattr(banded, "plan_bands", lambda codes, bits: BandPlan(16, 8))
    rows, wanted = codes_and_queries(7, 300, 4)
    index = BandedIndex.for_radius(rows.T, radius)
    assert (index.tables is not None) == (radius == 10)
    assert as_tuples(index.within(wanted, radius)) == within(rows, wanted, radius)
