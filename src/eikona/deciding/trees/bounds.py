"""Where a tree's matches lie: balls that hold every pair which the tree does not clear.

Each leaf that is not clear is reached only by pairs that answered yes to some questions, so each of
those yeses bounds its distance. One such bound a leaf is enough for all its pairs to be found; of
the bounds there are, those are taken that chance brings the fewest pairs into.
"""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

from eikona.deciding.rule import Bound, Measured
from eikona.deciding.trees.tree import INLIERS, WEIGHTED, Leaf, Node, Tree
from eikona.domain.fingerprint import Comparison
from eikona.domain.verdict import Outcome

_FARTHEST_CORRELATION = 2.0  # one minus a correlation of -1
_WEIGHED_AS_BITS = 256  # what balls of distances without a number of bits are compared as
_READ = 1e-3  # cost of reading a hash of every entry, as a share of judging them all

Ways = Sequence[Mapping[str, float]]


def bounds_of(tree: Tree, algorithms: Mapping[str, Measured], leading: str) -> tuple[Bound, ...]:
    """Return balls that together hold all that ``tree`` does not clear and a shortlist may miss.

    Args:
        tree: whose matches are looked for.
        algorithms: every hash algorithm by name.
        leading: whose ball takes in everything, where a match has no bound.

    Returns:
        One ball a distance; one of ``leading`` alone that holds every pair, if that is needed, or
        that holds equal hashes only, where all matches align.
    """
    ways = [way for way, aligned in _ways(tree.root, {}, aligned=False) if way or not aligned]
    if any(not way for way in ways):
        return (Bound(leading, farthest(algorithms[leading])),)
    reach = _cheapest(ways, algorithms) or {leading: 0.0}
    return tuple(Bound(name, distance) for name, distance in sorted(reach.items()))


def scans_all(bounds: Sequence[Bound], algorithms: Mapping[str, Measured]) -> bool:
    """Whether a search within ``bounds`` judges every entry."""
    return any(
        bound.algorithm in algorithms and bound.distance >= farthest(algorithms[bound.algorithm])
        for bound in bounds
    )


def farthest(algorithm: Measured) -> float:
    """Return the largest distance that two hashes can have."""
    in_bits = algorithm.comparison is Comparison.HAMMING
    return float(algorithm.bits) if in_bits else _FARTHEST_CORRELATION


def _ways(
    node: Node, within: Mapping[str, float], *, aligned: bool
) -> Iterator[tuple[Mapping[str, float], bool]]:
    """Yield for each leaf that is not clear its bounds, and whether its pairs must align."""
    if isinstance(node, Leaf):
        if node.outcome is not Outcome.CLEAR:
            yield within, aligned
        return
    if node.distance == INLIERS:
        yield from _ways(node.yes, within, aligned=aligned)
        yield from _ways(node.no, within, aligned=aligned or node.at_most >= 0)
        return
    nearer = min(node.at_most, within.get(node.distance, math.inf))
    yield from _ways(node.yes, {**within, node.distance: nearer}, aligned=aligned)
    yield from _ways(node.no, within, aligned=aligned)


def _cheapest(ways: Ways, algorithms: Mapping[str, Measured]) -> dict[str, float]:
    """Return a bound for some distances so that each way has one that holds it, at little cost.

    All sets of distances are tried where there are few, since they are a handful; with more, the
    best is added one after the other.
    """
    names = sorted({name for way in ways for name in way})
    choices: Iterator[Sequence[str]] = (
        some
        for count in range(1, min(len(names), 3) + 1)
        for some in itertools.combinations(names, count)
    )
    best: dict[str, float] | None = None
    for some in choices:
        found = _held_by(ways, some, algorithms)
        if found is not None and (
            best is None or _cost(found, algorithms) < _cost(best, algorithms)
        ):
            best = found
    return best if best is not None else _held_by(ways, names, algorithms) or {}


def _held_by(
    ways: Ways, names: Sequence[str], algorithms: Mapping[str, Measured]
) -> dict[str, float] | None:
    """Return how far each of ``names`` must reach, None where they cannot hold every way."""
    reach: dict[str, float] = {}
    # Ways with the fewest choices first: their balls may hold others at no further cost.
    for way in sorted(ways, key=lambda way: sum(name in way for name in names)):
        options = [name for name in names if name in way]
        if not options:
            return None
        if any(reach.get(name, -math.inf) >= way[name] for name in options):
            continue
        cheapest = min(options, key=lambda name: (_chance(name, way[name], algorithms), name))
        reach[cheapest] = max(way[cheapest], reach.get(cheapest, -math.inf))
    return reach


def _cost(reach: Mapping[str, float], algorithms: Mapping[str, Measured]) -> float:
    return sum(_READ + _chance(name, distance, algorithms) for name, distance in reach.items())


def _chance(name: str, distance: float, algorithms: Mapping[str, Measured]) -> float:
    """Return about the share of all pairs within ``distance``: to choose by, not to rely on."""
    known = algorithms.get(name)
    if name == WEIGHTED or known is None:
        return min(1.0, distance / _WEIGHED_AS_BITS)
    # Bits of a hash are no coins: photographs are as far apart as a third as many would be.
    fair = known.bits / 3 if known.comparison is Comparison.HAMMING else _WEIGHED_AS_BITS / 3
    off = (distance / farthest(known) - 0.5) * 2 * math.sqrt(fair)
    return 0.5 * math.erfc(-off / math.sqrt(2))
