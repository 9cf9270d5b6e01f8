"""The benchmark of local features: hard negatives, OpenCV's place in it, tables."""

import numpy as np
import pytest
from PIL import Image

from benchmarks.features import quality, tables
from benchmarks.robustness.hard_negatives import pictures as hard_negatives
from eikona.domain.local_features import LocalFeatures


@pytest.fixture(scope="module")
def photos():
    random = np.random.default_rng(1)
    return [
        Image.fromarray(random.integers(0, 256, (90, 120, 3), np.uint8)).resize((360, 270))
        for _ in range(2)
    ]


@pytest.mark.parametrize("name", hard_negatives.CLASSES)
def test_hard_negatives_are_different_pictures_and_always_the_same_ones(name, photos):
    first, second = hard_negatives.pictures(name, photos, 2)
    again, _ = hard_negatives.pictures(name, photos, 2)
    assert first.mode == second.mode == "RGB"
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != second.tobytes()


def test_shares_count_from_each_number_of_inliers_on():
    values = np.array([0, 4, 4, 5, 20])
    assert quality.shares(values)["4"] == 0.8
    assert quality.numbers(values) == {
        "3": 4,
        "4": 4,
        "5": 2,
        "6": 1,
        "8": 1,
        "10": 1,
        "14": 1,
    }


def test_every_copy_meets_others_and_never_its_original():
    random = np.random.default_rng(2)
    originals = [
        LocalFeatures(300, 300, random.bytes(16 * 40), random.bytes(8 * 40)) for _ in range(3)
    ]
    found = quality.Collection(originals, {"one": originals, "other": originals})
    assert quality.inliers_of_copies(found)["one"].min() > 10
    others = quality.inliers_of_others(found, 2)
    assert others.size == 2 * 3 * 2
    assert others.max() < 4
    assert quality.inliers_within(originals).size == 6
    assert quality.inliers_of_pairs(originals).size == 3


def test_tables_are_empty_without_results():
    assert {make([]) for make in tables.TABLES.values()} == {""}


def test_tables_show_what_was_measured():
    counts = {str(count): 0.5 for count in quality.COUNTS}
    rows = [
        {
            "set": "features-quality",
            "what": "PDQ×8 ≤ 74",
            "recall": {"": 0.25},
            "attacks": {"crop": 0.125},
        },
        {
            "set": "features-quality",
            "what": "eikona",
            "recall": counts,
            "with_pdq": counts,
            "false": dict.fromkeys(counts, 0) | {"4": 3},
            "pairs": 1000,
            "attacks": {"crop": counts},
        },
        {"set": "features-hard", "by": "eikona", "what": "tiles", "pairs": 6, "shares": counts}
        | {"most": 9},
        {"set": "features-extraction", "what": "eikona", "median": 8.25, "least": 7.5}
        | {"megapixels": 0.2},
    ]
    rows = [{"family": "features", **row} for row in rows]
    shown = {name: make(rows) for name, make in tables.TABLES.items()}
    assert "| eikona: copies found | 50.00 % |" in shown["features-quality"]
    assert "| 3.0e-3 | 0 of 1,000 |" in shown["features-quality"]
    assert "PDQ×8 ≤ 74 alone finds 25.00 %." in shown["features-quality"]
    assert "| crop | 50.0 % | 12.5 % |" in shown["features-attacks"]
    assert "| tiles | 6 |" in shown["features-hard"]
    assert "| eikona: features of 0.2 megapixels | 8.25 ms | 7.5 ms |" in shown["features-speed"]
