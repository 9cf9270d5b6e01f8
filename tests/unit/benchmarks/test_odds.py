"""The counting and fitting behind the odds, against loops and made-up tails."""

import dataclasses
import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from benchmarks.odds import inlier_tail, tables
from benchmarks.odds.pool import Pool, crops, tiles
from benchmarks.odds.tables import odds
from benchmarks.odds.tail import Counted, count, fit
from eikona.deciding.eikona import Limits
from eikona.matching.distances import hamming


def test_counts_are_those_of_a_loop(monkeypatch):
    monkeypatch.setattr("benchmarks.odds.tail._ROWS_AT_ONCE", 7)
    draw = np.random.default_rng(3)
    codes = draw.integers(0, 256, (30, 8, 32), dtype=np.uint8)
    codes[4, 3] = codes[9, 0]
    photos = np.sort(draw.integers(0, 12, 30))
    photos[[4, 9]] = 0, 11
    expected = np.zeros(257, int)
    near = []
    for a, b in itertools.combinations(range(30), 2):
        if photos[a] != photos[b]:
            distance = min(hamming(one.tobytes(), codes[b, 0].tobytes()) for one in codes[a])
            expected[distance] += 1
            if distance <= 96:
                near.append((distance, photos[a], photos[b]))
    dhash = draw.integers(0, 256, (30, 32), dtype=np.uint8)
    counted = count(Pool(codes, photos, dhash))
    assert counted.counts.tolist() == expected.tolist()
    assert sorted(map(tuple, counted.near.tolist())) == sorted(near)
    assert counted.counts[0] == 1
    together = count(Pool(codes, photos, dhash), with_dhash=True)
    expected = np.zeros(len(together.counts), int)
    for a, b in itertools.combinations(range(30), 2):
        if photos[a] != photos[b]:
            distance = min(hamming(one.tobytes(), codes[b, 0].tobytes()) for one in codes[a])
            expected[distance + -(-hamming(dhash[a].tobytes(), dhash[b].tobytes()) // 4)] += 1
    assert together.counts.tolist() == expected.tolist()


def test_the_rate_of_a_geometric_tail_is_found():
    draw = np.random.default_rng(5)
    excess = 2 * (draw.geometric(1 - np.exp(-2 * 0.2), 20_000) - 1)
    near = np.stack([80 - excess, *draw.integers(0, 1000, (2, 20_000))], axis=1)
    counts = np.bincount(np.clip(near[:, 0], 0, 256), minlength=257)
    counts[128] = 10_000_000 - 20_000
    fitted = fit(Counted(counts, near[near[:, 0] >= 0], 1000), 80, (31,))
    assert fitted.per_bit == pytest.approx(0.2, rel=0.02)
    middle, low, high = fitted.chance_at[31]
    assert low < middle < high
    assert middle == pytest.approx(2e-3 * np.exp(-0.2 * 49), rel=0.2)


@pytest.mark.parametrize(
    ("size", "number"), [((500, 375), 2), ((384, 384), 4), ((300, 300), 0), ((5000, 400), 52)]
)
def test_tiles_cover_the_photograph_and_have_sides_enough(size, number):
    found = list(tiles(Image.new("RGB", size)))
    assert len(found) == number
    assert all(min(tile.size) >= 192 for tile in found)
    if found:
        assert sum(tile.width * tile.height for tile in found) == size[0] * size[1]


def test_crops_are_large_and_the_same_each_time():
    photo = Image.fromarray(np.random.default_rng(0).integers(0, 256, (375, 500, 3), np.uint8))
    first, second = list(crops(1)(photo)), list(crops(1)(photo))
    assert [one.tobytes() for one in first] == [one.tobytes() for one in second]
    assert len(first) == 9
    assert all(min(one.size) >= 157 for one in first)  # 192 / exp(0.35 / 2) where it is stretched


def test_the_table_says_what_was_seen():
    row = {
        "family": "odds",
        "set": "all",
        "what": "pictures",
        "pairs": 1000,
        "least": 58,
        "counts": {"58": 1, "72": 2, "80": 3, "90": 994},
        "chance_at": {"31": [2e-9, 4e-13, 3e-8]},
    }
    (line,) = odds([row, {"family": "speed"}]).splitlines()[2:]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells == [
        *("pictures", "1,000", "58 bits", "1", "1", "3", "6"),
        "2e-09 (4e-13 to 3e-08)",
    ]
    assert odds([]) == ""


def test_the_rate_of_inliers_is_found_and_its_band_holds_it():
    draw = np.random.default_rng(2)
    count, photos = 4000, 300
    inliers = inlier_tail.TAIL_FROM + draw.geometric(1 - np.exp(-1.7), count) - 1
    found = np.concatenate([draw.integers(0, photos, (count, 2)), inliers[:, None]], axis=1)
    pool = SimpleNamespace(photo=np.arange(photos))
    of = inlier_tail.Verified(found, inliers, np.full(count, 0.1))
    fitted = inlier_tail.fit(pool, of, 1_000_000, (4, 9))
    assert fitted.per_inlier == pytest.approx(1.7, rel=0.03)
    assert fitted.low < fitted.per_inlier < fitted.high
    assert fitted.chance_at[4][0] == pytest.approx(count / 1_000_000)
    middle, low, high = fitted.chance_at[9]
    assert low < middle < high
    assert middle == pytest.approx(4e-3 * np.exp(-1.7 * 5), rel=0.3)


def test_seeing_no_more_inliers_does_not_stand_for_never():
    pool = SimpleNamespace(photo=np.arange(10))
    found = np.array([[1, 2, 4], [3, 4, 4]])
    of = inlier_tail.Verified(found, found[:, 2], np.zeros(2))
    assert inlier_tail.fit(pool, of, 1000, (4,)).per_inlier == pytest.approx(np.log(4))


@pytest.mark.parametrize(("seen", "most"), [(0, 3.7), (5, 11.7), (100, 121.6)])
def test_the_upper_end_of_a_count_is_poissons(seen, most):
    """97.5 % quantiles as tables of the Poisson distribution have them."""
    assert inlier_tail.most_likely_seen(seen) == pytest.approx(most, abs=0.1)


def test_tables_of_inliers_and_limits_say_what_was_counted():
    facts = {"family": "odds"}
    row = facts | {
        "set": "inliers-all",
        "what": "pictures",
        "pictures": 5,
        "of": 9,
        "pairs": 2000,
        "counts": {"4": 7, "6": 1},
        "wide": {},
        "before_guards": {"4": 900, "5": 100},
        "near": [[6, 90, 0, 4], [4, 70, 1, 11]],
        "per_inlier": [np.log(9), np.log(3), np.log(30)],
        "chance_at": {key: [1e-8, 1e-9, 1e-7] for key in ("8", "10", "12")},
    }
    (line,) = tables.inliers([row]).splitlines()[2:]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[:9] == [
        *("pictures (5 of 9)", "2,000", "8", "1", "1", "0", "0"),
        *("1,000", "9 (3 to 30)"),
    ]
    assert "| 6 | 1 | 4 % | 90 bits | 0 | 0 |" in tables.both([row])
    assert "| 4 | 1 | 11 % | 70 bits | 1 | 1 |" in tables.both([row])
    limit = (
        facts
        | {"set": "limits", "entries": 10_000}
        | dataclasses.asdict(Limits(-1, 30, 20, 60, 9, 6, 7))
    )
    (line,) = tables.limits([limit]).splitlines()[2:]
    assert line == "| 10,000 | ≥ 9 | none | ≤ 20 | ≥ 6 | ≥ 7 | ≤ 30 | ≤ 60 |"
    assert {make([]) for make in tables.TABLES.values()} == {""}
