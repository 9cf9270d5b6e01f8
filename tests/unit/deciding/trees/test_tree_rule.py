"""Trees as rules: what they say, what they need, and that their balls hold every match."""

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eikona.deciding.rules import parse_rule
from eikona.deciding.trees.bounds import bounds_of, farthest, scans_all
from eikona.deciding.trees.confidence import confidence, lower_share, upper_share
from eikona.deciding.trees.tree import INLIERS, Leaf, Split, Tree, depth, leaves, splits, value_of
from eikona.deciding.trees.tree_file import MOST_BYTES, parse_tree, tree_text
from eikona.deciding.trees.tree_rule import rule_of
from eikona.domain.alignment import Alignment
from eikona.domain.errors import IncomparableError, InvalidTreeError, UnknownRuleError
from eikona.domain.verdict import Distances, Outcome
from eikona.hashing.registry import ALGORITHMS

BLOCK, REVIEW, CLEAR = Outcome.BLOCK, Outcome.REVIEW, Outcome.CLEAR
FLAT = ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))


def tree(root, prior=0.5):
    found = list(leaves(root))
    return Tree(
        root=root,
        prior=prior,
        copies=sum(leaf.copies for leaf in found),
        others=sum(leaf.others for leaf in found),
        versions={name: row.id.version for name, row in ALGORITHMS.items()},
        notes={"made with": "a test", "folds": 10, "recall": 0.5},
    )


def pair(inliers=None, quality=100, **by_name):
    alignment = None if inliers is None else Alignment(inliers, FLAT, mirrored=False, pairs=())
    by_name = {name.replace("_", "-"): distance for name, distance in by_name.items()}
    similarity = dict.fromkeys(by_name, 0.0)
    return Distances(by_name, similarity, quality=quality, alignment=alignment)


SMALL = tree(
    Split(
        "dhash256",
        85,
        Leaf(BLOCK, True, 900, 5),
        Split("phash256", 70, Leaf(REVIEW, True, 80, 20), Leaf(CLEAR, False, 20, 975)),
    )
)


def test_each_pair_gets_the_outcome_of_its_leaf_and_what_speaks_for_it():
    rule = rule_of("tree:small", SMALL, ALGORITHMS)
    assert rule.needs == ("dhash256", "phash256")
    said = rule.decide(pair(dhash256=85, phash256=200), entries=1000)
    assert (said.outcome, said.match) == (BLOCK, True)
    assert said.reason.startswith("dhash256 is at most 85; 98")
    assert said.confidence == pytest.approx(SMALL.least(SMALL.root.yes))
    assert 0.97 < said.confidence < 900 / 905
    said_less = rule.decide(pair(dhash256=86, phash256=70), entries=1000)
    assert (said_less.outcome, said_less.match) == (REVIEW, True)
    assert said_less.reason.startswith("dhash256 is more than 85, phash256 is at most 70; ")
    # 5 of 1000 others are as sure as a block, 25 of them as sure as that or as a review.
    assert said.expected_false_matches == pytest.approx(1000 * upper_share(5, 1000))
    assert said_less.expected_false_matches == pytest.approx(1000 * upper_share(25, 1000))
    clear = rule.decide(pair(dhash256=86, phash256=71))
    assert (clear.outcome, clear.match, clear.confidence) == (CLEAR, False, None)
    assert clear.evidence == {"dhash256": 86, "phash256": 71}


def test_too_plain_pictures_are_left_to_a_person():
    said = rule_of("tree:small", SMALL, ALGORITHMS).decide(pair(dhash256=0, phash256=0, quality=0))
    assert (said.outcome, said.match) == (REVIEW, False)
    assert said.expected_false_matches is None
    assert "too plain" in said.reason


def test_a_hash_that_is_missing_is_named():
    with pytest.raises(IncomparableError, match="needs phash256"):
        rule_of("tree:small", SMALL, ALGORITHMS).decide(pair(dhash256=0))


