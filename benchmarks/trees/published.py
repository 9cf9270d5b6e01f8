"""On the table that the Unihasher project publishes: each half judged by what the other gave."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.trees.columns import POSTER, Columns, columns_of, halves_of, matches, poster_tree
from eikona.deciding.rules import parse_rule
from eikona.deciding.trees.growing import Pairs
from eikona.deciding.trees.training import Settings, train
from eikona.domain.verdict import Distances
from eikona.hashing.registry import ALGORITHMS

_TABLE = Path(__file__).resolve().parents[2] / "vectors" / "unihasher_pairs.csv"
_PEOPLE = 249  # 4,731 pairs of copies are 19 modifications of so many, one after the other
_MAJORITY = "majority"
_VERSIONS = {name: row.id.version for name, row in ALGORITHMS.items()}

Row = dict[str, object]
Judge = Callable[[Columns], NDArray[np.bool_]]


def rows() -> Iterator[Row]:
    """Yield a row a contender, on the whole table and without the pairs that are labelled wrongly.

    Those are equal in all four hashes and said to be of two pictures.
    """
    pairs = read()
    wrong = (pairs.distances == 0).all(axis=1) & ~pairs.is_copy
    for name, some in (("whole", pairs), ("mended", pairs.part(~wrong))):
        first = halves_of(some.groups)
        counts: dict[str, NDArray[np.int64]] = {}
        for trained_on, judged in ((first, ~first), (~first, first)):
            for what, judge in _judges(some.part(trained_on)):
                part = some.part(judged)
                found = judge(columns_of(part))
                counts[what] = counts.get(what, np.zeros(4, np.int64)) + _counts(part, found)
        for place, (what, (tp, fp, tn, fn)) in enumerate(counts.items()):
            yield {
                "set": f"trees-published-{name}",
                "what": what,
                "place": place,
                **dict(zip(("tp", "fp", "tn", "fn"), map(int, (tp, fp, tn, fn)), strict=True)),
            }


def read() -> Pairs:
    """Return the table; groups are people, as far as the order of the rows tells."""
    with _TABLE.open(newline="") as file:
        table = np.array([[float(cell) for cell in row] for row in list(csv.reader(file))[1:]])
    distances = table[:, :4].copy()
    distances[:, 3] = np.maximum(0, 1 - distances[:, 3])
    is_copy = table[:, 4] == 1
    number = np.arange(len(table))
    groups = np.where(is_copy, number % _PEOPLE, _PEOPLE + number)
    return Pairs(POSTER, distances, is_copy, np.ones(len(table)), groups)


def _judges(pairs: Pairs) -> Iterator[tuple[str, Judge]]:
    """Yield the fixed rules, and trees trained on ``pairs`` to err no more often than those."""
    columns = columns_of(pairs)
    yield _MAJORITY, _majority
    yield "unihasher-tree", poster_tree
    yield "trained, fewest errors", _trained(pairs, None)
    for name, rule in ((_MAJORITY, _majority), ("unihasher-tree", poster_tree)):
        rate = float(rule(columns)[~pairs.is_copy].mean())
        yield f"trained, no more false matches than {name}", _trained(pairs, rate)


def _trained(pairs: Pairs, rate: float | None) -> Judge:
    tree = train(pairs, Settings(target_fpr=rate), versions=_VERSIONS).tree
    return lambda columns: matches(tree, columns)


def _majority(columns: Columns) -> NDArray[np.bool_]:
    rule = parse_rule(_MAJORITY, ALGORITHMS)
    every = zip(*columns.values(), strict=True)
    return np.array(
        [
            rule.judge(Distances(dict(zip(columns, map(float, row), strict=True)), {}), 1).match
            for row in every
        ]
    )


def _counts(pairs: Pairs, found: NDArray[np.bool_]) -> NDArray[np.int64]:
    copy = pairs.is_copy
    masks = (found & copy, found & ~copy, ~found & ~copy, ~found & copy)
    return np.array([mask.sum() for mask in masks])
