"""Trains a tree: grown large, pruned to what holds on pairs it has not seen, its answers named."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from eikona.deciding.trees.choosing import Settings, choose, folds, growths, tree_of
from eikona.deciding.trees.growing import Pairs, grow
from eikona.deciding.trees.pruning import set_complexities
from eikona.deciding.trees.tree import MOST_DEPTH, Tree
from eikona.domain.errors import UntrainableError

__all__ = ["Settings", "Trained", "train", "trees_grown"]


@dataclass(frozen=True, slots=True)
class Trained:
    """A tree, and what it does to pairs that its like had not seen.

    Attributes:
        tree: grown from all pairs.
        folds: parts that were left out in turn.
        recall: share of copies found in the part left out.
        fpr: share of others taken for copies there.
    """

    tree: Tree
    folds: int
    recall: float
    fpr: float


def train(
    pairs: Pairs,
    settings: Settings,
    *,
    versions: Mapping[str, int],
    notes: Mapping[str, str | float | int] | None = None,
    report: Callable[[], None] = lambda: None,
) -> Trained:
    """Return a tree trained on ``pairs``.

    Args:
        pairs: labelled; those of a group are left out together.
        settings: how to train.
        versions: of each hash among the distances.
        notes: kept with the tree, beside how it was trained.
        report: called once for each tree that is grown; see ``trees_grown``.

    Raises:
        UntrainableError: there are too few pairs of a kind, or nothing tells them apart.
    """
    _check(pairs, settings)
    parts = folds(pairs.groups)
    best = choose(pairs, settings, parts, report)
    root = grow(pairs, best.growth)
    set_complexities(root)
    report()
    made = {
        "depth": settings.depth,
        "pairs an answer rests on": settings.leaf,
        "groups": len(np.unique(pairs.groups)),
        "folds": len(parts),
        "cross-validated recall": round(best.recall, 6),
        "cross-validated false-positive rate": round(best.fpr, 6),
    }
    if settings.target_fpr is not None:
        made["target false-positive rate"] = settings.target_fpr
    tree = tree_of(best, root, pairs.names, prior=settings.prior)
    kept = {name: versions[name] for name in sorted(tree.distances) if name in versions}
    tree = replace(tree, versions=kept, notes={**(notes or {}), **made})
    return Trained(tree, len(parts), best.recall, best.fpr)


def trees_grown(pairs: Pairs, settings: Settings) -> int:
    """Return how many trees ``train`` will grow."""
    return len(growths(pairs, settings)) * len(folds(pairs.groups)) + 1


def _check(pairs: Pairs, settings: Settings) -> None:
    copies = int(pairs.is_copy.sum())
    others = len(pairs.is_copy) - copies
    if min(copies, others) < 2 * settings.leaf:
        raise UntrainableError(
            f"{copies:,} pairs of copies and {others:,} of others are too few: a tree needs at"
            f" least {2 * settings.leaf} of each, and some thousands to be worth it"
        )
    if len(np.unique(pairs.groups)) < 2:
        raise UntrainableError("all pairs are of one original: nothing is left to check a tree on")
    if not 1 <= settings.depth <= MOST_DEPTH:
        raise UntrainableError(f"a tree of depth {settings.depth} is not from 1 to {MOST_DEPTH}")
