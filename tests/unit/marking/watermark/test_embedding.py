"""What marking changes, and what it refuses."""

import numpy as np
import pytest
from PIL import Image

from eikona.domain.errors import (
    AlreadyMarkedError,
    TooLargeToMarkError,
    TooPlainToMarkError,
    TooSmallToMarkError,
    WouldDestroyMarkError,
)
from eikona.marking.watermark.embedding import Wish, embed
from eikona.marking.watermark.reading import read
from tests.unit.marking.watermark.pictures import IDENTITY, KEY, luma, marked, textured


def _psnr(one, other):
    return 10 * np.log10(255**2 / np.mean((one.astype(float) - other) ** 2))


def test_says_how_much_it_changed():
    found = marked()

    assert found.psnr == pytest.approx(_psnr(textured(), found.pixels), abs=0.01)
    assert found.psnr >= 38
    assert 0 < found.strength <= 1
    assert found.hard_agreement > 0.58


def test_gives_the_same_each_time_and_leaves_what_it_was_given():
    pixels = textured().copy()
    assert (embed(pixels, IDENTITY, KEY).pixels == marked().pixels).all()
    assert (pixels == textured()).all()


def test_plain_areas_change_least():
    change = np.abs(marked().pixels.astype(float) - textured()).mean(axis=2)
    plain, rest = change[:60, :80], change[100:, 120:]

    assert plain.mean() < 0.5 * rest.mean()
    assert np.sqrt((plain**2).mean()) < 2


@pytest.mark.parametrize("channels", [0, 1, 2, 3, 4])
def test_marks_grey_and_colour_and_keeps_alpha(channels):
    pixels = textured()
    if channels < 3:
        pixels = pixels[..., 1]
    if channels == 1:
        pixels = pixels[..., None]
    if channels in {2, 4}:
        alpha = np.full(pixels.shape[:2], 255, np.uint8)
        alpha[200:, 300:] = 90
        pixels = np.dstack([pixels, alpha])
    found = embed(pixels, IDENTITY, KEY)

    assert found.pixels.shape == pixels.shape
    image = found.pixels if channels else found.pixels[..., None]
    if channels in {2, 4}:
        assert (image[..., -1] == pixels[..., -1]).all()
        over = Image.new("RGBA", image.shape[1::-1], "white")
        over.alpha_composite(Image.fromarray(image).convert("RGBA"))
        assert read(luma(over), KEY).identity == IDENTITY
    else:
        assert read(image[..., min(1, image.shape[2] - 1)], KEY).identity == IDENTITY


def test_stronger_shows_more_and_is_bounded():
    weak, strong = (embed(textured(), 1, KEY, Wish(strength=s)) for s in (0.5, 0.8))
    bounded = embed(textured(), 1, KEY, Wish(strength=50, least_psnr=37))

    assert weak.psnr > strong.psnr > 37 > 36
    assert bounded.psnr == pytest.approx(37.1, abs=0.25)
    assert bounded.psnr >= 37


def test_a_stronger_floor_is_kept():
    assert embed(textured(), 1, KEY, Wish(least_psnr=43)).psnr >= 43


def test_refuses_what_is_marked_already():
    with pytest.raises(AlreadyMarkedError, match=f"{IDENTITY:016x}"):
        embed(marked().pixels, 99, KEY)


def test_a_second_key_lies_beside_the_first_or_is_refused():
    wish = Wish(kept_keys=(KEY,))
    try:
        twice = embed(marked().pixels, 99, b"second", wish)
    except WouldDestroyMarkError:
        pytest.fail("two marks fit into a textured picture")
    assert read(twice.pixels[..., 1], KEY).identity == IDENTITY
    assert read(twice.pixels[..., 1], b"second").identity == 99


def test_does_not_destroy_a_mark_that_is_to_be_kept():
    faint = embed(textured(), IDENTITY, KEY, Wish(strength=0.35)).pixels
    assert read(faint[..., 1], KEY, turned=False).identity == IDENTITY
    with pytest.raises(WouldDestroyMarkError):
        embed(faint, 7, b"second", Wish(strength=30, least_psnr=20, kept_keys=(KEY,)))


@pytest.mark.parametrize(
    ("shape", "error"),
    [
        ((255, 400), TooSmallToMarkError),
        ((256, 256 * 17), TooSmallToMarkError),
        ((10_001, 10_000), TooLargeToMarkError),
    ],
)
def test_refuses_sizes_that_hold_no_mark(shape, error):
    with pytest.raises(error, match="pixels"):
        embed(np.broadcast_to(np.uint8(9), shape), 1, KEY)


@pytest.mark.parametrize("level", [0, 255])
def test_refuses_what_is_too_plain(level):
    with pytest.raises(TooPlainToMarkError):
        embed(np.full((300, 300, 3), level, np.uint8), 1, KEY)


@pytest.mark.parametrize("identity", [-1, 2**64])
def test_refuses_numbers_of_more_bits(identity):
    with pytest.raises(ValueError, match="64 bits"):
        embed(textured(), identity, KEY)


def test_marks_the_smallest_picture():
    small = textured(256, 256, seed=3)
    assert read(embed(small, IDENTITY, KEY).pixels[..., 1], KEY).identity == IDENTITY
