import io
import struct

import pytest
from PIL import Image

from eikona.domain.errors import CorruptImageError, TruncatedImageError
from eikona.imaging.gif_blocks import GifLayout, read_gif
from tests.unit.imaging.builders import gif, gif_image, photograph, saved

COMMENT = b"!\xfe\5,\x21;!,\0"  # holds every introducer
CONTROL = b"!\xf9\4\0\0\0\0\0"


@pytest.mark.parametrize("frames", [1, 2, 7])
@pytest.mark.parametrize("between", [b"", COMMENT, CONTROL, b"\0\0\0", COMMENT + CONTROL])
def test_counts_images_and_nothing_else(frames, between):
    data = gif(9, 8, *[between + gif_image(0, 0, 2, 2)] * frames)
    assert read_gif(data, 100) == GifLayout(frames, 9, 8)


def test_counts_as_pillow_does():
    frames = [Image.fromarray(photograph(30, 20, seed)) for seed in range(6)]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:], comment=b"x" * 900)
    with Image.open(io.BytesIO(data)) as image:
        assert read_gif(data, 100) == GifLayout(image.n_frames, 30, 20)


def test_stops_counting_where_it_is_told():
    data = gif(1, 1, gif_image(0, 0, 1, 1) * 50)
    assert read_gif(data, 10).frames == 10


def test_the_canvas_holds_every_counted_frame():
    data = gif(5, 5, gif_image(0, 0, 2, 2), gif_image(4, 1, 3, 2), gif_image(0, 3, 1, 9))
    assert read_gif(data, 100) == GifLayout(3, 7, 12)
    assert read_gif(data, 2) == GifLayout(2, 7, 5)


def test_a_local_palette_is_stepped_over():
    image = bytearray(gif_image(0, 0, 1, 1))
    image[9] = 0x82
    data = gif(1, 1, bytes(image[:10]) + b",!;" * 8 + bytes(image[10:]))
    assert read_gif(data, 100).frames == 1


def test_without_a_global_palette():
    data = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0, 0, 0) + gif_image(0, 0, 1, 1) + b";"
    assert read_gif(data, 100).frames == 1


def test_what_follows_the_trailer_does_not_count():
    assert read_gif(gif(1, 1, gif_image(0, 0, 1, 1)) + gif_image(0, 0, 1, 1), 100).frames == 1


def test_cut_anywhere_but_before_the_trailer():
    data = gif(4, 4, CONTROL, gif_image(0, 0, 4, 4), COMMENT, gif_image(0, 0, 4, 4))
    boundaries = {len(data) - 1, data.index(COMMENT), data.index(COMMENT) + len(COMMENT)}
    for end in range(6, len(data)):
        if end in boundaries:
            read_gif(data[:end], 100)
        else:
            with pytest.raises(TruncatedImageError):
                read_gif(data[:end], 100)


@pytest.mark.parametrize("blocks", [b"", COMMENT, b"\0" * 99])
def test_no_image(blocks):
    with pytest.raises(CorruptImageError, match="no image"):
        read_gif(gif(1, 1, blocks), 100)
    with pytest.raises(TruncatedImageError):
        read_gif(gif(1, 1, blocks, trailer=b""), 100)


def test_absurdly_many_blocks():
    with pytest.raises(CorruptImageError, match="absurdly many"):
        read_gif(gif(1, 1, b"!\xfe" + b"\1x" * 2_000_001 + b"\0"), 100)
