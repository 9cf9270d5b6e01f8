"""A file that was cut short is never taken for a picture, unless nothing visible is missing."""

import numpy as np
import pytest
from PIL import Image

from eikona.domain.errors import InvalidImageError
from eikona.domain.fingerprint import DecodeMode
from eikona.domain.limits import DEFAULT_LIMITS
from eikona.imaging.decode import decode, decode_frames
from tests.unit.imaging import builders
from tests.unit.imaging.builders import noise, photograph, saved

CORPUS = builders.corpus()


def outcome(data, mode=DecodeMode.EXACT):
    try:
        return decode(data, mode=mode, limits=DEFAULT_LIMITS).luma
    except InvalidImageError as error:
        return error.code


def cuts(data):
    """Every place near both ends, and many between."""
    size = len(data)
    return sorted({*range(1, 70), *range(70, size, max(1, size // 60)), *range(size - 40, size)})


@pytest.mark.parametrize("name", CORPUS)
def test_a_cut_file_is_truncated_or_shows_all_of_its_picture(name):
    data = CORPUS[name]
    whole = outcome(data)
    for end in cuts(data):
        found = outcome(data[:end])
        if isinstance(found, str):
            # Fewer bytes than a signature are no image.
            allowed = {"truncated_image", "not_an_image"} if end < 32 else {"truncated_image"}
            assert found in allowed, (name, end, len(data), found)
        else:
            np.testing.assert_array_equal(found, whole, (name, end, len(data)))


@pytest.mark.parametrize("mode", [DecodeMode.AUTO, DecodeMode.FAST])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_cut_jpeg_at_a_reduced_scale(mode, progressive):
    data = saved(photograph(1200, 1100), "JPEG", progressive=progressive)
    for end in (*range(len(data) // 2, len(data) - 200, 9973), len(data) - 200):
        assert outcome(data[:end], mode) == "truncated_image"


def test_a_baseline_jpeg_needs_its_end_mark_too():
    data = saved(noise(40, 40), "JPEG")
    assert data[-2:] == b"\xff\xd9"
    for end in range(len(data) - 6, len(data)):
        assert outcome(data[:end]) == "truncated_image"


def test_a_png_may_lack_its_end_chunk():
    data = saved(photograph(20, 10), "PNG")
    whole = outcome(data)
    assert data[-8:-4] == b"IEND"
    for missing in range(1, 13):
        np.testing.assert_array_equal(outcome(data[:-missing]), whole)
    assert outcome(data[:-13]) == "truncated_image"


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("missing_rows", [1, 2, 5])
def test_a_png_whose_data_end_early_is_truncated_though_well_formed(interlaced, missing_rows):
    """Decoders leave the rest black."""
    pixels = photograph(16, 12)
    if interlaced:
        whole = builders.interlaced_png(pixels)
        (idat,) = [body for kind, body in builders.chunks_of(whole) if kind == b"IDAT"]
        rows = builders.zlib.decompress(idat)[: -missing_rows * 49]
        early = (
            builders.PNG
            + builders.ihdr(16, 12, interlaced=1)
            + builders.chunk(b"IDAT", builders.zlib.compress(rows))
            + builders.chunk(b"IEND")
        )
    else:
        rows = builders.plain_rows(pixels)
        whole = builders.png(16, 12, rows)
        early = builders.png(16, 12, rows[: -49 * missing_rows])
    assert not isinstance(outcome(whole), str)
    assert outcome(early) == "truncated_image"


@pytest.mark.parametrize("interlaced", [False, True])
def test_a_png_that_is_black_at_the_bottom_is_whole(interlaced):
    pixels = photograph(16, 12)
    pixels[6:] = 0
    whole = builders.interlaced_png(pixels) if interlaced else saved(pixels, "PNG")
    np.testing.assert_array_equal(outcome(whole), builders.luma_of_rgb(pixels))


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (2, 1), (3, 3), (5, 4), (8, 8), (9, 17)])
def test_every_pass_of_a_small_interlaced_png_is_counted(size):
    pixels = photograph(*size)
    data = builders.interlaced_png(pixels)
    np.testing.assert_array_equal(outcome(data), builders.luma_of_rgb(pixels))


def test_a_gif_may_lack_its_trailer():
    data = saved(photograph(20, 10)[..., 0], "GIF")
    assert data[-2:] == b"\0;"
    np.testing.assert_array_equal(outcome(data[:-1]), outcome(data))
    assert outcome(data[:-2]) == "truncated_image"
    assert outcome(data[:-3]) == "truncated_image"


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "AVIF", "TIFF"])
def test_a_cut_animation_is_truncated_though_its_first_frame_is_whole(kind):
    frames = [Image.fromarray(photograph(32, 24, seed)) for seed in range(4)]
    data = saved(frames[0], kind, save_all=True, append_images=frames[1:])
    for end in (len(data) * 3 // 5, len(data) * 4 // 5, len(data) - 30):
        if kind == "TIFF":  # page by page: the first is all that a still look needs
            with pytest.raises(InvalidImageError) as caught:
                list(decode_frames(data[:end], samples=9, limits=DEFAULT_LIMITS))
            assert caught.value.code == "truncated_image"
        else:
            assert outcome(data[:end]) == "truncated_image"


@pytest.mark.parametrize("name", ["avif", "avif-alpha", "avif-turned", "avif-animated"])
def test_an_avif_cut_between_its_boxes(name):
    data, at = CORPUS[name], 0
    while at + int.from_bytes(data[at : at + 4], "big") < len(data):
        at += int.from_bytes(data[at : at + 4], "big")
        assert outcome(data[:at]) == "truncated_image", at


def test_damaged_rather_than_truncated():
    """Whole containers with damaged insides: the lengths say that nothing is missing."""
    starts = {"webp": b"\x9d\x01\x2a", "avif": b"mdat", "png": b"IDAT"}
    for name, start in starts.items():
        data = bytearray(CORPUS[name])
        at = data.index(start) + (0 if name == "webp" else len(start))
        data[at : at + 40] = b"\xa5" * 40
        found = outcome(bytes(data))
        assert isinstance(found, str), name
        assert found == "corrupt_image", name
