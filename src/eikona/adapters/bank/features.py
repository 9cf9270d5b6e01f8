"""Local features in a segment: which section holds them, how they are packed and read."""

import struct
from collections.abc import Sequence

from eikona.domain.errors import BankDamagedError, InvalidFingerprintError
from eikona.domain.fingerprint import Fingerprint
from eikona.domain.local_features import LOCAL_FEATURES, LocalFeatures

FEATURE_OFFSETS, FEATURES = "feature-offsets", "features"
FEATURES_HEAD = 12  # bytes before the first of an entry's features
FEATURES_OF = str(LOCAL_FEATURES)  # what the sections are named after


def packed_features(fingerprints: Sequence[Fingerprint]) -> list[bytes]:
    """Return the local features of each fingerprint, nothing where it has none.

    Raises:
        InvalidFingerprintError: some are none that a picture can have.
    """
    return [pack_features(one.local_features) for one in fingerprints]


def pack_features(features: LocalFeatures | None) -> bytes:
    """Return local features as a bank stores them.

    Raises:
        InvalidFingerprintError: they are none that a picture can have.
    """
    return b"" if features is None else features.to_bytes()


def check_features(features: LocalFeatures | None) -> None:
    """Make sure that a bank can hold local features.

    Raises:
        InvalidFingerprintError: it cannot.
    """
    if features is None:
        return
    try:
        read = LocalFeatures.from_bytes(features.to_bytes())
    except struct.error as error:
        raise InvalidFingerprintError(f"no picture has these local features: {error}") from error
    if (read.width, read.height) != (features.width, features.height):
        raise InvalidFingerprintError("local features of a picture without a size")


def unpack_features(data: bytes) -> LocalFeatures | None:
    """Return the local features that ``pack_features`` made bytes of.

    Raises:
        BankDamagedError: these are no such bytes.
    """
    if not data:
        return None
    try:
        return LocalFeatures.from_bytes(data)
    except InvalidFingerprintError as error:
        raise BankDamagedError("an entry's features make no sense: verify the bank") from error
