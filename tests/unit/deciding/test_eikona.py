"""Rule eikona: what its limits promise holds, by the calibration, for banks of any size."""

import itertools
from dataclasses import replace

import pytest

from eikona.deciding.eikona import FEWEST_ENTRIES, limits_at
from eikona.deciding.odds import (
    WIDE,
    Odds,
    expected_false_matches,
    inlier_calibration,
    pdq_calibration,
    together,
    together_calibration,
)
from eikona.deciding.rules import parse_rule
from eikona.domain.alignment import NO_ALIGNMENT
from eikona.domain.verdict import Distances, Outcome
from eikona.hashing.registry import ALGORITHMS

SIZES = (1, FEWEST_ENTRIES, 1_000_000, 30_000_000)
RULE = parse_rule("eikona", ALGORITHMS)
SEVERITY = (Outcome.CLEAR, Outcome.REVIEW, Outcome.BLOCK)


def seen(pdq=120.0, inliers=None, reach=0.5, quality=100, dhash=None, features=40, patchiness=0.0):
    alignment = None
    if inliers is not None:
        more = {"features": features, "patchiness": patchiness}
        alignment = replace(NO_ALIGNMENT, inliers=inliers, reach=reach, **more)
    by_name = {"pdq": pdq} if dhash is None else {"pdq": pdq, "dhash256": dhash}
    return Distances(by_name, {}, quality=quality, alignment=alignment)


def judged(entries=1_000_000, rule=RULE, **evidence):
    return rule.decide(seen(**evidence), entries=entries)


@pytest.mark.parametrize("entries", SIZES)
@pytest.mark.parametrize("inliers", [None, 0])
def test_pdq_alone_is_judged_by_the_false_matches_to_be_expected(entries, inliers):
    looked_at = 1 if inliers is None else 3
    for pdq in range(257):
        verdict = judged(entries, pdq=pdq, inliers=inliers)
        expected = looked_at * expected_false_matches(pdq, max(entries, FEWEST_ENTRIES))
        wanted = (expected <= 1e-2) + (expected <= 1e-4)
        assert verdict.outcome is SEVERITY[wanted]
        assert verdict.match is bool(wanted)


@pytest.mark.parametrize("entries", SIZES)
@pytest.mark.parametrize("reach", [0.01, WIDE, 1.0])
def test_inliers_alone_are_judged_by_the_false_matches_to_be_expected(entries, reach):
    known, looks = inlier_calibration(), 3 * max(entries, FEWEST_ENTRIES)
    for inliers in range(1, 30):
        found = known.wide if reach >= WIDE else known.anywhere
        expected = looks * found.chance(inliers)
        most = Outcome.BLOCK if reach >= WIDE else Outcome.REVIEW  # small parts never block
        wanted = min(SEVERITY[(expected <= 1e-2) + (expected <= 1e-4)], most, key=SEVERITY.index)
        assert judged(entries, inliers=inliers, reach=reach).outcome is wanted


@pytest.mark.parametrize("entries", SIZES)
@pytest.mark.parametrize("inliers", [None, 0])
def test_pdq_and_dhash_are_judged_together_and_pdq_by_itself(entries, inliers):
    looks = (2 if inliers is None else 4) * max(entries, FEWEST_ENTRIES)
    for pdq, dhash in itertools.product(range(0, 160, 3), (0, 7, 30, 90, 130, 256)):
        verdict = judged(entries, pdq=pdq, inliers=inliers, dhash=dhash)
        expected = looks * min(
            pdq_calibration().chance(pdq),
            together_calibration().chance(together(pdq, dhash)),
        )
        assert verdict.outcome is SEVERITY[(expected <= 1e-2) + (expected <= 1e-4)]
        assert verdict.expected_false_matches == pytest.approx(
            min(entries, expected * entries / max(entries, FEWEST_ENTRIES))
        )


