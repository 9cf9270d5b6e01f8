"""Prunes trees: at more complexity, fewer questions.

Source: Breiman, Friedman, Olshen, Stone 1984, 3.3: the weakest link falls first.
"""

import itertools
import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from eikona.deciding.trees.growing import Grown, Pairs

_TIES = 1e-12  # complexities this near are one


def set_complexities(root: Grown) -> list[float]:
    """Write into every node from which complexity on it is a leaf.

    Returns:
        The complexities at which something falls, rising.
    """
    fallen: list[float] = []
    reached = 0.0
    while True:
        links = [(_link(node, reached), node) for node in _standing(root, reached)]
        if not links:
            return fallen
        weakest = max(reached, min(strength for strength, _ in links))
        for strength, node in links:
            if strength <= weakest + _TIES:
                node.falls_at = weakest
        if not fallen or weakest > fallen[-1]:
            fallen.append(weakest)
        reached = weakest


def cuts_between(complexities: list[float]) -> list[float]:
    """Return one complexity for each tree of the sequence, the largest tree's first."""
    middles = [math.sqrt(a * b) for a, b in itertools.pairwise(complexities)]
    return [0.0, *middles][: max(1, len(complexities))]


def leaf_numbers(
    root: Grown, pairs: Pairs, complexity: float
) -> tuple[list[Grown], NDArray[np.int32]]:
    """Return the leaves at so much complexity, and which of them each pair comes to."""
    found: list[Grown] = []
    numbers = np.zeros(len(pairs.is_copy), np.int32)

    def walk(node: Grown, rows: NDArray[np.int64]) -> None:
        below = node.below(complexity)
        if below is None:
            numbers[rows] = len(found)
            found.append(node)
            return
        yes = pairs.distances[rows, node.column] <= node.at_most
        walk(below[0], rows[yes])
        walk(below[1], rows[~yes])

    walk(root, np.arange(len(pairs.is_copy)))
    return found, numbers


def _standing(node: Grown, complexity: float) -> Iterator[Grown]:
    """Yield the questions that are left."""
    below = node.below(complexity)
    if below is not None:
        yield node
        yield from _standing(below[0], complexity)
        yield from _standing(below[1], complexity)


def _link(node: Grown, complexity: float) -> float:
    """Return what each answer below a question is worth."""
    impurity, count = _below(node, complexity)
    return (node.impurity - impurity) / (count - 1)


def _below(node: Grown, complexity: float) -> tuple[float, int]:
    below = node.below(complexity)
    if below is None:
        return node.impurity, 1
    (a, m), (b, n) = (_below(one, complexity) for one in below)
    return a + b, m + n
