"""One consistent state of a bank: open segments, which of their rows are removed, and the log."""

import copy
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from eikona.adapters.bank.blocks import hash_blocks
from eikona.adapters.bank.manifest import Manifest
from eikona.adapters.bank.names import name_digest, name_digests
from eikona.adapters.bank.segment import Segment
from eikona.adapters.bank.tail import TailView, is_among
from eikona.adapters.bank.tombstones import Rows, marked
from eikona.domain.bank import Entry
from eikona.matching.shortlist.probing import SearchedTable
from eikona.services.ports import Block, FeatureBlock, HashKey

_FEW_NAMES = 8  # are looked up one by one


class Snapshot:
    """The bank as one manifest and a log describe it; later changes do not change it.

    Entries are numbered: rows of the segments, one segment after the other, then those of the log.

    Attributes:
        manifest: names the segments.
        segments: sealed, in its order.
        removed: rows of segments that were removed before the log began.
        tail: what the log says; None where there is none.
    """

    def __init__(
        self,
        manifest: Manifest,
        segments: Sequence[Segment],
        removed: Rows,
        tail: TailView | None = None,
    ) -> None:
        self.manifest = manifest
        self.tail = tail
        self.segments = tuple(segments)
        self.removed = removed
        self._starts = np.cumsum([0, *(segment.rows for segment in segments)])
        self._dead = {
            segment.number: marked(segment.number, removed[segment.number], segment.rows)
            for segment in segments
            if segment.number in removed
        }
        self._dead_rows = {number: int(dead.sum()) for number, dead in self._dead.items()}
        self._blocks: dict[HashKey, tuple[Block, ...]] = {}

    def with_tail(self, tail: TailView | None, *, manifest: Manifest | None = None) -> "Snapshot":
        """Return the same segments with another state of the log, and with what names it."""
        other = copy.copy(self)
        other.__dict__.pop("held", None)
        other.tail = tail
        other.manifest = manifest or self.manifest
        return other

    @property
    def sealed_rows(self) -> int:
        """How many rows all segments have: the number of the log's first entry."""
        return int(self._starts[-1])

    @property
    def rows(self) -> int:
        """How many entries were ever put in, of those that segments and log still have."""
        return self.sealed_rows if self.tail is None else self.sealed_rows + self.tail.count

    def __len__(self) -> int:
        sealed = self.sealed_rows - sum(self._dead_rows.values())
        return sealed if self.tail is None else sealed - len(self.tail.hidden) + len(self.tail)

    def live(self, segment: Segment) -> NDArray[np.bool_]:
        """Return which rows of a segment were not removed before the log began."""
        dead = self._dead.get(segment.number)
        return np.ones(segment.rows, np.bool_) if dead is None else ~dead

    def live_rows(self, segment: Segment) -> int:
        """Return how many rows of a segment were not removed before the log began."""
        return segment.rows - self._dead_rows.get(segment.number, 0)

    def find(self, names: Sequence[bytes]) -> dict[int, int]:
        """Return the numbers of the entries of these names, by place in ``names``."""
        found = self.find_sealed(names)
        if self.tail is None:
            return found
        hidden = self.tail.hidden
        found = {place: row for place, row in found.items() if not is_among(hidden, row)}
        for place, name in enumerate(names):
            number = self.tail.find(name)
            if number is not None:
                found[place] = self.sealed_rows + number
        return found

    def find_sealed(self, names: Sequence[bytes]) -> dict[int, int]:
        """Return the same without the log."""
        if not self.segments or not names:
            return {}
        if len(names) <= _FEW_NAMES:
            return self._find_few(names)
        rows = self._sealed_rows(names, name_digests(names))
        places = np.flatnonzero(rows >= 0)
        return dict(zip(places.tolist(), rows[places].tolist(), strict=True))

    def _find_few(self, names: Sequence[bytes]) -> dict[int, int]:
        found = {}
        for place, name in enumerate(names):
            digest = name_digest(name)
            for start, segment in zip(self._starts.tolist(), self.segments, strict=False):
                row, dead = segment.by_name.row_of(name, digest), self._dead.get(segment.number)
                if row is not None and (dead is None or not dead[row]):
                    found[place] = start + row
        return found

    def find_rows(self, names: Sequence[bytes], digests: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return the number of the entry of each name, -1 where there is none.

        Args:
            names: as bytes.
            digests: theirs, shape (names,).
        """
        rows = self._sealed_rows(names, digests)
        if self.tail is None:
            return rows
        rows[_among(self.tail.hidden, rows)] = -1
        for place, name in enumerate(names):
            number = self.tail.find(name)
            if number is not None:
                rows[place] = self.sealed_rows + number
        return rows

    def _sealed_rows(
        self, names: Sequence[bytes], digests: NDArray[np.uint64]
    ) -> NDArray[np.int64]:
        order = np.argsort(digests)
        ordered, named = digests[order], [names[place] for place in order.tolist()]
        found = np.full(len(names), -1, np.int64)
        for start, segment in zip(self._starts.tolist(), self.segments, strict=False):
            places, rows = segment.by_name.rows_of(named, ordered)
            dead = self._dead.get(segment.number)
            if dead is not None:
                places, rows = places[~dead[rows]], rows[~dead[rows]]
            found[order[places]] = start + rows
        return found

    def entries(self) -> Iterator[Entry]:
        """Yield every entry, in the order of the segments, then of the log."""
        for segment, rows in self.shown():
            for row in rows.tolist():
                yield segment.entry(row)
        if self.tail is not None:
            yield from self.tail.entries()

    def names(self) -> Iterator[str]:
        """Yield every name, in the same order."""
        for segment, rows in self.shown():
            for row in rows.tolist():
                yield segment.name(row)
        if self.tail is not None:
            for entry in self.tail.entries():
                yield entry.name

    def entry_at(self, row: int) -> Entry:
        """Return one entry by its number."""
        if self.tail is not None and row >= self.sealed_rows:
            return self.tail.tail.entries[row - self.sealed_rows]
        segment, place = self.place_of(row)
        return segment.entry(place)

    def name_at(self, row: int) -> str:
        """Return the name of one entry by its number."""
        if self.tail is not None and row >= self.sealed_rows:
            return self.tail.tail.entries[row - self.sealed_rows].name
        segment, place = self.place_of(row)
        return segment.name(place)

    def place_of(self, row: int) -> tuple[Segment, int]:
        """Return the segment of a sealed entry, and its row there."""
        number = bisect_right(self._starts.data, row) - 1
        return self.segments[number], row - int(self._starts[number])

    def in_segments(
        self, rows: NDArray[np.int64]
    ) -> Iterator[tuple[Segment, NDArray[np.intp], NDArray[np.int64]]]:
        """Yield for each segment which places of ``rows`` are entries of it, and its own rows."""
        for start, segment in zip(self._starts.tolist(), self.segments, strict=False):
            places = np.flatnonzero((rows >= start) & (rows < start + segment.rows))
            if len(places):
                yield segment, places, rows[places] - start

    def are_live(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which of these entries are not removed."""
        live = np.ones(len(rows), np.bool_)
        for number, segment in enumerate(self.segments):
            dead = self._dead.get(segment.number)
            if dead is None:
                continue
            places = rows - self._starts[number]
            inside = (places >= 0) & (places < segment.rows)
            live[inside] = ~dead[places[inside]]
        if self.tail is not None:
            live &= ~_among(self.tail.hidden, rows)
            live &= ~_among(self.tail.dead + self.sealed_rows, rows)
        return live

    def by_segment(self, rows: Iterable[int]) -> Rows:
        """Return numbers of sealed entries as rows by the number of their segment."""
        found = defaultdict(list)
        for number in sorted(rows):
            segment, row = self.place_of(number)
            found[segment.number].append(row)
        return {number: np.array(some, np.uint32) for number, some in found.items()}

    def holding(self, keys: Collection[HashKey]) -> int:
        """Return how many entries have all of these hashes."""
        held = 0
        for start, segment in zip(self._starts.tolist(), self.segments, strict=False):
            if segment.hashes.keys() >= set(keys):
                held += self.live_rows(segment)
                if self.tail is not None:
                    ends = np.searchsorted(self.tail.hidden, (start, start + segment.rows))
                    held -= int(ends[1] - ends[0])
        return held if self.tail is None else held + self.tail.holding(keys)

    def featured(self) -> int:
        """Return how many entries have local features."""
        count = sum(
            int(np.diff(segment.features.offsets)[rows].astype(np.bool_).sum())
            for segment, rows in self.shown()
            if segment.features is not None
        )
        return count if self.tail is None else count + self.tail.featured()

    @cached_property
    def held(self) -> Mapping[HashKey, int]:
        """How many entries have each hash."""
        keys = {key for segment in self.segments for key in segment.hashes}
        keys.update(() if self.tail is None else self.tail.keys())
        held = {key: self.holding([key]) for key in sorted(keys)}
        return held if self.tail is None else {key: some for key, some in held.items() if some}

    def blocks(self, key: HashKey) -> Sequence[Block]:
        """Return all hashes of one kind, those of short segments put together."""
        if key not in self._blocks:
            placed = zip(self._starts.tolist(), self.segments, strict=False)
            self._blocks[key] = tuple(hash_blocks(placed, key))
        sealed = self._blocks[key]
        return sealed if self.tail is None else (*sealed, *self.tail.blocks(key, self.sealed_rows))

    def feature_blocks(self) -> Sequence[FeatureBlock]:
        """Return the local features of all entries that have any."""
        placed = zip(self._starts.tolist(), self.segments, strict=False)
        found = [
            FeatureBlock(SearchedTable(table, self._dead_of(segment, start)), start)
            for start, segment in placed
            if (table := segment.postings) is not None
        ]
        newest = None if self.tail is None else self.tail.searched()
        if newest is not None:
            found.append(FeatureBlock(newest, self.sealed_rows))
        return found

    def _dead_of(self, segment: Segment, start: int) -> NDArray[np.bool_] | None:
        """Return which rows of a segment do not count; None where all do."""
        dead = self._dead.get(segment.number)
        if self.tail is None:
            return dead
        first, end = np.searchsorted(self.tail.hidden, (start, start + segment.rows))
        if first == end:
            return dead
        dead = np.zeros(segment.rows, np.bool_) if dead is None else dead.copy()
        dead[self.tail.hidden[first:end] - start] = True
        return dead

    def shown(self) -> Iterator[tuple[Segment, NDArray[np.intp]]]:
        """Yield each segment with those of its rows that count."""
        for start, segment in zip(self._starts.tolist(), self.segments, strict=False):
            live = self.live(segment)
            if self.tail is not None:
                first, end = np.searchsorted(self.tail.hidden, (start, start + segment.rows))
                live[self.tail.hidden[first:end] - start] = False
            yield segment, np.flatnonzero(live)


def _among(some: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which rows are among ``some``, which are in order."""
    if not len(some):
        return np.zeros(len(rows), np.bool_)
    places = np.searchsorted(some, rows)
    places[places == len(some)] = 0
    among: NDArray[np.bool_] = some[places] == rows
    return among
