import struct

import pytest

from eikona.domain.errors import CorruptImageError, TruncatedImageError
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


def test_scans_of_baseline_jpegs_are_not_counted():
    """Each costs as many bits as it has blocks: nothing is gained by many."""
    at = BASELINE.index(b"\xff\xda")
    check_jpeg(BASELINE[:at] + BASELINE[at:-2] * 300)
