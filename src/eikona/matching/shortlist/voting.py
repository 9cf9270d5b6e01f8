"""From hits to the pictures that may show what the query shows.

A hit is worth what it tells: the logarithm of how many pictures there are for each that has a
descriptor as near. A descriptor that thousands share is worth next to nothing, and no more than
``MOST_VOTES`` hits of one descriptor vote, the nearest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eikona.matching.shortlist.probing import NEAR
from eikona.native.address import address
from eikona.native.switch import kernels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from eikona.matching.shortlist.probing import Hits

    Numbers = NDArray[np.int64]

SELECTED = 400  # pictures, in either pose, that are compared by geometry
WEIGHT_UNIT = 16  # a doubling of how rare a hit is
MOST_VOTES = 150  # of a descriptor; all of a distance count or none
_SLOT, _HIGH_BITS = 6, 12  # these agree with the kernel
_FEWEST_TABLE_BITS = 4
_FEWEST_PICTURES = 64  # as if a bank had them besides: in a small one a hit has to tell something


@dataclass(frozen=True, slots=True)
class Ballots:
    """The hits of all tables.

    Attributes:
        descriptors: of the query, shape (n,).
        weights: what each is worth; 0 where it has no vote.
        pictures: numbered through all tables.
    """

    descriptors: Numbers
    weights: Numbers
    pictures: Numbers


@dataclass(frozen=True, slots=True)
class Candidates:
    """The pictures with most votes, and the hits that each has them of.

    Attributes:
        keys: picture times 2, and 1 more where the mirrored query hit it; in the order in which
            they were found.
        votes: of each.
        hits: numbers of hits, one a descriptor, those of one candidate after those of the other.
        ends: where those of each end.
    """

    keys: Numbers
    votes: Numbers
    hits: Numbers
    ends: Numbers


def weigh(found: Sequence[Hits], pictures: Sequence[int]) -> Ballots:
    """Return the hits of all tables with their weights.

    Args:
        found: by table.
        pictures: of each table.
    """
    counts: Numbers = np.add.reduce([hits.counts for hits in found])
    rarity = np.log2((sum(pictures) + _FEWEST_PICTURES) / (counts + 1))
    weights = np.maximum(1, np.rint(WEIGHT_UNIT * rarity)).astype(np.int64)
    first = np.argmax(counts > 0, axis=1)
    weights[(counts > MOST_VOTES) & (np.arange(NEAR + 1) > first[:, None])] = 0
    descriptors = _joined([hits.descriptors for hits in found])
    distances = _joined([hits.distances for hits in found])
    starts = np.cumsum([0, *pictures])
    rows = [
        hits.rows + start if start else hits.rows
        for hits, start in zip(found, starts[:-1], strict=True)
    ]
    return Ballots(
        descriptors, np.take(weights, descriptors * (NEAR + 1) + distances), _joined(rows)
    )


def _joined(parts: Sequence[Numbers]) -> Numbers:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def elect(ballots: Ballots, features: int, most: int) -> Candidates:
    """Return the pictures with most votes; of equal ones those that were found first.

    Args:
        ballots: of all hits.
        features: of the query.
        most: candidates.
    """
    compiled = kernels()
    if compiled is None:
        return elect_plain(ballots, features, most)
    count = len(ballots.descriptors)
    bits = max(_FEWEST_TABLE_BITS, (2 * count).bit_length())
    table = np.zeros(1 << bits, np.int32)
    slots = np.empty((count, _SLOT), np.int64)
    room = np.empty(2 * count + 2 * features + 1 + (1 << _HIGH_BITS), np.int64)
    chosen, ends = np.empty((2, most), np.int64), np.empty(most, np.int64)
    hits = np.empty(count, np.int64)
    task = np.array((count, features, most, len(table), 64 - bits, 0, 0, 0), np.int64)
    compiled.elect(
        *(address(ballots.descriptors), address(ballots.weights), address(ballots.pictures)),
        *(address(chosen), address(ends), address(hits)),
        *(address(table), address(slots), address(room), address(task)),
    )
    taken = int(task[5])
    hits = hits[: ends[taken - 1] if taken else 0]
    return Candidates(chosen[0, :taken], chosen[1, :taken], hits, ends[:taken])


def elect_plain(ballots: Ballots, features: int, most: int) -> Candidates:
    """Return the pictures with most votes; of equal ones those that were found first.

    Args:
        ballots: of all hits.
        features: of the query.
        most: candidates.
    """
    order = np.argsort(ballots.descriptors, kind="stable")
    order = order[ballots.weights[order] > 0]
    descriptors, weights = ballots.descriptors[order], ballots.weights[order]
    keys = 2 * ballots.pictures[order] + (descriptors >= features)
    # one vote a picture and descriptor: the best, of equal ones the first
    best = np.lexsort((-weights, descriptors, keys))
    same = (np.diff(keys[best]) == 0) & (np.diff(descriptors[best]) == 0)
    best = best[np.concatenate([np.ones(min(1, len(best)), np.bool_), ~same])]
    found, first, number = np.unique(keys, return_index=True, return_inverse=True)
    votes = np.bincount(number[best], weights=weights[best], minlength=len(found)).astype(np.int64)
    chosen = np.lexsort((first, -votes))[:most]
    chosen = chosen[np.argsort(first[chosen], kind="stable")]
    place = np.full(len(found), -1)
    place[chosen] = np.arange(len(chosen))
    mine = best[place[number[best]] >= 0]
    mine = mine[np.lexsort((descriptors[mine], place[number[mine]]))]
    ends = np.cumsum(np.bincount(place[number[mine]], minlength=len(chosen)))
    return Candidates(found[chosen], votes[chosen], order[mine], ends)
