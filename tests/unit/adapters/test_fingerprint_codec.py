import struct
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eikona.adapters.fingerprint_codec import decode, encode
from eikona.domain.errors import InvalidFingerprintError
from eikona.domain.fingerprint import DecodeMode, Fingerprint
from eikona.domain.local_features import MARGIN_BYTES, LocalFeatures
from tests.unit.adapters.stored_fingerprints import fingerprint_of

SIZES = st.integers(0, 2**32 - 1)
NAMES = st.text(st.characters(codec="utf-8"), max_size=20)


@st.composite
def features(draw):
    count = draw(st.integers(0, 5))
    exactly = {size: st.binary(min_size=size * count, max_size=size * count) for size in (8, 16)}
    margins = st.binary(min_size=MARGIN_BYTES * count, max_size=MARGIN_BYTES * count)
    return LocalFeatures(
        width=draw(st.integers(1, 2**32 - 1)),
        height=draw(st.integers(1, 2**32 - 1)),
        codes=draw(exactly[16]),
        geometry=draw(exactly[8]),
        margins=draw(st.just(b"") | margins),
    )


@st.composite
def fingerprints(draw):
    hashes = draw(st.dictionaries(NAMES, st.binary(max_size=80), max_size=16))
    return Fingerprint(
        width=draw(SIZES),
        height=draw(SIZES),
        frames=draw(SIZES),
        frame=draw(SIZES),
        quality=draw(st.integers(0, 100)),
        decode=draw(st.sampled_from(DecodeMode)),
        image_format=draw(NAMES),
        hashes=hashes,
        versions={name: draw(st.integers(0, 2**16 - 1)) for name in hashes},
        pdq_orientations=draw(st.just(()) | st.tuples(*[st.binary(min_size=32, max_size=32)] * 8)),
        forbild_grey=draw(st.just(b"") | st.binary(min_size=256, max_size=256)),
        local_features=draw(st.none() | features()),
    )


@given(fingerprints())
def test_nothing_is_lost(fingerprint):
    again = decode(encode(fingerprint))
    assert again == fingerprint
    assert list(again.hashes) == list(fingerprint.hashes)
    assert list(again.versions) == list(fingerprint.hashes)


@given(fingerprints(), st.data())
def test_no_torn_and_no_altered_bytes_pass(fingerprint, data):
    good = encode(fingerprint)
    with pytest.raises(InvalidFingerprintError):
        decode(good[: data.draw(st.integers(0, len(good) - 1))])
    place = data.draw(st.integers(0, len(good) - 1))
    altered = bytearray(good)
    altered[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(InvalidFingerprintError):
        decode(bytes(altered))


@given(fingerprints(), st.data())
def test_bytes_of_another_hand_give_an_equal_fingerprint_or_the_error(fingerprint, data):
    """The checksum keeps no one out who computes it."""
    body = bytearray(encode(fingerprint)[:-4])
    for _ in range(data.draw(st.integers(1, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    forged = bytes(body) + struct.pack("<I", zlib.crc32(body))
    try:
        read = decode(forged)
    except InvalidFingerprintError:
        return
    if forged[0] == 1:
        assert encode(read) == forged
    else:  # what is deflated can be written in several ways
        assert decode(encode(read)) == read


def test_the_layout_of_version_1_is_read_for_ever():
    """Written out by hand from the module's docstring."""
    body = struct.pack("<BBBBIIIIHH", 1, 77, 1, 0, 640, 480, 3, 2, 24, 0)
    body += b"\x04jpeg" + b"\x02" + b"\x03pdq" + struct.pack("<HH", 1, 2)
    body += b"\x05ahash" + struct.pack("<HH", 7, 1)
    body += b"\xab\xcd" + b"\x01"
    assert decode(body + struct.pack("<I", zlib.crc32(body))) == Fingerprint(
        width=640,
        height=480,
        frames=3,
        frame=2,
        quality=77,
        decode=DecodeMode.EXACT,
        image_format="jpeg",
        hashes={"pdq": b"\xab\xcd", "ahash": b"\x01"},
        versions={"pdq": 1, "ahash": 7},
    )


def test_fingerprints_without_features_stay_readable_by_older_versions():
    assert encode(fingerprint_of(1))[0] == 1


def test_the_layout_of_version_2_is_read_for_ever():
    """Written out by hand from the module's docstring."""
    stored = struct.pack("<BxHII", 1, 2, 640, 480) + bytes(range(32)) + bytes(range(16))
    margins = zlib.compress(bytes(range(256)), 9)
    body = struct.pack("<BBBBIIIIHH", 2, 77, 1, 0, 640, 480, 1, 0, 6, 0)
    body += b"\x04jpeg" + b"\x00"
    body += struct.pack("<II", len(stored), len(margins)) + stored + margins
    read = decode(body + struct.pack("<I", zlib.crc32(body)))
    assert read.local_features == LocalFeatures(
        640, 480, bytes(range(32)), bytes(range(16)), bytes(range(256))
    )


def test_margins_that_deflate_a_bomb_are_refused():
    stored = struct.pack("<BxHII", 1, 1, 640, 480) + bytes(24)
    margins = zlib.compress(bytes(10**8), 9)
    body = struct.pack("<BBBBIIIIHH", 2, 77, 1, 0, 640, 480, 1, 0, 6, 0) + b"\x04jpeg\x00"
    body += struct.pack("<II", len(stored), len(margins)) + stored + margins
    with pytest.raises(InvalidFingerprintError, match="margins"):
        decode(body + struct.pack("<I", zlib.crc32(body)))


def test_another_version_is_named():
    later = b"\x03" + encode(fingerprint_of(1))[1:]
    with pytest.raises(InvalidFingerprintError, match=r"layout 3.*update"):
        decode(later)


@pytest.mark.parametrize(
    "wrong",
    [
        {"quality": 101},
        {"width": -1},
        {"width": 2**32},
        {"versions": {}},
        {"versions": {"pdq": 2**16}, "hashes": {"pdq": b""}},
        {"image_format": "x" * 256},
        {"pdq_orientations": (bytes(32),)},
        {"pdq_orientations": (bytes(31),) * 8},
        {"forbild_grey": bytes(255)},
        {"local_features": LocalFeatures(2**32, 1, b"", b"")},
        {"local_features": LocalFeatures(0, 1, b"", b"")},
        {"local_features": LocalFeatures(9, 9, bytes(16), bytes(4))},
        {"local_features": LocalFeatures(9, 9, bytes(16 * 301), bytes(8 * 301))},
        {"local_features": LocalFeatures(9, 9, bytes(16), bytes(8), bytes(127))},
    ],
)
def test_what_no_picture_has_is_refused(wrong):
    with pytest.raises(InvalidFingerprintError):
        encode(replace(fingerprint_of(1), **wrong))
