"""One consistent state of a bank: open segments and which of their rows are removed."""

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eikona.adapters.bank.manifest import (
    FileRow,
    Manifest,
    read_manifest,
    segment_path,
    tombstone_path,
)
from eikona.adapters.bank.names import name_digests
from eikona.adapters.bank.segment import Segment
from eikona.adapters.bank.tombstones import Rows, read_tombstones
from eikona.domain.bank import Entry
from eikona.domain.errors import BankDamagedError
from eikona.services.ports import Block, HashKey

_GATHERED_ROWS = 1 << 14  # shorter segments are searched as one


class Snapshot:
    """The bank as one manifest describes it; later commits do not change it."""

    def __init__(self, manifest: Manifest, segments: Sequence[Segment], removed: Rows) -> None:
        self.manifest = manifest
        self.segments = tuple(segments)
        self.removed = removed
        self._starts = np.cumsum([0, *(segment.rows for segment in segments)])
        self._dead = {
            segment.number: _marked(segment, removed[segment.number])
            for segment in segments
            if segment.number in removed
        }
        self._blocks: dict[HashKey, tuple[Block, ...]] = {}

    def __len__(self) -> int:
        return int(self._starts[-1]) - sum(int(dead.sum()) for dead in self._dead.values())

    def live(self, segment: Segment) -> NDArray[np.bool_]:
        """Return which rows of a segment are not removed."""
        dead = self._dead.get(segment.number)
        return np.ones(segment.rows, np.bool_) if dead is None else ~dead

    def live_rows(self, segment: Segment) -> int:
        """Return how many rows of a segment are not removed."""
        dead = self._dead.get(segment.number)
        return segment.rows - (0 if dead is None else int(dead.sum()))

    def find(self, names: Sequence[bytes]) -> dict[int, tuple[Segment, int]]:
        """Return where the entries of these names are, by place in ``names``."""
        if not self.segments:
            return {}
        found = {}
        digests = name_digests(names)
        for segment in self.segments:
            places = np.searchsorted(segment.digests, digests)
            places[places == segment.rows] = 0
            likely = np.flatnonzero(segment.digests[places] == digests)
            rows = segment.digest_rows[places[likely]]
            for place, first in zip(likely.tolist(), rows.tolist(), strict=True):
                row = segment.row_of(names[place], first)
                if row is not None and not self._is_dead(segment, row):
                    found[place] = (segment, row)
        return found

    def entries(self) -> Iterator[Entry]:
        """Yield every entry, in the order of the segments."""
        for segment in self.segments:
            for row in np.flatnonzero(self.live(segment)).tolist():
                yield segment.entry(row)

    def names(self) -> Iterator[str]:
        """Yield every name, in the same order."""
        for segment in self.segments:
            for row in np.flatnonzero(self.live(segment)).tolist():
                yield segment.name(row)

    def entry_at(self, row: int) -> Entry:
        """Return one entry by its number."""
        segment, place = self._place(row)
        return segment.entry(place)

    def name_at(self, row: int) -> str:
        """Return the name of one entry by its number."""
        segment, place = self._place(row)
        return segment.name(place)

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
        return live

    def holding(self, keys: Collection[HashKey]) -> int:
        """Return how many entries have all of these hashes."""
        return sum(
            self.live_rows(segment)
            for segment in self.segments
            if segment.hashes.keys() >= set(keys)
        )

    @cached_property
    def held(self) -> Mapping[HashKey, int]:
        """How many entries have each hash."""
        keys = {key for segment in self.segments for key in segment.hashes}
        return {key: self.holding([key]) for key in sorted(keys)}

    def blocks(self, key: HashKey) -> Sequence[Block]:
        """Return all hashes of one kind, those of short segments put together."""
        if key not in self._blocks:
            self._blocks[key] = tuple(self._make_blocks(key))
        return self._blocks[key]

    def _make_blocks(self, key: HashKey) -> Iterator[Block]:
        short = []
        for start, segment in zip(self._starts.tolist(), self.segments, strict=False):
            if key not in segment.hashes:
                continue
            is_vector = segment.is_vector(key)
            values = segment.vectors(key) if is_vector else segment.columns(key)
            rows = range(start, start + segment.rows)
            if segment.rows < _GATHERED_ROWS:
                short.append((is_vector, values, rows))
            else:
                yield Block(values, rows, None if is_vector else segment.tables(key))
        for is_vector, of_kind in itertools.groupby(short, lambda one: one[0]):
            parts = list(of_kind)
            values = np.concatenate([part[1] for part in parts], axis=0 if is_vector else 1)
            yield Block(values, np.concatenate([np.array(part[2]) for part in parts]))

    def _place(self, row: int) -> tuple[Segment, int]:
        number = int(np.searchsorted(self._starts, row, side="right")) - 1
        return self.segments[number], row - int(self._starts[number])

    def _is_dead(self, segment: Segment, row: int) -> bool:
        dead = self._dead.get(segment.number)
        return dead is not None and bool(dead[row])


def open_snapshot(bank: Path, known: Mapping[int, Segment]) -> Snapshot:
    """Open what the manifest names.

    Args:
        bank: the folder.
        known: segments that are open already.

    Raises:
        FileNotFoundError: there is no manifest.
        NotABankError: this is something else.
        BankDamagedError: a file is torn, changed or missing.
        BankFormatError: a newer version is needed.
    """
    manifest = read_manifest(bank)
    while True:
        try:
            segments = [_segment(bank, row, known.get(row.number)) for row in manifest.segments]
            return Snapshot(manifest, segments, _removed(bank, manifest))
        except FileNotFoundError as error:
            newer = read_manifest(bank)  # a writer may have merged the file away meanwhile
            if newer == manifest:
                raise BankDamagedError(f"{Path(error.filename).name} is missing") from error
            manifest = newer


def _segment(bank: Path, row: FileRow, known: Segment | None) -> Segment:
    if known is not None and _is_of(known, row):
        return known
    path = segment_path(bank, row.number)
    segment = Segment.open(path, row.number)
    if not _is_of(segment, row):
        raise BankDamagedError(f"{path.name} is not the file that the manifest names")
    return segment


def _is_of(segment: Segment, row: FileRow) -> bool:
    """Whether this is the file that a manifest names: a number alone may be another bank's."""
    found = (segment.rows, len(segment.data), segment.checksum)
    return found == (row.rows, row.size, row.checksum)


def _removed(bank: Path, manifest: Manifest) -> Rows:
    lists = []
    for row in manifest.tombstones:
        path = tombstone_path(bank, row.number)
        pairs, checksum = read_tombstones(path)
        if (len(pairs), checksum) != (row.rows, row.checksum):
            raise BankDamagedError(f"{path.name} is not the file that the manifest names")
        lists.append(pairs)
    if not lists:
        return {}
    return by_segment(np.concatenate(lists), {row.number for row in manifest.segments})


def by_segment(pairs: NDArray[np.void], numbers: Collection[int]) -> Rows:
    """Return removed rows by their segment, of these segments only."""
    present = np.unique(pairs["segment"]).tolist()
    return {
        number: np.unique(pairs["row"][pairs["segment"] == number])
        for number in present
        if number in numbers
    }


def _marked(segment: Segment, rows: NDArray[np.uint32]) -> NDArray[np.bool_]:
    if len(rows) and int(rows.max()) >= segment.rows:
        raise BankDamagedError(f"a row is removed that segment {segment.number} does not have")
    dead = np.zeros(segment.rows, np.bool_)
    dead[rows] = True
    return dead
