"""Searches band tables; see ``matching.banded`` for the terms and the argument."""

from typing import Any, NamedTuple

import numpy as np

from eikona.native.bands_kernel import Codes, codes_in, key_of
from eikona.native.jit import array, inlined
from eikona.native.ones_kernel import ones

RINGS = 4  # of 0 to 3 flipped bits
CANDIDATES = 2048  # verified at a time, so that their codes are fetched side by side
SEARCH_TASK = 16  # numbers in the task of ``search_bands``
HEAVY = -1  # stands for a code: a scan serves this query better
PROBE_NS, CANDIDATE_NS = 16, 18  # latency of memory with many fetches under way
_NEVER = np.int64(1 << 60)
_ONE = np.uint64(1)


class _Tables(NamedTuple):
    """Band tables, and the masks that flip bits of a key, those of each ring before the next."""

    offsets: Any
    ids: Any
    masks: Any
    ring_ends: Any
    width: Any


class _Query(NamedTuple):
    """A query: its number and words, what to find, and how many rings each band is probed with."""

    number: Any
    words: Any
    radius: Any
    rings: Any


class _Work(NamedTuple):
    """Memory to work in."""

    runs: Any  # per band, where the ids of each probe begin and end
    known: Any  # per band, how many rings are looked up
    sizes: Any  # per band, candidates of each ring
    costs: Any  # per band, of 0 rings to ``RINGS``
    best: Any  # (bands + 1, needed + 1): the least cost at which so many bands have so many rings
    choice: Any  # (bands, needed + 1): the rings of the last of them then
    candidates: Any


@inlined
def _look_up(tables: Any, band: int, key: Any, ring: int, runs: Any) -> Any:
    """Note where the ids of one ring around ``key`` lie; return how many there are."""
    offsets = tables.offsets[band]
    begin = tables.ring_ends[ring - 1] if ring else 0
    found = np.int64(0)
    for probe in range(np.uint64(begin), np.uint64(tables.ring_ends[ring])):
        bucket = key ^ tables.masks[probe]
        start, end = offsets[bucket], offsets[bucket + _ONE]
        if end < start or np.int64(end) > tables.ids.shape[1]:
            start = end  # a mapped file is damaged
        runs[0, probe] = start
        runs[1, probe] = end
        found += np.int64(end) - np.int64(start)
    return found


@inlined
def _guess(tables: Any, size: Any, ring: int) -> Any:
    """Return how many candidates a ring may have, of which the one before has ``size``.

    What fair bits would give, or a steady growth if that is more.
    """
    if ring == 0:
        return tables.ids.shape[1] / np.float64(np.int64(1) << tables.width)
    growth = np.float64(tables.width - ring + 1) / np.float64(ring)
    probes = tables.ring_ends[ring] - tables.ring_ends[ring - 1]
    fair = np.float64(probes) * tables.ids.shape[1] / np.float64(np.int64(1) << tables.width)
    return max(size * growth, fair)


@inlined
def _price(tables: Any, known: int, sizes: Any, costs: Any) -> None:
    """Write what it costs to leave a band out, and to probe it with 1 to ``RINGS`` rings.

    ``known`` rings are looked up, which is done and costs nothing any more.
    """
    costs[0] = 0
    total = np.int64(0)
    size = np.float64(0)
    for ring in range(RINGS):
        if ring < known:
            size = np.float64(sizes[ring])
        else:
            size = _guess(tables, size, ring)
            probes = tables.ring_ends[ring] - (tables.ring_ends[ring - 1] if ring else 0)
            total += probes * PROBE_NS
        total += np.int64(size * CANDIDATE_NS)
        costs[ring + 1] = total


@inlined
def _allot(work: Any, rings: Any) -> Any:
    """Share out ``needed`` rings among the bands at the least cost, and return the cost."""
    costs, best, choice = work.costs, work.best, work.choice
    bands, needed = choice.shape[0], choice.shape[1] - 1
    for had in range(needed + 1):
        best[0, had] = _NEVER if had else np.int64(0)
    for band in range(bands):
        for had in range(needed + 1):
            least, chosen = _NEVER, 0
            for more in range(RINGS + 1):
                cost = best[band, max(0, had - more)] + costs[band, more]
                if cost < least:
                    least, chosen = cost, more
            best[band + 1, had] = least
            choice[band, had] = chosen
    had = needed
    for band in range(bands - 1, -1, -1):
        rings[band] = choice[band, had]
        had = max(0, had - rings[band])
    return best[bands, needed]


@inlined
def _is_light(wanted: Any, tables: Any, query: Any, work: Any, most: Any) -> bool:
    """Share out rings, look them up, and again with what they hold, until all are known.

    Returns whether the search costs less than ``most``.
    """
    bands = len(query.rings)
    work.known[:] = 0
    for band in range(bands):
        _price(tables, 0, work.sizes[band], work.costs[band])
    settled = False
    while not settled:
        if _allot(work, query.rings) >= most:
            return False
        settled = True
        for band in range(bands):
            if work.known[band] >= query.rings[band]:
                continue
            settled = False
            key = key_of(wanted, np.uint64(0), band * tables.width, tables.width)
            for ring in range(work.known[band], query.rings[band]):
                work.sizes[band, ring] = _look_up(tables, band, key, ring, work.runs[band])
            work.known[band] = query.rings[band]
            _price(tables, work.known[band], work.sizes[band], work.costs[band])
    return True


