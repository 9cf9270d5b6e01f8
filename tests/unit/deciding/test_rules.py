"""Rules at their bounds."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eikona.deciding.rules import parse_rule
from eikona.domain.errors import IncomparableError, UnknownRuleError
from eikona.domain.fingerprint import Comparison
from eikona.domain.verdict import Distances, Outcome
from eikona.hashing.registry import ALGORITHMS


def judge(rule, quality=100, **distances):
    by_name = {name.replace("_", "-"): value for name, value in distances.items()}
    similarity = {
        name: 100 * max(0, 1 - value)
        if ALGORITHMS[name].comparison is Comparison.CORRELATION
        else 100 * (1 - value / ALGORITHMS[name].bits)
        for name, value in by_name.items()
        if name in ALGORITHMS
    }
    return parse_rule(rule, ALGORITHMS).decide(Distances(by_name, similarity, quality=quality))


@pytest.mark.parametrize(("distance", "match"), [(10, True), (10.5, False)])
def test_threshold_includes_its_bound(distance, match):
    verdict = judge("threshold:phash=10", phash=distance)
    assert verdict.match is match
    assert verdict.outcome is (Outcome.BLOCK if match else Outcome.CLEAR)


def test_threshold_on_pdq_asks_for_quality_and_others_only_for_structure():
    assert judge("threshold:pdq=31", quality=49, pdq=0).outcome is Outcome.REVIEW
    assert judge("threshold:phash=10", quality=49, phash=0).outcome is Outcome.BLOCK
    assert judge("threshold:phash=10", quality=0, phash=0).outcome is Outcome.REVIEW


@pytest.mark.parametrize(
    ("hamming", "weighted", "outcome"),
    [
        (8, 900.0, Outcome.BLOCK),
        (9, 16.0, Outcome.BLOCK),
        (9, 16.1, Outcome.CLEAR),
        (100, 3.0, Outcome.BLOCK),
    ],
)
def test_forbild_looks_twice(hamming, weighted, outcome):
    assert judge("forbild", forbild=hamming, forbild_weighted=weighted).outcome is outcome


def test_forbild_without_grey_values_looks_once():
    assert judge("forbild", forbild=9).outcome is Outcome.CLEAR
    assert judge("forbild", forbild=8).outcome is Outcome.BLOCK


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pdq",
        "Eikona",
        "threshold",
        "threshold:",
        "threshold:pdq",
        "threshold:pdq=",
        "threshold:md5=3",
        "threshold:pdq=many",
        "threshold:pdq=-1",
        "threshold:pdq=nan",
        "threshold:pdq=257",
        "threshold:nmf=2.5",
        "eikona:1",
        "both",
        "both:phash=80",
        "both:phash,phash=80",
        "both:phash,md5=80",
        "both:phash,dhash",
        "both:phash,dhash=101",
        "both:phash,dhash=-1",
        "both:phash,dhash=nan",
        "majority:3",
        "unihasher",
    ],
)
def test_rules_that_do_not_parse_say_what_would(text):
    with pytest.raises(UnknownRuleError, match=r"threshold:|both:"):
        parse_rule(text, ALGORITHMS)


def test_a_rule_names_the_hash_that_is_missing():
    with pytest.raises(IncomparableError, match="phash"):
        judge("threshold:phash=10", pdq=1)


def test_a_near_miss_of_a_name_is_guessed():
    with pytest.raises(UnknownRuleError, match="did you mean 'unihasher-tree'"):
        parse_rule("unihasher_tree", ALGORITHMS)
    for text in ("threshold:dhsh=3", "both:pdq,dhsh=80"):
        with pytest.raises(
            UnknownRuleError, match="no hash is called 'dhsh', did you mean 'dhash'"
        ):
            parse_rule(text, ALGORITHMS)


@pytest.mark.parametrize(
    ("text", "bits"),
    [("threshold:pdq=0.5", 128), ("threshold:dhash=0.334", 21.376), ("threshold:dhash=1", 1)],
)
def test_a_threshold_below_one_is_a_fraction_of_the_bits(text, bits):
    assert parse_rule(text, ALGORITHMS).bounds[0].distance == pytest.approx(bits)


def test_a_threshold_on_a_correlation_is_no_fraction():
    assert judge("threshold:nmf=0.1", nmf=0.1).match
    assert not judge("threshold:nmf=0.1", nmf=0.11).match


@pytest.mark.parametrize(
    ("phash", "dhash", "match"), [(12, 12, True), (13, 0, False), (0, 13, False)]
)
def test_both_asks_for_both(phash, dhash, match):
    """12 of 64 bits: 100 * (1 - 12 / 64) = 81.25 %."""
    assert judge("both:phash,dhash=81.25", phash=phash, dhash=dhash).match is match


def test_both_takes_more_than_two_and_correlations():
    assert judge("both:phash,nmf,pdq=90", phash=6, nmf=0.1, pdq=25).match
    assert not judge("both:phash,nmf,pdq=90", phash=6, nmf=0.11, pdq=25).match
    assert not judge("both:phash,nmf,pdq=90", phash=6, nmf=0.1, pdq=26).match


def test_both_refuses_pictures_too_plain():
    assert judge("both:phash,dhash=80", quality=0, phash=0, dhash=0).outcome is Outcome.REVIEW
    assert judge("both:phash,pdq=80", quality=49, phash=0, pdq=0).outcome is Outcome.REVIEW


def four(dhash, phash, whash, correlation, quality=100):
    """Distances as the poster's table has them: fractions of 256 bits and a correlation."""
    names = ("dhash256", "phash256", "whash256")
    bits = {n: value * 256 for n, value in zip(names, (dhash, phash, whash), strict=True)}
    return Distances({**bits, "nmf-unihasher": 1 - correlation}, {}, quality=quality)


