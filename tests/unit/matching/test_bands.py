"""Band tables against sorting by hand, and plans against the limits that they keep."""

import numpy as np
import pytest

from eikona.matching import banded, bands
from eikona.matching.bands import (
    RINGS,
    BandPlan,
    band_keys,
    build_tables,
    plan_bands,
    ring_ends,
    ring_masks,
)
from eikona.native import rings_kernel
from tests.unit.matching.code_sets import ENGINES, codes_and_queries, engine, layouts


def _bits(rows):
    return np.unpackbits(rows.view(np.uint8), axis=1, bitorder="little")


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize(
    ("words", "plan"),
    [(1, BandPlan(3, 5)), (2, BandPlan(11, 11)), (4, BandPlan(11, 9)), (4, BandPlan(2, 13))],
)
@pytest.mark.parametrize("size", [0, 1, 700])
def test_buckets_hold_the_numbers_of_their_codes_in_order(name, words, plan, size):
    rows, _ = codes_and_queries(3, size, words)
    places = 1 << np.arange(plan.width)
    for columns in layouts(rows).values():
        with engine(name):
            tables = build_tables(columns, plan, threads=2)
        assert tables.plan == plan
        for band in range(plan.bands):
            keys = _bits(rows)[:, band * plan.width :][:, : plan.width] @ places
            for value in range(1 << plan.width):
                bucket = slice(*tables.offsets[band, value : value + 2])
                assert tables.ids[band, bucket].tolist() == np.flatnonzero(keys == value).tolist()


def test_keys_are_the_bits_of_their_band():
    rows, _ = codes_and_queries(4, 50, 3)
    for width in (7, 16, 24):
        for band in range(192 // width):
            bits = _bits(rows)[:, band * width : (band + 1) * width]
            assert (band_keys(rows.T, band, width) == bits @ (1 << np.arange(width))).all()


@pytest.mark.parametrize("width", [1, 2, 3, 4, 9])
def test_masks_are_all_numbers_with_few_bits_by_ring(width):
    masks, ends = ring_masks(width).tolist(), ring_ends(width)
    few = [number for number in range(1 << width) if number.bit_count() < RINGS]
    assert masks == sorted(few, key=lambda number: (number.bit_count(), number))
    assert [masks[:end] for end in ends] == [
        [mask for mask in masks if mask.bit_count() <= ring] for ring in range(RINGS)
    ]


def test_few_codes_get_no_tables_and_many_get_them():
    assert plan_bands(0, 256) is None
    assert plan_bands(1000, 256) is None
    assert plan_bands(1000, 64) is None
    for codes in (100_000, 300_000, 1_000_000, 30_000_000):
        assert plan_bands(codes, 256)
        assert plan_bands(codes, 64)


def test_tables_of_ten_million_codes_take_at_most_650_megabytes():
    plan = plan_bands(10_000_000, 256)
    assert plan.bytes_for(10_000_000) <= 650_000_000
    assert plan.bands * plan.width <= 256


def test_memory_is_what_the_plan_says():
    rows, _ = codes_and_queries(5, 100, 4)
    tables = build_tables(rows.T, BandPlan(6, 8))
    assert tables.nbytes == BandPlan(6, 8).bytes_for(100)


def test_ring_and_cost_constants_are_those_of_the_kernel():
    assert bands.RINGS == rings_kernel.RINGS
    assert (bands.PROBE_NS, bands.CANDIDATE_NS) == (
        rings_kernel.PROBE_NS,
        rings_kernel.CANDIDATE_NS,
    )
    assert (banded._CANDIDATES, banded.HEAVY) == (rings_kernel.CANDIDATES, rings_kernel.HEAVY)
