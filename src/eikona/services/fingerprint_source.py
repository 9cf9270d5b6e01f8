"""Turns a path, bytes or an open file into a fingerprint, or into one a sampled frame."""

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from eikona.domain.errors import EikonaError, LimitExceededError, OutOfMemoryError, UsageError
from eikona.domain.fingerprint import DecodeMode, Fingerprint
from eikona.domain.limits import DEFAULT_LIMITS, Limits
from eikona.hashing.compat import defined_at, imagehash_hashes
from eikona.hashing.local_features.extraction import local_features as features_of
from eikona.hashing.registry import HashAlgorithm, compute, resolve
from eikona.imaging.decode import (
    SHORT_SIDE,
    SHORT_SIDE_WITHOUT_PDQ,
    decode_frames,
    decode_grey_as_stored,
)
from eikona.imaging.decode import decode as decode_first_frame
from eikona.imaging.picture import Luma, Picture
from eikona.imaging.source import Source, read_source

FRAME_SAMPLES = 16  # of an animation, evenly spaced
COMPAT_LONGEST_SIDE = 200_000  # pixels; the filter's table grows with it, to some 100 MB here


@dataclass(frozen=True, slots=True)
class CompatHashes:
    """Hashes of one file as another library would print them.

    Attributes:
        width: as stored, in pixels, before any EXIF rotation.
        height: as stored, in pixels.
        frames: frames in the file; the hashes are of the first.
        hashes: hex by that library's own names.
    """

    width: int
    height: int
    frames: int
    hashes: dict[str, str]


def fingerprint(
    source: Source,
    *,
    algorithms: Sequence[str] | None = None,
    local_features: bool = False,
    decode: str = DecodeMode.AUTO,
    limits: Limits = DEFAULT_LIMITS,
) -> Fingerprint:
    """Return the fingerprint of an image; every hash is computed before this returns.

    Args:
        source: a path, the encoded bytes, or a file opened for reading bytes.
        algorithms: names of the registry; None means all our own except the NMF ones.
        local_features: whether to look for places that crops, collages and screenshots are found
            by too, some 10 ms more a picture.
        decode: ``exact`` decodes every pixel in full colour; ``fast`` reads JPEGs as grey and at a
            reduced scale, which moves hashes by up to 12 of 256 bits; ``auto`` is exact up to one
            megapixel and reads larger JPEGs at a reduced scale in full colour.
        limits: what the image may ask of this machine.

    Returns:
        The fingerprint of the first frame.

    Raises:
        SourceError: the bytes cannot be had.
        InvalidImageError: the bytes do not decode, or ask for more than ``limits`` allows.
        UsageError: an argument is wrong.
    """
    rows = resolve(algorithms)
    with _named(source):
        data = read_source(source, limits)
        picture = decode_first_frame(
            data,
            mode=decode_mode(decode),
            short_side=SHORT_SIDE if local_features else _short_side(rows),
            limits=limits,
        )
        found = compute(picture, rows, stored_grey=_stored_grey(data, rows, limits))
        return _with_features(found, picture) if local_features else found


def fingerprint_frames(
    source: Source,
    *,
    algorithms: Sequence[str] | None = None,
    samples: int = FRAME_SAMPLES,
    limits: Limits = DEFAULT_LIMITS,
) -> list[Fingerprint]:
    """Return fingerprints of evenly spaced frames of an animation, in order.

    Args:
        source: a path, the encoded bytes, or a file opened for reading bytes.
        algorithms: as for ``fingerprint``.
        samples: most frames to sample, at least 1; a still image gives one.
        limits: what the image may ask of this machine.

    Raises:
        SourceError: the bytes cannot be had.
        InvalidImageError: the bytes do not decode, or ask for more than ``limits`` allows.
        UsageError: an argument is wrong.
    """
    rows = resolve(algorithms)
    if samples < 1:
        msg = f"samples = {samples}: ask for at least one frame"
        raise UsageError(msg)
    with _named(source):
        data = read_source(source, limits)
        frames = decode_frames(data, samples=samples, limits=limits)
        return [compute(frame, rows) for frame in frames]


def compat_hashes(
    source: Source, *, hash_size: int = 8, limits: Limits = DEFAULT_LIMITS
) -> CompatHashes:
    """Return the hashes that imagehash 4.3 with Pillow 12 gives this file, bit for bit.

    Args:
        source: a path, the encoded bytes, or a file opened for reading bytes.
        hash_size: side of the hash, at least 2; whash exists for powers of two only and is left
            out otherwise.
        limits: what the image may ask of this machine.

    Raises:
        SourceError: the bytes cannot be had.
        InvalidImageError: the bytes do not decode, or ask for more than ``limits`` allows.
        UsageError: no such hash size.
    """
    with _named(source):
        grey, frames = decode_grey_as_stored(read_source(source, limits), limits)
        _check_sides(grey)
        height, width = grey.shape
        hashes = imagehash_hashes(grey, hash_size, names=defined_at(hash_size))
    return CompatHashes(width, height, frames, hashes)


def decode_mode(name: str) -> DecodeMode:
    """Return the mode of this name.

    Raises:
        UsageError: no such mode.
    """
    try:
        return DecodeMode(name)
    except ValueError as error:
        modes = ", ".join(mode.value for mode in DecodeMode)
        msg = f"no decode mode is named {name!r}: choose from {modes}"
        raise UsageError(msg) from error


@contextlib.contextmanager
def _named(source: Source) -> Iterator[None]:
    """Say in an error's notes which file it is about, and translate a lack of memory."""
    try:
        yield
    except MemoryError as error:
        msg = "hashing needed more memory than there is: lower max_pixels or give more memory"
        raise OutOfMemoryError(msg) from error
    except EikonaError as error:
        if isinstance(source, str | os.PathLike):
            error.add_note(f"source: {os.fspath(source)}")
        raise


def _with_features(found: Fingerprint, picture: Picture) -> Fingerprint:
    size = picture.width, picture.height
    return replace(found, local_features=features_of(picture.luma, size=size))


def _stored_grey(data: bytes, rows: Iterable[HashAlgorithm], limits: Limits) -> Luma | None:
    """Return the image as other libraries read it, where a row asks for that."""
    if not any(row.as_stored for row in rows):
        return None
    grey, _ = decode_grey_as_stored(data, limits)
    _check_sides(grey)
    return grey


def _check_sides(grey: Luma) -> None:
    longest = max(grey.shape)
    if longest > COMPAT_LONGEST_SIDE:
        msg = (
            f"a side of {longest:,} pixels is more than the {COMPAT_LONGEST_SIDE:,} that"
            " imagehash's filter is computed for: hash it without compatibility"
        )
        raise LimitExceededError(msg)


def _short_side(rows: Iterable[HashAlgorithm]) -> int:
    asks_pdq = any(row.id.name == "pdq" for row in rows)
    return SHORT_SIDE if asks_pdq else SHORT_SIDE_WITHOUT_PDQ
