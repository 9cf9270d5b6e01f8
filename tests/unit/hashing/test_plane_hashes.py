"""The whole-number hashes against their definitions written out, and the shared vectors."""

import hashlib
import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eikona.domain.fingerprint import DecodeMode
from eikona.hashing.nmf import initial_factors, nmf
from eikona.hashing.registry import OWN_ALGORITHMS, compute, resolve
from eikona.hashing.views import Views
from eikona.imaging.picture import Picture
from eikona.imaging.plane import plane_of
from tests.unit.hashing import definitions as slow
from tests.unit.hashing.pictures import PICTURES

VECTORS = json.loads(Path("vectors/fingerprint.json").read_text())
INTEGER = tuple(
    name
    for name in OWN_ALGORITHMS
    if name not in {"pdq", "nmf", "nmf-unihasher", "whash", "whash256"}
)


def picture_of(luma):
    return Picture(luma, luma, luma.shape[1], luma.shape[0], 1, 0, "png", DecodeMode.EXACT)


def hashes_of(luma, names=INTEGER):
    return dict(compute(picture_of(luma), resolve(names)).hashes)


@pytest.mark.parametrize("entry", VECTORS, ids=lambda e: f"{e['width']}x{e['height']}")
def test_matches_the_shared_vectors(entry):
    luma = np.frombuffer(bytes.fromhex(entry["luma"]), np.uint8)
    luma = luma.reshape(entry["height"], entry["width"])
    plane = plane_of(luma)
    assert plane.diagonal().tobytes().hex() == entry["plane_diagonal"]
    assert hashlib.sha256(plane.tobytes()).hexdigest() == entry["plane_sha256"]
    assert {name: code.hex() for name, code in hashes_of(luma).items()} == entry["hashes"]


@pytest.mark.parametrize(
    "name", ["noise-97x61", "mirrored-75x64", "fourfold-111x55", "waves-portrait-120x310"]
)
def test_matches_the_definitions(name):
    luma = PICTURES[name]()
    plane = slow.plane(luma.tolist())
    assert plane_of(luma).tolist() == plane
    assert hashes_of(luma) == slow.integer_hashes(plane)


@given(plane=st.integers(0, 2**32 - 1), contrast=st.sampled_from([1, 2, 9, 255]))
@settings(max_examples=6, deadline=None)
def test_matches_the_definitions_on_noise(plane, contrast):
    """Little contrast makes ties at means and medians, where a wrong comparison shows."""
    noise = np.random.default_rng(plane).integers(0, contrast + 1, (256, 256), dtype=np.uint8)
    assert hashes_of(noise) == slow.integer_hashes(noise.tolist())


@given(arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40))))
@settings(max_examples=15, deadline=None)
def test_the_plane_is_the_rounded_mean_of_exact_areas(luma):
    assert plane_of(luma).tolist() == slow.plane(luma.tolist())


def test_the_plane_of_a_picture_too_large_for_float32_sums_is_exact_too():
    """Both sides coprime to 256 and a product above 2^16 select the float64 sums."""
    luma = np.random.default_rng(5).integers(0, 256, (601, 331), dtype=np.uint8)
    assert plane_of(luma).tolist() == slow.plane(luma.tolist())


@pytest.mark.parametrize("shape", [(1, 70_001), (70_001, 1), (300, 66_001)])
def test_the_plane_of_extreme_shapes_keeps_their_mean(shape):
    luma = np.random.default_rng(6).integers(0, 256, shape, dtype=np.uint8)
    assert abs(plane_of(luma).mean() - luma.mean()) < 0.5


def test_the_plane_rounds_halves_up():
    assert set(plane_of(np.tile(np.uint8([[7, 8]]), (256, 256))).ravel().tolist()) == {8}


def test_the_plane_of_256_by_256_is_the_picture():
    luma = PICTURES["noise-256x256"]()
    assert np.array_equal(plane_of(luma), luma)


def test_whash_is_mhash_on_this_plane():
    hashes = hashes_of(PICTURES["waves-500x375"](), ("mhash", "whash", "mhash256", "whash256"))
    assert hashes["whash"] == hashes["mhash"]
    assert hashes["whash256"] == hashes["mhash256"]


