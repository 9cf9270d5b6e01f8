"""Opens what a bank's manifest names, as one consistent state."""

from collections.abc import Collection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eikona.adapters.bank.log_file import HEAD_BYTES
from eikona.adapters.bank.manifest import (
    FileRow,
    Manifest,
    read_manifest,
    segment_path,
    tombstone_path,
)
from eikona.adapters.bank.segment import Segment
from eikona.adapters.bank.snapshot import Snapshot
from eikona.adapters.bank.tail import Tail, TailView, read_changes, sealed_names
from eikona.adapters.bank.tombstones import Rows, read_tombstones
from eikona.domain.errors import BankDamagedError


def open_snapshot(bank: Path, before: Snapshot | None = None) -> Snapshot:
    """Open what the manifest names, and read its log.

    Args:
        bank: the folder.
        before: an earlier state, of which what is open already is used.

    Raises:
        FileNotFoundError: there is no manifest.
        NotABankError: this is something else.
        BankDamagedError: a file is torn, changed or missing.
        BankFormatError: a newer version is needed.
    """
    manifest = read_manifest(bank)
    known = {} if before is None else {one.number: one for one in before.segments}
    while True:
        try:
            segments = [_segment(bank, row, known.get(row.number)) for row in manifest.segments]
            if before is not None and manifest == before.manifest:
                sealed = before
            else:
                sealed = Snapshot(manifest, segments, _removed(bank, manifest))
            return sealed.with_tail(_tail(bank, sealed, before))
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


def _tail(bank: Path, sealed: Snapshot, before: Snapshot | None) -> TailView | None:
    """Read what the log says, or what it says since ``before``."""
    number = sealed.manifest.log
    if number is None:
        return None
    view = None if before is None else before.tail
    if view is None or view.tail.number != number:
        view = TailView(Tail(number, HEAD_BYTES, sealed.manifest.local_features))
    changes = read_changes(bank, view.tail)
    if sealed is before:
        names = list(sealed_names(changes))
        return view.after(changes, list(sealed.find_sealed(names).values()))
    view = view.after(changes, [])
    hidden = sealed.find_sealed(list(view.tail.sealed)).values()
    return view.hiding(np.array(list(hidden), np.int64))


def by_segment(pairs: NDArray[np.void], numbers: Collection[int]) -> Rows:
    """Return removed rows by their segment, of these segments only."""
    present = np.unique(pairs["segment"]).tolist()
    return {
        number: np.unique(pairs["row"][pairs["segment"] == number])
        for number in present
        if number in numbers
    }
