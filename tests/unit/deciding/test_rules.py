"""Rules at their bounds."""

import pytest

from eikona.deciding.rules import parse_rule
from eikona.domain.errors import IncomparableError, UnknownRuleError
from eikona.domain.verdict import Distances, Outcome

NAMES = frozenset({"pdq", "phash", "forbild", "nmf"})


def judge(rule, quality=100, **distances):
    by_name = {name.replace("_", "-"): value for name, value in distances.items()}
    return parse_rule(rule, NAMES).decide(Distances(by_name, {}, quality=quality))


@pytest.mark.parametrize(
    ("distance", "outcome", "match"),
    [
        (0, Outcome.BLOCK, True),
        (31, Outcome.BLOCK, True),
        (32, Outcome.REVIEW, True),
        (74, Outcome.REVIEW, True),
        (75, Outcome.CLEAR, False),
        (256, Outcome.CLEAR, False),
    ],
)
def test_eikona_blocks_to_31_and_reviews_to_74(distance, outcome, match):
    verdict = judge("eikona", pdq=distance)
    assert (verdict.outcome, verdict.match) == (outcome, match)
    assert verdict.expected_false_matches is None


@pytest.mark.parametrize("distance", [0, 50])
def test_pictures_too_plain_are_refused_as_matches(distance):
    verdict = judge("eikona", quality=49, pdq=distance)
    assert verdict.outcome is Outcome.REVIEW
    assert not verdict.match


def test_plain_pictures_that_differ_are_clear():
    assert judge("eikona", quality=0, pdq=120).outcome is Outcome.CLEAR


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
        "eikona:1",
    ],
)
def test_rules_that_do_not_parse_say_what_would(text):
    with pytest.raises(UnknownRuleError, match="threshold:"):
        parse_rule(text, NAMES)


def test_a_rule_names_the_hash_that_is_missing():
    with pytest.raises(IncomparableError, match="phash"):
        judge("threshold:phash=10", pdq=1)
