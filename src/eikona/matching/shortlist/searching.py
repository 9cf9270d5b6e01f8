"""Asks posting tables for the pictures that may show what a query shows."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eikona.matching.shortlist.agreeing import agree, pairs_of
from eikona.matching.shortlist.coding import Query, frames_of
from eikona.matching.shortlist.probing import SearchedTable, find_hits
from eikona.matching.shortlist.sharing import shared_by_many
from eikona.matching.shortlist.voting import (
    SELECTED,
    WEIGHT_UNIT,
    Ballots,
    Candidates,
    elect,
    weigh,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from eikona.domain.local_features import LocalFeatures
    from eikona.matching.shortlist.probing import Hits

    Numbers = NDArray[np.int64]

_PROBES = 8000  # of a query, in all tables
_FEWEST_PROBES = 1000  # in a table
_CROWD = 4  # hits in agreement that make a picture one of a crowd
_CROWD_SHARE = 8  # a feature belongs to a crowd if one in so many of its pictures have it


@dataclass(frozen=True, slots=True)
class Shortlisted:
    """What may show the same as a query.

    Attributes:
        places: number of the table and row of each picture, the likeliest first. Of pictures that
            show the same parts of the query only some are near the front.
        scores: how much speaks for each, in bits; they need not fall where near-duplicates are.
        shared_by_many: for each feature of the query, whether much of the bank has one alike, in
            pictures that differ otherwise.
    """

    places: tuple[tuple[int, int], ...]
    scores: NDArray[np.float32]
    shared_by_many: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Compared:
    """Candidates, and which of their hits agree on a motion."""

    candidates: Candidates
    features: Numbers
    weights: Numbers
    scores: Numbers


@dataclass(frozen=True, slots=True)
class Shortlist:
    """Makes shortlists.

    Attributes:
        probes: how many buckets a query looks into; more find more, and take longer.
    """

    probes: int = _PROBES

    def shortlist(
        self, query: LocalFeatures, tables: Sequence[SearchedTable], *, most: int = 20
    ) -> Shortlisted:
        """Return the pictures that may show what ``query`` or its mirror image shows.

        Args:
            query: the picture's features, with margins where they are known.
            tables: sealed ones and tails, each with the rows that do not count.
            most: pictures.
        """
        nothing = Shortlisted((), np.zeros(0, np.float32), np.zeros(len(query), np.bool_))
        asked = Query.of(query)
        if not asked.features or not tables:
            return nothing
        found = [find_hits(asked, table, share) for table, share in self._shares(tables)]
        ballots = weigh(found, [table.postings.pictures for table in tables])
        shared = shared_by_many(asked.features, found, tables)
        if not len(ballots.descriptors):
            return Shortlisted((), nothing.scores, shared)
        frames = _Frames.of(asked, found, tables)
        compared = [_compare(ballots, frames, SELECTED)]
        crowd = _crowd(compared[0], asked.features, most)
        if crowd.any():
            others = ~crowd[ballots.descriptors % asked.features]
            rest = Ballots(ballots.descriptors, ballots.weights * others, ballots.pictures)
            compared.append(_compare(rest, frames, SELECTED // 2))
        keys, scores = _picked(compared, asked.features, most)
        starts = np.cumsum([0, *(table.postings.pictures for table in tables)])
        pictures = keys // 2
        number = np.searchsorted(starts, pictures, side="right") - 1
        rows = pictures - starts[number]
        return Shortlisted(
            tuple(zip(number.tolist(), rows.tolist(), strict=True)),
            (scores / np.float32(WEIGHT_UNIT)).astype(np.float32),
            shared,
        )

    def _shares(self, tables: Sequence[SearchedTable]) -> list[tuple[SearchedTable, int]]:
        """Share out the probes by the tables' sizes."""
        total = sum(len(table.postings.codes) for table in tables)
        return [
            (
                table,
                max(_FEWEST_PROBES, self.probes * len(table.postings.codes) // max(1, total)),
            )
            for table in tables
        ]


@dataclass(frozen=True, slots=True)
class _Frames:
    """Frames of the query's descriptors, and of the postings that hits are of.

    Attributes:
        features: of the query.
        ours: shape (descriptors, 4).
        ends: where the hits of each table end.
        places: of all hits.
        geometry: of each table.
    """

    features: int
    ours: NDArray[np.float32]
    ends: Numbers
    places: Numbers
    geometry: Sequence[NDArray[np.uint32]]

    @classmethod
    def of(cls, query: Query, found: Sequence[Hits], tables: Sequence[SearchedTable]) -> _Frames:
        return cls(
            query.features,
            query.frames,
            np.cumsum([len(hits.places) for hits in found]),
            np.concatenate([hits.places for hits in found]),
            [table.postings.geometry for table in tables],
        )

    def theirs(self, hits: Numbers) -> NDArray[np.float32]:
        """Return the frames of the postings that these hits are of."""
        if len(self.geometry) == 1:
            return frames_of(self.geometry[0][self.places[hits]])
        packed = np.empty(len(hits), np.uint32)
        table = np.searchsorted(self.ends, hits, side="right")
        for number, geometry in enumerate(self.geometry):
            mine = table == number
            packed[mine] = geometry[self.places[hits[mine]]]
        return frames_of(packed)


def _compare(ballots: Ballots, frames: _Frames, most: int) -> _Compared:
    """Return the pictures with most votes, and which of their hits agree."""
    candidates = elect(ballots, frames.features, most)
    hits = candidates.hits
    descriptors, weights = ballots.descriptors[hits], ballots.weights[hits]
    pairs = pairs_of(frames.ours[descriptors], frames.theirs(hits))
    kept = agree(pairs, weights, candidates.ends)
    weights = weights * kept
    totals = np.concatenate([[0], np.cumsum(weights)])
    begins = np.concatenate([[0], candidates.ends[:-1]]) if len(candidates.ends) else hits
    scores = totals[candidates.ends] - totals[begins]
    return _Compared(candidates, descriptors % frames.features, weights, scores)


def _crowd(compared: _Compared, features: int, most: int) -> NDArray[np.bool_]:
    """Return the features of the query that more pictures show than the shortlist has room for.

    They are left out in a second round, so that pictures that show something else come up.
    """
    ends = compared.candidates.ends
    owners = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0))
    agreeing = compared.weights > 0
    is_one = np.bincount(owners[agreeing], minlength=len(ends)) >= _CROWD
    crowd = int(np.count_nonzero(is_one))
    if crowd <= most:
        return np.zeros(features, np.bool_)
    shown = np.bincount(compared.features[agreeing & is_one[owners]], minlength=features)
    return np.asarray(shown * _CROWD_SHARE >= crowd)


