"""Training, against slow and obvious searches, and on pairs of which the truth is known."""

import itertools

import numpy as np
import pytest

from eikona.deciding.trees.choosing import folds, ratio_at
from eikona.deciding.trees.growing import Growth, Pairs, grow, short_between
from eikona.deciding.trees.pruning import cuts_between, leaf_numbers, set_complexities
from eikona.deciding.trees.training import Settings, train, trees_grown
from eikona.deciding.trees.tree import leaves, splits
from eikona.deciding.trees.tree_file import tree_text
from eikona.deciding.trees.tree_rule import rule_of
from eikona.domain.alignment import Alignment
from eikona.domain.errors import UntrainableError
from eikona.domain.verdict import Distances, Outcome
from eikona.hashing.registry import ALGORITHMS

VERSIONS = {"pdq": 1, "phash": 1, "dhash": 1}


def pairs(count, seed=0, names=("pdq", "phash"), groups=None):
    """Copies are near in one or the other distance, others in neither, mostly."""
    random = np.random.default_rng(seed)
    is_copy = random.random(count) < 0.5
    distances = random.normal(120, 12, (count, len(names)))
    near = random.integers(0, len(names), count)
    rows = np.flatnonzero(is_copy)
    distances[rows, near[rows]] = random.normal(50, 20, len(rows))
    numbers = np.arange(count) if groups is None else random.integers(0, groups, count)
    weights = np.ones(count)
    return Pairs(names, np.clip(distances.round(), 0, 256), is_copy, weights, numbers)


def impurity(part, whole, others_weigh):
    copies, others = whole.totals()
    a = part.weights[part.is_copy].sum() / copies
    b = part.weights[~part.is_copy].sum() / others * others_weigh
    return 2 * a * b / (a + b) if a + b else 0.0


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("others_weigh", [1.0, 20.0])
def test_the_first_cut_is_the_one_that_gains_most_of_all_there_are(seed, others_weigh):
    some = pairs(120, seed)
    root = grow(some, Growth(depth=1, leaf=5, others_weigh=others_weigh))
    gains = {}
    for column in range(2):
        values = np.unique(some.distances[:, column])
        for low in values[:-1]:
            yes = some.distances[:, column] <= low
            parts = (some.part(yes), some.part(~yes))
            shares = [
                a.weights[a.is_copy].sum() / max(a.weights[~a.is_copy].sum(), 1e-9) for a in parts
            ]
            if min(yes.sum(), (~yes).sum()) >= 5 and shares[0] >= shares[1]:
                gains[column, low] = impurity(some, some, others_weigh) - sum(
                    impurity(part, some, others_weigh) for part in parts
                )
    column, low = max(gains, key=gains.get)
    yes = some.distances[:, root.column] <= root.at_most
    assert root.column == column
    assert np.array_equal(yes, some.distances[:, column] <= low)
    assert root.impurity - root.yes.impurity - root.no.impurity == pytest.approx(gains[column, low])


def prunings(node):
    """Every tree that pruning can leave: its impurity, and its leaves as a set."""
    yield node.impurity, frozenset([id(node)])
    if node.yes is not None:
        for one, other in itertools.product(prunings(node.yes), prunings(node.no)):
            yield one[0] + other[0], one[1] | other[1]


@pytest.mark.parametrize("seed", range(4))
def test_what_is_left_costs_least_of_all_prunings_at_each_complexity(seed):
    some = pairs(160, seed)
    root = grow(some, Growth(depth=3, leaf=3, others_weigh=1.0))
    every = list(prunings(root))
    complexities = set_complexities(root)
    assert complexities == sorted(complexities)
    for complexity in [*cuts_between(complexities)[1:], complexities[-1] * 2]:
        found, _ = leaf_numbers(root, some, complexity)
        least = min(cost + complexity * len(kept) for cost, kept in every)
        cost = sum(leaf.impurity for leaf in found) + complexity * len(found)
        assert cost == pytest.approx(least)


def test_each_pair_comes_to_the_leaf_that_the_questions_lead_to():
    some = pairs(300)
    root = grow(some, Growth(depth=4, leaf=3, others_weigh=1.0))
    set_complexities(root)
    found, numbers = leaf_numbers(root, some, 0.0)
    for row, number in zip(some.distances, numbers, strict=True):
        node = root
        while (below := node.below(0.0)) is not None:
            node = below[0] if row[node.column] <= node.at_most else below[1]
        assert node is found[number]
    counts = np.bincount(numbers[some.is_copy], minlength=len(found))
    assert [leaf.copies for leaf in found] == counts.tolist()


def distances(tree, row, names):
    by_name = {
        name: float(value) for name, value in zip(names, row, strict=True) if name != "inliers"
    }
    inliers = int(row[names.index("inliers")]) if "inliers" in names else 0
    alignment = Alignment(inliers, ((0.0,) * 3, (0.0,) * 3), mirrored=False, pairs=())
    return Distances({"pdq": 256.0, **by_name}, {}, alignment=alignment)


def judged(tree, some):
    rule = rule_of("tree:x", tree, ALGORITHMS)
    return np.array(
        [rule.judge(distances(tree, row, some.names), 1).match for row in some.distances]
    )


def test_a_tree_tells_pairs_apart_that_it_has_not_seen():
    trained = train(pairs(3000), Settings(), versions=VERSIONS)
    unseen = pairs(2000, seed=1)
    match = judged(trained.tree, unseen)
    assert (match == unseen.is_copy).mean() > 0.98
    assert trained.recall == pytest.approx(match[unseen.is_copy].mean(), abs=0.03)
    assert set(trained.tree.versions) == {"pdq", "phash"}
    assert trained.tree.notes["cross-validated recall"] == pytest.approx(trained.recall, abs=1e-6)


