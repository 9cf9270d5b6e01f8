import io
import struct

import pytest
from PIL import Image

from eikona.imaging.webp_chunks import riff_is_cut_short, webp_canvas
from tests.unit.imaging.builders import noise, riff, saved


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (511, 2), (640, 480)])
@pytest.mark.parametrize("form", ["lossy", "lossless", "alpha", "animated"])
def test_reads_the_size_of_every_form(form, size):
    image = Image.fromarray(noise(*size, 4 if form == "alpha" else 3))
    options = {"lossless": form == "lossless"}
    if form == "animated":
        options |= {"save_all": True, "append_images": [image.rotate(180)]}
    data = saved(image, "WEBP", **options)
    assert webp_canvas(data[:30]) == size
    with Image.open(io.BytesIO(data)) as opened:
        assert opened.size == size


def test_the_largest_canvas():
    data = riff((b"VP8X", bytes(4) + b"\xff" * 6))
    assert webp_canvas(data) == (1 << 24, 1 << 24)


@pytest.mark.parametrize("kind", [b"VP8X", b"VP8L", b"VP8 "])
def test_a_header_cut_short_has_no_size(kind):
    data = riff((kind, bytes(20)))
    for end in range(12, 25):
        assert webp_canvas(data[:end]) is None


def test_other_first_chunks_have_no_size():
    assert webp_canvas(riff((b"ICCP", bytes(40)))) is None


def test_says_whether_the_container_is_whole():
    data = riff((b"VP8 ", bytes(30)))
    assert not riff_is_cut_short(data)
    assert not riff_is_cut_short(data + b"more")
    for end in range(len(data)):
        assert riff_is_cut_short(data[:end])
    assert riff_is_cut_short(b"RIFF" + struct.pack("<L", 0xFFFFFFFF) + b"WEBP")
