"""What a new segment will hold: the sections of new entries, of bare codes, of merged segments."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eikona.adapters.bank.columns import EntryColumns
from eikona.adapters.bank.feature_sections import features_of_entries, features_of_segments
from eikona.adapters.bank.names import encode_name, name_digests
from eikona.adapters.bank.ragged import Ragged, ragged_sections
from eikona.adapters.bank.records import RECORD, pack_records, pack_text
from eikona.adapters.bank.segment import (
    CODES,
    GREY,
    NAME_DIGESTS,
    NAME_OFFSETS,
    NAME_ROWS,
    NAME_TEXT,
    RECORDS,
    REPLACES,
    TEXT,
    TEXT_OFFSETS,
    VECTORS,
    Segment,
    word_bytes,
)
from eikona.adapters.bank.segment_write import NewSection
from eikona.adapters.bank.tables import banded_key, table_sections
from eikona.domain.bank import Entry
from eikona.domain.fingerprint import AlgorithmId, Comparison, Fingerprint
from eikona.hashing.registry import ALGORITHMS
from eikona.matching.linear import WORD_BYTES, Words, word_columns
from eikona.services.ports import HashKey

_GREY_OF = "forbild"


@dataclass(frozen=True, slots=True)
class Contents:
    """A segment to be written."""

    rows: int
    sections: list[NewSection]


@dataclass(frozen=True, slots=True)
class Kept:
    """A segment and which of its rows are kept.

    Attributes:
        segment: where the rows are.
        live: which of them, shape (rows,).
        digests_are_sound: whether its digests of names can be copied.
        featured: which of the rows keep their local features; None for all that have any.
    """

    segment: Segment
    live: NDArray[np.bool_]
    digests_are_sound: bool = True
    featured: NDArray[np.bool_] | None = None


def hash_keys(fingerprint: Fingerprint) -> frozenset[HashKey]:
    """Return what hashes a fingerprint has."""
    return frozenset(
        HashKey(name, fingerprint.versions[name], len(code))
        for name, code in fingerprint.hashes.items()
    )


def of_entries(entries: Sequence[Entry], *, descriptors: int | None = None) -> Contents:
    """Return a segment of entries that all have the same hashes.

    Args:
        entries: to be written.
        descriptors: of each entry that the shortlist knows; None where local features are not kept.
    """
    prints = [entry.fingerprint for entry in entries]
    sections = []
    for key in sorted(hash_keys(prints[0])):
        joined = b"".join(one.hashes[key.name] for one in prints)
        codes = np.frombuffer(joined, np.uint8).reshape(len(prints), key.size)
        sections.append(_hash_section(key, codes))
    if prints[0].forbild_grey:
        greys = b"".join(one.forbild_grey for one in prints)
        key = HashKey(_GREY_OF, prints[0].versions[_GREY_OF], len(prints[0].forbild_grey))
        sections.append(NewSection(GREY, _algorithm(key), key.size, len(greys), [greys]))
    sections.append(_fixed(RECORDS, pack_records(entries)))
    sections += _names([encode_name(entry.name) for entry in entries])
    texts = [pack_text(entry) for entry in entries]
    if any(texts):
        sections += _ragged(TEXT_OFFSETS, TEXT, texts)
    if descriptors is not None:
        sections += features_of_entries(prints, descriptors)
    return Contents(len(entries), sections)


def of_columns(columns: EntryColumns) -> Contents:
    """Return a segment of entries that are given as columns."""
    rows, codes = len(columns), columns.codes
    sections = [_hash_section(key, codes[key]) for key in sorted(codes)]
    if columns.greys is not None:
        (version,) = (key.version for key in codes if key.name == _GREY_OF)
        key = HashKey(_GREY_OF, version, columns.greys.shape[1])
        greys = columns.greys
        sections.append(NewSection(GREY, _algorithm(key), key.size, greys.nbytes, [greys]))
    sections.append(_fixed(RECORDS, columns.records))
    sections += [*_ragged(NAME_OFFSETS, NAME_TEXT, columns.names), *_by_digest(columns.digests)]
    if columns.texts is not None and any(columns.texts):
        sections += _ragged(TEXT_OFFSETS, TEXT, columns.texts)
    banded = banded_key(codes)
    if banded is not None and not is_vector(banded):
        sections += table_sections(banded, rows, lambda: word_columns(codes[banded]))
    return Contents(rows, sections)


def of_segments(parts: Sequence[Kept], *, descriptors: int | None = None) -> Contents:
    """Return one segment with all that is kept of segments with the same hashes.

    Args:
        parts: what is kept.
        descriptors: of each entry that the shortlist knows; None where local features are not kept.
    """
    rows = sum(int(part.live.sum()) for part in parts)
    first = parts[0].segment
    sections = [_merged_hash(key, parts, rows) for key in sorted(first.hashes)]
    if first.grey is not None:
        size = first.grey.element
        greys = (part.segment.greys[part.live] for part in parts if part.segment.greys is not None)
        sections.append(NewSection(GREY, first.grey.algorithm, size, size * rows, greys))
    records = (part.segment.records[part.live] for part in parts)
    size = RECORD.itemsize
    sections.append(NewSection(RECORDS, "", size, size * rows, records))
    sections += _merged_ragged(
        NAME_OFFSETS, NAME_TEXT, [(part.segment.names, part.live) for part in parts]
    )
    sections += _merged_digests(parts)
    if any(part.segment.texts is not None for part in parts):
        sections += _merged_ragged(
            TEXT_OFFSETS, TEXT, [(_texts_of(part.segment), part.live) for part in parts]
        )
    if descriptors is not None:
        sections += features_of_segments(parts, descriptors)
    banded = banded_key(first.hashes)
    if banded is not None and not first.is_vector(banded):
        sections += table_sections(banded, rows, lambda: _columns(banded, parts))
    sections.append(replacing([part.segment.number for part in parts]))
    return Contents(rows, sections)


def _algorithm(key: HashKey) -> str:
    return str(AlgorithmId(key.name, key.version))


def replacing(numbers: Sequence[int]) -> NewSection:
    """Return the section that says which files a segment takes the place of."""
    replaced = np.array(numbers, "<u8")
    return NewSection(REPLACES, "", 0, replaced.nbytes, [replaced])


def is_vector(key: HashKey) -> bool:
    """Whether a hash is compared by correlation."""
    known = ALGORITHMS.get(key.name)
    return known is not None and known.comparison is Comparison.CORRELATION


def _hash_section(key: HashKey, codes: NDArray[np.uint8]) -> NewSection:
    if is_vector(key):
        return NewSection(VECTORS, _algorithm(key), key.size, codes.nbytes, [codes])
    columns = word_columns(codes).astype("<u8", copy=False)
    return NewSection(CODES, _algorithm(key), key.size, columns.nbytes, [columns])


def _merged_hash(key: HashKey, parts: Sequence[Kept], rows: int) -> NewSection:
    if parts[0].segment.is_vector(key):
        vectors = (part.segment.vectors(key)[part.live] for part in parts)
        return NewSection(VECTORS, _algorithm(key), key.size, key.size * rows, vectors)
    size = word_bytes(key.size)
    columns = (
        part.segment.columns(key)[word, part.live].astype("<u8", copy=False)
        for word in range(size // WORD_BYTES)
        for part in parts
    )
    return NewSection(CODES, _algorithm(key), key.size, size * rows, columns)


def _columns(key: HashKey, parts: Sequence[Kept]) -> Words:
    """Return the codes of all that is kept, shape (words, rows)."""
    return np.concatenate([part.segment.columns(key)[:, part.live] for part in parts], axis=1)


def _fixed(kind: str, values: NDArray[np.generic]) -> NewSection:
    return NewSection(kind, "", values.itemsize, values.nbytes, [values])


def _names(names: Sequence[bytes]) -> list[NewSection]:
    digests = name_digests(names)
    return [*_ragged(NAME_OFFSETS, NAME_TEXT, names), *_by_digest(digests)]


def _by_digest(digests: NDArray[np.uint64]) -> list[NewSection]:
    order = np.argsort(digests, kind="stable")
    return [
        _fixed(NAME_DIGESTS, digests[order].astype("<u8", copy=False)),
        _fixed(NAME_ROWS, order.astype("<u4")),
    ]


def _ragged(offsets: str, text: str, values: Sequence[bytes]) -> list[NewSection]:
    lengths = np.fromiter(map(len, values), np.uint64, len(values))
    return ragged_sections(offsets, text, lengths, [b"".join(values)])


def _merged_ragged(
    offsets: str, text: str, parts: Sequence[tuple[Ragged, NDArray[np.bool_]]]
) -> list[NewSection]:
    lengths = np.concatenate([np.diff(ragged.offsets)[live] for ragged, live in parts])
    pieces = (piece for ragged, live in parts for piece in ragged.runs(live))
    return ragged_sections(offsets, text, lengths, pieces)


def _merged_digests(parts: Sequence[Kept]) -> list[NewSection]:
    digests = []
    for part in parts:
        if not part.digests_are_sound:
            names = part.segment.names
            digests.append(name_digests(map(names.at, np.flatnonzero(part.live).tolist())))
            continue
        by_row = np.empty(part.segment.rows, np.uint64)
        by_row[part.segment.digest_rows] = part.segment.digests
        digests.append(by_row[part.live])
    return _by_digest(np.concatenate(digests))


def _texts_of(segment: Segment) -> Ragged:
    """Return the texts of a segment, all empty where it has none."""
    return segment.texts or Ragged.nothing(segment.rows)