def test_more_evidence_is_never_judged_milder():
    pdqs, counts, reaches = (0, 9, 30, 60, 90), (None, 0, 5, 8, 11, 40), (0.05, 0.5)
    for pdq, inliers, reach in itertools.product(pdqs, counts[1:], reaches):
        outcome = SEVERITY.index(judged(pdq=pdq, inliers=inliers, reach=reach).outcome)
        nearer = judged(pdq=max(0, pdq - 7), inliers=inliers, reach=reach)
        more = judged(pdq=pdq, inliers=inliers + 2, reach=reach)
        assert min(SEVERITY.index(one.outcome) for one in (nearer, more)) >= outcome


def test_larger_banks_ask_for_more():
    for looks in (1, 2, 3, 4):
        limits = [limits_at(entries, Odds(), looks) for entries in SIZES]
        for few, many in itertools.pairwise(limits):
            assert many.block_bits <= few.block_bits
            assert many.review_bits <= few.review_bits
            assert many.block_together <= few.block_together
            assert many.block_inliers >= few.block_inliers
            assert many.review_anywhere >= few.review_anywhere
        for one in limits:
            assert one.block_bits < one.review_bits
            assert one.block_together < one.review_together
            assert one.review_inliers < one.block_inliers
            assert one.review_inliers <= one.review_anywhere
    assert limits_at(1, Odds(), 2) == limits_at(FEWEST_ENTRIES, Odds(), 2)


@pytest.mark.parametrize("entries", SIZES)
def test_the_radius_of_a_search_shrinks_as_banks_grow_and_is_enough(entries):
    (bound,) = RULE.bounds_at(entries)
    for inliers in (None, 0):
        judgement = judged(entries, pdq=bound.distance + 1, inliers=inliers)
        assert judgement.outcome is Outcome.CLEAR
    nearer = (
        judged(entries, pdq=bound.distance).outcome,
        judged(entries, pdq=bound.distance, dhash=0).outcome,
    )
    assert nearer != (Outcome.CLEAR, Outcome.CLEAR)
    assert bound.distance <= RULE.bounds[0].distance
    assert RULE.bounds_at(10**12)[0].distance >= 0  # equal codes are always looked at


def test_odds_that_an_owner_puts_up_with_move_the_limits():
    strict = parse_rule("eikona", ALGORITHMS, odds=Odds(1e-8, 1e-6))
    lax = parse_rule("eikona", ALGORITHMS, odds=Odds(1e-2, 1.0))
    assert lax.bounds[0].distance > RULE.bounds[0].distance > strict.bounds[0].distance
    outcomes = [judged(rule=rule, inliers=9).outcome for rule in (lax, strict)]
    assert outcomes == [Outcome.BLOCK, Outcome.CLEAR]


def test_hashes_alone_are_judged_alike_whatever_aligns():
    hashes = parse_rule("eikona-hashes", ALGORITHMS)
    assert RULE.aligns
    assert not hashes.aligns
    for pdq in (0, 10, 40, 90):
        alone = judged(rule=hashes, pdq=pdq)
        assert alone == judged(rule=hashes, pdq=pdq, inliers=200)


@pytest.mark.parametrize("inliers", [0, 3])
def test_near_hashes_count_less_where_places_would_have_to_agree_and_do_not(inliers):
    for pdq, dhash in itertools.product((0, 20, 40, 60, 90), (None, 0, 60)):
        known = judged(1, pdq=pdq, dhash=dhash, inliers=inliers)
        doubted = judged(1, pdq=pdq, dhash=dhash, inliers=inliers, features=200)
        step = max(0, SEVERITY.index(known.outcome) - 1)
        assert doubted.outcome is SEVERITY[step]
    assert "none of 200 places agree" in judged(1, pdq=0, inliers=0, features=200).reason
    agreeing = judged(1, pdq=0, inliers=4, reach=0.01, features=200)
    assert agreeing.outcome is Outcome.BLOCK


@pytest.mark.parametrize("entries", [1, 10**6, 10**8])
def test_places_in_patches_ask_a_person_unless_hashes_are_near_too(entries):
    known = judged(entries, pdq=120, dhash=120, inliers=100)
    patches = judged(entries, pdq=120, dhash=120, inliers=100, patchiness=0.4)
    assert known.outcome is Outcome.BLOCK
    assert patches.outcome is Outcome.REVIEW
    assert patches.match
    assert patches.expected_false_matches is None
    assert "in patches" in patches.reason
    for near in ({"pdq": 20, "dhash": 40}, {"pdq": 0}):
        more = {**near, "inliers": 100}
        assert judged(entries, **more) == judged(entries, **more, patchiness=0.4)
    few = {"pdq": 120, "inliers": 3}
    assert judged(entries, **few, patchiness=0.4).outcome is Outcome.CLEAR


