"""Other programs, called as their documentation says, on the same bytes."""
# ruff: noqa: PLC0415  (a peer may be missing)

import importlib.metadata
import io
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.robustness.hashers.hasher import Hasher, whole_words

IMAGEHASH = {
    "average_hash": 64,
    "phash": 64,
    "dhash": 64,
    "whash": 64,
}
PERCEPTION = {
    "AverageHash": 64,
    "PHash": 64,
    "DHash": 64,
    "WaveletHash": 64,
    "MarrHildreth": 576,
    "BlockMean": 968,
}
_MOMENTS = 42


def imagehash_hasher() -> Hasher:
    """Return imagehash's hashes at its default size."""
    import imagehash

    def compute(data: bytes) -> dict[str, Any]:
        image = Image.open(io.BytesIO(data))
        return {name: whole_words(getattr(imagehash, name)(image).hash) for name in IMAGEHASH}

    return Hasher("imagehash", _versions("ImageHash"), _codes(IMAGEHASH), compute)


def pdqhash_hasher() -> Hasher:
    """Return the binding of PDQ's C++ reference, in all eight orientations."""
    import pdqhash

    def compute(data: bytes) -> dict[str, Any]:
        pixels = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        codes, quality = pdqhash.compute_dihedral(pixels)
        packed = np.packbits(np.array(codes, bool), axis=1)
        return {"pdq": packed[0], "pdq_orientations": packed, "quality": quality}

    fields = {"pdq": ("u1", (32,)), "pdq_orientations": ("u1", (8, 32)), "quality": ("u1", ())}
    return Hasher("pdqhash", _versions("pdqhash"), fields, compute)


def perception_hasher() -> Hasher:
    """Return perception's image hashers; its PDQ is the binding above."""
    from perception import hashers
    from perception.hashers import tools

    makers = {name: getattr(hashers, name)() for name in (*PERCEPTION, "ColorMoment")}

    def compute(data: bytes) -> dict[str, Any]:
        pixels = tools.read(io.BytesIO(data))
        found = {name: maker.compute(pixels, "vector") for name, maker in makers.items()}
        return {
            name: code if name == "ColorMoment" else _bits(name, code)
            for name, code in found.items()
        }

    fields = _codes(PERCEPTION) | {"ColorMoment": ("f8", (_MOMENTS,))}
    return Hasher(
        "perception", _versions("perception", "opencv-contrib-python-headless"), fields, compute
    )


def _bits(name: str, code: Any) -> np.ndarray:
    """Return one hash as whole words; a hash that could not be made has no bits set."""
    return whole_words(np.zeros(PERCEPTION[name]) if code is None else code)


def _codes(lengths: dict[str, int]) -> dict[str, tuple[str, tuple[int, ...]]]:
    return {name: ("u1", (-(-bits // 64) * 8,)) for name, bits in lengths.items()}


def _versions(*packages: str) -> dict[str, str]:
    return {name: importlib.metadata.version(name) for name in (*packages, "Pillow")}
