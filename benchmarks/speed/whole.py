"""From encoded bytes to hashes: bare decoding, Eikona, and other programs on the same bytes."""
# ruff: noqa: PLC0415  (a peer may be missing)

import io
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from PIL import Image

import eikona
from benchmarks.speed.contender import (
    ARRAY_FLOOR,
    FLOOR,
    Contender,
    Difference,
    Kind,
    MissingPeerError,
)
from eikona.hashing.registry import DEFAULT_ALGORITHMS
from eikona.native.memory import keep_large_blocks
from eikona.native.switch import numpy_alone
from eikona.services.fingerprint_source import compat_hashes

_SHORT_SIDE = 512  # pixels that bare reduced decoding keeps, as Eikona does
_EVERY_HASH = f"{len(DEFAULT_ALGORITHMS)} hashes"
DIFFERENCES = (
    Difference("eikona: nmf on top", Kind.EIKONA, "eikona exact + nmf", "eikona exact", "1 hash"),
    Difference(
        "eikona: nmf-unihasher on top",
        Kind.EIKONA,
        "eikona exact + nmf-unihasher",
        "eikona exact",
        "1 hash",
    ),
)


def floors() -> Iterator[Contender]:
    """Yield ways to decode and do nothing else."""
    yield Contender(FLOOR, Kind.FLOOR, _load, computes="pixels")
    yield Contender(
        "bare decode, memory kept", Kind.FLOOR, _load, prepare=_with_memory, computes="pixels"
    )
    yield Contender(ARRAY_FLOOR, Kind.FLOOR, _rgb_array, computes="pixels")
    yield Contender("bare decode to grey", Kind.FLOOR, _grey, computes="grey pixels")
    yield Contender("bare decode, reduced", Kind.FLOOR, _reduced, computes="fewer pixels")
    yield Contender(
        "bare decode, reduced, to grey", Kind.FLOOR, _reduced_grey, computes="fewer grey pixels"
    )


def _with_memory(data: bytes) -> bytes:
    keep_large_blocks()
    return data


def eikona_modes() -> Iterator[Contender]:
    """Yield Eikona as it is called."""
    for mode in ("exact", "auto", "fast"):
        yield Contender(
            f"eikona {mode}",
            Kind.EIKONA,
            partial(eikona.fingerprint, decode=mode),
            computes=_EVERY_HASH,
        )
    for mode in ("exact", "fast"):
        yield Contender(
            f"eikona {mode}, before kernels are loaded",
            Kind.EIKONA,
            partial(_by_numpy, mode),
            computes=_EVERY_HASH,
            cold=True,
        )
    for name in ("nmf", "nmf-unihasher"):
        yield Contender(
            f"eikona exact + {name}",
            Kind.EIKONA,
            partial(eikona.fingerprint, decode="exact", algorithms=(*DEFAULT_ALGORITHMS, name)),
            computes=f"{len(DEFAULT_ALGORITHMS) + 1} hashes",
        )
    yield Contender(
        "eikona --compat imagehash", Kind.EIKONA, compat_hashes, computes="imagehash's 4 hashes"
    )


def _by_numpy(mode: str, data: bytes) -> object:
    with numpy_alone():
        return eikona.fingerprint(data, decode=mode)


def imagehash_four() -> Iterator[Contender]:
    """Yield imagehash's hashes at its default size, all from one decoded image."""
    import imagehash

    hashes = (imagehash.average_hash, imagehash.phash, imagehash.dhash, imagehash.whash)

    def run(data: bytes) -> object:
        image = Image.open(io.BytesIO(data))
        return [str(make(image)) for make in hashes]

    yield Contender("imagehash, 4 hashes", Kind.PEER, run, computes="4 hashes")


def pdqhash_alone() -> Iterator[Contender]:
    """Yield the binding of PDQ's C++ reference."""
    import pdqhash

    yield Contender(
        "pdqhash", Kind.PEER, lambda data: pdqhash.compute(_rgb_array(data)), computes="1 hash"
    )


def perception_hashers() -> Iterator[Contender]:
    """Yield perception's hashers through its own API, which decodes with OpenCV."""
    from perception import hashers
    from perception.hashers import tools

    phash, pdq = hashers.PHash(), hashers.PDQHash()
    four = (hashers.AverageHash(), phash, hashers.DHash(), hashers.WaveletHash())

    def run(data: bytes) -> object:
        pixels = tools.read(io.BytesIO(data))
        return [hasher.compute(pixels) for hasher in four]

    yield Contender(
        "perception, PHash",
        Kind.PEER,
        lambda data: phash.compute(io.BytesIO(data)),
        computes="1 hash",
    )
    yield Contender(
        "perception, PDQ", Kind.PEER, lambda data: pdq.compute(io.BytesIO(data)), computes="1 hash"
    )
    yield Contender("perception, 4 hashes", Kind.PEER, run, computes="4 hashes")


def opencv_decode() -> Iterator[Contender]:
    """Yield OpenCV's decoder."""
    import cv2

    cv2.setNumThreads(1)

    def run(data: bytes) -> object:
        return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)

    yield Contender("bare decode, OpenCV", Kind.FLOOR, run, computes="pixels")


def unihasher_four() -> Iterator[Contender]:
    """Yield Unihasher's algorithm."""
    from benchmarks.speed.unihasher import unihasher_hashes

    yield Contender("unihasher, 4 hashes", Kind.PEER, unihasher_hashes, computes="4 hashes")


PEERS = (
    opencv_decode,
    imagehash_four,
    pdqhash_alone,
    perception_hashers,
    unihasher_four,
)


def contenders(left_out: Callable[[str], None] | None = None) -> list[Contender]:
    """Return all of them.

    Args:
        left_out: called with what is missing instead of raising.

    Raises:
        MissingPeerError: a peer is not installed.
    """
    found = [*floors(), *eikona_modes()]
    for peer in PEERS:
        try:
            found += peer()
        except ImportError as error:
            said = f"{peer.__name__.replace('_', ' ')}: {error.name} is not installed"
            if left_out is None:
                raise MissingPeerError(said) from error
            left_out(said)
    return found


def _rgb_array(data: bytes) -> object:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def _load(data: bytes) -> object:
    return Image.open(io.BytesIO(data)).load()


def _grey(data: bytes) -> object:
    image = Image.open(io.BytesIO(data))
    image.draft("L", None)
    return np.asarray(image)


def _reduced(data: bytes) -> object:
    return _reduced_to(data, "RGB")


def _reduced_grey(data: bytes) -> object:
    return _reduced_to(data, "L")


def _reduced_to(data: bytes, mode: str) -> object:
    """Decode at the smallest scale that keeps the short side, at half scale where none does."""
    image = Image.open(io.BytesIO(data))
    scale = next((s for s in (8, 4, 2) if -(-min(image.size) // s) >= _SHORT_SIDE), 2)
    image.draft(mode, (image.width // scale, image.height // scale))
    return np.asarray(image)
