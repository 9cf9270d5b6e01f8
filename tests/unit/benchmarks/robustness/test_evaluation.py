"""Thresholds, recall and the poster's protocol against counting one by one."""

import numpy as np
import pytest

from benchmarks.robustness.contenders import Contender, Kind
from benchmarks.robustness.evaluation import RATES, Half, evaluate, thresholds
from benchmarks.robustness.protocol import Confusion, judge_pairs, most_accurate

_KIND = np.dtype([("value", "f8")])


def _measure(a, b):
    return np.abs(a["value"] - b["value"])


def _records(values):
    return np.array([(value,) for value in values], _KIND)


def _half(seed, count=60):
    random = np.random.default_rng(seed)
    values = random.uniform(0, 100, count).round(2)
    altered = {
        name: _records((values + random.normal(0, spread, count)).round(2))
        for name, spread in (("mild", 0.1), ("wild", 5))
    }
    return Half(_records(values), altered)


_HASH = Contender("by value", Kind.HASH, "none", _measure)
_RULE = Contender("within 1", Kind.RULE, "none", lambda a, b: _measure(a, b) < 1)


def _pairs(half):
    """Return distances as they are, and of altered ones to other photographs."""
    values = half.originals["value"]
    count = len(values)
    plain = [abs(values[i] - values[j]) for i in range(count) for j in range(i + 1, count)]
    altered = [
        abs(codes["value"][i] - values[j])
        for codes in half.altered.values()
        for i in range(count)
        for j in range(count)
        if i != j
    ]
    return plain, altered


@pytest.mark.parametrize("rate", [1e-5, 1e-3, 0.01, 0.2])
def test_a_threshold_keeps_its_rate_on_both_kinds_and_could_not_be_wider(rate):
    half = _half(1)
    (below,) = thresholds(_measure, half, [rate])
    shares = [np.mean([d < below for d in pairs]) for pairs in _pairs(half)]
    assert max(shares) <= rate
    wider = [np.mean([d <= below for d in pairs]) for pairs in _pairs(half)]
    assert max(wider) > rate


def test_several_rates_at_once_give_the_same_as_one_by_one():
    half = _half(2)
    together = thresholds(_measure, half, RATES)
    assert together == [thresholds(_measure, half, [rate])[0] for rate in RATES]
    assert together == sorted(together)


def test_thresholds_come_from_one_half_and_counts_from_the_other():
    even, odd = _half(3), _half(4)
    scores = evaluate(_HASH, even, odd)
    assert list(scores) == list(RATES)
    for rate, score in scores.items():
        assert score.below == thresholds(_measure, even, [rate])[0]
        plain, altered = _pairs(odd)
        assert (score.false, score.pairs) == (sum(d < score.below for d in plain), len(plain))
        assert score.altered_false == sum(d < score.below for d in altered)
        assert score.altered_pairs == len(altered)
        for name, codes in odd.altered.items():
            found = [
                abs(a - b) < score.below
                for a, b in zip(codes["value"], odd.originals["value"], strict=True)
            ]
            assert score.recall[name] == pytest.approx(np.mean(found))


def test_a_rule_is_counted_as_it_is():
    odd = _half(5)
    scores = evaluate(_RULE, _half(6), odd)
    plain, altered = _pairs(odd)
    assert list(scores) == [None]
    assert scores[None].below is None
    assert scores[None].false == sum(d < 1 for d in plain)
    assert scores[None].altered_false == sum(d < 1 for d in altered)


def test_the_most_accurate_bound_is_the_best_of_all():
    random = np.random.default_rng(7)
    for _ in range(30):
        positive = random.integers(0, 12, 20).astype(float)
        negative = random.integers(4, 20, 20).astype(float)

        def right(below, positive=positive, negative=negative):
            return (positive < below).sum() + (negative >= below).sum()

        best = max(right(below) for below in np.arange(0, 22, 0.5))
        assert right(most_accurate(positive, negative)) == best


def test_balanced_pairs_have_a_copy_and_another_picture_for_every_modification():
    seen = []

    def measure(a, b):
        seen.append(np.stack([a["value"], b["value"]]))
        return _measure(a, b) < 1

    half = _half(8, count=30)
    counts = judge_pairs(Contender("seen", Kind.RULE, "none", measure), half, half)
    copies, others = seen
    assert copies.shape == others.shape == (2, 60)
    assert (copies[0] == others[0]).all()
    assert (copies[1] != others[1]).all()
    assert np.array_equal(copies[1], np.tile(half.originals["value"], 2))
    assert counts.tp + counts.fn == counts.fp + counts.tn == 60
    assert counts.tp == (np.abs(copies[0] - copies[1]) < 1).sum()
    assert counts.fp == (np.abs(others[0] - others[1]) < 1).sum()


def test_a_hash_gets_its_threshold_from_the_other_half():
    even, odd = _half(9), _half(10)
    counts = judge_pairs(_HASH, even, odd)
    same = judge_pairs(_HASH, even, even)
    assert counts.below == same.below
    assert same.accuracy >= 0.9


def test_scores_of_counts_worked_out_by_hand():
    counts = Confusion(None, tp=6, fp=2, tn=8, fn=4)
    assert counts.accuracy == pytest.approx(0.7)
    assert counts.precision == pytest.approx(0.75)
    assert counts.recall == pytest.approx(0.6)
    assert counts.f1 == pytest.approx(2 * 0.75 * 0.6 / 1.35)
    assert counts.fpr == pytest.approx(0.2)
    nothing = Confusion(None, tp=0, fp=0, tn=5, fn=5)
    assert (nothing.precision, nothing.f1) == (0, 0)
