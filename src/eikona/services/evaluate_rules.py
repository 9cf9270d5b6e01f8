"""Scores rules on pairs of pictures of which it is known whether they are copies."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eikona.deciding.rules import Rule
from eikona.domain.verdict import Distances


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """A pair with the truth about it.

    Attributes:
        distances: how far apart the two are; all that the rules need.
        is_copy: whether one is a copy of the other.
        original: what the table calls the original; empty where it does not say.
    """

    distances: Distances
    is_copy: bool
    original: str = ""


@dataclass(frozen=True, slots=True)
class Scores:
    """How often a rule was right; fractions are None where there is nothing to divide by.

    Attributes:
        tp: copies taken for copies.
        fp: others taken for copies.
        tn: others taken for others.
        fn: copies taken for others.
    """

    tp: int
    fp: int
    tn: int
    fn: int

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """All four, as they are listed."""
        return self.tp, self.fp, self.tn, self.fn

    @property
    def accuracy(self) -> float | None:
        """Right answers among all."""
        return _fraction(self.tp + self.tn, sum(self.counts))

    @property
    def precision(self) -> float | None:
        """Copies among the pairs taken for copies."""
        return _fraction(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float | None:
        """Copies found among all copies."""
        return _fraction(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall."""
        return _fraction(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    @property
    def fpr(self) -> float | None:
        """Others taken for copies among all others."""
        return _fraction(self.fp, self.fp + self.tn)


def evaluate(rules: Sequence[Rule], pairs: Iterable[LabelledPair]) -> list[Scores]:
    """Return the scores of each rule, in their order, from one pass over the pairs."""
    counts: list[Counter[tuple[bool, bool]]] = [Counter() for _ in rules]
    for pair in pairs:
        for rule, count in zip(rules, counts, strict=True):
            count[rule.judge(pair.distances, 1).match, pair.is_copy] += 1
    return [
        Scores(
            tp=count[True, True],
            fp=count[True, False],
            tn=count[False, False],
            fn=count[False, True],
        )
        for count in counts
    ]


def _fraction(part: int, whole: int) -> float | None:
    return part / whole if whole else None
