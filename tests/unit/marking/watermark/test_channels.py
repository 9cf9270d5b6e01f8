"""Pillow images of every mode become pixels that hold a mark."""

import numpy as np
import pytest
from PIL import Image

from eikona.domain.errors import UnsupportedModeError
from eikona.marking.watermark.channels import luma_over_white, markable, shares
from tests.unit.marking.watermark.pictures import textured


@pytest.mark.parametrize(
    ("mode", "converted", "shape"),
    [
        ("L", None, ()),
        ("LA", None, (2,)),
        ("RGB", None, (3,)),
        ("RGBA", None, (4,)),
        ("P", "RGB", (3,)),
        ("CMYK", "RGB", (3,)),
        ("1", "L", ()),
    ],
)
def test_says_what_was_converted(mode, converted, shape):
    pixels, told = markable(Image.fromarray(textured(20, 30)).convert(mode))

    assert told == converted
    assert pixels.shape == (20, 30, *shape)


def test_a_transparent_colour_becomes_alpha():
    image = Image.fromarray(textured(20, 30)).convert("P")
    image.info["transparency"] = 0
    pixels, told = markable(image)

    assert told == "RGBA"
    assert pixels.shape == (20, 30, 4)


def test_refuses_modes_without_such_a_form():
    with pytest.raises(UnsupportedModeError, match="'F'"):
        markable(Image.new("F", (9, 9)))


def test_luma_is_that_of_a_white_page():
    pixels = np.dstack([textured(20, 30), np.full((20, 30), 102, np.uint8)])
    shown = Image.new("RGBA", (30, 20), "white")
    shown.alpha_composite(Image.fromarray(pixels))
    difference = luma_over_white(pixels).astype(int) - np.asarray(shown.convert("L"))

    assert np.abs(difference).max() <= 1


def test_shares_make_one_level_of_luma_at_the_least_error():
    share = shares(3)
    weights = np.array([0.299, 0.587, 0.114])

    assert share @ weights == pytest.approx(1, abs=1e-4)
    assert (share**2).sum() < (np.ones(3) ** 2).sum() * 0.8
