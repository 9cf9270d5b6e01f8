"""Odds against the shipped counts, and against a calibration small enough to work by hand."""

import importlib.resources
import json
import math
from dataclasses import replace

import pytest

from eikona.deciding.odds import (
    WIDE,
    Calibration,
    InlierTail,
    Odds,
    expected_false_matches,
    inlier_calibration,
    pdq_calibration,
    together,
    together_calibration,
)
from eikona.domain.alignment import NO_ALIGNMENT
from eikona.domain.errors import InvalidOddsError
from eikona.domain.local_features import LOCAL_FEATURES
from eikona.hashing.registry import ALGORITHMS

SMALL = Calibration(pairs=1000, within=(0, 0, 4, 10, 100, 1000), tail_below=3, tail_per_bit=0.5)


@pytest.mark.parametrize(
    ("distance", "chance"),
    [
        (5, 1),
        (99, 1),
        (4, 0.1),
        (4.9, 0.1),
        (3, 0.01),
        (2, 0.01 * math.exp(-0.5)),
        (0, 0.01 * math.exp(-1.5)),
    ],
)
def test_chances_are_counted_down_to_the_tail_and_fall_evenly_below(distance, chance):
    assert SMALL.chance(distance) == pytest.approx(chance)


def test_the_shipped_counts_are_whole():
    shipped = pdq_calibration()
    assert len(shipped.within) == 257
    assert shipped.within[-1] == shipped.pairs > 40_000_000
    assert shipped.within[shipped.tail_below] >= 30


def test_chances_fall_with_the_distance_and_are_never_nothing():
    chances = [pdq_calibration().chance(distance) for distance in range(257)]
    assert chances == sorted(chances)
    assert chances[0] > 0
    assert chances[-1] == 1


def test_the_tail_goes_on_where_the_counts_end():
    """Within a factor of two of every count of four pairs or more."""
    shipped = pdq_calibration()
    for distance in range(256):
        if shipped.within[distance] >= 4:
            counted = shipped.within[distance] / shipped.pairs
            assert 0.5 < shipped.chance(distance) / counted < 2


def test_pdq_and_dhash_count_together():
    assert together(40, 0) == 40
    assert together(40, 1) == together(40, 4) == 41
    assert together(40, 128) == 72
    shipped = together_calibration()
    assert len(shipped.within) == 256 + 64 + 1
    assert shipped.within[-1] == shipped.pairs == pdq_calibration().pairs
    assert shipped.chance(90) < pdq_calibration().chance(90)
    assert shipped.within[shipped.tail_below] >= 30


def test_the_calibration_is_of_the_pdq_that_is_computed():
    stored = importlib.resources.files("eikona.deciding") / "calibration" / "pdq.json"
    assert json.loads(stored.read_text())["algorithm"] == str(ALGORITHMS["pdq"].id)


def test_more_entries_bring_more_false_matches():
    assert expected_false_matches(60, 2_000_000) == pytest.approx(
        2_000_000 * expected_false_matches(60, 1)
    )
    assert expected_false_matches(31, 1) < 1e-7 < expected_false_matches(74, 1)


def test_farthest_is_the_last_distance_with_a_small_enough_chance():
    assert [SMALL.farthest(chance) for chance in (1, 0.5, 0.1, 0.01, 0.009, 0)] == [
        5,
        4,
        4,
        3,
        2,
        -1,
    ]
    shipped = pdq_calibration()
    for chance in (1e-5, 1e-8, 1e-10):
        farthest = shipped.farthest(chance)
        assert shipped.chance(farthest) <= chance < shipped.chance(farthest + 1)


TAIL = InlierTail(begin=4, begin_chance=1e-3, per_inlier=math.log(10))


@pytest.mark.parametrize(
    ("inliers", "chance"), [(0, 1), (3, 1), (4, 1e-3), (5, 1e-4), (10, 1e-9), (300, 1e-15)]
)
def test_chances_of_inliers_fall_evenly_from_where_the_tail_begins(inliers, chance):
    assert TAIL.chance(inliers) == pytest.approx(chance)


@pytest.mark.parametrize(
    ("chance", "fewest"),
    [(0.5, 4), (1.1e-3, 4), (0.9e-3, 5), (1.1e-9, 10), (1.1e-15, 16), (1e-30, 301)],
)
def test_fewest_is_the_first_number_with_a_small_enough_chance(chance, fewest):
    assert TAIL.fewest(chance) == fewest


def test_inliers_that_reach_wide_are_less_likely():
    known = inlier_calibration()
    for inliers in (4, 6, 9):
        narrow, wide = aligned(inliers, WIDE - 0.01), aligned(inliers, WIDE)
        assert known.chance(narrow) > known.chance(wide) >= known.chance(aligned(inliers + 1, 1))
    assert known.chance(NO_ALIGNMENT) == 1


def aligned(inliers, reach):
    return replace(NO_ALIGNMENT, inliers=inliers, reach=reach)


def test_the_shipped_inliers_are_of_the_features_that_are_computed_and_follow_from_their_counts():
    file = importlib.resources.files("eikona.deciding") / "calibration" / "inliers.json"
    stored = json.loads(file.read_text())
    assert stored["algorithm"] == str(LOCAL_FEATURES)
    assert stored["wide"]["reach"] == WIDE
    for part in ("anywhere", "wide"):
        counted = sum(stored[part]["counts"].values())
        assert counted < stored[part]["at_most"] < counted + 3 * math.sqrt(counted) + 5
    assert inlier_calibration().anywhere.begin_chance < 1e-5


@pytest.mark.parametrize(("block", "review"), [(0, 0.01), (0.1, 0.01), (-1, 1)])
def test_odds_to_block_are_the_stricter_ones(block, review):
    with pytest.raises(InvalidOddsError):
        Odds(block, review)