@inlined
def _is_new(codes: Any, at: Any, query: Any, band: int, width: int) -> bool:
    """Return whether no earlier band has led to this code."""
    wanted = Codes(query.words, codes.words, _ONE, np.uint64(codes.words))
    for earlier in range(band):
        begin = earlier * width
        differing = key_of(codes, at, begin, width) ^ key_of(wanted, np.uint64(0), begin, width)
        if np.int64(ones(differing)) < query.rings[earlier]:
            return False
    return True


@inlined
def _verify(codes: Any, candidates: Any, query: Any, band: int, width: int, hits: Any) -> Any:
    """Write the candidates within the radius that are new to ``hits``; return how many."""
    early = min(codes.words, 2)
    kept = 0
    for number in range(len(candidates)):
        at = np.uint64(candidates[number])
        place = at * codes.code_step
        distance = np.uint64(0)
        for word in range(early):
            distance += ones(codes.numbers[place] ^ query.words[word])
            place += codes.word_step
        if distance > query.radius:
            continue
        for word in range(early, codes.words):
            distance += ones(codes.numbers[place] ^ query.words[word])
            place += codes.word_step
        if distance <= query.radius and _is_new(codes, at, query, band, width):
            hits[kept, 0] = query.number
            hits[kept, 1] = np.int64(at)
            hits[kept, 2] = np.int64(distance)
            kept += 1
    return kept


@inlined
def _probe(codes: Any, tables: Any, query: Any, band: int, work: Any, found: Any, hits: Any) -> Any:
    """Add one band's hits to ``found``; return how many are in it, or -1 if it may be too short."""
    ids, candidates, runs = tables.ids[band], work.candidates, work.runs[band]
    filled = 0
    for probe in range(tables.ring_ends[query.rings[band] - 1]):
        run = ids[np.uint64(runs[0, probe]) : np.uint64(runs[1, probe])]
        for number in range(len(run)):
            candidates[filled] = run[number]
            filled += int(run[number] < len(ids))  # in a damaged file it may not be
            if filled == CANDIDATES:
                if hits + filled > len(found):
                    return -1
                hits += _verify(codes, candidates, query, band, tables.width, found[hits:])
                filled = 0
    if hits + filled > len(found):
        return -1
    return hits + _verify(codes, candidates[:filled], query, band, tables.width, found[hits:])


def search_bands(
    codes_at: Any,
    offsets_at: Any,
    ids_at: Any,
    masks_at: Any,
    queries_at: Any,
    found_at: Any,
    runs_at: Any,
    table_at: Any,
    task_at: Any,
) -> None:
    """Write hits as (query, code, distance) until all is done or ``found`` may be too short.

    A query that a scan serves better has one hit, of code ``HEAVY``.

    ``task``: codes, words, whether they lie in rows, bands, their width, queries, radius, the most
    nanoseconds that a search may cost, hits that ``found`` has room for; on entry and return, the
    queries that are done and the hits that are written; a free number; where the masks of each ring
    end. Room to work: ``runs`` for (bands, 2, masks) and ``CANDIDATES`` more, ``table`` of
    ``table_rows`` by ``table_columns``.
    """
    task = array(task_at, (SEARCH_TASK,))
    count, words, bands, width = task[0], task[1], task[3], task[4]
    radius, room, ring_ends = task[6], task[8], task[12:]
    masks, needed = ring_ends[RINGS - 1], radius + 1
    codes = codes_in(codes_at, count, words, task[2])
    tables = _Tables(
        array(offsets_at, (bands, (1 << width) + 1)),
        array(ids_at, (bands, count)),
        array(masks_at, (masks,)),
        ring_ends,
        width,
    )
    table = array(table_at, (table_rows(bands), table_columns(bands, radius)))
    work = _Work(
        runs=array(runs_at, (bands, 2, masks)),
        candidates=array(runs_at, (2 * bands * masks + CANDIDATES,))[2 * bands * masks :],
        best=table[: bands + 1, : needed + 1],
        choice=table[bands + 1 : 2 * bands + 1, : needed + 1],
        costs=table[2 * bands + 1 : 3 * bands + 1, : RINGS + 1],
        sizes=table[3 * bands + 1 : 4 * bands + 1, :RINGS],
        known=table[4 * bands + 1, :bands],
    )
    rings = table[4 * bands + 2, :bands]
    wanted = array(queries_at, (task[5], words))
    found = array(found_at, (room, 3))
    for number in range(task[9], task[5]):
        query = _Query(number, wanted[number], np.uint64(radius), rings)
        hits = _search(codes, tables, query, work, task[7], found, task[10])
        if hits < 0:
            break
        task[9], task[10] = number + 1, hits


@inlined
def _search(
    codes: Any, tables: Any, query: Any, work: Any, most: Any, found: Any, hits: Any
) -> Any:
    """Add a query's hits to ``found``; return how many are in it, or -1 if it may be too short."""
    wanted = Codes(query.words, codes.words, _ONE, np.uint64(codes.words))
    if hits == len(found):
        return -1
    if not _is_light(wanted, tables, query, work, most):
        found[hits, 0] = query.number
        found[hits, 1] = HEAVY
        found[hits, 2] = 0
        return hits + 1
    for band in range(len(query.rings)):
        if query.rings[band] > 0:
            hits = _probe(codes, tables, query, band, work, found, hits)
            if hits < 0:
                return -1
    return hits


@inlined
def table_rows(bands: int) -> int:
    """Return how many rows ``search_bands`` needs in ``table``."""
    return 4 * bands + 3


@inlined
def table_columns(bands: int, radius: int) -> int:
    """Return how many columns ``search_bands`` needs in ``table``."""
    return max(bands, radius + 2, RINGS + 1)
