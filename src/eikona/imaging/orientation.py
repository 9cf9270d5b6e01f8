"""EXIF orientation, read by a parser small enough to trust with hostile bytes.

Source: CIPA DC-008 (Exif 3.0), 4.6.5.1 Orientation; TIFF 6.0, section 2.
Deviation: an absurd value, type or count means 1 (upright), as in browsers.
"""

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TAG = 0x0112
_SHORT = 3
_ORDERS = {b"II*\x00": "<", b"MM\x00*": ">"}
_MAX_ENTRIES = 512  # of one directory: real ones have a few dozen
UPRIGHT = 1


def exif_orientation(exif: bytes) -> int:
    """Return the orientation, 1 to 8, that an EXIF block names.

    Args:
        exif: the block, with or without its leading ``Exif`` mark.

    Returns:
        1 where the block is broken, has no such tag, or names an undefined orientation.
    """
    block = exif.removeprefix(b"Exif\x00\x00")
    order = _ORDERS.get(block[:4])
    if order is None:
        return UPRIGHT
    try:
        (at,) = struct.unpack_from(order + "L", block, 4)
        (count,) = struct.unpack_from(order + "H", block, at)
        for entry in range(min(count, _MAX_ENTRIES)):
            tag, kind, number, value = struct.unpack_from(
                order + "HHLH", block, at + 2 + 12 * entry
            )
            if tag == _TAG:
                defined = kind == _SHORT and number == 1 and 1 <= value <= 8
                return int(value) if defined else UPRIGHT
    except struct.error:
        return UPRIGHT
    return UPRIGHT


def swaps_axes(orientation: int) -> bool:
    """Whether width and height change places."""
    return orientation >= 5


def turned_ends(orientation: int) -> tuple[bool, bool]:
    """Whether ``upright`` puts last rows and last columns first."""
    return orientation in {3, 4, 7, 8}, orientation in {2, 3, 6, 7}


def upright(luma: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Return ``luma`` turned as orientation 1 to 8 asks, in memory of its own."""
    if swaps_axes(orientation):
        luma = luma.T
        orientation = {5: 1, 6: 2, 7: 3, 8: 4}[orientation]
    if orientation in {2, 3}:
        luma = luma[:, ::-1]
    if orientation in {3, 4}:
        luma = luma[::-1]
    return np.ascontiguousarray(luma)