@pytest.mark.parametrize("pdq", [0, 20, 44])
def test_pictures_too_plain_for_pdq_are_for_a_person(pdq):
    verdict = judged(1, pdq=pdq, quality=49)
    assert (verdict.outcome, verdict.match) == (Outcome.REVIEW, False)
    assert "too plain" in verdict.reason
    assert verdict.expected_false_matches is None


def test_plain_pictures_that_differ_are_clear():
    assert judged(quality=0).outcome is Outcome.CLEAR


def test_plain_pictures_may_still_lie_on_each_other():
    verdict = judged(pdq=0, inliers=40, quality=30)
    assert verdict.outcome is Outcome.BLOCK
    assert verdict.expected_false_matches < 1e-6
    assert judged(pdq=0, inliers=10, reach=0.05, quality=30).match


@pytest.mark.parametrize(("pdq", "inliers"), [(0, 0), (60, 0), (256, 4), (40, 12), (90, 300)])
def test_false_matches_to_be_expected_are_those_of_the_better_evidence(pdq, inliers):
    verdict = judged(5000, pdq=pdq, inliers=inliers)
    by_pdq = pdq_calibration().chance(pdq)
    by_inliers = inlier_calibration().chance(seen(inliers=inliers).alignment)
    assert verdict.expected_false_matches == 5000 * min(1, 3 * min(by_pdq, by_inliers))
    alone = judged(5000, pdq=pdq)
    assert alone.expected_false_matches == expected_false_matches(pdq, 5000)
    assert verdict.evidence == {"pdq": pdq, "inliers": inliers}


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        (
            {"inliers": 47},
            "47 places of both pictures lie on each other, and 8 are enough to block",
        ),
        ({"inliers": 47, "reach": 0.05}, "around 5% of a picture only, as captions"),
        ({"inliers": 1}, "fewer than"),
        ({"pdq": 2}, "PDQ over eight orientations is 2 of 256 bits away, and up to"),
        ({"pdq": 40}, "more than the"),
        ({"pdq": 12, "dhash": 9}, "PDQ's 12 bits and a fourth of dHash's 9 are 15, and up to"),
    ],
)
def test_reasons_say_what_was_found_and_among_how_many(evidence, said):
    reason = judged(**evidence).reason
    assert said in reason
    assert reason.endswith("in a bank of 1,000,000 entries")


def test_reasons_do_not_name_a_size_that_no_bank_has():
    assert judged(60, inliers=47).reason.endswith("in a bank of up to 10,000 entries")


EVIDENCE = (
    {"inliers": 300},
    {"inliers": 13},
    {"pdq": 0},
    {"pdq": 0, "dhash": 0},
    {"pdq": 0, "dhash": 0, "inliers": 300},
)


@pytest.mark.parametrize("evidence", EVIDENCE)
@pytest.mark.parametrize("entries", [1, 10**6, 10**9])
@pytest.mark.parametrize("block", [1e-4, 1e-6, 1e-12, 1e-20])
def test_nothing_blocks_that_chance_brings_more_often_than_the_owner_puts_up_with(
    evidence, entries, block
):
    odds = Odds(block, 1e-2)
    verdict = parse_rule("eikona", ALGORITHMS, odds=odds).decide(seen(**evidence), entries=entries)
    expected = verdict.expected_false_matches * max(1, FEWEST_ENTRIES / entries)
    assert (verdict.outcome is Outcome.BLOCK) == (expected <= block)


def test_reasons_say_that_no_evidence_is_enough():
    odds = Odds(1e-20, 1e-2)
    rule = parse_rule("eikona", ALGORITHMS, odds=odds)
    for evidence, said in (({"inliers": 300}, "no number"), ({"pdq": 0}, "none is near enough")):
        assert said in rule.decide(seen(**evidence), entries=1).reason
