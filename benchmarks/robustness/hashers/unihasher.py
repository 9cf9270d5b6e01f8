"""Unihasher's four hashes, its algorithm without its loops over pixels.

Its package finds every ring by walking over all pixels in Python, 0.8 s a picture. Here the rings
are found by sorting; ``check`` holds the strings to those of the loops, which were compared with
the package's.
"""
# ruff: noqa: PLC0415  (a peer may be missing)

import importlib.metadata
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.robustness.hashers.hasher import Hasher, whole_words

_SIDE = 16  # of the difference, DCT and wavelet hash
_RINGS = 32
HASHES = {"dhash": 256, "phash": 256, "whash": 256}


class DifferentError(Exception):
    """The fast form gives another hash than the loops."""


def unihasher_hasher() -> Hasher:
    """Return its four hashes."""
    import cv2
    import imagehash

    def compute(data: bytes) -> dict[str, Any]:
        image = Image.open(io.BytesIO(data))
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        return {
            **{name: whole_words(getattr(imagehash, name)(image, _SIDE).hash) for name in HASHES},
            "nmf": nmf(pixels),
        }

    packages = ("ImageHash", "opencv-contrib-python-headless", "numpy", "Pillow")
    versions = {name: importlib.metadata.version(name) for name in packages}
    fields: dict[str, tuple[str, tuple[int, ...]]] = dict.fromkeys(HASHES, ("u1", (32,)))
    return Hasher(
        "unihasher", versions | {"unihasher": "0.1.3"}, fields | {"nmf": ("u1", (64,))}, compute
    )


def nmf(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the 64 values of its NMF hash of BGR pixels."""
    from benchmarks.speed.unihasher import coefficients, square_luma, squared_radii

    luma, squared, centre = square_luma(pixels)
    bounds, area = squared_radii(len(luma), centre)
    ring = np.searchsorted(bounds[0], squared.ravel(), side="left") - 1
    order = np.argsort(ring, kind="stable")
    starts = np.searchsorted(ring[order], np.arange(_RINGS + 1))
    rings = [luma.ravel()[order[starts[r] : starts[r + 1]]] for r in range(_RINGS)]
    shortest = min(map(len, rings))
    matrix = np.zeros((area, _RINGS), np.float32)
    for column, found in enumerate(rings):
        matrix[:shortest, column] = np.sort(found)[:shortest]
    return coefficients(matrix)


def check(data: bytes) -> None:
    """Compare with the loops on one encoded picture.

    Raises:
        DifferentError: they differ.
    """
    import cv2

    from benchmarks.speed.unihasher import as_text, nmf_text

    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if "".join(as_text(int(value)) for value in nmf(pixels)) != nmf_text(pixels):
        raise DifferentError("the fast form of Unihasher's NMF hash differs from its loops")
