"""Scans codes for those near to queries, block by block; see ``matching.scan`` for the argument.

A block of codes stays in the nearest cache while all queries pass over it. For each of them one
loop finds the least value of a bound that no distance is below; mostly that settles the block. The
loop compares many codes at once, as words lie in columns; those of codes in rows are copied so.
"""

from typing import Any

import numpy as np

from eikona.native.jit import array, inlined
from eikona.native.ones_kernel import ones

BLOCK = 512  # codes of a step: 16 KB of 256-bit codes
BOUND_WORDS = 4  # at most, of a code, go into a bound
ONE_WORD, ONE_PAIR, TWO_WORDS, TWO_PAIRS, FOUR_WORDS = range(5)
WITHIN_TASK = 11  # numbers in the task of ``scan_within``
NEAREST_TASK = 8  # numbers in the task of ``scan_nearest`` before the bounds for each radius
_FAR = np.uint64(1 << 40)


@inlined
def _least_of_one(first: Any, query: Any) -> Any:
    least, wanted = _FAR, query[0]
    for at in range(len(first)):
        least = min(least, ones(first[at] ^ wanted))
    return least


@inlined
def _least_of_pair(first: Any, second: Any, query: Any) -> Any:
    least = _FAR
    wanted0, wanted1 = query[0], query[1]
    for at in range(len(first)):
        least = min(least, ones((first[at] ^ wanted0) | (second[at] ^ wanted1)))
    return least


@inlined
def _least_of_two(first: Any, second: Any, query: Any) -> Any:
    least = _FAR
    wanted0, wanted1 = query[0], query[1]
    for at in range(len(first)):
        least = min(least, ones(first[at] ^ wanted0) + ones(second[at] ^ wanted1))
    return least


@inlined
def _least_of_pairs(first: Any, second: Any, third: Any, fourth: Any, query: Any) -> Any:
    least = _FAR
    wanted0, wanted1, wanted2, wanted3 = query[0], query[1], query[2], query[3]
    for at in range(len(first)):
        one = (first[at] ^ wanted0) | (second[at] ^ wanted1)
        other = (third[at] ^ wanted2) | (fourth[at] ^ wanted3)
        least = min(least, ones(one) + ones(other))
    return least


@inlined
def _least_of_four(first: Any, second: Any, third: Any, fourth: Any, query: Any) -> Any:
    least = _FAR
    wanted0, wanted1, wanted2, wanted3 = query[0], query[1], query[2], query[3]
    for at in range(len(first)):
        half = ones(first[at] ^ wanted0) + ones(second[at] ^ wanted1)
        least = min(least, half + ones(third[at] ^ wanted2) + ones(fourth[at] ^ wanted3))
    return least


@inlined
def _least(codes: Any, block: Any, begin: int, count: int, query: Any, bound: int) -> Any:
    """Return the least value of a bound among ``count`` codes from ``begin`` on."""
    first = _column(codes, block, 0, begin, count)
    if bound == ONE_WORD:
        return _least_of_one(first, query)
    second = _column(codes, block, 1, begin, count)
    if bound == ONE_PAIR:
        return _least_of_pair(first, second, query)
    if bound == TWO_WORDS:
        return _least_of_two(first, second, query)
    third = _column(codes, block, 2, begin, count)
    fourth = _column(codes, block, 3, begin, count)
    if bound == TWO_PAIRS:
        return _least_of_pairs(first, second, third, fourth, query)
    return _least_of_four(first, second, third, fourth, query)


@inlined
def _column(codes: Any, block: Any, word: int, begin: int, count: int) -> Any:
    """Return one word of ``count`` codes from ``begin`` on, which are in ``block`` if in rows."""
    in_columns, _, are_rows = codes
    if are_rows:
        return block[word, :count]
    return in_columns[word, begin : begin + count]


@inlined
def _load(codes: Any, begin: int, count: int, words: int, block: Any) -> None:
    """Copy ``words`` words of ``count`` codes from ``begin`` on into ``block``, if in rows."""
    _, in_rows, are_rows = codes
    if not are_rows:
        return
    rows = in_rows[begin : begin + count]
    if words == 4:  # for the compiler to see that whole rows are read
        column0, column1, column2, column3 = block[0], block[1], block[2], block[3]
        for at in range(count):
            column0[at] = rows[at, 0]
            column1[at] = rows[at, 1]
            column2[at] = rows[at, 2]
            column3[at] = rows[at, 3]
        return
    for word in range(words):
        column = block[word]
        for at in range(count):
            column[at] = rows[at, word]


@inlined
def _measure(codes: Any, begin: int, query: Any, distances: Any) -> None:
    """Write the distances of ``len(distances)`` codes from ``begin`` on."""
    in_columns, in_rows, are_rows = codes
    count = len(distances)
    rows = in_rows[begin : begin + count]
    for at in range(count):
        distances[at] = 0
    for word in range(len(query)):
        wanted = query[word]
        if are_rows:
            for at in range(count):
                distances[at] += np.int64(ones(rows[at, word] ^ wanted))
        else:
            column = in_columns[word, begin : begin + count]
            for at in range(count):
                distances[at] += np.int64(ones(column[at] ^ wanted))


