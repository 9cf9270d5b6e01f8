import struct

import pytest

from eikona.imaging.sniff import SNIFF_BYTES, sniff, sniff_undecodable
from tests.unit.imaging import builders


@pytest.fixture(scope="module")
def corpus():
    return builders.corpus()


def test_every_corpus_file_is_told_by_its_first_bytes(corpus):
    for name, data in corpus.items():
        expected = {"apng": "png"}.get(name, name.split("-")[0])
        assert sniff(data[:SNIFF_BYTES]) == expected, name


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\xff\xd8",
        b"\x89PNG\r\n",
        b"GIF88a......",
        b"RIFF\0\0\0\0WAVEfmt ",
        b"\0\0\0\x18ftypisom\0\0\0\0isommp42",
        b"BM is how this letter begins, and it goes on",
        b" \xff\xd8\xff\xe0 garbage in front",
        b"%PDF-1.7",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    ],
)
def test_takes_nothing_else_for_an_image(head):
    assert sniff(head) is None
    assert sniff_undecodable(head) is None


def ftyp(*brands: bytes) -> bytes:
    body = brands[0] + b"\0\0\0\0" + b"".join(brands[1:])
    return struct.pack(">L", 8 + len(body)) + b"ftyp" + body


@pytest.mark.parametrize(
    ("brands", "name"),
    [
        ((b"avif",), "avif"),
        ((b"avis", b"msf1"), "avif"),
        ((b"mif1", b"miaf", b"MA1B", b"mif2", b"avif"), "avif"),
        ((b"mif1", *[b"abcd"] * 15, b"avif"), "avif"),
        ((b"heic", b"mif1"), "heic"),
        ((b"mif1", b"miaf"), "heic"),
        ((b"hevx",), "heic"),
        ((b"isom", b"mp42"), None),
    ],
)
def test_tells_avif_and_heic_by_their_brands(brands, name):
    assert sniff(ftyp(*brands)) == name


def test_does_not_look_for_brands_behind_their_box():
    assert sniff(ftyp(b"isom") + b"avif" * 4) is None
    assert sniff(struct.pack(">L", 20) + b"ftypisom\0\0\0\0mp42" + b"\0\0\0\x08avif") is None


def test_the_minor_version_is_no_brand():
    assert sniff(b"\0\0\0\x14ftypisomavifmp42") is None


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"8BPS\0\1", "psd"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "jpeg2000"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "jpegxl"),
        (b"\xff\x0a", "jpegxl"),
        (b"\0\0\1\0\1\0", "ico"),
        (b"qoif\0\0", "qoi"),
    ],
)
def test_names_formats_that_are_not_decoded(head, name):
    assert sniff(head) is None
    assert sniff_undecodable(head) == name
