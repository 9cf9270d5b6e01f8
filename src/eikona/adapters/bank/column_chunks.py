"""Gives all entries of a bank as columns, some thousands at once."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from eikona.adapters.bank.additions import group_by_schema
from eikona.adapters.bank.columns import EntryColumns
from eikona.adapters.bank.contents import hash_keys
from eikona.adapters.bank.names import encode_name, name_digests
from eikona.adapters.bank.records import pack_records, pack_text
from eikona.adapters.bank.segment import Segment
from eikona.adapters.bank.snapshot import Snapshot
from eikona.domain.bank import Entry

_ROWS = 1 << 16  # of a chunk: some 60 MB while they are written


def column_chunks(snapshot: Snapshot) -> Iterator[EntryColumns]:
    """Yield every entry, in the order of ``entries``, without digests of names."""
    for segment, rows in snapshot.shown():
        for start in range(0, len(rows), _ROWS):
            yield _of_segment(segment, rows[start : start + _ROWS])
    if snapshot.tail is not None:
        for group in group_by_schema(snapshot.tail.entries()):
            yield of_entries_alike(group)


def of_entries_alike(entries: Sequence[Entry]) -> EntryColumns:
    """Return entries that all have the same hashes as columns."""
    prints = [entry.fingerprint for entry in entries]
    names = [encode_name(entry.name) for entry in entries]
    greys = b"".join(one.forbild_grey for one in prints)
    return EntryColumns(
        names=names,
        digests=name_digests(names),
        codes={
            key: np.frombuffer(b"".join(one.hashes[key.name] for one in prints), np.uint8).reshape(
                len(prints), key.size
            )
            for key in sorted(hash_keys(prints[0]))
        },
        records=pack_records(entries),
        texts=[pack_text(entry) for entry in entries],
        greys=np.frombuffer(greys, np.uint8).reshape(len(prints), -1) if greys else None,
    )


def _of_segment(segment: Segment, rows: NDArray[np.intp]) -> EntryColumns:
    codes = {}
    for key in sorted(segment.hashes):
        if segment.is_vector(key):
            codes[key] = segment.vectors(key)[rows]
        else:
            words = np.ascontiguousarray(segment.columns(key)[:, rows].T).astype("<u8", copy=False)
            codes[key] = np.ascontiguousarray(words.view(np.uint8)[:, : key.size])
    return EntryColumns(
        names=segment.names.all_at(rows),
        digests=np.zeros(0, np.uint64),
        codes=codes,
        records=segment.records[rows],
        texts=None if segment.texts is None else segment.texts.all_at(rows),
        greys=None if segment.greys is None else segment.greys[rows],
    )
