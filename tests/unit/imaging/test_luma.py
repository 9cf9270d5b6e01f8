import numpy as np
import pytest
from PIL import Image

from eikona.domain.errors import UnsupportedModeError
from eikona.imaging.luma import luma_of
from tests.unit.imaging.builders import luma_of_rgb, noise, photograph


def test_luma_is_the_integer_formula_on_every_kind_of_colour():
    pixels = noise(301, 199)
    luma, _ = luma_of(Image.fromarray(pixels))
    assert luma.dtype == np.uint8
    np.testing.assert_array_equal(luma, luma_of_rgb(pixels))


def test_luma_is_the_integer_formula_at_the_corners_of_the_colour_cube():
    levels = np.array([0, 1, 127, 128, 254, 255], np.uint8)
    cube = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(6, 36, 3)
    luma, _ = luma_of(Image.fromarray(cube))
    np.testing.assert_array_equal(luma, luma_of_rgb(cube))
    assert luma.max() == 255


def test_fine_luma_is_the_weighted_mean_before_rounding():
    pixels = noise(97, 61)
    _, fine = luma_of(Image.fromarray(pixels))
    r, g, b = (pixels[..., k].astype(np.float64) for k in range(3))
    assert fine.dtype == np.float32
    np.testing.assert_allclose(fine, (299 * r + 587 * g + 114 * b) / 1000, atol=2e-5)


@pytest.mark.parametrize("mode", ["L", "1"])
def test_grey_is_taken_as_it_is_and_has_nothing_finer(mode):
    image = Image.fromarray(noise(40, 30, 1)).convert(mode)
    luma, fine = luma_of(image)
    assert fine is luma
    np.testing.assert_array_equal(luma, np.asarray(image.convert("L")))


def over_white(pixels: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    share = alpha[..., np.newaxis] / 255
    return pixels * share + 255 * (1 - share)


@pytest.mark.parametrize("premultiplied", [False, True])
def test_alpha_goes_over_white(premultiplied):
    pixels, alpha = photograph(40, 30), noise(40, 30, 1)
    image = Image.fromarray(np.dstack([pixels, alpha]))
    luma, _ = luma_of(image.convert("RGBa") if premultiplied else image)
    expected = over_white(pixels, alpha) @ (0.299, 0.587, 0.114)
    assert np.abs(luma - expected).max() <= (2 if premultiplied else 1.5)


@pytest.mark.parametrize("mode", ["LA", "La"])
def test_grey_with_alpha_goes_over_white(mode):
    grey, alpha = photograph(40, 30)[..., 0], noise(40, 30, 1)
    image = Image.fromarray(np.dstack([grey, alpha]), "LA")
    luma, _ = luma_of(image.convert(mode))
    assert np.abs(luma - over_white(grey[..., np.newaxis], alpha)[..., 0]).max() <= 1.5


@pytest.mark.parametrize(
    ("mode", "colour", "transparent"),
    [("L", 77, 77), ("RGB", (9, 8, 7), (9, 8, 7)), ("P", 0, 0), ("1", 0, 0)],
)
def test_one_transparent_colour_is_white(mode, colour, transparent):
    image = Image.new(mode, (4, 2), colour)
    image.info["transparency"] = transparent
    luma, _ = luma_of(image)
    assert (luma == 255).all()


def test_palette_entries_have_alpha_each():
    image = Image.new("P", (2, 1))
    image.putpalette([0, 0, 0, 200, 200, 200])
    image.putpixel((1, 0), 1)
    image.info["transparency"] = bytes([0, 255])
    luma, _ = luma_of(image)
    assert luma.tolist() == [[255, 200]]


@pytest.mark.parametrize("mode", ["I;16", "I;16L", "I;16B"])
def test_16_bits_are_scaled_not_clipped(mode):
    order = ">u2" if mode == "I;16B" else "<u2"
    samples = np.array([[0, 255, 256, 257, 32768, 65535]], order)
    luma, fine = luma_of(Image.frombytes(mode, (6, 1), samples.tobytes()))
    assert fine is luma
    assert luma.tolist() == [[0, 0, 1, 1, 128, 255]]


def test_one_transparent_value_of_16_bits_is_white():
    samples = np.array([[256, 257, 258]], np.uint16)
    image = Image.fromarray(samples)
    image.info["transparency"] = 257
    assert luma_of(image)[0].tolist() == [[1, 255, 1]]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 0.5, 1], [0, 128, 255]),
        ([0, 100, 255], [0, 100, 255]),
        ([0, 257, 65535], [0, 1, 255]),
        ([-1, 0, 1], [0, 128, 255]),
        ([0, 500_000, 1_000_000], [0, 128, 255]),
        ([3, 3, 3], [3, 3, 3]),
        ([-7, -7, -7], [0, 0, 0]),
        ([0, np.nan, 1], [0, 0, 255]),
        ([np.inf, -np.inf, 1], [0, 0, 255]),
        ([-3.4e38, 0, 3.4e38], [0, 128, 255]),
    ],
)
def test_fractions_keep_a_usual_range_and_are_stretched_from_any_other(values, expected):
    image = Image.fromarray(np.array([values], np.float32))
    assert luma_of(image)[0].tolist() == [expected]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 1, 255], [0, 1, 255]),
        ([0, 32768, 65535], [0, 128, 255]),
        ([-32768, 0, 32767], [0, 128, 255]),
        ([-(2**31), 0, 2**31 - 1], [0, 128, 255]),
    ],
)
def test_whole_numbers_of_32_bits_likewise(values, expected):
    image = Image.fromarray(np.array([values], np.int32))
    assert luma_of(image)[0].tolist() == [expected]


