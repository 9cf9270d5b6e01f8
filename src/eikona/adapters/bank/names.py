"""Names of entries as bytes, and the digests by which they are found."""

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from eikona.domain.errors import UsageError

MOST_NAME_BYTES = (1 << 16) - 1
_DIGEST_BYTES = 8


def encode_name(name: str) -> bytes:
    """Return a name as UTF-8, with the bytes of a file name that is no text as they were.

    Raises:
        UsageError: it is empty, too long, or no text.
    """
    try:
        data = name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise UsageError(f"{name!r} is no name: half of a surrogate pair stands in it") from error
    if not 0 < len(data) <= MOST_NAME_BYTES:
        raise UsageError(f"a name has 1 to {MOST_NAME_BYTES} bytes, not {len(data)}")
    return data


def decode_name(data: bytes) -> str:
    """Return the name that ``encode_name`` made bytes of."""
    return data.decode("utf-8", "surrogateescape")


def name_digest(name: bytes) -> int:
    """Return the number that a name is looked up by: 64 bits of BLAKE2b, little-endian."""
    return int.from_bytes(blake2b(name, digest_size=_DIGEST_BYTES).digest(), "little")


def name_digests(names: Iterable[bytes]) -> NDArray[np.uint64]:
    """Return the digest of each name."""
    joined = b"".join([blake2b(name, digest_size=_DIGEST_BYTES).digest() for name in names])
    return np.frombuffer(joined, "<u8").astype(np.uint64, copy=False)
