"""Elects the pictures with most votes, and counts who agrees; see ``matching.shortlist``."""

from typing import Any, NamedTuple

import numpy as np

from eikona.native.jit import array, inlined

_HIGH_BITS, _LOW_BITS = 12, 10  # of votes, which are below 2 ** 22
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_SLOT = 6  # numbers of a picture: key, votes, last descriptor, its weight, its hits, its place
ELECT_TASK = 8  # numbers in the task of ``elect``


class _Ballots(NamedTuple):
    """Hits, and in which order they vote."""

    descriptors: Any
    weights: Any
    pictures: Any
    order: Any
    slots: Any  # of each ballot in order, the number of its picture's slot


@inlined
def _in_order(ballots: Any, ends: Any) -> Any:
    """Sort the hits that have a vote by descriptor; return how many there are."""
    for at in range(len(ends)):
        ends[at] = 0
    for at in range(len(ballots.weights)):
        if ballots.weights[at] > 0:
            ends[ballots.descriptors[at] + 1] += 1
    for at in range(1, len(ends)):
        ends[at] += ends[at - 1]
    for at in range(len(ballots.weights)):
        if ballots.weights[at] > 0:
            descriptor = ballots.descriptors[at]
            ballots.order[ends[descriptor]] = at
            ends[descriptor] += 1
    return ends[len(ends) - 2]


@inlined
def _slot_of(key: Any, slots: Any, used: int, table: Any, shift: Any) -> Any:
    """Return the number of a picture's slot, the next free one if it has none."""
    mask = np.uint64(len(table) - 1)
    at = (np.uint64(key) * _SPREAD) >> shift
    while table[at] > 0:
        if slots[table[at] - 1, 0] == key:
            return np.int64(table[at] - 1)
        at = (at + np.uint64(1)) & mask
    table[at] = used + 1
    slots[used, 0] = key
    slots[used, 1] = 0
    slots[used, 2] = -1
    slots[used, 4] = 0
    return used


@inlined
def _count(ballots: Any, count: int, features: int, slots: Any, table: Any, shift: Any) -> int:
    """Count votes, one a picture and descriptor, the best; return how many pictures have any."""
    used = 0
    for number in range(count):
        at = ballots.order[number]
        descriptor, weight = ballots.descriptors[at], ballots.weights[at]
        key = 2 * ballots.pictures[at] + int(descriptor >= features)
        slot = _slot_of(key, slots, used, table, shift)
        used = max(used, slot + 1)
        ballots.slots[number] = slot
        if slots[slot, 2] != descriptor:
            slots[slot, 1] += weight
            slots[slot, 2], slots[slot, 3] = descriptor, weight
            slots[slot, 4] += 1
        elif weight > slots[slot, 3]:
            slots[slot, 1] += weight - slots[slot, 3]
            slots[slot, 3] = weight
    return used


@inlined
def _last_taken(slots: Any, used: int, most: int, bins: Any) -> Any:
    """Return how many votes the last picture taken has, and how many with as many are taken."""
    if used <= most:
        return 0, most
    high_bins, low_bins = bins[: 1 << _HIGH_BITS], bins[: 1 << _LOW_BITS]
    high_bins[:] = 0
    for slot in range(used):
        high_bins[slots[slot, 1] >> _LOW_BITS] += 1
    high, left = len(high_bins) - 1, most
    while high_bins[high] < left:
        left -= high_bins[high]
        high -= 1
    low_bins[:] = 0
    for slot in range(used):
        if slots[slot, 1] >> _LOW_BITS == high:
            low_bins[slots[slot, 1] & ((1 << _LOW_BITS) - 1)] += 1
    low = len(low_bins) - 1
    while low_bins[low] < left:
        left -= low_bins[low]
        low -= 1
    return (high << _LOW_BITS) + low, left


@inlined
def _choose(slots: Any, used: int, least: int, ties: int, chosen: Any, ends: Any) -> Any:
    """Write keys and votes of the pictures taken, and where the hits of each are to begin."""
    taken = hits = 0
    for slot in range(used):
        votes = slots[slot, 1]
        slots[slot, 5] = -1
        if votes < least or (votes == least and ties == 0):
            continue
        ties -= int(votes == least)
        chosen[0, taken], chosen[1, taken] = slots[slot, 0], votes
        slots[slot, 2], slots[slot, 5] = -1, taken
        ends[taken] = hits
        hits += slots[slot, 4]
        taken += 1
    return taken


@inlined
def _gather(ballots: Any, count: int, slots: Any, ends: Any, hits: Any) -> None:
    """Write the hits of the pictures taken, the best of each descriptor."""
    for number in range(count):
        slot = ballots.slots[number]
        place = slots[slot, 5]
        if place < 0:
            continue
        at = ballots.order[number]
        descriptor, weight = ballots.descriptors[at], ballots.weights[at]
        if slots[slot, 2] != descriptor:
            hits[ends[place]] = at
            ends[place] += 1
            slots[slot, 2], slots[slot, 3] = descriptor, weight
        elif weight > slots[slot, 3]:
            hits[ends[place] - 1] = at
            slots[slot, 3] = weight


