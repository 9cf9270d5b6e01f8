"""Alignments: known motions come out, unrelated pictures have none, guards strike what they say."""

import functools

import numpy as np
import pytest

from eikona.domain.alignment import NO_ALIGNMENT
from eikona.domain.local_features import LocalFeatures
from eikona.hashing.local_features.extraction import local_features
from eikona.matching.guards import GUARDS, Evidence, guards_of_bank, plausible_shape
from eikona.matching.local_verification import Verifier, verify
from eikona.matching.placed_features import PlacedFeatures
from eikona.matching.shared_motion import (
    LONGEST_DISTANCE,
    RATIO,
    SharedMotion,
    nearest_codes,
)
from tests.unit.hashing import pictures
from tests.unit.hashing.local_features.scenes import resized, scene, warped

features_of = functools.cache(lambda name, seed=5: local_features(scene(name, seed)))


def rotation(degrees, scale=1.0, about=(360, 240), to=(360, 240)):
    """Return the motion that turns and shrinks about a point, and moves that to another."""
    angle = np.deg2rad(degrees)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.column_stack([turn, np.array(to) - turn @ np.array(about)])


MOTIONS = {
    "as it is": (np.eye(2, 3), 720, 480),
    "rotated by 30": (rotation(30, to=(400, 300)), 800, 600),
    "rotated by 200": (rotation(200), 720, 480),
    "half": (np.array([[0.5, 0, 0], [0, 0.5, 0]]), 360, 240),
    "cropped to a quarter": (np.array([[1.0, 0, -200], [0, 1, -130]]), 360, 240),
    "in a screenshot": (rotation(4, 0.6, to=(500, 600)), 900, 1200),
    "stretched": (np.array([[1.4, 0, 0], [0, 1, 0]]), 1008, 480),
    "mirrored": (np.array([[-1.0, 0, 720], [0, 1, 0]]), 720, 480),
    "flipped": (np.array([[1.0, 0, 0], [0, -1, 480]]), 720, 480),
    "mirrored, cropped and turned": (
        np.array([[-1.1, 0.4, 620], [0.4, 1.1, -200]]),
        500,
        420,
    ),
}


def inverse(motion):
    square = np.vstack([motion, [0, 0, 1]])
    return np.linalg.inv(square)[:2]


@pytest.mark.parametrize("name", MOTIONS)
@pytest.mark.parametrize("painted", ["terrazzo", "marble"])
def test_a_known_motion_comes_out(name, painted):
    motion, width, height = MOTIONS[name]
    altered = local_features(warped(scene(painted), inverse(motion), width, height))
    for query, entry, wanted, sizes in (
        (features_of(painted), altered, motion, (720, 480)),
        (altered, features_of(painted), inverse(motion), (width, height)),
    ):
        found = verify(query, entry)
        assert found.inliers >= 30
        assert found.mirrored == (np.linalg.det(wanted[:, :2]) < 0)
        for place in found.pairs:
            x, y = query.place(place[0])
            assert 0 <= x <= sizes[0]
            assert found.moved(x, y) == pytest.approx(wanted @ [x, y, 1], abs=2)


def test_pairs_name_the_features_that_lie_on_each_other():
    query = features_of("terrazzo")
    entry = local_features(warped(scene("terrazzo"), inverse(rotation(30)), 720, 480))
    found = verify(query, entry)
    assert len(found.pairs) == found.inliers
    assert len({ours for ours, _ in found.pairs}) == found.inliers
    assert len({theirs for _, theirs in found.pairs}) == found.inliers
    scale = entry.scale
    for ours, theirs in found.pairs:
        apart = np.subtract(found.moved(*query.place(ours)), entry.place(theirs)) * scale
        assert np.hypot(*apart) < 8.5


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("terrazzo", 5), ("marble", 5)),
        (("terrazzo", 5), ("terrazzo", 6)),
        (("skyline", 5), ("skyline", 6)),
        (("marble", 5), ("marble", 6)),
        (("dunes", 5), ("dunes", 6)),
        (("ripples", 5), ("aurora", 6)),
    ],
)
def test_other_pictures_of_the_same_kind_do_not_align(one, other):
    assert verify(features_of(*one), features_of(*other)).inliers < 4


def test_alignments_say_how_many_features_might_have_agreed():
    few = drawn([(20 + 30 * k, 100 + 15 * k) for k in range(12)])
    assert verify(few, features_of("marble")).features == 12
    assert verify(features_of("marble"), few).features == 12
    assert verify(features_of("marble"), features_of("marble")).features == 300


