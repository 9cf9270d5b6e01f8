"""Trains a tree: grown large, pruned to what holds on pairs it has not seen, its answers named."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eikona.deciding.trees.answers import likelihood_ratio, named_tree
from eikona.deciding.trees.growing import Grown, Growth, Pairs, grow
from eikona.deciding.trees.pruning import cuts_between, leaf_numbers, set_complexities
from eikona.deciding.trees.tree import MOST_DEPTH, Tree
from eikona.domain.errors import UntrainableError

FOLDS = 10
_OTHERS_WEIGH = (1.0, 8.0, 64.0, 512.0)  # times the copies, tried for a rate of false matches
_MOST_TRIED = 32  # trees of a sequence, evenly spaced
_SHUFFLE = 5  # seed of the folds

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Settings:
    """How to train.

    Attributes:
        depth: most questions on a way, 1 to 16.
        leaf: pairs that an answer must rest on, at least.
        prior: share of copies among all pairs that confidence is stated for, between 0 and 1.
        target_fpr: largest share of others that may be taken for copies, 0 to 1; None for as few
            errors as can be at ``prior``.
    """

    depth: int = 6
    leaf: int = 10
    prior: float = 0.5
    target_fpr: float | None = None


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


@dataclass(frozen=True, slots=True)
class _Choice:
    """A way to grow, what is pruned, and which answers are copies.

    Attributes:
        growth: how the tree grows.
        complexity: from which on questions fall.
        least: likelihood ratio that an answer must have to be a match.
        worth: what makes it better than others: more is better.
        worths: the same of each part left out, shape (parts,).
        recall: of the parts left out.
        fpr: likewise.
    """

    growth: Growth
    complexity: float
    least: float
    worth: float
    worths: Floats
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
    choices = [
        choice
        for growth in _growths(settings)
        for choice in _choices(pairs, growth, parts, settings, report)
    ]
    best = _simplest(choices)
    root = grow(pairs, best.growth)
    set_complexities(root)
    report()
    least = best.least
    if settings.target_fpr is not None:  # what was left out kept to it; so must what was not
        least = max(
            least, ratio_at(pairs, _ratios(root, pairs, best.complexity), settings.target_fpr)
        )
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
    tree = named_tree(
        root,
        pairs.names,
        complexity=best.complexity,
        least_ratio=least,
        most_share=1.0 if settings.target_fpr is None else settings.target_fpr,
        prior=settings.prior,
        versions=versions,
        notes={**(notes or {}), **made},
    )
    return Trained(tree, len(parts), best.recall, best.fpr)


def trees_grown(pairs: Pairs, settings: Settings) -> int:
    """Return how many trees ``train`` will grow."""
    return len(_growths(settings)) * len(folds(pairs.groups)) + 1


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


def _growths(settings: Settings) -> list[Growth]:
    """Return the ways to grow that are tried."""
    if settings.target_fpr is None:
        weigh: Sequence[float] = ((1 - settings.prior) / settings.prior,)
    else:
        weigh = _OTHERS_WEIGH
    return [Growth(settings.depth, settings.leaf, others) for others in weigh]


def folds(groups: NDArray[np.int64]) -> list[NDArray[np.bool_]]:
    """Return which pairs are left out in each turn: whole groups, about as many each time."""
    names, places = np.unique(groups, return_inverse=True)
    count = min(FOLDS, len(names))
    drawn = np.random.default_rng(_SHUFFLE).permutation(len(names)) % count
    return [drawn[places] == number for number in range(count)]


def _choices(
    pairs: Pairs,
    growth: Growth,
    parts: Sequence[NDArray[np.bool_]],
    settings: Settings,
    report: Callable[[], None],
) -> Iterator[_Choice]:
    """Yield what each tree of a sequence does to the parts left out."""
    whole = grow(pairs, growth)
    tried = _evenly(cuts_between(set_complexities(whole)))
    ratios = np.zeros((len(tried), len(pairs.is_copy)))
    for fold in parts:
        root = grow(pairs.part(~fold), growth)
        set_complexities(root)
        left_out = pairs.part(fold)
        for place, complexity in enumerate(tried):
            ratios[place, fold] = _ratios(root, left_out, complexity)
        report()
    for complexity, ratio in zip(tried, ratios, strict=True):
        if settings.target_fpr is None:
            yield _by_errors(pairs, growth, complexity, ratio, parts=parts, prior=settings.prior)
        else:
            yield _by_rate(
                pairs, growth, complexity, ratio, parts=parts, target=settings.target_fpr
            )


def _ratios(root: Grown, pairs: Pairs, complexity: float) -> Floats:
    """Return the likelihood ratio of the answer that each pair comes to."""
    found, numbers = leaf_numbers(root, pairs, complexity)
    totals = (root.copies, root.others)
    ratio = np.array([likelihood_ratio((one.copies, one.others), totals) for one in found])
    return ratio[numbers]


def _by_errors(
    pairs: Pairs,
    growth: Growth,
    complexity: float,
    ratio: Floats,
    *,
    parts: Sequence[NDArray[np.bool_]],
    prior: float,
) -> _Choice:
    """Judge by Brier's score: squared distance of the share said from the truth."""
    least = (1 - prior) / prior
    share = ratio / (ratio + least)
    copies, others = pairs.totals()
    weights = pairs.weights * np.where(pairs.is_copy, prior / copies, (1 - prior) / others)
    off = weights * (share - pairs.is_copy) ** 2
    worths = [-off[fold].sum() / weights[fold].sum() for fold in parts]
    recall, fpr = _rates(pairs, ratio >= least)
    return _Choice(growth, complexity, least, float(-off.sum()), np.array(worths), recall, fpr)


