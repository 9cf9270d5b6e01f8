import gc

import numpy as np
import pytest
from PIL import Image

from eikona.imaging import pixels
from eikona.imaging.pixels import pixels_of
from tests.unit.imaging.builders import noise

# Pillow keeps images in blocks of 16 MiB: the large ones do not fit one, so that they are copied.
LARGE = {"L": (4200, 4100), "F": (2100, 2050)}
SIZES = [(1, 1), (3, 5), (257, 4), (1, 3000), (3000, 1), (1999, 1000), (2100, 2050), (4200, 4100)]


def image_of(mode: str, size: tuple[int, int]) -> Image.Image:
    width, height = size
    tile = Image.fromarray(noise(97, 61, 1))
    image = Image.new("L", size)
    for x in range(0, width, 97 * 16):
        for y in range(0, height, 61 * 16):
            image.paste(tile, (x, y))
    image.putpixel((width - 1, height - 1), 201)
    return image.convert(mode)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("mode", ["L", "F"])
def test_equals_what_numpy_makes_of_the_image(mode, size):
    image = image_of(mode, size)
    array = pixels_of(image)
    expected = np.asarray(image)
    assert array.dtype == expected.dtype
    assert array.shape == expected.shape
    assert array[-1, -1] == 201
    np.testing.assert_array_equal(array, expected)


@pytest.mark.parametrize("mode", ["L", "F"])
def test_one_block_is_not_copied_and_several_are(mode, monkeypatch):
    copied = []
    copy = pixels._copy
    monkeypatch.setattr(pixels, "_copy", lambda *args: copied.append(args) or copy(*args))
    pixels_of(image_of(mode, (640, 480)))
    assert not copied
    pixels_of(image_of(mode, LARGE[mode]))
    assert len(copied) == 1


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("mode", ["L", "F"])
def test_outlives_the_image(mode, large):
    size = LARGE[mode] if large else (300, 200)
    image = image_of(mode, size)
    expected = np.array(image)
    array = pixels_of(image)
    row = array[1:]
    del image, array
    gc.collect()
    clutter = [Image.new(mode, size, 77) for _ in range(3)]  # takes freed memory, if any
    np.testing.assert_array_equal(row, expected[1:])
    assert clutter


def test_falls_back_where_pillow_exports_nothing(monkeypatch):
    image = image_of("L", (64, 48))
    expected = np.asarray(image)
    monkeypatch.delattr(Image.Image, "__arrow_c_array__")
    np.testing.assert_array_equal(pixels_of(image), expected)


def test_other_modes_are_a_mistake_of_the_caller():
    with pytest.raises(KeyError):
        pixels_of(Image.new("RGB", (2, 2)))
