"""A tree as text for people."""

import math
from collections.abc import Callable, Iterator

from eikona.deciding.trees.tree import INLIERS, Leaf, Node, Split, Tree

_PER_CENT = 100.0


def outline(tree: Tree) -> str:
    """Return the tree, a line a question or answer, each below what leads to it."""
    return "\n".join(_lines(tree, tree.root, "", ""))


def question(split: Split) -> str:
    """Return what a split asks, without a question mark."""
    name = "inliers" if split.distance == INLIERS else split.distance
    return f"{name} at most {split.at_most:g}"


def answer(tree: Tree, leaf: Leaf) -> str:
    """Return what a leaf says of the pairs that come to it."""
    return f"{leaf.outcome}, {sureness(tree, leaf)}"


def sureness(tree: Tree, leaf: Leaf) -> str:
    """Return how many of the pairs there are copies, as far as the counts leave room."""
    if leaf.match:
        return f"at least {_percent(tree.least(leaf), math.floor)} copies"
    return f"at most {_percent(tree.most(leaf), math.ceil)} copies"


def counts(leaf: Leaf) -> str:
    """Return what a leaf rests on."""
    return f"{leaf.copies:,} copies, {leaf.others:,} others"


def _lines(tree: Tree, node: Node, first: str, rest: str) -> Iterator[str]:
    if isinstance(node, Leaf):
        yield f"{first}{answer(tree, node)} ({counts(node)})"
        return
    yield f"{first}{question(node)}?"
    yield from _lines(tree, node.yes, f"{rest}├ yes: ", f"{rest}│  ")
    yield from _lines(tree, node.no, f"{rest}└ no:  ", f"{rest}   ")


def _percent(share: float, turn: Callable[[float], int]) -> str:
    """Return a share, turned to the safe side, with as many digits as tell it from 0 and 1."""
    for digits in range(1, 7):
        scale = 10**digits
        number = turn(_PER_CENT * share * scale) / scale
        if 0 < number < _PER_CENT:
            return f"{number:.{digits}f} %"
    return f"{_PER_CENT * share:.0f} %"