def test_hashes_of_another_version_or_none_are_refused():
    older = Tree(SMALL.root, 0.5, 1000, 1000, {"dhash256": 1, "phash256": 7}, {})
    with pytest.raises(InvalidTreeError, match="trained on version 7 of phash256"):
        rule_of("tree:x", older, ALGORITHMS)
    unknown = tree(Split("dhash-256", 3, Leaf(BLOCK, True, 1, 0), Leaf(CLEAR, False, 0, 1)))
    with pytest.raises(InvalidTreeError, match='"dhash-256", which is no distance'):
        rule_of("tree:x", unknown, ALGORITHMS)


def test_inliers_are_read_and_are_none_where_there_are_no_local_features():
    rule = rule_of(
        "tree:x",
        tree(
            Split(
                INLIERS,
                5,
                Split("pdq", 31, Leaf(BLOCK, True, 5, 0), Leaf(CLEAR, False, 1, 9)),
                Leaf(BLOCK, True, 9, 1),
            )
        ),
        ALGORITHMS,
    )
    assert rule.aligns
    assert rule.needs == ("pdq",)
    assert [(bound.algorithm, bound.distance) for bound in rule.bounds] == [("pdq", 31)]
    assert rule.decide(pair(inliers=6, pdq=120)).outcome is BLOCK
    assert rule.decide(pair(inliers=5, pdq=120)).outcome is CLEAR
    assert rule.decide(pair(pdq=120)).outcome is CLEAR
    assert rule.decide(pair(pdq=31)).outcome is BLOCK


def test_a_tree_of_inliers_alone_needs_no_ball_that_holds_all():
    rule = rule_of(
        "tree:x",
        tree(Split(INLIERS, 5, Leaf(CLEAR, False, 1, 9), Leaf(BLOCK, True, 9, 1))),
        ALGORITHMS,
    )
    assert rule.needs == ("pdq",)
    assert [(bound.algorithm, bound.distance) for bound in rule.bounds] == [("pdq", 0)]
    assert not rule.scans_all


def test_a_weighted_distance_that_is_missing_is_as_far_as_can_be():
    rule = rule_of(
        "tree:x",
        tree(Split("forbild-weighted", 16, Leaf(BLOCK, True, 9, 1), Leaf(CLEAR, False, 1, 9))),
        ALGORITHMS,
    )
    assert rule.needs == ("forbild",)
    assert rule.decide(pair(forbild=3, forbild_weighted=16)).outcome is BLOCK
    assert rule.decide(pair(forbild=3)).outcome is CLEAR


@pytest.mark.parametrize(
    ("root", "bounds", "everything"),
    [
        (SMALL.root, {"dhash256": 85, "phash256": 70}, False),
        # The narrower of two bounds on one way holds all its pairs.
        (
            Split(
                "phash256",
                120,
                Split("dhash256", 60, Leaf(BLOCK, True, 9, 0), Leaf(CLEAR, False, 0, 5)),
                Leaf(CLEAR, False, 1, 5),
            ),
            {"dhash256": 60},
            False,
        ),
        # One ball holds both matches, so one hash is read.
        (
            Split(
                "phash256",
                60,
                Split("dhash256", 55, Leaf(BLOCK, True, 9, 0), Leaf(REVIEW, True, 5, 5)),
                Leaf(CLEAR, False, 1, 5),
            ),
            {"phash256": 60},
            False,
        ),
        # Far apart is taken for a copy: no ball holds that.
        (Split("pdq", 90, Leaf(CLEAR, False, 1, 9), Leaf(REVIEW, True, 5, 4)), {"pdq": 256}, True),
        (Split("nmf", 0.2, Leaf(BLOCK, True, 9, 1), Leaf(CLEAR, False, 1, 9)), {"nmf": 0.2}, False),
        (Split("nmf", 0.2, Leaf(CLEAR, False, 9, 1), Leaf(REVIEW, True, 1, 9)), {"nmf": 2.0}, True),
    ],
)
def test_bounds_of_some_trees(root, bounds, everything):
    found = bounds_of(tree(root), ALGORITHMS, next(splits(root)).distance)
    assert {bound.algorithm: bound.distance for bound in found} == bounds
    assert scans_all(found, ALGORITHMS) is everything


