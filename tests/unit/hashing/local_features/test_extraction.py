"""Local features as a whole: what is found again, and what nothing is found in."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from eikona.domain.local_features import MOST_FEATURES, LocalFeatures
from eikona.hashing.local_features.extraction import local_features
from tests.unit.hashing import pictures
from tests.unit.hashing.local_features.scenes import bits, numbers, resized, scene


def found_again(expected, found, *, within, turn=0.004):
    """Return for each expected feature whether one is there, and the bits that differ if so."""
    wanted, there = numbers(expected), numbers(found)
    apart = np.hypot(*(wanted[:, None, :2] - there[None, :, :2]).transpose(2, 0, 1))
    sizes = np.abs(np.log2(wanted[:, None, 2] / there[None, :, 2]))
    angles = np.abs((wanted[:, None, 3] - there[None, :, 3] + 0.5) % 1 - 0.5)
    cost = apart + 10 * sizes + 100 * (angles > turn)
    nearest = cost.argmin(axis=1)
    again = cost.min(axis=1) < within
    return again, (bits(expected) != bits(found)[nearest]).sum(axis=1)[again]


@pytest.mark.parametrize(
    "luma",
    [
        np.full((1, 1), 7, np.uint8),
        np.full((300, 400), 200, np.uint8),
        np.zeros((2, 3000), np.uint8),
        pictures.noise(3, 2, 1),
        pictures.ramp(500, 300, 100, 40),
    ],
    ids=["one-pixel", "flat", "thin", "six-pixels", "ramp"],
)
def test_finds_nothing_where_nothing_is(luma):
    features = local_features(luma)
    assert (len(features), features.width, features.height) == (0, *luma.shape[::-1])
    assert len(features.mirrored()) == 0


@pytest.mark.parametrize(
    "size", [(8, 8), (40, 30), (3000, 20), (20, 3000), (383, 257), (1200, 1600), (5, 900)]
)
def test_takes_any_size(size):
    features = local_features(pictures.noise(*size, seed=4))
    assert len(features) <= MOST_FEATURES
    assert len(features.margins) == 128 * len(features)
    table = numbers(features)
    assert ((table[:, :2] >= 0) & (table[:, :2] <= size)).all()


@pytest.mark.parametrize("name", ["marble", "terrazzo", "skyline"])
def test_a_picture_full_of_detail_gives_all_there_may_be(name):
    features = local_features(scene(name))
    assert len(features) == MOST_FEATURES
    assert len(features.to_bytes()) <= 7.2 * 1024
    table = numbers(features)
    cells = {(int(x * 4 / 720), int(y * 4 / 480)) for x, y, _, _ in table}
    assert len(cells) >= 12  # of 16; a sky has nothing in it


def test_is_the_same_in_any_memory_and_any_thread():
    luma = scene("terrazzo")
    expected = local_features(luma)
    wide = np.zeros((480, 1440), np.uint8)
    wide[:, ::2] = luma
    assert local_features(wide[:, ::2]) == expected
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(local_features, [luma] * 8)) == {expected}


def test_gives_the_mirrored_picture_the_mirrored_features():
    luma = scene("terrazzo")[:480, :640]  # halves five times without a rest
    again, differing = found_again(
        local_features(luma).mirrored(),
        local_features(np.ascontiguousarray(luma[:, ::-1])),
        within=0.02,
    )
    assert again.mean() > 0.99
    assert differing.mean() < 0.1


def test_gives_the_mirrored_picture_nearly_the_mirrored_features_at_odd_sizes():
    luma = scene("marble")[:333, :501]
    again, differing = found_again(
        local_features(luma).mirrored(),
        local_features(np.ascontiguousarray(luma[:, ::-1])),
        within=1.5,
        turn=0.02,
    )
    assert again.mean() > 0.85
    assert differing.mean() < 5


def test_margins_are_mirrored_with_their_bits():
    features = local_features(scene("terrazzo")[:480, :640])
    sure = np.frombuffer(features.margins, np.uint8).reshape(-1, 128)
    mirrored = features.mirrored()
    for row, code in zip(
        np.frombuffer(mirrored.margins, np.uint8).reshape(-1, 128), bits(mirrored), strict=True
    ):
        place = np.flatnonzero((np.sort(sure, axis=1) == np.sort(row)).all(axis=1))
        assert place.size
        signed = set(zip(row.tolist(), code.tolist(), strict=True))
        assert any(
            signed == set(zip(sure[at].tolist(), bits(features)[at].tolist(), strict=True))
            for at in place
        )


def turned(features):
    """Return the features as a quarter turn to the left moves them."""
    table = np.frombuffer(features.geometry, "<u2").reshape(-1, 4).astype(np.int64)
    moved = np.column_stack(
        [table[:, 1], 65535 - table[:, 0], table[:, 2], (table[:, 3] - 16384) % 65536]
    )
    return LocalFeatures(
        features.height, features.width, features.codes, moved.astype("<u2").tobytes()
    )


@pytest.mark.parametrize("name", ["terrazzo", "skyline"])
def test_a_quarter_turn_turns_the_features(name):
    luma = scene(name)[:480, :640]
    expected = turned(local_features(luma))
    again, differing = found_again(
        expected, local_features(np.ascontiguousarray(np.rot90(luma))), within=0.5, turn=0.02
    )
    assert again.mean() > 0.85  # cells of the selection's grid change their turn
    assert differing.mean() < 2


def test_a_reduced_decode_is_measured_in_pixels_of_the_whole():
    whole = resized(scene("terrazzo"), 2160, 1440)
    expected = local_features(whole)
    found = local_features(resized(whole, 1080, 720), size=(2160, 1440))
    assert (found.width, found.height) == (2160, 1440)
    again, differing = found_again(expected, found, within=4, turn=0.02)
    assert again.mean() > 0.7
    assert differing.mean() < 12


def test_half_the_size_has_most_of_the_features():
    luma = scene("marble")
    expected = local_features(luma)
    half = local_features(resized(luma, 360, 240))
    assert (half.width, half.height) == (360, 240)
    doubled = LocalFeatures(720, 480, half.codes, half.geometry)
    again, _ = found_again(expected, doubled, within=3, turn=0.03)
    assert again.mean() > 0.5
