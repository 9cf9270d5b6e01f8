"""Every attack: pure, settled by photograph and name, and what its strength says."""

import hashlib
import io
import json
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from eikona.imaging.alterations.attack import Group, encoded
from eikona.imaging.alterations.catalogue import ATTACKS

_NAMES = list(ATTACKS)
_DIGESTS = json.loads(Path("vectors/alterations.json").read_text())["digests"]
_CHANCE = [name for name in _NAMES if name.startswith(("crop", "colour-noise", "rotate", "meme"))]
_SETTLED = {"rotate-5", "rotate-15", "rotate-45", "rotate-90", "rotate-180", "rotate-10-in-place"}


def _photo(width=120, height=80, seed=0):
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 12, 3), np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def _pixels(image):
    return np.asarray(image, np.int64)


def _applied(name, image, strength=None, seed=b"one"):
    attack = ATTACKS[name] if strength is None else ATTACKS[name].at(strength)
    return attack.apply(image, seed)


def test_there_are_the_19_of_the_poster_and_24_harder_ones():
    groups = [attack.group for attack in ATTACKS.values()]
    assert groups == [Group.POSTER] * 19 + [Group.HARDER] * 24
    assert len({attack.key for attack in ATTACKS.values()}) == 43
    assert all(attack.alter.__doc__ for attack in ATTACKS.values())


@pytest.mark.parametrize("name", _NAMES)
def test_an_attack_gives_the_same_copy_again_and_leaves_its_picture_alone(name):
    image = _photo()
    before = image.tobytes()
    first = ATTACKS[name].copy(image, b"one")
    assert ATTACKS[name].copy(_photo(), b"one") == first
    assert image.tobytes() == before
    assert Image.open(io.BytesIO(first)).mode == "RGB"
    assert first != encoded(image, ATTACKS[name].quality) or name.startswith("jpeg-")


@pytest.mark.parametrize("name", [name for name in _CHANCE if name not in _SETTLED])
def test_chance_is_another_for_another_photograph(name):
    copies = {ATTACKS[name].copy(_photo(), bytes([number])) for number in range(4)}
    assert len(copies) > 1


@pytest.mark.parametrize("size", [(1, 1), (5, 40), (64, 48)])
@pytest.mark.parametrize("name", _NAMES)
def test_small_pictures_are_altered_too(name, size):
    image = Image.open(io.BytesIO(ATTACKS[name].copy(_photo(*size), b"one")))
    assert min(image.size) >= 1


@pytest.mark.parametrize(
    ("name", "strength"),
    [
        ("bright", 1),
        ("dark", 1),
        ("colour-noise", 0),
        ("gaussian-noise", 0),
        ("speckle", 0),
        ("crop", 0),
        ("saturated", 1),
        ("faded", 0),
        ("sharpen", 0),
        ("mirror", 0),
        ("flip", 0),
        ("rotate-5", 0),
        ("rotate-10-in-place", 0),
        ("watermark", 0),
        ("screenshot-60", 1),
        ("stretch", 1),
        ("filter", 0),
        ("perspective", 0),
    ],
)
def test_the_strength_that_means_nothing_changes_nothing(name, strength):
    image = _photo()
    assert np.array_equal(_pixels(_applied(name, image, strength)), _pixels(image))


@pytest.mark.parametrize("name", [name for name in _NAMES if name.startswith("crop-")][:5])
def test_a_crop_keeps_its_share_of_the_area_and_the_shape(name):
    image = _applied(name, _photo(900, 600))
    kept = image.width * image.height / (900 * 600)
    assert kept == pytest.approx(1 - ATTACKS[name].strength, abs=0.005)
    assert image.width / image.height == pytest.approx(1.5, abs=0.01)


def test_a_crop_is_a_part_of_the_picture():
    image = _photo()
    part = _pixels(_applied("crop-75", image))
    whole = np.lib.stride_tricks.sliding_window_view(_pixels(image), part.shape)[:, :, 0]
    assert (whole == part).all(axis=(2, 3, 4)).any()


@pytest.mark.parametrize("name", ["resize-32", "resize-64", "resize-128", "resize-256"])
def test_resizing_gives_the_longer_side(name):
    side = int(name.removeprefix("resize-"))
    assert _applied(name, _photo()).size == (side, round(side * 80 / 120))
    assert _applied(name, _photo(80, 120)).size[1] == side