def test_nothing_aligns_with_a_flat_picture():
    flat = local_features(pictures.flat(300, 200, 90))
    assert verify(flat, features_of("marble")) == NO_ALIGNMENT
    assert verify(features_of("marble"), flat) == NO_ALIGNMENT
    assert verify(flat, flat) == NO_ALIGNMENT


def test_sizes_of_the_files_do_not_matter():
    small, large = (resized(scene("terrazzo"), *size) for size in ((480, 320), (1920, 1280)))
    found = verify(local_features(small), local_features(large))
    assert found.inliers > 100
    np.testing.assert_allclose(found.transform, [[4, 0, 0], [0, 4, 0]], atol=4)


def test_works_on_features_that_were_stored():
    stored = LocalFeatures.from_bytes(features_of("marble").to_bytes())
    assert verify(stored, stored) == verify(features_of("marble"), features_of("marble"))


def test_nearest_codes_follow_their_definition():
    random = np.random.default_rng(2)
    entry = random.integers(0, 256, (40, 16), np.uint8)
    query = entry[random.permutation(40)].copy()
    for number, row in enumerate(query):  # more and more bits wrong
        for bit in random.choice(128, 2 * number, replace=False):
            row[bit // 8] ^= 1 << bit % 8
    entry[7] = entry[3]  # a tie
    wanted = []
    for number, row in enumerate(query):
        distances = np.unpackbits(entry ^ row, axis=1).sum(axis=1)
        first, second = np.sort(distances)[:2]
        if first <= LONGEST_DISTANCE and first < RATIO * second:
            wanted.append((int(first), number, int(distances.argmin())))
    found = nearest_codes(words(query), words(entry))
    assert [(d, q, e) for q, e, d in found.T.tolist()] == sorted(wanted)
    assert 10 < len(wanted) < 40


def words(codes):
    return np.ascontiguousarray(codes.view("<u8").astype(np.uint64).T)


# ---- guards


def drawn(places, size=(384, 384)):
    """Return features with codes of their own at these places, all of one size, upright."""
    random = np.random.default_rng(8)
    geometry = np.zeros((len(places), 4), "<u2")
    geometry[:, :2] = np.array(places) / size * 65536
    geometry[:, 2] = 4 * 4096
    codes = random.integers(0, 256, (len(places), 16), np.uint8)
    return LocalFeatures(*size, codes.tobytes(), geometry.tobytes())


def without(name):
    return {other: guard for other, guard in GUARDS.items() if other != name}


def aligned(query, entry, guards):
    return Verifier(query, guards).align(entry).inliers


def test_places_on_one_line_prove_nothing():
    line = drawn([(20 + 30 * k, 100 + 15 * k) for k in range(12)])
    assert aligned(line, line, GUARDS) == 0
    assert aligned(line, line, {"spread-out": GUARDS["spread-out"]}) == 0
    assert aligned(line, line, {"one-a-place": GUARDS["one-a-place"]}) == 12


def test_each_place_counts_once():
    heap = [(200 + k % 2, 150 + k // 2) for k in range(4)]
    around = [(50, 60), (300, 80), (90, 330), (310, 300)]
    features = drawn([*heap, *around])
    assert aligned(features, features, GUARDS) == 5
    assert aligned(features, features, without("one-a-place")) == 8


@pytest.mark.parametrize(
    ("motion", "kept"),
    [
        ([[1, 0, 9], [0, 1, 9]], 2),
        ([[0, -2, 9], [2, 0, 9]], 2),
        ([[1, 0, 0], [0, 0.35, 0]], 2),
        ([[1, 0, 0], [0, 0.32, 0]], 0),
        ([[1, 1.7, 0], [0, 1, 0]], 0),
        ([[-1, 0, 0], [0, 1, 0]], 0),  # mirrors are tried by themselves
        ([[0, 0, 5], [0, 0, 5]], 0),
    ],
)
def test_a_motion_that_flattens_or_mirrors_the_picture_is_none(motion, kept):
    placed = PlacedFeatures.of(drawn([(10, 10), (300, 200)]))
    found = SharedMotion(np.array(motion, float), np.zeros((3, 2), np.int32), 2)
    assert plausible_shape(Evidence(placed, placed, found), np.arange(2)).size == kept


def test_a_code_that_the_query_has_twice_proves_nothing():
    random = np.random.default_rng(4)
    places = random.uniform(20, 360, (24, 2))
    entry = drawn(places)
    codes = np.frombuffer(entry.codes, np.uint8).reshape(-1, 16)
    # four features more, elsewhere, each with a code of the first four
    query = drawn(np.concatenate([places, places[:4] / 2 + 150]))
    a_little, otherwise = np.zeros((2, 4, 16), np.uint8)
    a_little[:, 3], otherwise[:, 9] = 0b1111, 0b10011001
    twice = np.concatenate([codes[:4] ^ a_little, codes[4:], codes[:4] ^ otherwise])
    query = LocalFeatures(384, 384, twice.tobytes(), query.geometry)
    assert aligned(query, entry, GUARDS) == 20
    assert aligned(query, entry, without("told-apart")) == 24


@pytest.mark.parametrize(("reach", "count"), [(20, 0), (60, 0), (90, 30), (300, 30)])
def test_a_spot_of_both_pictures_proves_nothing(reach, count):
    grid = np.stack(np.divmod(np.arange(30), 6), axis=1)
    spot = drawn(np.array([30, 40]) + reach / 6 * grid)
    guards = without("one-a-place")
    assert aligned(spot, spot, guards) == count
    del guards["far-reaching"]
    assert aligned(spot, spot, guards) == 30


def test_a_spot_may_be_the_whole_of_the_other_picture():
    random = np.random.default_rng(6)
    places = random.uniform(10, 370, (30, 2))
    whole = drawn(places)
    geometry = np.frombuffer(drawn(100 + places / 8).geometry, "<u2").reshape(-1, 4).copy()
    geometry[:, 2] -= 3 * 4096
    spot = LocalFeatures(384, 384, whole.codes, geometry.tobytes())
    guards = without("one-a-place")  # pixels are large there
    assert aligned(whole, spot, guards) == 30
    assert aligned(spot, whole, guards) == 30


def framed(seed):
    """Return 40 features of a frame that all have, and 80 of one's own within it."""
    own, everyone = np.random.default_rng(seed), np.random.default_rng(0)
    rim = everyone.uniform(8, 376, (40, 2))
    rim[:, 1] = np.where(rim[:, 1] < 192, rim[:, 1] / 6, 384 - (384 - rim[:, 1]) / 6)
    frame, content = drawn(rim), drawn(own.uniform((8, 80), (376, 304), (80, 2)))
    codes = own.integers(0, 256, (80, 16), np.uint8).tobytes()
    return LocalFeatures(384, 384, frame.codes + codes, frame.geometry + content.geometry)


def test_a_frame_around_something_else_proves_nothing():
    assert aligned(framed(1), framed(2), GUARDS) == 0
    assert aligned(framed(1), framed(2), without("filled")) >= 30
    assert aligned(framed(1), framed(1), GUARDS) > 90


def test_a_part_of_a_collage_is_evidence_however_much_is_beside_it():
    """One quarter lies on the other picture's quarter; nothing else does."""
    random = np.random.default_rng(3)
    mine, theirs = (random.uniform(8, 376, (120, 2)) for _ in range(2))
    mine[:40] = theirs[:40] = random.uniform((8, 8), (190, 190), (40, 2))
    query, entry = drawn(mine), drawn(theirs)
    other = random.integers(0, 256, (80, 16), np.uint8).tobytes()
    entry = LocalFeatures(384, 384, entry.codes[: 40 * 16] + other, entry.geometry)
    assert aligned(query, entry, GUARDS) > 30


@pytest.mark.parametrize(("side", "share"), [(96, 1 / 16), (192, 1 / 4), (364, 0.9)])
def test_reach_is_the_share_of_a_picture_that_inliers_surround(side, share):
    grid = np.stack(np.divmod(np.arange(64), 8), axis=1)
    features = drawn(10 + side / 7 * grid)
    found = Verifier(features, {}).align(features)
    assert found.reach == pytest.approx(share, rel=0.05)
    assert NO_ALIGNMENT.reach == 0


def test_features_that_many_entries_have_can_be_struck_out():
    features = features_of("terrazzo")
    common = np.arange(300) % 2 == 0
    found = Verifier(features, guards_of_bank(common)).align(features)
    assert found.inliers > 80
    assert all(ours % 2 for ours, _ in found.pairs)


def test_a_bank_makes_no_more_of_an_alignment_than_the_pair_does():
    query, entry = framed(1), framed(2)
    common = np.arange(120) % 3 == 0
    assert Verifier(query, guards_of_bank(common)).align(entry).inliers == 0
    assert Verifier(query, guards_of_bank(np.arange(120) >= 40)).align(query).inliers == 0


def test_features_as_arrays_are_in_fitted_pixels():
    features = LocalFeatures(
        1600, 800, bytes(range(16)), np.array([32768, 16384, 3 * 4096, 16384], "<u2").tobytes()
    )
    placed = PlacedFeatures.of(features)
    np.testing.assert_allclose(placed.frames[:, 0], [192, 48, 2, 0, 1], atol=0.01)
    assert placed.words[:, 0].tolist() == [
        int.from_bytes(range(8), "little"),
        int.from_bytes(range(8, 16), "little"),
    ]
