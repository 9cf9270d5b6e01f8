"""Names the answers of a grown tree: which are matches, and which of those are sure."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
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
) -> Tree:
    """Return the tree that is left of ``root`` at so much complexity, with an outcome each answer.

    Args:
        root: grown, with the complexities that its questions fall at.
        names: of its columns.
        complexity: what every question must be worth.
        least_ratio: likelihood ratio from which on an answer is a match.
        most_share: of the others that may be taken for copies, 0 to 1.
        prior: share of copies that confidence is stated for.

    Raises:
        UntrainableError: no question is left that matters.
    """
    counted = _counted(root, names, complexity)
    found = list(leaves(counted))
    copies, others = sum(one.copies for one in found), sum(one.others for one in found)
    nothing = Split("", 0.0, found[0], found[0])
    tree = Tree(nothing, prior, copies, others, {}, {})
    node = _merged(_ordered(counted, tree, least_ratio, most_share))
    if isinstance(node, Leaf):
        raise UntrainableError(
            "no question parts copies from others as asked: allow a higher rate of false"
            " positives, more depth, or give a table with more pairs"
        )
    return replace(tree, root=node)


def _counted(node: Grown, names: Sequence[str], complexity: float) -> Node:
    below = node.below(complexity)
    if below is None:
        return _clear(round(node.copies), round(node.others))
    yes, no = (_counted(one, names, complexity) for one in below)
    return Split(names[node.column], node.at_most, yes, no)


def _ordered(root: Node, tree: Tree, least_ratio: float, most_share: float) -> Node:
    """Return the tree with an outcome each answer, none surer than one that may be nearer.

    Regions of answers overlap in what they are near by, so an answer is named together with all
    that hold a pair nearer in everything: the group counts, and is taken whole or not at all.
    """
    boxes = list(_boxes(root, {}))
    found = [leaf for leaf, _ in boxes]
    groups = _groups([box for _, box in boxes])

    totals = (tree.copies, tree.others)
    matches = _taken(
        found,
        groups,
        lambda here: likelihood_ratio(here, totals),
        lambda ratio, others: ratio >= least_ratio and others <= most_share * totals[1],
    )
    blocks = _taken(
        found,
        [group for group in groups if group & ~matches == 0],
        lambda here: _least(tree, *here),
        lambda least, _others: least >= BLOCK_AT,
    )
    shown = matches
    for group, leaf in zip(groups, found, strict=True):
        if tree.most(leaf) >= _REVIEW_AT:
            shown |= group
    named = []
    for place, leaf in enumerate(found):
        bit = 1 << place
        outcome = Outcome.REVIEW if shown & bit else Outcome.CLEAR
        outcome = Outcome.BLOCK if blocks & bit else outcome
        named.append(replace(leaf, outcome=outcome, match=bool(matches & bit)))
    return _with_leaves(root, iter(named))


def _taken(
    found: Sequence[Leaf],
    groups: Sequence[int],
    worth: Callable[[tuple[int, int]], float],
    fits: Callable[[float, int], bool],
) -> int:
    """Return groups put together, the best of what is left first, as far as they fit.

    Args:
        found: all answers.
        groups: of answers, a bit an answer.
        worth: of the copies and others that a group would add.
        fits: whether that may be added, given its worth and how many others there would be then.
    """
    known: dict[int, tuple[float, int]] = {}
    taken, others = 0, 0
    while True:
        left = {group & ~taken for group in groups} - {0}
        for more in left - known.keys():
            here = _counts(found, more)
            known[more] = (worth(here), here[1])
        fitting = [
            (known[more][0], -more)
            for more in left
            if fits(known[more][0], others + known[more][1])
        ]
        if not fitting:
            return taken
        best = -max(fitting)[1]
        taken, others = taken | best, others + known[best][1]


def _counts(found: Sequence[Leaf], members: int) -> tuple[int, int]:
    """Return how many copies and others came to these answers."""
    copies = others = 0
    while members:
        place = (members & -members).bit_length() - 1
        copies, others = copies + found[place].copies, others + found[place].others
        members &= members - 1
    return copies, others


def _groups(boxes: Sequence["Box"]) -> list[int]:
    """Return for each answer itself and all that it may not be surer than, as bits."""
    groups = [
        sum(1 << other for other, nearer in enumerate(boxes) if _reaches(nearer, box)) | 1 << place
        for place, box in enumerate(boxes)
    ]
    while True:
        wider = [_union(groups, group) for group in groups]
        if wider == groups:
            return groups
        groups = wider


def _union(groups: Sequence[int], members: int) -> int:
    whole = members
    while members:
        whole |= groups[(members & -members).bit_length() - 1]
        members &= members - 1
    return whole


def _least(tree: Tree, copies: int, others: int) -> float:
    return tree.least(Leaf(Outcome.REVIEW, match=True, copies=copies, others=others))


Box = Mapping[str, tuple[float, float]]  # what comes to an answer: above, and at most


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