def _by_rate(
    pairs: Pairs,
    growth: Growth,
    complexity: float,
    ratio: Floats,
    *,
    parts: Sequence[NDArray[np.bool_]],
    target: float,
) -> _Choice:
    """Judge by how many copies are found while no more others are than ``target`` allows."""
    least = ratio_at(pairs, ratio, target)
    found = ratio >= least
    recall, fpr = _rates(pairs, found)
    worths = [_rates(pairs.part(fold), found[fold])[0] for fold in parts]
    return _Choice(growth, complexity, least, recall, np.array(worths), recall, fpr)


def ratio_at(pairs: Pairs, ratio: Floats, target: float) -> float:
    """Return the least ratio that no more than ``target`` of the others reach, or infinity."""
    order = np.argsort(-ratio, kind="stable")
    levels = ratio[order]
    weights = np.where(pairs.is_copy, 0.0, pairs.weights)[order]
    ends = np.flatnonzero(np.append(levels[1:] != levels[:-1], values=True))
    allowed = np.cumsum(weights)[ends] <= target * weights.sum() * (1 + 1e-12)
    return float(levels[ends][allowed][-1]) if allowed.any() else math.inf


def _rates(pairs: Pairs, found: NDArray[np.bool_]) -> tuple[float, float]:
    copies, others = pairs.totals()
    of_copies = float(pairs.weights[found & pairs.is_copy].sum())
    of_others = float(pairs.weights[found & ~pairs.is_copy].sum())
    return of_copies / max(copies, 1.0), of_others / max(others, 1.0)


def _simplest(choices: Sequence[_Choice]) -> _Choice:
    """Return the most complex pruning that is as good as the best, but for chance.

    Parts differ from each other more than prunings do, so it is differences on the same part that
    count. Among equals the one whose others weigh least, as it was tried first.
    """
    best = max(choices, key=lambda one: one.worth)
    same = [one for one in choices if one.growth == best.growth and _is_close(one, best)]
    return max(same, key=lambda one: one.complexity)


def _is_close(one: _Choice, best: _Choice) -> bool:
    """Return whether a pruning loses no more than the standard error of what it loses."""
    lost = best.worths - one.worths
    return bool(best.worth - one.worth <= np.std(lost) / np.sqrt(len(lost)))


def _evenly(values: Sequence[float]) -> list[float]:
    if len(values) <= _MOST_TRIED:
        return list(values)
    places = np.linspace(0, len(values) - 1, _MOST_TRIED).round().astype(int)
    return [values[place] for place in places]
