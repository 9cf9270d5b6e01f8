"""What is kept of descriptors: bits in order, places, and the mirror image without features."""

import numpy as np

from eikona.domain.local_features import LocalFeatures
from eikona.matching.shortlist.coding import (
    MOST_KEY_BITS,
    Query,
    descriptors_of,
    frames_of,
    keys_and_codes,
    sketches_of,
)
from eikona.matching.shortlist.learned import FLIP_COSTS, KEY_BITS, REST_BITS, UNSURE_COSTS
from tests.unit.matching.shortlist.made_features import copy, picture, without_margins


def bits_of(features):
    return np.unpackbits(np.frombuffer(features.codes, np.uint8).reshape(-1, 16), axis=1)


def test_bits_are_taken_once():
    assert len({*KEY_BITS, *REST_BITS}) == len(KEY_BITS) + len(REST_BITS) == 30 + 64
    assert max(*KEY_BITS, *REST_BITS) < 128
    assert list(FLIP_COSTS) == sorted(FLIP_COSTS)
    assert len(UNSURE_COSTS) == len(KEY_BITS)


def test_keys_and_codes_are_bits_in_order():
    features = picture(1)
    keys, codes = keys_and_codes(np.frombuffer(features.codes, np.uint8).reshape(-1, 16))
    for number, bits in enumerate(bits_of(features)):
        assert f"{keys[number]:0{MOST_KEY_BITS}b}" == "".join(str(bits[bit]) for bit in KEY_BITS)
        assert f"{codes[number]:064b}" == "".join(str(bits[bit]) for bit in REST_BITS)


def test_a_query_is_the_picture_and_its_mirror_image():
    for features in (picture(2), without_margins(picture(3))):
        query = Query.of(features)
        mirrored = Query.of(features.mirrored())
        half = query.features
        assert half == len(features)
        for ours, theirs in (
            (slice(half, None), slice(0, half)),
            (slice(0, half), slice(half, None)),
        ):
            np.testing.assert_array_equal(query.keys[ours], mirrored.keys[theirs])
            np.testing.assert_array_equal(query.codes[ours], mirrored.codes[theirs])
            np.testing.assert_array_equal(query.costs[ours], mirrored.costs[theirs])
            turned = query.frames[ours] - mirrored.frames[theirs]
            turned[:, 2] -= np.rint(turned[:, 2])  # whole turns
            assert np.abs(turned).max() < 0.01


def test_places_are_kept_to_a_step():
    features = picture(4)
    packed = descriptors_of([features], 300).geometry
    off = np.abs(frames_of(packed) - Query.of(features).frames[: len(features)])
    assert off[:, :2].max() <= 0.76  # fitted pixels
    assert off[:, 2].max() <= 0.5 / 256 + 1e-6
    assert off[:, 3].max() <= 0.5 / 16 + 1e-6


def test_large_pictures_are_measured_in_fitted_pixels():
    small = picture(5)
    large = LocalFeatures(3840, 2880, small.codes, small.geometry)
    np.testing.assert_array_equal(
        descriptors_of([small], 300).geometry, descriptors_of([large], 300).geometry
    )


def test_sketches_tell_near_duplicates():
    def sketch(*pictures):
        coded = descriptors_of(list(pictures), 300)
        counts = np.array([len(one) for one in pictures])
        return sketches_of(coded.keys, counts)[:, None].view(np.uint8)

    ours = picture(6)
    copies = sketch(ours, *(copy(ours, seed, flips=0.01) for seed in range(20)))
    others = sketch(ours, *(picture(seed) for seed in range(10, 30)))
    assert (copies[1:] == copies[0]).mean() > 0.5
    assert (others[1:] == others[0]).mean() < 0.1
    assert (sketch(picture(0, 0), ours)[1] == copies[0]).all()  # one without features before it
