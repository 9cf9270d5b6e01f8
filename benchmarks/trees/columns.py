"""Trees and rules on many pairs at once: columns of distances, matches as masks."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from eikona.deciding.trees.growing import Pairs
from eikona.deciding.trees.tree import Leaf, Node, Tree

Columns = Mapping[str, NDArray[np.float64]]
POSTER = ("dhash256", "phash256", "whash256", "nmf-unihasher")
_BITS = 256


def matches(tree: Tree, columns: Columns) -> NDArray[np.bool_]:
    """Return which pairs a tree takes for copies; all columns have one shape."""
    found = np.zeros(next(iter(columns.values())).shape, bool)

    def walk(node: Node, here: NDArray[np.bool_]) -> None:
        if isinstance(node, Leaf):
            found[here] = node.match
            return
        yes = columns[node.distance] <= node.at_most
        walk(node.yes, here & yes)
        walk(node.no, here & ~yes)

    walk(tree.root, np.ones(found.shape, bool))
    return found


def poster_tree(columns: Columns) -> NDArray[np.bool_]:
    """Return which pairs the poster's tree takes for copies."""
    dhash, phash, whash = (columns[name] / _BITS for name in POSTER[:3])
    correlation = 1 - columns[POSTER[3]]
    near = (whash <= 0.277) | (correlation > 0.829)
    far = (correlation > 0.976) | (phash <= 0.347)
    return np.where(dhash <= 0.334, near, far)


def columns_of(pairs: Pairs) -> Columns:
    """Return the distances by name."""
    return dict(zip(pairs.names, pairs.distances.T, strict=True))


def halves_of(groups: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which pairs belong to the first half; those of a group stay together."""
    names, places = np.unique(groups, return_inverse=True)
    return (np.random.default_rng(0).permutation(len(names)) % 2 == 0)[places]
