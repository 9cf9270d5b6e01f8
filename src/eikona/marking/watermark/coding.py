"""The 64-bit identity as 400 code bits: a keyed check, then a tail-biting convolutional code.

A tail-biting code starts in the state that it ends in, so that no bits are spent on a tail: of 100
bits, 14. Decoding walks the circle twice and keeps the middle.

Source: Ma and Wolf, "On tail biting convolutional codes", 1986. Generators of memory 14 and rate
1/4 (octal 46321, 51271, 63667, 70535): Larsen, "Short convolutional codes with maximal free
distance for rates 1/2, 1/3 and 1/4", 1973.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

IDENTITY_BITS = 64
CHECK_BITS = 36
_BITS = IDENTITY_BITS + CHECK_BITS
_GENERATORS = (0o46321, 0o51271, 0o63667, 0o70535)
_MEMORY = 14  # bits
_STATES = 1 << _MEMORY
CODE_BITS = _BITS * len(_GENERATORS)
_LEAD = 90  # steps walked before and after the circle that counts


def encode(identity: int, key: bytes) -> NDArray[np.int64]:
    """Return the code bits of ``identity``, shape (CODE_BITS,), each 0 or 1."""
    word = identity << CHECK_BITS | _check(identity, key)
    bits = [word >> place & 1 for place in range(_BITS - 1, -1, -1)]
    state = 0
    for bit in bits[-_MEMORY:]:
        state = _next(state, bit)
    code = []
    for bit in bits:
        window = bit << _MEMORY | state
        code += [(window & generator).bit_count() & 1 for generator in _GENERATORS]
        state = _next(state, bit)
    return np.array(code)


def code_signs(identity: int, key: bytes) -> NDArray[np.float64]:
    """Return the code bits of ``identity`` as signs: 1 for 0 and -1 for 1."""
    return np.asarray(1.0 - 2.0 * encode(identity, key), np.float64)


def decode(soft: NDArray[np.floating[Any]], key: bytes) -> int | None:
    """Return the identity that ``soft`` most likely stands for, if its check is right.

    Args:
        soft: shape (CODE_BITS,), positive where a bit is likely 0, in any unit.
        key: as for ``encode``.
    """
    bits = _most_likely(np.asarray(soft, np.float32).reshape(_BITS, -1))
    word = int("".join(map(str, bits.tolist())), 2)
    identity, check = word >> CHECK_BITS, word & ((1 << CHECK_BITS) - 1)
    return identity if hmac.compare_digest(str(check), str(_check(identity, key))) else None


def _check(identity: int, key: bytes) -> int:
    digest = hmac.new(key, b"eikona mark 1 check" + identity.to_bytes(8, "big"), hashlib.sha256)
    return int.from_bytes(digest.digest()[:8], "big") >> (64 - CHECK_BITS)


def _next(state: int, bit: int) -> int:
    return (bit << _MEMORY | state) >> 1


@functools.cache
def _outputs() -> NDArray[np.int64]:
    """Return the four code bits, as a number, of each window of 15 bits that has 0 at both ends."""
    windows = np.arange(0, _STATES, 2)
    out = np.zeros(windows.size, np.int64)
    for place, generator in enumerate(_GENERATORS):
        parity = np.bitwise_count(windows & generator).astype(np.int64) & 1
        out |= parity << place
    return out


def _most_likely(soft: NDArray[np.float32]) -> NDArray[np.int64]:
    """Walk the trellis around the circle and return the ``_BITS`` bits of its middle."""
    steps = np.arange(-_LEAD, _BITS + _LEAD) % _BITS
    signs = 1 - 2 * (np.arange(16)[:, None] >> np.arange(4) & 1).astype(np.float32)
    branch = soft @ signs.T  # likelihood of each of 16 outputs at each step
    # Every generator has its first and its last bit, so the outputs of a window with a 1 at one end
    # are the opposite of those with 0 at both, and with two of them the same.
    outputs = _outputs()
    half = _STATES // 2
    scores, room = np.zeros(_STATES, np.float32), np.empty(_STATES, np.float32)
    chosen = np.empty((steps.size, 2, half), np.bool_)
    for number, step in enumerate(steps):
        gain = branch[step].take(outputs)
        even, odd = scores[0::2], scores[1::2]
        new = room.reshape(2, half)
        for top, signed in enumerate((gain, -gain)):
            from_even, from_odd = even + signed, odd - signed
            np.greater(from_odd, from_even, out=chosen[number, top])
            np.maximum(from_even, from_odd, out=new[top])
        scores, room = room, scores
    return _trace(chosen.reshape(steps.size, _STATES), int(scores.argmax()))


def _trace(chosen: NDArray[np.bool_], state: int) -> NDArray[np.int64]:
    bits = np.empty(len(chosen), np.int64)
    for step in range(len(chosen) - 1, -1, -1):
        bits[step] = state >> (_MEMORY - 1)
        state = (state << 1 & (_STATES - 1)) | int(chosen[step, state])
    return bits[_LEAD : _LEAD + _BITS]
