"""Odds against the shipped counts, and against a calibration small enough to work by hand."""

import importlib.resources
import json
import math

import pytest

from eikona.deciding.odds import Calibration, Odds, expected_false_matches, pdq_calibration
from eikona.deciding.rules import parse_rule
from eikona.domain.errors import InvalidOddsError
from eikona.domain.verdict import Distances
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
    assert shipped.within[-1] == shipped.pairs > 6_000_000
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


def test_the_calibration_is_of_the_pdq_that_is_computed():
    stored = importlib.resources.files("eikona.deciding") / "calibration" / "pdq.json"
    assert json.loads(stored.read_text())["algorithm"] == str(ALGORITHMS["pdq"].id)


def test_more_entries_bring_more_false_matches():
    assert expected_false_matches(60, 2_000_000) == pytest.approx(
        2_000_000 * expected_false_matches(60, 1)
    )
    assert expected_false_matches(31, 1) < 1e-7 < expected_false_matches(74, 1)


@pytest.mark.parametrize("distance", [0, 31, 50, 74, 120])
def test_rule_eikona_says_the_odds(distance):
    rule = parse_rule("eikona", ALGORITHMS)
    verdict = rule.decide(Distances({"pdq": distance}, {}), entries=5000)
    assert verdict.expected_false_matches == expected_false_matches(distance, 5000)


def test_pictures_too_plain_have_no_odds():
    rule = parse_rule("eikona", ALGORITHMS)
    for distance in (0, 50, 120):
        verdict = rule.decide(Distances({"pdq": distance}, {}, quality=49), entries=5000)
        assert verdict.expected_false_matches is None


@pytest.mark.parametrize(("block", "review"), [(0, 0.01), (0.1, 0.01), (-1, 1)])
def test_odds_to_block_are_the_stricter_ones(block, review):
    with pytest.raises(InvalidOddsError):
        Odds(block, review)
