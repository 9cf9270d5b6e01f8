"""Bytes of one fingerprint, complete and checked, to be stored and read back by later versions.

Layout of version 1, little-endian:

=========  =======================================================================================
bytes      holds
=========  =======================================================================================
1          version of this layout
1          quality
1          decode mode: 0 auto, 1 exact, 2 fast
1          number of PDQ codes by orientation, 0 or 8
4 x 4      width, height, frames, frame
2          length of the table
2          length of ForBild's grey values, 0 or 256
table      image format, then each hash's name, version (2 bytes) and length (2 bytes); a text
           stands behind its length in bytes (1 byte), the hashes behind their number (1 byte)
hashes     in the order of the table
codes      32 bytes for each orientation
grey       ForBild's grey values
4          CRC-32 of everything before
=========  =======================================================================================

Version 2 is of fingerprints with local features. Between the grey values and the checksum it has:

=========  =======================================================================================
bytes      holds
=========  =======================================================================================
4          length of the local features
4          length of the deflated margins, 0 where there are none
features   ``LocalFeatures.to_bytes``
margins    deflated (zlib)
=========  =======================================================================================

A new layout gets a new version, and this module goes on reading the old ones.
"""

import functools
import struct
import zlib
from dataclasses import replace

from eikona.domain.errors import InvalidFingerprintError
from eikona.domain.fingerprint import DecodeMode, Fingerprint
from eikona.domain.local_features import MARGIN_BYTES, MOST_FEATURES, LocalFeatures

_WITHOUT_FEATURES, _WITH_FEATURES = 1, 2  # versions of the layout
_HEAD = struct.Struct("<BBBBIIIIHH")
_HASH = struct.Struct("<HH")  # version, length in bytes
_CHECKSUM = struct.Struct("<I")
_FEATURES = struct.Struct("<II")  # bytes of the features, of the margins
_DEFLATION = 1  # of 1 to 9: more takes four times as long for a tenth less
_MOST_MARGINS = MOST_FEATURES * MARGIN_BYTES
_MODES = (DecodeMode.AUTO, DecodeMode.EXACT, DecodeMode.FAST)
_ORIENTATIONS = (0, 8)
_PDQ_BYTES = 32
_GREY_BYTES = (0, 256)
_BEST_QUALITY = 100

Table = tuple[str, tuple[tuple[str, int, int], ...]]  # format; name, version, length of each hash


def encode(fingerprint: Fingerprint) -> bytes:
    """Return the bytes that ``decode`` turns back into an equal fingerprint.

    Raises:
        InvalidFingerprintError: it holds what no picture's fingerprint can.
    """
    hashes = fingerprint.hashes
    if hashes.keys() != fingerprint.versions.keys():
        raise InvalidFingerprintError("each hash needs a version, and each version a hash")
    codes = fingerprint.pdq_orientations
    if any(len(code) != _PDQ_BYTES for code in codes):
        raise InvalidFingerprintError(f"a PDQ code has {_PDQ_BYTES} bytes")
    _check(fingerprint.quality, len(codes), len(fingerprint.forbild_grey))
    try:
        features = _packed_features(fingerprint.local_features)
        table = _table_bytes(fingerprint)
        head = _HEAD.pack(
            _WITHOUT_FEATURES if fingerprint.local_features is None else _WITH_FEATURES,
            fingerprint.quality,
            _MODES.index(fingerprint.decode),
            len(codes),
            fingerprint.width,
            fingerprint.height,
            fingerprint.frames,
            fingerprint.frame,
            len(table),
            len(fingerprint.forbild_grey),
        )
    except (struct.error, ValueError) as error:
        raise InvalidFingerprintError(f"a value of it is out of range: {error}") from error
    body = b"".join((head, table, *hashes.values(), *codes, fingerprint.forbild_grey, features))
    return body + _CHECKSUM.pack(zlib.crc32(body))


def decode(data: bytes) -> Fingerprint:
    """Return the fingerprint that ``encode`` made ``data`` of.

    Raises:
        InvalidFingerprintError: this is none, it is damaged, or of a later version.
    """
    end = _checked_end(data)
    version, quality, mode, codes, width, height, frames, frame, table_size, grey_size = (
        _HEAD.unpack_from(data)
    )
    _check(quality, codes, grey_size)
    if mode >= len(_MODES):
        raise InvalidFingerprintError(f"no decode mode has the number {mode}")
    at = _HEAD.size + table_size
    image_format, rows = _table(data[_HEAD.size : at])
    last = at + sum(length for _, _, length in rows) + codes * _PDQ_BYTES + grey_size
    features = None
    if version == _WITH_FEATURES:
        features, end = _unpacked_features(data, last, end), last
    if last != end:
        raise InvalidFingerprintError("a fingerprint whose lengths do not add up: compute it anew")
    hashes: dict[str, bytes] = {}
    for name, _, length in rows:
        hashes[name] = data[at : at + length]
        at += length
    grey = end - grey_size
    return Fingerprint(
        width=width,
        height=height,
        frames=frames,
        frame=frame,
        quality=quality,
        decode=_MODES[mode],
        image_format=image_format,
        hashes=hashes,
        versions={name: version for name, version, _ in rows},
        pdq_orientations=tuple(data[at : at + _PDQ_BYTES] for at in range(at, grey, _PDQ_BYTES)),
        forbild_grey=data[grey:end],
        local_features=features,
    )


