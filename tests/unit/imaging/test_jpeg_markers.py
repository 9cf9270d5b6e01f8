import struct

import pytest

from eikona.domain.errors import CorruptImageError, TruncatedImageError
from eikona.domain.limits import DEFAULT_LIMITS
from eikona.imaging import jpeg_markers
from eikona.imaging.decode import decode
from eikona.imaging.jpeg_markers import check_jpeg
from tests.unit.imaging.builders import jpeg_with_segment, photograph, saved

BASELINE = saved(photograph(40, 30), "JPEG")
PROGRESSIVE = saved(photograph(40, 30), "JPEG", progressive=True)


@pytest.mark.parametrize("data", [BASELINE, PROGRESSIVE])
def test_sound_ones_pass(data):
    check_jpeg(data)
    check_jpeg(data + bytes(1000))


def test_restarts_and_padding_between_segments_pass():
    padded = BASELINE.replace(b"\xff\xdb", b"\xff\xff\xff\xdb").replace(b"\xff\xc4", b"\0\xff\xc4")
    check_jpeg(padded)
    check_jpeg(saved(photograph(40, 30), "JPEG", restart_marker_blocks=1))
    check_jpeg(saved(photograph(40, 30), "JPEG", restart_marker_blocks=1, progressive=True))


def test_cut_anywhere_before_the_first_scan():
    scan = BASELINE.index(b"\xff\xda")
    (length,) = struct.unpack_from(">H", BASELINE, scan + 2)
    for end in range(3, scan + 2):
        with pytest.raises(TruncatedImageError):
            check_jpeg(BASELINE[:end])
    check_jpeg(BASELINE[: scan + 2 + length])  # what follows is the decoder's to judge


def test_an_end_without_an_image():
    with pytest.raises(CorruptImageError, match="without holding"):
        check_jpeg(b"\xff\xd8\xff\xd9" + BASELINE)


@pytest.mark.parametrize("junk", [b"\0", b"\xff", b"\x41\xff\0"])
def test_junk_is_borne_up_to_a_bound(junk):
    check_jpeg(BASELINE[:2] + junk * 1000 + BASELINE[2:])
    with pytest.raises(CorruptImageError, match="junk"):
        check_jpeg(BASELINE[:2] + junk * 70_000 + BASELINE[2:])


def scans(count: int) -> bytes:
    at = PROGRESSIVE.rindex(b"\xff\xda")
    return PROGRESSIVE[:at] + PROGRESSIVE[at:-2] * count + b"\xff\xd9"


def test_scans_are_bounded():
    already = PROGRESSIVE.count(b"\xff\xda") - 1
    check_jpeg(scans(200 - already))
    with pytest.raises(CorruptImageError, match="200 scans"):
        check_jpeg(scans(201 - already))


def test_a_false_end_inside_a_comment_hides_no_scans():
    at = PROGRESSIVE.rindex(b"\xff\xda")
    comment = b"\xff\xfe\0\x06\xff\xd9\xff\xd9"
    data = PROGRESSIVE[:at] + comment + PROGRESSIVE[at:-2] * 300
    with pytest.raises(CorruptImageError, match="scans"):
        check_jpeg(data)


def test_what_looks_like_scans_in_metadata_or_behind_the_end_does_not_count():
    fake = b"\xff\xda\0\2" * 1000
    check_jpeg(jpeg_with_segment(PROGRESSIVE, 0xE5, fake))
    check_jpeg(PROGRESSIVE + fake)


# hand-made scans


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def sequential(*scans: bytes, side: int = 16, frame: int = 0xC0, components: int = 3) -> bytes:
    """A JPEG whose scans name the components given: grey, since one bit codes a whole block."""
    tables = segment(0xDB, b"\0" + b"\1" * 64)
    if frame < 0xC8:
        tables += b"".join(segment(0xC4, bytes([kind, 1, *[0] * 15, 0])) for kind in (0, 16))
    size = struct.pack(">BHHB", 8, side, side, components)
    parts = b"".join(bytes([k + 1, 0x11, 0]) for k in range(components))
    body = b"".join(
        segment(0xDA, bytes([len(names), *(v for k in names for v in (k, 0)), 0, 63, 0])) + b"\0"
        for names in scans
    )
    return b"\xff\xd8" + tables + segment(frame, size + parts) + body + b"\xff\xd9"


SEPARATE = (b"\1", b"\2", b"\3")
TOGETHER = b"\1\2\3"


@pytest.mark.parametrize("scans", [SEPARATE, (b"\1", b"\2\3"), (TOGETHER,)])
@pytest.mark.parametrize("frame", [0xC0, 0xC1, 0xC9])
def test_sequential_scans_as_encoders_write_them(scans, frame):
    data = sequential(*scans, frame=frame)
    check_jpeg(data)
    assert decode(data, limits=DEFAULT_LIMITS).luma.shape == (16, 16)


@pytest.mark.parametrize("names", [b"\1", b"\2\3"])
@pytest.mark.parametrize("frame", [0xC0, 0xC1, 0xC3, 0xC9])
def test_sequential_scans_are_bounded(names, frame):
    check_jpeg(sequential(*[names] * 16, frame=frame))
    with pytest.raises(CorruptImageError, match="16 scans"):
        check_jpeg(sequential(*[names] * 17, frame=frame))
    with pytest.raises(CorruptImageError, match="16 scans"):
        check_jpeg(sequential(names, *[TOGETHER] * 16, frame=frame))


def test_a_scan_of_all_components_is_the_last_of_a_sequential_image(monkeypatch):
    """It is not searched through, since decoders refuse what follows instead of decoding it."""
    monkeypatch.setattr(jpeg_markers, "_check_scans", None)
    check_jpeg(BASELINE)
    check_jpeg(saved(photograph(40, 30)[..., 0], "JPEG"))
    more = sequential(*[TOGETHER] * 300)
    check_jpeg(more)
    with pytest.raises(CorruptImageError, match="damaged"):
        decode(more, limits=DEFAULT_LIMITS)


def test_a_first_scan_that_is_cut_in_its_header():
    data = sequential(TOGETHER)
    with pytest.raises(TruncatedImageError):
        check_jpeg(data[: data.index(b"\xff\xda") + 4])


def test_a_marker_without_a_segment_hides_no_scans():
    """Decoders step over TEM: what follows it is no length."""
    data = sequential(*[b"\1"] * 300)
    second = data.index(b"\xff\xda", data.index(b"\xff\xda") + 1)
    with pytest.raises(CorruptImageError, match="16 scans"):
        check_jpeg(data[:second] + b"\xff\x01\x0f\0" + data[second:])
