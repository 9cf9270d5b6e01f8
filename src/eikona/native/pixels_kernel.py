"""Luma of RGB pixels, rounded and fine, in one pass; see ``imaging.luma`` for the formulas."""

from typing import Any

import numpy as np

from eikona.native.jit import array


def luma(pixels_at: Any, rounded_at: Any, fine_at: Any, count: int) -> None:
    """Convert ``count`` pixels of four bytes, red first: little-endian 32-bit numbers."""
    pixels = array(pixels_at, (count,))
    rounded = array(rounded_at, (count,))
    fine = array(fine_at, (count,))
    byte = np.uint32(255)
    for at in range(count):
        # Each byte masked while unsigned: any other way takes twice as long.
        red = np.int32(pixels[at] & byte)
        green = np.int32((pixels[at] >> np.uint32(8)) & byte)
        blue = np.int32((pixels[at] >> np.uint32(16)) & byte)
        whole = np.int32(19595) * red + np.int32(38470) * green + np.int32(7471) * blue
        rounded[at] = np.uint8((whole + np.int32(1 << 15)) >> np.int32(16))
        thousandths = np.int32(299) * red + np.int32(587) * green + np.int32(114) * blue
        fine[at] = np.float32(thousandths) / np.float32(1000)
