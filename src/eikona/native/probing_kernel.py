"""Finds the postings near to a query's descriptors; see ``matching.shortlist.probing``."""

from typing import Any, NamedTuple

import numpy as np

from eikona.native.jit import array, inlined
from eikona.native.ones_kernel import ones

LEVELS = 512  # of costs; these three agree with ``matching.shortlist.probing``
ALLOWANCE = 4096
MOST_HITS = 256
BLOCK = 64  # probes that are looked up side by side
FIND_TASK = 14  # numbers in the task of ``find_hits``
_LINE, _TOUCHED = 8, 128  # postings whose codes lie in one line of a cache; of a bucket


class _Heap(NamedTuple):
    """Probes that wait to be made, in stacks by level.

    A waiting one is: the next of its stack, its descriptor, the last of the bits by cost that it
    flips, and which bits of the key those are.
    """

    tops: Any  # of each level, -1 where none waits
    nodes: Any  # (room, 4)


class _Query(NamedTuple):
    """Keys, codes and costs of the query's descriptors, and each one's bits by cost."""

    keys: Any
    codes: Any
    costs: Any
    order: Any
    key_bits: Any


class _Table(NamedTuple):
    """A posting table: sealed, where ``links`` has none, or chained."""

    starts: Any
    links: Any
    codes: Any
    rows: Any
    dead: Any
    pictures: Any
    chained: Any


class _Found(NamedTuple):
    """Hits, and of each descriptor how many there are at each distance and how it got them."""

    hits: Any  # (4, room): descriptor, distance, posting, row
    counts: Any  # (descriptors, near + 1)
    looked: Any  # postings looked at
    seen: Any  # postings in the buckets probed
    kept: Any


@inlined
def _push(heap: Any, node: int, level: Any, descriptor: int, last: int, flips: int) -> None:
    if level >= LEVELS:
        return
    heap.nodes[node, 0] = heap.tops[level]
    heap.nodes[node, 1] = descriptor
    heap.nodes[node, 2] = last
    heap.nodes[node, 3] = flips
    heap.tops[level] = node


@inlined
def _sort_bits(costs: Any, order: Any, key_bits: int) -> None:
    """Write the numbers of one descriptor's key bits by cost, of equal ones the first first."""
    for bit in range(key_bits):
        at = bit
        while at > 0 and costs[order[at - 1]] > costs[bit]:
            order[at] = order[at - 1]
            at -= 1
        order[at] = bit


@inlined
def _expand(heap: Any, query: Any, node: int, spare: int, level: int) -> int:
    """Let the two probes wait that follow one just made; return the next spare node."""
    descriptor, last = heap.nodes[node, 1], heap.nodes[node, 2]
    flips = heap.nodes[node, 3]
    if last + 1 == query.key_bits:
        return spare
    order, costs = query.order[descriptor], query.costs[descriptor]
    more = np.int64(costs[order[last + 1]])
    added = 1 << (query.key_bits - 1 - np.int64(order[last + 1]))
    _push(heap, node, level + more, descriptor, last + 1, flips | added)
    if last >= 0:
        instead = level + more - np.int64(costs[order[last]])
        without = flips ^ (1 << (query.key_bits - 1 - np.int64(order[last])))
        _push(heap, spare, instead, descriptor, last + 1, without | added)
        spare += 1
    return spare


@inlined
def _probes(heap: Any, query: Any, bases: Any, most: int, probes: Any) -> int:
    """Write descriptor and key of the likeliest probes; return how many there are."""
    for level in range(LEVELS):
        heap.tops[level] = -1
    descriptors = len(bases)
    for descriptor in range(descriptors):
        _push(heap, descriptor, bases[descriptor], descriptor, -1, 0)
        _sort_bits(query.costs[descriptor], query.order[descriptor], query.key_bits)
    spare, made = descriptors, 0
    shift = np.uint32(query.costs.shape[1] - query.key_bits)
    for level in range(LEVELS):
        while heap.tops[level] >= 0 and made < 2 * most:
            node = heap.tops[level]
            heap.tops[level] = heap.nodes[node, 0]
            descriptor = heap.nodes[node, 1]
            key = query.keys[descriptor] >> shift
            probes[0, made] = descriptor
            probes[1, made] = np.int64(key) ^ heap.nodes[node, 3]
            made += 1
            spare = _expand(heap, query, node, spare, level)
        if made >= most:
            break
    return made


@inlined
def _near_in_run(table: Any, code: Any, begin: int, end: int, near: Any, places: Any) -> int:
    """Write the numbers of postings in a run that are near; return how many."""
    codes = table.codes[np.uint64(begin) : np.uint64(end)]
    found = 0
    for at in range(len(codes)):
        places[found] = begin + at
        found += int(ones(codes[at] ^ code) <= near)
    return found


@inlined
def _near_in_chain(table: Any, code: Any, link: Any, left: int, near: Any, places: Any) -> Any:
    """Do the same along a chain; return how many are near and how many were looked at."""
    found = looked = 0
    while link > 0 and looked < left and np.int64(link) <= len(table.codes):
        at = np.uint64(link) - np.uint64(1)
        places[found] = np.int64(at)
        found += int(ones(table.codes[at] ^ code) <= near)
        looked += 1
        link = table.links[at]
    return found, looked


