"""Counts set bits inside kernels."""

from typing import Any

import numpy as np

from eikona.native.jit import inlined

_ONES = np.uint64(0x5555555555555555)
_PAIRS = np.uint64(0x3333333333333333)
_FOURS = np.uint64(0x0F0F0F0F0F0F0F0F)
_SUM = np.uint64(0x0101010101010101)


@inlined
def ones(word: Any) -> Any:
    """Return how many bits of a 64-bit number are set.

    Compilers know this sequence and put the processor's own instruction in its place.
    """
    word = word - ((word >> np.uint64(1)) & _ONES)
    word = (word & _PAIRS) + ((word >> np.uint64(2)) & _PAIRS)
    word = (word + (word >> np.uint64(4))) & _FOURS
    return (word * _SUM) >> np.uint64(56)