NAMES = ("pdq", "dhash256", "phash", "ahash")


def nodes(level=0):
    kinds = [(BLOCK, True), (REVIEW, True), (REVIEW, False), (CLEAR, False)]
    counts = st.tuples(st.integers(1, 9), st.integers(1, 9))
    leaf = st.builds(lambda kind, count: Leaf(*kind, *count), st.sampled_from(kinds), counts)
    if level == 4:
        return leaf
    below = nodes(level + 1)
    split = st.builds(
        Split,
        st.sampled_from(NAMES),
        st.integers(0, 2).map(float),
        below,
        below,
    )
    return split if level == 0 else leaf | split


@settings(max_examples=150, deadline=None)
@given(root=nodes())
def test_every_pair_that_is_not_clear_lies_within_a_ball(root):
    """Against each pair there can be, where distances are one of four."""
    rule = rule_of("tree:x", tree(root), ALGORITHMS)
    used = [name for name in NAMES if name in rule.needs]
    for values in itertools.product(range(4), repeat=len(used)):
        distances = pair(**{name: float(value) for name, value in zip(used, values, strict=True)})
        if rule.judge(distances, 1).outcome is not CLEAR:
            assert any(
                distances.by_name[bound.algorithm] <= bound.distance for bound in rule.bounds
            )


@given(root=nodes())
def test_a_tree_is_read_as_it_was_written(root):
    made = tree(root)
    assert parse_tree(tree_text(made).encode()) == made


def test_the_file_is_found_by_the_rule(tmp_path):
    path = tmp_path / "a tree=1.json"
    path.write_text(tree_text(SMALL))
    rule = parse_rule(f"tree:{path}", ALGORITHMS)
    assert rule.name == f"tree:{path}"
    assert rule.decide(pair(dhash256=1, phash256=200)).outcome is BLOCK


def test_what_is_no_file_is_said(tmp_path):
    for path in (tmp_path / "none", tmp_path, "", "a\0b", "/dev/null"):
        with pytest.raises(UnknownRuleError, match="no tree can be read from"):
            parse_rule(f"tree:{path}", ALGORITHMS)


def changed(**fields):
    return {**json.loads(tree_text(SMALL)), **fields}


def deep(levels):
    node = {"outcome": "clear", "match": False, "copies": 0, "others": 0}
    for _ in range(levels):
        node = {"distance": "pdq", "at_most": 1, "yes": node, "no": dict(SMALL_LEAF)}
    return node


SMALL_LEAF = {"outcome": "clear", "match": False, "copies": 0, "others": 0}


