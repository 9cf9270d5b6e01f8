"""A close look: copies that were altered as a whole, and pictures that differ in one place."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont

from eikona.apps.cli.sample_pictures import SCENES
from eikona.domain.fingerprint import Orientation
from eikona.matching.same_look import looks_the_same, side_for, turned

SCENE_NAMES = list(SCENES)


def photo_like(number, width, height):
    """A drawn scene with fine texture all over."""
    return SCENES[SCENE_NAMES[number % len(SCENES)]](number).resize((width, height))


def _page(name, number, size=(620, 877)):
    """A form: everything but a name and a number is the same on each."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((40, 40, 140, 120), fill=(200, 60, 40))
    for row in range(14):
        draw.text((40, 200 + 40 * row), f"Line {row} of the form", fill="black", font=_font(20))
    draw.text((300, 200), name, fill="black", font=_font(24))
    draw.text((300, 400), number, fill="black", font=_font(24))
    return image


def _font(size):
    return ImageFont.load_default(size)


def _look(image, side):
    square = image.convert("L").resize((side, side), Image.Resampling.BOX)
    return np.asarray(square, np.uint8)


def _same(one, other):
    side = side_for(*one.size, *other.size)
    return looks_the_same(_look(one, side), _look(other, side))


def _saved(image, quality):
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return Image.open(io.BytesIO(out.getvalue())).convert("RGB")


ALTERED = {
    "as it is": lambda image: image,
    "quality 50": lambda image: _saved(image, 50),
    "half": lambda image: image.resize((image.width // 2, image.height // 2)),
    "darker": lambda image: ImageEnhance.Brightness(image).enhance(0.7),
    "more contrast": lambda image: ImageEnhance.Contrast(image).enhance(1.15),
    "grey": lambda image: image.convert("L").convert("RGB"),
    "sharper": lambda image: image.filter(ImageFilter.UnsharpMask(2, 50)),
    "blurred": lambda image: image.filter(ImageFilter.GaussianBlur(1)),
}


@pytest.mark.parametrize("alter", ALTERED.values(), ids=ALTERED)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_is_altered_as_a_whole_looks_the_same(seed, alter):
    picture = photo_like(seed, 640, 560)
    assert _same(picture, alter(picture))


@pytest.mark.parametrize("alter", [ALTERED["as it is"], ALTERED["quality 50"]])
def test_forms_that_are_filled_in_otherwise_do_not(alter):
    form = _page("Anna Petrova", "1,204.50")
    assert _same(form, alter(form))
    for other in (_page("Ben Okafor", "1,204.50"), _page("Anna Petrova", "9,871.30")):
        assert not _same(form, alter(other))


@pytest.mark.parametrize("size", [(160, 226), (250, 354)])
def test_small_forms_do_not_look_the_same_either(size):
    forms = [_page(name, "1").resize(size) for name in ("Anna Petrova", "Ben Okafor-Lindqvist")]
    assert _same(forms[0], forms[0])
    assert not _same(*forms)


def test_something_new_in_a_corner_tells_pictures_apart():
    picture = photo_like(4, 640, 480)
    captioned = picture.copy()
    ImageDraw.Draw(captioned).text((400, 440), "not the same", fill="white", font=_font(28))
    assert not _same(picture, captioned)
    moved = picture.crop((6, 5, 640, 480))
    assert not _same(picture, moved.resize(picture.size))


def test_flat_pictures_are_the_same():
    assert _same(Image.new("RGB", (300, 300), "white"), Image.new("RGB", (300, 300), "grey"))


def test_the_side_is_one_that_both_have():
    assert side_for(4000, 3000, 2000, 1500) == 768
    assert side_for(4000, 3000, 500, 375) == 368
    assert side_for(4000, 3000, 64, 80) == 64
    assert side_for(4000, 3000, 63, 80) == 0
    assert side_for(0, 0, 500, 500) == 0


def test_turning_is_what_pillow_calls_so():
    luma = np.arange(64 * 64, dtype=np.uint32).reshape(64, 64).astype(np.uint8)
    luma[:8, :20] = 255
    image = Image.fromarray(luma)
    for orientation in Orientation:
        expected = image
        if orientation is not Orientation.ORIGINAL:
            name = orientation.name
            expected = image.transpose(Image.Transpose[name])
        assert np.array_equal(turned(luma, orientation), np.asarray(expected))
