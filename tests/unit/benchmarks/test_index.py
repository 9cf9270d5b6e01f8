"""The index benchmark: its banks, what it measures on a small one, and its tables."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.index import code_sets, tables
from benchmarks.index.measure import measure
from benchmarks.index.searchers import searchers


def _no_photos(kind, codes, queries):
    return code_sets.make(kind, codes, queries, Path("nowhere"), lambda _: None)


@pytest.mark.parametrize("kind", ["random", "clustered"])
def test_banks_are_the_same_at_every_call_and_half_of_the_queries_are_near(kind):
    once, again = _no_photos(kind, 3000, 20), _no_photos(kind, 3000, 20)
    assert (once.rows == again.rows).all()
    assert (once.queries == again.queries).all()
    assert once.rows.shape == (3000, 4)
    distances = np.bitwise_count(once.rows ^ once.queries[:, None]).sum(axis=2).min(axis=1)
    assert (distances[::2] <= 31).all()


def test_clustered_banks_have_crowded_halves_and_near_duplicates():
    rows = _no_photos("clustered", 5000, 2).rows
    assert 0.05 < (rows[:, 2:] == 0).all(axis=1).mean() < 0.15
    assert (rows == 0).all(axis=1).any()
    near = np.bitwise_count(rows[:, :2] ^ rows[100, :2]).sum(axis=1) < 30
    assert near.sum() > 300


@pytest.mark.parametrize("together", [1, 8])
def test_every_search_of_ours_finds_what_the_scan_finds(together):
    codes = _no_photos("random", 30_000, 16)
    found = list(searchers(faiss_too=False))
    rows = measure(found, codes, 31, 1, (1, 2), lambda _: None, together=together)
    by_name = {row["what"]: row for row in rows}
    assert list(by_name) == [searcher.what for searcher in found]
    for row in rows:
        if row["kind"] == "eikona":
            assert (row["recall"], row["wrong"]) == (1.0, 0)
            assert row["hits"] >= 8
            assert set(row["batch_s"]) == {"1", "2"}
        assert row["alone_ms"] <= row["alone_ms_p99"]
        assert row["alone_spread_ms"] <= row["alone_spread_ms_p99"]
    assert by_name["eikona, banded"]["index_bytes"] > 30_000


def _row(what, codes, alone_ms, kind="eikona", codes_kind="random", name=None, **more):
    return {
        "family": "index",
        "set": name or f"{codes_kind}-{codes}",
        "codes_kind": codes_kind,
        "codes": codes,
        "what": what,
        "kind": kind,
        "alone_ms": alone_ms,
        "alone_ms_p99": 2 * alone_ms,
        "batch_s": {"1": 0.5, "2": 0.3},
        "queries": 1000,
        "radius": 31,
        "rounds": 5,
        "recall": 1.0,
        "wrong": 0,
        "index_bytes": 625_000_000,
        "build_s": {"2": 3.0},
        "commit": "0123456789",
        "date": "2026-11-21",
        "machine": {"cpu": "Some CPU"},
    } | more


_BANDED = "eikona, banded"


def test_goals_are_held_against_ten_million_codes():
    rows = [_row(_BANDED, 1_000_000, 0.1), _row(_BANDED, 10_000_000, 0.2)]
    assert tables.summary(rows).count(" met ") == 4
    slow = [_row(_BANDED, 10_000_000, 0.9, recall=0.99, index_bytes=651_000_000)]
    assert tables.summary(slow).count("**missed**") == 3
    assert tables.summary(rows[:1]) == ""


def test_pictures_a_second_are_batches_over_their_time():
    wide = _row("eikona, scan", 1_000_000, 4, name="wide", pictures=125, radius=74)
    assert "417/s" in tables.summary([wide])
    assert "250/s" in tables.wide([wide])


def test_slow_calls_are_shown_and_what_was_not_measured_is_a_dash():
    plain = _row(_BANDED, 10_000_000, 2.0)
    assert "2 ms (4 ms) | – | 0.5 s | 0.3 s" in tables.searches([plain])
    spread = plain | {"alone_spread_ms": 1.0, "alone_spread_ms_p99": 3.0}
    assert "2 ms (4 ms) | 1 ms (3 ms) | 0.5 s" in tables.searches([spread])
    assert "2 ms (4 ms) | ≤ 0.8 ms" in tables.summary([plain])


def test_growth_is_the_power_that_fits_from_a_hundred_thousand_on():
    rows = [_row(_BANDED, size, (size / 1e5) ** 0.5) for size in (10**5, 10**6, 10**7)]
    rows.append(_row(_BANDED, 10_000, 5.0))
    text = tables.growth(rows)
    assert "n^0.50" in text
    assert "| 10 k | 100 k | 1 M | 10 M |" in text
    assert "index.png" in text


def test_each_table_is_empty_without_rows():
    for table in tables.TABLES.values():
        assert table([{"family": "speed", "set": "native"}]) == ""
