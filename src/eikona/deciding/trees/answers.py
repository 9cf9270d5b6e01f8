"""Names the answers of a grown tree: which are matches, and which of those are sure."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from eikona.deciding.trees.growing import Grown, more_is_nearer
from eikona.deciding.trees.tree import Leaf, Node, Split, Tree, leaves
from eikona.domain.errors import UntrainableError
from eikona.domain.verdict import Outcome

BLOCK_AT = 0.95  # confidence from which on a match is blocked
_REVIEW_AT = 0.5  # the share of copies from which on a person looks, match or not
_NOT_SEEN = 0.5  # pairs that count in every answer, so that no ratio is infinite


def likelihood_ratio(here: tuple[float, float], totals: tuple[float, float]) -> float:
    """Return how many times as often copies come to an answer as others do.

    Args:
        here: copies and others that came.
        totals: copies and others in all.
    """
    copies = (here[0] + _NOT_SEEN) / (totals[0] + 1)
    return copies * (totals[1] + 1) / (here[1] + _NOT_SEEN)


def named_tree(
    root: Grown,
    names: Sequence[str],
    *,
    complexity: float,
    least_ratio: float,
    most_share: float,
    prior: float,
    versions: Mapping[str, int],
    notes: Mapping[str, str | float | int],
) -> Tree:
    """Return the tree that is left of ``root`` at so much complexity, with an outcome each answer.

    Args:
        root: grown, with the complexities that its questions fall at.
        names: of its columns.
        complexity: what every question must be worth.
        least_ratio: likelihood ratio from which on an answer is a match.
        most_share: of the others that may be taken for copies, 0 to 1.
        prior: share of copies that confidence is stated for.
        versions: of hash algorithms.
        notes: for people.

    Raises:
        UntrainableError: no question is left that matters.
    """
    counted = _counted(root, names, complexity)
    found = list(leaves(counted))
    copies, others = sum(one.copies for one in found), sum(one.others for one in found)
    nothing = Split("", 0.0, found[0], found[0])
    tree = Tree(nothing, prior, copies, others, {}, notes)
    named = _named(counted, tree, least_ratio)
    node = _merged(_with_leaves(named, iter(_ordered(named, tree, most_share * others))))
    if isinstance(node, Leaf):
        raise UntrainableError(
            "no question parts copies from others as asked: allow a higher rate of false"
            " positives, more depth, or give a table with more pairs"
        )
    tree = replace(tree, root=node)
    kept = {name: versions[name] for name in sorted(tree.distances) if name in versions}
    return replace(tree, versions=kept)


def _counted(node: Grown, names: Sequence[str], complexity: float) -> Node:
    below = node.below(complexity)
    if below is None:
        return _clear(round(node.copies), round(node.others))
    yes, no = (_counted(one, names, complexity) for one in below)
    return Split(names[node.column], node.at_most, yes, no)


def _named(node: Node, tree: Tree, least_ratio: float) -> Node:
    if isinstance(node, Split):
        yes, no = (_named(one, tree, least_ratio) for one in (node.yes, node.no))
        return replace(node, yes=yes, no=no)
    ratio = likelihood_ratio((node.copies, node.others), (tree.copies, tree.others))
    if ratio >= least_ratio:
        outcome = Outcome.BLOCK if tree.least(node) >= BLOCK_AT else Outcome.REVIEW
        return replace(node, outcome=outcome, match=True)
    if tree.most(node) >= _REVIEW_AT:
        return replace(node, outcome=Outcome.REVIEW)
    return node


def _ordered(root: Node, tree: Tree, most_others: float) -> list[Leaf]:
    """Return the leaves, each at least as sure as those that hold a pair farther in everything.

    An answer that few pairs make unsure is raised to those farther, if its counts leave room for
    it; whatever is surer than an answer nearer after that is lowered.
    """
    leaf_boxes = list(_boxes(root, {}))
    found = [leaf for leaf, _ in leaf_boxes]
    boxes = [box for _, box in leaf_boxes]
    farther = [
        [other for other, beyond in enumerate(boxes) if other != here and _reaches(box, beyond)]
        for here, box in enumerate(boxes)
    ]
    raised = [
        max(
            (
                found[here],
                *(found[other] for other in beyond if _room(tree, found[here], found[other])),
            ),
            key=_sureness,
        )
        for here, beyond in enumerate(farther)
    ]
    named = [_as(leaf, sure) for leaf, sure in zip(found, raised, strict=True)]
    if sum(leaf.others for leaf in named if leaf.match) > most_others:
        named = found
    return _lowered(named, farther)


def _lowered(found: Sequence[Leaf], farther: Sequence[Sequence[int]]) -> list[Leaf]:
    named = list(found)
    changed = True
    while changed:
        changed = False
        for here, beyond in enumerate(farther):
            for other in beyond:
                if _sureness(named[other]) > _sureness(named[here]):
                    named[other] = _as(named[other], named[here])
                    changed = True
    return named


def _room(tree: Tree, nearer: Leaf, farther: Leaf) -> bool:
    """Return whether as many copies may come to the nearer of two answers as to the farther."""
    return tree.most(nearer) >= tree.least(farther)


def _as(leaf: Leaf, other: Leaf) -> Leaf:
    return replace(leaf, outcome=other.outcome, match=other.match)


def _sureness(leaf: Leaf) -> tuple[bool, int]:
    return leaf.match, (Outcome.CLEAR, Outcome.REVIEW, Outcome.BLOCK).index(leaf.outcome)


Box = Mapping[str, tuple[float, float]]  # nearness of what comes to a leaf: above, and at most


def _boxes(node: Node, box: Box) -> Iterator[tuple[Leaf, Box]]:
    if isinstance(node, Leaf):
        yield node, box
        return
    least, most = box.get(node.distance, (-math.inf, math.inf))
    yes = (least, min(most, node.at_most))
    no = (max(least, node.at_most), most)
    yield from _boxes(node.yes, {**box, node.distance: yes})
    yield from _boxes(node.no, {**box, node.distance: no})


def _reaches(box: Box, beyond: Box) -> bool:
    """Return whether a pair in ``box`` may be nearer in everything than one ``beyond``."""
    for name in box.keys() | beyond.keys():
        here, there = (one.get(name, (-math.inf, math.inf)) for one in (box, beyond))
        if more_is_nearer(name):
            here, there = there, here
        if here[0] >= there[1]:
            return False
    return True


def _with_leaves(node: Node, found: Iterator[Leaf]) -> Node:
    """Return the same questions with other leaves, in the order of ``leaves``."""
    if isinstance(node, Leaf):
        return next(found)
    yes = _with_leaves(node.yes, found)
    return replace(node, yes=yes, no=_with_leaves(node.no, found))


def _merged(node: Node) -> Node:
    """Return the tree without questions whose answers are clear either way."""
    if isinstance(node, Leaf):
        return node
    yes, no = _merged(node.yes), _merged(node.no)
    if (
        isinstance(yes, Leaf)
        and isinstance(no, Leaf)
        and yes.outcome is no.outcome is Outcome.CLEAR
    ):
        return _clear(yes.copies + no.copies, yes.others + no.others)
    return replace(node, yes=yes, no=no)


def _clear(copies: int, others: int) -> Leaf:
    return Leaf(Outcome.CLEAR, match=False, copies=copies, others=others)