@pytest.mark.filterwarnings("error")
def test_signalling_nans_do_not_warn():
    samples = np.array([[0x7F800001, 0x3F800000, 0xFFBFFFFF]], np.uint32).view(np.float32)
    luma, _ = luma_of(Image.frombytes("F", (3, 1), samples.tobytes()))
    assert luma.tolist() == [[0, 255, 0]]


def test_a_large_picture_is_stretched_by_the_extremes_of_all_of_it():
    samples = np.zeros((3, 700_000), np.float32)
    samples[0, 0], samples[2, -1] = -10, 10
    luma, _ = luma_of(Image.fromarray(samples))
    assert (luma[0, 0], luma[1, 5], luma[2, -1]) == (0, 128, 255)
    assert luma.shape == samples.shape


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "P", "CMYK"])
def test_a_large_picture_is_converted_by_strips_to_the_same_luma(mode, monkeypatch):
    image = Image.fromarray(noise(301, 199, 4)).convert("RGBA" if mode in {"RGBA", "LA"} else "RGB")
    image = image.quantize(200) if mode == "P" else image.convert(mode)
    if mode == "P":
        image.info["transparency"] = bytes(range(200))
    luma, fine = luma_of(image)
    monkeypatch.setattr("eikona.imaging.luma._ONE_BLOCK_PIXELS", 1000)
    monkeypatch.setattr("eikona.imaging.luma._STRIP_PIXELS", 7 * 301)
    pieced, fine_pieced = luma_of(image)
    np.testing.assert_array_equal(pieced, luma)
    np.testing.assert_array_equal(fine_pieced, fine)


def test_a_picture_wider_than_a_strip_is_converted_too():
    image = Image.new("RGB", (5_000_000, 1), (10, 20, 30))
    luma, fine = luma_of(image)
    assert luma.shape == fine.shape == (1, 5_000_000)
    assert set(luma[0, ::4999].tolist()) == {18}


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "HSV", "RGBX", "LAB"])
def test_other_colours_are_near_the_same_picture_in_rgb(mode):
    image = Image.fromarray(photograph(64, 48))
    luma, _ = luma_of(image.convert(mode))
    difference = np.abs(luma.astype(int) - luma_of_rgb(np.asarray(image)))
    assert difference.mean() <= 1.5
    assert difference.max() <= 12


def test_a_mode_without_luma_is_refused_by_name():
    image = Image.new("RGB", (2, 2))
    image._mode = "XYZ"
    with pytest.raises(UnsupportedModeError, match="XYZ"):
        luma_of(image)
