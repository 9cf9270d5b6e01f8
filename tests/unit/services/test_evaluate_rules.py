"""Scores against the published figures of the Unihasher project and against numbers by hand."""

from pathlib import Path

import pytest

from eikona.adapters.distance_csv import open_table
from eikona.deciding.rules import EVERY_RULE, parse_rule
from eikona.domain.verdict import Distances
from eikona.hashing.registry import ALGORITHMS
from eikona.services.evaluate_rules import LabelledPair, Scores, evaluate

PUBLISHED = Path(__file__).parents[3] / "vectors" / "unihasher_pairs.csv"


@pytest.fixture(scope="module")
def scores():
    names = [name for name in EVERY_RULE if name not in {"eikona", "eikona-hashes", "forbild"}]
    rules = [parse_rule(name, ALGORITHMS) for name in names]
    with PUBLISHED.open("rb") as file, open_table(file) as table:
        pairs = table.pairs(("dhash256", "phash256", "whash256", "nmf-unihasher"))
        return dict(zip(names, evaluate(rules, pairs), strict=True))


@pytest.mark.parametrize(
    ("rule", "counts"),
    [
        ("unihasher-tree", (4295, 370, 4899, 436)),
        ("threshold:dhash256=0.334", (3789, 388, 4881, 942)),
        ("threshold:phash256=0.348", (3743, 232, 5037, 988)),
        ("threshold:whash256=0.191", (3891, 690, 4579, 840)),
        ("threshold:nmf-unihasher=0.048", (2429, 242, 5027, 2302)),
    ],
)
def test_each_rule_counts_what_unihasher_counts(scores, rule, counts):
    """By Unihasher 0.1.3's ``test_decision_tree_comp`` and ``single_hash_comp`` on its table."""
    assert scores[rule].counts == counts


def test_the_tree_has_its_published_accuracy_and_f1(scores):
    """91.94 % and 91.42 %."""
    tree = scores["unihasher-tree"]
    assert round(100 * tree.accuracy, 2) == 91.94
    assert round(100 * tree.f1, 2) == 91.42


def test_majority_differs_from_unihashers_in_ties_only(scores):
    """Unihasher's ``majority_hash_comp`` counts 3749, 223, 5046, 982: ties are never matches."""
    assert scores["majority"].counts == (3749 + 36, 223 + 44, 5046 - 44, 982 - 36)


def test_fractions_worked_by_hand():
    scores = Scores(tp=6, fp=2, tn=8, fn=4)
    assert scores.accuracy == pytest.approx(14 / 20)
    assert scores.precision == pytest.approx(0.75)
    assert scores.recall == pytest.approx(0.6)
    assert scores.f1 == pytest.approx(2 * 0.75 * 0.6 / (0.75 + 0.6))
    assert scores.fpr == pytest.approx(0.2)


def test_fractions_of_nothing_are_unknown():
    none = Scores(tp=0, fp=0, tn=3, fn=0)
    assert (none.precision, none.recall, none.f1) == (None, None, None)
    assert none.accuracy == 1
    assert Scores(tp=1, fp=0, tn=0, fn=0).fpr is None
    assert Scores(tp=0, fp=0, tn=0, fn=0).accuracy is None


def test_pictures_too_plain_are_no_matches():
    rule = parse_rule("threshold:pdq=31", ALGORITHMS)
    pairs = [LabelledPair(Distances({"pdq": 0}, {}, quality=q), is_copy=True) for q in (49, 50)]
    (scores,) = evaluate([rule], pairs)
    assert scores.counts == (1, 0, 0, 1)