def test_ahash_worked_by_hand():
    """Left half black, right half white: each row of 8 cells is 00001111."""
    luma = np.repeat(np.uint8([[0, 255]]), 128, axis=1).repeat(256, axis=0)
    assert hashes_of(luma, ("ahash",))["ahash"].hex() == "0f" * 8


def test_dhash_worked_by_hand():
    """Brighter to the right everywhere sets every bit; darker sets none."""
    ramp = np.tile(np.arange(256, dtype=np.uint8), (256, 1))
    assert hashes_of(ramp, ("dhash",))["dhash"].hex() == "ff" * 8
    assert hashes_of(ramp[:, ::-1].copy(), ("dhash256",))["dhash256"].hex() == "00" * 32


def test_phash_of_a_mirrored_picture_has_true_zeros():
    """Odd columns of the DCT vanish for a picture that is its own mirror image."""
    luma = PICTURES["mirrored-80x60"]()
    views = Views(picture_of(luma))
    assert not views.low8[:, 1::2].any()
    assert views.low8[:, ::2].all()


def test_forbild_ignores_mirroring():
    luma = PICTURES["noise-97x61"]()
    for mirrored in (luma[:, ::-1], luma[::-1], luma[::-1, ::-1]):
        turned = hashes_of(np.ascontiguousarray(mirrored), ("forbild",))
        assert turned == hashes_of(luma, ("forbild",))


def test_forbild_sets_at_least_half_of_each_quadrant():
    """The upper median is reached by 32 to 64 of 64 cells."""
    code = hashes_of(PICTURES["waves-500x375"](), ("forbild",))["forbild"]
    bits = np.unpackbits(np.frombuffer(code, np.uint8)).reshape(2, 8, 2, 8)
    assert (bits.sum(axis=(1, 3)) >= 32).all()


@pytest.mark.parametrize("name", ["waves-500x375", "disc-120x80", "noise-97x61"])
def test_nmf_matches_its_definition(name):
    plane = plane_of(PICTURES[name]())
    assert nmf(plane) == slow.nmf(plane.tolist())


def test_nmf_starts_from_the_shared_factors():
    shared = json.loads(Path("vectors/nmf_initial.json").read_text())
    for ours, name in zip(initial_factors(), ("base", "coefficients"), strict=True):
        assert (ours * 65536).tolist() == shared[name]


@pytest.mark.parametrize("level", [0, 129, 255])
@pytest.mark.parametrize("shape", [(1, 1), (40, 30), (300, 400)])
def test_flat_pictures_have_zero_hashes_and_no_quality(level, shape):
    found = compute(picture_of(np.full(shape, level, np.uint8)), resolve(tuple(OWN_ALGORITHMS)))
    assert found.quality == 0
    assert {name: len(code) * 8 for name, code in found.hashes.items()} == {
        name: row.bits for name, row in OWN_ALGORITHMS.items()
    }
    assert not any(any(code) for code in found.hashes.values())
    assert found.pdq_orientations == (bytes(32),) * 8


def test_every_algorithm_has_its_length_and_version():
    found = compute(picture_of(PICTURES["waves-500x375"]()), resolve(tuple(OWN_ALGORITHMS)))
    for name, row in OWN_ALGORITHMS.items():
        assert len(found.hashes[name]) * 8 == row.bits
        assert found.versions[name] == row.id.version
        assert any(found.hashes[name])


@pytest.mark.parametrize("shape", [(1000, 7), (7, 1000), (700, 900)])
def test_very_long_sides_are_summed_another_way_to_the_same_plane(shape, monkeypatch):
    luma = np.random.default_rng(8).integers(0, 256, shape, dtype=np.uint8)
    expected = plane_of(luma)
    monkeypatch.setattr("eikona.imaging.plane._LONGEST_BAND", 500)
    assert np.array_equal(plane_of(luma), expected)
    assert expected.tolist() == slow.plane(luma.tolist()) or shape == (700, 900)


@pytest.mark.parametrize("shape", [(4_000_000, 1), (1, 4_000_000), (5, 1_000_000), (1_000_000, 6)])
def test_thin_pictures_cost_no_more_than_their_pixels(shape):
    """A matrix as long as the side would take gigabytes, or its building minutes."""
    luma = (np.arange(shape[0] * shape[1]) >> 4).astype(np.uint8).reshape(shape)
    tracemalloc.start()
    try:
        compute(picture_of(luma), resolve(None))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 60 * luma.size + 50_000_000
