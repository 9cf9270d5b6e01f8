"""A mark that any change breaks: it says whether, and where, the pixels are still those marked.

The last bit of one channel holds a keyed digest of everything else in its block. A block whose
pixels, place or key differ shows about as many wrong bits as right ones. It does not outlast
compression that loses anything, and is not meant to: files that are to carry it are PNG, TIFF or
lossless WebP.

Source: Yeung and Mintzer, "An invisible watermarking technique for image verification", 1997, and,
for binding each block to its place, Holliman and Memon, 2000.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eikona.marking.watermark.channels import colours

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

BLOCK_SIDE = 32  # pixels
_MARKED_CHANNEL = -1  # blue, or the grey: the eye sees it least
_ALTERED_BEYOND = 0  # wrong bits


@dataclass(frozen=True, slots=True, eq=False)
class Tampering:
    """What a fragile mark says.

    Attributes:
        altered: shape (blocks down, blocks across); whether each block differs.
        marked: whether there is a mark of this key at all: some block is untouched.
    """

    altered: NDArray[np.bool_]
    marked: bool

    @property
    def intact(self) -> bool:
        """Whether no block differs."""
        return not bool(self.altered.any())


def embed_fragile(pixels: NDArray[np.uint8], key: bytes) -> NDArray[np.uint8]:
    """Return ``pixels`` with a fragile mark; no level changes by more than 1.

    Args:
        pixels: shape (height, width) or (height, width, channels), as ``embedding.embed`` takes.
        key: secret that checking needs.
    """
    out = pixels.copy()
    marked = colours(out)[..., _MARKED_CHANNEL]
    for _, rows, columns, bits in _digests(pixels, key):
        marked[rows, columns] = (marked[rows, columns] & 0xFE) | bits
    return out


def check_fragile(pixels: NDArray[np.uint8], key: bytes) -> Tampering:
    """Say which blocks are not as ``embed_fragile`` left them."""
    marked = colours(pixels)[..., _MARKED_CHANNEL]
    height, width = marked.shape
    altered = np.zeros((-(-height // BLOCK_SIDE), -(-width // BLOCK_SIDE)), np.bool_)
    for place, rows, columns, bits in _digests(pixels, key):
        altered[place] = np.count_nonzero((marked[rows, columns] & 1) != bits) > _ALTERED_BEYOND
    return Tampering(altered, not bool(altered.all()))


def _digests(
    pixels: NDArray[np.uint8], key: bytes
) -> Iterator[tuple[tuple[int, int], slice, slice, NDArray[np.uint8]]]:
    """Yield place, rows, columns and the bits that the last bits of a block must be."""
    height, width = pixels.shape[:2]
    for top in range(0, height, BLOCK_SIDE):
        for left in range(0, width, BLOCK_SIDE):
            rows, columns = slice(top, top + BLOCK_SIDE), slice(left, left + BLOCK_SIDE)
            block = pixels[rows, columns].copy()
            shape = block.shape[:2]
            colours(block)[..., _MARKED_CHANNEL] &= 0xFE
            place = f"eikona fragile 1 {width} {height} {left} {top}".encode()
            digest = hmac.new(key, place + block.tobytes(), hashlib.sha256).digest()
            count = shape[0] * shape[1]
            wide = hashlib.shake_256(digest).digest(-(-count // 8))
            bits = np.unpackbits(np.frombuffer(wide, np.uint8))[:count].reshape(shape)
            yield (top // BLOCK_SIDE, left // BLOCK_SIDE), rows, columns, bits
