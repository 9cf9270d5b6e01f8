"""The poster's protocol: as many pairs of a copy and its original as of a copy and another one.

Every modification of every photograph makes one pair of each. Rules are taken as they are; a hash
gets the threshold that is most accurate on the other half of the photographs.
"""

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.robustness.contenders import Contender
from benchmarks.robustness.evaluation import Half, matches_below
from benchmarks.robustness.hashers.hasher import Codes


@dataclass(frozen=True, slots=True)
class Confusion:
    """Counts of a balanced set of pairs.

    Attributes:
        below: pairs nearer than this were taken for copies; None for a rule.
        tp: copies that were found.
        fp: other pictures that were taken for copies.
        tn: other pictures that were told apart.
        fn: copies that were missed.
    """

    below: float | None
    tp: int
    fp: int
    tn: int
    fn: int

    @property
    def accuracy(self) -> float:
        """Share of pairs judged rightly."""
        return (self.tp + self.tn) / (self.tp + self.fp + self.tn + self.fn)

    @property
    def precision(self) -> float:
        """Share of copies among what was taken for copies; 0 where nothing was."""
        return self.tp / max(1, self.tp + self.fp)

    @property
    def recall(self) -> float:
        """Share of copies that were found."""
        return self.tp / (self.tp + self.fn)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.tp / (2 * self.tp + self.fp + self.fn)

    @property
    def fpr(self) -> float:
        """Share of other pictures that were taken for copies."""
        return self.fp / (self.fp + self.tn)


def judge_pairs(contender: Contender, even: Half, odd: Half) -> Confusion:
    """Return the counts on ``odd``, with the threshold of a hash from ``even``.

    Args:
        contender: who competes.
        even: copies by the poster's attacks only.
        odd: likewise.
    """
    measure = contender.measure
    below = None
    if not contender.is_rule:
        originals, copies, others = _pairs(even)
        below = most_accurate(measure(copies, originals), measure(copies, others))
    originals, copies, others = _pairs(odd)
    found = matches_below(measure(copies, originals), below)
    taken = matches_below(measure(copies, others), below)
    tp, fp = int(found.sum()), int(taken.sum())
    return Confusion(below, tp, fp, taken.size - fp, found.size - tp)


def most_accurate(positive: NDArray[np.float64], negative: NDArray[np.float64]) -> float:
    """Return the bound with most positives below and negatives not below it."""
    bounds = np.unique(np.concatenate([positive, negative, [np.inf]]))
    right = np.searchsorted(np.sort(positive), bounds) - np.searchsorted(np.sort(negative), bounds)
    return float(bounds[right.argmax()])


def _pairs(half: Half) -> tuple[Codes, Codes, Codes]:
    """Return records of equal length: originals, their copies, and other originals."""
    count = len(half.originals)
    copies, others = [], []
    for name, codes in half.altered.items():
        random = np.random.default_rng(zlib.crc32(name.encode()))
        step = random.integers(1, count, count)
        copies.append(codes)
        others.append(half.originals[(np.arange(count) + step) % count])
    originals = [half.originals] * len(half.altered)
    return np.concatenate(originals), np.concatenate(copies), np.concatenate(others)
