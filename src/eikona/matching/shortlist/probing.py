"""From a query's descriptors to hits in one table.

Probes are made for all descriptors together, the likeliest first: the chance that a copy's
descriptor has a certain key is the product of a chance a bit, and falls by the cost of each bit
that is flipped. They are made level by level of whole costs until there are as many as wanted, so
descriptors with sure bits get many and hopeless ones none.

A descriptor that many pictures share leads to crowded buckets. It may look at ``ALLOWANCE``
postings of a table; of what is left out it is taken that it is like the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eikona.matching.compiled import kernels_for
from eikona.matching.shortlist.coding import COST_UNIT, MOST_KEY_BITS
from eikona.matching.shortlist.tail import TailTable
from eikona.native.address import address

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eikona.matching.shortlist.coding import Query
    from eikona.matching.shortlist.postings import PostingTable

    Numbers = NDArray[np.int64]

NEAR = 10  # bits of 64 that a hit differs in at most; the next four agree with the kernel
ALLOWANCE = 4096  # postings of a table that one descriptor may look at
MOST_HITS = 256  # of one descriptor that are kept, those of the likeliest probes
LEVELS = 512  # of costs; what is less likely is not probed
_BLOCK = 64  # probes that the kernel looks up side by side
_QUERY_COMPARISONS = 30_000_000  # that a query takes, as long as, without kernels


@dataclass(frozen=True, slots=True)
class SearchedTable:
    """A table and which of its rows count.

    Attributes:
        postings: sealed, or of a tail.
        dead: whether each row is removed, shape (pictures,); None where none is.
    """

    postings: PostingTable | TailTable
    dead: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class Hits:
    """Postings of one table near to descriptors of a query.

    Attributes:
        descriptors: of the query, shape (n,).
        distances: bits that differ, at most ``NEAR``.
        places: numbers of the postings.
        rows: their pictures.
        counts: how many postings each descriptor has within each distance, those estimated that
            were not looked at: shape (descriptors, NEAR + 1).
    """

    descriptors: Numbers
    distances: Numbers
    places: Numbers
    rows: Numbers
    counts: Numbers


def bases_of(query: Query, key_bits: int) -> Numbers:
    """Return what it costs each descriptor that no bit of its key is flipped."""
    costs = query.costs[:, :key_bits]
    bases: Numbers = np.minimum(np.rint(_KEPT[costs].sum(axis=1)), LEVELS).astype(np.int64)
    return bases


_KEPT = COST_UNIT * np.log1p(np.exp(-np.arange(256) / COST_UNIT))


def probes_plain(
    costs: NDArray[np.uint8], bases: Numbers, key_bits: int, most: int
) -> tuple[Numbers, Numbers]:
    """Return which descriptor is probed with which bits of its key flipped, the likeliest first.

    Args:
        costs: of flipping each bit, shape (descriptors, at least key_bits).
        bases: of flipping none.
        key_bits: of the table.
        most: probes; those of a level that is begun are made too, up to twice as many in all.
    """
    order = np.argsort(costs[:, :key_bits], axis=1, kind="stable")
    cheap = np.take_along_axis(costs, order, axis=1).astype(np.int64).tolist()
    bits = (1 << (key_bits - 1 - order)).tolist()
    levels: list[list[tuple[int, int, int]]] = [[] for _ in range(LEVELS + 1)]
    for descriptor, base in enumerate(bases.tolist()):
        levels[base].append((descriptor, -1, 0))
    owners: list[int] = []
    flips: list[int] = []
    for level in range(LEVELS):
        waiting = levels[level]
        while waiting and len(owners) < 2 * most:
            descriptor, last, flipped = waiting.pop()
            owners.append(descriptor)
            flips.append(flipped)
            if last + 1 == key_bits:
                continue
            more = cheap[descriptor][last + 1]
            added = bits[descriptor][last + 1]
            levels[min(LEVELS, level + more)].append((descriptor, last + 1, flipped | added))
            if last >= 0:
                instead = level + more - cheap[descriptor][last]
                without = flipped ^ bits[descriptor][last]
                levels[min(LEVELS, instead)].append((descriptor, last + 1, without | added))
        if len(owners) >= most:
            break
    return np.array(owners, np.int64), np.array(flips, np.int64)


def find_hits(query: Query, table: SearchedTable, most: int) -> Hits:
    """Return the postings near to a query's descriptors, in the order in which they are found.

    Args:
        query: with one descriptor or more.
        table: where to look.
        most: probes, about.
    """
    compiled = kernels_for(_QUERY_COMPARISONS)
    if compiled is None:
        return find_hits_plain(query, table, most)
    postings = table.postings
    descriptors, key_bits = len(query.keys), postings.key_bits
    bases = bases_of(query, key_bits)
    if isinstance(postings, TailTable):
        starts, links = postings.heads, postings.links
    else:
        starts, links = postings.starts, postings.rows  # links are not read then
    dead = np.zeros(0, np.bool_) if table.dead is None else table.dead
    hits = np.empty((4, descriptors * MOST_HITS), np.int64)
    counts = np.zeros((descriptors, NEAR + 1), np.int64)
    nodes = np.empty((descriptors + 2 * most, 4), np.int64)
    order = np.empty((descriptors, MOST_KEY_BITS), np.uint8)
    probed, told = 4 * most, 3 * descriptors
    room = np.empty(probed + told + LEVELS + 2 * _BLOCK + ALLOWANCE + 2, np.int64)
    room[probed : probed + told] = 0
    sizes = (descriptors, MOST_KEY_BITS, key_bits, len(starts), len(postings.codes))
    rows = (postings.pictures, isinstance(postings, TailTable), table.dead is not None)
    task = np.array((*sizes, *rows, most, NEAR, hits.shape[1], 0, 0, 0), np.int64)
    compiled.find_hits(
        *(address(query.keys), address(query.codes), address(query.costs), address(bases)),
        *(address(starts), address(links), address(postings.codes), address(postings.rows)),
        *(address(dead), address(hits), address(counts), address(nodes), address(order)),
        *(address(room), address(task)),
    )
    looked, seen, _ = room[probed : probed + told].reshape(3, -1)
    return _with_estimates(hits[:, : task[11]], counts, looked, seen)


def find_hits_plain(query: Query, table: SearchedTable, most: int) -> Hits:
    """Return the postings near to a query's descriptors, in the order in which they are found."""
    postings = table.postings
    key_bits = postings.key_bits
    owners, flips = probes_plain(query.costs, bases_of(query, key_bits), key_bits, most)
    keys = query.keys >> np.uint32(MOST_KEY_BITS - key_bits)
    probed = keys[owners].astype(np.int64) ^ flips
    number, places = _in_buckets(postings, probed)
    sizes = np.bincount(number, minlength=len(probed))
    allowed = _turns(np.repeat(owners, sizes)) < ALLOWANCE
    owner, place = owners[number][allowed], places[allowed]
    looked = np.bincount(owner, minlength=len(keys))
    chained = isinstance(postings, TailTable)  # chains are not followed to see how long they are
    seen = looked if chained else np.bincount(owners[number], minlength=len(keys))
    distance = np.bitwise_count(query.codes[owner] ^ postings.codes[place]).astype(np.int64)
    near = distance <= NEAR
    owner, place, distance = owner[near], place[near], distance[near]
    row = postings.rows[place].astype(np.int64)
    counts_row = row < postings.pictures
    if table.dead is not None:
        counts_row[counts_row] = ~table.dead[row[counts_row]]
    owner, place, distance, row = (values[counts_row] for values in (owner, place, distance, row))
    counts = np.bincount(owner * (NEAR + 1) + distance, minlength=len(keys) * (NEAR + 1))
    counts = counts.reshape(-1, NEAR + 1)
    kept = _turns(owner) < MOST_HITS
    hits = np.stack([owner[kept], distance[kept], place[kept], row[kept]])
    return _with_estimates(hits, counts, looked, seen)


