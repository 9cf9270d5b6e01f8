"""A posting table that grows picture by picture, and can be searched at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from eikona.domain.local_features import MOST_FEATURES
from eikona.matching.shortlist.coding import MOST_KEY_BITS, descriptors_of, sketches_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eikona.domain.local_features import LocalFeatures

_FIRST_KEY_BITS = 12
_FIRST_PICTURES = 64

Kind = TypeVar("Kind", bound=np.generic)


@dataclass(frozen=True, slots=True)
class TailTable:
    """The descriptors of a tail, as it was when it had so many pictures.

    Arrays are longer than what is in them, and may hold later pictures, with rows from ``pictures``
    on, which do not count.

    Attributes:
        heads: the newest posting of each key, counted from 1, 0 where none: shape (2 ** b,).
        links: the next older posting of the same key, likewise; of posting p at p - 1.
        codes: 64 bits of each descriptor.
        geometry: its place, angle and size.
        rows: its picture.
        sketches: of each picture.
    """

    heads: NDArray[np.uint32]
    links: NDArray[np.uint32]
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
        return len(self.heads).bit_length() - 1


class PostingTail:
    """Grows by one picture at a time, in steps that do not depend on how many there are.

    Arrays are doubled when they are full, and copies that were handed out stay as they are.

    Args:
        descriptors: how many of a picture's features are kept.
    """

    def __init__(self, *, descriptors: int = MOST_FEATURES) -> None:
        self._descriptors = descriptors
        self._count = 0
        self._pictures = 0
        self._heads = np.zeros(1 << _FIRST_KEY_BITS, np.uint32)
        room = len(self._heads)
        self._keys, self._links = np.zeros(room, np.uint32), np.zeros(room, np.uint32)
        self._codes = np.zeros(room, np.uint64)
        self._geometry, self._rows = np.zeros(room, np.uint32), np.zeros(room, np.uint32)
        self._sketches = np.zeros(_FIRST_PICTURES, np.uint64)

    def __len__(self) -> int:
        return self._pictures

    def add(self, features: LocalFeatures | None) -> int:
        """Put in one picture, with features or without, and return its row."""
        row = self._pictures
        if row == len(self._sketches):
            self._sketches = _doubled(self._sketches)
        if features is not None and len(features):
            self._add_descriptors(row, features)
        self._pictures = row + 1
        return row

    def table(self) -> TailTable:
        """Return what there is so far, for searching; takes no copy."""
        return TailTable(
            *(self._heads, self._links, self._codes, self._geometry, self._rows),
            self._sketches[: self._pictures],
        )

    def _add_descriptors(self, row: int, features: LocalFeatures) -> None:
        coded = descriptors_of([features], self._descriptors)
        begin, end = self._count, self._count + len(coded.keys)
        while end > len(self._codes):
            self._grow()
        self._keys[begin:end] = coded.keys
        self._codes[begin:end] = coded.codes
        self._geometry[begin:end] = coded.geometry
        self._rows[begin:end] = row
        self._sketches[row] = sketches_of(coded.keys, np.array([end - begin]))[0]
        self._link(begin, end)
        self._count = end

    def _grow(self) -> None:
        """Make room for twice as many, under keys that are one bit longer."""
        self._keys, self._codes = _doubled(self._keys), _doubled(self._codes)
        self._geometry, self._rows = _doubled(self._geometry), _doubled(self._rows)
        self._links = np.zeros(len(self._codes), np.uint32)
        bits = min(MOST_KEY_BITS, len(self._heads).bit_length())
        self._heads = np.zeros(1 << bits, np.uint32)
        self._link(0, self._count)

    def _link(self, begin: int, end: int) -> None:
        """Hang postings before those of their keys, the last one first."""
        keys = self._keys[begin:end] >> np.uint32(MOST_KEY_BITS + 1 - len(self._heads).bit_length())
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        numbers = (order + (begin + 1)).astype(np.uint32)
        is_first = np.ones(len(keys), np.bool_)
        is_first[1:] = keys[1:] != keys[:-1]
        older = np.empty_like(numbers)
        older[1:] = numbers[:-1]
        older[is_first] = self._heads[keys[is_first]]
        self._links[numbers - 1] = older
        is_last = np.ones(len(keys), np.bool_)
        is_last[:-1] = is_first[1:]
        self._heads[keys[is_last]] = numbers[is_last]  # last, so that readers find whole postings


def _doubled(numbers: NDArray[Kind]) -> NDArray[Kind]:
    return np.concatenate([numbers, np.zeros_like(numbers)])
