"""Thresholds from one half of the photographs, recall and false matches on the other.

Negatives are all pairs of two photographs of one half as they are, and all pairs of an altered copy
and another photograph of that half. The rate that a threshold is set for holds for both kinds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.robustness.contenders import Contender
from benchmarks.robustness.distances import Distance
from benchmarks.robustness.hashers.hasher import Codes

RATES = (1e-5, 1e-4, 1e-3)  # false matches a pair, at most, that thresholds are set for


@dataclass(frozen=True, slots=True)
class Half:
    """The records of one half of the photographs by one hasher.

    Attributes:
        originals: one record a photograph.
        altered: the records of their copies in the same order, by attack.
    """

    originals: Codes
    altered: Mapping[str, Codes]


@dataclass(frozen=True, slots=True)
class Score:
    """What one contender does at one threshold, on the half that did not set it.

    Attributes:
        below: pairs nearer than this are matches; None for a rule.
        recall: found copies by attack, 0 to 1.
        false: matches among pairs of other photographs as they are.
        pairs: number of those pairs.
        altered_false: matches among pairs of an altered copy and another photograph.
        altered_pairs: number of those pairs.
    """

    below: float | None
    recall: Mapping[str, float]
    false: int
    pairs: int
    altered_false: int
    altered_pairs: int


def evaluate(contender: Contender, even: Half, odd: Half) -> dict[float | None, Score]:
    """Return the score for each of ``RATES``, or the one of a rule under None.

    Args:
        contender: who competes.
        even: the half that thresholds are set on.
        odd: the half that is reported.
    """
    if contender.is_rule:
        return {None: _scores(contender, [None], odd)[0]}
    bounds = thresholds(contender.measure, even, RATES)
    return dict(zip(RATES, _scores(contender, bounds, odd), strict=True))


def thresholds(measure: Distance, half: Half, rates: Sequence[float]) -> list[float]:
    """Return for each rate the bound below which at most that share of each kind of pairs lies.

    Args:
        measure: how far pairs are apart.
        half: whose pairs are looked at.
        rates: 0 to below 1.
    """
    plain = upper(measure(half.originals[:, None], half.originals))
    count = len(half.originals)
    others = ~np.eye(count, dtype=bool)
    kept = _allowed(max(rates), len(half.altered) * others.sum()) + 1
    nearest = np.zeros(0)
    for codes in half.altered.values():
        distances = measure(codes[:, None], half.originals)[others]
        nearest = np.sort(np.concatenate([nearest, distances]))[:kept]
    bounds = []
    for rate in rates:
        as_they_are = np.sort(plain)[_allowed(rate, plain.size)]
        altered = nearest[_allowed(rate, len(half.altered) * others.sum())]
        bounds.append(float(min(as_they_are, altered)))
    return bounds


def _allowed(rate: float, pairs: int) -> int:
    return int(rate * pairs + 1e-9)


def matches_below(measured: NDArray[Any], below: float | None) -> NDArray[np.bool_]:
    """Return which pairs are matches: what a rule said, or what is nearer than ``below``."""
    return measured if below is None else measured < below


def upper(grid: NDArray[Any]) -> NDArray[Any]:
    """Return what stands above the diagonal: every pair of two different rows once."""
    return grid[np.triu_indices(len(grid), 1)]


def _scores(contender: Contender, bounds: Sequence[float | None], odd: Half) -> list[Score]:
    """Return one score a bound, measuring once for all of them."""
    measure = contender.measure
    plain = upper(measure(odd.originals[:, None], odd.originals))
    false = [int(matches_below(plain, below).sum()) for below in bounds]
    recall: list[dict[str, float]] = [{} for _ in bounds]
    altered_false = [0 for _ in bounds]
    count = len(odd.originals)
    for name, codes in odd.altered.items():
        grid = measure(codes[:, None], odd.originals)
        for place, below in enumerate(bounds):
            found = matches_below(grid, below)
            copies = int(np.trace(found))
            recall[place][name] = copies / count
            altered_false[place] += int(found.sum()) - copies
    altered_pairs = len(odd.altered) * count * (count - 1)
    return [
        Score(below, recall[place], false[place], plain.size, altered_false[place], altered_pairs)
        for place, below in enumerate(bounds)
    ]