def _with_estimates(hits: Numbers, counts: Numbers, looked: Numbers, seen: Numbers) -> Hits:
    """Return hits with the counts within each distance, as if all postings had been looked at."""
    within = np.cumsum(counts, axis=1)
    partly = np.flatnonzero(seen > looked)
    if len(partly):
        within[partly] = within[partly] * seen[partly, None] // looked[partly, None]
    descriptors, distances, places, rows = hits
    return Hits(descriptors, distances, places, rows, within)


def _in_buckets(postings: PostingTable | TailTable, keys: Numbers) -> tuple[Numbers, Numbers]:
    """Return all postings under keys: the number of the key, and that of the posting."""
    if isinstance(postings, TailTable):
        return _in_chains(postings, keys)
    begins = postings.starts[keys].astype(np.int64)
    ends = postings.starts[keys + 1].astype(np.int64)
    sane = (ends >= begins) & (ends <= len(postings.codes))  # not in a damaged file
    sizes = np.where(sane, ends - begins, 0)
    number = np.repeat(np.arange(len(keys)), sizes)
    return number, np.repeat(begins - np.cumsum(sizes) + sizes, sizes) + np.arange(len(number))


def _in_chains(postings: TailTable, keys: Numbers) -> tuple[Numbers, Numbers]:
    numbers, places = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    number, link = np.arange(len(keys)), postings.heads[keys].astype(np.int64)
    for _ in range(ALLOWANCE):
        number, link = number[link > 0], link[link > 0]
        if not len(link):
            break
        numbers.append(number)
        places.append(link - 1)
        link = postings.links[link - 1].astype(np.int64)
    number, place = np.concatenate(numbers), np.concatenate(places)
    order = np.argsort(number, kind="stable")
    return number[order], place[order]


def _turns(owners: Numbers) -> Numbers:
    """Return how many before each have the same owner."""
    order = np.argsort(owners, kind="stable")
    in_order = owners[order]
    turns = np.empty(len(owners), np.int64)
    turns[order] = np.arange(len(owners)) - np.searchsorted(in_order, in_order)
    return turns
