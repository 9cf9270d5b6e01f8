"""A decision tree over the distances of a pair: questions, and what was seen behind the answers."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from eikona.deciding.trees.confidence import confidence, upper_share
from eikona.domain.verdict import Distances, Outcome

INLIERS = "inliers"  # of local features: the one number that is larger where pictures are alike
WEIGHTED = "forbild-weighted"
MOST_DEPTH = 16  # questions on the way to an answer
MOST_LEAVES = 1024
MOST_DISTANCES = 32


@dataclass(frozen=True, slots=True)
class Leaf:
    """An answer.

    Attributes:
        outcome: of pairs that come here.
        match: whether they are taken for copies, surely or probably.
        copies: pairs of the training table that came here and were copies.
        others: pairs that came here and were none.
    """

    outcome: Outcome
    match: bool
    copies: int
    others: int


@dataclass(frozen=True, slots=True)
class Split:
    """A question: is this distance at most so much?

    Attributes:
        distance: its name in ``Distances.by_name``, or ``inliers``.
        at_most: the largest that is answered yes.
        yes: what follows where it is.
        no: what follows where it is not.
    """

    distance: str
    at_most: float
    yes: "Node"
    no: "Node"


Node: TypeAlias = Split | Leaf


@dataclass(frozen=True, slots=True)
class Tree:
    """A trained tree.

    Attributes:
        root: its first question.
        prior: share of copies among all pairs that confidence is stated for, 0 to 1.
        copies: pairs of the training table that were copies.
        others: pairs that were none.
        versions: of each hash algorithm that it asks about.
        notes: how it was trained, for people: plain words and numbers.
    """

    root: Split
    prior: float
    copies: int
    others: int
    versions: Mapping[str, int]
    notes: Mapping[str, str | float | int]

    @property
    def distances(self) -> tuple[str, ...]:
        """Names of what it asks about, in the order of its questions."""
        return tuple(dict.fromkeys(split.distance for split in splits(self.root)))

    def leaf(self, distances: Distances) -> tuple[Leaf, tuple[tuple[Split, bool], ...]]:
        """Return where a pair comes to, and the questions on the way with their answers."""
        node: Node = self.root
        way = []
        while isinstance(node, Split):
            yes = value_of(distances, node.distance) <= node.at_most
            way.append((node, yes))
            node = node.yes if yes else node.no
        return node, tuple(way)

    def share(self, leaf: Leaf) -> float:
        """Return the likeliest share of copies among pairs that come to ``leaf``, 0 to 1."""
        ours, theirs = self.prior * _rate(leaf.copies, self.copies), _rate(leaf.others, self.others)
        return ours / (ours + (1 - self.prior) * theirs)

    def least(self, leaf: Leaf) -> float:
        """Return the least share of copies there that the counts leave room for, 0 to 1."""
        return confidence((leaf.copies, self.copies), (leaf.others, self.others), prior=self.prior)

    def most(self, leaf: Leaf) -> float:
        """Return the largest share of copies there that the counts leave room for, 0 to 1."""
        return 1 - confidence(
            (leaf.others, self.others), (leaf.copies, self.copies), prior=1 - self.prior
        )

    def false_share(self, leaf: Leaf) -> float:
        """Return the largest share of all others that may come to leaves at least as sure.

        Leaves that are clear do not count: nobody is shown what comes there.
        """
        least = self.share(leaf)
        surer = [one for one in leaves(self.root) if one.outcome is not Outcome.CLEAR]
        return upper_share(
            sum(one.others for one in surer if self.share(one) >= least), self.others
        )


def value_of(distances: Distances, name: str) -> float:
    """Return what a question about ``name`` is answered by.

    A weighted distance that nothing can be weighed by is infinite, as the farthest are. Where a
    picture has no local features, nothing aligns.
    """
    if name == INLIERS:
        return 0.0 if distances.alignment is None else float(distances.alignment.inliers)
    if name == WEIGHTED:
        return distances.by_name.get(name, math.inf)
    return distances.by_name[name]


def leaves(node: Node) -> Iterator[Leaf]:
    """Yield every leaf below, from yes to no."""
    if isinstance(node, Leaf):
        yield node
        return
    yield from leaves(node.yes)
    yield from leaves(node.no)


def splits(node: Node) -> Iterator[Split]:
    """Yield every question below, each before those that follow it."""
    if isinstance(node, Split):
        yield node
        yield from splits(node.yes)
        yield from splits(node.no)


def depth(node: Node) -> int:
    """Return the most questions on a way down."""
    return 0 if isinstance(node, Leaf) else 1 + max(depth(node.yes), depth(node.no))


def _rate(part: int, whole: int) -> float:
    return (part + 0.5) / (whole + 1)
