"""On the 43 attacks: trees from one half of the photographs, judged on the other.

Negatives are all pairs of an altered copy and another photograph of its half. Those that no hash
finds near stand in training for all that are as far, by weight.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.robustness.contenders import measure_of
from benchmarks.robustness.distances import lower_quality
from benchmarks.robustness.hashers.catalogue import hasher_named
from benchmarks.robustness.hashing import hash_photos
from benchmarks.robustness.photos import Photo, evenly
from benchmarks.robustness.store import Store
from benchmarks.trees.columns import POSTER, Columns, matches, poster_tree
from benchmarks.trees.strengths import unseen
from eikona.deciding.rule import quality_for
from eikona.deciding.trees.growing import Pairs
from eikona.deciding.trees.outline import outline
from eikona.deciding.trees.training import Settings, train
from eikona.deciding.trees.tree import depth
from eikona.domain.errors import UntrainableError
from eikona.hashing.registry import ALGORITHMS
from eikona.imaging.alterations.attack import Attack
from eikona.imaging.alterations.catalogue import ATTACKS

HASHES = ("pdq", "dhash256", "phash256", "whash256", "ahash256", "forbild")
RATES = (1e-4, 1e-5, 1e-6)
UNSEEN_PHOTOS = 100
_EVERY = tuple(dict.fromkeys((*HASHES, *POSTER)))
# Pairs within any of these are all kept for training: a few in a thousand.
_NEAR: Mapping[str, float] = {
    "pdq": 100,
    "dhash256": 80,
    "phash256": 102,
    "whash256": 28,
    "ahash256": 26,
    "forbild": 44,
    "nmf-unihasher": 0.003,
}
_FAR = 40_000  # pairs that stand for all others
_PDQ_QUALITY = quality_for("pdq")

Row = dict[str, object]
Judge = Callable[[Columns], NDArray[np.bool_]]


def rows(
    photos: Sequence[Photo], store: Store, *, jobs: int, say: Callable[[str], None]
) -> Iterator[Row]:
    """Yield a row a contender and rate."""
    even, odd = ([p for p in photos if p.is_even is half] for half in (True, False))
    few = evenly(odd, UNSEEN_PHOTOS)
    hasher = ("eikona",)
    attacks, others = list(ATTACKS.values()), unseen()
    say("codes")
    hash_photos(photos, attacks, hasher, store, jobs=jobs, report=lambda *_: None)
    hash_photos(few, others, hasher, store, jobs=jobs, report=lambda *n: say(f"unseen {n}"))
    pairs = _training(even, attacks, store)
    say(f"{len(pairs.is_copy)} pairs to train on")
    contenders = list(_contenders(pairs, say))
    judges = [judge for *_, judge in contenders]
    seen = _judged(judges, odd, attacks, store)
    changed = _judged(judges, few, others, store)
    for place, (what, target, text, _) in enumerate(contenders):
        yield {
            "set": "trees-attacks",
            "what": what,
            "place": place,
            "target": target,
            "tree": text,
            "photos": len(odd),
            "unseen_photos": len(few),
            **seen[place],
            "unseen_recall": changed[place]["recall"],
            "unseen_worst": changed[place]["worst"],
        }


def _contenders(
    pairs: Pairs, say: Callable[[str], None]
) -> Iterator[tuple[str, float | None, str, Judge]]:
    """Yield name, target rate, tree in words, and what judges."""
    yield "unihasher-tree", None, "", poster_tree
    columns = dict(zip(pairs.names, pairs.distances.T, strict=True))
    others = pairs.weights * ~pairs.is_copy
    poster = float(others[poster_tree(columns)].sum() / others.sum())
    for rate in (poster, *RATES):
        for what, names in (("the poster's four hashes", POSTER), ("256-bit hashes", HASHES)):
            judge, text = _trained(pairs, names, rate)
            yield f"tree on {what}", rate, text, judge
            say(f"{what} at {rate:.1e}")
        bound = _threshold(columns["pdq"], others, rate)
        yield "PDQ×8", rate, f"pdq at most {bound:g}", _below(bound)


def _trained(pairs: Pairs, names: Sequence[str], rate: float) -> tuple[Judge, str]:
    places = [pairs.names.index(name) for name in names]
    some = Pairs(
        tuple(names), pairs.distances[:, places], pairs.is_copy, pairs.weights, pairs.groups
    )
    versions = {name: ALGORITHMS[name].id.version for name in names}
    try:
        tree = train(some, Settings(depth=6, leaf=30, target_fpr=rate), versions=versions).tree
    except UntrainableError:
        return lambda columns: np.zeros(columns["pdq"].shape, bool), ""
    text = outline(tree) if depth(tree.root) <= 3 else ""
    return lambda columns: matches(tree, columns), text


def _threshold(distances: NDArray[np.float64], others: NDArray[np.float64], rate: float) -> float:
    """Return the largest distance that no more than ``rate`` of the others are within."""
    order = np.argsort(distances, kind="stable")
    levels = distances[order]
    ends = np.flatnonzero(np.append(levels[1:] != levels[:-1], True))
    within = np.cumsum(others[order])[ends] <= rate * others.sum()
    return float(levels[ends][within][-1]) if within.any() else -1.0


def _below(bound: float) -> Judge:
    return lambda columns: columns["pdq"] <= bound


def _training(photos: Sequence[Photo], attacks: Sequence[Attack], store: Store) -> Pairs:
    random = np.random.default_rng(0)
    parts = []
    count = len(photos)
    share = min(1.0, _FAR / (len(attacks) * count * (count - 1)))
    for grid, usable in _grids(photos, attacks, store):
        near = np.zeros((count, count), bool)
        for name, most in _NEAR.items():
            near |= grid[name] <= most
        own = np.eye(count, dtype=bool)
        drawn = ~near & (random.random(near.shape) < share)
        chosen = (own | near | drawn) & usable
        parts.append(
            (
                np.stack([grid[name][chosen] for name in _EVERY], axis=1),
                own[chosen],
                np.where(drawn & ~own, 1 / share, 1.0)[chosen],
                np.broadcast_to(np.arange(count), near.shape)[chosen],
            )
        )
    distances, is_copy, weights, groups = (
        np.concatenate(part) for part in zip(*parts, strict=True)
    )
    return Pairs(_EVERY, distances, is_copy, weights, groups)


def _judged(
    judges: Sequence[Judge], photos: Sequence[Photo], attacks: Sequence[Attack], store: Store
) -> list[Row]:
    """Return for each judge what it finds of every pair; pairs that are too plain count as lost."""
    recall: list[list[float]] = [[] for _ in judges]
    false = np.zeros(len(judges), np.int64)
    pairs = 0
    for grid, usable in _grids(photos, attacks, store):
        own = np.eye(len(photos), dtype=bool)
        pairs += int((~own).sum())
        for place, judge in enumerate(judges):
            found = judge(grid) & usable
            recall[place].append(float(found[own].mean()))
            false[place] += int(found[~own].sum())
    return [
        {
            "recall": round(float(np.mean(found)), 5),
            "worst": round(min(found), 4),
            "false": int(false[place]),
            "pairs": pairs,
        }
        for place, found in enumerate(recall)
    ]


def _grids(
    photos: Sequence[Photo], attacks: Sequence[Attack], store: Store
) -> Iterator[tuple[Columns, NDArray[np.bool_]]]:
    """Yield for each attack every distance of copies to photographs, and which pairs count."""
    hasher = hasher_named("eikona")
    originals = store.codes(hasher, None, photos)
    for attack in attacks:
        codes = store.codes(hasher, attack, photos)[:, None]
        usable = lower_quality(codes, originals) >= _PDQ_QUALITY
        yield {name: measure_of(name)(codes, originals) for name in _EVERY}, usable