def test_the_same_pairs_give_the_same_tree_and_a_row_more_or_less_no_crash():
    some = pairs(600, groups=60)
    texts = {tree_text(train(some, Settings(), versions=VERSIONS).tree) for _ in range(2)}
    assert len(texts) == 1


@pytest.mark.parametrize("target", [0.1, 0.01])
def test_a_target_rate_of_false_matches_is_kept_to(target):
    some = pairs(3000)
    trained = train(some, Settings(target_fpr=target), versions=VERSIONS)
    match = judged(trained.tree, some)
    assert match[~some.is_copy].mean() <= target
    assert trained.fpr <= target
    unseen = pairs(4000, seed=2)
    assert judged(trained.tree, unseen)[~unseen.is_copy].mean() < 2 * target
    assert match[some.is_copy].mean() > 0.9


def test_the_least_ratio_is_the_one_that_a_search_finds():
    some = pairs(200, seed=3)
    ratio = np.random.default_rng(0).integers(1, 12, 200).astype(float)
    levels = np.unique(ratio)
    for target in (0.0, 0.05, 0.3, 1.0):
        shares = [(ratio[~some.is_copy] >= level).mean() for level in levels]
        fits = [bool(share <= target + 1e-9) for share in shares]
        least = ratio_at(some, ratio, target)
        assert [bool(level >= least) for level in levels] == fits
        assert least == 0 or np.nextafter(least, 0) in levels


def test_nearer_is_never_less_sure():
    names = ("pdq", "phash", "inliers")
    some = pairs(1500, names=names)
    some.distances[:, 2] = np.random.default_rng(5).integers(0, np.where(some.is_copy, 15, 10))
    # Labels that are wrong where pictures are equal must not make equal pictures clear.
    some.distances[:60] = (0, 0, 40)
    some.is_copy[:60] = False
    tree = train(some, Settings(depth=8, leaf=2), versions=VERSIONS).tree
    rule = rule_of("tree:x", tree, ALGORITHMS)
    rank = [Outcome.CLEAR, Outcome.REVIEW, Outcome.BLOCK]
    random = np.random.default_rng(1)
    for _ in range(3000):
        far = random.integers(0, 140, 3)
        near = (random.integers(0, far[0] + 1), random.integers(0, far[1] + 1), far[2] + 3)
        said = [rule.judge(distances(tree, row, names), 1) for row in (near, far)]
        assert rank.index(said[0].outcome) >= rank.index(said[1].outcome)
        assert said[0].match >= said[1].match
    assert len({split.distance for split in splits(tree.root)}) > 1


def test_pairs_of_one_original_are_left_out_together():
    groups = np.random.default_rng(0).integers(0, 37, 500) * 5
    out = folds(groups)
    assert len(out) == 10
    assert np.array_equal(np.sum(out, axis=0), np.ones(500))
    assert max(map(np.sum, out)) < 2.5 * min(map(np.sum, out))
    for fold in out:
        assert not set(groups[fold]) & set(groups[~fold])
    assert len(folds(np.array([1, 1, 8]))) == 2


def test_what_cannot_be_trained_is_said():
    with pytest.raises(UntrainableError, match="too few"):
        train(pairs(20), Settings(), versions=VERSIONS)
    with pytest.raises(UntrainableError, match="one original"):
        train(pairs(200, groups=1), Settings(), versions=VERSIONS)
    with pytest.raises(UntrainableError, match="depth"):
        train(pairs(200), Settings(depth=17), versions=VERSIONS)
    noise = pairs(400)
    noise.distances[:] = 7
    with pytest.raises(UntrainableError, match="no question"):
        train(noise, Settings(target_fpr=0.0), versions=VERSIONS)


def test_every_tree_that_is_grown_is_reported():
    some = pairs(300, groups=4)
    for settings in (Settings(), Settings(target_fpr=0.1)):
        calls = []
        train(some, settings, versions=VERSIONS, report=lambda calls=calls: calls.append(1))
        assert len(calls) == trees_grown(some, settings)


def test_weights_count_as_so_many_pairs():
    some = pairs(400)
    twice = np.concatenate([np.arange(400), np.flatnonzero(~some.is_copy)])
    repeated = Pairs(
        some.names, some.distances[twice], some.is_copy[twice], np.ones(len(twice)), twice
    )
    weighed = Pairs(
        some.names,
        some.distances,
        some.is_copy,
        np.where(some.is_copy, 1.0, 2.0),
        np.arange(400),
    )
    growth = Growth(depth=3, leaf=1, others_weigh=1.0)
    grown = [grow(one, growth) for one in (repeated, weighed)]
    while grown[0].yes is not None:
        assert (grown[0].column, grown[0].at_most) == (grown[1].column, grown[1].at_most)
        assert grown[0].others == grown[1].others
        grown = [one.yes for one in grown]
    assert grown[1].yes is None


@pytest.mark.parametrize(
    ("low", "high", "number"),
    [(85, 86, 85), (85, 92, 88), (0.12, 0.13, 0.12), (0.0, 1e-9, 0.0), (3, np.inf, 3), (-4, 5, 0)],
)
def test_thresholds_are_short(low, high, number):
    assert short_between(low, high) == pytest.approx(number, abs=0.5 if low < 0 else 1e-3)
    assert low <= short_between(low, high) < high


def test_leaves_count_all_pairs():
    some = pairs(800)
    tree = train(some, Settings(leaf=20), versions=VERSIONS).tree
    found = list(leaves(tree.root))
    assert sum(leaf.copies for leaf in found) == some.is_copy.sum() == tree.copies
    assert all(leaf.copies + leaf.others >= 20 for leaf in found)
