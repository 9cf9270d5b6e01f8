"""Distances over grids of records against those of Eikona's own comparison, pair by pair."""

import math

import numpy as np
import pytest
from PIL import Image

import eikona
from benchmarks.robustness import distances
from benchmarks.robustness.contenders import RULES, contenders, judge_of, measure_of
from benchmarks.robustness.hashers.catalogue import hasher_named
from eikona.deciding.rules import parse_rule
from eikona.hashing.registry import OWN_ALGORITHMS
from eikona.imaging.alterations.attack import encoded
from eikona.imaging.alterations.catalogue import ATTACKS
from eikona.services.compare_pictures import distances_between

_ATTACKS = ("jpeg-10", "mirror", "rotate-90", "crop-10", "crop-75", "text", "faded")


def _pictures():
    """Return files: two pictures, copies of one of them, a flat and a nearly flat one."""
    noise = np.random.default_rng(3)
    coarse = [noise.integers(0, 256, (6, 9, 3), np.uint8) for _ in range(2)]
    first, second = (
        Image.fromarray(grid).resize((180, 120), Image.Resampling.BICUBIC) for grid in coarse
    )
    nearly = Image.new("RGB", (180, 120), (90, 90, 90))
    nearly.putpixel((40, 30), (120, 120, 120))
    return [
        *(encoded(image, 90) for image in (first, second, Image.new("RGB", (60, 60), "grey"))),
        encoded(nearly, None),
        *(ATTACKS[name].copy(first, b"") for name in _ATTACKS),
    ]


@pytest.fixture(scope="module")
def prints():
    return [eikona.fingerprint(data, algorithms=tuple(OWN_ALGORITHMS)) for data in _pictures()]


@pytest.fixture(scope="module")
def codes():
    hasher = hasher_named("eikona")
    records = [hasher.record(bytes(32), data) for data in _pictures()]
    return np.frombuffer(b"".join(records), hasher.dtype)


@pytest.mark.parametrize("name", [*OWN_ALGORITHMS, "forbild-weighted"])
def test_a_grid_holds_the_distances_of_all_pairs(prints, codes, name):
    grid = measure_of(name)(codes[:, None], codes)
    assert grid.shape == (len(prints), len(prints))
    for row, a in enumerate(prints):
        for column, b in enumerate(prints):
            expected = distances_between(a, b).by_name.get(name, math.inf)
            if name == "forbild-weighted" and min(a.quality, b.quality) == 0:
                expected = math.inf  # what is flat is no copy of anything
            assert grid[row, column] == pytest.approx(expected, abs=1e-9)


def test_pairs_side_by_side_give_the_diagonal(codes):
    for name in ("pdq", "nmf", "forbild-weighted", "dhash"):
        grid = measure_of(name)(codes[:, None], codes)
        assert np.allclose(measure_of(name)(codes, codes), np.diagonal(grid))


@pytest.mark.parametrize("name", [*RULES, "threshold:nmf=0.3", "threshold:pdq=256"])
def test_a_rule_judges_a_grid_as_it_judges_its_pairs(prints, codes, name):
    rule = parse_rule(name, OWN_ALGORITHMS)
    grid = judge_of(rule)(codes[:, None], codes)
    expected = [[rule.decide(distances_between(a, b)).match for b in prints] for a in prints]
    assert grid.tolist() == expected
    assert 0 < grid.sum() < grid.size


def test_no_picture_is_near_one_that_is_too_plain_or_has_no_hash(codes):
    plain = distances.hamming("pdq", 50)(codes[:, None], codes)
    assert np.isinf(plain[2]).all()
    assert np.isinf(plain[:, 3]).all()
    assert plain[0, 0] == 0
    unhashed = codes.copy()
    unhashed["hashed"][1] = False
    for contender in contenders("eikona"):
        if not contender.is_rule:
            grid = contender.measure(unhashed[:, None], unhashed)
            assert np.isinf(grid[1]).all(), contender.name
            assert np.isinf(grid[:, 1]).all(), contender.name
            assert grid[0, 0] == pytest.approx(0), contender.name


def test_euclidean_distances_and_codes_of_many_words():
    kind = np.dtype([("hashed", "?"), ("moments", "f8", (3,)), ("bits", "u1", (16,))])
    records = np.zeros(3, kind)
    records["hashed"] = True
    records["moments"] = [(0, 0, 0), (3, 4, 0), (1, 2, 2)]
    records["bits"][1] = 255
    records["bits"][2, 15] = 7
    found = distances.euclidean("moments")(records[:, None], records)
    assert found[0].tolist() == pytest.approx([0, 5, 3])
    assert distances.hamming("bits")(records[:, None], records)[0].tolist() == [0, 128, 3]


def test_every_contender_has_a_name_of_its_own():
    names = [
        contender.name
        for hasher in ("eikona", "imagehash", "pdqhash", "perception", "unihasher")
        for contender in contenders(hasher)
    ]
    assert len(set(names)) == len(names)


def _unihasher_codes(*values):
    """Return records whose distances to the first, all zeros, are these fractions."""
    kind = np.dtype(
        [
            ("hashed", "?"),
            *((name, "u1", (32,)) for name in ("dhash", "phash", "whash")),
            ("nmf", "u1", (64,)),
        ]
    )
    records = np.zeros(len(values) + 1, kind)
    records["hashed"] = True
    records["nmf"][:] = np.arange(64)
    for place, (bits, correlated) in enumerate(values, 1):
        for name, count in zip(("dhash", "phash", "whash"), bits, strict=True):
            records[name][place] = np.packbits(np.arange(256) < count)
        if not correlated:
            records["nmf"][place] = np.arange(64)[::-1]
    return records


def test_the_published_rules_of_unihasher():
    codes = _unihasher_codes(
        ((85, 250, 70), False),  # dhash .332, whash .273
        ((86, 250, 70), False),  # dhash .336
        ((86, 88, 250), False),  # phash .344
        ((85, 250, 71), False),  # whash .277, of 256: 70.9
        ((250, 250, 250), True),
        ((85, 89, 250), True),  # three of four
        ((85, 90, 250), True),  # a tie, which its code calls no match
    )
    found = {contender.name: contender for contender in contenders("unihasher")}
    tree = found["unihasher's tree"].measure(codes[:1], codes[1:])
    assert tree.tolist() == [True, False, True, False, True, True, True]
    majority = found["unihasher's majority"].measure(codes[:1], codes[1:])
    assert majority.tolist() == [False, False, False, False, False, True, False]
    single = found["unihasher dhash, < 0.334"].measure(codes[:1], codes[1:])
    assert single.tolist() == [True, False, False, True, False, True, True]