@pytest.mark.parametrize(
    ("distances", "match"),
    [
        (four(0.3, 0.3, 0.1, 0.99), True),
        (four(0.3, 0.3, 0.1, 0), True),
        (four(0.4, 0.3, 0.1, 0.99), True),
        (four(0.3, 0.4, 0.2, 0.99), True),  # a tie, with dhash
        (four(0.4, 0.3, 0.1, 0), False),  # a tie, without dhash
        (four(0.3, 0.4, 0.2, 0), False),
        (four(0.4, 0.4, 0.2, 0), False),
        (four(0.334, 0.348, 0.191, 0), True),
    ],
)
def test_majority_is_more_than_two_and_dhash_breaks_ties(distances, match):
    assert parse_rule("majority", ALGORITHMS).decide(distances).match is match


def published_tree(dhash, phash, whash, nmf):
    """The published tree, node by node, as its authors wrote it down."""
    tree = (
        (dhash <= 0.334, 1, 3),
        (whash <= 0.277, True, 2),
        (nmf <= 0.829, False, True),
        (nmf <= 0.976, 4, True),
        (phash <= 0.347, True, False),
    )
    at = 0
    while not isinstance(at, bool):
        condition, if_true, if_false = tree[at]
        at = if_true if condition else if_false
    return at


bits = st.integers(0, 256).map(lambda count: count / 256)


@given(dhash=bits, phash=bits, whash=bits, nmf=st.floats(-1, 1) | st.floats(0.8, 1))
def test_the_tree_is_the_published_one(dhash, phash, whash, nmf):
    nmf = 1 - (1 - nmf)  # a distance does not hold every last bit of a correlation
    verdict = parse_rule("unihasher-tree", ALGORITHMS).decide(four(dhash, phash, whash, nmf))
    assert verdict.match is published_tree(dhash, phash, whash, nmf)


@pytest.mark.parametrize("rule", ["majority", "unihasher-tree"])
def test_rules_of_four_hashes_refuse_flat_pictures(rule):
    verdict = parse_rule(rule, ALGORITHMS).decide(four(0, 0, 0, 1, quality=0))
    assert (verdict.outcome, verdict.match) == (Outcome.REVIEW, False)


RULES = (
    "eikona",
    "eikona-hashes",
    "forbild",
    "majority",
    "unihasher-tree",
    "threshold:pdq=31",
    "threshold:phash=0.3",
    "threshold:nmf=0.2",
    "both:phash,dhash=70",
    "both:nmf,nmf-unihasher=0",
    "both:phash,nmf=60",
)


@st.composite
def any_distances(draw):
    by_name, similarity = {}, {}
    for name, row in ALGORITHMS.items():
        if row.comparison is Comparison.CORRELATION:
            by_name[name] = draw(st.floats(0, 2) | st.floats(0, 0.1))
            similarity[name] = 100 * max(0.0, 1 - by_name[name])
        else:
            by_name[name] = draw(st.integers(0, row.bits))
            similarity[name] = 100 * (1 - by_name[name] / row.bits)
    if draw(st.booleans()):
        by_name["forbild-weighted"] = draw(st.floats(0, 40))
    return Distances(by_name, similarity, quality=draw(st.integers(0, 100)))


@pytest.mark.parametrize("text", RULES)
@settings(deadline=None)
@given(distances=any_distances())
def test_what_is_not_clear_lies_within_a_bound_and_says_why(text, distances):
    rule = parse_rule(text, ALGORITHMS)
    verdict = rule.decide(distances, entries=1000)
    within = any(
        distances.by_name.get(bound.algorithm, math.inf) <= bound.distance for bound in rule.bounds
    )
    assert within or verdict.outcome is Outcome.CLEAR
    assert verdict.match <= (verdict.outcome is not Outcome.CLEAR)
    assert verdict.rule == rule.name == text
    assert verdict.reason
    assert verdict.evidence.items() <= distances.by_name.items()
    assert set(verdict.evidence) >= set(rule.needs)
    assert parse_rule(verdict.rule, ALGORITHMS).decide(distances, entries=1000) == verdict
