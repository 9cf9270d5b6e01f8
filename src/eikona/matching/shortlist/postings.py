"""Posting tables: what they are made of, and how they are built."""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eikona.domain.local_features import MOST_FEATURES
from eikona.matching.shortlist.coding import (
    MOST_KEY_BITS,
    descriptors_of,
    sketches_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from eikona.domain.local_features import LocalFeatures

_FEWEST_KEY_BITS = 8
_GATHERED = 512  # pictures that are coded at a time
_PART_BITS = 6  # of a key: postings of different parts are sorted apart
_SLAB = 1 << 16  # postings of a part whose room is had at once
_POSTING_BYTES = 20  # with the key


@dataclass(frozen=True, slots=True)
class PostingTable:
    """The descriptors of many pictures, sorted by key, in memory or mapped.

    Attributes:
        starts: where each key's postings begin, shape (2 ** b + 1,).
        codes: 64 bits of each descriptor, shape (n,).
        geometry: its place, angle and size, shape (n,).
        rows: its picture, shape (n,), ascending within a key.
        sketches: shape (pictures,), to tell near-duplicates from pictures that share a part.
    """

    starts: NDArray[np.uint32]
    codes: NDArray[np.uint64]
    geometry: NDArray[np.uint32]
    rows: NDArray[np.uint32]
    sketches: NDArray[np.uint64]

    @property
    def pictures(self) -> int:
        """How many rows there are, with descriptors or without."""
        return len(self.sketches)

    @property
    def key_bits(self) -> int:
        """How long keys are."""
        return (len(self.starts) - 1).bit_length() - 1

    @property
    def nbytes(self) -> int:
        """The memory that the table takes."""
        sections = (self.starts, self.codes, self.geometry, self.rows, self.sketches)
        return sum(section.nbytes for section in sections)


def key_bits_for(postings: int) -> int:
    """Return how long the keys of so many postings are: 0.35 to 0.71 keys a posting."""
    wanted = int(np.floor(np.log2(max(postings, 1)) - 0.5))
    return min(MOST_KEY_BITS, max(_FEWEST_KEY_BITS, wanted))


def build_postings(
    pictures: int,
    features: Iterable[tuple[int, LocalFeatures]],
    *,
    descriptors: int = MOST_FEATURES,
) -> PostingTable:
    """Return the table of many pictures.

    Takes 20 bytes a descriptor while it works, and never holds the features themselves.

    Args:
        pictures: how many rows there are, at least 0.
        features: rows below ``pictures`` with their features, ascending; rows may be left out.
        descriptors: how many of a picture's features are kept, in their order: the first ones are
            spread over the picture like all of them.
    """
    gathered = _Gathered(pictures)
    rows: list[int] = []
    batch: list[LocalFeatures] = []
    for row, one in features:
        rows.append(row)
        batch.append(one)
        if len(batch) == _GATHERED:
            gathered.add(rows, batch, descriptors)
            rows, batch = [], []
    if batch:
        gathered.add(rows, batch, descriptors)
    return gathered.table()


class _Slab:
    """Room for some postings of one part, which goes back to the system when it is let go."""

    def __init__(self) -> None:
        memory = mmap.mmap(-1, _SLAB * _POSTING_BYTES)
        self.codes = np.frombuffer(memory, np.uint64, _SLAB)
        starts = (_SLAB * begin for begin in (8, 12, 16))
        self.keys, self.geometry, self.rows = (
            np.frombuffer(memory, np.uint32, _SLAB, start) for start in starts
        )
        self.count = 0


class _Gathered:
    """Postings so far, in parts by their keys' first bits."""

    def __init__(self, pictures: int) -> None:
        self.sketches = np.zeros(pictures, np.uint64)
        self.parts: list[list[_Slab]] = [[] for _ in range(1 << _PART_BITS)]
        self.count = 0

    def add(self, rows: list[int], batch: list[LocalFeatures], descriptors: int) -> None:
        """Code pictures and put their postings in."""
        coded = descriptors_of(batch, descriptors)
        counts = np.array([min(len(one), descriptors) for one in batch], np.int64)
        self.sketches[rows] = sketches_of(coded.keys, counts)
        owners = np.repeat(np.array(rows, np.uint32), counts)
        part = (coded.keys >> np.uint32(MOST_KEY_BITS - _PART_BITS)).astype(np.uint8)
        order = np.argsort(part, kind="stable")
        ends = np.cumsum(np.bincount(part, minlength=len(self.parts))).tolist()
        begin = 0
        for slabs, end in zip(self.parts, ends, strict=True):
            while begin < end:
                if not slabs or slabs[-1].count == _SLAB:
                    slabs.append(_Slab())
                slab = slabs[-1]
                these = order[begin : min(end, begin + _SLAB - slab.count)]
                into = slice(slab.count, slab.count + len(these))
                slab.keys[into], slab.codes[into] = coded.keys[these], coded.codes[these]
                slab.geometry[into], slab.rows[into] = coded.geometry[these], owners[these]
                slab.count += len(these)
                begin += len(these)
        self.count += len(owners)

    def table(self) -> PostingTable:
        """Return the table; what was gathered is let go part by part."""
        bits = key_bits_for(self.count)
        found = PostingTable(
            np.zeros((1 << bits) + 1, np.uint32),
            np.empty(self.count, np.uint64),
            np.empty(self.count, np.uint32),
            np.empty(self.count, np.uint32),
            self.sketches,
        )
        begin = 0
        for number, slabs in enumerate(self.parts):
            if slabs:
                begin = _place(found, slabs, begin)
                self.parts[number] = []
                del slabs
        np.cumsum(found.starts, out=found.starts)
        return found


def _place(table: PostingTable, slabs: list[_Slab], begin: int) -> int:
    """Write postings of one part from ``begin`` on, count them, and return where they end."""
    keys = np.concatenate([slab.keys[: slab.count] for slab in slabs])
    keys >>= np.uint32(MOST_KEY_BITS - table.key_bits)
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    end = begin + len(keys)
    first, last = int(keys[0]), int(keys[-1])
    counts = np.bincount(keys - keys[0], minlength=last - first + 1)
    table.starts[first + 1 : last + 2] = counts
    for section, values in (
        (table.codes, [slab.codes[: slab.count] for slab in slabs]),
        (table.geometry, [slab.geometry[: slab.count] for slab in slabs]),
        (table.rows, [slab.rows[: slab.count] for slab in slabs]),
    ):
        section[begin:end] = np.concatenate(values)[order]
    return end
