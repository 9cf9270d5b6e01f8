"""Chooses how a tree is grown and pruned: by what its like does to pairs that were left out."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eikona.deciding.trees.answers import likelihood_ratio, named_tree
from eikona.deciding.trees.growing import Grown, Growth, Pairs, grow
from eikona.deciding.trees.pruning import cuts_between, leaf_numbers, set_complexities
from eikona.deciding.trees.tree import Tree, leaves
from eikona.domain.errors import UntrainableError

FOLDS = 10
# All others together weigh this power of one over the rate of false matches that is asked for.
_POWERS = (0.0, 0.25, 0.5, 0.75, 1.0)
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
class Choice:
    """A way to grow, what is pruned, and which answers are copies.

    Attributes:
        growth: how the tree grows.
        complexity: from which on questions fall.
        least: likelihood ratio that answers must have to be matches.
        most: share of the others that may come to them.
        worth: what makes it better than others: more is better.
        worths: the same of each part left out, shape (parts,).
        recall: of the parts left out.
        fpr: likewise.
    """

    growth: Growth
    complexity: float
    least: float
    most: float
    worth: float
    worths: Floats
    recall: float
    fpr: float


def choose(
    pairs: Pairs,
    settings: Settings,
    parts: Sequence[NDArray[np.bool_]],
    report: Callable[[], None],
) -> Choice:
    """Return the most complex pruning that is as good as the best, but for chance.

    Args:
        pairs: all of them.
        settings: how to train.
        parts: which pairs are left out in each turn.
        report: called once a turn and way to grow.
    """
    choices = [
        choice
        for growth in growths(pairs, settings)
        for choice in _choices(pairs, growth, parts, settings, report)
    ]
    best = max(choices, key=lambda one: one.worth)
    same = [one for one in choices if one.growth == best.growth and _is_close(one, best)]
    return max(same, key=lambda one: one.complexity)


def growths(pairs: Pairs, settings: Settings) -> list[Growth]:
    """Return the ways to grow that are tried."""
    if settings.target_fpr is None:
        weigh = [(1 - settings.prior) / settings.prior]
    else:
        rate = max(settings.target_fpr, 0.5 / pairs.totals()[1])
        weigh = [rate**-power for power in _POWERS]
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
) -> Iterator[Choice]:
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
            target = settings.target_fpr
            choice = _by_rate(pairs, growth, complexity, ratio, parts=parts, target=target)
            yield _as_whole(choice, whole, pairs, settings)


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
) -> Choice:
    """Judge by Brier's score: squared distance of the share said from the truth."""
    least = (1 - prior) / prior
    share = ratio / (ratio + least)
    copies, others = pairs.totals()
    weights = pairs.weights * np.where(pairs.is_copy, prior / copies, (1 - prior) / others)
    off = weights * (share - pairs.is_copy) ** 2
    worths = [-off[fold].sum() / weights[fold].sum() for fold in parts]
    recall, fpr = _rates(pairs, ratio >= least)
    worth = float(-off.sum())
    return Choice(growth, complexity, least, 1.0, worth, np.array(worths), recall, fpr)


def _by_rate(
    pairs: Pairs,
    growth: Growth,
    complexity: float,
    ratio: Floats,
    *,
    parts: Sequence[NDArray[np.bool_]],
    target: float,
) -> Choice:
    """Judge by how many copies are found while no more others are than ``target`` allows."""
    least = ratio_at(pairs, ratio, target)
    found = ratio >= least
    recall, fpr = _rates(pairs, found)
    worths = [_rates(pairs.part(fold), found[fold])[0] for fold in parts]
    return Choice(growth, complexity, least, target, recall, np.array(worths), recall, fpr)


def _as_whole(choice: Choice, whole: Grown, pairs: Pairs, settings: Settings) -> Choice:
    """Return a choice with what the tree of all pairs is worth.

    That tree has few answers, each a match whole or not at all, and they must be in order. Where it
    errs less often than trees did on what they had not seen, it must keep to so much less.
    """
    _, own = _rates(pairs, _ratios(whole, pairs, choice.complexity) >= choice.least)
    flatters = own / choice.fpr if choice.fpr else 1.0
    most = (settings.target_fpr or 0.0) * min(1.0, flatters)
    choice = replace(choice, least=0.0, most=most)
    try:
        tree = tree_of(choice, whole, pairs.names, prior=settings.prior)
    except UntrainableError:
        return replace(choice, worth=0.0)
    found = sum(leaf.copies for leaf in leaves(tree.root) if leaf.match)
    return replace(choice, worth=min(choice.worth, found / tree.copies))


def tree_of(choice: Choice, root: Grown, names: Sequence[str], *, prior: float) -> Tree:
    """Return the tree that a choice makes of one that is grown.

    Raises:
        UntrainableError: no question is left that matters.
    """
    return named_tree(
        root,
        names,
        complexity=choice.complexity,
        least_ratio=choice.least,
        most_share=choice.most,
        prior=prior,
    )


def ratio_at(pairs: Pairs, ratio: Floats, target: float) -> float:
    """Return the least ratio from which on there are no more than ``target`` of the others.

    It lies just above the first ratio that lets in too many; 0 where none does.
    """
    order = np.argsort(-ratio, kind="stable")
    levels = ratio[order]
    weights = np.where(pairs.is_copy, 0.0, pairs.weights)[order]
    ends = np.flatnonzero(np.append(levels[1:] != levels[:-1], values=True))
    too_many = np.cumsum(weights)[ends] > target * weights.sum() * (1 + 1e-12)
    return float(np.nextafter(levels[ends][too_many][0], math.inf)) if too_many.any() else 0.0


def _rates(pairs: Pairs, found: NDArray[np.bool_]) -> tuple[float, float]:
    copies, others = pairs.totals()
    of_copies = float(pairs.weights[found & pairs.is_copy].sum())
    of_others = float(pairs.weights[found & ~pairs.is_copy].sum())
    return of_copies / max(copies, 1.0), of_others / max(others, 1.0)


def _is_close(one: Choice, best: Choice) -> bool:
    """Return whether a pruning loses no more than the standard error of what it loses.

    Parts differ from each other more than prunings do, so it is differences on one part that count.
    """
    lost = best.worths - one.worths
    return bool(best.worth - one.worth <= np.std(lost) / np.sqrt(len(lost)))


def _evenly(values: Sequence[float]) -> list[float]:
    if len(values) <= _MOST_TRIED:
        return list(values)
    places = np.linspace(0, len(values) - 1, _MOST_TRIED).round().astype(int)
    return [values[place] for place in places]