def _packed_features(features: LocalFeatures | None) -> bytes:
    if features is None:
        return b""
    stored = features.to_bytes()
    if len(features.margins) not in (0, MARGIN_BYTES * len(LocalFeatures.from_bytes(stored))):
        raise InvalidFingerprintError(f"each feature has {MARGIN_BYTES} margins")
    margins = zlib.compress(features.margins, _DEFLATION) if features.margins else b""
    return _FEATURES.pack(len(stored), len(margins)) + stored + margins


def _unpacked_features(data: bytes, at: int, end: int) -> LocalFeatures:
    """Return the features that stand between two places."""
    if at + _FEATURES.size > end:
        raise InvalidFingerprintError("a fingerprint without its features: compute it anew")
    size, deflated = _FEATURES.unpack_from(data, at)
    at += _FEATURES.size
    if at + size + deflated != end:
        raise InvalidFingerprintError("a fingerprint whose lengths do not add up: compute it anew")
    features = LocalFeatures.from_bytes(data[at : at + size])
    if not deflated:
        return features
    try:
        margins = zlib.decompressobj().decompress(data[at + size : end], _MOST_MARGINS + 1)
    except zlib.error as error:
        raise InvalidFingerprintError("damaged margins of features: compute it anew") from error
    if len(margins) != MARGIN_BYTES * len(features):
        raise InvalidFingerprintError("as many margins as features: compute it anew")
    return replace(features, margins=margins)


def _checked_end(data: bytes) -> int:
    """Return where the checksum begins that these bytes agree with."""
    if len(data) < _HEAD.size + _CHECKSUM.size:
        raise InvalidFingerprintError("too short for a fingerprint: compute it anew")
    if data[0] not in (_WITHOUT_FEATURES, _WITH_FEATURES):
        raise InvalidFingerprintError(
            f"a fingerprint of layout {data[0]}, where this version reads up to {_WITH_FEATURES}:"
            " update Eikona, or compute it anew"
        )
    end = len(data) - _CHECKSUM.size
    if zlib.crc32(memoryview(data)[:end]) != _CHECKSUM.unpack_from(data, end)[0]:
        raise InvalidFingerprintError("a damaged fingerprint: compute it anew")
    return end


def _check(quality: int, codes: int, grey_size: int) -> None:
    if not 0 <= quality <= _BEST_QUALITY:
        raise InvalidFingerprintError(f"no picture has a quality of {quality}")
    if codes not in _ORIENTATIONS or grey_size not in _GREY_BYTES:
        raise InvalidFingerprintError(
            f"no fingerprint has {codes} PDQ codes and {grey_size} grey values"
        )


def _table_bytes(fingerprint: Fingerprint) -> bytes:
    parts = [_text(fingerprint.image_format), bytes([len(fingerprint.hashes)])]
    for name, code in fingerprint.hashes.items():
        parts += [_text(name), _HASH.pack(fingerprint.versions[name], len(code))]
    return b"".join(parts)


def _text(text: str) -> bytes:
    data = text.encode()
    return bytes([len(data)]) + data


@functools.lru_cache(maxsize=256)  # nearly all fingerprints have the table of another one
def _table(data: bytes) -> Table:
    try:
        image_format, at = _text_at(data, 0)
        number, at = data[at], at + 1
        rows = []
        for _ in range(number):
            name, at = _text_at(data, at)
            version, length = _HASH.unpack_from(data, at)
            at += _HASH.size
            rows.append((name, version, length))
    except (IndexError, struct.error, UnicodeDecodeError) as error:
        raise InvalidFingerprintError("a fingerprint with a torn table") from error
    if at != len(data) or len({name for name, _, _ in rows}) != number:
        raise InvalidFingerprintError("a fingerprint with a table of the wrong length")
    return image_format, tuple(rows)


def _text_at(data: bytes, at: int) -> tuple[str, int]:
    end = at + 1 + data[at]
    if end > len(data):
        raise IndexError(at)
    return data[at + 1 : end].decode(), end
