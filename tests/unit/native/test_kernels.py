"""Every kernel against the NumPy code that it stands in for: all bits are equal."""

import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from eikona.domain.fingerprint import DecodeMode
from eikona.hashing import nmf, pdq
from eikona.hashing.registry import DEFAULT_ALGORITHMS, compute, resolve
from eikona.imaging.luma import luma_of
from eikona.imaging.picture import Picture
from eikona.imaging.plane import plane_of
from tests.unit.hashing import pictures

SIZES = [
    *((1, 1), (2, 1), (1, 2), (3, 3), (255, 257), (256, 256), (257, 255), (300, 7), (7, 300)),
    *((1, 30_000), (30_000, 1), (500, 375), (375, 500), (1000, 999), (512, 1024), (1999, 3001)),
]
DRAWN = [
    pictures.noise(256, 256, 3),
    pictures.coins(256, 256, 4),
    pictures.checkers(256, 256, 16),
    pictures.checkers(256, 256, 1),
    pictures.disc(256, 256, 200),
    pictures.ramp(256, 256, 256, 0),
    pictures.ramp(256, 256, 0, 256),
    pictures.ramp(256, 256, 100, 80),
    pictures.waves(256, 256),
    255 - pictures.waves(256, 256),
    np.kron(pictures.noise(4, 4, 5), np.ones((64, 64), np.uint8)),
]
EVERY_HASH = resolve([*DEFAULT_ALGORITHMS, "nmf"])
shapes = st.tuples(st.integers(1, 700), st.integers(1, 700))
slow = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def picture_of(luma, fine=None):
    height, width = luma.shape
    fine = luma if fine is None else fine
    return Picture(luma, fine, width, height, 1, 0, "png", DecodeMode.EXACT)


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)


def test_luma_of_every_colour(with_kernels):
    steps = np.arange(0, 256, 5, dtype=np.uint8)
    colours = np.array(list(itertools.product(steps, repeat=3)), np.uint8).reshape(-1, 52, 3)
    image = Image.fromarray(colours, "RGB")
    expected = luma_of(image)
    with with_kernels():
        rounded, fine = luma_of(image)
    assert (rounded.dtype, fine.dtype) == (np.uint8, np.float32)
    np.testing.assert_array_equal(rounded, expected[0])
    np.testing.assert_array_equal(fine, expected[1])


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (1, 3000), (3000, 1), (2100, 2050), (4200, 1100)])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "CMYK", "P", "YCbCr", "L", "LA"])
def test_luma_of_every_mode_and_size(with_kernels, mode, size):
    width, height = size
    image = Image.fromarray(noise(height, 3 * width).reshape(height, width, 3)).convert(mode)
    expected = luma_of(image.copy())
    with with_kernels():
        found = luma_of(image)
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("drawn", ["noise", "black", "white", "coins"])
def test_plane(with_kernels, size, drawn):
    luma = noise(*size)
    luma = {"noise": luma, "black": luma * 0, "white": luma | 255, "coins": luma // 128 * 255}[
        drawn
    ]
    expected = plane_of(luma)
    with with_kernels():
        np.testing.assert_array_equal(plane_of(luma), expected)


@slow
@given(shape=shapes, seed=st.integers(0, 99))
def test_plane_of_any_shape(with_kernels, shape, seed):
    luma = noise(*shape, seed)
    expected = plane_of(luma)
    with with_kernels():
        np.testing.assert_array_equal(plane_of(luma), expected)


def test_plane_of_turned_and_of_large_pictures(with_kernels):
    turned = np.rot90(noise(300, 400))  # not contiguous
    large = noise(2900, 2900)  # more pixels than 32 bits have room for: NumPy's work all the same
    expected = plane_of(turned), plane_of(large)
    with with_kernels():
        np.testing.assert_array_equal(plane_of(turned), expected[0])
        np.testing.assert_array_equal(plane_of(large), expected[1])


@pytest.mark.parametrize("drawing", DRAWN)
def test_every_hash_of_drawings(with_kernels, drawing):
    for picture in (picture_of(drawing), picture_of(np.ascontiguousarray(drawing[::-1, ::-1].T))):
        expected = compute(picture, EVERY_HASH)
        with with_kernels():
            assert compute(picture, EVERY_HASH) == expected


@slow
@given(shape=shapes, seed=st.integers(0, 99), contrast=st.sampled_from([2, 3, 20, 256]))
def test_every_hash_of_anything(with_kernels, shape, seed, contrast):
    smooth = np.random.default_rng(seed).integers(0, contrast, (5, 5)).astype(np.uint8)
    luma = np.asarray(Image.fromarray(smooth).resize(shape[::-1], Image.Resampling.BICUBIC))
    picture = picture_of(luma, luma.astype(np.float32) + np.float32(0.25))
    expected = compute(picture, EVERY_HASH)
    with with_kernels():
        assert compute(picture, EVERY_HASH) == expected


@pytest.mark.parametrize("names", [["pdq"], ["nmf"], ["ahash"], ["whash256"], ["forbild"]])
def test_some_hashes_alone(with_kernels, names):
    picture = picture_of(pictures.waves(320, 200))
    expected = compute(picture, resolve(names))
    with with_kernels():
        assert compute(picture, resolve(names)) == expected


def test_flat_pictures(with_kernels):
    for level in (0, 77, 255):
        picture = picture_of(pictures.flat(300, 200, level))
        expected = compute(picture, EVERY_HASH)
        with with_kernels():
            assert compute(picture, EVERY_HASH) == expected


def test_pdq_codes_with_ties_and_zeros_of_both_signs(with_kernels):
    draw = np.random.default_rng(7)
    for levels in (2, 3, 9, 10**6):
        values = draw.integers(-levels, levels, (16, 16)).astype(np.float32)
        values[draw.random((16, 16)) < 0.4] = 0.0
        transform = pdq.PdqTransform(values * np.float32(-1), 0)  # zeros become negative ones
        expected = pdq.pdq_orientations(transform)
        with with_kernels():
            assert pdq.pdq_orientations(transform) == expected
            assert pdq.pdq(transform) == expected[0]


def test_pdq_quality(with_kernels):
    draw = np.random.default_rng(8)
    seen = set()
    for contrast in np.linspace(2, 12, 80):
        samples = (draw.random((64, 64)) * contrast).astype(np.float32)
        expected = pdq._quality(samples)
        with with_kernels():
            assert pdq._quality(samples) == expected
        seen.add(expected)
    assert len(seen) > 10


def test_nmf_of_uneven_rings(with_kernels):
    for level in range(0, 256, 15):
        plane = pictures.disc(256, 256, level)
        expected = nmf.nmf(plane)
        with with_kernels():
            assert nmf.nmf(plane) == expected