def test_mirrors_and_right_angles_are_exact():
    image = _photo()
    wanted = {
        "mirror": ImageOps.mirror(image),
        "flip": ImageOps.flip(image),
        "rotate-90": image.transpose(Image.Transpose.ROTATE_90),
        "rotate-180": image.transpose(Image.Transpose.ROTATE_180),
    }
    for name, expected in wanted.items():
        assert _applied(name, image).tobytes() == expected.tobytes(), name


def test_a_rotation_grows_the_canvas_unless_it_is_in_place():
    angle = math.radians(45)
    grown = _applied("rotate-45", _photo()).size
    assert grown[0] == pytest.approx(120 * math.cos(angle) + 80 * math.sin(angle), abs=2)
    assert _applied("rotate-10-in-place", _photo()).size == (120, 80)


def test_a_random_rotation_is_by_10_to_80_degrees():
    """The corner of a white square tells the angle: its canvas has the side cos + sin."""
    square = Image.new("RGB", (200, 200), "white")
    sides = [_applied("rotate", square, seed=bytes([n])).width / 200 for n in range(40)]
    least = math.cos(math.radians(10)) + math.sin(math.radians(10))
    assert least - 0.02 <= min(sides)
    assert max(sides) <= math.sqrt(2) + 0.02
    assert max(sides) - min(sides) > 0.1


@pytest.mark.parametrize("name", ["screenshot-60", "screenshot-40"])
def test_a_screenshot_holds_the_picture_untouched_at_its_share(name):
    image = _photo(300, 200)
    screen = _applied(name, image)
    share = 300 * 200 / (screen.width * screen.height)
    assert share == pytest.approx(ATTACKS[name].strength, rel=0.02)
    left, top = (screen.width - 300) // 2, round((screen.height - 200) * 0.45)
    assert screen.crop((left, top, left + 300, top + 200)).tobytes() == image.tobytes()


def test_meme_bars_stand_above_and_below_the_picture_with_captions_in_them():
    image = _photo(300, 200)
    meme = _applied("meme", image)
    bar = round(200 * ATTACKS["meme"].strength)
    assert meme.size == (300, 200 + 2 * bar)
    assert meme.crop((0, bar, 300, bar + 200)).tobytes() == image.tobytes()
    for top in (0, bar + 200):
        strip = _pixels(meme.crop((0, top, 300, top + bar)))
        assert strip.min() < 50
        assert 0.6 < (strip == 255).mean() < 0.99


def test_noise_has_the_strength_that_is_asked_for():
    grey = Image.new("RGB", (200, 200), (120, 120, 120))
    off = _pixels(_applied("gaussian-noise", grey, 10)) - 120
    assert off.std() == pytest.approx(10, rel=0.03)
    off = _pixels(_applied("speckle", grey, 0.1)) / 120 - 1
    assert off.std() == pytest.approx(0.1, rel=0.03)
    hit = (_pixels(_applied("colour-noise", grey, 0.2)) != 120).any(axis=2)
    assert hit.mean() == pytest.approx(0.2, abs=0.01)


def test_black_and_white_has_no_colour_left_and_half_saturation_has_half():
    image = _photo()
    spread = np.ptp(_pixels(_applied("black-and-white", image)), axis=2)
    assert spread.max() == 0
    half = np.ptp(_pixels(_applied("desaturated", image, 0.5)), axis=2)
    assert half.mean() == pytest.approx(np.ptp(_pixels(image), axis=2).mean() / 2, rel=0.05)


def test_jpeg_attacks_are_saved_at_their_strength_and_screenshots_as_png():
    image = _photo()
    assert ATTACKS["jpeg-10"].copy(image, b"") == encoded(image, 10)
    assert ATTACKS["jpeg-10"].at(50).copy(image, b"") == encoded(image, 50)
    screenshot = ATTACKS["screenshot-40"].copy(image, b"")
    assert Image.open(io.BytesIO(screenshot)).format == "PNG"
    assert ATTACKS["bright"].at(2).quality == 85


def test_another_strength_is_kept_under_another_key():
    assert ATTACKS["crop"].at(0.3).key != ATTACKS["crop"].key
    assert ATTACKS["jpeg-30"].at(31).key != ATTACKS["jpeg-30"].key


@pytest.mark.parametrize("name", _NAMES)
def test_an_attack_gives_the_pixels_that_published_figures_rest_on(name):
    coarse = np.random.default_rng(0).integers(0, 256, (8, 12, 3), np.uint8)
    image = Image.fromarray(coarse).resize((96, 64), Image.Resampling.BICUBIC)
    altered = ATTACKS[name].apply(image, b"one")
    digest = hashlib.sha256(altered.tobytes()).hexdigest()[:16]
    assert f"{altered.width}x{altered.height} {digest}" == _DIGESTS[name]
