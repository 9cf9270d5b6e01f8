"""The counting and fitting behind the odds, against loops and made-up tails."""

import itertools

import numpy as np
import pytest
from PIL import Image

from benchmarks.odds.pool import Pool, crops, tiles
from benchmarks.odds.tables import odds
from benchmarks.odds.tail import Counted, count, fit
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
    counted = count(Pool(codes, photos))
    assert counted.counts.tolist() == expected.tolist()
    assert sorted(map(tuple, counted.near.tolist())) == sorted(near)
    assert counted.counts[0] == 1


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
