"""Groups of copies against a flood fill over every pair, judged one by one in both directions."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eikona.deciding.rule import Bound, Rule
from eikona.deciding.rules import parse_rule
from eikona.domain.fingerprint import DecodeMode, Fingerprint
from eikona.domain.verdict import Outcome, Verdict
from eikona.hashing.registry import ALGORITHMS
from eikona.services.compare_pictures import distances_between
from eikona.services.group_copies import group_copies
from tests.unit.matching.shortlist.made_features import copy, picture

RULES = (
    "eikona",
    "eikona-hashes",
    "forbild",
    "threshold:pdq=20",
    "threshold:dhash=3",
    "threshold:nmf=0.05",
    "unihasher-tree",
    "majority",
    "both:phash,dhash=90",
)
NAMES = ("pdq", "forbild", "dhash", "phash", "dhash256", "phash256", "whash256", "nmf")
NAMES += ("nmf-unihasher",)


def near(code, flips, generator):
    bits = np.unpackbits(np.frombuffer(code, np.uint8))
    bits[generator.choice(bits.size, min(flips, bits.size), replace=False)] ^= 1
    return np.packbits(bits).tobytes()


def some_fingerprint(seed, flips, quality):
    """A fingerprint of one of few families: ``flips`` bits of each hash off the family's."""
    family = np.random.default_rng(seed)
    own = np.random.default_rng((seed, flips))
    hashes = {name: near(family.bytes(ALGORITHMS[name].bits // 8), flips, own) for name in NAMES}
    poses = [hashes["pdq"], *(family.bytes(32) for _ in range(7))]
    if flips % 3 == 1:  # lies otherwise: only one of its poses is near the family's
        poses[0], poses[5] = poses[5], poses[0]
        hashes["pdq"] = poses[0]
    grey = np.frombuffer(family.bytes(256), np.uint8).astype(int) + own.integers(0, flips + 1, 256)
    return Fingerprint(
        width=10,
        height=10,
        frames=1,
        frame=0,
        quality=quality,
        decode=DecodeMode.EXACT,
        image_format="png",
        hashes=hashes,
        versions=dict.fromkeys(hashes, 1),
        pdq_orientations=tuple(poses),
        forbild_grey=np.clip(grey, 0, 255).astype(np.uint8).tobytes(),
    )


FLAT = replace(
    some_fingerprint(0, 0, 0),
    hashes={name: bytes(ALGORITHMS[name].bits // 8) for name in NAMES},
    pdq_orientations=(bytes(32),) * 8,
    forbild_grey=bytes(256),
)
PICTURES = st.lists(
    st.one_of(
        st.builds(
            some_fingerprint,
            st.integers(0, 2),
            st.sampled_from((0, 1, 2, 5, 9, 14, 25, 40, 55, 60)),
            st.sampled_from((0, 30, 80)),
        ),
        st.just(FLAT),
    ),
    max_size=14,
)


def flood_fill(count, joined):
    """Connected components by the book."""
    groups, left = set(), set(range(count))
    while left:
        group, edge = set(), {left.pop()}
        while edge:
            group |= edge
            edge = {b for a in edge for b in left if joined(*sorted((a, b)))}
            left -= edge
        groups.add(frozenset(group))
    return {group for group in groups if len(group) > 1}


def outcomes(rule, pictures):
    """The stronger outcome of both directions, for every pair."""
    order = [Outcome.CLEAR, Outcome.REVIEW, Outcome.BLOCK]
    found = {}
    for a, b in itertools.combinations(range(len(pictures)), 2):
        both = [
            rule.decide(distances_between(pictures[x], pictures[y]), entries=len(pictures)).outcome
            for x, y in ((a, b), (b, a))
        ]
        found[a, b] = max(both, key=order.index)
    return found


def contents(kinds):
    """What parts numbers by the content of their files."""

    def same_bytes(numbers):
        by_kind = {}
        for number in numbers:
            by_kind.setdefault(kinds[number], []).append(number)
        return by_kind.values()

    return same_bytes


@pytest.mark.parametrize("name", RULES)
@settings(max_examples=40, deadline=None)
@given(pictures=PICTURES, data=st.data())
def test_groups_are_complete_and_nothing_else(name, pictures, data):
    rule = parse_rule(name, ALGORITHMS)
    kinds = data.draw(st.lists(st.integers(0, 2), min_size=len(pictures), max_size=len(pictures)))
    found = group_copies(pictures, rule, same_bytes=contents(kinds))
    outcome = outcomes(rule, pictures)

    def joined(a, b):
        equal = pictures[a] == pictures[b] and kinds[a] == kinds[b]
        return equal or outcome[a, b] is Outcome.BLOCK

    expected = flood_fill(len(pictures), joined)
    assert set(map(frozenset, found.groups)) == expected
    assert list(found.groups) == sorted(tuple(sorted(group)) for group in expected)

    group_of = {number: group for group in expected for number in group}
    apart = {
        frozenset((group_of.get(a, a), group_of.get(b, b)))
        for (a, b), said in outcome.items()
        if said is Outcome.REVIEW and group_of.get(a, a) != group_of.get(b, b)
    }
    similar = [
        frozenset((group_of.get(pair.first, pair.first), group_of.get(pair.second, pair.second)))
        for pair in found.similar
    ]
    assert len(similar) == len(set(similar))
    # Equal plain pictures stand beside one of them, not all beside each other.
    assert set(similar) <= apart
    assert frozenset().union(*similar) == frozenset().union(*apart)
    for pair in found.similar:
        assert pair.verdict.outcome is Outcome.REVIEW
    for number, others in found.links.items():
        assert all(joined(*sorted((number, other))) for other in others)


@pytest.mark.parametrize("name", RULES)
@settings(max_examples=20, deadline=None)
@given(pictures=PICTURES, shuffle=st.randoms(use_true_random=False))
def test_the_order_of_pictures_does_not_matter(name, pictures, shuffle):
    rule = parse_rule(name, ALGORITHMS)
    order = list(range(len(pictures)))
    shuffle.shuffle(order)
    one = group_copies(pictures, rule, same_bytes=contents(order))
    other = group_copies([pictures[n] for n in order], rule, same_bytes=contents(order))
    moved = {frozenset(order[n] for n in group) for group in other.groups}
    assert moved == set(map(frozenset, one.groups))
    assert len(other.similar) == len(one.similar)


@pytest.mark.parametrize("name", ["eikona", "eikona-hashes"])
@pytest.mark.parametrize("flips", [45, 50, 55])
def test_hashes_count_that_a_rule_reads_and_does_not_need(name, flips):
    """PDQ alone would leave these to a person; PDQ and dHash together tell."""
    rule = parse_rule(name, ALGORITHMS)
    pictures = [some_fingerprint(1, 0, 90), some_fingerprint(1, flips, 90)]
    assert outcomes(rule, pictures) == {(0, 1): Outcome.BLOCK}
    assert group_copies(pictures, rule, same_bytes=contents(range(2))).groups == ((0, 1),)


def test_files_are_read_only_where_looks_do_not_decide():
    asked = []

    def same_bytes(numbers):
        asked.append(list(numbers))
        return [numbers]

    rule = parse_rule("eikona", ALGORITHMS)
    rich = some_fingerprint(1, 0, 90)
    found = group_copies([rich, FLAT, rich, FLAT, FLAT], rule, same_bytes=same_bytes)
    assert asked == [[1, 3, 4]]
    assert found.groups == ((0, 2), (1, 3, 4))


@pytest.mark.parametrize("order", [(0, 0, 1), (0, 1, 0), (1, 0, 0), (0, 1, 1), (1, 1, 0)])
def test_no_rule_need_take_equal_pictures_for_copies(order):
    """Equal ones are joined by what both are copies of, were it only that."""

    def judge(distances, _entries):
        outcome = Outcome.BLOCK if distances.by_name["dhash"] else Outcome.CLEAR
        return Verdict(outcome, outcome is Outcome.BLOCK, "odd", "not equal")

    rule = Rule("odd", ("dhash",), (Bound("dhash", 64),), judge)
    pictures = [some_fingerprint(1, flips, 90) for flips in (0, 5)]
    found = group_copies([pictures[which] for which in order], rule, same_bytes=contents(range(3)))
    assert found.groups == ((0, 1, 2),)


def test_nothing_and_one_picture_have_no_copies():
    rule = parse_rule("eikona", ALGORITHMS)
    for pictures in ([], [FLAT]):
        found = group_copies(pictures, rule, same_bytes=contents([0]))
        assert (found.groups, found.similar) == ((), ())


def test_more_pictures_than_are_looked_for_at_once():
    """Copies that lie in different rounds of the search."""
    rule = parse_rule("eikona", ALGORITHMS)
    pictures = [some_fingerprint(number % 150, number // 150, 90) for number in range(450)]
    found = group_copies(pictures, rule, same_bytes=contents(range(450)))
    assert found.groups == tuple((n, n + 150, n + 300) for n in range(150))


# parts of pictures


def with_parts(order):
    """Return wholes, parts of them and others, all of different hashes, in some order."""
    prints = []
    for seed in range(8):
        whole = picture(seed, count=120)
        for part, other in ((1.0, None), (0.5, picture(50 + seed, count=60))):
            features = replace(copy(whole, seed, part=part, other=other), margins=b"")
            number = 100 + len(prints)
            prints.append(replace(some_fingerprint(number, 0, 90), local_features=features))
    lonely = replace(some_fingerprint(7, 0, 90), local_features=picture(99, count=120))
    prints += [some_fingerprint(8, 0, 90), lonely]
    return [prints[number] for number in order], {
        frozenset(order.index(2 * seed + which) for which in (0, 1)) for seed in range(8)
    }


@pytest.mark.parametrize("seed", range(3))
def test_parts_join_their_wholes_in_any_order(seed):
    order = np.random.default_rng(seed).permutation(18).tolist()
    prints, expected = with_parts(order)
    rule = parse_rule("eikona", ALGORITHMS)
    grouping = group_copies(prints, rule, same_bytes=lambda numbers: [[n] for n in numbers])
    assert {frozenset(group) for group in grouping.groups} == expected
    hashes = parse_rule("eikona-hashes", ALGORITHMS)
    grouping = group_copies(prints, hashes, same_bytes=lambda numbers: [[n] for n in numbers])
    assert grouping.groups == ()