@inlined
def _codes(codes_at: Any, codes: int, words: int, are_rows: int) -> Any:
    """Return codes as columns, as rows, and which of the two they are."""
    return array(codes_at, (words, codes)), array(codes_at, (codes, words)), are_rows


def scan_within(
    codes_at: Any, queries_at: Any, found_at: Any, block_at: Any, distances_at: Any, task_at: Any
) -> None:
    """Write hits as (query, code, distance) until all is scanned or ``found`` may be too short.

    ``task``: codes, words, whether they lie in rows, queries, radius, bound, hits that ``found``
    has room for, the code to end before; then, on entry and return, the code that the block at
    work begins with, how many queries are done there, and the hits that are written. ``block`` is
    for ``BOUND_WORDS`` times ``BLOCK`` numbers, ``distances`` for ``BLOCK``.
    """
    task = array(task_at, (WITHIN_TASK,))
    count, words, queries, radius, bound, room = (
        task[0],
        task[1],
        task[3],
        task[4],
        task[5],
        task[6],
    )
    codes = _codes(codes_at, count, words, task[2])
    wanted = array(queries_at, (queries, words))
    found = array(found_at, (room, 3))
    block = array(block_at, (BOUND_WORDS, BLOCK))
    distances = array(distances_at, (BLOCK,))
    read = min(words, BOUND_WORDS) if bound > TWO_WORDS else min(words, 2 if bound else 1)
    query, hits = task[9], task[10]
    for begin in range(task[8], task[7], BLOCK):
        size = min(BLOCK, task[7] - begin)
        _load(codes, begin, size, read, block)
        while query < queries:
            if np.int64(_least(codes, block, begin, size, wanted[query], bound)) <= radius:
                if room - hits < size:
                    break
                _measure(codes, begin, wanted[query], distances[:size])
                for at in range(size):
                    if distances[at] <= radius:
                        found[hits, 0] = query
                        found[hits, 1] = begin + at
                        found[hits, 2] = distances[at]
                        hits += 1
            query += 1
        if query < queries:
            break
        task[8] = begin + size
        query = 0
    task[9], task[10] = query, hits


@inlined
def _compact(kept: Any, filled: int, farthest: int) -> int:
    """Move the kept codes up to distance ``farthest`` to the front; return how many there are."""
    still = 0
    for at in range(filled):
        if kept[at, 1] <= farthest:
            kept[still, 0] = kept[at, 0]
            kept[still, 1] = kept[at, 1]
            still += 1
    return still


def scan_nearest(
    codes_at: Any,
    queries_at: Any,
    kept_at: Any,
    states_at: Any,
    block_at: Any,
    distances_at: Any,
    task_at: Any,
) -> None:
    """Keep the nearest codes of each query, and some more, as (code, distance).

    While fewer than ``most`` are kept, every code counts; from then on those that are nearer than
    the ``most``-th nearest so far, because of two at one distance the first goes before.

    ``task``: codes, words, whether they lie in rows, queries, ``most``, codes that ``kept`` has
    room for per query (2 ``most`` + ``BLOCK``), the code to begin with and the one to end before;
    then the bound to use for each radius. ``states`` has per query: how many are kept, how many
    are up to the farthest distance that counts, that distance, then how many are at each distance;
    all 0 but the third, which is the number of bits.
    """
    sizes = array(task_at, (NEAREST_TASK,))
    count, words, queries, most, capacity = sizes[0], sizes[1], sizes[3], sizes[4], sizes[5]
    bits = 64 * words
    bounds = array(task_at, (NEAREST_TASK + bits + 1,))[NEAREST_TASK:]
    codes = _codes(codes_at, count, words, sizes[2])
    wanted = array(queries_at, (queries, words))
    all_kept = array(kept_at, (queries, capacity, 2))
    states = array(states_at, (queries, 3 + bits + 1))
    block = array(block_at, (BOUND_WORDS, BLOCK))
    distances = array(distances_at, (BLOCK,))
    for begin in range(sizes[6], sizes[7], BLOCK):
        size = min(BLOCK, sizes[7] - begin)
        _load(codes, begin, size, min(words, BOUND_WORDS), block)
        for query in range(queries):
            state, kept = states[query], all_kept[query]
            limit = state[2] if state[1] < most else state[2] - 1
            if limit < 0:
                continue
            if np.int64(_least(codes, block, begin, size, wanted[query], bounds[limit])) > limit:
                continue
            if state[0] + size > capacity:
                state[0] = _compact(kept, state[0], state[2])
            _measure(codes, begin, wanted[query], distances[:size])
            _keep(distances[:size], begin, most, kept, state)


@inlined
def _keep(distances: Any, begin: int, most: int, kept: Any, state: Any) -> None:
    """Keep those of a block that count, and draw the limit closer."""
    counts = state[3:]
    filled, within, farthest = state[0], state[1], state[2]
    for at in range(len(distances)):
        distance = distances[at]
        if distance < farthest or (distance == farthest and within < most):
            kept[filled, 0] = begin + at
            kept[filled, 1] = distance
            filled += 1
            within += 1
            counts[distance] += 1
            while within - counts[farthest] >= most:
                within -= counts[farthest]
                farthest -= 1
    state[0], state[1], state[2] = filled, within, farthest
