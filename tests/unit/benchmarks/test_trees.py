"""The benchmark of trained trees: whole columns against one pair at a time, and its tables."""

import numpy as np
import pytest

from benchmarks.robustness.hashing import hash_photos
from benchmarks.robustness.photos import draw_photos, find_photos
from benchmarks.robustness.store import Store
from benchmarks.trees import attacked, published, tables
from benchmarks.trees.columns import POSTER, columns_of, halves_of, matches, poster_tree
from benchmarks.trees.strengths import UNSEEN, unseen
from eikona.deciding.rules import parse_rule
from eikona.deciding.trees.training import Settings, train
from eikona.domain.verdict import Distances
from eikona.hashing.registry import ALGORITHMS
from eikona.imaging.alterations.catalogue import ATTACKS


@pytest.fixture(scope="module")
def pairs():
    whole = published.read()
    return whole.part(np.arange(len(whole.is_copy)) % 20 == 0)


def test_columns_are_judged_as_pairs_are(pairs):
    tree = train(pairs, Settings(), versions=published._VERSIONS).tree
    poster = parse_rule("unihasher-tree", ALGORITHMS)
    found, theirs = matches(tree, columns_of(pairs)), poster_tree(columns_of(pairs))
    assert 0 < found.sum() < len(found)
    for row, ours, posters in zip(pairs.distances, found, theirs, strict=True):
        distances = Distances(dict(zip(POSTER, map(float, row), strict=True)), {})
        assert tree.leaf(distances)[0].match == ours
        assert poster.judge(distances, 1).match == posters


def test_halves_keep_people_together_and_are_halves(pairs):
    first = halves_of(pairs.groups)
    assert not set(pairs.groups[first]) & set(pairs.groups[~first])
    assert 0.4 < first.mean() < 0.6


def test_the_published_table_is_whole_and_people_repeat():
    whole = published.read()
    assert len(whole.is_copy) == 10_000
    assert whole.is_copy.sum() == 19 * 249
    assert np.bincount(whole.groups)[:249].tolist() == [19] * 249


def test_strengths_are_others_than_those_that_rules_were_tuned_at():
    for attack in unseen():
        assert attack.strength != ATTACKS[attack.name].strength
        assert attack.key != ATTACKS[attack.name].key
    left_out = set(ATTACKS) - set(UNSEEN)
    assert left_out == {"mirror", "flip", "rotate-90", "rotate-180"}


def test_a_threshold_is_the_farthest_that_keeps_to_its_rate():
    distances, others = np.array([5.0, 1, 3, 3, 2, 9]), np.array([1.0, 0, 1, 2, 0, 6])
    for rate, bound in ((0.0, 2), (0.29, 2), (0.3, 3), (0.4, 5), (1.0, 9)):
        assert attacked._threshold(distances, others, rate) == bound
    assert attacked._threshold(distances[2:4], others[2:4], 0.1) == -1


def test_training_pairs_stand_for_all_pairs_and_judging_counts_them(tmp_path):
    draw_photos(tmp_path / "photos", 6)
    photos, store = find_photos(tmp_path / "photos"), Store(tmp_path / "codes")
    attacks = [ATTACKS["dark"], ATTACKS["resize-64"]]
    hash_photos(photos, attacks, ("eikona",), store, jobs=1, report=lambda *_: None)
    made = attacked._training(photos, attacks, store)
    usable = [mask for _, mask in attacked._grids(photos, attacks, store)]
    assert 8 < made.is_copy.sum() == sum(np.trace(mask) for mask in usable) <= 12
    assert made.weights.sum() == np.sum(usable)  # so few are all kept
    (counts,) = attacked._judged([lambda columns: columns["pdq"] <= 60], photos, attacks, store)
    near = made.distances[:, made.names.index("pdq")] <= 60
    assert counts["pairs"] == 60
    assert counts["recall"] == pytest.approx(near[made.is_copy].sum() / 12, abs=1e-5)
    assert counts["false"] == near[~made.is_copy].sum()


def test_tables_show_what_rows_hold():
    facts = {"tp": 8, "fp": 1, "tn": 9, "fn": 2, "family": "trees"}
    rows = [
        {"set": "trees-published-whole", "what": "majority", "place": 0, **facts},
        {"set": "trees-published-whole", "what": "trained", "place": 1, **facts},
        {"set": "trees-published-mended", "what": "majority", "place": 0, **facts},
    ]
    text = tables.published(rows)
    assert "| majority | 85.00 % | 84.21 % | 80.00 % | 10.00 % | 85.00 % |" in text
    assert "| **trained** | 85.00 % | 84.21 % | 80.00 % | 10.00 % |  |  |  |" in text
    scores = {"recall": 0.6, "worst": 0.1, "false": 3, "pairs": 10**6, "unseen_recall": 0.5}
    row = {"set": "trees-attacks", "what": "PDQ×8", "place": 0, "target": 1e-5, **scores}
    text = tables.attacks([row])
    assert "| PDQ×8 | ≤ 1.0e-5 | 60.0 % | 10.0 % | 3.0e-6 | 50.0 % |" in text
    assert not tables.attacks([])
    assert not tables.published([])
