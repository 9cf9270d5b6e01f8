import io
import itertools
import struct

import numpy as np
import pytest
from PIL import Image

from eikona.domain.errors import CorruptImageError, TruncatedImageError, UnsupportedModeError
from eikona.imaging.tiff_directory import page_alone, tiff_pages
from tests.unit.imaging.builders import TIFF_RGB, grey_tiff, photograph, saved, tiff

RGB = photograph(48, 40)
GREY = RGB[..., 0]


def only_page(data):
    (page,) = tiff_pages(data)
    return page


def alone(data):
    return page_alone(data, only_page(data))


def opened(data):
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return image


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("big", [False, True])
def test_reads_what_a_page_says_of_itself(order, big):
    tags = TIFF_RGB | {274: (3, [6]), 273: ((16, [16]) if big else (4, [16]))}
    page = only_page(tiff(tags, RGB.tobytes(), order=order, big=big))
    assert (page.width, page.height, page.bits) == (48, 40, 8)
    assert (page.orientation, page.white_is_zero) == (6, False)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("big", [False, True])
def test_a_page_alone_is_a_classic_tiff_of_the_same_pixels(order, big):
    tags = TIFF_RGB | {274: (3, [6]), 273: ((16, [16]) if big else (4, [16]))}
    image = opened(alone(tiff(tags, RGB.tobytes(), order=order, big=big)))
    assert image.size == (48, 40)  # not turned: the tag is gone
    np.testing.assert_array_equal(np.asarray(image), RGB)


def test_only_tags_that_pixels_need_are_copied():
    extras = {tag: (3, [1] * 9) for tag in (270, 282, 296, 305, 700, 33432, 34665, 34675, 34853)}
    data = tiff(TIFF_RGB | {274: (3, [3])} | extras, RGB.tobytes())
    assert set(opened(alone(data)).tag_v2) == set(TIFF_RGB)


def test_odd_lengths_are_padded():
    data = grey_tiff(GREY[:1, :1]) + b"x"
    assert len(data) % 2
    assert opened(alone(data)).getpixel((0, 0)) == GREY[0, 0]


def test_of_two_entries_of_a_tag_the_first_counts():
    data = bytearray(grey_tiff(GREY, t257=(3, [40]), t262=(3, [1])))
    at = data.index(struct.pack("<HHLH", 262, 3, 1, 1))
    data[at : at + 10] = struct.pack("<HHLH", 257, 3, 1, 7)
    assert only_page(bytes(data)).height == 40


@pytest.mark.parametrize("tag", [256, 257, 258, 259, 262, 273, 277, 278, 279])
@pytest.mark.parametrize("kind", [2, 5, 7, 11, 12])
def test_no_tag_of_numbers_is_of_another_type(tag, kind):
    data = typed(grey_tiff(GREY), tag, kind)
    with pytest.raises(CorruptImageError, match=f"tag {tag} "):
        alone(data)


@pytest.mark.parametrize("tag", [256, 257])
@pytest.mark.parametrize("kind", [2, 5, 7, 11])
def test_no_second_entry_makes_up_for_a_first_of_another_type(tag, kind):
    data = bytearray(grey_tiff(GREY, t255=(3, [48])))
    at = data.index(struct.pack("<HHL", 255, 3, 1))
    data[at : at + 12] = struct.pack("<HHLL", tag, kind, 1, 8)
    with pytest.raises(CorruptImageError, match=f"tag {tag} "):
        alone(bytes(data))


@pytest.mark.parametrize(("tag", "kind"), [(256, 8), (277, 6), (278, 9), (279, 9)])
def test_signed_numbers_count_if_they_are_not_negative(tag, kind):
    data = typed(grey_tiff(GREY), tag, kind)
    np.testing.assert_array_equal(np.asarray(opened(alone(data))), GREY)
    at = data.index(struct.pack("<HHL", tag, kind, 1))
    with pytest.raises(CorruptImageError, match=f"tag {tag} "):
        alone(data[: at + 8] + b"\xff\xff\xff\xff" + data[at + 12 :])


@pytest.mark.parametrize(("kind", "tags"), [(3, 1), (4, 1), (5, 1), (7, 0), (11, 0)])
def test_other_tags_are_copied_or_left_out_as_their_type_says(kind, tags):
    body = alone(typed(grey_tiff(GREY, t532=(3, [0])), 532, kind))
    (start,) = struct.unpack_from("<L", body, 4)
    assert body.count(struct.pack("<HH", 532, kind), start) == tags


def typed(data, tag, kind):
    """Change the type of a value; values of 8 bytes are then found at an offset inside."""
    at = next(
        k
        for k in range(data.rindex(struct.pack("<HH", 256, 3)), len(data), 12)
        if data[k : k + 2] == struct.pack("<H", tag)
    )
    return data[: at + 2] + struct.pack("<H", kind) + data[at + 4 :]


# chains of pages


def pages_of(count):
    frames = [Image.fromarray(photograph(10 + k, 5, k)) for k in range(count)]
    return frames, saved(frames[0], "TIFF", save_all=True, append_images=frames[1:])


