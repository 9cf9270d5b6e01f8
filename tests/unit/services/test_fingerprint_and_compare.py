"""The Python facade on pictures that the tests make."""

import io
import math
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import eikona
from eikona.domain.errors import IncomparableError, UnknownAlgorithmError, UnknownRuleError
from eikona.domain.fingerprint import DecodeMode, Orientation
from eikona.hashing.local_features.extraction import local_features
from eikona.hashing.registry import DEFAULT_ALGORITHMS, OWN_ALGORITHMS
from eikona.matching.local_verification import verify
from eikona.services.fingerprint_source import compat_hashes
from tests.unit.hashing.pictures import PICTURES, checkers, disc, noise, ramp, waves


def encoded(pixels, kind="PNG", **options):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, **options)
    return out.getvalue()


@pytest.fixture(scope="module")
def colours():
    """A coloured picture of 500 x 375 with shapes, slopes and texture."""
    shapes = disc(500, 375, 120).astype(np.int64) + ramp(500, 375, 60, 0) // 4
    red = shapes + waves(500, 375) // 4
    green = shapes + np.roll(shapes, (90, 140), axis=(0, 1)) // 2 + waves(500, 375) // 8
    blue = 200 - shapes // 2 + checkers(500, 375, 61) // 8
    return np.clip(np.stack([red, green, blue], axis=2), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def picture(colours):
    return encoded(colours)


def test_default_is_every_hash_but_the_nmf_ones(picture):
    found = eikona.fingerprint(picture)
    assert tuple(found.hashes) == DEFAULT_ALGORITHMS
    assert set(OWN_ALGORITHMS) - set(DEFAULT_ALGORITHMS) == {"nmf", "nmf-unihasher"}
    assert (found.width, found.height, found.frames, found.image_format) == (500, 375, 1, "png")
    assert found.hex["pdq"] == found.hashes["pdq"].hex() == found.pdq_orientations[0].hex()


def test_path_bytes_and_open_file_give_the_same(picture, tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(picture)
    expected = eikona.fingerprint(picture)
    with path.open("rb") as file:
        assert eikona.fingerprint(file) == expected
    assert eikona.fingerprint(path) == eikona.fingerprint(str(path)) == expected
    assert eikona.fingerprint(memoryview(picture)) == expected


def test_only_what_is_asked_for(picture):
    found = eikona.fingerprint(picture, algorithms=["phash", "nmf", "phash"])
    assert tuple(found.hashes) == ("phash", "nmf")
    assert found.pdq_orientations == ()
    assert found.forbild_grey == b""
    assert found.quality == eikona.fingerprint(picture).quality


@pytest.mark.parametrize("names", [["md5"], [], ["pdq", "PDQ"]])
def test_unknown_algorithms_name_the_known_ones(picture, names):
    with pytest.raises(UnknownAlgorithmError, match="phash256"):
        eikona.fingerprint(picture, algorithms=names)


def test_unknown_decode_mode_names_the_known_ones(picture):
    with pytest.raises(eikona.UsageError, match="auto, exact, fast"):
        eikona.fingerprint(picture, decode="quick")


def test_local_features_are_of_the_same_luma_and_change_nothing_else():
    square = noise(300, 400, 3)
    plain = eikona.fingerprint(encoded(square, "PNG"))
    found = eikona.fingerprint(encoded(square, "PNG"), local_features=True)
    assert plain.local_features is None
    assert found.local_features == local_features(square)
    assert replace(found, local_features=None) == plain


def test_local_features_of_a_reduced_jpeg_are_in_pixels_of_the_whole():
    large = np.kron(noise(400, 300, 3), np.ones((6, 6), np.uint8))
    found = eikona.fingerprint(encoded(large, "JPEG"), local_features=True, algorithms=["phash"])
    assert found.decode is not DecodeMode.EXACT
    assert (found.local_features.width, found.local_features.height) == (2400, 1800)
    whole = eikona.fingerprint(encoded(large, "JPEG"), local_features=True, decode="exact")
    aligned = verify(found.local_features, whole.local_features)
    assert aligned.inliers > 50
    assert aligned.moved(2000, 1500) == pytest.approx((2000, 1500), abs=8)


def test_frames_of_a_still_image(picture):
    (found,) = eikona.fingerprint_frames(picture)
    assert found == eikona.fingerprint(picture, decode="exact")


def test_frames_of_an_animation_are_spread_from_first_to_last():
    frames = [Image.fromarray(noise(64, 48, seed)) for seed in range(40)]
    out = io.BytesIO()
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    found = eikona.fingerprint_frames(out.getvalue(), samples=5, algorithms=["phash"])
    assert [each.frame for each in found] == [0, 9, 19, 29, 39]
    alone = [
        eikona.fingerprint(encoded(noise(64, 48, each.frame)), algorithms=["phash"])
        for each in found
    ]
    assert [each.hashes for each in found] == [each.hashes for each in alone]


def test_no_frames_cannot_be_asked_for(picture):
    with pytest.raises(eikona.UsageError, match="at least one"):
        eikona.fingerprint_frames(picture, samples=0)


def test_compat_sizes_that_are_no_power_of_two_leave_the_wavelet_out(picture):
    assert set(compat_hashes(picture, hash_size=8).hashes) == {
        "average_hash",
        "dhash",
        "phash",
        "whash",
    }
    assert set(compat_hashes(picture, hash_size=5).hashes) == {"average_hash", "dhash", "phash"}
    with pytest.raises(eikona.UsageError):
        compat_hashes(picture, hash_size=1)


@pytest.mark.parametrize(
    ("turn", "orientation"),
    [
        (None, Orientation.ORIGINAL),
        (Image.Transpose.ROTATE_90, Orientation.ROTATE_90),
        (Image.Transpose.ROTATE_180, Orientation.ROTATE_180),
        (Image.Transpose.ROTATE_270, Orientation.ROTATE_270),
        (Image.Transpose.FLIP_TOP_BOTTOM, Orientation.FLIP_TOP_BOTTOM),
        (Image.Transpose.FLIP_LEFT_RIGHT, Orientation.FLIP_LEFT_RIGHT),
        (Image.Transpose.TRANSPOSE, Orientation.TRANSPOSE),
        (Image.Transpose.TRANSVERSE, Orientation.TRANSVERSE),
    ],
)
def test_a_turned_recompressed_copy_matches_and_says_how_it_was_turned(
    colours, picture, turn, orientation
):
    copy = Image.fromarray(colours)
    copy = copy if turn is None else copy.transpose(turn)
    out = io.BytesIO()
    copy.save(out, "JPEG", quality=60)
    found = eikona.compare(picture, out.getvalue())
    assert found.verdict.match
    assert found.verdict.outcome is eikona.Outcome.BLOCK
    assert found.distances.orientation is orientation


def test_other_pictures_do_not_match(picture):
    found = eikona.compare(picture, encoded(noise(500, 375, 3)))
    assert not found.verdict.match
    assert found.verdict.outcome is eikona.Outcome.CLEAR


def test_flat_pictures_are_refused_with_the_reason():
    flat = encoded(np.full((80, 80), 200, np.uint8))
    found = eikona.compare(flat, flat)
    assert found.distances.by_name["pdq"] == 0
    assert not found.verdict.match
    assert "too plain" in found.verdict.reason


def test_a_picture_compared_with_itself(picture):
    found = eikona.compare(picture, picture, rule="threshold:nmf=0.1")
    assert all(value == pytest.approx(0) for value in found.distances.by_name.values())
    assert all(value == pytest.approx(100) for value in found.distances.similarity_percent.values())
    assert {"nmf", "forbild-weighted"} <= set(found.distances.by_name)


def test_fingerprints_can_be_compared_without_their_pictures(picture):
    before = eikona.fingerprint(picture)
    assert eikona.compare(before, picture) == eikona.compare(before, before)


def test_fingerprints_that_share_no_hash_are_refused(picture):
    a = eikona.fingerprint(picture, algorithms=["ahash"])
    b = eikona.fingerprint(picture, algorithms=["dhash"])
    with pytest.raises(IncomparableError, match="share no hash"):
        eikona.compare(a, b)
    with pytest.raises(IncomparableError, match="pdq"):
        eikona.compare(a, a)


def test_unknown_rules_are_refused(picture):
    with pytest.raises(UnknownRuleError):
        eikona.compare(picture, picture, rule="best")


def test_forbild_finds_a_recompressed_copy(colours, picture):
    copy = encoded(colours, "JPEG", quality=50)
    assert eikona.compare(picture, copy, rule="forbild").verdict.match
    assert not eikona.compare(picture, encoded(noise(500, 375, 9)), rule="forbild").verdict.match


def test_errors_are_the_ones_documented(tmp_path):
    with pytest.raises(eikona.SourceError):
        eikona.fingerprint(tmp_path / "missing.jpg")
    with pytest.raises(eikona.InvalidImageError):
        eikona.fingerprint(b"text")


def test_every_public_name_is_there():
    for name in eikona.__all__:
        assert getattr(eikona, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        _ = eikona.nothing


def test_distances_are_finite_for_unrelated_pictures():
    found = eikona.compare(
        encoded(PICTURES["waves-500x375"]()), encoded(PICTURES["coins-150x90"]())
    )
    assert all(math.isfinite(value) for value in found.distances.by_name.values())


def test_a_comparison_is_true_for_a_match_only(picture):
    flat = encoded(np.full((80, 80), 200, np.uint8))
    assert eikona.compare(picture, picture)
    assert eikona.compare(picture, picture).match
    assert not eikona.compare(flat, flat)


def test_errors_name_the_file_in_their_notes(tmp_path, picture):
    with pytest.raises(eikona.SourceError) as caught:
        eikona.compare(picture, tmp_path / "missing.jpg")
    assert str(tmp_path / "missing.jpg") in caught.value.__notes__[0]


def test_one_algorithm_needs_no_list(picture):
    assert tuple(eikona.fingerprint(picture, algorithms="phash").hashes) == ("phash",)


def test_public_names_are_listed_before_they_are_imported():
    assert {"fingerprint", "compare", "InvalidImageError"} <= set(dir(eikona))


def test_a_lack_of_memory_is_an_error_of_ours(picture, monkeypatch):
    def starved(*_, **__):
        raise MemoryError

    monkeypatch.setattr("eikona.services.fingerprint_source.compute", starved)
    with pytest.raises(eikona.InvalidImageError, match="memory"):
        eikona.fingerprint(picture)


def test_compat_refuses_sides_whose_filter_would_not_fit():
    with pytest.raises(eikona.InvalidImageError, match="200,000"):
        compat_hashes(encoded(np.zeros((1, 200_001), np.uint8)))


@pytest.mark.parametrize("size", [8, 16])
def test_hashes_of_imagehash_are_those_of_compat(picture, size):
    names = {"average_hash": "ahash", "dhash": "dhash", "phash": "phash", "whash": "whash"}
    ending = {8: "", 16: "256"}[size]
    expected = compat_hashes(picture, hash_size=size).hashes
    asked = [f"imagehash-{name}{ending}" for name in names.values()]
    found = eikona.fingerprint(picture, algorithms=[*asked, "phash"]).hex
    assert {name: found[f"imagehash-{short}{ending}"] for name, short in names.items()} == expected
    assert found["phash"] == eikona.fingerprint(picture).hex["phash"]


def test_a_flat_picture_has_the_hashes_that_imagehash_gives_it():
    flat = encoded(np.full((80, 80), 200, np.uint8))
    found = eikona.fingerprint(flat, algorithms=["imagehash-phash", "pdq"])
    assert found.hex["imagehash-phash"] == compat_hashes(flat).hashes["phash"] != "0" * 16
    assert found.hashes["pdq"] == bytes(32)


def test_frames_have_no_hashes_of_imagehash(picture):
    with pytest.raises(eikona.UsageError, match="imagehash"):
        eikona.fingerprint_frames(picture, algorithms=["imagehash-phash"])


def test_a_rule_on_a_hash_of_imagehash_has_it_computed(colours, picture):
    copy = encoded(colours, "JPEG", quality=50)
    found = eikona.compare(picture, copy, rule="threshold:imagehash-phash=10")
    assert found.match
    assert found.distances.by_name["imagehash-phash"] <= 10
