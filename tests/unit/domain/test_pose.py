import numpy as np
import pytest
from PIL import Image

from eikona.domain.alignment import NO_ALIGNMENT, Alignment
from eikona.domain.fingerprint import Orientation
from eikona.domain.pose import motion_of, nearest_orientation, whole_onto_whole
from eikona.domain.verdict import Distances

SIZE = 7, 4


def turned(picture, orientation):
    """Lay a picture as Pillow's transposition of that name does."""
    if orientation is Orientation.ORIGINAL:
        return picture
    return picture.transpose(Image.Transpose[orientation.name])


@pytest.mark.parametrize("orientation", Orientation)
def test_each_pixel_goes_where_pillow_puts_it(orientation):
    numbers = np.arange(SIZE[0] * SIZE[1], dtype=np.uint8).reshape(SIZE[1], SIZE[0])
    there = np.asarray(turned(Image.fromarray(numbers), orientation))
    motion = whole_onto_whole(orientation, SIZE, (3 * there.shape[1], 3 * there.shape[0]))
    for (row, column), number in np.ndenumerate(numbers):
        x, y = (a * (column + 0.5) + b * (row + 0.5) + c for a, b, c in motion)
        assert there[int(y / 3), int(x / 3)] == number
    assert nearest_orientation(motion) is orientation


@pytest.mark.parametrize("orientation", Orientation)
@pytest.mark.parametrize("askew", [-40, -3, 0, 17, 40])
def test_a_picture_askew_is_turned_as_the_nearest_one(orientation, askew):
    ahead, aside = np.cos(np.deg2rad(askew)), np.sin(np.deg2rad(askew))
    motion = np.array(whole_onto_whole(orientation, SIZE, SIZE))
    square = motion[:, :2] / np.abs(motion[:, :2]).max(axis=1, keepdims=True)
    skewed = np.array([[ahead, -aside], [aside, ahead]]) @ square
    rows = tuple((float(a), float(b), 5.0) for a, b in skewed)
    assert nearest_orientation(rows) is orientation


def test_places_that_agree_say_more_than_an_orientation():
    rows = ((1.0, 0.0, 5.0), (0.0, 1.0, 7.0))
    found = Alignment(9, rows, mirrored=False, pairs=())
    flipped = Orientation.FLIP_LEFT_RIGHT
    assert motion_of(Distances({}, {}, flipped, alignment=found), SIZE, SIZE) == rows
    for alignment in (None, NO_ALIGNMENT):
        motion = motion_of(Distances({}, {}, flipped, alignment=alignment), SIZE, SIZE)
        assert motion == ((-1, 0, 7), (0, 1, 0))
    assert motion_of(Distances({}, {}, flipped), SIZE, (0, 0)) is None
