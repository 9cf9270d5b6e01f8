"""Grows a decision tree from labelled pairs: the cut that parts copies from others best, again.

Source: Breiman, Friedman, Olshen, Stone, "Classification and regression trees", 1984: Gini's
impurity with altered priors.

Nearer never counts less: a cut that would find a smaller share of copies among the nearer pairs is
not made. Where a table says otherwise, it is by chance, or its labels are wrong.

Every sum is over whole numbers or in a fixed order, and of equally good cuts the first counts, so
the same pairs give the same tree.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from eikona.deciding.trees.tree import INLIERS

_MOST_BINS = 1 << 14  # values of a column that are told apart; more are parted at quantiles
_GAIN = 1e-12  # of all weight: what a cut must gain to count, and to count as better

Rows = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Labelled pairs.

    Attributes:
        names: of the distances; of ``inliers`` more is nearer, of all others less.
        distances: shape (pairs, distances); infinity where there is none.
        is_copy: shape (pairs,).
        weights: shape (pairs,), how many pairs each stands for, at least 1.
        groups: shape (pairs,): pairs with the same number have a picture in common.
    """

    names: tuple[str, ...]
    distances: Floats
    is_copy: NDArray[np.bool_]
    weights: Floats
    groups: Rows

    def part(self, rows: NDArray[np.bool_]) -> "Pairs":
        """Return some of them."""
        return Pairs(
            self.names,
            self.distances[rows],
            self.is_copy[rows],
            self.weights[rows],
            self.groups[rows],
        )

    def totals(self) -> tuple[float, float]:
        """Return how many copies and how many others they stand for."""
        copies = float(self.weights[self.is_copy].sum())
        return copies, float(self.weights.sum()) - copies


@dataclass(slots=True)
class Grown:
    """A node while the tree grows.

    Attributes:
        copies: pairs here that are copies.
        others: pairs here that are not.
        impurity: Gini's, times the weight here.
        column: that is asked about; -1 of a leaf.
        at_most: the largest that is answered yes.
        yes: what follows where it is.
        no: what follows where it is not.
        falls_at: complexity from which on this node is a leaf, and all below it gone.
    """

    copies: float
    others: float
    impurity: float
    column: int = -1
    at_most: float = math.nan
    yes: "Grown | None" = None
    no: "Grown | None" = None
    falls_at: float = field(default=math.inf)

    def below(self, complexity: float) -> "tuple[Grown, Grown] | None":
        """Return what follows here at so much complexity, None of a leaf."""
        if self.yes is None or self.no is None or self.falls_at <= complexity:
            return None
        return self.yes, self.no


@dataclass(frozen=True, slots=True)
class Growth:
    """How far a tree grows.

    Attributes:
        depth: most questions on a way.
        leaf: pairs that an answer must rest on, at least.
        others_weigh: all others together, where all copies together weigh 1.
    """

    depth: int
    leaf: int
    others_weigh: float


@dataclass(frozen=True, slots=True)
class _Cut:
    gain: float
    column: int
    at_most: float
    bin: int


class _Columns:
    """Distances as numbers of bins: equal where they are equal, or nearly so where many differ."""

    def __init__(self, distances: Floats) -> None:
        self.least: list[Floats] = []
        self.most: list[Floats] = []
        self.codes: list[NDArray[np.uint16]] = []
        for column in distances.T:
            values = np.unique(column)
            if len(values) > _MOST_BINS:
                places = np.linspace(0, len(values), _MOST_BINS + 1).astype(np.int64)
                self.least.append(values[places[:-1]])
                self.most.append(values[places[1:] - 1])
            else:
                self.least.append(values)
                self.most.append(values)
            codes = np.searchsorted(self.least[-1], column, side="right") - 1
            self.codes.append(codes.astype(np.uint16))


def grow(pairs: Pairs, growth: Growth) -> Grown:
    """Return a tree of ``pairs`` that is as large as ``growth`` lets it be."""
    copies, others = pairs.totals()
    columns = _Columns(pairs.distances)
    factors = (1 / copies, growth.others_weigh / others)
    everything = np.arange(len(pairs.is_copy))
    return _Growing(pairs, columns, growth, factors).node(everything, 0)


