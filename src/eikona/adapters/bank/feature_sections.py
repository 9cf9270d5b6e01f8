"""Sections of a new segment for local features, and for the shortlist's postings of them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from eikona.adapters.bank.features import (
    FEATURE_OFFSETS,
    FEATURES,
    FEATURES_HEAD,
    FEATURES_OF,
    packed_features,
    unpack_features,
)
from eikona.adapters.bank.layout import MUST_UNDERSTAND
from eikona.adapters.bank.ragged import Ragged, ragged_sections
from eikona.adapters.bank.segment_write import NewSection, Part
from eikona.domain.errors import BankDamagedError
from eikona.domain.local_features import CODE_BYTES, GEOMETRY_BYTES
from eikona.matching.shortlist.postings import PostingTable, build_postings, key_bits_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from eikona.adapters.bank.contents import Kept
    from eikona.adapters.bank.layout import Section
    from eikona.domain.fingerprint import Fingerprint
    from eikona.domain.local_features import LocalFeatures

POSTING_STARTS, POSTING_SKETCHES = "posting-starts", "posting-sketches"
POSTING_CODES, POSTING_GEOMETRY, POSTING_ROWS = "posting-codes", "posting-geom", "posting-rows"
POSTINGS_OF = "shortlist@1"  # a change of the bits that make keys, or of sketches, is a new one
POSTINGS = (POSTING_STARTS, POSTING_CODES, POSTING_GEOMETRY, POSTING_ROWS, POSTING_SKETCHES)
_NUMBERS: Mapping[str, str] = {
    POSTING_STARTS: "<u4",
    POSTING_CODES: "<u8",
    POSTING_GEOMETRY: "<u4",
    POSTING_ROWS: "<u4",
    POSTING_SKETCHES: "<u8",
}
_EACH = CODE_BYTES + GEOMETRY_BYTES  # bytes of a feature

Numbered = Callable[[], "Iterator[tuple[int, LocalFeatures]]"]  # rows with their features


def features_of_entries(prints: Sequence[Fingerprint], descriptors: int) -> list[NewSection]:
    """Return the sections of new entries' local features; none where no entry has any.

    Raises:
        InvalidFingerprintError: some are none that a picture can have.
    """
    packed = packed_features(prints)
    if not any(packed):
        return []

    def rows() -> Iterator[tuple[int, LocalFeatures]]:
        for row, one in enumerate(prints):
            if one.local_features is not None:
                yield row, one.local_features

    lengths = np.fromiter(map(len, packed), np.uint64, len(packed))
    return _sections(lengths, [b"".join(packed)], rows, descriptors)


def features_of_segments(parts: Sequence[Kept], descriptors: int) -> list[NewSection]:
    """Return the sections of what is kept of segments; none where no entry keeps any."""
    kept = [_Features.of(part) for part in parts]
    lengths = np.concatenate([one.lengths[one.live] for one in kept])
    if not lengths.any():
        return []

    def rows() -> Iterator[tuple[int, LocalFeatures]]:
        start = 0
        for one in kept:
            numbers = start + np.cumsum(one.live) - 1
            for row in np.flatnonzero(one.live & (one.lengths > 0)).tolist():
                features = unpack_features(one.stored.at(row))
                if features is not None:
                    yield int(numbers[row]), features
            start += int(np.count_nonzero(one.live))

    pieces = (piece for one in kept for piece in one.stored.runs(one.live & (one.lengths > 0)))
    return _sections(lengths, pieces, rows, descriptors)


@dataclass(frozen=True, slots=True)
class _Features:
    """What a part of a merge has of local features."""

    stored: Ragged
    live: NDArray[np.bool_]
    lengths: NDArray[np.uint64]

    @classmethod
    def of(cls, part: Kept) -> _Features:
        stored = part.segment.features or Ragged.nothing(part.segment.rows)
        lengths = np.diff(stored.offsets)
        if part.featured is not None:
            lengths[~part.featured] = 0
        return cls(stored, part.live, lengths)


def read_postings(
    sections: Mapping[tuple[str, str], Section], rows: int, read: Callable[[Section, str], Any]
) -> PostingTable | None:
    """Return the postings of a segment as views of the file; None where it has none.

    Args:
        sections: of the segment.
        rows: of the segment.
        read: gives a section's numbers of a type.

    Raises:
        BankDamagedError: their sizes make no sense.
    """
    found = [sections.get((kind, POSTINGS_OF)) for kind in POSTINGS]
    if None in found:
        return None
    starts, codes, geometry, owners, sketches = (
        read(one, _NUMBERS[one.kind]) for one in found if one is not None
    )
    keys = len(starts) - 1
    if (
        keys < 2
        or keys & (keys - 1)
        or int(starts[-1]) != len(codes)
        or not len(codes) == len(geometry) == len(owners)
        or len(sketches) != rows
    ):
        raise BankDamagedError("a segment's postings make no sense: verify the bank")
    return PostingTable(starts, codes, geometry, owners, sketches)


def _sections(
    lengths: NDArray[np.uint64], pieces: Iterable[Part], rows: Numbered, descriptors: int
) -> list[NewSection]:
    """Return all sections.

    Args:
        lengths: bytes of each row.
        pieces: those bytes.
        rows: the same, to make postings of.
        descriptors: postings of each row.
    """
    stored = ragged_sections(FEATURE_OFFSETS, FEATURES, lengths, pieces)
    named = [replace(one, algorithm=FEATURES_OF, flags=MUST_UNDERSTAND) for one in stored]
    counts = np.maximum(lengths.astype(np.int64) - FEATURES_HEAD, 0) // _EACH
    number = int(np.minimum(counts, descriptors).sum())
    keys = (1 << key_bits_for(number)) + 1

    @functools.cache
    def table() -> PostingTable:
        return build_postings(len(lengths), rows(), descriptors=descriptors)

    def section(kind: str, values: Callable[[], NDArray[Any]], count: int) -> NewSection:
        dtype = np.dtype(_NUMBERS[kind])
        parts = (values().astype(dtype, copy=False) for _ in range(1))  # made when it is written
        return NewSection(kind, POSTINGS_OF, 0, dtype.itemsize * count, parts)

    return [
        *named,
        section(POSTING_STARTS, lambda: table().starts, keys),
        section(POSTING_CODES, lambda: table().codes, number),
        section(POSTING_GEOMETRY, lambda: table().geometry, number),
        section(POSTING_ROWS, lambda: table().rows, number),
        section(POSTING_SKETCHES, lambda: table().sketches, len(lengths)),
    ]
