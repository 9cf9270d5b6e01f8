"""Blobs are whole, or not there."""

import hashlib
import os

import pytest

from eikona.adapters.blobs.folder import BlobFolder
from eikona.domain.errors import NotFoundError, TooManyBytesError


@pytest.fixture
def blobs(tmp_path):
    return BlobFolder(tmp_path / "blobs")


def test_keeps_bytes_under_their_digest(blobs):
    digest = blobs.put(b"content")
    assert digest == hashlib.sha256(b"content").hexdigest()
    assert blobs.read(digest) == b"content"
    assert blobs.put(b"content") == digest
    assert list(blobs.digests()) == [digest]
    blobs.remove(digest)
    blobs.remove(digest)
    with pytest.raises(NotFoundError):
        blobs.read(digest)


def test_leaves_nothing_of_what_is_too_long_or_given_up(blobs, tmp_path):
    with blobs.receive(4) as incoming:
        incoming.write(b"1234")
        with pytest.raises(TooManyBytesError):
            incoming.write(b"5")
    with blobs.receive(4) as incoming:
        incoming.write(b"1234")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "a" * 63, "A" * 64, "", "a" * 64 + "\n"])
def test_only_digests_name_files(blobs, name):
    with pytest.raises(NotFoundError):
        blobs.read(name)
    with pytest.raises(NotFoundError):
        blobs.path(name)


def test_tidies_what_a_crash_left(blobs, tmp_path):
    left = blobs.receive(10)
    blobs.tidy()
    part = next((tmp_path / "blobs" / "incoming").iterdir())
    os.utime(part, (0, 0))
    blobs.tidy()
    assert list((tmp_path / "blobs" / "incoming").iterdir()) == []
    left.close()
