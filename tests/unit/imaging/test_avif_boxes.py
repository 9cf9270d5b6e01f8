import struct

import pytest
from PIL import Image

from eikona.domain.errors import CorruptImageError, TruncatedImageError
from eikona.imaging.avif_boxes import read_avif
from tests.unit.imaging.builders import exif, photograph, saved

PLAIN = saved(photograph(48, 40), "AVIF", speed=10)
BLOCK = b"Exif\0\0" + exif(1, tag=0x0100)  # orientation would be moved out of it
WITH_EXIF = saved(photograph(48, 40), "AVIF", speed=10, exif=BLOCK)


def box(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">L", 8 + len(body)) + kind + body


def infe(kind: bytes, version: int = 2) -> bytes:
    item = b"\0\1" if version == 2 else b"\0\0\0\1"
    return box(b"infe", bytes([version, 0, 0, 0]) + item + b"\0\0" + kind + b"name\0")


def iinf(*items: bytes, version: int = 0) -> bytes:
    count = struct.pack(">H" if version == 0 else ">L", len(items))
    return box(b"iinf", bytes([version, 0, 0, 0]) + count + b"".join(items))


def ispe(width: int, height: int) -> bytes:
    return box(b"ispe", struct.pack(">LLL", 0, width, height))


def meta(*boxes: bytes) -> bytes:
    return box(b"meta", bytes(4) + b"".join(boxes))


FTYP = box(b"ftyp", b"avif\0\0\0\0avifmif1")
MDAT = box(b"mdat", b"pixels")


def test_a_file_without_exif_is_passed_on_as_it_is():
    avif = read_avif(PLAIN)
    assert avif.payload is PLAIN
    assert (avif.width, avif.height) == (48, 40)


def test_exif_items_are_renamed_and_nothing_else_changes():
    payload = read_avif(WITH_EXIF).payload
    (place,) = [k for k in range(len(payload)) if payload[k : k + 4] == b"hide"]
    assert payload[:place] + b"Exif" + payload[place + 4 :] == WITH_EXIF


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("count_version", [0, 1])
def test_every_version_of_the_tables(version, count_version):
    items = [infe(b"av01", version), infe(b"Exif", version), infe(b"Exif", version)]
    data = FTYP + meta(iinf(*items, version=count_version)) + MDAT
    assert read_avif(data).payload == data.replace(b"Exif", b"hide")


@pytest.mark.parametrize("version", [0, 1, 4, 255])
def test_versions_without_types_are_left_alone(version):
    data = FTYP + meta(iinf(box(b"infe", bytes([version]) + b"\0\0\0\0\1\0\0Exif"))) + MDAT
    assert read_avif(data).payload is data


def test_tables_of_tracks_count_too():
    data = FTYP + box(b"moov", box(b"trak", meta(iinf(infe(b"Exif"))))) + MDAT
    assert read_avif(data).payload == data.replace(b"Exif", b"hide")


def test_the_largest_described_image_is_the_size():
    sizes = box(b"iprp", box(b"ipco", ispe(10, 10) + box(b"pixi", bytes(8)) + ispe(5000, 4)))
    avif = read_avif(FTYP + meta(iinf(infe(b"av01")), sizes) + MDAT)
    assert (avif.width, avif.height) == (5000, 4)


def test_no_described_image_has_no_size():
    avif = read_avif(FTYP + meta(box(b"iprp", box(b"ipco", box(b"ispe", b"short")))) + MDAT)
    assert (avif.width, avif.height) == (0, 0)


def test_sizes_of_64_bits_and_to_the_end():
    long = struct.pack(">L4sQ", 1, b"mdat", 16 + 6) + b"pixels"
    assert read_avif(FTYP + long + meta(iinf(infe(b"Exif")))).payload.endswith(b"hidename\0")
    endless = struct.pack(">L4s", 0, b"mdat") + b"pixels"
    read_avif(FTYP + meta() + endless)


@pytest.mark.parametrize("data", [PLAIN, WITH_EXIF])
def test_cut_anywhere(data):
    for end in range(16, len(data)):
        with pytest.raises(TruncatedImageError):
            read_avif(data[:end])


@pytest.mark.parametrize("tail", [b"\0", b"garbage!" * 9, b"\xff" * 40, box(b"what", b"x")])
def test_what_follows_is_nobodys_business(tail):
    assert read_avif(PLAIN + tail).width == 48


def test_small_images_inside_their_description():
    read_avif(FTYP + meta(box(b"idat", b"pixels")))
    with pytest.raises(TruncatedImageError):
        read_avif(FTYP + meta())


def test_absurdly_many_boxes():
    with pytest.raises(CorruptImageError, match="absurdly many"):
        read_avif(FTYP + box(b"free") * 70_000 + meta() + MDAT)
    with pytest.raises(CorruptImageError, match="absurdly many"):
        read_avif(FTYP + meta(iinf(*[infe(b"av01")] * 70_000, version=1)) + MDAT)


def test_boxes_that_contradict_each_other_end_the_walk():
    inner = struct.pack(">L4s", 10_000, b"iinf") + bytes(20)
    assert read_avif(FTYP + meta(inner) + MDAT).width == 0
    assert read_avif(FTYP + meta(struct.pack(">L4s", 3, b"iinf")) + MDAT).width == 0


def test_sequences():
    frames = [Image.fromarray(photograph(16, 12, seed)) for seed in range(3)]
    data = saved(frames[0], "AVIF", save_all=True, append_images=frames[1:], exif=BLOCK, speed=10)
    assert b"Exif" in data[:-200]
    assert read_avif(data).payload.count(b"hide") >= 1