@pytest.mark.parametrize(
    ("damaged", "reason"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[" * 100_000, "no JSON|nested too deeply"),
        (b'{"a": ' * 100_000, "no JSON|nested too deeply"),
        (b"[]", "something else stands"),
        (b'{"format": "eikona tree", "format": "eikona tree"}', "stands twice"),
        (b'{"format": NaN}', "NaN is no number"),
        (b'{"format": 1' + b"0" * 5000 + b"}", "no JSON"),
        (json.dumps(changed(format="tree")), 'does not say "format"'),
        (json.dumps(changed(version=2)), "is of version 2"),
        (json.dumps(changed(version="x" * 10**5)), "is of version"),
        (json.dumps(changed(more=1)), "exactly"),
        (json.dumps(changed(prior=1)), "do not add up"),
        (json.dumps(changed(prior=True)), "prior is no number"),
        (json.dumps(changed(copies=999)), "do not add up"),
        (json.dumps(changed(copies=1.5)), "copies is no whole number"),
        (json.dumps(changed(others=10**400)), "no number from"),
        (json.dumps(changed(copies=1e999)).replace("Infinity", "1e999"), "no number from"),
        (json.dumps(changed(hashes={"pdq": -1})), "no number from"),
        (json.dumps(changed(hashes=[])), "something else stands"),
        (json.dumps(changed(notes={"a": "x" * 501})), "note"),
        (json.dumps(changed(notes={"a": [1]})), "note"),
        (json.dumps(changed(notes={"a": "\x1b[2J"})), "note"),
        (json.dumps(changed(notes={str(n): n for n in range(33)})), "more than 32 notes"),
        (json.dumps(changed(tree=SMALL_LEAF)), "asks no question"),
        (json.dumps(changed(tree={**SMALL_LEAF, "outcome": "burn"})), "outcome"),
        (json.dumps(changed(tree={**SMALL_LEAF, "pdq": 1})), "exactly"),
        (json.dumps(changed(tree={**SMALL_LEAF, "match": True})), "not rightly"),
        (json.dumps(changed(tree={**SMALL_LEAF, "match": 0})), "not rightly"),
        (json.dumps(changed(tree={**SMALL_LEAF, "outcome": "block"})), "not rightly"),
        (json.dumps(changed(tree={"distance": "pdq"})), "exactly"),
        (json.dumps(changed(tree={**deep(1), "distance": "\n"})), "name of letters"),
        (json.dumps(changed(tree={**deep(1), "at_most": "1"})), "at_most is no number"),
        (json.dumps(changed(tree={**deep(1), "at_most": 1e300})), "at_most is no number"),
        (json.dumps(changed(tree=deep(17))), "deeper than 16"),
    ],
)
def test_a_damaged_or_hostile_file_is_refused_by_name(damaged, reason):
    data = damaged if isinstance(damaged, bytes) else damaged.encode()
    with pytest.raises(InvalidTreeError, match=f"found.json is no tree of Eikona: .*({reason})"):
        parse_tree(data, "found.json")


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(InvalidTreeError, match="more than 1,048,576 bytes"):
        parse_rule(f"tree:{path}", ALGORITHMS)


def test_too_many_answers_or_distances_are_refused():
    def full(level):
        if not level:
            return {"outcome": "clear", "match": False, "copies": 1, "others": 1}
        return {"distance": "pdq", "at_most": 1, "yes": full(level - 1), "no": full(level - 1)}

    whole = json.dumps(changed(tree=full(11), copies=2**11, others=2**11))
    with pytest.raises(InvalidTreeError, match="more than 1024 answers"):
        parse_tree(whole.encode())
    assert (
        depth(
            parse_tree(json.dumps(changed(tree=full(10), copies=2**10, others=2**10)).encode()).root
        )
        == 10
    )


def test_intervals_hold_the_share_that_counts_came_from():
    """Wilson's interval holds the truth about as often as it says: 95 % of 4,000 draws each."""
    random = np.random.default_rng(0)
    for share in (0.002, 0.05, 0.5, 0.93):
        drawn = random.binomial(1000, share, 4000)
        held = np.mean(
            [lower_share(int(k), 1000) <= share <= upper_share(int(k), 1000) for k in drawn]
        )
        assert 0.92 < held < 0.985
    assert (lower_share(0, 50), upper_share(50, 50)) == (0, 1)
    assert upper_share(0, 1000) > 3 / 1000  # the rule of three
    assert (lower_share(0, 0), upper_share(0, 0)) == (0, 1)


def test_confidence_follows_counts_and_prior():
    sure = confidence((900, 1000), (0, 1000), prior=0.5)
    assert 0.99 < sure < 1
    assert confidence((90, 100), (0, 100), prior=0.5) < sure  # fewer were seen
    assert confidence((900, 1000), (0, 1000), prior=0.001) < 0.2 * sure  # copies are rare
    assert confidence((0, 1000), (5, 1000), prior=0.5) == 0


def test_a_distance_is_never_read_where_no_question_asks_for_it():
    assert math.isinf(value_of(pair(pdq=1), "forbild-weighted"))
    assert value_of(pair(pdq=1), INLIERS) == 0
    assert farthest(ALGORITHMS["nmf"]) == 2