@inlined
def _note(table: Any, code: Any, descriptor: int, places: Any, found: Any, hits: int) -> int:
    """Count near postings whose pictures count, and keep some; return how many are kept in all."""
    for at in range(len(places)):
        place = np.uint64(places[at])
        row = np.int64(table.rows[place])
        if row >= table.pictures:
            continue
        if len(table.dead) and table.dead[row]:
            continue
        distance = np.int64(ones(table.codes[place] ^ code))
        found.counts[descriptor, distance] += 1
        if found.kept[descriptor] < MOST_HITS:
            found.kept[descriptor] += 1
            found.hits[0, hits], found.hits[1, hits] = descriptor, distance
            found.hits[2, hits], found.hits[3, hits] = np.int64(place), row
            hits += 1
    return hits


@inlined
def _scan(table: Any, query: Any, probes: Any, count: int, near: Any, found: Any, room: Any) -> int:
    """Look into the buckets of all probes; return how many hits are kept."""
    places, runs = room[2 * BLOCK :], room
    hits = 0
    for first in range(0, count, BLOCK):
        block = probes[:, first : min(first + BLOCK, count)]
        size = block.shape[1]
        for at in range(size):  # side by side, for each waits for memory
            key = np.uint64(block[1, at])
            runs[2 * at] = np.int64(table.starts[key])
            runs[2 * at + 1] = 0 if table.chained else np.int64(table.starts[key + np.uint64(1)])
        touched = np.uint64(0)
        for at in range(size):
            begin = runs[2 * at] - table.chained
            if 0 <= begin < len(table.codes):
                end = min(max(runs[2 * at + 1], begin + 1), begin + _TOUCHED, len(table.codes))
                for line in range(begin, end, _LINE):
                    touched |= table.codes[np.uint64(line)]
        room[len(room) - 1] = np.int64(touched >> np.uint64(1))  # lest the reading be left out
        for at in range(size):
            descriptor, begin, end = block[0, at], runs[2 * at], runs[2 * at + 1]
            code, left = query.codes[descriptor], ALLOWANCE - found.looked[descriptor]
            if table.chained:
                number, looked = _near_in_chain(table, code, begin, left, near, places)
                found.seen[descriptor] += looked
            else:
                if end < begin or end > len(table.codes):
                    continue  # a mapped file is damaged
                found.seen[descriptor] += end - begin
                looked = min(left, end - begin)
                number = _near_in_run(table, code, begin, begin + looked, near, places)
            found.looked[descriptor] += looked
            hits = _note(table, code, descriptor, places[:number], found, hits)
    return hits


def find_hits(
    keys_at: Any,
    codes_at: Any,
    costs_at: Any,
    bases_at: Any,
    starts_at: Any,
    links_at: Any,
    postings_at: Any,
    rows_at: Any,
    dead_at: Any,
    hits_at: Any,
    counts_at: Any,
    nodes_at: Any,
    order_at: Any,
    room_at: Any,
    task_at: Any,
) -> None:
    """Write the postings near to descriptors, and how many each has at each distance.

    ``task``: descriptors, key bits that there are, key bits of the table, its length of ``starts``,
    postings, pictures, whether it is chained, whether it has dead rows, the most probes, how far
    is near, hits there is room for; then, on return, how many there are. ``hits`` are (4, room),
    ``counts`` (descriptors, near + 1), all 0. Room to work: ``nodes`` for descriptors + 2 most by
    4 numbers, ``order`` for a number a descriptor and key bit, ``room`` for 2 most by 2, 3 a
    descriptor which are 0, ``LEVELS``, two a probe of a block, ``ALLOWANCE`` and two more.
    """
    task = array(task_at, (FIND_TASK,))
    descriptors, all_bits, key_bits, most = task[0], task[1], task[2], task[8]
    postings, chained = task[4], task[6]
    table = _Table(
        array(starts_at, (task[3],)),
        array(links_at, (postings * chained,)),
        array(postings_at, (postings,)),
        array(rows_at, (postings,)),
        array(dead_at, (task[5] * task[7],)),
        task[5],
        chained,
    )
    query = _Query(
        array(keys_at, (descriptors,)),
        array(codes_at, (descriptors,)),
        array(costs_at, (descriptors, all_bits)),
        array(order_at, (descriptors, all_bits)),
        key_bits,
    )
    probed, told = 4 * most, 3 * descriptors
    room = array(room_at, (probed + told + LEVELS + 2 * BLOCK + ALLOWANCE + 2,))
    probes = array(room_at, (2, 2 * most))
    counters = room[probed : probed + told]
    found = _Found(
        array(hits_at, (4, task[10])),
        array(counts_at, (descriptors, task[9] + 1)),
        counters[:descriptors],
        counters[descriptors : 2 * descriptors],
        counters[2 * descriptors :],
    )
    tops = room[probed + told : probed + told + LEVELS]
    heap = _Heap(tops, array(nodes_at, (descriptors + 2 * most, 4)))
    made = _probes(heap, query, array(bases_at, (descriptors,)), most, probes)
    work = room[probed + told + LEVELS :]
    task[11] = _scan(table, query, probes, made, np.uint64(task[9]), found, work)
    task[12] = made
