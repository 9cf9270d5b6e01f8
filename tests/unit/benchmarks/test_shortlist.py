"""The benchmark of the shortlist: its distractors are exact, its tables say what is so."""

import itertools

import numpy as np
import pytest

from benchmarks.shortlist import banks, crowded, measure, plot, tables
from benchmarks.shortlist.collecting import Copies
from benchmarks.shortlist.distractors import distractors, inverted, mirrored
from benchmarks.shortlist.kept import Kept
from eikona.hashing.local_features.extraction import local_features
from eikona.imaging.alterations.catalogue import ATTACKS
from eikona.matching.shortlist.probing import SearchedTable
from tests.unit.hashing.local_features.scenes import stones
from tests.unit.matching.shortlist.made_features import copy, picture, without_margins

PICTURES = Kept.of([without_margins(picture(seed, 30 + seed)) for seed in range(6)])


def test_what_is_kept_comes_back(tmp_path):
    known = Kept.of([picture(1), picture(2, 0), picture(3, 7)])
    known.save(tmp_path / "some.npz")
    assert (
        list(Kept.load(tmp_path / "some.npz"))
        == list(known)
        == [
            picture(1),
            picture(2, 0),
            picture(3, 7),
        ]
    )


def test_mirrored_all_at_once_as_one_by_one():
    assert list(mirrored(PICTURES)) == [one.mirrored() for one in PICTURES]


def test_inverted_features_are_those_of_the_negative():
    luma = stones()
    features, negative = local_features(luma), local_features(255 - luma)
    expected = inverted(Kept.of([without_margins(features)]))[0]
    ours = {expected.codes[16 * k : 16 * k + 16] for k in range(len(expected))}
    theirs = {negative.codes[16 * k : 16 * k + 16] for k in range(len(negative))}
    assert len(ours & theirs) > 0.9 * len(theirs) > 50


def test_distractors_are_always_the_same_and_never_twice():
    first = list(distractors(PICTURES, 40))
    assert len(first) == len({one.codes for one in first}) == 40
    assert list(distractors(PICTURES, 5000))[:40] == first
    assert first[:6] == list(PICTURES)


@pytest.fixture(scope="module")
def asked():
    originals = [picture(seed) for seed in range(3)]
    copies = [copy(one, seed) for one in originals for seed in range(len(ATTACKS))]
    return Copies(Kept.of(originals), Kept.of(copies))


def test_a_run_finds_copies(asked, tmp_path):
    built = banks.bank(20, asked.originals, lambda: PICTURES, folder=tmp_path)
    again = banks.bank(20, asked.originals, lambda: pytest.fail("made anew"), folder=tmp_path)
    np.testing.assert_array_equal(built.table.codes, again.table.codes)
    found = measure.measure(asked, [SearchedTable(built.table)], every=20)
    row = found.row(asked, np.ones(len(asked.copies), np.bool_))
    assert row["queries"] == 7
    assert row["recall"] == row["recall_aligned"] == {"1": 1.0, "10": 1.0, "20": 1.0}
    assert row["missed"] == {}
    elsewhere = banks.bank(20, PICTURES, lambda: PICTURES, folder=tmp_path / "others")
    missed = measure.measure(asked, [SearchedTable(elsewhere.table)], every=43, first=10)
    assert sum(missed.row(asked, np.ones(129, np.bool_))["missed"].values()) == 3


def test_near_duplicates_are_near():
    one = picture(4)
    made = list(itertools.islice(crowded.full_of_one(iter([picture(5)] * 11), one), 11))
    assert made[1] == picture(5)
    table = banks.build(11, made).table
    found = measure.Shortlist().shortlist(one, [SearchedTable(table)])
    assert {row for _, row in found.places[:3]} == {0, 5, 10}
    framed = list(crowded.framed(iter([picture(6, 300)] * 5), crowded.frame_of(picture(7, 90))))
    assert framed[0] == picture(6, 300)
    assert all(len(features) == 300 for features in framed)
    assert framed[1].codes != framed[2].codes


def row(pictures, median, **more):
    return {
        "family": "shortlist",
        "set": "shortlist-sizes",
        "what": f"{pictures:,} pictures",
        "place": pictures,
        "pictures": pictures,
        "photos": 100,
        "descriptors": 300 * pictures,
        "recall": {"1": 0.99, "10": 0.9985, "20": 0.999},
        "recall_aligned": {"1": 0.99, "10": 0.9999, "20": 1.0},
        "missed": {"crop-90": 3},
        "median": median,
        "p95": 2 * median,
        "shared": 0.01,
        "bytes_a_descriptor": 18.25,
        "build_s": 11.0,
        **more,
    }


def test_the_law_is_fitted_and_carried_on():
    rows = [row(1_000, 9.0), row(10_000, 1.0), row(100_000, 10**0.5), row(1_000_000, 10.0)]
    factor, power = tables.growth(rows)
    assert power == pytest.approx(0.5)
    assert factor * 3e8**power == pytest.approx(10.0)
    text = tables.TABLES["shortlist-growth"](rows)
    assert "power of 0.50" in text
    assert "22.4 ms" in text  # 1.5 billion descriptors, 5 times 300 million
    assert tables.growth(rows[:3]) is None  # two sizes give a line whatever the law is


def test_goals_are_judged():
    text = tables.TABLES["shortlist-goals"]([row(100_000, 5.0), row(1_000_000, 7.0)])
    assert "| 100,000 pictures, found @10 | 99.85 % | ≥ 99.8 % | met |" in text
    assert "| 100,000 pictures, one query | 5.00 ms | ≤ 4 ms | **missed** |" in text
    assert "| 1,000,000 pictures, one query | 7.00 ms | ≤ 8 ms | met |" in text


def test_tables_without_results_are_empty():
    assert all(make([]) == "" for make in tables.TABLES.values())
    assert plot.data([]) == []