def test_each_page_alone_is_that_page():
    frames, data = pages_of(4)
    pages = list(tiff_pages(data))
    assert [page.width for page in pages] == [10, 11, 12, 13]
    for frame, page in zip(frames, pages, strict=True):
        image = opened(page_alone(data, page))
        assert image.n_frames == 1
        np.testing.assert_array_equal(np.asarray(image), np.asarray(frame))


def test_a_chain_that_leads_back_ends():
    data = grey_tiff(GREY)
    start = struct.unpack_from("<L", data, 4)[0]
    assert len(list(tiff_pages(data[:-4] + struct.pack("<L", start)))) == 1
    _, data = pages_of(3)
    assert len(list(tiff_pages(data))) == 3


def test_pages_are_read_one_by_one():
    _, data = pages_of(3)
    last = list(tiff_pages(data))[-1]
    damaged = data[: last.at] + b"\xff\xff" + data[last.at + 2 :]
    assert len(list(itertools.islice(tiff_pages(damaged), 2))) == 2
    with pytest.raises(CorruptImageError, match="absurdly many entries"):
        list(tiff_pages(damaged))


def test_a_next_page_behind_the_end():
    data = grey_tiff(GREY)
    with pytest.raises(TruncatedImageError):
        list(tiff_pages(data[:-4] + struct.pack("<L", len(data))))
    with pytest.raises(TruncatedImageError):
        list(tiff_pages(data[:-4] + struct.pack("<L", 0xFFFFFFFF)))


@pytest.mark.parametrize("data", [b"II*\0", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x07\0"])
def test_nothing_behind_the_header(data):
    with pytest.raises(TruncatedImageError):
        list(tiff_pages(data))


def test_no_page_at_all():
    assert list(tiff_pages(b"II*\0" + bytes(20))) == []


@pytest.mark.parametrize("data", [saved(RGB, "TIFF"), saved(RGB, "TIFF", compression="tiff_lzw")])
def test_cut_anywhere(data):
    for end in range(8, len(data), 7):
        with pytest.raises(TruncatedImageError):
            alone(data[:end])


# tags that make no sense


@pytest.mark.parametrize(
    "tag",
    [(3, [0]), (3, [9]), (3, [65535]), (4, [6]), (1, [6]), (16, [6]), (3, [6, 6])],
)
def test_an_absurd_orientation_is_upright(tag):
    assert only_page(grey_tiff(GREY, t274=tag)).orientation == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"t256": None},
        {"t257": None},
        {"t256": (4, [0])},
        {"t256": (3, [48, 48])},
        {"t258": (3, [8] * 9)},
        {"t262": (3, [1] * 2)},
    ],
)
def test_pages_without_a_size_or_with_absurd_counts(changes):
    with pytest.raises(CorruptImageError):
        only_page(grey_tiff(GREY, **changes))


@pytest.mark.parametrize("kind", [0, 19, 255, 65535])
def test_unknown_types(kind):
    data = bytearray(grey_tiff(GREY))
    at = data.index(struct.pack("<HH", 278, 4))
    data[at + 2 : at + 4] = struct.pack("<H", kind)
    with pytest.raises(CorruptImageError, match="278"):
        alone(bytes(data))


def test_values_behind_the_end():
    data = bytearray(grey_tiff(GREY, t258=(3, [8] * 4)))
    at = data.index(struct.pack("<HHL", 258, 3, 4))
    data[at + 8 : at + 12] = struct.pack("<L", len(data) - 7)
    with pytest.raises(TruncatedImageError):
        only_page(bytes(data))


def test_offsets_of_64_bits_that_no_file_reaches():
    tags = TIFF_RGB | {273: (16, [1 << 40])}
    with pytest.raises(TruncatedImageError):
        alone(tiff(tags, RGB.tobytes(), big=True))


def test_compressions_that_are_not_let_through():
    with pytest.raises(UnsupportedModeError, match="compression 6 "):
        alone(grey_tiff(GREY, t259=(3, [6])))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"t273": None}, CorruptImageError),
        ({"t278": (4, [0])}, CorruptImageError),
        ({"t278": (4, [39])}, CorruptImageError),
        ({"t273": (4, [0xFFFFFF00])}, TruncatedImageError),
        ({"t279": (4, [0xFFFFFF00])}, TruncatedImageError),
        ({"t277": (3, [3])}, TruncatedImageError),
        ({"t256": (4, [4800])}, TruncatedImageError),
        ({"t284": (3, [2]), "t277": (3, [3])}, CorruptImageError),
    ],
)
def test_strips_that_cannot_be(changes, error):
    with pytest.raises(error):
        alone(grey_tiff(GREY, **changes))


def test_tiles_win_over_strips():
    """Decoders disagree: here only one of the two is left to be seen."""
    tile = np.zeros((48, 48), np.uint8)
    tile[:40] = GREY
    data = grey_tiff(tile)
    tags = {"t257": (3, [40]), "t322": (3, [48]), "t323": (3, [48]), "t324": (4, [16])}
    data = grey_tiff(tile, t273=(4, [20]), t325=(4, [48 * 48]), **tags)
    image = opened(alone(data))
    assert 273 not in image.tag_v2
    np.testing.assert_array_equal(np.asarray(image), GREY)
