"""Every hasher by its name."""

import functools
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from benchmarks.robustness.hashers import peers
from benchmarks.robustness.hashers.eikona_hasher import eikona_hasher
from benchmarks.robustness.hashers.features_hasher import features_hasher
from benchmarks.robustness.hashers.hasher import Hasher, MissingPeerError
from benchmarks.robustness.hashers.unihasher import unihasher_hasher

_OWN: Mapping[str, Callable[[], Hasher]] = MappingProxyType(
    {"eikona": eikona_hasher, "features": features_hasher}
)
PEERS: Mapping[str, Callable[[], Hasher]] = MappingProxyType(
    {
        "imagehash": peers.imagehash_hasher,
        "pdqhash": peers.pdqhash_hasher,
        "perception": peers.perception_hasher,
        "unihasher": unihasher_hasher,
    }
)


@functools.cache
def hasher_named(name: str) -> Hasher:
    """Return the hasher, ready to work in this process.

    Raises:
        MissingPeerError: it is not installed.
    """
    if name in _OWN:
        return _OWN[name]()
    try:
        return PEERS[name]()
    except ImportError as error:
        raise MissingPeerError(f"{name}: {error.name} is not installed") from error


def installed(names: Sequence[str]) -> list[str]:
    """Return those of ``names`` that can work here."""
    found = []
    for name in names:
        try:
            hasher_named(name)
        except MissingPeerError:
            continue
        found.append(name)
    return found