@dataclass(frozen=True, slots=True)
class _Growing:
    pairs: Pairs
    columns: _Columns
    growth: Growth
    factors: tuple[float, float]

    def node(self, rows: Rows, level: int) -> Grown:
        labels, weights = self.pairs.is_copy[rows], self.pairs.weights[rows]
        copies, others = float(weights[labels].sum()), float(weights[~labels].sum())
        here = Grown(copies, others, self._impurity(copies, others))
        if level == self.growth.depth or not copies or not others:
            return here
        cut = self._best(rows, here.impurity)
        if cut is None:
            return here
        yes = self.columns.codes[cut.column][rows] <= cut.bin
        here.column, here.at_most = cut.column, cut.at_most
        here.yes = self.node(rows[yes], level + 1)
        here.no = self.node(rows[~yes], level + 1)
        return here

    def _impurity(self, copies: float, others: float) -> float:
        shares = (np.array([copies * self.factors[0]]), np.array([others * self.factors[1]]))
        return float(_gini(*shares)[0])

    def _best(self, rows: Rows, impurity: float) -> _Cut | None:
        best: _Cut | None = None
        least = _GAIN * sum(self.pairs.totals()) * min(self.factors)
        for column in range(len(self.pairs.names)):
            cut = self._best_of(column, rows, impurity)
            if cut is not None and cut.gain > (least if best is None else best.gain + least):
                best = cut
        return best

    def _best_of(self, column: int, rows: Rows, impurity: float) -> _Cut | None:
        codes, labels = self.columns.codes[column][rows], self.pairs.is_copy[rows]
        weights, bins = self.pairs.weights[rows], len(self.columns.least[column])
        seen = np.bincount(codes, minlength=bins)
        there = np.flatnonzero(seen)
        if len(there) < 2:
            return None
        a = _running(codes[labels], weights[labels], bins)[there] * self.factors[0]
        b = _running(codes[~labels], weights[~labels], bins)[there] * self.factors[1]
        yes, no = (a[:-1], b[:-1]), (a[-1] - a[:-1], b[-1] - b[:-1])
        gains = impurity - _gini(*yes) - _gini(*no)
        nearer, farther = _share(*yes), _share(*no)
        if more_is_nearer(self.pairs.names[column]):
            nearer, farther = farther, nearer
        at_yes = np.cumsum(seen[there])[:-1]
        few = np.minimum(at_yes, len(rows) - at_yes) < self.growth.leaf
        gains[few | (nearer < farther)] = -math.inf
        place = int(gains.argmax())
        if not math.isfinite(gains[place]):
            return None
        low = float(self.columns.most[column][there[place]])
        high = float(self.columns.least[column][there[place + 1]])
        return _Cut(
            gain=float(gains[place]),
            column=column,
            at_most=short_between(low, high),
            bin=int(there[place]),
        )


def more_is_nearer(name: str) -> bool:
    """Return whether pictures are the more alike, the larger this is."""
    return name == INLIERS


def short_between(low: float, high: float) -> float:
    """Return a number of few digits from ``low`` to below ``high``, close to their middle."""
    if not math.isfinite(high):
        return low
    middle = low + (high - low) / 2
    for digits in range(16):
        for number in (round(middle, digits), math.floor(middle * 10**digits) / 10**digits):
            if low <= number < high:
                return float(number)
    return low


def _running(codes: NDArray[np.uint16], weights: Floats, bins: int) -> Floats:
    """Return the weight in each bin and those before it."""
    return np.cumsum(np.bincount(codes, weights, bins), dtype=np.float64)


def _share(copies: Floats, others: Floats) -> Floats:
    return np.asarray(copies / np.maximum(copies + others, np.finfo(np.float64).tiny), np.float64)


def _gini(copies: Floats, others: Floats) -> Floats:
    """Return twice the product over the sum: Gini's impurity times the weight."""
    whole = np.maximum(copies + others, np.finfo(np.float64).tiny)
    return np.asarray(2 * copies * others / whole, np.float64)
