"""Builds band tables, and reads keys; see ``matching.bands`` for the terms."""

from typing import Any, NamedTuple

import numpy as np

from eikona.native.jit import array, inlined

_ONE = np.uint64(1)


class Codes(NamedTuple):
    """Codes in memory: word w of code i is number w ``word_step`` + i ``code_step``."""

    numbers: Any
    words: Any
    word_step: Any
    code_step: Any


@inlined
def codes_in(codes_at: Any, codes: int, words: int, in_rows: int) -> Any:
    """Return the codes at an address, in rows or in columns of words."""
    numbers = array(codes_at, (codes * words,))
    if in_rows:
        return Codes(numbers, words, _ONE, np.uint64(words))
    return Codes(numbers, words, np.uint64(codes), _ONE)


@inlined
def key_of(codes: Any, at: Any, begin: int, width: int) -> Any:
    """Return ``width`` bits of code ``at`` from bit ``begin`` on."""
    place = at * codes.code_step + np.uint64(begin >> 6) * codes.word_step
    shift = begin & 63
    bits = codes.numbers[place] >> np.uint64(shift)
    if shift + width > 64:
        bits |= codes.numbers[place + codes.word_step] << np.uint64(64 - shift)
    return bits & ((_ONE << np.uint64(width)) - _ONE)


def build_band(codes_at: Any, offsets_at: Any, ids_at: Any, task_at: Any) -> None:
    """Sort the numbers of all codes by one band's key, equal keys by number: a counting sort.

    ``task``: codes, words, whether they lie in rows, the band's first bit and its width.
    ``offsets``: 2 ** width + 1 zeros, of which k and k + 1 then bound bucket k in ``ids``.
    """
    task = array(task_at, (5,))
    count, begin, width = task[0], task[3], task[4]
    codes = codes_in(codes_at, count, task[1], task[2])
    buckets = 1 << width
    offsets = array(offsets_at, (buckets + 1,))
    ids = array(ids_at, (count,))
    for at in range(count):
        offsets[key_of(codes, np.uint64(at), begin, width)] += np.uint32(1)
    total = np.uint32(0)
    for bucket in range(buckets):
        size = offsets[bucket]
        offsets[bucket] = total  # where the bucket begins; in the next loop, its next free place
        total += size
    offsets[buckets] = total
    for at in range(count):
        key = key_of(codes, np.uint64(at), begin, width)
        ids[np.uint64(offsets[key])] = np.uint32(at)
        offsets[key] += np.uint32(1)
    for bucket in range(buckets - 1, 0, -1):
        offsets[bucket] = offsets[bucket - 1]
    offsets[0] = np.uint32(0)
