import numpy as np
import pytest
from PIL import Image, ImageDraw

from eikona.adapters.laid_over import as_matrix, blended, differing, warped
from eikona.adapters.match_picture import Shown, draw_match
from eikona.domain.fingerprint import Orientation
from eikona.domain.pose import whole_onto_whole

SIZE = 300, 200


def scene(seed=1):
    random = np.random.default_rng([13, seed])
    small = Image.fromarray(random.integers(40, 216, (20, 30, 3), np.uint8))
    return small.resize(SIZE, Image.Resampling.BICUBIC)


def red(picture):
    """Return the share of a picture that is marked as different."""
    levels = np.asarray(picture).astype(int)
    return float(((levels[..., 0] - levels[..., 2]) > 60).mean())


@pytest.mark.parametrize("orientation", Orientation)
def test_a_turned_picture_lies_on_the_original_again(orientation):
    entry = scene()
    names = {one: Image.Transpose[one.name] for one in Orientation if one.name != "ORIGINAL"}
    back = {"ROTATE_90": "ROTATE_270", "ROTATE_270": "ROTATE_90"}
    query = entry
    if orientation in names:
        query = entry.transpose(Image.Transpose[back.get(orientation.name, orientation.name)])
    motion = as_matrix(whole_onto_whole(orientation, query.size, SIZE))
    over, cover = warped(query, motion, SIZE)
    assert np.asarray(cover).min() == 255
    assert np.abs(np.asarray(over).astype(int) - np.asarray(entry)).max() <= 1
    assert red(differing(over, cover, entry)) == 0
    assert np.abs(np.asarray(blended(over, cover, entry)).astype(int) - entry).max() <= 1


def test_what_was_painted_over_is_marked_and_a_darker_copy_is_not():
    entry = scene()
    query = entry.point(lambda level: 20 + 0.6 * level)
    over, cover = warped(query, np.eye(3), SIZE)
    assert red(differing(over, cover, entry)) < 0.001
    ImageDraw.Draw(query).rectangle((100, 50, 159, 99), fill=(0, 255, 255))
    over, cover = warped(query, np.eye(3), SIZE)
    marked = differing(over, cover, entry, common=(0, 0, 90, 200))
    assert red(marked.crop((105, 55, 155, 95))) > 0.95
    assert red(marked) == pytest.approx(60 * 50 / (SIZE[0] * SIZE[1]), rel=0.15)


def test_nothing_is_marked_where_the_other_picture_is_not():
    entry = scene()
    part = entry.crop((100, 60, 200, 140)).resize((400, 320), Image.Resampling.LANCZOS)
    motion = np.array([[0.25, 0, 100], [0, 0.25, 60], [0, 0, 1]])
    over, cover = warped(part, motion, SIZE)
    covered = np.asarray(cover) > 127
    assert covered[60:140, 100:200].all()
    assert covered.sum() == 80 * 100
    assert red(differing(over, cover, entry)) < 0.01  # but for the rim, which was cut


@pytest.mark.parametrize(
    ("query", "entry"),
    [((300, 200), (300, 200)), ((1, 5000), (3000, 2)), ((2, 2), (300, 200)), ((900, 30), (5, 9))],
)
def test_pictures_of_all_shapes_are_drawn_on_one_page(query, entry):
    shown = [
        Shown(scene(seed).resize(size), size, f"{seed}\u202e.png")
        for seed, size in enumerate((query, entry))
    ]
    motion = whole_onto_whole(Orientation.ROTATE_90, query, entry)
    places = [((x, 1), (2, y)) for x in range(20) for y in range(20)]
    page = draw_match(*shown, transform=motion, places=places, title="A copy", text="so it is")
    assert 600 < page.width < 1400
    assert page.height < 1400
    alone = draw_match(*shown, transform=None, title="No copy", text="x" * 500)
    assert alone.height < page.height
    again = draw_match(*shown, transform=motion, places=places, title="A copy", text="so it is")
    assert again.tobytes() == page.tobytes()


def test_the_outline_of_a_part_is_drawn_around_it():
    entry, size = scene().convert("L").convert("RGB"), (100, 80)
    part = Shown(entry.crop((100, 60, 200, 140)), size, "part")
    motion = ((1.0, 0.0, 100.0), (0.0, 1.0, 60.0))
    whole = Shown(entry, SIZE, "whole")
    page = np.asarray(draw_match(part, whole, transform=motion, title="", text="")).astype(int)
    drawn = np.argwhere(
        (np.abs(page - (255, 176, 32)).max(axis=2) < 40) & (np.arange(page.shape[1]) > 700)
    )
    top, left = drawn.min(axis=0)
    bottom, right = drawn.max(axis=0)
    scale = 620 / SIZE[0]  # the entry fills its column
    assert right - left == pytest.approx(100 * scale, abs=8)
    assert bottom - top == pytest.approx(80 * scale, abs=8)