def elect(
    descriptors_at: Any,
    weights_at: Any,
    pictures_at: Any,
    chosen_at: Any,
    ends_at: Any,
    hits_at: Any,
    table_at: Any,
    slots_at: Any,
    room_at: Any,
    task_at: Any,
) -> None:
    """Write keys and votes of the pictures with most votes, and their hits.

    ``task``: hits, features, the most pictures, the length of ``table`` and by how many bits 64
    exceed those of its numbers; on return, how many pictures are taken. ``chosen`` is (2, most),
    ``ends`` for most, ``hits`` for all hits; ``table`` is of zeros, a power of two and at least
    twice the hits. Room to work: ``slots`` for 6 a hit, ``room`` for 2 a hit, 2 a feature and one,
    and 4096.
    """
    task = array(task_at, (ELECT_TASK,))
    count, features, most = task[0], task[1], task[2]
    sorting = 2 * features + 1
    room = array(room_at, (2 * count + sorting + (1 << _HIGH_BITS),))
    ballots = _Ballots(
        array(descriptors_at, (count,)),
        array(weights_at, (count,)),
        array(pictures_at, (count,)),
        room[:count],
        room[count : 2 * count],
    )
    slots = array(slots_at, (count, _SLOT))
    table = array(table_at, (task[3],))
    chosen, ends = array(chosen_at, (2, most)), array(ends_at, (most,))
    voting = _in_order(ballots, room[2 * count : 2 * count + sorting])
    used = _count(ballots, voting, features, slots, table, np.uint64(task[4]))
    least, ties = _last_taken(slots, used, most, room[2 * count + sorting :])
    task[5] = _choose(slots, used, least, ties, chosen, ends)
    _gather(ballots, voting, slots, ends, array(hits_at, (count,)))


@inlined
def _support(pairs: Any, weights: Any, seed: int, limits: Any, agreeing: Any) -> Any:
    """Set which hits agree with the motion that one of them proposes; return their weight."""
    x, y, u, v, size = pairs[0], pairs[1], pairs[2], pairs[3], pairs[4]
    cosine, sine = pairs[5], pairs[6]
    along, across = size[seed] * cosine[seed], size[seed] * sine[seed]
    reach, factor, least_cosine = limits[0], limits[1], limits[2]
    total = np.int32(0)
    for at in range(len(weights)):
        dx, dy = x[at] - x[seed], y[at] - y[seed]
        right = u[seed] + (along * dx - across * dy) - u[at]
        down = v[seed] + (across * dx + along * dy) - v[at]
        agree = right * right + down * down < reach * reach
        agree &= (size[at] <= size[seed] * factor) & (size[seed] <= size[at] * factor)
        agree &= cosine[seed] * cosine[at] + sine[seed] * sine[at] >= least_cosine
        agreeing[at] = np.uint8(agree)
        total += weights[at] * np.int32(agree)
    return total


@inlined
def _one_a_place(pairs: Any, apart: Any, kept: Any) -> None:
    """Strike hits at the place of an earlier one that counts, in either picture."""
    x, y, u, v = pairs[0], pairs[1], pairs[2], pairs[3]
    for at in range(len(kept)):
        if not kept[at]:
            continue
        for other in range(at):
            near = (abs(x[at] - x[other]) < apart) & (abs(y[at] - y[other]) < apart)
            near |= (abs(u[at] - u[other]) < apart) & (abs(v[at] - v[other]) < apart)
            if near and kept[other]:
                kept[at] = 0
                break


def agree(
    pairs_at: Any,
    weights_at: Any,
    ends_at: Any,
    limits_at: Any,
    kept_at: Any,
    hits: int,
    candidates: int,
    seeds: int,
) -> None:
    """Set which hits agree on the motion of their candidate, and count.

    ``pairs`` are (7, hits). ``limits``: how far places may be off, the factor of sizes, the cosine
    of turns, how far hits are apart.
    """
    pairs, weights = array(pairs_at, (7, hits)), array(weights_at, (hits,))
    ends, kept = array(ends_at, (candidates,)), array(kept_at, (hits,))
    limits = array(limits_at, (4,))
    begin = np.int64(0)
    for number in range(candidates):
        end = ends[number]
        mine, worth, agreeing = pairs[:, begin:end], weights[begin:end], kept[begin:end]
        best, most = 0, np.int32(-1)
        for seed in range(min(seeds, end - begin)):
            total = _support(mine, worth, seed, limits, agreeing)
            if total > most:
                best, most = seed, total
        if end > begin:
            _support(mine, worth, best, limits, agreeing)
            _one_a_place(mine, limits[3], agreeing)
        begin = end
