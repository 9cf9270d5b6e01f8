"""Keeps memory that pictures need at hand."""

import numpy as np

_LARGEST_BYTES = 30 << 20  # just below the largest block that glibc learns from


def keep_large_blocks() -> None:
    """Have the C library keep such memory once it is freed, for the next picture.

    Else the system hands out and clears the pages of every picture anew, a tenth of the time that
    decoding takes. glibc learns it from one large block that is freed; nothing is written to it,
    so that it costs nothing. Other C libraries are not told, and work as before.
    """
    np.empty(_LARGEST_BYTES, np.uint8)