def _picked(compared: Sequence[_Compared], features: int, most: int) -> tuple[Numbers, Numbers]:
    """Return keys and scores of the best pictures, each time the one that adds most.

    A feature of the query that the pictures before show k times counts for 1 / (1 + k): a picture
    that shows something else comes before the many that show the same again.
    """
    keys = np.concatenate([one.candidates.keys for one in compared])
    votes = np.concatenate([one.candidates.votes for one in compared])
    scores = np.concatenate([one.scores for one in compared])
    shows = np.concatenate([one.features for one in compared]).tolist()
    weights = np.concatenate([one.weights for one in compared]).tolist()
    sizes = np.concatenate([np.diff(one.candidates.ends, prepend=0) for one in compared])
    ends = np.cumsum(sizes)
    order = np.lexsort((keys, -votes, -scores))
    begins, ends = (ends - sizes)[order].tolist(), ends[order].tolist()
    pictures, best = (keys[order] // 2).tolist(), scores[order].tolist()
    shown = [1] * features
    chosen: dict[int, int] = {}  # by picture, its place in the order
    lowered: list[tuple[int, int]] = []  # what places are worth by now, those that were looked at
    place = 0
    while len(chosen) < most and (place < len(best) or lowered):
        if place < len(best) and (not lowered or (-best[place], place) < lowered[0]):
            was, at = -best[place], place
            place += 1
        else:
            was, at = heapq.heappop(lowered)
        if pictures[at] in chosen:
            continue
        mine = range(begins[at], ends[at])
        now = -sum(weights[hit] // shown[shows[hit]] for hit in mine if weights[hit])
        if now > was:
            heapq.heappush(lowered, (now, at))
            continue
        chosen[pictures[at]] = at
        for hit in mine:
            shown[shows[hit]] += weights[hit] > 0
    taken = order[list(chosen.values())]
    return keys[taken], scores[taken]
