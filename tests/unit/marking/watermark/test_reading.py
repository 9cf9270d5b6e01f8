"""Marks read from altered copies, and not read where there are none."""

import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from eikona.domain.errors import TooSmallToMarkError
from eikona.marking.watermark.coding import CHECK_BITS
from eikona.marking.watermark.reading import FALSE_POSITIVE_BOUND, hear, is_in, presence, read
from tests.unit.marking.watermark.pictures import IDENTITY, KEY, luma, marked_image, textured


def _saved(image, quality):
    data = io.BytesIO()
    image.save(data, "JPEG", quality=quality)
    return Image.open(data)


def _cut(image, left, top, share):
    width, height = (round(side * share) for side in image.size)
    return image.crop((left, top, left + width, top + height))


def _half(image):
    return image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)


_BICUBIC = Image.Resampling.BICUBIC
ALTERATIONS = {
    "nothing": lambda image: image,
    "jpeg": lambda image: _saved(image, 50),
    "half": _half,
    "twice": lambda image: image.resize((image.width * 2, image.height * 2), _BICUBIC),
    "cut": lambda image: _cut(image, 31, 17, 0.866),
    "quarter": lambda image: _cut(image, 91, 57, 0.5),
    "mirrored": ImageOps.mirror,
    "flipped": ImageOps.flip,
    "quarter turn": lambda image: image.transpose(Image.Transpose.ROTATE_90),
    "all": lambda image: _saved(_half(ImageOps.mirror(_cut(image, 40, 9, 0.866))), 50),
    "turned": lambda image: image.rotate(-13, _BICUBIC, expand=True),
    "turned, cut": lambda image: _cut(image.rotate(9, _BICUBIC), 30, 25, 0.85),
    "stretched": lambda image: image.resize((round(image.width * 1.1), image.height)),
    "squeezed": lambda image: image.resize((round(image.width * 0.9), image.height)),
    "border": lambda image: ImageOps.expand(image, 40, "black"),
    "gamma": lambda image: image.point([round(255 * (x / 255) ** 0.6) for x in range(256)] * 3),
    "grey": ImageOps.grayscale,
}


@pytest.mark.parametrize("alteration", ALTERATIONS)
def test_reads_the_identity_from_an_altered_copy(alteration):
    found = read(luma(ALTERATIONS[alteration](marked_image())), KEY)

    assert found.identity == IDENTITY
    assert found.z > 6
    assert found.tries >= 1
    assert found.false_positive_bound == found.tries / 2**CHECK_BITS <= FALSE_POSITIVE_BOUND < 1e-9


def test_reads_nothing_from_a_picture_without_a_mark():
    found = read(textured()[..., 1], KEY)

    assert found.identity is None
    assert found.z < 6.5


def test_reads_nothing_with_another_key():
    assert read(luma(marked_image()), b"another key").identity is None


@pytest.mark.parametrize("level", [0, 255])
def test_reads_nothing_from_a_plain_picture(level):
    assert read(np.full((300, 300), level, np.uint8), KEY).identity is None


def test_looks_less_far_when_told_so():
    turned = luma(marked_image().rotate(8, _BICUBIC, expand=True))

    assert read(turned, KEY, turned=False).identity is None
    assert read(turned, KEY).identity == IDENTITY


def test_reads_the_same_each_time():
    picture = luma(_saved(marked_image(), 60))

    assert read(picture, KEY) == read(picture, KEY)


def test_reads_a_ribbon():
    assert read(np.tile(textured()[:100, :, 1], (1, 2)), KEY).identity is None


def test_says_that_a_picture_is_too_small():
    with pytest.raises(TooSmallToMarkError, match="63 x 200"):
        read(np.zeros((200, 63), np.uint8), KEY)


def test_finds_an_identity_where_too_little_is_left_to_read_it():
    poor = luma(_saved(_half(marked_image()), 12))

    assert read(poor, KEY).identity is None
    told = is_in(poor, IDENTITY, KEY)
    assert told.present
    assert told.odds < 1e-8
    assert not is_in(poor, IDENTITY ^ 1, KEY).present


def test_does_not_find_other_identities():
    heard = list(hear(luma(marked_image()), KEY))
    others = [presence(heard, identity, KEY) for identity in range(300)]

    assert presence(heard, IDENTITY, KEY).odds < 1e-20
    assert not any(other.present for other in others)
    assert max(other.deviations for other in others) < 5
